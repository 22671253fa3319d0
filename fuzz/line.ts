// One TCP connection to a program under test, as raw octets: written in pieces, what comes back cut into PDUs by their own
// length. It knows whether the other side is open, answers, or neither.
import { connect, type Socket } from 'node:net';
import type { Chance } from '../src/operator/chance.ts';
import { CommandId } from '../src/smpp/commands.ts';
import { writeHead } from './head.ts';

/** A request that came and may be answered. */
export interface Asked {
  readonly commandId: number;
  readonly sequence: number;
}

export type Outcome = 'answered' | 'closed' | 'silent';

const HEADER = 16;
const LENGTH_MAX = 70_000;
const RESPONSE = 0x80000000;
/** Requests kept to be answered; what comes beyond is left to the other side's timers. */
const ASKED_MAX = 2000;
const CONNECT_MS = 10_000;

export class Line {
  closed = false;
  /** PDUs of the other side whose length is none: a fault of the program under test. */
  garbled = 0;
  readonly asked: Asked[] = [];
  /** message_id of the last submit_sm_resp. */
  lastId = '';
  /** Set before the data comes: for a side that is bound to. */
  onBind: ((commandId: number, sequence: number) => void) | null = null;
  readonly #socket: Socket;
  #partial: Buffer = Buffer.alloc(0);
  #awaited = -1;
  #awaitedCommand = 0;
  #status = 0;
  #settle: ((outcome: Outcome) => void) | null = null;
  /** Pieces of a write are still to come. */
  #writing = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (octets: Buffer) => this.#read(octets));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#end('closed');
    });
  }

  /** Null: refused, or no room. */
  static open(port: number, localAddress: string): Promise<Line | null> {
    return new Promise((done) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      const timer = setTimeout(() => socket.destroy(), CONNECT_MS);
      socket.once('connect', () => {
        clearTimeout(timer);
        done(new Line(socket));
      });
      socket.once('error', () => {});
      socket.once('close', () => {
        clearTimeout(timer);
        done(null);
      });
    });
  }

  /** command_status of the response that was waited for last. */
  get status(): number {
    return this.#status;
  }

  /** Writes at once, or in a few pieces with a turn between them; without dice always at once. The octets must not change afterwards. */
  async write(octets: Buffer, chance: Chance | null): Promise<void> {
    let from = 0;
    this.#writing = true;
    for (let cuts = chance?.below(3) === 0 ? 1 + chance.below(4) : 0; cuts > 0 && !this.closed; cuts--) {
      // The last octet comes last: nothing can be answered before.
      const to = from + (chance as Chance).below(octets.length - from);
      this.#socket.write(octets.subarray(from, to));
      from = to;
      await new Promise((go) => setImmediate(go));
    }
    if (!this.closed) this.#socket.write(octets.subarray(from));
    this.#writing = false;
  }

  /** Waits for the response to this number. */
  answer(commandId: number, sequence: number, limitMs: number): Promise<Outcome> {
    if (this.closed) return Promise.resolve('closed');
    return new Promise((done) => {
      const timer = setTimeout(() => this.#end('silent'), limitMs);
      this.#awaited = sequence;
      this.#awaitedCommand = commandId;
      this.#settle = (outcome) => {
        clearTimeout(timer);
        done(outcome);
      };
    });
  }

  /** FIN: the other side reads the end and has to close too. */
  finish(): void {
    this.#socket.end();
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #end(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = null;
    this.#awaited = -1;
    settle?.(outcome);
  }

  #read(chunk: Buffer): void {
    let octets = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    while (octets.length >= HEADER) {
      const length = octets.readUInt32BE(0);
      if (length < HEADER || length > LENGTH_MAX) {
        this.garbled++;
        this.#socket.destroy();
        return;
      }
      if (octets.length < length) break;
      this.#pdu(octets, length);
      octets = octets.subarray(length);
    }
    this.#partial = octets.length === 0 ? octets : Buffer.from(octets);
  }

  #pdu(octets: Buffer, length: number): void {
    const commandId = octets.readUInt32BE(4);
    const sequence = octets.readUInt32BE(12);
    if (commandId === this.#awaitedCommand && sequence === this.#awaited) {
      this.#status = octets.readUInt32BE(8);
      this.#end('answered');
    } else if (commandId === 0x80000004 && length > HEADER + 1 && octets.readUInt32BE(8) === 0) {
      this.lastId = octets.latin1Slice(HEADER, length - 1);
    } else if (commandId < RESPONSE) {
      if (this.onBind !== null && (commandId === 1 || commandId === 2 || commandId === 9))
        this.onBind(commandId, sequence);
      // At once, unless it would stand in the middle of a PDU: who waits long for another answer must not be taken for dead.
      else if (commandId === CommandId.enquire_link && !this.#writing) {
        const answer = Buffer.alloc(HEADER);
        writeHead(answer, 0, CommandId.enquire_link_resp, 0, sequence);
        this.#socket.write(answer);
      } else if (this.asked.length < ASKED_MAX) this.asked.push({ commandId, sequence });
    }
  }
}
