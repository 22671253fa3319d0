// Bounded disk and memory: what lives in old batches of the journal is written again or moved to run files, what is there
// already leaves memory, what nobody can ask for any more is forgotten. A little with every call, never for long.
import { CLEAN_STEP_ORDERS, CORRELATION_KEPT_MS, JOURNALLED_ORDERS_MAX, OP_KEPT_MS } from '../base/limits.ts';
import type { Core } from './core.ts';
import type { Due } from './due.ts';
import type { OnDisk } from './onDisk.ts';
import { writeOp } from './opRecord.ts';
import type { Parking } from './parking.ts';
import { RecordType } from './records.ts';
import { type StartRecord, writeStart } from './runRecords.ts';

/** The same as a share of memory, and the share above which what is there leaves memory. */
const MOVE_ABOVE = 0.5;
const EVICT_ABOVE = 0.75;
/** Asking for batches to be written again walks the log: not with every step. */
const SPARSE_EVERY_MS = 200;
/** A run of its own for this many entries, or for what has waited this long. */
const FLUSH_ENTRIES = 20_000;
const FLUSH_MS = 1000;

export class Cleaner {
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  readonly #parking: Parking;
  readonly #due: Due;
  readonly #start: StartRecord;
  #startHome: number;
  #sparseAtMs = 0;
  #flushedAtMs = 0;

  constructor(core: Core, onDisk: OnDisk, due: Due, start: StartRecord, startHome: number) {
    this.#core = core;
    this.#onDisk = onDisk;
    this.#parking = core.receipts.parking;
    this.#due = due;
    this.#start = start;
    this.#startHome = startHome;
    core.log.live(startHome, 1);
  }

  /** A few times a second. */
  step(): void {
    const { log, sent, world, upstreams, spill } = this.#core;
    if (!log.accepting) return;
    const nowMs = world.loop.now();
    const monotonicMs = world.loop.monotonic();
    let last = -1;
    if (monotonicMs - this.#sparseAtMs >= SPARSE_EVERY_MS) {
      this.#sparseAtMs = monotonicMs;
      last = log.oldestSparse(nowMs).at(-1) ?? -1;
    }
    if (last >= 0) {
      if (this.#startHome <= last) this.#writeStart();
      this.#core.linkOrders.rewrite(last);
      this.#due.rewrite(last);
      this.#parking.rewrite(last);
      upstreams.mo.rewrite(last);
      upstreams.parts.rewrite(last);
    }
    if (last >= 0 || this.#moves()) this.#journalled(nowMs, last);
    if (sent.size > sent.capacity * EVICT_ABOVE) this.#evict();
    if (spill.unflushed >= FLUSH_ENTRIES || monotonicMs - this.#flushedAtMs >= FLUSH_MS) {
      this.#flushedAtMs = monotonicMs;
      this.#onDisk.flush();
    }
    if (this.#due.caughtUp(nowMs)) spill.dropBefore(nowMs - Math.max(CORRELATION_KEPT_MS, OP_KEPT_MS * 2));
  }

  /** The journal tells of so many orders that a restart would be slow, or memory wants room. */
  #moves(): boolean {
    const { sent } = this.#core;
    return sent.journalled > JOURNALLED_ORDERS_MAX || sent.journalled > sent.capacity * MOVE_ABOVE;
  }

  #journalled(nowMs: number, last: number): void {
    const { sent, ops, log, receipts } = this.#core;
    let handle = sent.oldest;
    for (let looked = 0; handle >= 0 && looked < CLEAN_STEP_ORDERS; looked++) {
      const next = sent.newer(handle);
      const home = sent.home(handle);
      if (ops.get(handle) === null && home >= 0) {
        if (sent.pinned(handle)) {
          // It waits for its upstream: it stays, written again if its batch is to go.
          if (home <= last) this.#rewrite(handle);
        } else if (ended(nowMs, sent.submittedAt(handle), sent.validUntil(handle))) {
          // What is due and was not looked at yet gets its end first, and stays until it is told.
          this.#due.settle(handle, nowMs);
          if (!sent.pinned(handle)) {
            sent.release(handle, receipts.keyOf);
            log.live(home, -1);
          }
        } else if (this.#moves()) this.#onDisk.put(handle);
        else if (home <= last) this.#rewrite(handle);
      }
      handle = next;
    }
  }

  /** What run files hold need not be in memory. */
  #evict(): void {
    const { sent, receipts } = this.#core;
    let handle = sent.oldestOnDisk;
    for (let looked = 0; handle >= 0 && looked < CLEAN_STEP_ORDERS; looked++) {
      const next = sent.newer(handle);
      // What was put is found in the spill at once, and the journal keeps it until its run is durable.
      if (!sent.pinned(handle)) sent.release(handle, receipts.keyOf);
      handle = next;
    }
  }

  #rewrite(handle: number): void {
    const { sent, log } = this.#core;
    const w = log.begin(RecordType.op);
    writeOp(w, this.#core, handle);
    log.end();
    log.live(log.seq, 1);
    log.live(sent.home(handle), -1);
    sent.setHome(handle, log.seq);
  }

  #writeStart(): void {
    const { log } = this.#core;
    writeStart(log.begin(RecordType.start), this.#start);
    log.end();
    log.live(log.seq, 1);
    log.live(this.#startHome, -1);
    this.#startHome = log.seq;
  }
}

/** Neither a repeated order nor a receipt may ask for it any more. */
function ended(nowMs: number, submittedAt: number, validUntil: number): boolean {
  return nowMs > validUntil + OP_KEPT_MS && nowMs > submittedAt + CORRELATION_KEPT_MS;
}
