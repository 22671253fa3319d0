// Values of TLVs as octets: made anew, or written in place into TLVs that are used again. Knows no tag's meaning.
import { writeU32 } from '../base/bytes.ts';
import type { Tlv } from './pdu.ts';

const HIGH = 0x1_0000_0000;

/** A TLV whose value is written anew for each PDU: such a PDU is valid until the next one is made. */
export function blankTlv(tag: number, octets: number): Tlv {
  return { tag, value: Buffer.alloc(octets) };
}

/** A whole number below 2^53 in eight octets. */
export function u64(value: number): Buffer {
  const b = Buffer.allocUnsafe(8);
  putU64(b, value);
  return b;
}

/** Latin1 characters and a NUL. */
export function cstring(text: string): Buffer {
  const b = Buffer.allocUnsafe(text.length + 1);
  b.latin1Write(text, 0);
  b[text.length] = 0;
  return b;
}

/** Writes a whole number below 2^53 into the first eight octets. */
export function putU64(value: Buffer, whole: number): void {
  const high = Math.floor(whole / HIGH);
  writeU32(value, 0, high);
  writeU32(value, 4, whole - high * HIGH);
}

/** Fills `to` with what stands in `from` at `at`. */
export function copyOctets(from: Buffer, at: number, to: Buffer): void {
  for (let i = 0; i < to.length; i++) to[i] = from[at + i] as number;
}
