// All spills of one program: their two threads, and who gets which answer. One spill itself is spillFront.ts.
import { Worker } from 'node:worker_threads';
import { type HostSpill, type Threads, WorkerSpill } from './spillFront.ts';
import type { ReaderAnswer, ReaderRequest, SpillWorkerData, WriterAnswer, WriterRequest } from './spillMessages.ts';

export interface SpillsOptions {
  /** Holds one folder per spill; made when it is missing. The data folder's lock is the journal's. */
  readonly folder: string;
  /** A thread has thrown: a broken invariant, a failing sync or read. Default: throws here too, which ends the program. */
  readonly onCrash?: (error: Error) => void;
}

/** All spills of one program, on two threads. */
export interface Spills {
  /** Opens a spill, once per name; look-ups may be asked at once. */
  spill(name: string): HostSpill;
  close(): Promise<void>;
}

export function openSpills(options: SpillsOptions): Spills {
  return new WorkerSpills(options);
}

class WorkerSpills implements Spills, Threads {
  readonly #reader: Worker;
  readonly #writer: Worker;
  readonly #spills: Map<string, WorkerSpill> = new Map();
  readonly #expected: Map<number, (answer: ReaderAnswer) => void> = new Map();
  readonly #closed: (() => void)[] = [];
  #tag = 0;

  constructor(options: SpillsOptions) {
    this.#reader = start(options, 'reader');
    this.#writer = start(options, 'writer');
    this.#reader.on('message', (answer: ReaderAnswer) => {
      if (answer.kind === 'opened') this.#named(answer.name).opened(answer.runs, answer.nextNumber, answer.torn);
      else if (answer.kind === 'added') this.#named(answer.name).added(answer.run);
      else if (answer.kind === 'closed') this.#closed.pop()?.();
      else {
        const done = this.#expected.get(answer.tag);
        this.#expected.delete(answer.tag);
        done?.(answer);
      }
    });
    this.#writer.on('message', (answer: WriterAnswer) => {
      if (answer.kind === 'written') this.#named(answer.name).written(answer.run, answer.replaces);
      else this.#closed.pop()?.();
    });
  }

  spill(name: string): HostSpill {
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) throw new Error(`spill: ${name} is no name`);
    if (this.#spills.has(name)) throw new Error(`spill: ${name} is open`);
    const spill = new WorkerSpill(name, this);
    this.#spills.set(name, spill);
    this.read({ kind: 'open', name });
    return spill;
  }

  read(request: ReaderRequest): void {
    this.#reader.postMessage(request);
  }

  write(request: WriterRequest): void {
    this.#writer.postMessage(request);
  }

  expect(done: (answer: ReaderAnswer) => void): number {
    this.#expected.set(++this.#tag, done);
    return this.#tag;
  }

  async close(): Promise<void> {
    // The writer first: what it has written is still added by the reader.
    for (const [worker, close] of [
      [this.#writer, () => this.write({ kind: 'close' })],
      [this.#reader, () => this.read({ kind: 'close' })],
    ] as const) {
      await new Promise<void>((resolve) => {
        this.#closed.push(resolve);
        close();
      });
      await worker.terminate();
    }
  }

  #named(name: string): WorkerSpill {
    return this.#spills.get(name) as WorkerSpill;
  }
}

function start(options: SpillsOptions, role: SpillWorkerData['role']): Worker {
  const data: SpillWorkerData = { folder: options.folder, role };
  const file = import.meta.url.endsWith('.ts') ? './spillWorker.ts' : './spillWorker.js';
  const worker = new Worker(new URL(file, import.meta.url), { name: `spill-${role}`, workerData: data });
  worker.on('error', (error: Error) => {
    if (options.onCrash === undefined) throw error;
    options.onCrash(error);
  });
  return worker;
}
