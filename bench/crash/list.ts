// What the customers of the crash test know: every message they sent, how it was answered and every receipt that came, with
// its octets. Nothing here comes from the programs under test; faults that a customer alone can see are counted at once.
import type { Digest } from '../../src/operator/digest.ts';

/** How a submit was answered; `unknown`: the connection ended before the answer. */
export type Answer = 'open' | 'acked' | 'refused' | 'unknown';

export interface Message {
  readonly account: number;
  readonly recipient: string;
  /** Digest of number and text, as a handset makes it. */
  readonly text: string;
  readonly segments: number;
  /** Micro-units of one segment. */
  readonly price: number;
  readonly http: boolean;
  answer: Answer;
  id: string | null;
  /** message_state of the first terminal receipt; 0: none came. */
  state: number;
  /** Octets of that receipt but for the sequence number. */
  receipt: string;
  receiptAt: number;
}

/** message_state (SMPP 3.4 §5.2.28). */
export const State = { delivered: 2, expired: 3, deleted: 4, undeliverable: 5, accepted: 6, unknown: 7, rejected: 8 };

/** From an acknowledgement of a receipt to its being durable at the gateway, at most. */
const ACK_DURABLE_MS = 5000;
/** What a program wrote before its kill is read up to so much after it. */
const READ_LATE_MS = 2000;

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** SMPP and HTTP write the same 128 bits in hex and in base 32 (`msg_…`): one spelling for both. */
export function canonicalId(id: string): string {
  if (!id.startsWith('msg_')) return id;
  let value = 0n;
  for (const letter of id.slice(4)) value = value * 32n + BigInt(CROCKFORD.indexOf(letter));
  return value.toString(16);
}

export class MessageList {
  readonly messages: Message[] = [];
  readonly refusals = new Map<number, number>();
  acked = 0;
  /** Of them with a terminal receipt or state. */
  ended = 0;
  /** Receipts that came again with the same octets while they may. */
  repeats = 0;
  /** What must never happen, in words, the first of each kind in full. */
  readonly faults: string[] = [];
  /** performance.now() of every kill of the gateway. */
  readonly gatewayKills: number[] = [];
  readonly #byReference = new Map<string, number>();
  readonly #ids = new Set<string>();

  /** A receipt with these two would be of an earlier message: references have 16 bits, and come again. */
  taken(recipient: string, reference: number): boolean {
    return this.#byReference.has(`${recipient}/${reference}`);
  }

  /** `reference`: what a receipt of it brings back beside the recipient. */
  add(message: Message, reference: number): number {
    const number = this.messages.push(message) - 1;
    if (!message.http) {
      const key = `${message.recipient}/${reference}`;
      if (this.#byReference.has(key)) throw new Error('two messages of one recipient and reference');
      this.#byReference.set(key, number);
    }
    return number;
  }

  ack(number: number, id: string): void {
    const message = this.messages[number] as Message;
    message.answer = 'acked';
    this.acked += 1;
    if (message.id === null) {
      if (this.#ids.has(canonicalId(id))) this.faults.push(`two messages have the id ${id}`);
      this.#ids.add(canonicalId(id));
      message.id = id;
    } else if (message.id !== id)
      this.faults.push(`message ${number} was acknowledged as ${id}, its receipt says ${message.id}`);
    if (message.state !== 0) this.ended += 1;
  }

  refuse(number: number, status: number): void {
    (this.messages[number] as Message).answer = 'refused';
    this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
  }

  lose(number: number): void {
    (this.messages[number] as Message).answer = 'unknown';
  }

  /** A terminal receipt. */
  receipt(recipient: string, reference: number, id: string, state: number, octets: Digest): void {
    const number = this.#byReference.get(`${recipient}/${reference}`);
    const message = number === undefined ? undefined : this.messages[number];
    if (message === undefined) {
      this.faults.push(`a receipt for ${id}, which nobody sent`);
      return;
    }
    const receipt = `${octets.high} ${octets.low}`;
    const now = performance.now();
    if (message.id !== null && message.id !== id)
      this.faults.push(`message ${message.id} has another receipt under the id ${id}`);
    if (message.id === null) {
      this.#ids.add(canonicalId(id));
      message.id = id;
    }
    if (message.state === 0) {
      message.state = state;
      message.receipt = receipt;
      if (message.answer === 'acked') this.ended += 1;
    } else {
      if (message.state !== state) this.faults.push(`message ${id} ended as ${message.state} and as ${state}`);
      else if (message.receipt !== receipt) this.faults.push(`message ${id} has two receipts of different octets`);
      // Acknowledged, and no kill that could have taken the acknowledgement away.
      const { receiptAt } = message;
      if (!this.gatewayKills.some((at) => at > receiptAt - READ_LATE_MS && at < receiptAt + ACK_DURABLE_MS))
        this.faults.push(`the receipt of ${id} came again although it had been taken`);
      this.repeats += 1;
    }
    message.receiptAt = now;
  }

  /** A message over HTTP has reached its end, as its customer reads it. */
  endedOverHttp(message: Message, state: number): void {
    if (message.state !== 0) {
      if (message.state !== state) this.faults.push(`message ${message.id} ended as ${message.state} and as ${state}`);
      return;
    }
    message.state = state;
    this.ended += 1;
  }

  /** Whether an answer or a receipt named this id, which is canonical. */
  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  get unterminated(): number {
    return this.acked - this.ended;
  }
}
