// When the next segment of a link may be let go. The pacer's rule (queue/throttle) holds exactly at the write; beside it the
// stream is smoothed, because a burst that the rule allows once a second would be counted double by a supplier who sees it a
// few milliseconds later than we. Also how far ahead of the pace INTENTs are written, from the time that commits take.
import type { Pacer } from '../queue/throttle.ts';

/** Share of the rate at which a long stream goes: leaves a supplier's clock and the network 10 ms of jitter. */
const SMOOTH_SHARE = 0.99;
/** Share of a second's segments that may go at once after a pause: short bursts do not wait. */
const BURST_SHARE = 0.25;
/** A stream that a timer or a busy turn held up catches up with so much: timers count whole milliseconds. */
const CATCH_UP_MS = 20;
const AHEAD_MIN_MS = 5;
const AHEAD_MAX_MS = 250;
/** Weight of the newest commit in the running mean. */
const COMMIT_WEIGHT = 0.2;

export class Pace {
  /** When the last segment was let go, or when it would have been had nothing held it up. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #commitMs = 0;
  #aheadMs = AHEAD_MIN_MS;

  /** Earliest time for the next segment; ≤ `now`: at once; Infinity: as `Pacer.nextAt`. Monotonic milliseconds, as all here. */
  nextAt(pacer: Pacer, now: number): number {
    const ring = pacer.nextAt(now);
    const rate = Math.floor(pacer.rate(now));
    return fresh(pacer, now, rate) ? ring : Math.max(ring, this.#lastAt + spacing(rate));
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
    this.#lastAt = fresh(pacer, now, rate) ? now : Math.max(this.#lastAt + spacing(rate), now - CATCH_UP_MS);
    pacer.letGo();
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
