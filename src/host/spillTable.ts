// Entries put and not yet in a durable run: packed in shared memory, so that the writing thread reads what the main thread
// can still find. Lives in the main thread.
import { writeU32 } from '../base/bytes.ts';
import type { SpillEntry } from '../port/spill.ts';
import { ENTRY_HEADER, entryGroup, entryKey, entryLength, entryOrder, entryValue, SUPERSEDED } from './spillFormat.ts';
import { SpillIndex } from './spillIndex.ts';

const CHUNK_BYTES = 1 << 20;
/** Left to the garbage collector, chunks of a busy spill would be a hundred megabytes until it comes. */
const SPARE_CHUNKS = 16;
const KEY_OCTETS_MAX = 64;
const ORDER_OCTETS_MAX = 16;
const SHORT_COPY = 24;

export class SpillTable {
  readonly chunks: Buffer[] = [];
  /** Octets used, per chunk. */
  readonly used: number[] = [];
  newestMs = 0;
  /** Places are chunk · CHUNK_BYTES + octet: what is longer than a chunk stands alone in one of its own, at its beginning. */
  readonly #index = new SpillIndex((place, key) => this.#same(place, key));
  readonly #spare: Buffer[];

  /** `spare`: chunks of tables that are done with, used before new ones are made. */
  constructor(spare: Buffer[] = []) {
    this.#spare = spare;
  }

  /** Nobody reads this table any more: its chunks are for the next ones. */
  giveBack(): void {
    for (const chunk of this.chunks)
      if (chunk.length === CHUNK_BYTES && this.#spare.length < SPARE_CHUNKS) this.#spare.push(chunk);
  }

  /** Entries that count. */
  get size(): number {
    return this.#index.size;
  }

  put(entry: SpillEntry, nowMs: number): void {
    const { group, key, order, value } = entry;
    if (key.length < 1 || key.length > KEY_OCTETS_MAX) throw new RangeError('spill: a key has 1 to 64 octets');
    if (order.length > ORDER_OCTETS_MAX) throw new RangeError('spill: an order has at most 16 octets');
    if (group >>> 0 !== group) throw new RangeError('spill: a group is a number from 0 to 2^32 - 1');
    const length = ENTRY_HEADER + key.length + order.length + value.length;
    const chunk = this.#room(length);
    const bytes = this.chunks[chunk] as Buffer;
    let at = this.used[chunk] as number;
    const old = this.#index.set(key, chunk * CHUNK_BYTES + at);
    if (old >= 0) this.#chunkOf(old)[octetOf(old)] = SUPERSEDED;
    bytes[at] = 0;
    bytes[at + 1] = key.length;
    bytes[at + 2] = order.length;
    writeU32(bytes, at + 3, group);
    writeU32(bytes, at + 7, value.length);
    at = place(bytes, at + ENTRY_HEADER, key);
    at = place(bytes, at, order);
    this.used[chunk] = place(bytes, at, value);
    if (nowMs > this.newestMs) this.newestMs = nowMs;
  }

  has(key: Buffer): boolean {
    return this.#index.get(key) >= 0;
  }

  /** A copy of the newest value; null: not here. */
  get(key: Buffer): Buffer | null {
    const place = this.#index.get(key);
    return place < 0 ? null : Buffer.from(entryValue(this.#chunkOf(place), octetOf(place)));
  }

  /** Copies of the entries of `group` with an order below `before`, in no order. */
  list(group: number, before: Buffer | null): SpillEntry[] {
    const found: SpillEntry[] = [];
    for (const [chunk, bytes] of this.chunks.entries()) {
      const used = this.used[chunk] as number;
      for (let at = 0; at < used; at += entryLength(bytes, at)) {
        if (bytes[at] === SUPERSEDED || entryGroup(bytes, at) !== group) continue;
        const order = entryOrder(bytes, at);
        if (before !== null && Buffer.compare(order, before) >= 0) continue;
        found.push({
          group,
          key: Buffer.from(entryKey(bytes, at)),
          order: Buffer.from(order),
          value: Buffer.from(entryValue(bytes, at)),
        });
      }
    }
    return found;
  }

  #chunkOf(place: number): Buffer {
    return this.chunks[Math.floor(place / CHUNK_BYTES)] as Buffer;
  }

  #same(place: number, key: Uint8Array): boolean {
    const bytes = this.#chunkOf(place);
    const at = octetOf(place);
    if (bytes[at + 1] !== key.length) return false;
    const from = at + ENTRY_HEADER;
    for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key[i]) return false;
    return true;
  }

  #room(length: number): number {
    const last = this.chunks.length - 1;
    if (last >= 0 && (this.used[last] as number) + length <= (this.chunks[last] as Buffer).length) return last;
    const spare = length <= CHUNK_BYTES ? this.#spare.pop() : undefined;
    this.chunks.push(spare ?? Buffer.from(new SharedArrayBuffer(Math.max(CHUNK_BYTES, length))));
    this.used.push(0);
    return last + 1;
  }
}

function octetOf(place: number): number {
  return place % CHUNK_BYTES;
}

/** Copies `part` to `at` and returns its end there. The entry into a native copy costs more than a short loop. */
function place(bytes: Buffer, at: number, part: Buffer): number {
  const { length } = part;
  if (length > SHORT_COPY) bytes.set(part, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = part[i] as number;
  return at + length;
}
