// Where the entries of a spill table stand, by their keys: open addressing over one array, the keys themselves stay in the
// table's chunks. A Map of strings was a sixtieth of a gateway's time. Knows keys and places; no entry's meaning.
import { randomInt } from 'node:crypto';

const FIRST_SLOTS = 1024;
/** Share of slots in use at which the index doubles. */
const FULL = 0.6;
/** Words of a slot: hash, place + 1 (0: free). */
const STRIDE = 2;
/** Places are below this: what is stored is one more, in 32 bits. */
export const PLACE_MAX = 2 ** 32 - 2;

/**
 * A multiplier of this process alone. Customers choose some keys and must not be able to make them collide: without it the
 * hash cannot be foretold, and keys of 64 octets are too short for those that collide under every odd multiplier.
 */
const MULTIPLIER = (randomInt(0x4000_0000) << 2) | 1 | (randomInt(2) << 1);

/** Does the key at `place` have exactly these octets? */
export type SameKey = (place: number, key: Uint8Array) => boolean;

export class SpillIndex {
  #slots = new Uint32Array(FIRST_SLOTS * STRIDE);
  #size = 0;
  readonly #same: SameKey;

  constructor(same: SameKey) {
    this.#same = same;
  }

  /** Keys in the index. */
  get size(): number {
    return this.#size;
  }

  /** The place of `key`, −1: it has none. */
  get(key: Uint8Array): number {
    const at = this.#find(key, hashOf(key));
    return (this.#slots[at + 1] as number) - 1;
  }

  /** Gives `key` a place, 0 to PLACE_MAX; returns the one it had, or −1. */
  set(key: Uint8Array, place: number): number {
    if (!(place >= 0 && place <= PLACE_MAX)) throw new RangeError('spill: a table has no more places');
    if (this.#size >= (this.#slots.length / STRIDE) * FULL) this.#grow();
    const hash = hashOf(key);
    const at = this.#find(key, hash);
    const had = (this.#slots[at + 1] as number) - 1;
    this.#slots[at] = hash;
    this.#slots[at + 1] = place + 1;
    if (had < 0) this.#size++;
    return had;
  }

  /** The slot of `key`, or the free one where the search ended. */
  #find(key: Uint8Array, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - STRIDE;
    for (let at = (hash * STRIDE) & mask; ; at = (at + STRIDE) & mask) {
      const stored = slots[at + 1] as number;
      if (stored === 0 || (slots[at] === hash && this.#same(stored - 1, key))) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - STRIDE;
    for (let from = 0; from < old.length; from += STRIDE) {
      const stored = old[from + 1] as number;
      if (stored === 0) continue;
      let at = ((old[from] as number) * STRIDE) & mask;
      while (slots[at + 1] !== 0) at = (at + STRIDE) & mask;
      slots[at] = old[from] as number;
      slots[at + 1] = stored;
    }
    this.#slots = slots;
  }
}

/** A polynomial over the octets, mixed so that the low bits, which choose the slot, depend on all of them. */
function hashOf(key: Uint8Array): number {
  let hash = key.length;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash, MULTIPLIER) + (key[i] as number);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
