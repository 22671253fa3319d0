// A customer as raw octets on a socket: PDUs written by hand, right and wrong ones, and what comes back. Written apart from
// src/smpp on purpose, so that both sides of a test do not share a mistake.
import { connect, type Socket } from 'node:net';

export const Command = {
  bindReceiver: 1,
  bindTransmitter: 2,
  submitSm: 4,
  deliverSm: 5,
  unbind: 6,
  bindTransceiver: 9,
  enquireLink: 0x15,
} as const;
export const RESPONSE = 0x80000000;
export const NACK = 0x80000000;

export interface Heard {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** One PDU; `length` for a command_length that lies. */
export function pdu(command: number, sequence: number, body: Uint8Array = Buffer.alloc(0), length?: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(length ?? 16 + body.length, 0);
  head.writeUInt32BE(command, 4);
  head.writeUInt32BE(sequence, 12);
  return Buffer.concat([head, body]);
}

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1');

export function bindBody(systemId: string, password: string): Buffer {
  return Buffer.concat([cString(systemId), cString(password), cString(''), Buffer.from([0x34, 0, 0]), cString('')]);
}

/** Fields of a submit_sm; what is not said is a plain message that asks for a receipt. */
export interface Submit {
  readonly source?: string;
  readonly sourceTon?: number;
  readonly destination?: string;
  readonly destTon?: number;
  readonly destNpi?: number;
  readonly esmClass?: number;
  readonly priority?: number;
  readonly schedule?: string;
  readonly validity?: string;
  readonly dataCoding?: number;
  readonly text?: string | Buffer;
  /** message_payload. */
  readonly payload?: string;
}

export function submitBody(fields: Submit = {}): Buffer {
  const text = Buffer.isBuffer(fields.text) ? fields.text : Buffer.from(fields.text ?? '', 'latin1');
  const payload = fields.payload === undefined ? null : Buffer.from(fields.payload, 'latin1');
  const payloadHead = Buffer.alloc(payload === null ? 0 : 4);
  if (payload !== null) {
    payloadHead.writeUInt16BE(0x0424, 0);
    payloadHead.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([
    cString(''),
    Buffer.from([fields.sourceTon ?? 5, 0]),
    cString(fields.source ?? 'INFO'),
    Buffer.from([fields.destTon ?? 1, fields.destNpi ?? 1]),
    cString(fields.destination ?? '491700000001'),
    Buffer.from([fields.esmClass ?? 0, 0, fields.priority ?? 0]),
    cString(fields.schedule ?? ''),
    cString(fields.validity ?? ''),
    Buffer.from([1, 0, fields.dataCoding ?? 0, 0, text.length]),
    text,
    payloadHead,
    payload ?? Buffer.alloc(0),
  ]);
}

export interface Receipt {
  readonly id: string;
  readonly state: string;
  readonly octets: Buffer;
}

const WAIT_MS = 20_000;

export class Wire {
  readonly socket: Socket;
  /** Everything that came and was not waited for, deliver_sm apart. */
  readonly heard: Heard[] = [];
  readonly receipts: Receipt[] = [];
  /** deliver_sm is acknowledged at once; false: only collected. */
  acknowledges = true;
  closed = false;
  readonly whenClosed: Promise<void>;
  #partial: Buffer = Buffer.alloc(0);
  #sequence = 1;
  readonly #wakes: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    this.whenClosed = new Promise((done) => {
      socket.on('close', () => {
        this.closed = true;
        done();
        this.#wake();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (octets: Buffer) => this.#read(octets));
  }

  static async open(port: number, localAddress = '127.0.0.1'): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', fail);
    });
    return new Wire(socket);
  }

  /** Opens and binds; fails when it is refused. */
  static async bound(
    port: number,
    systemId: string,
    password: string,
    command: number = Command.bindTransceiver,
  ): Promise<Wire> {
    const wire = await Wire.open(port);
    const status = await wire.bind(systemId, password, command);
    if (status !== 0) throw new Error(`bind refused: 0x${status.toString(16)}`);
    return wire;
  }

  /** The status of the bind. */
  async bind(systemId: string, password: string, command: number = Command.bindTransceiver): Promise<number> {
    return (await this.ask(command, bindBody(systemId, password))).status;
  }

  next(): number {
    return ++this.#sequence;
  }

  send(octets: Uint8Array): void {
    this.socket.write(octets);
  }

  /** Sends a request and waits for what answers its number. */
  async ask(command: number, body: Uint8Array = Buffer.alloc(0)): Promise<Heard> {
    const sequence = this.next();
    this.send(pdu(command, sequence, body));
    return this.answer(sequence);
  }

  /** Whatever came with this number. */
  async answer(sequence: number): Promise<Heard> {
    return this.wait(`an answer to number ${sequence}`, () => {
      const at = this.heard.findIndex((one) => one.sequence === sequence && one.command >= RESPONSE);
      return at < 0 ? undefined : this.heard.splice(at, 1)[0];
    });
  }

  async submit(fields: Submit): Promise<{ readonly status: number; readonly id: string }> {
    const { status, body } = await this.ask(Command.submitSm, submitBody(fields));
    return { status, id: idIn(body) };
  }

  /** Submits them all, `window` at a time; their ids in order. Fails when one is refused. */
  async submitAll(all: readonly Submit[], window = 200): Promise<string[]> {
    const ids: string[] = [];
    for (let from = 0; from < all.length; from += window) {
      const part = all.slice(from, from + window);
      const answers = await Promise.all(part.map((fields) => this.submit(fields)));
      for (const { status, id } of answers) {
        if (status !== 0) throw new Error(`submit refused: 0x${status.toString(16)}`);
        ids.push(id);
      }
    }
    return ids;
  }

  /** Whether the session answers an enquire_link. */
  async lives(): Promise<boolean> {
    return (await this.ask(Command.enquireLink)).command === RESPONSE + Command.enquireLink;
  }

  /** Waits until each id has a terminal receipt. */
  async receiptsOf(ids: readonly string[], limitMs = WAIT_MS): Promise<void> {
    const waiting = new Set(ids);
    let seen = 0;
    await this.wait(
      `receipts of ${ids.length} messages`,
      () => {
        for (; seen < this.receipts.length; seen++) waiting.delete((this.receipts[seen] as Receipt).id);
        return waiting.size === 0 ? true : undefined;
      },
      limitMs,
    );
  }

  async wait<T>(what: string, find: () => T | undefined, limitMs = WAIT_MS): Promise<T> {
    const end = performance.now() + limitMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.closed) throw new Error(`the connection ended before ${what}`);
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`it did not come: ${what}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, leftMs);
        this.#wakes.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }

  /** Unbinds and waits for the end. */
  async leave(): Promise<void> {
    if (!this.closed) this.send(pdu(Command.unbind, this.next()));
    this.socket.end();
    await this.whenClosed;
  }

  #read(octets: Buffer): void {
    let input: Buffer = this.#partial.length === 0 ? octets : Buffer.concat([this.#partial, octets]);
    while (input.length >= 16 && input.length >= input.readUInt32BE(0)) {
      const length = input.readUInt32BE(0);
      this.#take({
        command: input.readUInt32BE(4),
        status: input.readUInt32BE(8),
        sequence: input.readUInt32BE(12),
        body: Buffer.from(input.subarray(16, length)),
      });
      input = input.subarray(length);
    }
    this.#partial = Buffer.from(input);
    this.#wake();
  }

  #take(one: Heard): void {
    if (one.command === Command.deliverSm) {
      const text = one.body.toString('latin1');
      const found = /id:(\S+) .*stat:([A-Z]+)/.exec(text);
      this.receipts.push({ id: found?.[1] ?? '', state: found?.[2] ?? '', octets: one.body });
      if (this.acknowledges) this.send(pdu(RESPONSE + Command.deliverSm, one.sequence, Buffer.from([0])));
    } else if (one.command === Command.enquireLink || one.command === Command.unbind)
      this.send(pdu(RESPONSE + one.command, one.sequence));
    else this.heard.push(one);
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

function idIn(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end < 0 ? body.length : end);
}
