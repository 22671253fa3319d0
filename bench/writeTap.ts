// Preloaded into a guard under test (`--import`): notes when each submit_sm is handed to the operating system, beneath everything
// that is ours, and writes the times into a file as the process ends. Changes nothing of what is written.
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** The operator's port, and where the times go. */
export const TAP_PORT = 'GLASPOST_BENCH_TAP_PORT';
export const TAP_FILE = 'GLASPOST_BENCH_TAP_FILE';

/** Times in ms of the guard's monotonic clock, by link. */
export interface TappedLink {
  readonly link: string;
  readonly times: readonly number[];
  /** Of them, not taken at once: their time is that at which all of them had been taken. */
  readonly late: number;
}

/** Node's own call for what goes to the handle now, be it one piece or several gathered ones. */
type WriteGeneric = (
  this: Socket,
  several: boolean,
  data: Buffer | readonly { readonly chunk: Buffer }[],
  encoding: string,
  done: (error?: Error | null) => void,
) => void;

const SUBMIT = 0x04;
const BINDS: readonly number[] = [0x01, 0x02, 0x09];

interface Link {
  readonly times: number[];
  late: number;
}

const file = process.env[TAP_FILE];
const port = Number(process.env[TAP_PORT]);
if (file !== undefined && isMainThread) {
  const links = new Map<string, Link>();
  const linkOf = new WeakMap<Socket, Link>();
  const prototype = Socket.prototype as unknown as { _writeGeneric: WriteGeneric };
  const original = prototype._writeGeneric;
  if (typeof original !== 'function') throw new Error('this Node writes sockets in another way');
  prototype._writeGeneric = function (several, data, encoding, done) {
    if (this.remotePort !== port || typeof data === 'string') return original.call(this, several, data, encoding, done);
    let submits = 0;
    for (const piece of several ? (data as readonly { readonly chunk: Buffer }[]) : [{ chunk: data as Buffer }]) {
      const { chunk } = piece;
      // A write of the guard holds whole PDUs.
      for (let at = 0; at < chunk.length; at += chunk.readUInt32BE(at)) {
        const command = chunk.readUInt32BE(at + 4);
        if (command === SUBMIT) submits += 1;
        else if (BINDS.includes(command)) {
          const name = chunk.latin1Slice(at + 16, chunk.indexOf(0, at + 16));
          const link = links.get(name) ?? { times: [], late: 0 };
          links.set(name, link);
          linkOf.set(this, link);
        }
      }
    }
    const link = linkOf.get(this);
    if (submits === 0 || link === undefined) return original.call(this, several, data, encoding, done);
    const from = link.times.length;
    const now = performance.now();
    for (let i = 0; i < submits; i += 1) link.times.push(now);
    let returned = false;
    original.call(this, several, data, encoding, (error) => {
      if (returned) {
        link.late += submits;
        link.times.fill(performance.now(), from, from + submits);
      }
      done(error);
    });
    returned = true;
  };
  process.on('exit', () => {
    const all: TappedLink[] = [...links].map(([link, { times, late }]) => ({
      link,
      times: times.map((time) => Math.round(time * 1000) / 1000),
      late,
    }));
    writeFileSync(file, JSON.stringify(all));
  });
}
