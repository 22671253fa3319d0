// Random octets in bulk. The system's generator is slow per call; programs draw from a pool that is refilled whole.

/** Draws from a pool that `fill` (the system's generator) refills when it is used up. */
export class RandomPool {
  readonly #pool: Buffer;
  readonly #fill: (target: Uint8Array) => void;
  #used: number;

  constructor(fill: (target: Uint8Array) => void, poolBytes: number) {
    this.#pool = Buffer.alloc(poolBytes);
    this.#fill = fill;
    this.#used = poolBytes;
  }

  /** `length` fresh octets written to `target` at `offset`. */
  into(target: Buffer, offset: number, length: number): void {
    const from = this.#take(length);
    const pool = this.#pool;
    // A few octets at a time: a loop is quicker than two entries into native code.
    for (let i = 0; i < length; i++) {
      target[offset + i] = pool[from + i] as number;
      pool[from + i] = 0;
    }
  }

  /** `length` fresh octets as a latin1 string. */
  latin1(length: number): string {
    const from = this.#take(length);
    const value = this.#pool.latin1Slice(from, from + length);
    this.#pool.fill(0, from, from + length);
    return value;
  }

  /** A whole number from 0 up to and without 2^32. */
  u32(): number {
    const from = this.#take(4);
    const value = this.#pool.readUInt32BE(from);
    this.#pool.fill(0, from, from + 4);
    return value;
  }

  /** A fraction from 0 up to and without 1. */
  fraction(): number {
    return this.u32() / 0x1_0000_0000;
  }

  #take(length: number): number {
    if (this.#used + length > this.#pool.length) {
      this.#fill(this.#pool);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return from;
  }
}
