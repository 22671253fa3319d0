// What the load generator knows of every message it sent: columns of typed arrays, found by message number, and by the
// digest of the message_id that the other side gave it. The exact lists of lost, doubled and unknown come from here.
import { createWriteStream } from 'node:fs';
import type { Digest } from '../src/operator/digest.ts';
import { DigestTable } from '../src/operator/digest.ts';
import type { Workload } from './workload.ts';

/** State of a message's submit. */
export const Sent = { open: 1, acked: 2, refused: 3, unknown: 4 } as const;

/** Receipts by message_state; the names are those of SMPP 3.4 App. B. */
export const stateNames: { readonly [state: number]: string } = {
  1: 'ENROUTE',
  2: 'DELIVRD',
  3: 'EXPIRED',
  4: 'DELETED',
  5: 'UNDELIV',
  6: 'ACCEPTD',
  7: 'UNKNOWN',
  8: 'REJECTD',
};

/** States for which the message was accepted by an operator, so that it is charged (charge_on: accepted). */
const CHARGED = new Set([2, 5, 6, 7]);

export interface Bill {
  /** Micro-units for messages whose receipts say that an operator had taken them. */
  readonly charged: number;
  readonly byAccount: { readonly [name: string]: number };
  /** Micro-units of acknowledged messages without a terminal receipt: still held. */
  readonly held: number;
  /** Micro-units of messages that were neither acknowledged nor refused. */
  readonly unknown: number;
}

export class Tally {
  submitted = 0;
  acked = 0;
  refused = 0;
  unknown = 0;
  /** Acknowledged and with a terminal receipt. */
  ended = 0;
  /** Terminal receipts that came again, with the same state and with another. */
  repeatedReceipts = 0;
  conflictingReceipts = 0;
  /** Answers with an id that another message already has. */
  repeatedIds = 0;
  readonly refusals = new Map<number, number>();
  readonly states = new Map<number, number>();
  /** Receipts whose id was in no answer so far: digest → their source address, state and count. */
  readonly strays = new Map<string, { readonly source: string; state: number; count: number }>();

  readonly #workload: Workload;
  #capacity = 0;
  scheduledAt = new Float64Array(0);
  recipient = new Uint32Array(0);
  sent = new Uint8Array(0);
  state = new Uint8Array(0);
  #receipts = new Uint8Array(0);
  #parts = new Uint8Array(0);
  #account = new Uint16Array(0);
  #textHigh = new Uint32Array(0);
  #textLow = new Uint32Array(0);
  #idHigh = new Uint32Array(0);
  #idLow = new Uint32Array(0);
  /** Open addressing by id digest; message number + 1, 0 free. */
  #index = new Int32Array(0);

  constructor(workload: Workload, expected: number) {
    this.#workload = workload;
    this.#grow(expected);
  }

  /** A new message; its number. `digest` is that of its text. */
  add(scheduledAt: number, recipient: number, parts: number, account: number, digest: Digest): number {
    if (this.submitted === this.#capacity) this.#grow(this.#capacity * 2);
    const number = this.submitted;
    this.submitted += 1;
    this.scheduledAt[number] = scheduledAt;
    this.recipient[number] = recipient;
    this.sent[number] = Sent.open;
    this.#parts[number] = parts;
    this.#account[number] = account;
    this.#textHigh[number] = digest.high;
    this.#textLow[number] = digest.low;
    return number;
  }

  refuse(number: number, status: number): void {
    this.sent[number] = Sent.refused;
    this.refused += 1;
    this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
  }

  /** The connection ended before the answer. */
  lose(number: number): void {
    this.sent[number] = Sent.unknown;
    this.unknown += 1;
  }

  /** Acknowledged with an id; true when its terminal receipt had come before. */
  ack(number: number, id: Digest): boolean {
    this.sent[number] = Sent.acked;
    this.acked += 1;
    this.#idHigh[number] = id.high;
    this.#idLow[number] = id.low;
    const at = this.#place(id.high, id.low);
    if (this.#index[at] !== 0) this.repeatedIds += 1;
    this.#index[at] = number + 1;
    const key = keyOf(id);
    const stray = this.strays.size > 0 ? this.strays.get(key) : undefined;
    if (stray === undefined) return false;
    this.strays.delete(key);
    for (let i = 0; i < stray.count; i += 1) this.#receipt(number, stray.state);
    return true;
  }

  /** A terminal receipt; the number of the message that it ends, or −1 when it ends none (repeated, stray). */
  receipt(id: Digest, state: number, source: () => string): number {
    const number = (this.#index[this.#place(id.high, id.low)] as number) - 1;
    if (number < 0) {
      const key = keyOf(id);
      const stray = this.strays.get(key);
      if (stray === undefined) this.strays.set(key, { source: source(), state, count: 1 });
      else stray.count += 1;
      return -1;
    }
    return this.#receipt(number, state) ? number : -1;
  }

  /** Segments that message `number` is billed for. */
  partsOf(number: number): number {
    return this.#parts[number] as number;
  }

  /** Digest of a message's number and text, in hex, as the operator's handset log writes it. */
  textDigest(number: number): string {
    return `${hex(this.#textHigh[number])}${hex(this.#textLow[number])}`;
  }

  /** Messages acknowledged and without a terminal receipt. */
  get unterminated(): number {
    return this.acked - this.ended;
  }

  bill(): Bill {
    const byAccount: { [name: string]: number } = {};
    let charged = 0;
    let held = 0;
    let unknown = 0;
    for (let number = 0; number < this.submitted; number += 1) {
      const amount = this.#workload.price(this.recipient[number] as number) * (this.#parts[number] as number);
      if (this.sent[number] === Sent.unknown) unknown += amount;
      if (this.sent[number] !== Sent.acked) continue;
      if (this.#receipts[number] === 0) held += amount;
      else if (CHARGED.has(this.state[number] as number)) {
        charged += amount;
        const { name } = this.#workload.account(this.#account[number] as number);
        byAccount[name] = (byAccount[name] ?? 0) + amount;
      }
    }
    return { charged, byAccount, held, unknown };
  }

  /**
   * Compares with what the handsets received (`GET /handsets/digests`): acknowledged messages that no handset got though
   * no receipt says so, handset messages beyond the first of each, and those that nobody here sent.
   */
  compare(handsets: Buffer): {
    readonly lost: number;
    readonly duplicated: number;
    readonly foreign: number;
    readonly unknownArrived: number;
  } {
    const got = new DigestTable(1 << Math.max(10, Math.ceil(Math.log2(handsets.length / 6 + 1))));
    const counts = new Map<number, number>();
    let distinct = 0;
    for (let at = 0; at < handsets.length; at += 12) {
      const high = handsets.readUInt32BE(at);
      const low = handsets.readUInt32BE(at + 4);
      const count = handsets.readUInt32BE(at + 8);
      got.add(high, low);
      distinct += 1;
      if (count > 1) counts.set(high * 0x100000 + (low >>> 12), count - 1);
    }
    let lost = 0;
    let duplicated = 0;
    let ours = 0;
    let unknownArrived = 0;
    for (let number = 0; number < this.submitted; number += 1) {
      const high = this.#textHigh[number] as number;
      const low = this.#textLow[number] as number;
      const arrived = got.count(high, low) > 0;
      if (arrived) {
        ours += 1;
        duplicated += counts.get(high * 0x100000 + (low >>> 12)) ?? 0;
        if (this.sent[number] === Sent.unknown) unknownArrived += 1;
      } else if (this.sent[number] === Sent.acked && (this.state[number] === 0 || this.state[number] === 2)) lost += 1;
    }
    return { lost, duplicated, foreign: distinct - ours, unknownArrived };
  }

  /** A line per message: number, state of the submit, id digest, recipient, text digest, parts, state and number of receipts. */
  async dump(path: string): Promise<void> {
    const out = createWriteStream(path);
    const names = ['', 'open', 'acked', 'refused', 'unknown'];
    for (let number = 0; number < this.submitted; number += 1) {
      const line = `${number} ${names[this.sent[number] as number]} ${hex(this.#idHigh[number])}${hex(this.#idLow[number])} ${this.#workload.digits(this.recipient[number] as number)} ${hex(this.#textHigh[number])}${hex(this.#textLow[number])} ${this.#parts[number]} ${stateNames[this.state[number] as number] ?? '-'} ${this.#receipts[number]}\n`;
      if (!out.write(line)) await new Promise<void>((go) => out.once('drain', go));
    }
    await new Promise<void>((done, fail) => {
      out.on('error', fail);
      out.end(done);
    });
  }

  /** True when this receipt ended the message. */
  #receipt(number: number, state: number): boolean {
    const count = (this.#receipts[number] as number) + 1;
    this.#receipts[number] = Math.min(255, count);
    if (count > 1) {
      if (this.state[number] === state) this.repeatedReceipts += 1;
      else this.conflictingReceipts += 1;
      return false;
    }
    this.state[number] = state;
    this.states.set(state, (this.states.get(state) ?? 0) + 1);
    this.ended += 1;
    return true;
  }

  #place(high: number, low: number): number {
    const mask = this.#index.length - 1;
    let at = (low ^ (high << 5)) & mask;
    for (;;) {
      const number = (this.#index[at] as number) - 1;
      if (number < 0 || (this.#idLow[number] === low && this.#idHigh[number] === high)) return at;
      at = (at + 1) & mask;
    }
  }

  #grow(capacity: number): void {
    const grown = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.scheduledAt = grown(new Float64Array(capacity), this.scheduledAt);
    this.recipient = grown(new Uint32Array(capacity), this.recipient);
    this.sent = grown(new Uint8Array(capacity), this.sent);
    this.state = grown(new Uint8Array(capacity), this.state);
    this.#receipts = grown(new Uint8Array(capacity), this.#receipts);
    this.#parts = grown(new Uint8Array(capacity), this.#parts);
    this.#account = grown(new Uint16Array(capacity), this.#account);
    this.#textHigh = grown(new Uint32Array(capacity), this.#textHigh);
    this.#textLow = grown(new Uint32Array(capacity), this.#textLow);
    this.#idHigh = grown(new Uint32Array(capacity), this.#idHigh);
    this.#idLow = grown(new Uint32Array(capacity), this.#idLow);
    this.#capacity = capacity;
    let size = 1024;
    while (size < capacity * 2) size *= 2;
    this.#index = new Int32Array(size);
    for (let number = 0; number < this.submitted; number += 1) {
      if (this.sent[number] === Sent.acked)
        this.#index[this.#place(this.#idHigh[number] as number, this.#idLow[number] as number)] = number + 1;
    }
  }
}

function keyOf(digest: Digest): string {
  return `${digest.high} ${digest.low}`;
}

function hex(value: number | undefined): string {
  return (value ?? 0).toString(16).padStart(8, '0');
}
