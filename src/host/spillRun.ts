// One run file, opened for reading: filter, fences and directory in memory (some 11 bits per entry), the rest by pread.
// Runs in the spill's reading thread.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import {
  BLOOM_PROBES,
  bloomBit,
  ENTRY_HEADER,
  entryKey,
  entryLength,
  entryOrder,
  entryValue,
  FENCE_EVERY,
  type Footer,
  GROUP_ENTRY,
  HASH_ENTRY,
  MAGIC,
  type RunFacts,
  type RunName,
  TAIL_OCTETS,
} from './spillFormat.ts';

/** Most entries are read with one pread. */
const ENTRY_GUESS = 512;

export class Run {
  readonly facts: RunFacts;
  readonly maxOrder: Buffer;
  readonly #fd: number;
  readonly #footer: Footer;
  readonly #fences: Uint32Array;
  readonly #bloom: Buffer;
  readonly #groups: Uint32Array;
  readonly #block = Buffer.allocUnsafeSlow(FENCE_EVERY * HASH_ENTRY);

  private constructor(fd: number, facts: RunFacts, footer: Footer, meta: Buffer) {
    this.#fd = fd;
    this.facts = facts;
    this.#footer = footer;
    this.maxOrder = Buffer.from(footer.maxOrder, 'hex');
    const { fencesAt, bloomAt, groupsAt, groups } = footer;
    this.#fences = words(meta, 0, (bloomAt - fencesAt) / 4);
    this.#bloom = Buffer.from(meta.subarray(bloomAt - fencesAt, groupsAt - fencesAt));
    this.#groups = words(meta, groupsAt - fencesAt, (groups * GROUP_ENTRY) / 4);
  }

  /** Null: the file is torn. */
  static open(path: string, name: RunName): Run | null {
    const fd = openSync(path, 'r');
    const run = Run.#load(fd, name);
    if (run === null) closeSync(fd);
    return run;
  }

  static #load(fd: number, name: RunName): Run | null {
    const { size } = fstatSync(fd);
    if (size < TAIL_OCTETS) return null;
    const tail = read(fd, size - TAIL_OCTETS, TAIL_OCTETS);
    const length = tail.readUInt32BE(0);
    if (tail.latin1Slice(8, 16) !== MAGIC || length > size - TAIL_OCTETS) return null;
    let footer: Footer;
    const text = read(fd, size - TAIL_OCTETS - length, length).toString('utf8');
    try {
      footer = JSON.parse(text) as Footer;
    } catch {
      // A tail without its footer: written in part.
      return null;
    }
    if (!(footer.fencesAt >= 0 && footer.fencesAt <= size - TAIL_OCTETS)) return null;
    const meta = read(fd, footer.fencesAt, size - TAIL_OCTETS - footer.fencesAt);
    if (crc32(meta) !== tail.readUInt32BE(4)) return null;
    return new Run(fd, { ...name, bytes: size, newestMs: footer.newestMs }, footer, meta);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The value of `key`, or null. */
  get(key: Buffer, high: number, low: number): Buffer | null {
    if (!this.#may(high, low)) return null;
    const { count, hashAt } = this.#footer;
    // Equal hashes may begin in the block before the first fence that is not below.
    for (let block = Math.max(0, lowerBound(this.#fences, high) - 1); block * FENCE_EVERY < count; block++) {
      const entries = Math.min(FENCE_EVERY, count - block * FENCE_EVERY);
      const bytes = this.#block.subarray(0, entries * HASH_ENTRY);
      readInto(this.#fd, bytes, hashAt + block * FENCE_EVERY * HASH_ENTRY);
      for (let n = firstNotBelow(bytes, entries, high, low); n < entries; n++) {
        const at = n * HASH_ENTRY;
        if (bytes.readUInt32BE(at) !== high || bytes.readUInt32BE(at + 4) !== low) return null;
        const entry = this.#entry(bytes.readUInt32BE(at + 8));
        if (entryKey(entry, 0).equals(key)) return entryValue(entry, 0);
      }
    }
    return null;
  }

  /** Positions of `group` in the order index: first, and one behind the last whose order is below `before`. */
  range(group: number, before: Buffer | null): { readonly first: number; readonly end: number } {
    let low = 0;
    let high = this.#groups.length / 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#groups[middle * 3] as number) < group) low = middle + 1;
      else high = middle;
    }
    if (this.#groups[low * 3] !== group) return { first: 0, end: 0 };
    const first = this.#groups[low * 3 + 1] as number;
    let end = first + (this.#groups[low * 3 + 2] as number);
    if (before === null) return { first, end };
    let from = first;
    while (from < end) {
      const middle = (from + end) >>> 1;
      if (Buffer.compare(entryOrder(this.entryAt(middle), 0), before) < 0) from = middle + 1;
      else end = middle;
    }
    return { first, end };
  }

  /** The entry at a position of the order index. */
  entryAt(position: number): Buffer {
    return this.#entry(read(this.#fd, this.#footer.orderAt + position * 4, 4).readUInt32BE(0));
  }

  /** Length of all entries, packed, in octets. */
  get entriesLength(): number {
    return this.#footer.orderAt;
  }

  /** Reads all entries into `bytes`, which is as long as they are. */
  readEntries(bytes: Buffer): void {
    readInto(this.#fd, bytes, 0);
  }

  #may(high: number, low: number): boolean {
    const bits = this.#footer.bloomBits;
    for (let probe = 0; probe < BLOOM_PROBES; probe++) {
      const bit = bloomBit(high, low, probe, bits);
      if (((this.#bloom[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  #entry(offset: number): Buffer {
    const first = read(this.#fd, offset, Math.min(ENTRY_GUESS, this.#footer.orderAt - offset));
    if (first.length < ENTRY_HEADER) throw new Error('spill: an entry beyond its run');
    const length = entryLength(first, 0);
    return length <= first.length ? first.subarray(0, length) : read(this.#fd, offset, length);
  }
}

function read(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  readInto(fd, bytes, at);
  return bytes;
}

function readInto(fd: number, bytes: Buffer, at: number): void {
  for (let got = 0; got < bytes.length; ) {
    const count = readSync(fd, bytes, got, bytes.length - got, at + got);
    if (count === 0) throw new Error('spill: a run is shorter than it says');
    got += count;
  }
}

function words(bytes: Buffer, at: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32BE(at + 4 * i));
}

/** Position of the first element not below `value`. */
function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstNotBelow(block: Buffer, entries: number, high: number, low: number): number {
  let from = 0;
  let to = entries;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const at = middle * HASH_ENTRY;
    const there = block.readUInt32BE(at);
    if (there < high || (there === high && block.readUInt32BE(at + 4) < low)) from = middle + 1;
    else to = middle;
  }
  return from;
}
