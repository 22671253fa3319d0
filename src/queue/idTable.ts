// A hash table from 64-bit ids to int32 handles: open addressing, linear probing, three 32-bit words per slot in one
// array. It grows by half, moving a few slots with each change, so that no single call pays for a million entries.

const STRIDE = 3;
const FIRST_SLOTS = 1024;
/** Share of slots in use at which the table grows: a search for an absent id then takes six probes, at 0.8 it would be thirteen. */
const FULL = 0.7;
/** Old slots moved per change; above 2.9 the move is over before the new table is full (growth 1.5, load 0.7). */
const MOVES_PER_CHANGE = 8;
const EMPTY = 0;
/** In a table that is being emptied, a removed slot keeps its chain together. */
const REMOVED = -1;

/** One array of slots: key high, key low, handle + 1 (0 = empty, −1 = removed). */
type Slots = { readonly words: Int32Array; readonly count: number };

/**
 * Maps ids, given as two 32-bit halves, to handles from 0 to 2³¹−2. `get` answers −1 for what is not there.
 * 17 to 26 octets per entry from a thousand entries on; two thirds more while it grows.
 */
export class IdTable {
  #slots: Slots;
  #old: Slots | null = null;
  #cursor = 0;
  #size = 0;
  /** Slots in use in #slots, to know when it is full while #old still holds some. */
  #used = 0;

  /** `capacity`: entries to make room for at once, to spare the growth when it is known. */
  constructor(capacity = 0) {
    this.#slots = slots(Math.max(FIRST_SLOTS, Math.ceil(capacity / FULL)));
  }

  /** Entries in the table. */
  get size(): number {
    return this.#size;
  }

  /** Octets in use, the part that is being moved included. */
  get bytes(): number {
    return (this.#slots.count + (this.#old?.count ?? 0)) * STRIDE * 4;
  }

  /** The handle of an id, or −1. */
  get(high: number, low: number): number {
    const at = find(this.#slots, high | 0, low | 0);
    if (at >= 0) return this.#slots.words[at + 2]! - 1;
    if (this.#old === null) return -1;
    const oldAt = find(this.#old, high | 0, low | 0);
    return oldAt < 0 ? -1 : this.#old.words[oldAt + 2]! - 1;
  }

  /** Sets the handle of an id; returns the handle it had, or −1. */
  set(high: number, low: number, handle: number): number {
    if (!Number.isInteger(handle) || handle < 0 || handle > 0x7ffffffe) throw new RangeError('handle out of range');
    const h = high | 0;
    const l = low | 0;
    this.#move();
    const at = find(this.#slots, h, l);
    if (at >= 0) {
      const had = this.#slots.words[at + 2]! - 1;
      this.#slots.words[at + 2] = handle + 1;
      return had;
    }
    let had = -1;
    if (this.#old !== null) {
      const oldAt = find(this.#old, h, l);
      if (oldAt >= 0) {
        had = this.#old.words[oldAt + 2]! - 1;
        this.#old.words[oldAt + 2] = REMOVED;
      }
    }
    this.#put(-1 - at, h, l, handle + 1);
    if (had < 0) this.#size += 1;
    if (this.#used > this.#slots.count * FULL) this.#grow();
    return had;
  }

  /** Removes an id; returns the handle it had, or −1. */
  delete(high: number, low: number): number {
    const h = high | 0;
    const l = low | 0;
    this.#move();
    const at = find(this.#slots, h, l);
    if (at >= 0) {
      const had = this.#slots.words[at + 2]! - 1;
      closeGap(this.#slots, at / STRIDE);
      this.#used -= 1;
      this.#size -= 1;
      return had;
    }
    if (this.#old === null) return -1;
    const oldAt = find(this.#old, h, l);
    if (oldAt < 0) return -1;
    const had = this.#old.words[oldAt + 2]! - 1;
    this.#old.words[oldAt + 2] = REMOVED;
    this.#size -= 1;
    return had;
  }

  #put(at: number, high: number, low: number, stored: number): void {
    const { words } = this.#slots;
    words[at] = high;
    words[at + 1] = low;
    words[at + 2] = stored;
    this.#used += 1;
  }

  #grow(): void {
    // The move is paced to be over by now; what is left of it would otherwise be lost.
    while (this.#old !== null) this.#move();
    this.#old = this.#slots;
    this.#cursor = 0;
    this.#slots = slots(Math.ceil(this.#old.count * 1.5));
    this.#used = 0;
  }

  #move(): void {
    const old = this.#old;
    if (old === null) return;
    const stop = Math.min(old.count, this.#cursor + MOVES_PER_CHANGE);
    for (; this.#cursor < stop; this.#cursor += 1) {
      const at = this.#cursor * STRIDE;
      const stored = old.words[at + 2]!;
      if (stored <= 0) continue;
      old.words[at + 2] = REMOVED;
      const high = old.words[at]!;
      const low = old.words[at + 1]!;
      // An id stands in one of the two tables only, so the search ends at a free slot.
      this.#put(-1 - find(this.#slots, high, low), high, low, stored);
    }
    if (this.#cursor === old.count) this.#old = null;
  }
}

function slots(count: number): Slots {
  return { words: new Int32Array(count * STRIDE), count };
}

/** Where an id belongs: two rounds of multiplication mixed, then scaled to any number of slots. */
function home(high: number, low: number, count: number): number {
  let h = Math.imul(high ^ (high >>> 15), 0x2c1b3c6d) ^ low;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  return Math.floor(((h >>> 0) * count) / 0x1_0000_0000);
}

/** Word index of an id's slot, or −1 − the index of the empty slot where the search ended. */
function find(table: Slots, high: number, low: number): number {
  const { words, count } = table;
  let at = home(high, low, count) * STRIDE;
  const end = count * STRIDE;
  for (;;) {
    const stored = words[at + 2]!;
    if (stored === EMPTY) return -1 - at;
    if (stored !== REMOVED && words[at] === high && words[at + 1] === low) return at;
    at += STRIDE;
    if (at === end) at = 0;
  }
}

/** Backward-shift deletion: moves later entries of the chain up so that no marker is needed. */
function closeGap(table: Slots, from: number): void {
  const { words, count } = table;
  let gap = from;
  let slot = gap;
  for (;;) {
    slot = slot + 1 === count ? 0 : slot + 1;
    const at = slot * STRIDE;
    if (words[at + 2] === EMPTY) break;
    const wanted = home(words[at]!, words[at + 1]!, count);
    // The entry may move into the gap unless its home lies after the gap, cyclically up to the entry itself.
    const stays = gap <= slot ? gap < wanted && wanted <= slot : gap < wanted || wanted <= slot;
    if (stays) continue;
    const to = gap * STRIDE;
    words[to] = words[at]!;
    words[to + 1] = words[at + 1]!;
    words[to + 2] = words[at + 2]!;
    gap = slot;
  }
  words[gap * STRIDE + 2] = EMPTY;
}
