// What the rooms of the guard share: the state of one instance. Types only; made by guard.ts, owned by it alone.
import type { RandomPool } from '../base/random.ts';
import type { CommitLog } from '../driver/commit.ts';
import type { ConnectionCounts } from '../driver/types.ts';
import type { Spill } from '../port/spill.ts';
import type { World } from '../port/world.ts';
import type { GuardConfig } from './config.ts';
import type { LinkOrders } from './linkOrders.ts';
import type { Links } from './links.ts';
import type { OpPool } from './op.ts';
import type { Outcomes } from './outcomes.ts';
import type { Receipts } from './receipts.ts';
import type { SentStore } from './sentStore.ts';
import type { Upstreams } from './upstreams.ts';

/** Counted since the start; the names are those of the metrics. */
export interface GuardCounters extends ConnectionCounts {
  orders: number;
  orders_repeated: number;
  orders_declined: number;
  /** Not known, and too late to be emitted. */
  orders_stale: number;
  orders_refused: number;
  segments_emitted: number;
  segments_accepted: number;
  segments_refused: number;
  segments_unknown: number;
  segments_abandoned: number;
  throttled: number;
  late_answers: number;
  /** Segments that ended at their deadline, of bind mode. */
  deadlines: number;
  /** Orders in run files whose deadline came while no upstream of bind mode was configured: nobody is told. */
  deadlines_untold: number;
  receipts_in: number;
  receipts_matched: number;
  receipts_duplicate: number;
  receipts_conflict: number;
  receipts_not_final: number;
  receipts_parked: number;
  receipts_orphaned: number;
  receipts_found_on_disk: number;
  receipts_up: number;
  receipt_ids_converted: number;
  receipt_contradictions: number;
  mo_in: number;
  mo_refused: number;
  mo_up: number;
  alerts_dropped: number;
  parts_in: number;
  parts_expired: number;
  binds_accepted: number;
  binds_refused: number;
  sessions_opened: number;
  pdus_out: number;
  oddities: number;
  policy_faults: number;
}

export interface Core {
  readonly world: World;
  config: GuardConfig;
  readonly log: CommitLog;
  readonly sent: SentStore;
  readonly ops: OpPool;
  readonly links: Links;
  readonly linkOrders: LinkOrders;
  readonly upstreams: Upstreams;
  readonly outcomes: Outcomes;
  readonly receipts: Receipts;
  readonly random: RandomPool;
  readonly ids: IdSource;
  /** Orders and correlations that have left memory. */
  readonly spill: Spill;
  readonly counters: GuardCounters;
  /** Not null: nothing new is taken, with this as the reason. */
  closedReason: string | null;
  /** The journal cannot be trusted any more: nothing leaves, the program ends. */
  halted: boolean;
}

/** Ids of messages and numbers of events: whole numbers below 2^53 that never come again, over restarts too. */
export class IdSource {
  #next = 0;

  /**
   * Begins a run at `nowMs` after all that `above` says was used. One second gives two million numbers, so that the clock
   * always runs ahead of what is drawn and the next run begins above this one even if its last numbers were lost.
   */
  begin(nowMs: number, above: number): number {
    this.#next = Math.max(Math.floor(nowMs / 1000), Math.floor(above / IDS_PER_SECOND) + 1) * IDS_PER_SECOND;
    return this.#next;
  }

  next(): number {
    return this.#next++;
  }
}

const IDS_PER_SECOND = 2_097_152;

/** The spelling of an id on the wire: hexadecimal, no leading zero. */
export function idText(id: number): string {
  const high = Math.floor(id / LOW_DIGITS);
  // Thirteen digits from 1974 to 2038; toString with a base takes seven times as long.
  if (high < 0x100_0000 || high > 0xfff_ffff) return id.toString(16);
  const low = id - high * LOW_DIGITS;
  return String.fromCharCode(
    digit(high >>> 24),
    digit((high >>> 20) & 15),
    digit((high >>> 16) & 15),
    digit((high >>> 12) & 15),
    digit((high >>> 8) & 15),
    digit((high >>> 4) & 15),
    digit(high & 15),
    digit(low >>> 20),
    digit((low >>> 16) & 15),
    digit((low >>> 12) & 15),
    digit((low >>> 8) & 15),
    digit((low >>> 4) & 15),
    digit(low & 15),
  );
}

/** Six hexadecimal digits' worth. */
const LOW_DIGITS = 0x100_0000;

function digit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

export function newCounters(): GuardCounters {
  return {
    orders: 0,
    orders_repeated: 0,
    orders_declined: 0,
    orders_stale: 0,
    orders_refused: 0,
    segments_emitted: 0,
    segments_accepted: 0,
    segments_refused: 0,
    segments_unknown: 0,
    segments_abandoned: 0,
    throttled: 0,
    late_answers: 0,
    deadlines: 0,
    deadlines_untold: 0,
    receipts_in: 0,
    receipts_matched: 0,
    receipts_duplicate: 0,
    receipts_conflict: 0,
    receipts_not_final: 0,
    receipts_parked: 0,
    receipts_orphaned: 0,
    receipts_found_on_disk: 0,
    receipts_up: 0,
    receipt_ids_converted: 0,
    receipt_contradictions: 0,
    mo_in: 0,
    mo_refused: 0,
    mo_up: 0,
    alerts_dropped: 0,
    parts_in: 0,
    parts_expired: 0,
    binds_accepted: 0,
    binds_refused: 0,
    connections_refused: 0,
    connections_pushed_out: 0,
    sessions_opened: 0,
    pdus_out: 0,
    oddities: 0,
    policy_faults: 0,
  };
}
