// The layout of spilled entries, in memory and in run files, and how keys are hashed. Used by all three threads of a spill.
//
// entry:  flags u8 (1 = superseded, only in memory) · key length u8 · order length u8 · group u32 · value length u32 ·
//         key · order · value
// run:    entries sorted by (group, order) · order index: entry offsets u32 in that order ·
//         hash index: 12 octets per entry (hash 8, offset 4) sorted by hash · fences: the upper half of every 256th hash ·
//         Bloom filter · groups: 12 octets each (group, first entry, count) · footer in JSON ·
//         footer length u32 · CRC-32 of all from the fences to the footer · magic (8)
import { hash } from 'node:crypto';

export const ENTRY_HEADER = 11;
export const SUPERSEDED = 1;
export const HASH_ENTRY = 12;
export const FENCE_EVERY = 256;
export const GROUP_ENTRY = 12;
export const TAIL_OCTETS = 16;
export const MAGIC = 'GPSPILL1';
/** About 1 % false positives. */
export const BLOOM_BITS_PER_KEY = 10;
export const BLOOM_PROBES = 7;
/** Offsets in a run are 32 bits wide. */
export const RUN_BYTES_MAX = 0xffff_0000;

export interface Footer {
  readonly count: number;
  readonly orderAt: number;
  readonly hashAt: number;
  readonly fencesAt: number;
  readonly bloomAt: number;
  readonly bloomBits: number;
  readonly groupsAt: number;
  readonly groups: number;
  /** When the newest entry was put. */
  readonly newestMs: number;
  /** Highest order of any group, hexadecimal: a list looks into the youngest runs first. */
  readonly maxOrder: string;
}

/** A run as the threads name it. `first`…`last`: the numbers of the flushes that it holds; higher ones win. */
export interface RunName {
  readonly first: number;
  readonly last: number;
}

export interface RunFacts extends RunName {
  readonly bytes: number;
  readonly newestMs: number;
}

export function runFile({ first, last }: RunName): string {
  return `${String(first).padStart(10, '0')}-${String(last).padStart(10, '0')}.run`;
}

export function parseRunFile(file: string): RunName | null {
  const match = /^(\d{10})-(\d{10})\.run$/.exec(file);
  return match === null ? null : { first: Number(match[1]), last: Number(match[2]) };
}

/**
 * 64 bits of SHA-256 as 8 latin1 characters: customers choose some of the keys, and must not be able to make them collide.
 * (The hash is of the string's UTF-8 octets, which are as unique as the key.)
 */
export function hashKey(key: string): string {
  return hash('sha256', key, 'latin1').slice(0, 8);
}

export function hashHigh(digest: string): number {
  return word(digest, 0);
}

export function hashLow(digest: string): number {
  return word(digest, 4);
}

function word(text: string, at: number): number {
  return (
    ((text.charCodeAt(at) << 24) |
      (text.charCodeAt(at + 1) << 16) |
      (text.charCodeAt(at + 2) << 8) |
      text.charCodeAt(at + 3)) >>>
    0
  );
}

/** Bit `probe` of a key in a filter of `bits` bits. */
export function bloomBit(high: number, low: number, probe: number, bits: number): number {
  return ((high + Math.imul(probe, low | 1)) >>> 0) % bits;
}

/** Length of the entry at `at`. */
export function entryLength(bytes: Buffer, at: number): number {
  return ENTRY_HEADER + (bytes[at + 1] as number) + (bytes[at + 2] as number) + u32(bytes, at + 7);
}

/** The parts of the entry at `at`: views. */
export function entryKey(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at + ENTRY_HEADER, at + ENTRY_HEADER + (bytes[at + 1] as number));
}

export function entryOrder(bytes: Buffer, at: number): Buffer {
  const from = entryOrderAt(bytes, at);
  return bytes.subarray(from, from + (bytes[at + 2] as number));
}

/** Where the order of the entry at `at` begins: for loops over millions, which make no views. */
export function entryOrderAt(bytes: Buffer, at: number): number {
  return at + ENTRY_HEADER + (bytes[at + 1] as number);
}

export function entryValue(bytes: Buffer, at: number): Buffer {
  const from = at + ENTRY_HEADER + (bytes[at + 1] as number) + (bytes[at + 2] as number);
  return bytes.subarray(from, from + bytes.readUInt32BE(at + 7));
}

export function entryGroup(bytes: Buffer, at: number): number {
  return u32(bytes, at + 3);
}

function u32(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
