// Octets: the growable writer that records and PDUs are written with, and small readers. Big-endian everywhere.
// Only octets are known here; no format.

/** A buffer of no octets, shared. */
export const NO_BYTES: Buffer = Buffer.alloc(0);

const SINGLES: readonly Buffer[] = Array.from({ length: 256 }, (_, value) => Buffer.from([value]));

/** A buffer of this one octet, shared: only for reading. */
export function singleOctet(value: number): Buffer {
  return SINGLES[value & 0xff] as Buffer;
}

/** Below this a loop is quicker than the entry into a native copy: of a whole array, of a piece of one, of a text. */
const SHORT_WHOLE = 16;
const SHORT_PIECE = 32;
const SHORT_TEXT = 24;

/**
 * Appends to one buffer that grows and is reused: no allocation once it is large enough. `buffer` is replaced when it
 * grows, so nobody keeps it across a write. What lies before `length` may be patched through `buffer`.
 */
export class ByteWriter {
  buffer: Buffer;
  /** Octets written so far; set it back to drop what came after. */
  length = 0;

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for `count` octets beyond `length`. */
  ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2, 64));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  /** The low eight bits of `value`. */
  u8(value: number): void {
    if (this.length + 1 > this.buffer.length) this.ensure(1);
    this.buffer[this.length++] = value;
  }

  /** The low sixteen bits of `value`. */
  u16(value: number): void {
    if (this.length + 2 > this.buffer.length) this.ensure(2);
    const at = this.length;
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
    this.length = at + 2;
  }

  /** The low thirty-two bits of `value`. */
  u32(value: number): void {
    if (this.length + 4 > this.buffer.length) this.ensure(4);
    const at = this.length;
    this.buffer[at] = value >>> 24;
    this.buffer[at + 1] = value >>> 16;
    this.buffer[at + 2] = value >>> 8;
    this.buffer[at + 3] = value;
    this.length = at + 4;
  }

  /** A whole number from 0 to 2^53 − 1 in eight octets. Anything else is a broken invariant and throws. */
  u64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('u64: not a whole number from 0 to 2^53 - 1');
    const high = Math.floor(value / 0x1_0000_0000);
    this.u32(high);
    this.u32(value - high * 0x1_0000_0000);
  }

  /** Copies `source[start, end)`. */
  bytes(source: Buffer, start = 0, end = source.length): void {
    const count = end - start;
    if (this.length + count > this.buffer.length) this.ensure(count);
    const buffer = this.buffer;
    const at = this.length;
    const whole = count === source.length;
    if (count < (whole ? SHORT_WHOLE : SHORT_PIECE))
      for (let i = 0; i < count; i++) buffer[at + i] = source[start + i] as number;
    else if (whole) buffer.set(source, at);
    else source.copy(buffer, at, start, end);
    this.length = at + count;
  }

  /** The characters of `text`, one octet each (the low eight bits), nothing before or after. */
  latin1(text: string): void {
    const count = text.length;
    if (this.length + count > this.buffer.length) this.ensure(count);
    this.length = putLatin1(this.buffer, this.length, text);
  }

  /** As `latin1`, then a NUL. That `text` holds no NUL itself is the caller's business. */
  cstring(text: string): void {
    this.latin1(text);
    this.u8(0);
  }

  /** Forgets what was written, keeps the room. */
  reset(): void {
    this.length = 0;
  }

  /** What was written, without a copy: valid until the next write. */
  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** Two octets at `at`. The caller has checked that they are there. */
export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Four octets at `at`, 0 to 2^32 − 1. The caller has checked that they are there. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** The low thirty-two bits of `value` in the four octets at `at`. The caller has checked that they are there. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The characters of `text`, one octet each, at `at`; returns where they end. The caller has made room. */
export function putLatin1(bytes: Buffer, at: number, text: string): number {
  const count = text.length;
  if (count < SHORT_TEXT) for (let i = 0; i < count; i++) bytes[at + i] = text.charCodeAt(i);
  else bytes.latin1Write(text, at);
  return at + count;
}

/** Whether `count` octets of `a` at `from` are those of `b` at `at`. */
export function sameOctets(a: Uint8Array, from: number, b: Uint8Array, at: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[from + i] !== b[at + i]) return false;
  return true;
}

/** Eight octets at `at`. Above 2^53 − 1 the number is rounded; `u64` never writes such. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4);
}

/** Lower-case hexadecimal digits of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).hexSlice();
}

/** The octets of an even number of hexadecimal digits in either case; null for anything else. */
export function fromHex(text: string): Buffer | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Buffer.from(text, 'hex');
}
