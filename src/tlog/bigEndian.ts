// Whole numbers as big-endian octets in latin1 strings, and back. Sizes and indices are numbers up to 2^53 − 1; bit
// operators cut at 32 bits and are used below that only.

const u32 = 0x1_0000_0000;

/** Two octets. */
export function be16(value: number): string {
  return String.fromCharCode((value >>> 8) & 0xff, value & 0xff);
}

/** Four octets. */
export function be32(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Eight octets of a whole number up to 2^53 − 1. */
export function be64(value: number): string {
  return be32(Math.floor(value / u32)) + be32(value % u32);
}

/** Two octets at `at`. */
export function read16(octets: string, at: number): number {
  return octets.charCodeAt(at) * 0x100 + octets.charCodeAt(at + 1);
}

/** Four octets at `at`. */
export function read32(octets: string, at: number): number {
  return read16(octets, at) * 0x1_0000 + read16(octets, at + 2);
}

/** Eight octets at `at`; beyond 2^53 − 1 the value is not exact and `isIndex` says no. */
export function read64(octets: string, at: number): number {
  return read32(octets, at) * u32 + read32(octets, at + 4);
}

/** Whether `value` is a whole number from 0 up to and without `limit`. */
export function isUint(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}

/** Whether `value` is an exact index, size or count: 0 … 2^53 − 1. No log of ours gets further. */
export function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

const none = '\xff'.repeat(8);

/** Eight octets of an index, all FF for none. */
export function be64OrNone(value: number | undefined): string {
  return value === undefined ? none : be64(value);
}

/** The index at `at`, undefined when all octets are FF. */
export function read64OrNone(octets: string, at: number): number | undefined {
  return octets.slice(at, at + 8) === none ? undefined : read64(octets, at);
}
