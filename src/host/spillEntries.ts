// The entries that become one run: where each stands, its hash, and the orders in which the run lists them. Lives in the
// spill's writing thread; spillBuild.ts writes.
import {
  ENTRY_HEADER,
  entryGroup,
  entryKey,
  entryLength,
  entryOrder,
  entryOrderAt,
  hashHigh,
  hashKey,
  hashLow,
  SUPERSEDED,
} from './spillFormat.ts';
import { sortByPrefix } from './spillSort.ts';

/** Packed entries; of two with the same key the later one in the list counts. */
export interface Packed {
  readonly bytes: Buffer;
  readonly used: number;
}

/** The entries of all sources, numbered as they come, without those that a later one supersedes. */
export class Entries {
  readonly #sources: readonly Packed[];
  readonly #source: Uint32Array;
  readonly #at: Uint32Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** Numbers by ascending hash. */
  readonly byHash: Uint32Array;

  constructor(sources: readonly Packed[]) {
    this.#sources = sources;
    let count = 0;
    walk(sources, () => count++);
    this.#source = new Uint32Array(count);
    this.#at = new Uint32Array(count);
    this.high = new Uint32Array(count);
    this.low = new Uint32Array(count);
    let i = 0;
    walk(sources, (source, at) => {
      this.#source[i] = source;
      this.#at[i] = at;
      const { bytes } = sources[source] as Packed;
      const digest = hashKey(bytes.latin1Slice(at + ENTRY_HEADER, at + ENTRY_HEADER + (bytes[at + 1] as number)));
      this.high[i] = hashHigh(digest);
      this.low[i] = hashLow(digest);
      i++;
    });
    const { high, low } = this;
    const sorted = new Uint32Array(count);
    for (let n = 0; n < count; n++) sorted[n] = n;
    sortByPrefix(
      sorted,
      (n) => high[n] as number,
      (same) => same.sort((a, b) => (low[a] as number) - (low[b] as number) || a - b),
    );
    this.byHash = sorted.filter((entry, n) => !this.#superseded(entry, sorted, n + 1));
  }

  bytes(entry: number): Buffer {
    return (this.#sources[this.#source[entry] as number] as Packed).bytes;
  }

  at(entry: number): number {
    return this.#at[entry] as number;
  }

  /** Numbers by ascending group and order. */
  byOrder(): Uint32Array {
    const numbers = this.byHash.slice();
    sortByPrefix(
      numbers,
      (n) => entryGroup(this.bytes(n), this.at(n)),
      (group) => this.#sortOrders(group),
    );
    return numbers;
  }

  /** A view of the entry's order. */
  order(n: number): Buffer {
    return entryOrder(this.bytes(n), this.at(n));
  }

  #sortOrders(numbers: Uint32Array): void {
    // Ids of one hour begin alike: what tells them apart comes after.
    const first = this.order(numbers[0] as number);
    let common = first.length;
    for (let i = 1; i < numbers.length; i++) {
      const bytes = this.bytes(numbers[i] as number);
      const at = this.at(numbers[i] as number);
      const from = entryOrderAt(bytes, at);
      common = Math.min(common, bytes[at + 2] as number);
      let same = 0;
      while (same < common && bytes[from + same] === first[same]) same++;
      common = same;
    }
    sortByPrefix(
      numbers,
      (n) => {
        const bytes = this.bytes(n);
        const at = this.at(n);
        const from = entryOrderAt(bytes, at) + common;
        const left = (bytes[at + 2] as number) - common;
        let prefix = 0;
        for (let i = 0; i < 4; i++) prefix = prefix * 256 + (i < left ? (bytes[from + i] as number) : 0);
        return prefix;
      },
      (same) => same.sort((a, b) => this.#compareOrders(a, b, common) || a - b),
    );
  }

  /** As Buffer.compare of both orders, whose first `common` octets are the same; without views. */
  #compareOrders(a: number, b: number, common: number): number {
    const one = this.bytes(a);
    const other = this.bytes(b);
    const oneFrom = entryOrderAt(one, this.at(a));
    const otherFrom = entryOrderAt(other, this.at(b));
    const oneLength = one[this.at(a) + 2] as number;
    const otherLength = other[this.at(b) + 2] as number;
    const shorter = Math.min(oneLength, otherLength);
    for (let i = common; i < shorter; i++) {
      const difference = (one[oneFrom + i] as number) - (other[otherFrom + i] as number);
      if (difference !== 0) return difference;
    }
    return oneLength - otherLength;
  }

  /** Same hashes stand together, by number: a later one of the same key wins. */
  #superseded(entry: number, sorted: Uint32Array, next: number): boolean {
    for (let n = next; n < sorted.length; n++) {
      const other = sorted[n] as number;
      if (this.high[other] !== this.high[entry] || this.low[other] !== this.low[entry]) return false;
      const key = entryKey(this.bytes(entry), this.at(entry));
      if (entryKey(this.bytes(other), this.at(other)).equals(key)) return true;
    }
    return false;
  }
}

function walk(sources: readonly Packed[], each: (source: number, at: number) => void): void {
  for (const [source, { bytes, used }] of sources.entries()) {
    for (let at = 0; at < used; at += entryLength(bytes, at)) if (bytes[at] !== SUPERSEDED) each(source, at);
  }
}
