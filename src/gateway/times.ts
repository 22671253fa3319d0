// Which times are durably known to have come. Orders are not journalled: a restart, under a clock that may have been set back,
// tells from this alone whether a message that waited for its time may have been ordered.
import type { Core } from './core.ts';
import { handleOf, tokenOf } from './dispatch.ts';
import { MessagePhase } from './layout.ts';
import { RecordType } from './records.ts';

/** A record that is not durable yet, and the messages that wait for it. */
interface Mark {
  readonly ms: number;
  readonly tokens: number[];
}

export class Times {
  #durable = 0;
  /** The last that was written, not durable yet. */
  #open: Mark | null = null;

  /** The latest time known to have come, durably or in what is written before the next record. Wall clock. */
  get latest(): number {
    return this.#open?.ms ?? this.#durable;
  }

  /** A durable record tells of this time. */
  seen(ms: number): void {
    this.#durable = Math.max(this.#durable, ms);
  }

  /**
   * True: it is durably known that the message's time has come. Else it goes on waiting, and goes to its link when that is
   * durable.
   */
  reached(core: Core, handle: number, nowMs: number): boolean {
    const { store, log } = core;
    const dueAt = store.dueAt[handle] as number;
    // The record of its acceptance tells of all times up to that.
    if (dueAt <= (store.acceptedAt[handle] as number) || dueAt <= this.#durable) return true;
    store.phase[handle] = MessagePhase.waiting;
    const token = tokenOf(core, handle);
    if (dueAt <= this.latest) {
      this.#open?.tokens.push(token);
      return false;
    }
    const mark: Mark = { ms: Math.ceil(Math.max(nowMs, dueAt)), tokens: [token] };
    this.#open = mark;
    const w = log.begin(RecordType.time);
    w.u64(mark.ms);
    log.end();
    core.afterCommit(() => this.#marked(core, mark));
    return false;
  }

  #marked(core: Core, mark: Mark): void {
    this.seen(mark.ms);
    if (this.#open === mark) this.#open = null;
    const nowMs = core.world.loop.now();
    for (const token of mark.tokens) {
      const handle = handleOf(core, token);
      // It may have ended meanwhile, or wait for a later time.
      if (handle < 0 || core.store.phase[handle] !== MessagePhase.waiting) continue;
      if ((core.store.dueAt[handle] as number) <= mark.ms) core.dispatch.enqueue(handle, nowMs);
    }
  }
}
