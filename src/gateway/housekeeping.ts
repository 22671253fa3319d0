// What happens by time: schedules, retries, validity, deadlines; cleaning of the journal; history runs; old receipts and MO.
// One alarm for all; each call does a bounded portion.
import { OutcomeClass, OutcomeVerdict, type SegmentOutcome } from '../smpp/vendor.ts';
import { journalMessage } from './accept.ts';
import { State } from './aggregate.ts';
import type { Core } from './core.ts';
import { MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import { takeOutcome } from './outcomes.ts';
import { RecordType } from './records.ts';
import { TraceReason } from './views.ts';
import type { Webhooks } from './webhooks.ts';

const TICK_MS = 50;
const DUE_PER_TICK = 2000;
const SECOND_MS = 1000;
/** History runs: when this many have ended, or at the latest after this time. */
const FLUSH_ENTRIES = 20_000;
const FLUSH_MS = 10_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export class Housekeeping {
  readonly #core: Core;
  readonly #webhooks: Webhooks;
  /** Writes again what is not a message and stands in one of these batches. */
  readonly #cleanOthers: (seqs: ReadonlySet<number>) => void;
  readonly #eachSecond: (nowMonotonicMs: number) => void;
  #flushing = false;
  /** Asked while one was under way: another follows for them. */
  readonly #flushNext: (() => void)[] = [];
  #flushedAt = 0;
  #secondAt = 0;
  #hourAt = 0;
  #stopped = false;

  constructor(
    core: Core,
    webhooks: Webhooks,
    cleanOthers: (seqs: ReadonlySet<number>) => void,
    eachSecond: (nowMonotonicMs: number) => void,
  ) {
    this.#eachSecond = eachSecond;
    this.#core = core;
    this.#webhooks = webhooks;
    this.#cleanOthers = cleanOthers;
  }

  start(): void {
    this.#flushedAt = this.#core.world.loop.monotonic();
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
  }

  readonly #tick = (): void => {
    if (this.#stopped) return;
    const core = this.#core;
    const { loop } = core.world;
    const nowMs = loop.now();
    for (let left = DUE_PER_TICK; left > 0; left--) {
      const handle = core.timers.popDue(nowMs);
      if (handle < 0) break;
      due(core, handle, nowMs);
    }
    const monotonic = loop.monotonic();
    if (monotonic - this.#secondAt >= SECOND_MS) {
      this.#secondAt = monotonic;
      this.#second(nowMs, monotonic);
    }
    loop.wakeAt(monotonic + TICK_MS, this.#tick);
  };

  #second(nowMs: number, monotonic: number): void {
    const core = this.#core;
    this.#webhooks.tick(nowMs);
    this.#eachSecond(monotonic);
    const unflushed = core.history.unflushed;
    if (unflushed >= FLUSH_ENTRIES || (unflushed > 0 && monotonic - this.#flushedAt >= FLUSH_MS)) this.flush(() => {});
    if (core.log.accepting) this.#clean(nowMs);
    if (monotonic - this.#hourAt < HOUR_MS) return;
    this.#hourAt = monotonic;
    core.history.dropBefore(nowMs - core.config.historyDays * DAY_MS);
    core.mo.expire(nowMs);
    for (const account of core.accounts.byNumber) core.handover.expire(account, nowMs);
  }

  /** Makes the history of closed messages durable; then nothing keeps their batches in the journal. */
  flush(done: () => void): void {
    if (this.#flushing) {
      this.#flushNext.push(done);
      return;
    }
    this.#flushing = true;
    const core = this.#core;
    const { seq } = core.log;
    // A message that nobody wants a receipt for is closed by the commit of its end: only when every batch before `seq` is
    // durable has the history of all that they close been put, and the marker speaks the truth.
    core.afterCommit(() => {
      const homes = core.closing.splice(0);
      core.history.flush((ok) => {
        this.#flushed(seq, homes, ok);
        done();
      });
    });
  }

  #flushed(seq: number, homes: readonly number[], ok: boolean): void {
    const core = this.#core;
    this.#flushing = false;
    this.#flushedAt = core.world.loop.monotonic();
    if (!ok) {
      core.closing.push(...homes);
      core.world.log.error('history could not be written; the journal keeps it and grows');
    } else if (!this.#stopped) {
      const w = core.log.begin(RecordType.historyFlushed);
      w.u64(seq);
      core.log.end();
      for (const home of homes) core.log.live(home, -1);
    }
    const waiting = this.#flushNext.splice(0);
    if (waiting.length > 0) {
      this.flush(() => {
        for (const one of waiting) one();
      });
    }
  }

  /** Writes again what lives in old, mostly dead batches, so that they can be trimmed and their keys destroyed. */
  #clean(nowMs: number): void {
    const core = this.#core;
    const { store, log } = core;
    const sparse = log.oldestSparse(nowMs);
    const first = sparse[0];
    const last = sparse.at(-1);
    if (first === undefined || last === undefined) return;
    const seqs = new Set(sparse);
    this.#cleanOthers(seqs);
    for (let handle = 0; handle < store.span; handle++) {
      const home = store.homeSeq[handle] as number;
      if (home < first || home > last || store.phase[handle] === MessagePhase.free || !seqs.has(home)) continue;
      store.slab.trim();
      const hasBody = ((store.flags[handle] as number) & MessageFlag.bodyEnded) === 0;
      journalMessage(core, handle, RecordType.message);
      log.live(home, -1);
      if (hasBody) log.secretLive(home, -1);
    }
    for (const mo of core.mo.inBatches(seqs)) {
      const home = mo.homeSeq;
      core.mo.journal(mo);
      log.live(home, -1);
      log.secretLive(home, -1);
    }
  }
}

/** A message's time has come. */
export function due(core: Core, handle: number, nowMs: number): void {
  const { store, timers } = core;
  const validUntil = store.validUntil[handle] as number;
  const deadline = store.deadline[handle] as number;
  switch (store.phase[handle]) {
    case MessagePhase.waiting:
      if (nowMs >= validUntil) endUnordered(core, handle, nowMs);
      else if ((store.dueAt[handle] as number) > nowMs)
        timers.set(handle, Math.min(store.dueAt[handle] as number, validUntil));
      else {
        timers.set(handle, validUntil);
        core.dispatch.enqueue(handle, nowMs);
      }
      return;
    case MessagePhase.queued:
      if (nowMs < validUntil) timers.set(handle, validUntil);
      else endUnordered(core, handle, nowMs);
      return;
    case MessagePhase.ordered:
      if (nowMs < deadline) timers.set(handle, deadline);
      else endUnanswered(core, handle, nowMs);
      return;
    case MessagePhase.sent:
      if (nowMs < deadline) timers.set(handle, deadline);
      else core.ending.end(handle, State.unknown, nowMs, 0, TraceReason.deadline);
      return;
    case MessagePhase.joining:
      core.parts.expire(handle, nowMs);
      return;
    default:
      return;
  }
}

/** Validity ended, and no order is open: one that was given before and not answered is asked for until the deadline. */
function endUnordered(core: Core, handle: number, nowMs: number): void {
  const { store } = core;
  if (((store.flags[handle] as number) & MessageFlag.repeated) === 0) endUnsent(core, handle, nowMs);
  else if (nowMs < (store.deadline[handle] as number)) core.dispatch.ask(handle, nowMs);
  else endUnanswered(core, handle, nowMs);
}

/** Validity ended before this attempt left: EXPIRED, unless an earlier attempt whose outcome is unknown may have left. */
export function endUnsent(core: Core, handle: number, nowMs: number): void {
  const earlier = ((core.store.flags[handle] as number) & MessageFlag.possibleDuplicate) !== 0;
  core.ending.end(handle, earlier ? State.unknown : State.expired, nowMs, 0, TraceReason.validityEnded);
}

/** The guard never answered until the deadline: unknown, and charged as accepted (design §5.5). */
function endUnanswered(core: Core, handle: number, nowMs: number): void {
  const { store } = core;
  core.dispatch.withdraw(handle);
  const unknown: SegmentOutcome = { outcome: OutcomeClass.unknown, verdict: OutcomeVerdict.none, status: 0 };
  const link = Math.max(0, store.link[handle] as number);
  addEvent(store, handle, EventKind.outcome, link, OutcomeClass.unknown, 0, nowMs, 0);
  takeOutcome(core, handle, link, new Array<SegmentOutcome>(store.segments[handle] as number).fill(unknown), nowMs);
  if (store.terminal[handle] === 0 && store.phase[handle] === MessagePhase.sent)
    core.ending.end(handle, State.unknown, nowMs, 0, TraceReason.deadline);
}
