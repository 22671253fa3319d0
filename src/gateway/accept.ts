// The one way into the gateway, for SMPP and HTTP alike: price, hold, journal; the acknowledgement follows the commit
// (design §5.1). What has come this far is valid in its own protocol and allowed by egress/.

import { Status } from '../smpp/status.table.ts';
import type { Account } from './accounts.ts';
import { type Core, indexId, indexOp, MULTI } from './core.ts';
import { idTime } from './ids.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import { NO_SECRET, RecordType, secretsOf, writeMessage } from './records.ts';
import type { Refusal, RefusalCode } from './service.ts';
import { TraceReason } from './views.ts';

/** A message to be accepted. One instance per caller, filled again and again. */
export interface AcceptFacts {
  sourceTon: number;
  sourceNpi: number;
  source: string;
  /** E.164 digits. */
  destination: string;
  /** As the customer wrote it, with its type. */
  written: string;
  destTon: number;
  destNpi: number;
  dataCoding: number;
  body: Buffer;
  segments: number;
  registeredDelivery: number;
  lane: number;
  validUntil: number;
  /** 0: at once. */
  scheduleAt: number;
  reference: string;
  /** user_message_reference; -1: none. */
  userReference: number;
  purpose: number;
  serviceType: string;
  priority: number;
  /** Bits of MessageFlag. */
  flags: number;
  /** joining: a customer-made part that waits for the others; else queued or waiting. */
  joining: boolean;
}

/** Facts to be filled. */
export function emptyFacts(): AcceptFacts {
  return {
    sourceTon: 0,
    sourceNpi: 0,
    source: '',
    destination: '',
    written: '',
    destTon: 0,
    destNpi: 0,
    dataCoding: 0,
    body: Buffer.alloc(0),
    segments: 1,
    registeredDelivery: 0,
    lane: 1,
    validUntil: 0,
    scheduleAt: 0,
    reference: '',
    userReference: -1,
    purpose: 0,
    serviceType: '',
    priority: 0,
    flags: 0,
    joining: false,
  };
}

/** Room for the events of an ordinary life: accepted, routed where the rule has weights, ordered, outcome, receipt, ended, handed. */
const EVENT_ROOM = 7;
/** Behind a backlog most messages wait long before their second event: they get the room when it comes. */
const EVENT_ROOM_WAITING = 2;
const BACKLOG_MESSAGES = 50_000;

const REFUSALS: Readonly<Record<RefusalCode, number>> = {
  'number-invalid': Status.ESME_RINVDSTADR,
  'sender-not-allowed': Status.ESME_RINVSRCADR,
  'no-route': Status.ESME_RINVDSTADR,
  'no-price': Status.ESME_RINVDSTADR,
  'no-balance': Status.ESME_RSUBMITFAIL,
  'text-empty': Status.ESME_RINVMSGLEN,
  'text-too-long': Status.ESME_RINVMSGLEN,
  'egress-denied': Status.ESME_RSUBMITFAIL,
  'schedule-invalid': Status.ESME_RINVSCHED,
  'validity-invalid': Status.ESME_RINVEXPIRY,
  'over-rate': Status.ESME_RTHROTTLED,
  'account-suspended': Status.ESME_RSUBMITFAIL,
  'purpose-not-allowed': Status.ESME_RSUBMITFAIL,
  'queue-full': Status.ESME_RMSGQFUL,
  'store-unavailable': Status.ESME_RSYSERR,
  'encoding-invalid': Status.ESME_RINVDCS,
};

export function refuse(code: RefusalCode, detail: string, status: number = REFUSALS[code]): Refusal {
  return { code, detail, status };
}

/**
 * Takes a message: returns its handle (its record stands in the batch being gathered: acknowledge with `core.log.after`),
 * or why not, with nothing changed.
 */
export function accept(core: Core, account: Account, facts: AcceptFacts, nowMs: number): number | Refusal {
  const { store, ledger } = core;
  // Made of parts that were acknowledged: nothing of the moment may end it.
  const owed = (facts.flags & MessageFlag.internal) !== 0;
  if (core.closedReason !== null && !owed) return refuse('store-unavailable', core.closedReason);
  if ((account.suspended || account.removed || !account.config.enabled) && !owed)
    return refuse('account-suspended', 'the account is suspended or disabled');
  const prices = core.prices.list(account.config.priceList);
  const price = prices === null ? -1 : prices.perSegment(facts.destination);
  if (price < 0) return refuse('no-price', 'no price for this destination');
  if (core.routes.match(facts.destination, account.number, facts.source, -1) < 0)
    return refuse('no-route', 'no route to this destination');
  if (!core.log.accepting && !owed) return refuse('queue-full', 'the store is full');
  const total = price * facts.segments;
  if (!ledger.canHold(account.number, total))
    return refuse('no-balance', 'balance and credit limit do not cover the price', account.config.noCreditStatus);
  const handle = store.take();
  if (handle < 0) return refuse('queue-full', 'too many open messages');
  store.account[handle] = account.number;
  store.segments[handle] = facts.segments;
  if (!store.writeLetter(handle, facts, store.count > BACKLOG_MESSAGES ? EVENT_ROOM_WAITING : EVENT_ROOM)) {
    store.release(handle);
    return refuse('queue-full', 'memory for open messages is used up');
  }
  ledger.hold(account.number, total);
  store.phase[handle] = MessagePhase.accepting;
  store.lane[handle] = facts.lane;
  store.flags[handle] = facts.flags;
  store.pricePerSegment[handle] = price;
  store.acceptedAt[handle] = nowMs;
  store.dueAt[handle] = facts.scheduleAt;
  store.validUntil[handle] = facts.validUntil;
  store.deadline[handle] = facts.validUntil + account.config.graceMs;
  const buffer = store.buffer(handle);
  const at = store.offset[handle] as number;
  if (facts.flags & MessageFlag.multi) {
    const first = Buffer.from(facts.reference.slice(MULTI.length), 'hex');
    core.idSource.beside(buffer, at + Letter.id, first);
    // An id says when.
    store.acceptedAt[handle] = idTime(first);
  } else core.idSource.into(buffer, at + Letter.id, nowMs);
  core.random.into(buffer, at + Letter.op, 32);
  buffer[at + Letter.sourceTon] = facts.sourceTon;
  buffer[at + Letter.sourceNpi] = facts.sourceNpi;
  buffer[at + Letter.destTon] = facts.destTon;
  buffer[at + Letter.destNpi] = facts.destNpi;
  buffer[at + Letter.dataCoding] = facts.dataCoding;
  buffer[at + Letter.registeredDelivery] = facts.registeredDelivery;
  buffer[at + Letter.purpose] = facts.purpose;
  buffer[at + Letter.priority] = facts.priority;
  buffer[at + Letter.hasUserReference] = facts.userReference < 0 ? 0 : 1;
  buffer[at + Letter.userReference] = (facts.userReference & 0xffff) >>> 8;
  buffer[at + Letter.userReference + 1] = facts.userReference & 0xff;
  if (facts.joining) store.phase[handle] = MessagePhase.joining;
  addEvent(store, handle, EventKind.accepted, 255, 0, 0, nowMs, facts.segments);
  if (facts.scheduleAt > 0)
    addEvent(store, handle, EventKind.scheduled, 255, TraceReason.schedule, 0, nowMs, facts.scheduleAt - nowMs);
  journalMessage(core, handle, RecordType.accept);
  indexId(core, handle);
  indexOp(core, handle);
  account.openMessages++;
  core.counters.accepted_messages++;
  core.counters.accepted_segments += facts.segments;
  if (facts.lane === 0) {
    core.log.urgent();
    core.world.loop.urgent();
  }
  return handle;
}

/** Writes the whole message into the batch being gathered, its seed and body into the batch's secrets. */
export function journalMessage(core: Core, handle: number, type: number): void {
  const { store, log } = core;
  const w = log.begin(type);
  let offset = NO_SECRET;
  const secret = ((store.flags[handle] as number) & MessageFlag.bodyEnded) === 0;
  if (secret) {
    const octets = secretsOf(store, handle, core.scratch);
    offset = log.secret(octets, 0, octets.length);
  }
  writeMessage(w, store, handle, offset);
  log.end();
  const { seq } = log;
  store.homeSeq[handle] = seq;
  log.live(seq, 1);
  if (secret) log.secretLive(seq, 1);
}

/** After the commit of its record: the message may go its way. */
export function admitted(core: Core, handle: number, nowMs: number): void {
  const { store } = core;
  if (store.phase[handle] !== MessagePhase.accepting) return;
  if ((store.dueAt[handle] as number) > nowMs) {
    store.phase[handle] = MessagePhase.waiting;
    core.timers.set(handle, Math.min(store.dueAt[handle] as number, store.validUntil[handle] as number));
  } else {
    core.timers.set(handle, store.validUntil[handle] as number);
    core.dispatch.enqueue(handle, nowMs);
  }
}
