// An operator on real sockets for tests, and a raw SMPP client that sends and sees octets, since the operator's
// misbehaviour is a matter of octets.
import { connect, type Socket } from 'node:net';
import { after } from 'node:test';
import { createHttp } from '../../src/host/http.ts';
import { createLog } from '../../src/host/log.ts';
import { createLoop } from '../../src/host/loop.ts';
import { createNet } from '../../src/host/net.ts';
import { type Behaviour, defaultBehaviour, defaultConfig, type OperatorConfig } from '../../src/operator/config.ts';
import { Operator } from '../../src/operator/operator.ts';

export interface Running {
  readonly operator: Operator;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startOperator(
  behaviour: Partial<Behaviour>,
  config: Partial<OperatorConfig> = {},
): Promise<Running> {
  const operator = new Operator(
    { loop: createLoop(), net: createNet(), http: createHttp(), log: createLog('error', () => {}) },
    {
      ...defaultConfig,
      port: 0,
      http: { host: '127.0.0.1', port: 0 },
      accounts: [{ systemId: 'op', password: 'pw', throttle: 0, window: 0, maxBinds: 4 }],
      behaviour: {
        ...defaultBehaviour,
        latency: { kind: 'fixed', ms: 2 },
        receiptDelay: { kind: 'fixed', ms: 5 },
        ...behaviour,
      },
      ...config,
    },
    null,
  );
  const { port, httpPort } = await operator.start();
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= operator.stop());
  // A failed test does not reach its own stop; the file must end all the same.
  after(stop);
  return { operator, port, url: `http://127.0.0.1:${httpPort}`, stop };
}

export interface RawPdu {
  readonly length: number;
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** A client that frames by command_length only; `next` waits for a PDU, `closed` for the end of the connection. */
export class RawClient {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  readonly #queue: RawPdu[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;
  /** Answers deliver_sm by itself, with this status; null: not at all. */
  deliverStatus: number | null = 0;
  #sequence = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', fail);
    });
    return client;
  }

  /** A receipt may come with the answer to the bind: what it is answered with must be said before. */
  static async bound(port: number, command = 9, deliverStatus: number | null = 0): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.deliverStatus = deliverStatus;
    client.bind('op', 'pw', command);
    const answer = await client.next();
    if (answer?.status !== 0) throw new Error(`bind answered with ${answer?.status}`);
    return client;
  }

  /** Octets received and not framed yet. */
  get rest(): Buffer {
    return this.#buffer;
  }

  send(command: number, body: Buffer, sequence: number = ++this.#sequence, status = 0): number {
    const pdu = Buffer.alloc(16 + body.length);
    pdu.writeUInt32BE(pdu.length, 0);
    pdu.writeUInt32BE(command, 4);
    pdu.writeUInt32BE(status, 8);
    pdu.writeUInt32BE(sequence, 12);
    body.copy(pdu, 16);
    this.#socket.write(pdu);
    return sequence;
  }

  raw(octets: Buffer): void {
    this.#socket.write(octets);
  }

  bind(systemId: string, password: string, command = 9): number {
    return this.send(command, Buffer.from(`${systemId}\0${password}\0\0\x34\0\0\0`, 'latin1'));
  }

  submit(
    to: string,
    text: Buffer | string,
    more: { readonly esmClass?: number; readonly dataCoding?: number; readonly registered?: number } = {},
  ): number {
    const octets = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    const head = Buffer.from(`\0\x05\0Test\0\x01\x01${to}\0`, 'latin1');
    const fields = Buffer.from([
      more.esmClass ?? 0,
      0,
      0,
      0,
      0,
      more.registered ?? 1,
      0,
      more.dataCoding ?? 0,
      0,
      octets.length,
    ]);
    return this.send(4, Buffer.concat([head, fields, octets]));
  }

  /** The next PDU; null when the connection ended instead. */
  async next(): Promise<RawPdu | null> {
    for (;;) {
      const pdu = this.#queue.shift();
      if (pdu !== undefined) return pdu;
      if (this.#ended) return null;
      await new Promise<void>((go) => this.#waiting.push(go));
    }
  }

  /** Waits until `count` octets stand in `rest`, or the end. */
  async octets(count: number): Promise<Buffer> {
    while (this.#buffer.length < count && !this.#ended) await new Promise<void>((go) => this.#waiting.push(go));
    return this.#buffer;
  }

  async closed(): Promise<void> {
    while (!this.#ended) await new Promise<void>((go) => this.#waiting.push(go));
  }

  /** As a crash would. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 16) {
      const length = this.#buffer.readUInt32BE(0);
      if (length < 16 || length > this.#buffer.length) break;
      const pdu = this.#buffer.subarray(0, length);
      this.#buffer = this.#buffer.subarray(length);
      const command = pdu.readUInt32BE(4);
      const sequence = pdu.readUInt32BE(12);
      this.#queue.push({ length, command, status: pdu.readUInt32BE(8), sequence, body: Buffer.from(pdu.subarray(16)) });
      if (command === 5 && this.deliverStatus !== null)
        this.send(0x80000005, Buffer.alloc(1), sequence, this.deliverStatus);
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

export const SUBMIT_RESP = 0x80000004;
export const DELIVER = 5;
export const NACK = 0x80000000;

/** The id in a submit_sm_resp. */
export function idOf(pdu: RawPdu | null): string {
  if (pdu === null || pdu.command !== SUBMIT_RESP || pdu.status !== 0)
    throw new Error(`no good answer: ${JSON.stringify(pdu)}`);
  return pdu.body.toString('latin1', 0, pdu.body.length - 1);
}

/** The text of a receipt, or of an MO message. */
export function deliverText(pdu: RawPdu | null): string {
  if (pdu === null || pdu.command !== DELIVER) throw new Error(`no deliver_sm: ${JSON.stringify(pdu)}`);
  return deliverOctets(pdu).toString('latin1');
}

export function deliverOctets(pdu: RawPdu): Buffer {
  let at = pdu.body.indexOf(0) + 1;
  at = pdu.body.indexOf(0, at + 2) + 1;
  at = pdu.body.indexOf(0, at + 2) + 1;
  // esm_class, protocol_id, priority_flag, two empty times, four flags, sm_length.
  const length = pdu.body[at + 9] as number;
  return pdu.body.subarray(at + 10, at + 10 + length);
}
