// The deliver_sm of one connection that wait for their answers: numbers of our own, and what each PDU carried.

/** Numbers stay below this, so that those of enquire_link are never taken. */
const SEQUENCE_MAX = 0x3fffffff;
const FREE = -1;

export class DeliverWindow {
  readonly #size: number;
  #next = 1;
  #count = 0;
  /** By number modulo their length: the entry, its number, when it was sent. */
  readonly #entries: Int32Array;
  readonly #sequences: Uint32Array;
  readonly #sentAt: Float64Array;

  constructor(size: number) {
    this.#size = size;
    // Twice the window, so that one late answer does not hold up the rest.
    let ring = 2;
    while (ring < size * 2) ring *= 2;
    this.#entries = new Int32Array(ring).fill(FREE);
    this.#sequences = new Uint32Array(ring);
    this.#sentAt = new Float64Array(ring);
  }

  get count(): number {
    return this.#count;
  }

  get hasRoom(): boolean {
    return this.#count < this.#size && this.#entries[this.#next & (this.#entries.length - 1)] === FREE;
  }

  /** The next number, for `entry` (any integer but −1). Only when there is room. */
  take(entry: number, nowMs: number): number {
    const sequence = this.#next;
    this.#next = sequence === SEQUENCE_MAX ? 1 : sequence + 1;
    const slot = sequence & (this.#entries.length - 1);
    this.#entries[slot] = entry;
    this.#sequences[slot] = sequence;
    this.#sentAt[slot] = nowMs;
    this.#count += 1;
    return sequence;
  }

  /** The entry that `sequence` was taken for, which is free again; −1 when nothing waits under that number. */
  settle(sequence: number): number {
    const slot = sequence & (this.#entries.length - 1);
    const entry = this.#entries[slot] as number;
    if (entry === FREE || this.#sequences[slot] !== sequence) return FREE;
    this.#entries[slot] = FREE;
    this.#count -= 1;
    return entry;
  }

  /** Gives up what was sent at `untilMs` or before. */
  expire(untilMs: number, each: (entry: number) => void): void {
    if (this.#count === 0) return;
    for (let slot = 0; slot < this.#entries.length; slot += 1) {
      const entry = this.#entries[slot] as number;
      if (entry === FREE || (this.#sentAt[slot] as number) > untilMs) continue;
      this.#entries[slot] = FREE;
      this.#count -= 1;
      each(entry);
    }
  }
}
