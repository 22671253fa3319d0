// The two threads of the spills, by role: the reader answers look-ups from run files, the writer makes and merges them.
// Apart, because a look-up must not wait for a sort. Started by spill.ts only.
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { makeFolder } from './durable.ts';
import { meaning } from './journalStore.ts';
import { WRITE_BYTES, writeRun } from './spillBuild.ts';
import { type RunFacts, type RunName, runFile } from './spillFormat.ts';
import type { ReaderAnswer, ReaderRequest, SpillWorkerData, WriterAnswer, WriterRequest } from './spillMessages.ts';
import { Run } from './spillRun.ts';
import { Runs } from './spillRuns.ts';

const port = parentPort as MessagePort;
const { folder, role } = workerData as SpillWorkerData;

function startReader(): void {
  const spills = new Map<string, Runs>();
  const answer = (message: ReaderAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const runsOf = (name: string): Runs => spills.get(name) as Runs;
  port.on('message', (request: ReaderRequest) => {
    switch (request.kind) {
      case 'open': {
        const runs = new Runs(join(folder, request.name));
        spills.set(request.name, runs);
        const { facts, nextNumber, torn } = runs;
        answer({ kind: 'opened', name: request.name, runs: facts, nextNumber, torn });
        return;
      }
      case 'get': {
        const runs = runsOf(request.name);
        const values = request.keys.map((key) => runs.get(key));
        const lengths = Int32Array.from(values, (value) => value?.length ?? -1);
        const data = new Uint8Array(values.reduce((sum, value) => sum + (value?.length ?? 0), 0));
        let at = 0;
        for (const value of values) {
          if (value === null) continue;
          data.set(value, at);
          at += value.length;
        }
        answer({ kind: 'got', tag: request.tag, lengths, data: data.buffer }, [lengths.buffer, data.buffer]);
        return;
      }
      case 'list': {
        const before = request.before === null ? null : Buffer.from(request.before);
        // Copies: what is posted takes the whole memory behind a view along.
        const entries = runsOf(request.name)
          .list(request.group, before, request.limit)
          .map(({ key, order, value }) => ({
            key: Uint8Array.from(key),
            order: Uint8Array.from(order),
            value: Uint8Array.from(value),
          }));
        answer({ kind: 'listed', tag: request.tag, entries });
        return;
      }
      case 'add':
        runsOf(request.name).add(request.run, request.replaces);
        answer({ kind: 'added', name: request.name, run: request.run });
        return;
      case 'drop':
        runsOf(request.name).drop(request.runs);
        return;
      case 'close':
        for (const runs of spills.values()) runs.close();
        answer({ kind: 'closed' });
        port.close();
    }
  });
}

function startWriter(): void {
  const answer = (message: WriterAnswer): void => port.postMessage(message);
  /** Null on a full disk; every other failure ends the program. */
  const tried = (write: () => RunFacts): RunFacts | null => {
    try {
      return write();
    } catch (error) {
      if (meaning(error) === 'full') return null;
      throw error;
    }
  };
  // Memory that serves every run: left to the collector, what a merge reads is fifty megabytes until it comes.
  const room = Buffer.allocUnsafeSlow(WRITE_BYTES);
  let read = Buffer.alloc(0);
  const merged = (name: string, names: readonly RunName[], newestMs: number): RunFacts => {
    const path = join(folder, name);
    const parts = names.map((part) => {
      const run = Run.open(join(path, runFile(part)), part);
      if (run === null) throw new Error(`spill: run ${runFile(part)} is torn`);
      return run;
    });
    const length = parts.reduce((sum, { entriesLength }) => sum + entriesLength, 0);
    if (length > read.length) read = Buffer.allocUnsafeSlow(length + (length >> 2));
    let at = 0;
    const sources = parts.map((run) => {
      const bytes = read.subarray(at, (at += run.entriesLength));
      run.readEntries(bytes);
      run.close();
      return { bytes, used: bytes.length };
    });
    const whole = { first: (names[0] as RunName).first, last: (names.at(-1) as RunName).last };
    return writeRun(path, whole, sources, newestMs, room);
  };
  const made = new Set<string>();
  port.on('message', (request: WriterRequest) => {
    switch (request.kind) {
      case 'flush': {
        const { name, chunks, used, newestMs } = request;
        const path = join(folder, name);
        if (!made.has(path)) makeFolder(path);
        made.add(path);
        const sources = chunks.map((chunk, i) => ({ bytes: Buffer.from(chunk), used: used[i] as number }));
        answer({
          kind: 'written',
          name,
          run: tried(() => writeRun(path, request.run, sources, newestMs, room)),
          replaces: [],
        });
        return;
      }
      case 'merge': {
        const { name, runs, newestMs } = request;
        answer({ kind: 'written', name, run: tried(() => merged(name, runs, newestMs)), replaces: runs });
        return;
      }
      case 'close':
        answer({ kind: 'closed' });
        port.close();
    }
  });
}

if (role === 'reader') startReader();
else startWriter();
