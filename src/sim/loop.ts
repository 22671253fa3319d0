// Virtual time: one timeline of events for the whole town, and the clock and turns that one incarnation of a program sees of
// it. Order is decided by time and then by the order of planning, so that the same seed runs the same way.
import type { Alarm, Loop } from '../port/loop.ts';
import type { Life } from './life.ts';

/** Virtual time zero, on a wall clock that nobody has moved. */
export const EPOCH_MS = 1_750_000_000_000;

const GRID = 1024;

interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly life: Life | null;
  readonly kind: string;
  run: (() => void) | null;
}

/** Everything that is going to happen, earliest first. */
export class Timeline {
  nowMs = 0;
  #order = 0;
  readonly #heap: Planned[] = [];

  /** Plans `run`; with a `life` it does not happen once that life is over. `kind` stands in the trace. */
  plan(atMs: number, life: Life | null, kind: string, run: () => void): Alarm {
    // On a grid of binary fractions sums of times are exact: nobody wakes a rounding error too early.
    const planned: Planned = {
      atMs: Math.max(Math.ceil(atMs * GRID) / GRID, this.nowMs),
      order: this.#order++,
      life,
      kind,
      run,
    };
    this.#heap.push(planned);
    this.#up(this.#heap.length - 1);
    return {
      cancel: () => {
        planned.run = null;
      },
    };
  }

  /** Takes the next event that still has somebody to happen to, and moves time there; null: nothing will ever happen again. */
  next(): { readonly life: Life | null; readonly kind: string; readonly run: () => void } | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return null;
      const last = this.#heap.pop() as Planned;
      if (this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#down(0);
      }
      const { run, life } = first;
      if (run === null || life?.alive === false) continue;
      this.nowMs = first.atMs;
      return { life, kind: first.kind, run };
    }
  }

  #before(a: number, b: number): boolean {
    const x = this.#heap[a] as Planned;
    const y = this.#heap[b] as Planned;
    return x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const x = this.#heap[a] as Planned;
    this.#heap[a] = this.#heap[b] as Planned;
    this.#heap[b] = x;
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    for (let at = from; ; ) {
      const left = at * 2 + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#before(right, left) ? right : left;
      if (!this.#before(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }
}

/** A node's wall clock: it may be wrong and may jump; it outlives the programs. */
export interface WallClock {
  offsetMs: number;
}

/** One incarnation's clock and turns. */
export class SimLoop implements Loop {
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #wall: WallClock;
  /** How long the present turn goes on taking input before its end, in milliseconds. */
  readonly #turnMs: () => number;
  #endings: (() => void)[] = [];

  constructor(timeline: Timeline, life: Life, wall: WallClock, turnMs: () => number) {
    this.#timeline = timeline;
    this.#life = life;
    this.#wall = wall;
    this.#turnMs = turnMs;
  }

  now(): number {
    return Math.floor(EPOCH_MS + this.#timeline.nowMs + this.#wall.offsetMs);
  }

  /** Every program's own start is zero: who compares two programs' times finds out here. */
  monotonic(): number {
    return this.#timeline.nowMs - this.#life.bornAtMs + 1000;
  }

  wakeAt(atMs: number, run: () => void): Alarm {
    // Rounded up on the program's own clock: what is a rounding error later than now must not ring now.
    const onGrid = Math.ceil(atMs * GRID) / GRID;
    return this.#timeline.plan(onGrid - 1000 + this.#life.bornAtMs, this.#life, 'alarm', run);
  }

  /** Turns are as long as the seed says. */
  urgent(): void {}

  endOfTurn(run: () => void): void {
    this.#endings.push(run);
    if (this.#endings.length > 1) return;
    this.#timeline.plan(this.#timeline.nowMs + this.#turnMs(), this.#life, 'turn', () => {
      const due = this.#endings;
      this.#endings = [];
      for (const one of due) one();
    });
  }
}
