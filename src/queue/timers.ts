// Timers for very many handles: a 4-ary heap over typed arrays, 16 octets per handle, at most one time per handle. One
// instance per purpose (deadlines, retries, schedules). Knows no clock: the caller asks what is due at `now`.

const ABSENT = -1;

/** Handles ordered by time. Setting the latest time costs O(1); all else O(log₄ n). Equal times come out in any fixed order. */
export class Timers {
  #heap: Int32Array;
  #position: Int32Array;
  #atMs: Float64Array;
  #size = 0;

  /** `capacity`: handles to make room for at first; it doubles as needed. */
  constructor(capacity: number) {
    const room = Math.max(64, capacity);
    this.#heap = new Int32Array(room);
    this.#position = new Int32Array(room).fill(ABSENT);
    this.#atMs = new Float64Array(room);
  }

  /** Timers set. */
  get size(): number {
    return this.#size;
  }

  /** Sets or moves the timer of `handle` (a small non-negative integer) to `atMs`, in ms since the epoch. */
  set(handle: number, atMs: number): void {
    if (!(atMs >= 0)) throw new RangeError('timer needs a time');
    this.#ensure(handle);
    let at = this.#position[handle]!;
    if (at === ABSENT) {
      at = this.#size;
      this.#size += 1;
      this.#atMs[handle] = atMs;
      this.#up(at, handle, atMs);
      return;
    }
    const before = this.#atMs[handle]!;
    this.#atMs[handle] = atMs;
    if (atMs < before) this.#up(at, handle, atMs);
    else this.#down(at, handle, atMs);
  }

  /** Takes the timer of `handle` away; false if it has none. */
  cancel(handle: number): boolean {
    const at = handle >= 0 && handle < this.#position.length ? this.#position[handle]! : ABSENT;
    if (at === ABSENT) return false;
    this.#removeAt(at);
    return true;
  }

  /** The time of `handle` in ms, or −1. */
  atOf(handle: number): number {
    const set = handle >= 0 && handle < this.#position.length && this.#position[handle] !== ABSENT;
    return set ? this.#atMs[handle]! : -1;
  }

  /** The earliest time in ms, or Infinity if none is set. */
  nextAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#atMs[this.#heap[0]!]!;
  }

  /** Takes and returns the earliest handle whose time is ≤ `now`, or −1. Call until −1, or as often as a turn allows. */
  popDue(now: number): number {
    if (this.#size === 0) return ABSENT;
    const handle = this.#heap[0]!;
    if (this.#atMs[handle]! > now) return ABSENT;
    this.#removeAt(0);
    return handle;
  }

  #removeAt(at: number): void {
    const gone = this.#heap[at]!;
    this.#position[gone] = ABSENT;
    this.#size -= 1;
    if (at === this.#size) return;
    const moved = this.#heap[this.#size]!;
    const atMs = this.#atMs[moved]!;
    if (atMs < this.#atMs[gone]!) this.#up(at, moved, atMs);
    else this.#down(at, moved, atMs);
  }

  #up(from: number, handle: number, atMs: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 2;
      const parent = heap[parentAt]!;
      if (this.#atMs[parent]! <= atMs) break;
      heap[at] = parent;
      this.#position[parent] = at;
      at = parentAt;
    }
    heap[at] = handle;
    this.#position[handle] = at;
  }

  #down(from: number, handle: number, atMs: number): void {
    const heap = this.#heap;
    const times = this.#atMs;
    const size = this.#size;
    let at = from;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const last = Math.min(first + 4, size);
      let bestAt = first;
      let best = times[heap[first]!]!;
      for (let child = first + 1; child < last; child += 1) {
        const time = times[heap[child]!]!;
        if (time < best) {
          best = time;
          bestAt = child;
        }
      }
      if (best >= atMs) break;
      const up = heap[bestAt]!;
      heap[at] = up;
      this.#position[up] = at;
      at = bestAt;
    }
    heap[at] = handle;
    this.#position[handle] = at;
  }

  #ensure(handle: number): void {
    const old = this.#position.length;
    if (handle >= 0 && handle < old) return;
    if (!Number.isInteger(handle) || handle < 0) throw new RangeError('timer handle is no index');
    let capacity = old;
    while (capacity <= handle) capacity *= 2;
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    const position = new Int32Array(capacity).fill(ABSENT);
    position.set(this.#position);
    const atMs = new Float64Array(capacity);
    atMs.set(this.#atMs);
    this.#heap = heap;
    this.#position = position;
    this.#atMs = atMs;
  }
}
