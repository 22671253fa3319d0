// Preloaded into an operator under test (`--import`): notes how long each submit_sm waits there for its answer, from the moment its
// octets are read to that in which the answer is handed to the operating system, and writes it into a file as the process ends.
// A delay that is configured is not what is experienced: timers count whole milliseconds and ring late on a busy machine.
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { Command, Frames } from '../src/operator/wire.ts';

/** The operator's port, and where the figures go. */
export const ANSWER_TAP_PORT = 'GLASPOST_BENCH_ANSWER_PORT';
export const ANSWER_TAP_FILE = 'GLASPOST_BENCH_ANSWER_FILE';

/** Of the binds of one system_id: answers, and the sum of their delays. */
export interface AnswerDelay {
  readonly systemId: string;
  readonly answers: number;
  readonly sumMs: number;
}

type Chunk = Buffer | readonly { readonly chunk: Buffer }[];
interface Patched {
  push(this: Socket, chunk: Buffer | null, encoding?: BufferEncoding): boolean;
  _writeGeneric(this: Socket, several: boolean, data: Chunk | string, encoding: string, done: unknown): void;
}

const SUBMIT = 0x04;
const BINDS: readonly number[] = [Command.bindReceiver, Command.bindTransmitter, Command.bindTransceiver];

class Tapped {
  systemId = '';
  readonly read = new Frames();
  readonly written = new Frames();
  readonly readAt = new Map<number, number>();
}

const file = process.env[ANSWER_TAP_FILE];
const port = Number(process.env[ANSWER_TAP_PORT]);
if (file !== undefined && isMainThread) {
  const sums = new Map<string, { answers: number; sumMs: number }>();
  const tapped = new WeakMap<Socket, Tapped>();
  const of = (socket: Socket): Tapped => {
    const known = tapped.get(socket) ?? new Tapped();
    tapped.set(socket, known);
    return known;
  };
  const prototype = Socket.prototype as unknown as Patched;
  const { push, _writeGeneric } = prototype;
  if (typeof push !== 'function' || typeof _writeGeneric !== 'function')
    throw new Error('this Node reads or writes sockets in another way');
  prototype.push = function (chunk, encoding) {
    if (chunk !== null && this.localPort === port) {
      const one = of(this);
      const now = performance.now();
      one.read.feed(
        chunk,
        (bytes, from) => {
          const command = bytes.readUInt32BE(from + 4);
          if (command === SUBMIT) one.readAt.set(bytes.readUInt32BE(from + 12), now);
          else if (BINDS.includes(command)) one.systemId = bytes.latin1Slice(from + 16, bytes.indexOf(0, from + 16));
          return true;
        },
        () => undefined,
      );
    }
    return push.call(this, chunk, encoding);
  };
  prototype._writeGeneric = function (several, data, encoding, done) {
    if (this.localPort === port && typeof data !== 'string') {
      const one = of(this);
      const now = performance.now();
      for (const piece of several ? (data as readonly { readonly chunk: Buffer }[]) : [{ chunk: data as Buffer }])
        one.written.feed(
          piece.chunk,
          (bytes, from) => {
            const sequence = bytes.readUInt32BE(from + 12);
            const readAt = one.readAt.get(sequence);
            if (bytes.readUInt32BE(from + 4) !== (SUBMIT | Command.response) >>> 0 || readAt === undefined) return true;
            one.readAt.delete(sequence);
            const sum = sums.get(one.systemId) ?? { answers: 0, sumMs: 0 };
            sums.set(one.systemId, sum);
            sum.answers += 1;
            sum.sumMs += now - readAt;
            return true;
          },
          () => undefined,
        );
    }
    return _writeGeneric.call(this, several, data, encoding, done);
  };
  process.on('exit', () => {
    const all: AnswerDelay[] = [...sums].map(([systemId, sum]) => ({ systemId, ...sum }));
    writeFileSync(file, JSON.stringify(all));
  });
}
