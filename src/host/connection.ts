// One TCP or TLS socket of Node behind port/net.ts's Connection. How it came to stand is net.ts's and listener.ts's business.
import type { Socket } from 'node:net';
import type { CloseReason, Connection, ConnectionFacts, ConnectionHandler } from '../port/net.ts';
import type { InputTurn } from './inputTurn.ts';

/** A read this large is a turn of its own; smaller ones share one, with one write per socket. */
const LARGE_READ_BYTES = 16_384;
/** Node reads at most this much at once: there is probably more. */
const FULL_READ_BYTES = 65_536;
/** Above this much waiting `write` says so; a few milliseconds of a fast link. */
const HIGH_WATER_BYTES = 262_144;
/** After our FIN: what the peer still sends is read and dropped, since closing with unread input resets the connection and may take our last answer with it. */
const LINGER_MS = 2_000;

/** Stands in until the owner has set its handler. */
const nobody: ConnectionHandler = { opened() {}, bytes() {}, drained() {}, closed() {} };

export class NodeConnection implements Connection {
  handler: ConnectionHandler = nobody;
  facts: ConnectionFacts;
  readonly #socket: Socket;
  readonly #turn: InputTurn;
  #opened: boolean;
  #paused = false;
  /** Paused by itself until the next look at the loop. */
  #yielding = false;
  /** Read and not yet handed over. */
  #rest: Buffer | null = null;
  #waiting = false;
  #ending = false;
  #reason: CloseReason | null = null;
  #linger: NodeJS.Timeout | null = null;
  readonly #written = (): void => {
    if (!this.#waiting || this.#socket.writableLength > 0) return;
    this.#waiting = false;
    if (!this.#ending) this.handler.drained();
  };

  /** `opened`: whether it stands already. */
  constructor(socket: Socket, facts: ConnectionFacts, opened: boolean, turn: InputTurn) {
    this.#turn = turn;
    this.#socket = socket;
    this.facts = facts;
    this.#opened = opened;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.input(bytes));
    socket.on('end', () => {
      this.#reason ??= { code: 'ended' };
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    socket.on('close', () => {
      if (this.#linger !== null) clearTimeout(this.#linger);
      this.handler.closed(this.#reason ?? { code: 'broken', detail: 'closed' });
    });
  }

  /** Input that does not come as an event. `bytes` may be used again afterwards. */
  input(bytes: Buffer): void {
    if (this.#ending) return;
    if (this.#rest !== null) this.#rest = Buffer.concat([this.#rest, bytes]);
    else this.#handOver(bytes);
  }

  #handOver(bytes: Buffer): void {
    let at = 0;
    do {
      const end = Math.min(bytes.length, at + this.#turn.pieceBytes);
      this.handler.bytes(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
      at = end;
      this.#turn.pieceDone();
    } while (at < bytes.length && !this.#paused && !this.#ending && this.#turn.hasTime());
    if (this.#ending) return;
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
    // One look at the loop may bring megabytes from many sockets. What a piece of it asked for starts now, and the next piece
    // waits for a look at everything else, so that the programs along the way work side by side and not one after another.
    if (at >= LARGE_READ_BYTES) this.#turn.end();
    if (this.#yielding || (at === bytes.length && (bytes.length < FULL_READ_BYTES || this.#paused))) return;
    this.#yielding = true;
    this.#socket.pause();
    setImmediate(this.#goOn);
  }

  readonly #goOn = (): void => {
    this.#yielding = false;
    if (this.#paused || this.#ending || this.#socket.destroyed) return;
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#handOver(rest);
    if (!this.#yielding && !this.#paused) this.#socket.resume();
  };

  /** It stands now. */
  open(facts: ConnectionFacts): void {
    this.facts = facts;
    this.#opened = true;
    this.handler.opened();
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (this.#ending || socket.destroyed) return true;
    socket.write(Buffer.from(bytes), this.#written);
    const waiting = socket.writableLength;
    if (waiting > 0) this.#waiting = true;
    return waiting <= HIGH_WATER_BYTES;
  }

  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#paused = true;
    if (!this.#ending) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#yielding) return;
    if (this.#rest === null) this.#socket.resume();
    else {
      this.#yielding = true;
      setImmediate(this.#goOn);
    }
  }

  end(): void {
    if (this.#ending || this.#socket.destroyed) return;
    this.#ending = true;
    this.#reason ??= { code: 'closed' };
    this.#socket.end();
    this.#socket.resume();
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#ending = true;
    this.#reason ??= { code: 'closed' };
    this.#socket.destroy();
  }

  /** Closes for a reason that the socket does not know. */
  fail(detail: string): void {
    this.#reason ??= this.#opened ? { code: 'broken', detail } : { code: 'refused', detail };
    this.#socket.destroy();
  }

  #failed(error: NodeJS.ErrnoException): void {
    const detail = error.code ?? error.message;
    this.#reason ??= this.#opened ? { code: 'broken', detail } : { code: 'refused', detail };
  }
}
