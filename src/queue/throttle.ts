// The rate of one link: its exact pacing, its reduction and climb by what the supplier answers (reference §1.6, R10), and when
// its store is full. Plain state machines; `now` is the loop's monotonic time in ms, randomness comes in as a fraction.

import {
  FULL_STORE_DESTINATIONS,
  FULL_STORE_WINDOW_MS,
  PACER_RATE_MAX,
  THROTTLE_CLIMB_PER_S,
  THROTTLE_PAUSE_MS,
  THROTTLE_STALL_MS,
} from '../base/limits.ts';

const SECOND_MS = 1000;

/**
 * Exact pacing: at most `rate` segments in any window of one second. It remembers when each of the last `contractRate`
 * segments was written, so no bucket's burst can double a rate at a window's edge. A segment is let go first and written a
 * little later, which may be much later when the peer does not read; until its write is known it counts as if it were
 * written at any time, so the windows hold for the writes themselves, whatever lies between.
 */
export class Pacer {
  /** Segments per second that the contract allows. */
  readonly contractRate: number;
  readonly #written: Float64Array;
  #at = 0;
  /** Let go, and not known to be written. */
  #open = 0;
  #rate: number;
  #rateAtMs = 0;
  #pausedUntilMs = 0;
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  #holdUntilMs = 0;
  /** Since when nothing was accepted while throttled; Infinity when not throttled. */
  #stuckSinceMs = Number.POSITIVE_INFINITY;

  constructor(contractRate: number) {
    if (!Number.isInteger(contractRate) || contractRate < 1 || contractRate > PACER_RATE_MAX) {
      throw new RangeError('pacer needs a whole rate from 1 to 100000');
    }
    this.contractRate = contractRate;
    this.#rate = contractRate;
    this.#written = new Float64Array(contractRate).fill(Number.NEGATIVE_INFINITY);
  }

  /** The rate in force at `now`, in segments per second; between 1 and the contract rate. */
  rate(now: number): number {
    this.#climb(now);
    return this.#rate;
  }

  /**
   * The earliest time, in ms, at which `segments` may be let go; ≤ `now` means at once, Infinity not before a write of what
   * has been let go is known. More than the rate need an empty second.
   */
  nextAt(now: number, segments = 1): number {
    this.#climb(now);
    const rate = Math.floor(this.#rate);
    // The write so many places back has to be a second old: the places behind it are for these and for what is open.
    const back = rate - Math.min(segments, rate) + 1 - this.#open;
    if (back < 1) return Number.POSITIVE_INFINITY;
    const size = this.contractRate;
    const index = (this.#at - back + 2 * size) % size;
    return Math.max(this.#pausedUntilMs, this.#written[index]! + SECOND_MS);
  }

  /** One segment is let go: it will be written now or later, or is given up with `written`. */
  letGo(): void {
    this.#open += 1;
  }

  /** So many of those that were let go had been written by `now`, a time read after their write. */
  written(now: number, segments: number): void {
    this.#open -= segments;
    for (let i = 0; i < segments; i += 1) {
      this.#written[this.#at] = now;
      this.#at = this.#at + 1 === this.contractRate ? 0 : this.#at + 1;
    }
  }

  /** Goes on from a pacer of another rate: what that one wrote within the last second counts, and what it let go is written here. */
  follow(before: Pacer): void {
    const kept = Math.min(this.contractRate, before.contractRate);
    for (let back = kept; back > 0; back -= 1) {
      const at = (before.#at - back + before.contractRate) % before.contractRate;
      this.#written[this.#at] = before.#written[at]!;
      this.#at = this.#at + 1 === this.contractRate ? 0 : this.#at + 1;
    }
    this.#open = before.#open;
    this.#pausedUntilMs = before.#pausedUntilMs;
  }

  /** What was written until now is not known: it counts as all that a second allows. */
  afterUnknownPast(now: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now + SECOND_MS);
  }

  /**
   * The supplier answered RTHROTTLED to a segment sent at `sentAtMs`: pause 1 s ±20 %, halve the rate, not below 1/s.
   * Answers to what was sent before the last reduction belong to the same event and change nothing.
   */
  onThrottled(now: number, sentAtMs: number, fraction: number): void {
    if (this.#stuckSinceMs === Number.POSITIVE_INFINITY) this.#stuckSinceMs = now;
    if (sentAtMs <= this.#reducedAtMs) return;
    this.#climb(now);
    this.#reducedAtMs = now;
    this.#rate = Math.max(1, this.#rate / 2);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now + THROTTLE_PAUSE_MS * (0.8 + 0.4 * fraction));
    this.#rateAtMs = this.#pausedUntilMs;
  }

  /** The supplier accepted something: the link makes progress. */
  onAccepted(): void {
    this.#stuckSinceMs = Number.POSITIVE_INFINITY;
  }

  /**
   * congestion_state 0x0428 of any response (SMPP 5.0 §4.8.4.18): below 80 the rate may climb, 80–90 it holds, above 90
   * it falls by a tenth, once a second at most. Values above 100 are ignored.
   */
  onCongestion(now: number, state: number): void {
    if (state < 80 || state > 100) return;
    this.#climb(now);
    if (state > 90 && now >= this.#holdUntilMs) this.#rate = Math.max(1, this.#rate * 0.9);
    if (now >= this.#holdUntilMs) this.#holdUntilMs = now + SECOND_MS;
    this.#rateAtMs = Math.max(this.#rateAtMs, this.#holdUntilMs);
  }

  /** Throttled for a minute without one acceptance: time for an alarm and another route. */
  isStalled(now: number): boolean {
    return now - this.#stuckSinceMs >= THROTTLE_STALL_MS;
  }

  #climb(now: number): void {
    if (this.#rate < this.contractRate && now > this.#rateAtMs) {
      const regained = (this.contractRate * THROTTLE_CLIMB_PER_S * (now - this.#rateAtMs)) / SECOND_MS;
      this.#rate = Math.min(this.contractRate, this.#rate + regained);
    }
    if (now > this.#rateAtMs) this.#rateAtMs = now;
  }
}

/**
 * Tells a full store from a full destination: RMSGQFUL for five different destinations within 5 s means the peer itself
 * is full and is to be treated like a throttle (SMPP 5.0 §4.7.6, R10).
 */
export class FullStoreDetector {
  readonly #keys: number[] = [];
  readonly #times: number[] = [];

  /** Notes RMSGQFUL for a destination, named by any number that tells destinations apart. True: the store is full. */
  note(destinationKey: number, now: number): boolean {
    let kept = 0;
    for (let i = 0; i < this.#keys.length; i += 1) {
      if (this.#keys[i] === destinationKey || now - this.#times[i]! >= FULL_STORE_WINDOW_MS) continue;
      this.#keys[kept] = this.#keys[i]!;
      this.#times[kept] = this.#times[i]!;
      kept += 1;
    }
    this.#keys.length = kept;
    this.#times.length = kept;
    this.#keys.push(destinationKey);
    this.#times.push(now);
    if (this.#keys.length < FULL_STORE_DESTINATIONS) return false;
    this.#keys.length = 0;
    this.#times.length = 0;
    return true;
  }
}
