// Timers for hundreds of thousands of messages without an object or a system timer each: a ring of slots of one
// millisecond, each a linked list over typed arrays. An entry is a small integer of the caller, scheduled at most once.

/** One turn of the ring, in ms; longer delays go round more than once. A power of two. */
const SLOTS = 8192;

export class Wheel {
  readonly #heads = new Int32Array(SLOTS).fill(-1);
  readonly #tails = new Int32Array(SLOTS).fill(-1);
  #next: Int32Array;
  #due: Float64Array;
  /** The last tick that has been worked off. */
  #tick: number;
  #size = 0;

  /** `nowMs` on the clock that `add` and `advance` use. */
  constructor(nowMs: number, capacity: number) {
    this.#tick = Math.floor(nowMs);
    this.#next = new Int32Array(capacity);
    this.#due = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Room for entries below `capacity`. */
  grow(capacity: number): void {
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
    const due = new Float64Array(capacity);
    due.set(this.#due);
    this.#due = due;
  }

  /**
   * Schedules `entry` at the nearest millisecond, so that delays are right in the mean; what is already due comes at the next
   * advance. Entries of one millisecond keep their order.
   */
  add(entry: number, atMs: number): void {
    const due = Math.max(this.#tick + 1, Math.round(atMs));
    this.#due[entry] = due;
    this.#link(entry, due & (SLOTS - 1));
    this.#size += 1;
  }

  /** Fires everything due at `nowMs`, in order of time. `fire` may add entries. */
  advance(nowMs: number, fire: (entry: number) => void): void {
    const until = Math.floor(nowMs);
    while (this.#tick < until) {
      if (this.#size === 0) {
        this.#tick = until;
        return;
      }
      this.#tick += 1;
      const slot = this.#tick & (SLOTS - 1);
      let entry = this.#heads[slot] as number;
      if (entry < 0) continue;
      this.#heads[slot] = -1;
      this.#tails[slot] = -1;
      while (entry >= 0) {
        const next = this.#next[entry] as number;
        if ((this.#due[entry] as number) > this.#tick) this.#link(entry, slot);
        else {
          this.#size -= 1;
          fire(entry);
        }
        entry = next;
      }
    }
  }

  /** When to advance next: the first slot with entries (which may be of a later turn), or null when there are none. */
  nextMs(): number | null {
    if (this.#size === 0) return null;
    for (let tick = this.#tick + 1; tick <= this.#tick + SLOTS; tick += 1) {
      if ((this.#heads[tick & (SLOTS - 1)] as number) >= 0) return tick;
    }
    throw new Error('wheel: entries counted but not linked');
  }

  #link(entry: number, slot: number): void {
    this.#next[entry] = -1;
    const tail = this.#tails[slot] as number;
    if (tail < 0) this.#heads[slot] = entry;
    else this.#next[tail] = entry;
    this.#tails[slot] = entry;
  }
}
