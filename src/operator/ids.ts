// Message ids: 16 hexadecimal digits (or the same number in decimal), unique over restarts, since the upper half is the
// second of the start. Written straight into the PDU, as there is one in every response and two in every receipt.

const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

export class MessageIds {
  readonly #base: 'hex' | 'dec';
  readonly #high: string;
  readonly #highNumber: bigint;

  /** `startSeconds`: seconds since the epoch, so that the first digit is never 0. */
  constructor(base: 'hex' | 'dec', startSeconds: number) {
    this.#base = base;
    this.#highNumber = BigInt(startSeconds) << 32n;
    this.#high = startSeconds.toString(16).padStart(8, '0');
  }

  /** The id of message `number`; `other`: in the base that is not the usual one. */
  text(number: number, other: boolean): string {
    if ((this.#base === 'dec') !== other) return (this.#highNumber + BigInt(number)).toString(10);
    return this.#high + number.toString(16).padStart(8, '0');
  }

  /** The number of an id that `text` made; −1 for any other. */
  parse(id: string): number {
    if (this.#base === 'dec') {
      if (!/^[0-9]{1,20}$/.test(id)) return -1;
      const number = BigInt(id) - this.#highNumber;
      return number >= 0n && number <= 0xffffffffn ? Number(number) : -1;
    }
    if (!/^[0-9a-f]{16}$/.test(id) || !id.startsWith(this.#high)) return -1;
    return Number.parseInt(id.slice(8), 16);
  }

  /** Octets that `write` takes. */
  length(number: number, other: boolean): number {
    return (this.#base === 'dec') === other ? 16 : this.text(number, other).length;
  }

  /** Writes the id at `at`; the offset behind it. */
  write(target: Buffer, at: number, number: number, other: boolean): number {
    if ((this.#base === 'dec') !== other) return at + target.latin1Write(this.text(number, other), at);
    target.latin1Write(this.#high, at);
    let left = number;
    for (let i = at + 15; i >= at + 8; i -= 1) {
      target[i] = DIGITS[left & 15] as number;
      left >>>= 4;
    }
    return at + 16;
  }
}
