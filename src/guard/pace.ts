// When the next segment of a link may be let go. The pacer's rule (queue/throttle) holds exactly at the write; beside it the
// stream is smoothed, because a burst that the rule allows once a second would be counted double by a supplier who sees it a
// few milliseconds later than we. Also how far ahead of the pace INTENTs are written, from the time that commits take.
import type { Pacer } from '../queue/throttle.ts';

/** Share of the rate at which a long stream goes: leaves a supplier's clock and the network 10 ms of jitter. */
const SMOOTH_SHARE = 0.99;
/** Share of a second's segments that may go at once after a pause: short bursts do not wait. */
const BURST_SHARE = 0.25;
/**
 * A stream that was held up catches up with so much, at so many times its pace: the pacer lets the same slots go again a second
 * after they were used, so a hole is there again then, shorter by what SMOOTH_SHARE leaves, and what is not caught up with is lost.
 */
const HELD_UP_MS = 250;
const CATCH_UP_PACE = 1.25;
/** So much of it may go at once: timers count whole milliseconds, and a busy turn lasts longer. */
const AT_ONCE_MS = 50;
const AHEAD_MIN_MS = 5;
const AHEAD_MAX_MS = 250;
/** Weight of the newest commit in the running mean. */
const COMMIT_WEIGHT = 0.2;

export class Pace {
  /** When the last segment would have been let go in an even stream: before now when held up, behind it in a burst. */
  #lastAt = Number.NEGATIVE_INFINITY;
  /** The same for a stream that catches up. */
  #fastAt = Number.NEGATIVE_INFINITY;
  #commitMs = 0;
  #aheadMs = AHEAD_MIN_MS;

  /** Earliest time for the next segment; ≤ `now`: at once; Infinity: as `Pacer.nextAt`. Monotonic milliseconds, as all here. */
  nextAt(pacer: Pacer, now: number): number {
    const ring = pacer.nextAt(now);
    const rate = Math.floor(pacer.rate(now));
    if (fresh(pacer, now, rate)) return ring;
    const even = spacing(rate);
    return Math.max(ring, this.#lastAt + even, this.#fastAt + even / CATCH_UP_PACE);
  }

  /** About when the last of `segments` that go from now on may leave; not before `now`. */
  after(pacer: Pacer, now: number, segments: number): number {
    const rate = Math.floor(pacer.rate(now));
    const whole = Math.floor((segments - 1) / rate);
    const first = pacer.nextAt(now, segments - whole * rate);
    // What is open is about to be written: a second after that is a place again.
    const ring = Math.max(now, first === Number.POSITIVE_INFINITY ? now + 1000 : first) + whole * 1000;
    const even = fresh(pacer, now, rate)
      ? now + (segments - 1 - Math.ceil(rate * BURST_SHARE)) * spacing(rate)
      : this.#lastAt + segments * spacing(rate);
    return Math.max(ring, even);
  }

  /** A segment is let go. */
  letGo(pacer: Pacer, now: number): void {
    const rate = Math.floor(pacer.rate(now));
    const even = spacing(rate);
    const isFresh = fresh(pacer, now, rate);
    // A burst is not forgotten: the stream goes on when it would be there without it, so that no later second has its hole.
    const lastAt = Math.max(this.#lastAt + even, isFresh ? now : now - HELD_UP_MS);
    this.#lastAt = Math.min(lastAt, now + BURST_SHARE * 1000);
    this.#fastAt = Math.max(this.#fastAt + even / CATCH_UP_PACE, isFresh ? now : now - AT_ONCE_MS);
    pacer.letGo();
  }

  /** The rate has been used so far that every segment has its time. */
  tight(pacer: Pacer, now: number): boolean {
    return !fresh(pacer, now, Math.floor(pacer.rate(now)));
  }

  /** INTENTs are written so far ahead of the pace that commits keep up with it: twice the time of one. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** An INTENT became durable after `ms`. */
  commitTook(ms: number): void {
    this.#commitMs += (ms - this.#commitMs) * COMMIT_WEIGHT;
    this.#aheadMs = Math.min(AHEAD_MAX_MS, Math.max(AHEAD_MIN_MS, 2 * this.#commitMs));
  }
}

/** Fewer than a burst have left within the last second or are about to. */
function fresh(pacer: Pacer, now: number, rate: number): boolean {
  return pacer.nextAt(now, Math.ceil(rate * (1 - BURST_SHARE))) <= now;
}

function spacing(rate: number): number {
  return 1000 / (rate * SMOOTH_SHARE);
}
