// Cuts the byte stream of one connection into PDUs by command_length (SMPP 3.4 §3.2; R6). Octets are copied only for a
// PDU that does not end within its chunk; nothing is allocated because of a length that a peer merely announces.
import { NO_BYTES, readU32 } from '../base/bytes.ts';
import { FRAME_KEEP_BYTES, PDU_BYTES_MAX } from '../base/limits.ts';

/** Octets of a PDU's header, the smallest command_length. */
export const HEADER_BYTES = 16;

/**
 * The stream can no longer be cut: answer generic_nack ESME_RINVCMDLEN with sequence 0, then close. HTTP and TLS read as a
 * huge length and end here too.
 */
export interface FrameFault {
  readonly code: 'commandLength';
  readonly commandLength: number;
}

/**
 * `feed` a chunk, then call `next` until it is false; after each true, `buffer`, `offset` and `length` tell the PDU, valid
 * until the next call of `next` or `feed`. Who stops earlier calls `hold` before the chunk's memory is used again. After a
 * fault nothing more comes.
 */
export class FrameReader {
  buffer: Buffer = NO_BYTES;
  offset = 0;
  length = 0;
  fault: FrameFault | null = null;

  readonly #maxPduBytes: number;
  /** What earlier chunks left: `#kept[#keptAt, #keptEnd)`. */
  #kept: Buffer = NO_BYTES;
  #keptAt = 0;
  #keptEnd = 0;
  #chunk: Buffer = NO_BYTES;
  #chunkAt = 0;

  constructor(maxPduBytes: number = PDU_BYTES_MAX) {
    this.#maxPduBytes = maxPduBytes;
  }

  /** Octets that have come and are not yet part of a PDU given out; above 0 after `next` was false: a PDU has begun. */
  get pendingBytes(): number {
    return this.#keptEnd - this.#keptAt + this.#chunk.length - this.#chunkAt;
  }

  /** The next octets of the stream. What the last chunk still held is kept. */
  feed(chunk: Buffer): void {
    if (this.fault !== null) return;
    if (this.#chunkAt < this.#chunk.length) this.hold();
    this.#chunk = chunk;
    this.#chunkAt = 0;
  }

  /** True: a PDU is told by `buffer`, `offset`, `length`. False: more octets are needed, or `fault` is set. */
  next(): boolean {
    if (this.fault !== null) return false;
    return this.#keptAt < this.#keptEnd ? this.#nextKept() : this.#nextInChunk();
  }

  /** Copies what is left of the chunk, so that its memory may be used again. */
  hold(): void {
    this.#keep(this.#chunk.length - this.#chunkAt);
    this.#chunk = NO_BYTES;
    this.#chunkAt = 0;
  }

  #nextInChunk(): boolean {
    const chunk = this.#chunk;
    const at = this.#chunkAt;
    const available = chunk.length - at;
    if (available >= 4) {
      const length = readU32(chunk, at);
      if (length < HEADER_BYTES || length > this.#maxPduBytes) return this.#fail(length);
      if (length <= available) {
        this.#chunkAt = at + length;
        return this.#give(chunk, at, length);
      }
    }
    this.#release();
    this.hold();
    return false;
  }

  // The PDU at the head of what was kept is completed with as few octets of the chunk as it needs; what follows it in the
  // chunk is read in place again.
  #nextKept(): boolean {
    let have = this.#keptEnd - this.#keptAt;
    if (have < 4) {
      this.#keep(4 - have);
      have = this.#keptEnd - this.#keptAt;
      if (have < 4) return this.#drained();
    }
    const length = readU32(this.#kept, this.#keptAt);
    if (length < HEADER_BYTES || length > this.#maxPduBytes) return this.#fail(length);
    if (have < length) {
      this.#keep(length - have);
      if (this.#keptEnd - this.#keptAt < length) return this.#drained();
    }
    const at = this.#keptAt;
    this.#keptAt = at + length;
    return this.#give(this.#kept, at, length);
  }

  #give(buffer: Buffer, offset: number, length: number): true {
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    return true;
  }

  /** The chunk has been used up into what is kept. */
  #drained(): false {
    this.#chunk = NO_BYTES;
    this.#chunkAt = 0;
    return false;
  }

  #fail(commandLength: number): false {
    this.fault = { code: 'commandLength', commandLength };
    this.#kept = NO_BYTES;
    this.#keptAt = 0;
    this.#keptEnd = 0;
    return this.#drained();
  }

  /** Moves up to `count` octets of the chunk behind what is kept. */
  #keep(count: number): void {
    const taken = Math.min(count, this.#chunk.length - this.#chunkAt);
    if (taken <= 0) return;
    const have = this.#keptEnd - this.#keptAt;
    if (this.#keptEnd + taken > this.#kept.length) {
      const room = have + taken;
      const target =
        room > this.#kept.length ? Buffer.allocUnsafeSlow(Math.max(room, this.#kept.length * 2, 512)) : this.#kept;
      target.set(this.#kept.subarray(this.#keptAt, this.#keptEnd));
      this.#kept = target;
      this.#keptAt = 0;
      this.#keptEnd = have;
    }
    this.#kept.set(this.#chunk.subarray(this.#chunkAt, this.#chunkAt + taken), this.#keptEnd);
    this.#keptEnd += taken;
    this.#chunkAt += taken;
  }

  /** Nothing is kept any more: begin at its start again, and give a large buffer back, since most peers are idle. */
  #release(): void {
    this.#keptAt = 0;
    this.#keptEnd = 0;
    if (this.#kept.length > FRAME_KEEP_BYTES) this.#kept = NO_BYTES;
  }
}
