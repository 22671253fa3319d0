// What must hold for another SMS gateway in front of the guard: acknowledged after durable, every part with its own end and its own
// receipt, nothing sent twice, the text as it was written.
import type { HandsetMessage } from '../operator/handsets.ts';
import { OutcomeClass } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import type { Desk, Wish } from './desk.ts';
import type { GuardBooks } from './guardBooks.ts';
import type { PartBooked } from './partBooks.ts';
import type { Plan } from './plan.ts';
import { cstring, receiptOf } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMIT_RESP = 0x8000_0004;
const DELIVER = 0x05;
const DELIVERED = 2;
const FAILURES_ONLY = 2;
const WORDS = ['', '', 'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD'];

/** A PDU that the guard writes to another gateway. */
export function toForeign(guard: GuardBooks, pdu: Buffer, command: number, status: number): void {
  if (command === SUBMIT_RESP && status === 0) {
    const id = cstring(pdu, 16);
    if (!guard.parts.parts.has(id)) broken('1 acknowledge after durable', `a part got the id ${id} and is not durable`);
  } else if (command === DELIVER) {
    const told = receiptOf(pdu);
    if (told === null) return;
    const part = guard.parts.parts.get(told.id);
    if (part === undefined) broken('4 one terminal state', `a receipt for the id ${told.id}, which no part has`);
    const state = guard.parts.stateOf(part);
    if (state !== told.state)
      broken('4 one terminal state', `part ${told.id} is told as ${told.state}, durable is ${state}`);
  }
}

/** Null: everything that can be told to another gateway has been told; else what has not. */
export function untoldForeign(desk: Desk, guard: GuardBooks): string | null {
  for (const part of guard.parts.parts.values()) {
    if (!part.ended) return `part ${part.id} has not ended`;
    if (guard.parts.stateOf(part) === 0) return `part ${part.id} has no final state`;
    const one = desk.acknowledged.get(`${part.fields.upstream} ${part.id}`);
    if (one !== undefined && one.taken === 0 && wants(part, guard.parts.stateOf(part)))
      return `part ${part.id} has a final state, and its gateway has not heard of it`;
  }
  return null;
}

function wants(part: PartBooked, state: number): boolean {
  const { asked } = part.fields;
  return state !== 0 && asked !== 0 && (asked !== FAILURES_ONLY || state !== DELIVERED);
}

export function judgeForeign(
  plan: Plan,
  desk: Desk,
  guard: GuardBooks,
  handsets: ReadonlyMap<string, readonly HandsetMessage[]>,
): void {
  for (const part of guard.parts.parts.values()) ended(guard, part);
  for (const one of desk.acknowledged.values()) {
    const { wish, id } = one;
    const part = guard.parts.parts.get(id);
    if (part === undefined) broken('1 nothing is lost', `the id ${id} was acknowledged, and no durable part has it`);
    if (part.fields.recipient !== wish.destination) broken('1 nothing is lost', `${id} is another message's part`);
    const state = guard.parts.stateOf(part);
    if (wants(part, state) && one.taken === 0)
      broken('4 a receipt at least once', `part ${id} was never told of (state ${state})`);
    if (!wants(part, state) && one.receipts.length > 0)
      broken('4 a receipt at least once', `part ${id} was told of, and wanted no receipt`);
    for (const receipt of one.receipts) {
      if (!receipt.equals(one.receipts[0] as Buffer)) broken('4 receipts are the same', `two receipts of ${id} differ`);
      if (!receipt.latin1Slice().includes(`stat:${WORDS[state]}`))
        broken('4 receipts are the same', `the receipt of ${id} is not of its state ${WORDS[state]}`);
    }
  }
  const guardClockJumps = plan.faults.some(({ fault }) => fault.kind === 'clock' && fault.node === 'guard');
  for (const wish of desk.wishes) {
    if (!guardClockJumps) together(desk, guard, wish);
    copies(guard, wish, handsets.get(wish.destination) ?? []);
  }
}

/** A part has its one final state; what an operator told of it has reached it. */
function ended(guard: GuardBooks, part: PartBooked): void {
  if (!part.ended) broken('4 one terminal state', `part ${part.id} never ended`);
  if (guard.parts.stateOf(part) === 0) broken('4 one terminal state', `part ${part.id} ended without a final state`);
  const order = guard.ops.get(part.ops.at(-1) ?? '');
  for (const segment of order?.segments.values() ?? []) {
    const key = `${order?.link} ${indexKey(segment.remoteId)} ${order?.recipient}`;
    if (segment.remoteId === '' || segment.state !== 0) continue;
    if (guard.acknowledged.has(key) && !guard.orphans.has(key))
      broken('4 a receipt at least once', `a receipt for id ${segment.remoteId} was acknowledged and forgotten`);
  }
}

/** Parts that were all acknowledged at once leave as one message. */
function together(desk: Desk, guard: GuardBooks, wish: Wish): void {
  if (wish.parts === 0 || wish.torn || wish.tries !== 1 || wish.ids.length !== wish.parts) return;
  const ops = new Set<string>();
  for (const id of wish.ids) {
    const one = desk.acknowledged.get(`${wish.account} ${id}`);
    ops.add(guard.parts.parts.get(one?.id ?? '')?.ops.at(-1) ?? '');
  }
  if (ops.size !== 1) broken('1 nothing is lost', `the parts of ${wish.destination} did not leave together`);
}

function copies(guard: GuardBooks, wish: Wish, arrived: readonly HandsetMessage[]): void {
  let left = 0;
  for (const [op, parts] of guard.parts.byOp) {
    if (parts[0]?.fields.recipient !== wish.destination) continue;
    const order = guard.ops.get(op);
    const emitted = [...(order?.segments.values() ?? [])].filter(
      (one) => one.emitted && one.outcomes[0] !== OutcomeClass.refused,
    ).length;
    if (order !== undefined && emitted === order.total) left++;
  }
  if (left > wish.tries)
    broken('7 no duplicates', `${wish.destination} was asked for ${wish.tries} times, ${left} left`);
  if (arrived.length > left)
    broken('7 no duplicates', `${wish.destination} received ${arrived.length} messages, ${left} left`);
  for (const { text } of arrived) {
    if (text !== wish.text)
      broken('1 nothing is lost', `${wish.destination} received another text than was sent: ${JSON.stringify(text)}`);
  }
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
