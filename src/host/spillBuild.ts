// Writes one run file from packed entries: sorts them twice, builds index, fences, filter and directory, syncs file and folder.
// Runs in the spill's writing thread, where nobody waits for it.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Entries, type Packed } from './spillEntries.ts';
import {
  BLOOM_BITS_PER_KEY,
  BLOOM_PROBES,
  bloomBit,
  entryGroup,
  entryLength,
  FENCE_EVERY,
  type Footer,
  GROUP_ENTRY,
  HASH_ENTRY,
  MAGIC,
  RUN_BYTES_MAX,
  type RunFacts,
  type RunName,
  runFile,
  TAIL_OCTETS,
} from './spillFormat.ts';

/** Octets that are gathered for one write. */
export const WRITE_BYTES = 1 << 20;

/** Writes and syncs; an error of the file system passes through, and leaves no run. `room`: WRITE_BYTES to gather in. */
export function writeRun(
  folder: string,
  name: RunName,
  sources: readonly Packed[],
  newestMs: number,
  room: Buffer,
): RunFacts {
  const entries = new Entries(sources);
  const path = join(folder, runFile(name));
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w', 0o600);
  let bytes = 0;
  try {
    bytes = new RunWriter(fd, room).write(entries, newestMs);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
  return { ...name, bytes, newestMs };
}

class RunWriter {
  readonly #fd: number;
  readonly #out: Buffer;
  #used = 0;
  #written = 0;
  #crc = 0;

  constructor(fd: number, room: Buffer) {
    this.#fd = fd;
    this.#out = room;
  }

  /** Returns the length of the file. */
  write(entries: Entries, newestMs: number): number {
    const byOrder = entries.byOrder();
    const count = byOrder.length;
    const offsets = new Uint32Array(entries.high.length);
    const groups: number[] = [];
    for (let n = 0; n < count; n++) {
      const entry = byOrder[n] as number;
      const bytes = entries.bytes(entry);
      const at = entries.at(entry);
      offsets[entry] = this.#at;
      this.#put(bytes, at, at + entryLength(bytes, at));
      if (this.#at > RUN_BYTES_MAX) throw new Error('spill: more than 4 GiB in one run');
      const group = entryGroup(bytes, at);
      if (groups[groups.length - 3] !== group) groups.push(group, n, 0);
      groups[groups.length - 1] = (groups[groups.length - 1] as number) + 1;
    }
    const maxOrder = highestOrder(entries, byOrder, groups);
    const orderAt = this.#at;
    for (const entry of byOrder) this.#u32(offsets[entry] as number);
    const hashAt = this.#at;
    for (const entry of entries.byHash) {
      this.#u32(entries.high[entry] as number);
      this.#u32(entries.low[entry] as number);
      this.#u32(offsets[entry] as number);
    }
    this.#flush();
    this.#crc = 0;
    const fencesAt = this.#at;
    for (let n = 0; n < count; n += FENCE_EVERY) this.#u32(entries.high[entries.byHash[n] as number] as number);
    const bloomAt = this.#at;
    const bloomBits = Math.max(64, count * BLOOM_BITS_PER_KEY);
    const filter = bloom(entries, bloomBits);
    this.#put(filter, 0, filter.length);
    const groupsAt = this.#at;
    for (const value of groups) this.#u32(value);
    const footer: Footer = {
      count,
      orderAt,
      hashAt,
      fencesAt,
      bloomAt,
      bloomBits,
      groupsAt,
      groups: (groups.length * 4) / GROUP_ENTRY,
      newestMs,
      maxOrder: maxOrder.toString('hex'),
    };
    if (hashAt - orderAt !== count * 4 || fencesAt - hashAt !== count * HASH_ENTRY)
      throw new Error('spill: index length');
    const text = Buffer.from(JSON.stringify(footer));
    this.#put(text, 0, text.length);
    this.#flush();
    const tail = Buffer.alloc(TAIL_OCTETS);
    tail.writeUInt32BE(text.length, 0);
    tail.writeUInt32BE(this.#crc, 4);
    tail.write(MAGIC, 8, 'latin1');
    this.#put(tail, 0, tail.length);
    this.#flush();
    return this.#written;
  }

  get #at(): number {
    return this.#written + this.#used;
  }

  #u32(value: number): void {
    if (this.#used + 4 > this.#out.length) this.#flush();
    const out = this.#out;
    const at = this.#used;
    out[at] = value >>> 24;
    out[at + 1] = value >>> 16;
    out[at + 2] = value >>> 8;
    out[at + 3] = value;
    this.#used = at + 4;
  }

  #put(bytes: Buffer, start: number, end: number): void {
    for (let from = start; from < end; ) {
      if (this.#used === this.#out.length) this.#flush();
      const length = Math.min(end - from, this.#out.length - this.#used);
      bytes.copy(this.#out, this.#used, from, from + length);
      this.#used += length;
      from += length;
    }
  }

  #flush(): void {
    const part = this.#out.subarray(0, this.#used);
    this.#crc = crc32(part, this.#crc);
    for (let at = 0; at < part.length; ) at += writeSync(this.#fd, part, at, part.length - at);
    this.#written += part.length;
    this.#used = 0;
  }
}

/** Entries stand by (group, order): the highest order is the last of some group. */
function highestOrder(entries: Entries, byOrder: Uint32Array, groups: readonly number[]): Buffer {
  let highest: Buffer = Buffer.alloc(0);
  for (let at = 0; at < groups.length; at += 3) {
    const last = (groups[at + 1] as number) + (groups[at + 2] as number) - 1;
    const order = entries.order(byOrder[last] as number);
    if (Buffer.compare(order, highest) > 0) highest = order;
  }
  return highest;
}

function bloom(entries: Entries, bits: number): Buffer {
  const filter = Buffer.alloc(Math.ceil(bits / 8));
  for (const entry of entries.byHash) {
    const high = entries.high[entry] as number;
    const low = entries.low[entry] as number;
    for (let probe = 0; probe < BLOOM_PROBES; probe++) {
      const bit = bloomBit(high, low, probe, bits);
      filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7));
    }
  }
  return filter;
}
