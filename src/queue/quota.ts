// The rate of an account: how many segments it may hand in within any second (reference §1.6, R11). A plain state machine;
// `now` is the loop's monotonic time in ms.

/** The second is remembered in slots of this length; a segment counts for a second and at most one slot more. */
const SLOT_MS = 5;
/** Slots of a second, and the one that is being filled. */
const SLOTS = 1000 / SLOT_MS + 1;

/**
 * At most `rate` segments in any window of one second, over all binds and the HTTP API of an account. They may come all at
 * once. A message is never cut: one that begins within the rate is taken whole, however long, so a window holds at most the
 * rate and one message; what it took beyond the rate is paid from the seconds that follow, so the mean is the rate.
 */
export class Quota {
  #rate: number;
  /** Segments by slot of the last second, a ring. */
  readonly #slots = new Uint32Array(SLOTS);
  /** Number of the present slot. */
  #slot = 0;
  /** Sum of the slots. */
  #counted = 0;
  /** Taken beyond the rate; moves into the slots as these become free. */
  #owed = 0;

  /** `rate` in segments per second, above 0. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Another rate; what was taken within the last second counts. */
  setRate(rate: number): void {
    this.#rate = rate;
  }

  /** What was taken until now is not known: it counts as all that a second allows. */
  afterUnknownPast(now: number): void {
    this.#advance(Math.floor(now / SLOT_MS));
    this.#book(Math.max(0, this.#rate - this.#counted));
  }

  /** Takes `segments`: 0. Or nothing is taken: after so many milliseconds a message may be taken again. */
  take(now: number, segments: number): number {
    this.#advance(Math.floor(now / SLOT_MS));
    if (this.#counted >= this.#rate) return this.#freeAt() * SLOT_MS - now;
    const fits = Math.min(segments, this.#rate - this.#counted);
    this.#book(fits);
    this.#owed += segments - fits;
    return 0;
  }

  #book(segments: number): void {
    this.#slots[this.#slot % SLOTS]! += segments;
    this.#counted += segments;
  }

  /** Moves to a slot: what is older than a second no longer counts, what is owed takes the place that becomes free. */
  #advance(slot: number): void {
    while (this.#slot < slot) {
      // Nothing is left to forget: the rest of the way is empty.
      if (this.#counted === 0) this.#slot = slot - 1;
      this.#slot += 1;
      const at = this.#slot % SLOTS;
      this.#counted -= this.#slots[at]!;
      this.#slots[at] = 0;
      const paid = Math.max(0, Math.min(this.#owed, this.#rate - this.#counted));
      this.#owed -= paid;
      this.#book(paid);
    }
  }

  /** The slot in which the first place is free and nothing is owed. */
  #freeAt(): number {
    // Whole seconds go by in which all that becomes free is owed.
    const seconds = Math.floor(this.#owed / this.#rate);
    let left = this.#owed - seconds * this.#rate + this.#counted - this.#rate;
    for (let slot = this.#slot - SLOTS + 1; slot < this.#slot; slot += 1) {
      left -= slot < 0 ? 0 : this.#slots[slot % SLOTS]!;
      if (left < 0) return slot + SLOTS * (seconds + 1);
    }
    return this.#slot + SLOTS * (seconds + 1);
  }
}
