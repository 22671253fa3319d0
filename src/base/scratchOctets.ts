// Octets put together to be hashed or sent, again and again in one place: no string is joined and no view is made per message.
// Knows no hash and no format.

import { putLatin1 } from './bytes.ts';

/** A hash over octets, as a latin1 string. */
export type HashOctets = (octets: Buffer) => string;

const FIRST_OCTETS = 512;
/** Views are kept up to this length: making one costs a quarter of a SHA-256. */
const VIEWS_MAX = 4096;
/** Up to this a loop is quicker than the entry into a native copy. */
const SHORT_OCTETS = 15;

/** A beginning that stays, and after it whatever is put. */
export class ScratchOctets {
  #octets: Buffer;
  #views: (Buffer | undefined)[] = [];
  readonly #begin: number;
  #length: number;

  constructor(beginning: string) {
    this.#octets = Buffer.alloc(FIRST_OCTETS);
    this.#begin = this.#octets.latin1Write(beginning, 0);
    this.#length = this.#begin;
  }

  /** Octets so far, the beginning included. */
  get length(): number {
    return this.#length;
  }

  /** Forgets all but the beginning. */
  restart(): this {
    this.#length = this.#begin;
    return this;
  }

  /** The low eight bits. */
  u8(value: number): this {
    this.#ensure(1);
    this.#octets[this.#length++] = value;
    return this;
  }

  /** The low thirty-two bits, big-endian. */
  u32(value: number): this {
    this.#ensure(4);
    const octets = this.#octets;
    const at = this.#length;
    octets[at] = value >>> 24;
    octets[at + 1] = value >>> 16;
    octets[at + 2] = value >>> 8;
    octets[at + 3] = value;
    this.#length = at + 4;
    return this;
  }

  /** The characters of `text`, one octet each. */
  latin1(text: string): this {
    this.#ensure(text.length);
    this.#length = putLatin1(this.#octets, this.#length, text);
    return this;
  }

  /** `source[from, source.length)`. */
  bytes(source: Uint8Array, from = 0): this {
    const length = source.length - from;
    this.#ensure(length);
    const octets = this.#octets;
    const at = this.#length;
    if (length > SHORT_OCTETS) octets.set(from === 0 ? source : source.subarray(from), at);
    else for (let i = 0; i < length; i++) octets[at + i] = source[from + i] as number;
    this.#length = at + length;
    return this;
  }

  /** All that was put, the beginning included: valid until the next change. */
  view(): Buffer {
    const length = this.#length;
    const kept = this.#views[length];
    if (kept !== undefined) return kept;
    const made = this.#octets.subarray(0, length);
    if (length <= VIEWS_MAX) this.#views[length] = made;
    return made;
  }

  #ensure(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#octets.length) return;
    const grown = Buffer.alloc(needed * 2);
    grown.set(this.#octets.subarray(0, this.#length));
    this.#octets = grown;
    this.#views = [];
  }
}
