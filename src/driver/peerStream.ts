// The byte side of one peer: cuts input into frames, gathers output and writes it once per turn, stops reading when its owner
// or the output is full. Knows frames, not PDUs.
import { ByteWriter } from '../base/bytes.ts';
import { OUTPUT_KEEP_BYTES, WAITING_BYTES_MAX } from '../base/limits.ts';
import type { Loop } from '../port/loop.ts';
import type { CloseReason, Connection, ConnectionHandler } from '../port/net.ts';
import { FrameReader } from '../smpp/frame.ts';

const OUTPUT_START_BYTES = 512;

/** What the stream calls; `nowMs` is the loop's monotonic time. */
export interface StreamOwner {
  opened(): void;
  /** One whole PDU at `buffer[offset, offset + length)`, valid during the call. */
  frame(buffer: Buffer, offset: number, length: number, nowMs: number): void;
  /** command_length is out of bounds; nothing more will come. */
  framingLost(nowMs: number): void;
  /** No further frame must come now. */
  readonly full: boolean;
  /** The input of this read has been handled; `partial`: a PDU has begun. `progress`: at least one frame came. */
  inputDone(partial: boolean, progress: boolean, nowMs: number): void;
  /** Output after a write, a drain or the owner's look: `waiting` bytes have not left; `progress`: some have since the last call. */
  outputSeen(waiting: number, progress: boolean, nowMs: number): void;
  /** End of a turn in which something happened, output written. */
  turnDone(nowMs: number): void;
  lost(reason: CloseReason): void;
}

export class PeerStream implements ConnectionHandler {
  readonly connection: Connection;
  /** Output of this turn; after writing to it call `touch`. */
  out: ByteWriter = new ByteWriter(OUTPUT_START_BYTES);
  /** The peer does not take what we write; wait for `outputSeen` with less. */
  blocked = false;
  octetsIn = 0;
  octetsOut = 0;
  readonly #loop: Loop;
  readonly #owner: StreamOwner;
  readonly #reader: FrameReader;
  readonly #endOfTurn = (): void => this.#turn();
  #scheduled = false;
  #waiting = 0;
  /** Frames are left in the reader and reading is stopped. */
  #held = false;
  /** By the owner's wish. */
  #paused = false;
  #finishing = false;
  #pumping = false;

  constructor(connection: Connection, loop: Loop, maxPduBytes: number, owner: StreamOwner) {
    this.connection = connection;
    this.#loop = loop;
    this.#owner = owner;
    this.#reader = new FrameReader(maxPduBytes);
  }

  /** Something was written or changed: there will be an end of this turn. */
  touch(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.endOfTurn(this.#endOfTurn);
  }

  get waitingBytes(): number {
    return this.out.length + this.connection.waitingBytes;
  }

  /** Reading is stopped, by the owner or by what is full. */
  get held(): boolean {
    return this.#held;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#held) this.touch();
  }

  /** Writes what there is without waiting for the end of the turn. */
  flush(): void {
    this.#write();
  }

  /** Reads nothing more, writes what is waiting at the end of the turn, closes. */
  finish(): void {
    this.#finishing = true;
    this.touch();
  }

  /** Looks whether the peer has taken anything since the last look. */
  look(nowMs: number): void {
    const waiting = this.connection.waitingBytes;
    const progress = waiting < this.#waiting || waiting === 0;
    this.#waiting = waiting;
    this.#owner.outputSeen(waiting, progress, nowMs);
  }

  opened(): void {
    this.#owner.opened();
  }

  bytes(bytes: Buffer): void {
    if (this.#finishing) return;
    this.octetsIn += bytes.length;
    this.#reader.feed(bytes);
    if (this.#held) this.#reader.hold();
    else this.#pump(this.#loop.monotonic());
  }

  drained(): void {
    this.blocked = false;
    this.look(this.#loop.monotonic());
    this.touch();
  }

  closed(reason: CloseReason): void {
    this.#finishing = true;
    this.#owner.lost(reason);
  }

  #pump(nowMs: number): void {
    // An owner that lets the stream go on from within a frame must not start a second pump.
    if (this.#pumping) return;
    this.#pumping = true;
    const reader = this.#reader;
    const owner = this.#owner;
    let frames = 0;
    let held = false;
    for (;;) {
      held = this.#paused || owner.full || this.out.length + this.#waiting > WAITING_BYTES_MAX;
      if (held || this.#finishing || !reader.next()) break;
      frames++;
      owner.frame(reader.buffer, reader.offset, reader.length, nowMs);
    }
    this.#pumping = false;
    if (reader.fault !== null) owner.framingLost(nowMs);
    if (held && !this.#finishing) {
      reader.hold();
      this.#held = true;
      this.connection.pause();
    }
    owner.inputDone(!held && reader.pendingBytes > 0, frames > 0, nowMs);
    this.touch();
  }

  #turn(): void {
    this.#scheduled = false;
    const nowMs = this.#loop.monotonic();
    this.#write();
    if (this.#finishing) {
      this.connection.end();
    } else if (this.#held && !this.#paused && !this.#owner.full && this.connection.waitingBytes <= WAITING_BYTES_MAX) {
      this.#held = false;
      this.#pump(nowMs);
      if (!this.#held) this.connection.resume();
    }
    this.#owner.turnDone(nowMs);
  }

  #write(): void {
    const out = this.out;
    const length = out.length;
    if (length > 0) {
      this.octetsOut += length;
      const before = this.connection.waitingBytes;
      const taken = before < this.#waiting;
      if (!this.connection.write(out.view())) this.blocked = true;
      if (out.buffer.length > OUTPUT_KEEP_BYTES) this.out = new ByteWriter(OUTPUT_START_BYTES);
      else out.reset();
      const waiting = this.connection.waitingBytes;
      const progress = taken || waiting < before + length;
      this.#waiting = waiting;
      this.#owner.outputSeen(waiting, progress, this.#loop.monotonic());
    }
  }
}
