// What the guard answered to an order, and what follows: charge, wait for the receipt, another route, later, or the end.
// The decision is queue/retry's; here it is journalled and carried out (design §5.3, §5.5, §5.11).
import type { ByteWriter } from '../base/bytes.ts';
import { nextAction, type RetryAction } from '../queue/retry.ts';
import { verdictOf as statusVerdict } from '../queue/verdictTable.ts';
import { OutcomeClass, OutcomeVerdict, type SegmentOutcome } from '../smpp/vendor.ts';
import { aggregateState, State } from './aggregate.ts';
import { accountOf, type Core, forgetOp, indexOp, writeOp } from './core.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind, segmentOutcome, setSegmentOutcome } from './letters.ts';
import { RecordType, readU64 } from './records.ts';
import { TraceReason } from './views.ts';

/** Stands for the status of an answer that never came. */
const UNKNOWN_STATUS = 0xffff_ffff;

/** An answer with an outcome per segment. The message is `ordered`. */
export function takeOutcome(
  core: Core,
  handle: number,
  link: number,
  outcomes: readonly SegmentOutcome[],
  nowMs: number,
): void {
  const { store, log } = core;
  const w = log.begin(RecordType.outcome);
  writeOp(core, w, handle);
  w.u16(link);
  w.u64(nowMs);
  w.u8(outcomes.length);
  for (const one of outcomes) {
    w.u8(one.outcome);
    w.u8(one.verdict);
    w.u32(one.status);
  }
  log.end();
  applyOutcome(core, handle, link, outcomes, nowMs);
  if (store.phase[handle] === MessagePhase.sent) settleReceipts(core, handle, nowMs);
  else decide(core, handle, outcomes, nowMs);
}

/** Reads the payload of an outcome record; the op is its first 16 octets. */
export function readOutcome(
  records: Buffer,
  start: number,
): { readonly link: number; readonly at: number; readonly outcomes: SegmentOutcome[] } {
  const outcomes: SegmentOutcome[] = [];
  const count = records[start + 26] as number;
  for (let i = 0, at = start + 27; i < count; i++, at += 6) {
    outcomes.push({
      outcome: records[at] as SegmentOutcome['outcome'],
      verdict: records[at + 1] as SegmentOutcome['verdict'],
      status: records.readUInt32BE(at + 2),
    });
  }
  return { link: records.readUInt16BE(start + 16), at: readU64(records, start + 18), outcomes };
}

/** The part that recovery repeats: segment states, money, phase. What follows has records of its own. */
export function applyOutcome(
  core: Core,
  handle: number,
  link: number,
  outcomes: readonly SegmentOutcome[],
  atMs: number,
): void {
  const { store, ledger, counters } = core;
  store.flags[handle] = (store.flags[handle] as number) & ~MessageFlag.repeated;
  store.link[handle] = link;
  const { chargeOn } = accountOf(core, handle).config;
  let emitted = 0;
  let charge = 0;
  let unknown = 0;
  let worst = outcomes[0] as SegmentOutcome;
  outcomes.forEach((one, segment) => {
    // A receipt may have told of the segment before: what it said stays.
    setSegmentOutcome(store, handle, segment, one.outcome);
    const left = one.outcome === OutcomeClass.accepted || one.outcome === OutcomeClass.unknown;
    if (left) emitted++;
    if (one.outcome === OutcomeClass.unknown) unknown++;
    if (left || (chargeOn === 'submission' && one.outcome === OutcomeClass.refused)) charge++;
    if (one.outcome !== OutcomeClass.accepted) worst = one;
  });
  addEvent(store, handle, EventKind.outcome, link, worst.outcome, worst.verdict, atMs, worst.status);
  const open =
    (store.segments[handle] as number) -
    (store.chargedSegments[handle] as number) -
    (store.voidedSegments[handle] as number);
  // A retried message was charged for an earlier attempt already: never more than its price.
  const due = chargeOn === 'delivered' ? 0 : Math.min(charge, open);
  if (due > 0) {
    const amount = due * (store.pricePerSegment[handle] as number);
    ledger.settle(store.account[handle] as number, amount, amount);
    store.chargedSegments[handle] = (store.chargedSegments[handle] as number) + due;
  }
  if (emitted === 0) {
    counters.outcomes_refused++;
    return;
  }
  store.phase[handle] = MessagePhase.sent;
  if (unknown === 0) {
    counters.outcomes_accepted++;
    core.ending.bodyEnded(handle);
  } else {
    counters.outcomes_unknown++;
    store.flags[handle] = (store.flags[handle] as number) | MessageFlag.outcomeUnknown;
  }
  core.timers.set(handle, store.deadline[handle] as number);
}

/** Emitted: perhaps every segment has its final state already, or the account's policy is to send unknown ones again. */
export function settleReceipts(core: Core, handle: number, nowMs: number): void {
  const { store } = core;
  const link = store.link[handle] as number;
  const receiptParts = link < 0 ? 'all' : core.links.get(link).config.receiptParts;
  const state = aggregateState(store, handle, receiptParts);
  if (state !== 0) {
    core.ending.end(handle, state, nowMs, 0, 0);
    return;
  }
  const flags = store.flags[handle] as number;
  if (
    flags & MessageFlag.outcomeUnknown &&
    accountOf(core, handle).config.onUnknown === 'retry' &&
    wholeUnknown(core, handle)
  ) {
    decide(
      core,
      handle,
      [{ outcome: OutcomeClass.unknown, verdict: OutcomeVerdict.none, status: UNKNOWN_STATUS }],
      nowMs,
    );
    return;
  }
  if (flags & MessageFlag.intermediateWanted && (flags & MessageFlag.intermediateHanded) === 0)
    core.handover.pushIntermediate(handle);
}

/** A message of which a part was accepted is not sent again: the recipient would get that part twice. */
function wholeUnknown(core: Core, handle: number): boolean {
  const total = core.store.segments[handle] as number;
  for (let segment = 0; segment < total; segment++)
    if (segmentOutcome(core.store, handle, segment) !== OutcomeClass.unknown) return false;
  return true;
}

/** Nothing was accepted: what next? `outcomes` all failed alike or not; the one that is hardest to mend decides. */
export function decide(core: Core, handle: number, outcomes: readonly SegmentOutcome[], nowMs: number): void {
  const { store } = core;
  const link = store.link[handle] as number;
  const one = hardest(outcomes);
  const attempts = (store.attempts[handle] as number) + 1;
  store.attempts[handle] = Math.min(255, attempts);
  const refused = store.refusals.get(handle) ?? [];
  const action = nextAction(
    {
      verdict: one.outcome === OutcomeClass.unknown ? 'unknown' : verdictOf(one),
      destinationFull: one.status === 0x14,
      triesOnRoute: attempts,
      waits: attempts - 1,
      triesInAll: attempts,
      wasBare: true,
      otherRoute: otherRoute(core, handle, [...refused, link]),
      onUnknown: accountOf(core, handle).config.onUnknown,
      expiresAtMs: store.validUntil[handle] as number,
      fraction: core.random.fraction(),
    },
    nowMs,
  );
  follow(core, handle, action, one, nowMs);
}

function follow(core: Core, handle: number, action: RetryAction, one: SegmentOutcome, nowMs: number): void {
  const { store } = core;
  const earlier = ((store.flags[handle] as number) & MessageFlag.possibleDuplicate) !== 0;
  switch (action.kind) {
    case 'await':
      return;
    case 'final':
      core.ending.end(
        handle,
        earlier ? State.unknown : one.outcome === OutcomeClass.refused ? State.undeliverable : State.rejected,
        nowMs,
        one.status,
        one.outcome === OutcomeClass.refused ? TraceReason.refusedByLink : TraceReason.declined,
      );
      return;
    case 'expire':
      core.ending.end(
        handle,
        one.outcome === OutcomeClass.unknown || earlier ? State.unknown : State.expired,
        nowMs,
        one.status,
        TraceReason.validityEnded,
      );
      return;
    case 'nextRoute': {
      const refusals = store.refusals.get(handle) ?? [];
      store.refusals.set(handle, [...refusals, store.link[handle] as number]);
      if (action.possibleDuplicate)
        store.flags[handle] = (store.flags[handle] as number) | MessageFlag.possibleDuplicate;
      retry(
        core,
        handle,
        action.atMs,
        action.possibleDuplicate ? TraceReason.unknownRetried : TraceReason.refusedByLink,
        nowMs,
      );
      return;
    }
    case 'again':
    case 'bare':
    case 'requeue':
      if (one.outcome === OutcomeClass.unknown)
        store.flags[handle] = (store.flags[handle] as number) | MessageFlag.possibleDuplicate;
      retry(core, handle, action.atMs, retryReason(one), nowMs);
      return;
  }
}

function retryReason(one: SegmentOutcome): number {
  if (one.outcome === OutcomeClass.unknown) return TraceReason.unknownRetried;
  return one.outcome === OutcomeClass.notEmitted ? TraceReason.notEmitted : TraceReason.retryLater;
}

/** A new attempt under a new op, which is durable before the order goes out (design §2, op). */
function retry(core: Core, handle: number, dueAt: number, reason: number, nowMs: number): void {
  const { store, log } = core;
  core.counters.retries++;
  forgetOp(core, handle);
  const buffer = store.buffer(handle);
  const at = store.offset[handle] as number;
  core.random.into(buffer, at + Letter.op, 16);
  const w = log.begin(RecordType.retry);
  w.bytes(buffer, at + Letter.id, at + Letter.id + 16);
  w.bytes(buffer, at + Letter.op, at + Letter.op + 16);
  w.u64(nowMs);
  w.u64(dueAt);
  w.u8(reason);
  w.u8(store.attempts[handle] as number);
  w.u16(store.flags[handle] as number);
  writeRefusals(w, store.refusals.get(handle) ?? []);
  log.end();
  applyRetry(core, handle, dueAt, reason, nowMs);
  log.after(core.retryDurable, handle);
}

export function applyRetry(core: Core, handle: number, dueAt: number, reason: number, atMs: number): void {
  const { store } = core;
  indexOp(core, handle);
  const total = store.segments[handle] as number;
  const segments = store.segmentsAt(handle);
  store.buffer(handle).fill(0, segments, segments + total);
  store.flags[handle] = (store.flags[handle] as number) & ~(MessageFlag.outcomeUnknown | MessageFlag.repeated);
  store.dueAt[handle] = dueAt;
  store.phase[handle] = MessagePhase.waiting;
  addEvent(store, handle, EventKind.retry, store.link[handle] as number, reason, 0, atMs, Math.max(0, dueAt - atMs));
  // Its timer is set once the record is durable: an order must not go out under an op that a crash would forget.
  core.timers.cancel(handle);
}

function writeRefusals(w: ByteWriter, links: readonly number[]): void {
  w.u8(links.length);
  for (const link of links) w.u16(link);
}

function hardest(outcomes: readonly SegmentOutcome[]): SegmentOutcome {
  const rank = (one: SegmentOutcome): number =>
    one.verdict === OutcomeVerdict.permanent ? 3 : one.verdict === OutcomeVerdict.thisRoute ? 2 : 1;
  let found = outcomes[0] as SegmentOutcome;
  for (const one of outcomes) if (rank(one) > rank(found)) found = one;
  return found;
}

function verdictOf(one: SegmentOutcome): 'final' | 'route' | 'again' | 'few' {
  if (one.verdict === OutcomeVerdict.permanent) return 'final';
  if (one.verdict === OutcomeVerdict.thisRoute) return 'route';
  return statusVerdict(one.status) === 'again' || one.outcome === OutcomeClass.notEmitted ? 'again' : 'few';
}

function otherRoute(core: Core, handle: number, refused: readonly number[]): boolean {
  const { store, routes } = core;
  const destination = store.destination(handle);
  const account = store.account[handle] as number;
  const source = store.source(handle);
  for (let rule = routes.match(destination, account, source, -1); rule >= 0; ) {
    const found = routes.rules[rule];
    if (found === undefined) return false;
    for (const link of found.links) if (!refused.includes(link)) return true;
    rule = found.fallThrough ? routes.match(destination, account, source, rule) : -1;
  }
  return false;
}
