// The PDUs of one order as they leave, while the order is under way. Its blocks outlive the order and serve the next one: at
// thousands of orders a second octets that live for a second each would fill the old generation with what nobody collects.

/** A submit_sm with 140 octets of text, addresses and times fits. */
const BLOCK_OCTETS = 256;
/** Blocks that are kept for the next order; hardly any message has more segments. */
const KEPT = 3;

export class PduOctets {
  readonly #blocks: Buffer[] = [];
  readonly #pdus: Buffer[] = [];

  /** A copy of `octets` is the PDU of segment `index`, counted from 0 in ascending order. */
  put(index: number, octets: Buffer): void {
    const { length } = octets;
    let block = this.#blocks[index];
    if (block === undefined || block.length < length) {
      block = Buffer.allocUnsafe(Math.max(length, BLOCK_OCTETS));
      this.#blocks[index] = block;
    }
    octets.copy(block);
    this.#pdus[index] = block.subarray(0, length);
  }

  /** What was put for segment `index`; undefined after `clear`. */
  get(index: number): Buffer | undefined {
    return this.#pdus[index];
  }

  /** Nothing of any text is left. */
  clear(): void {
    for (const pdu of this.#pdus) pdu.fill(0);
    this.#pdus.length = 0;
    if (this.#blocks.length > KEPT) this.#blocks.length = KEPT;
  }
}
