// Bind mode: another gateway's messages end here at their deadline (design §5 law 4), since nobody above has one. What has left, and
// of which nobody told the end by the end of its validity and the grace, ends UNKNOWN: durable, then told, once. Looks through
// memory a little with every tick, and through the list of what run files hold, in the order of its time.
import { BIND_GRACE_MS, DUE_MEMORY_SHARE, DUE_PAGE_ORDERS, DUE_STEP_ORDERS } from '../base/limits.ts';
import { OutcomeClass } from '../smpp/vendor.ts';
import { messageState } from '../sms/messageState.ts';
import type { Core } from './core.ts';
import type { OnDisk } from './onDisk.ts';
import { readDue, writeDue } from './receiptRecords.ts';
import type { RecordReader } from './recordReader.ts';
import { RecordType } from './records.ts';

/** How often the list on disk is asked: a message to its thread each time. */
const DISK_EVERY_MS = 10_000;
const AGAIN_MS = 1000;
/** Run files stay while the list has not been looked through up to so long ago. */
const BEHIND_MAX_MS = 3_600_000;

/**
 * When this order ends by itself, wall clock; null: it is of a Glaspost gateway, which has deadlines of its own; or nothing of it
 * left, so that it is tried again or was told; or all is told.
 */
export function deadlineOf(core: Core, handle: number): number | null {
  const { sent, upstreams } = core;
  if (!sent.extended(handle)) return null;
  const total = sent.total(handle);
  let left = false;
  let open = false;
  for (let i = 0; i < total; i++) {
    const outcome = sent.outcome(handle, i);
    if (outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown) left = true;
    if (sent.state(handle, i) === 0) open = true;
  }
  if (!left || !open) return null;
  const { config } = upstreams.get(sent.upstream(handle));
  return sent.validUntil(handle) + (config?.mode === 'bind' ? config.graceMs : BIND_GRACE_MS);
}

export class Due {
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  /** Next handle to look at. */
  #next = 0;
  /** Nothing on disk that was due before this has no end. Wall clock. */
  #upTo = 0;
  /** Batch of the record that says so; −1: none. */
  #home = -1;
  #looking = false;
  /** While no upstream is there that could be told: what was due before this is counted. Wall clock. */
  #untoldUpTo = 0;

  constructor(core: Core, onDisk: OnDisk) {
    this.#core = core;
    this.#onDisk = onDisk;
  }

  restore(r: RecordReader, home: number): void {
    this.#upTo = readDue(r);
    this.#home = home;
  }

  /** After recovery, which may have put orders on disk that were due before. */
  resume(): void {
    if (this.#home >= 0) this.#core.log.live(this.#home, 1);
    this.#upTo = Math.min(this.#upTo, this.#onDisk.earliestDueMs);
    this.#onDisk.dueFloorMs = this.#upTo;
  }

  /** Writes its record again when it stands in a batch up to `last`. */
  rewrite(last: number): void {
    if (this.#home >= 0 && this.#home <= last) this.#record();
  }

  #record(): void {
    const { log } = this.#core;
    writeDue(log.begin(RecordType.due), this.#upTo);
    log.end();
    log.live(log.seq, 1);
    if (this.#home >= 0) log.live(this.#home, -1);
    this.#home = log.seq;
  }

  /** False: run files may hold what is long due, and must not be dropped yet. */
  caughtUp(nowMs: number): boolean {
    return !this.#asks() || this.#upTo >= nowMs - BEHIND_MAX_MS;
  }

  /** There may be something on disk, and somebody whom it is told to. */
  #asks(): boolean {
    return this.#onDisk.holds && this.#told();
  }

  #told(): boolean {
    return this.#core.config.upstreams.some((one) => one.mode === 'bind');
  }

  /** A few times a second. */
  tick(): void {
    const { sent, log, world } = this.#core;
    if (!log.accepting) return;
    const nowMs = world.loop.now();
    for (let looked = 0; looked < DUE_STEP_ORDERS && looked < sent.handles; looked++) {
      if (this.#next >= sent.handles) this.#next = 0;
      this.settle(this.#next++, nowMs);
    }
    if (this.#looking || !this.#onDisk.holds) return;
    if (!this.#told()) {
      if (nowMs < this.#untoldUpTo + DISK_EVERY_MS) return;
      this.#looking = true;
      this.#countUntold(Math.max(this.#upTo, this.#untoldUpTo), nowMs, null);
      return;
    }
    if (nowMs < this.#upTo + DISK_EVERY_MS) return;
    this.#looking = true;
    this.#onDisk.dueFloorMs = nowMs;
    this.#page(nowMs, null, false);
  }

  /** No upstream of bind mode is configured: what is due stays on disk until it is too old, for one that may come back. */
  #countUntold(fromMs: number, toMs: number, before: Buffer | null): void {
    this.#onDisk.listDue(fromMs, toMs, before, DUE_PAGE_ORDERS, (ops, next) => {
      const { counters, world } = this.#core;
      if (ops.length > 0 && counters.deadlines_untold === 0)
        world.log.warn(
          'orders of bind mode are due, and no upstream is configured whom their end could be told to',
          {},
        );
      counters.deadlines_untold += ops.length;
      if (next !== null) {
        this.#countUntold(fromMs, toMs, next);
        return;
      }
      this.#untoldUpTo = toMs;
      this.#looking = false;
    });
  }

  /** Ends what is due of this order. Returns its deadline when it has one that is still to come, else null. */
  settle(handle: number, nowMs: number): number | null {
    const { sent, ops, receipts, counters } = this.#core;
    if (!sent.sealed(handle) || ops.get(handle) !== null) return null;
    const dueMs = deadlineOf(this.#core, handle);
    if (dueMs === null || nowMs < dueMs) return dueMs;
    const total = sent.total(handle);
    for (let i = 0; i < total; i++) {
      if (sent.state(handle, i) !== 0) continue;
      const outcome = sent.outcome(handle, i);
      const left = outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown;
      counters.deadlines++;
      receipts.settleOurselves(handle, i, left ? messageState.unknown : messageState.undeliverable, '');
    }
    return null;
  }

  /** What was due up to `toMs`, a page at a time, latest first. `found`: an earlier page was not empty. */
  #page(toMs: number, before: Buffer | null, found: boolean): void {
    const { sent } = this.#core;
    if (sent.size >= sent.capacity * DUE_MEMORY_SHARE) {
      this.#later(() => this.#page(toMs, before, found));
      return;
    }
    const limit = Math.max(1, Math.min(DUE_PAGE_ORDERS, Math.floor((sent.capacity * (1 - DUE_MEMORY_SHARE)) / 2)));
    this.#onDisk.listDue(this.#upTo, toMs, before, limit, (ops, next) => {
      if (ops.length === 0) {
        this.#looked(toMs, found);
        return;
      }
      let open = ops.length;
      let complete = true;
      for (const op of ops) {
        this.#onDisk.recallOp(op, (handle) => {
          if (!this.#take(handle)) complete = false;
          if (--open > 0) return;
          if (!complete) this.#later(() => this.#page(toMs, before, found));
          else if (next !== null) this.#page(toMs, next, true);
          else this.#looked(toMs, true);
        });
      }
    });
  }

  /** An order that the list named; negative: not here, or without room. False: it must be looked at again. */
  #take(handle: number): boolean {
    const { log, world } = this.#core;
    if (handle < 0) return handle === -1;
    if (!log.accepting) return false;
    const dueMs = this.settle(handle, world.loop.now());
    // Its grace has become longer since it was put.
    if (dueMs !== null) this.#onDisk.putDue(handle, dueMs);
    return true;
  }

  #looked(toMs: number, found: boolean): void {
    if (found && !this.#core.log.accepting) {
      this.#later(() => this.#looked(toMs, found));
      return;
    }
    this.#looking = false;
    this.#upTo = toMs;
    if (found) this.#record();
  }

  #later(run: () => void): void {
    const { loop } = this.#core.world;
    loop.wakeAt(loop.monotonic() + AGAIN_MS, () => {
      if (!this.#core.halted) run();
    });
  }
}
