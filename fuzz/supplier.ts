// A supplier that spoils its answers, its receipts and everything else: the side on which the guard is the customer. It lets
// sessions live for some seconds, because the guard waits longer and longer for a supplier that does not hold a session.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ByteWriter } from '../src/base/bytes.ts';
import { Chance } from '../src/operator/chance.ts';
import { encode } from '../src/smpp/encode.ts';
import { bind, bindResp } from '../src/smpp/make.ts';
import { type Bind, NO_TLVS, type Pdu } from '../src/smpp/pdu.ts';
import type { Chunk, Source, Tolerance } from './compose.ts';
import type { Group, Sent } from './group.ts';
import { Line } from './line.ts';
import { MUTATED_BYTES_MAX, mutateInto, sampleOf } from './mutate.ts';
import { type Fuzzing, outcomeOf, settle, sleep } from './session.ts';

const LIFE_MIN_MS = 6_000;
const LIFE_SPREAD_MS = 20_000;
const CHUNK_MUTATED_MAX = 40;
const PACE_MS = 3;
/** Of a hundred answers to binds; a refusal costs the link half a minute. */
const SPOILT_BINDS = 1;

export class FuzzingSupplier {
  readonly #fuzzing: Fuzzing;
  readonly #group: Group;
  readonly #source: Source;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Promise<void>>();
  readonly #room = Buffer.alloc(MUTATED_BYTES_MAX);
  #connections = 0;

  constructor(fuzzing: Fuzzing, group: Group, source: Source) {
    this.#fuzzing = fuzzing;
    this.#group = group;
    this.#source = source;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The port that it listens on. */
  listen(): Promise<number> {
    return new Promise((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(0, '127.0.0.1', () => done((this.#server.address() as AddressInfo).port));
    });
  }

  /** Resolves when the group has its quota or all has been stopped. */
  async run(): Promise<void> {
    while (!this.#over) await sleep(100);
    await Promise.all(this.#sessions);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  get #over(): boolean {
    return this.#group.done || this.#fuzzing.stopped();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const number = ++this.#connections;
    const chance = new Chance(this.#fuzzing.seed * 1_000_003 + number * 31 + 17);
    const line = new Line(socket);
    this.#group.sessions++;
    line.onBind = (commandId, sequence) => {
      line.onBind = null;
      const session = this.#answerBind(line, commandId, sequence, chance)
        .then((spoilt) => this.#session(line, chance, number, spoilt))
        .then(() => {
          this.#group.garbled += line.garbled;
          this.#group.inFlight.delete(number);
          this.#sessions.delete(session);
        });
      this.#sessions.add(session);
    };
  }

  /** True: the answer was a spoilt one, and whether the bind stands is for the guard to say. */
  async #answerBind(line: Line, commandId: number, sequence: number, chance: Chance): Promise<boolean> {
    const request: Bind = {
      ...bind('bind_transceiver', { sequence }),
      ...(nameOf(commandId) as Partial<Bind>),
    } as Bind;
    const writer = new ByteWriter(64);
    encode(writer, bindResp(request, 0, 'FUZZER', NO_TLVS) as Pdu, 0x34);
    const answer = Buffer.from(writer.view());
    const spoilt = chance.below(100) < SPOILT_BINDS;
    const length = spoilt ? mutateInto(this.#room, 0, sampleOf(answer), chance, this.#source.all) : 0;
    await line.write(spoilt ? Buffer.from(this.#room.subarray(0, length)) : answer, chance);
    return spoilt;
  }

  async #session(line: Line, chance: Chance, number: number, mayRefuse: boolean): Promise<void> {
    const { composer, groups } = this.#fuzzing;
    const from = performance.now();
    const lifeMs = LIFE_MIN_MS + chance.below(LIFE_SPREAD_MS);
    const tolerance: Tolerance = { version: 0x34, bad: 2, mayEnd: false };
    let undecided = mayRefuse;
    while (!this.#over && !line.closed) {
      await sleep(PACE_MS);
      tolerance.mayEnd = performance.now() - from > lifeMs;
      // While the others catch up it answers as it should, and spoils nothing.
      const count = undecided || this.#group.ahead(groups) ? 0 : 1 + chance.below(CHUNK_MUTATED_MAX);
      const composed = composer.compose(this.#source, line, tolerance, chance, count);
      const chunk: Chunk = undecided ? { ...composed, ends: 'ends' } : composed;
      undecided = false;
      const sent: Sent = { octets: Buffer.from(chunk.octets), connection: number };
      this.#group.inFlight.set(number, sent);
      await line.write(sent.octets, chance);
      if (!settle(this.#group, chunk, sent, await outcomeOf(this.#group, line, chunk))) break;
    }
    line.reset();
  }
}

function nameOf(commandId: number): { readonly command: Bind['command']; readonly commandId: number } {
  const command = commandId === 1 ? 'bind_receiver' : commandId === 2 ? 'bind_transmitter' : 'bind_transceiver';
  return { command, commandId };
}
