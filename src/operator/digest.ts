// A 64-bit digest of what a handset received, and a table that counts millions of them without an object each: lost and
// duplicated messages are found exactly (two different ones share a digest with a chance of 10^-6 among ten million).

/** Digest being made: feed it code units, then `finish`. One instance is used over and over. */
export class Digest {
  /** The result of `finish`, two unsigned 32-bit halves. */
  high = 0;
  low = 0;
  #a = 0;
  #b = 0;

  start(): void {
    this.#a = 0xdeadbeef | 0;
    this.#b = 0x41c6ce57 | 0;
  }

  unit(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 0x9e3779b1);
    this.#b = Math.imul(this.#b ^ code, 0x5f356495);
    // Multiplication carries upwards only; this brings the upper bits back down.
    this.#a ^= this.#a >>> 15;
    this.#b ^= this.#b >>> 13;
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i += 1) this.unit(value.charCodeAt(i));
  }

  finish(): void {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    this.high = a >>> 0;
    this.low = b >>> 0;
  }
}

/** Between number and text, so that no text continues a number. No code unit of a text. */
export const SEPARATOR = 0x10000;

/** The digest of one message at one handset; `number` in digits. */
export function digestOf(digest: Digest, number: string, text: string): void {
  digest.start();
  digest.text(number);
  digest.unit(SEPARATOR);
  digest.text(text);
  digest.finish();
}

/** How often each digest was seen. Open addressing; doubles when it is 60 % full. */
export class DigestTable {
  #high: Uint32Array;
  #low: Uint32Array;
  #counts: Uint16Array;
  #distinct = 0;
  #total = 0;

  /** `capacity` is a power of two. */
  constructor(capacity: number) {
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#counts = new Uint16Array(capacity);
  }

  /** Different digests, and sightings in total. */
  get distinct(): number {
    return this.#distinct;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts one sighting; how many there are of it now. */
  add(high: number, low: number): number {
    if (this.#distinct * 10 >= this.#counts.length * 6) this.#double();
    const at = this.#place(high, low);
    const count = (this.#counts[at] as number) + 1;
    if (count === 1) {
      this.#high[at] = high;
      this.#low[at] = low;
      this.#distinct += 1;
    }
    this.#counts[at] = Math.min(count, 0xffff);
    this.#total += 1;
    return count;
  }

  /** How often this digest was seen. */
  count(high: number, low: number): number {
    return this.#counts[this.#place(high, low)] as number;
  }

  each(visit: (high: number, low: number, count: number) => void): void {
    for (let at = 0; at < this.#counts.length; at += 1) {
      const count = this.#counts[at] as number;
      if (count > 0) visit(this.#high[at] as number, this.#low[at] as number, count);
    }
  }

  clear(): void {
    this.#counts.fill(0);
    this.#distinct = 0;
    this.#total = 0;
  }

  /** All of it, 12 octets each: high, low, count, big-endian. */
  dump(): Buffer {
    const out = Buffer.allocUnsafe(this.#distinct * 12);
    let at = 0;
    this.each((high, low, count) => {
      out.writeUInt32BE(high, at);
      out.writeUInt32BE(low, at + 4);
      out.writeUInt32BE(count, at + 8);
      at += 12;
    });
    return out;
  }

  #place(high: number, low: number): number {
    const mask = this.#counts.length - 1;
    let at = (low ^ (high << 7)) & mask;
    while ((this.#counts[at] as number) > 0 && !(this.#low[at] === low && this.#high[at] === high))
      at = (at + 1) & mask;
    return at;
  }

  #double(): void {
    const { length } = this.#counts;
    const [high, low, counts] = [this.#high, this.#low, this.#counts];
    this.#high = new Uint32Array(length * 2);
    this.#low = new Uint32Array(length * 2);
    this.#counts = new Uint16Array(length * 2);
    for (let from = 0; from < length; from += 1) {
      const count = counts[from] as number;
      if (count === 0) continue;
      const at = this.#place(high[from] as number, low[from] as number);
      this.#high[at] = high[from] as number;
      this.#low[at] = low[from] as number;
      this.#counts[at] = count;
    }
  }
}
