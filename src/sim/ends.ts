// At rest: why each message ended as it did, by the gateway's own records, and whether it was counted and priced as its text says;
// and that no text outlives its message. Sees durable records only.
import { MessageFlag } from '../gateway/layout.ts';
import { OutcomeClass } from '../smpp/vendor.ts';
import { otherText } from './asks.ts';
import { PRICE } from './configs.ts';
import type { Desk } from './desk.ts';
import type { Booked, GatewayBooks } from './gatewayBooks.ts';
import type { Node } from './nodes.ts';
import { LawBroken } from './trace.ts';
import { TEXT_BEGINS } from './wishes.ts';

const EXPIRED = 3;
const UNKNOWN = 7;
/** How long the parts of a message wait for each other. */
const PART_WAIT_MS = 300_000;
const WHOLE = 160;
const PART = 153;

export function judgeEnds(gateway: GatewayBooks, desk: Desk): void {
  /** Of parts, by where they go: when the first of them was taken. */
  const firstPart = new Map<string, number>();
  for (const message of gateway.messages.values())
    if (isPart(message))
      firstPart.set(message.destination, Math.min(firstPart.get(message.destination) ?? Infinity, message.acceptedAt));
  for (const message of gateway.messages.values()) {
    // A part ends as the message that it was joined into.
    if (message.carrier !== null || message.ended === null) continue;
    const { customerId, ended, price } = message;
    if (price !== PRICE) broken('5 money', `message ${customerId} costs ${price} a segment, the list says ${PRICE}`);
    if (ended.state === UNKNOWN && !mayBeUnknown(message))
      broken('4 one terminal state', `message ${customerId} ended as unknown before its deadline`);
    if (ended.state === EXPIRED && !mayBeExpired(message, firstPart.get(message.destination) ?? 0))
      broken('4 one terminal state', `message ${customerId} expired before its validity had ended`);
  }
  for (const [key, { wish }] of desk.acknowledged) {
    const message = gateway.byCustomerId.get(key);
    if (message === undefined || wish.parts > 0) continue;
    const wanted = segmentsOf(message.replaced > 0 ? otherText(wish) : wish.text);
    if (message.segments !== wanted)
      broken('5 money', `message ${message.customerId} counts ${message.segments} segments, its text has ${wanted}`);
  }
}

/** A supplier said so, an earlier attempt may have left, or nobody said anything until the deadline. */
function mayBeUnknown(message: Booked): boolean {
  const earlier = message.ops.slice(0, -1).some((op) => anyOf(message, op, OutcomeClass.unknown));
  return earlier || told(message, UNKNOWN) || (message.ended?.doneAt ?? 0) >= message.deadline;
}

/**
 * A supplier said so, no further attempt would have fitted, or the validity has ended; of a part that never became a message: its
 * set has waited long enough.
 */
function mayBeExpired(message: Booked, firstPartAt: number): boolean {
  const doneAt = message.ended?.doneAt ?? 0;
  if (isPart(message)) return doneAt >= firstPartAt + PART_WAIT_MS;
  return message.outcomes.size > 0 || told(message, EXPIRED) || doneAt >= message.validUntil;
}

/** Made by the customer, and not the message that they were joined into. */
function isPart({ flags }: Booked): boolean {
  return (flags & MessageFlag.joinedParts) !== 0 && (flags & MessageFlag.internal) === 0;
}

function told(message: Booked, state: number): boolean {
  const op = message.ops.at(-1) ?? '';
  for (let i = 0; i < message.segments; i++) if (message.receipts.get(`${op}${i}`) === state) return true;
  return false;
}

function anyOf(message: Booked, op: string, outcome: number): boolean {
  return message.outcomes.get(op)?.some((one) => one.outcome === outcome) ?? false;
}

/** Of a text in the default alphabet without characters of two septets. */
function segmentsOf(text: string): number {
  return text.length <= WHOLE ? 1 : Math.ceil(text.length / PART);
}

/** Texts stand in the batch's secrets only. */
export function sealed(records: Buffer, whose: string): void {
  if (records.includes(TEXT_BEGINS)) broken('10 texts are sealed', `a text stands openly in the log of the ${whose}`);
}

/** Null: what has ended can be read in no log; else where it can. */
export function textsLeft(nodes: ReadonlyMap<string, Node>): string | null {
  for (const name of ['gateway', 'guard'])
    for (const { secrets } of nodes.get(name)?.journal.slot(0).batches.values() ?? [])
      if (secrets !== null) return `texts that have ended stand in the log of the ${name}`;
  return null;
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
