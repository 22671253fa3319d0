// One customer bind of the load generator: its own socket, its own reading and writing, a window, and reconnection.
// It knows nothing of the workload; who owns it gives PDUs and takes answers.
import { connect, type Socket } from 'node:net';
import { Command, Frames, HEADER, Outbox, writeHeader } from '../src/operator/wire.ts';

export interface BindOwner {
  /** The bind stands; it may be given submits. */
  ready(bind: Bind): void;
  /** The answer to a submit; on status 0 the id stands at `from`…`to` of `bytes`. */
  answered(bind: Bind, message: number, status: number, bytes: Buffer, from: number, to: number): void;
  /** The connection ended before the answer. */
  lost(message: number): void;
  /** A deliver_sm in `from`…`to` of `bytes`; it has been acknowledged. */
  deliver(bytes: Buffer, from: number, to: number): void;
  /** The other side refused the bind: configuration. */
  refused(status: number): void;
  /** There is room in the window again. */
  room(bind: Bind): void;
}

export interface BindOptions {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly window: number;
  /** Index of the account. */
  readonly account: number;
}

const RING = 4096;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1000;

export class Bind {
  readonly options: BindOptions;
  readonly out = new Outbox();
  readonly #owner: BindOwner;
  #socket: Socket | null = null;
  #frames = new Frames();
  #bound = false;
  #blocked = false;
  #flushing = false;
  #stopping = false;
  #next = 2;
  #inFlight = 0;
  #reconnectMs = RECONNECT_MIN_MS;
  reconnects = 0;
  readonly #messages = new Int32Array(RING).fill(-1);
  readonly #sequences = new Uint32Array(RING);

  constructor(options: BindOptions, owner: BindOwner) {
    this.options = options;
    this.#owner = owner;
  }

  get room(): number {
    if (!this.#bound || this.#blocked || this.#messages[this.#next % RING] !== -1) return 0;
    return this.options.window - this.#inFlight;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  start(): void {
    const socket = connect({
      host: this.options.host,
      port: this.options.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (count, buffer) => {
          this.#read((buffer as Buffer).subarray(0, count));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#frames = new Frames();
    this.#next = 2;
    socket.on('connect', () => this.#bind());
    socket.on('drain', () => {
      this.#blocked = false;
      this.#owner.room(this);
    });
    // What ends a connection is told by 'close'; the reason does not matter here.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Takes a number for `message`; only when there is room. The caller writes the PDU into `out`. */
  take(message: number): number {
    const sequence = this.#next;
    this.#next = sequence === 0x7fffffff ? 1 : sequence + 1;
    this.#messages[sequence % RING] = message;
    this.#sequences[sequence % RING] = sequence;
    this.#inFlight += 1;
    return sequence;
  }

  /** Something was added to `out`. */
  touched(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  /** Writes what waits: acknowledgements of receipts go with the next submit, or when the owner says so. */
  flushNow(): void {
    if (!this.#flushing) this.#flush();
  }

  /** Unbinds and closes; never comes back. */
  stop(): void {
    this.#stopping = true;
    if (this.#socket === null) return;
    if (this.#bound) {
      this.out.head(Command.unbind, 0, 1);
      this.#flush();
    }
    this.#socket.end();
  }

  #flush(): void {
    this.#flushing = false;
    if (this.out.length === 0 || this.#socket === null) return;
    // The socket keeps what it is given until it is written: it gets a copy.
    if (!this.#socket.write(Buffer.from(this.out.bytes.subarray(0, this.out.length)))) this.#blocked = true;
    this.out.length = 0;
  }

  #bind(): void {
    const { systemId, password } = this.options;
    const length = HEADER + systemId.length + 1 + password.length + 1 + 1 + 4;
    const bytes = this.out.room(length);
    writeHeader(bytes, 0, length, Command.bindTransceiver, 0, 1);
    let at = HEADER + bytes.latin1Write(systemId, HEADER);
    bytes[at] = 0;
    at += 1 + bytes.latin1Write(password, at + 1);
    bytes.set([0, 0, 0x34, 0, 0, 0], at);
    this.out.length = length;
    this.#flush();
  }

  #read(input: Buffer): void {
    this.#frames.feed(
      input,
      (bytes, from, to) => {
        this.#pdu(bytes, from, to);
        return true;
      },
      () => this.#socket?.destroy(),
    );
  }

  #pdu(bytes: Buffer, from: number, to: number): void {
    const command = bytes.readUInt32BE(from + 4);
    const sequence = bytes.readUInt32BE(from + 12);
    const status = bytes.readUInt32BE(from + 8);
    switch (command) {
      case 0x80000004:
      case 0x80000000: {
        const slot = sequence % RING;
        const message = this.#messages[slot] as number;
        if (message < 0 || this.#sequences[slot] !== sequence) return;
        this.#messages[slot] = -1;
        this.#inFlight -= 1;
        this.#owner.answered(
          this,
          message,
          command === 0x80000000 ? status || 8 : status,
          bytes,
          from + HEADER,
          to - 1,
        );
        return;
      }
      case Command.deliverSm:
        // deliver_sm_resp: an empty message_id (3.4 §4.6.2).
        this.out.room(HEADER + 1);
        writeHeader(this.out.bytes, this.out.length, HEADER + 1, 0x80000005, 0, sequence);
        this.out.bytes[this.out.length + HEADER] = 0;
        this.out.length += HEADER + 1;
        this.#owner.deliver(bytes, from, to);
        return;
      case Command.enquireLink:
      case Command.unbind:
        this.out.head((command | 0x80000000) >>> 0, 0, sequence);
        this.touched();
        return;
      case 0x80000009:
        if (status !== 0) {
          this.#owner.refused(status);
          return;
        }
        this.#bound = true;
        this.#reconnectMs = RECONNECT_MIN_MS;
        this.#owner.ready(this);
    }
  }

  #closed(): void {
    this.#socket = null;
    this.#bound = false;
    this.#blocked = false;
    this.out.length = 0;
    for (let slot = 0; slot < RING; slot += 1) {
      const message = this.#messages[slot] as number;
      if (message < 0) continue;
      this.#messages[slot] = -1;
      this.#owner.lost(message);
    }
    this.#inFlight = 0;
    if (this.#stopping) return;
    this.reconnects += 1;
    setTimeout(() => {
      if (!this.#stopping) this.start();
    }, this.#reconnectMs);
    this.#reconnectMs = Math.min(RECONNECT_MAX_MS, this.#reconnectMs * 2);
  }
}
