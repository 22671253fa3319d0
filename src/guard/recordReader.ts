// How records are read and texts in them written: version first, then field by field, big-endian. No record's own form.
import { type ByteWriter, readU16, readU32, readU64 } from '../base/bytes.ts';

export const RECORD_VERSION = 1;

/** Writes a text of at most 255 octets after its length. */
export function putText(w: ByteWriter, text: string): void {
  if (text.length > 255) throw new RangeError('record text: more than 255 octets');
  w.u8(text.length);
  w.latin1(text);
}

/** Reads records field by field. One instance serves a whole recovery. */
export class RecordReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;

  /** Begins a payload; a version that is not ours is a broken invariant: records are never written by a newer guard. */
  open(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    const version = this.u8();
    if (version !== RECORD_VERSION) throw new Error(`record version ${version} is not known`);
    return this;
  }

  u8(): number {
    return this.bytes[this.#take(1)] as number;
  }

  u16(): number {
    return readU16(this.bytes, this.#take(2));
  }

  u32(): number {
    return readU32(this.bytes, this.#take(4));
  }

  u64(): number {
    return readU64(this.bytes, this.#take(8));
  }

  latin1(octets: number): string {
    const from = this.#take(octets);
    return this.bytes.latin1Slice(from, from + octets);
  }

  text(): string {
    return this.latin1(this.u8());
  }

  #take(octets: number): number {
    const from = this.at;
    this.at += octets;
    if (this.at > this.end) throw new Error('record is cut short');
    return from;
  }
}
