// The PDUs of one order as they leave, while the order is under way. Its blocks outlive the order and serve the next one: at
// thousands of orders a second octets that live for a second each would fill the old generation with what nobody collects.

/** A submit_sm with 140 octets of text, addresses and times fits. */
const BLOCK_OCTETS = 256;
/** Blocks that are kept for the next order; hardly any message has more segments. */
const KEPT = 3;

export class PduOctets {
  readonly #blocks: Buffer[] = [];
  /** Octets used of each block; 0: none. */
  readonly #lengths: number[] = [];

  /** A copy of the first `length` octets is the PDU of segment `index`, counted from 0 in ascending order. */
  put(index: number, octets: Buffer, length: number): void {
    let block = this.#blocks[index];
    if (block === undefined || block.length < length) {
      block = Buffer.allocUnsafe(Math.max(length, BLOCK_OCTETS));
      this.#blocks[index] = block;
    }
    octets.copy(block, 0, 0, length);
    this.#lengths[index] = length;
  }

  /** Begins with the PDU of segment `index`; what was never put is a broken invariant. */
  block(index: number): Buffer {
    const block = this.#blocks[index];
    if (block === undefined) throw new Error('a segment has no octets');
    return block;
  }

  /** Octets of the PDU of segment `index`; 0 after `clear`. */
  length(index: number): number {
    return this.#lengths[index] ?? 0;
  }

  /** Nothing of any text is left. */
  clear(): void {
    for (let i = 0; i < this.#blocks.length; i++) {
      const length = this.length(i);
      if (length > 0) (this.#blocks[i] as Buffer).fill(0, 0, length);
      this.#lengths[i] = 0;
    }
    if (this.#blocks.length > KEPT) {
      this.#blocks.length = KEPT;
      this.#lengths.length = KEPT;
    }
  }
}
