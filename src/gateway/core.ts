// What the rooms of the gateway share: the state of one instance. Types and the few helpers that every room needs; made by
// gateway.ts, owned by it alone.
import { type ByteWriter, readU32, sameOctets } from '../base/bytes.ts';
import { MULTI_DESTINATIONS_MAX } from '../base/limits.ts';
import type { RandomPool } from '../base/random.ts';
import type { CommitLog } from '../driver/commit.ts';
import type { ConnectionCounts } from '../driver/types.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PriceBook } from '../ledger/price.ts';
import type { World } from '../port/world.ts';
import type { IdTable } from '../queue/idTable.ts';
import type { Timers } from '../queue/timers.ts';
import type { RouteTable } from '../routing/table.ts';
import type { Account, Accounts } from './accounts.ts';
import type { Answers } from './answers.ts';
import type { GatewayConfig } from './config.ts';
import type { Dispatch } from './dispatch.ts';
import type { Ending } from './ending.ts';
import type { Handover } from './handover.ts';
import type { History } from './history.ts';
import { COUNTER_AT, type IdSource, type MessageIdFormat, smppId } from './ids.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import type { Links } from './links.ts';
import type { Mo } from './mo.ts';
import type { Parts } from './parts.ts';
import type { Purposes } from './purposes.ts';
import type { MessageStore } from './store.ts';
import type { Times } from './times.ts';
import type { Names } from './views.ts';

/** Counted since the start; names are those of the metrics. */
export interface GatewayCounters extends ConnectionCounts {
  accepted_messages: number;
  accepted_segments: number;
  refused_messages: number;
  orders: number;
  orders_repeated: number;
  /** Orders that only ask for an outcome. */
  orders_asked: number;
  outcomes_accepted: number;
  outcomes_refused: number;
  outcomes_unknown: number;
  retries: number;
  receipts_in: number;
  receipts_ignored: number;
  receipts_handed: number;
  receipts_failed: number;
  ended_delivered: number;
  ended_other: number;
  mo_in: number;
  mo_refused: number;
  mo_handed: number;
  binds_accepted: number;
  binds_refused: number;
  malformed_pdus: number;
}

export interface Core {
  readonly world: World;
  config: GatewayConfig;
  readonly store: MessageStore;
  readonly log: CommitLog;
  ledger: Ledger;
  readonly accounts: Accounts;
  readonly links: Links;
  prices: PriceBook;
  routes: RouteTable;
  readonly random: RandomPool;
  readonly idSource: IdSource;
  /** By the last 8 octets of a message's id. */
  readonly byId: IdTable;
  /** By the first 8 octets of the present op. */
  readonly byOp: IdTable;
  /** Next time at which something is due for a message. */
  readonly timers: Timers;
  readonly history: History;
  readonly names: Names;
  readonly purposes: Purposes;
  readonly counters: GatewayCounters;
  readonly scratch: ByteWriter;
  dispatch: Dispatch;
  handover: Handover;
  ending: Ending;
  parts: Parts;
  mo: Mo;
  /** Messages of 3.3 peers by their 8-character id. */
  readonly byShortId: Map<number, number>;
  /** Open messages of a submit_multi that were accepted when it came again, by their reference. */
  readonly multiLate: Map<string, Set<number>>;
  /** For CommitLog.after: a replaced message is durable and may go again. */
  readonly replaceDurable: (handle: number) => void;
  readonly times: Times;
  /** Runs something once after the commit of what has been written so far; for rare work. */
  afterCommit(run: () => void): void;
  /** Not null: nothing new is taken, with this as the reason (starting, stopping, store not writable). */
  closedReason: string | null;
  /** Home batches of messages that are closed and whose history is not yet in a durable run. */
  readonly closing: number[];
  /** Answers to the guard's deliver_sm that wait for a commit. */
  readonly answers: Answers;
  /** For CommitLog.after: a retry's record is durable, the message may wait for its time. */
  readonly retryDurable: (handle: number) => void;
}

export function messageByOp(core: Core, op: Buffer): number {
  const handle = core.byOp.get(readU32(op, 0), readU32(op, 4));
  if (handle < 0) return -1;
  const at = (core.store.offset[handle] as number) + Letter.op;
  return sameOctets(core.store.buffer(handle), at, op, 0, 16) ? handle : -1;
}

export function messageById(core: Core, id: Buffer): number {
  const handle = core.byId.get(readU32(id, 8), readU32(id, 12));
  if (handle < 0) return -1;
  const at = (core.store.offset[handle] as number) + Letter.id;
  return sameOctets(core.store.buffer(handle), at, id, 0, 16) ? handle : -1;
}

export function indexId(core: Core, handle: number): void {
  const buffer = core.store.buffer(handle);
  const at = (core.store.offset[handle] as number) + Letter.id + 8;
  core.byId.set(readU32(buffer, at), readU32(buffer, at + 4), handle);
  if ((core.store.flags[handle] as number) & MessageFlag.shortId) core.byShortId.set(readU32(buffer, at + 4), handle);
  if (isLate(core.store, handle)) {
    const reference = core.store.reference(handle);
    const late = core.multiLate.get(reference);
    if (late === undefined) core.multiLate.set(reference, new Set([handle]));
    else late.add(handle);
  }
}

/** Of a submit_multi, and accepted when it came again: its counter does not stand near the first one's. */
function isLate(store: MessageStore, handle: number): boolean {
  if (((store.flags[handle] as number) & MessageFlag.multi) === 0) return false;
  const first = Number.parseInt(store.reference(handle).slice(MULTI.length + 2 * COUNTER_AT), 16);
  const own = store.buffer(handle).readUInt32BE((store.offset[handle] as number) + Letter.id + COUNTER_AT);
  return (own - first) >>> 0 >= MULTI_DESTINATIONS_MAX;
}

export function indexOp(core: Core, handle: number): void {
  const buffer = core.store.buffer(handle);
  const at = (core.store.offset[handle] as number) + Letter.op;
  core.byOp.set(readU32(buffer, at), readU32(buffer, at + 4), handle);
}

export function forgetOp(core: Core, handle: number): void {
  const buffer = core.store.buffer(handle);
  const at = (core.store.offset[handle] as number) + Letter.op;
  const high = readU32(buffer, at);
  const low = readU32(buffer, at + 4);
  if (core.byOp.get(high, low) === handle) core.byOp.delete(high, low);
}

export function forgetId(core: Core, handle: number): void {
  const buffer = core.store.buffer(handle);
  const at = (core.store.offset[handle] as number) + Letter.id + 8;
  core.byId.delete(readU32(buffer, at), readU32(buffer, at + 4));
  if (!isLate(core.store, handle)) return;
  const reference = core.store.reference(handle);
  const late = core.multiLate.get(reference);
  if (late?.delete(handle) && late.size === 0) core.multiLate.delete(reference);
}

/** Writes the present op of a message into a record. */
export function writeOp(core: Core, w: ByteWriter, handle: number): void {
  const at = (core.store.offset[handle] as number) + Letter.op;
  w.bytes(core.store.buffer(handle), at, at + 16);
}

export function accountOf(core: Core, handle: number): Account {
  return core.accounts.get(core.store.account[handle] as number);
}

/** An order without an answer may have left, and so may an earlier attempt whose outcome is unknown: neither cancelling nor replacing may pretend otherwise. */
export function mayHaveLeft(core: Core, handle: number): boolean {
  const { store } = core;
  const left = MessageFlag.repeated | MessageFlag.possibleDuplicate;
  return store.phase[handle] === MessagePhase.ordered || ((store.flags[handle] as number) & left) !== 0;
}

/** The id by which the customer knows the message. All messages of one submit_multi have the first one's. */
export function customerId(core: Core, handle: number): string {
  return customerIdIn(core.store, handle, accountOf(core, handle).config.messageIdFormat);
}

/** The same of a message of any store. */
export function customerIdIn(store: MessageStore, handle: number, format: MessageIdFormat): string {
  const flags = store.flags[handle] as number;
  const short = (flags & MessageFlag.shortId) !== 0;
  if (flags & MessageFlag.multi)
    return smppId(Buffer.from(store.reference(handle).slice(MULTI.length), 'hex'), 0, format, short);
  return smppId(store.buffer(handle), (store.offset[handle] as number) + Letter.id, format, short);
}

/** The reference of the further messages of a submit_multi begins so; the first one's id follows. */
export const MULTI = 'multi:';

/** Why no message is taken now; empty: they are. */
export function notReady(core: Core): string {
  if (core.closedReason !== null) return core.closedReason;
  if (!core.log.accepting) return 'the store is full';
  return core.store.count >= core.store.maxMessages ? 'too many open messages' : '';
}
