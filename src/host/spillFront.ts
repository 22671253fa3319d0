// port/spill.ts on run files in a folder per purpose. This half lives in the main thread: it keeps what is not yet in a run,
// asks the reading thread for the rest, and decides when runs are merged. Never waits, never touches a file.
import type { Spill, SpillEntry } from '../port/spill.ts';
import type { RunFacts, RunName } from './spillFormat.ts';
import type { ReaderAnswer, ReaderRequest, WriterRequest } from './spillMessages.ts';
import { mergeable } from './spillPlan.ts';
import { SpillTable } from './spillTable.ts';

export interface HostSpill extends Spill {
  /** Runs on disk, files that were found torn, octets: for metrics. */
  stats(): { readonly runs: number; readonly torn: number; readonly fileBytes: number };
}

/** What a spill asks of its threads. */
export interface Threads {
  read(request: ReaderRequest): void;
  write(request: WriterRequest): void;
  /** The tag under which `done` gets the reader's answer. */
  expect(done: (answer: ReaderAnswer) => void): number;
}

/** A table that is no longer written to, on its way into a run. */
interface Frozen {
  readonly table: SpillTable;
  run: RunName | null;
}

interface Flush {
  /** Tables that must be durable. */
  readonly tables: Set<SpillTable>;
  readonly done: (ok: boolean) => void;
}

export class WorkerSpill implements HostSpill {
  readonly #name: string;
  readonly #threads: Threads;
  /** Chunks for tables to come. */
  readonly #spare: Buffer[] = [];
  #table = new SpillTable(this.#spare);
  /** Lists that are being asked for: they still read the tables of the question. */
  #lists = 0;
  /** Oldest first. */
  #frozen: Frozen[] = [];
  #flushes: Flush[] = [];
  #runs: RunFacts[] = [];
  #torn = 0;
  /** 0: the reader has not yet said what stands in the folder. */
  #nextNumber = 0;
  #merging = false;
  #dropBeforeMs = 0;
  #keys: string[] = [];
  #dones: ((value: Buffer | null) => void)[] = [];

  constructor(name: string, threads: Threads) {
    this.#name = name;
    this.#threads = threads;
  }

  put(entry: SpillEntry): void {
    this.#table.put(entry, Date.now());
  }

  get(key: Buffer, done: (value: Buffer | null) => void): void {
    for (const table of this.#tables().reverse()) {
      const value = table.get(key);
      if (value === null) continue;
      queueMicrotask(() => done(value));
      return;
    }
    // All look-ups of one turn go in one message.
    if (this.#keys.length === 0) queueMicrotask(this.#ask);
    this.#keys.push(key.latin1Slice(0, key.length));
    this.#dones.push(done);
  }

  list(group: number, before: Buffer | null, limit: number, done: (entries: readonly SpillEntry[]) => void): void {
    const asked = this.#tables();
    const inMemory = asked.reduce((sum, table) => sum + table.size, 0);
    this.#lists++;
    const tag = this.#threads.expect((answer) => {
      this.#lists--;
      if (answer.kind !== 'listed') throw new Error('spill: not a list');
      // What was in memory at the question may be in a run by now, and in the answer or not: here it counts.
      const tables = [...new Set([...asked, ...this.#tables()])];
      const ours = tables.flatMap((table, age) =>
        table.list(group, before).filter(({ key }) => !newer(tables, age, key)),
      );
      const onDisk = answer.entries
        .map(({ key, order, value }) => ({
          group,
          key: Buffer.from(key),
          order: Buffer.from(order),
          value: Buffer.from(value),
        }))
        .filter(({ key }) => !newer(tables, -1, key));
      done([...ours, ...onDisk].sort((a, b) => Buffer.compare(b.order, a.order)).slice(0, limit));
    });
    // Some of the answer may be superseded by what is in memory.
    const wanted = limit + Math.min(inMemory, limit);
    this.#threads.read({ kind: 'list', name: this.#name, tag, group, before, limit: wanted });
  }

  get unflushed(): number {
    return this.#frozen.reduce((sum, { table }) => sum + table.size, this.#table.size);
  }

  flush(done: (ok: boolean) => void): void {
    if (this.#table.size > 0) {
      this.#frozen.push({ table: this.#table, run: null });
      this.#table = new SpillTable(this.#spare);
    }
    const tables = new Set(this.#frozen.map(({ table }) => table));
    if (tables.size === 0) {
      queueMicrotask(() => done(true));
      return;
    }
    this.#flushes.push({ tables, done });
    this.#writeFrozen();
  }

  dropBefore(beforeMs: number): void {
    this.#dropBeforeMs = Math.max(this.#dropBeforeMs, beforeMs);
    this.#drop();
  }

  stats(): { readonly runs: number; readonly torn: number; readonly fileBytes: number } {
    const fileBytes = this.#runs.reduce((sum, run) => sum + run.bytes, 0);
    return { runs: this.#runs.length, torn: this.#torn, fileBytes };
  }

  /** Waits for what is being written; the threads are closed with `Spills.close`. */
  close(): Promise<void> {
    return new Promise((resolve) => this.flush(() => resolve()));
  }

  opened(runs: readonly RunFacts[], nextNumber: number, torn: number): void {
    this.#runs = [...runs];
    this.#nextNumber = nextNumber;
    this.#torn = torn;
    this.#writeFrozen();
    this.#drop();
    this.#merge();
  }

  written(run: RunFacts | null, replaces: readonly RunName[]): void {
    if (run !== null) {
      const gone = new Set(replaces.map(({ first }) => first));
      this.#runs = [...this.#runs.filter(({ first }) => !gone.has(first)), run].sort((a, b) => a.first - b.first);
      this.#threads.read({ kind: 'add', name: this.#name, run: { first: run.first, last: run.last }, replaces });
      return;
    }
    // No room: what was to be flushed stays in memory and is tried again with the next flush.
    if (replaces.length > 0) {
      this.#merging = false;
      return;
    }
    for (const frozen of this.#frozen) frozen.run = null;
    for (const flush of this.#flushes.splice(0)) flush.done(false);
  }

  added({ first, last }: RunName): void {
    const at = this.#frozen.findIndex(({ run }) => run?.first === first && run.last === last);
    if (at < 0) this.#merging = false;
    else {
      const [frozen] = this.#frozen.splice(at, 1) as [Frozen];
      if (this.#lists === 0) frozen.table.giveBack();
      for (const flush of this.#flushes) flush.tables.delete(frozen.table);
      const ended = this.#flushes.filter(({ tables }) => tables.size === 0);
      this.#flushes = this.#flushes.filter(({ tables }) => tables.size > 0);
      for (const flush of ended) flush.done(true);
      this.#writeFrozen();
    }
    this.#drop();
    this.#merge();
  }

  /** Oldest first. */
  #tables(): SpillTable[] {
    return [...this.#frozen.map(({ table }) => table), this.#table];
  }

  readonly #ask = (): void => {
    const keys = this.#keys;
    const dones = this.#dones;
    this.#keys = [];
    this.#dones = [];
    const tag = this.#threads.expect((answer) => {
      if (answer.kind !== 'got') throw new Error('spill: not values');
      let at = 0;
      for (const [i, done] of dones.entries()) {
        const length = answer.lengths[i] as number;
        done(length < 0 ? null : Buffer.from(answer.data, at, length));
        at += Math.max(0, length);
      }
    });
    this.#threads.read({ kind: 'get', name: this.#name, tag, keys });
  };

  /** One table after the other: a full disk then refuses them in order. */
  #writeFrozen(): void {
    const frozen = this.#frozen[0];
    if (frozen === undefined || frozen.run !== null || this.#nextNumber === 0 || this.#flushes.length === 0) return;
    frozen.run = { first: this.#nextNumber, last: this.#nextNumber };
    this.#nextNumber++;
    const { chunks, used, newestMs } = frozen.table;
    this.#threads.write({
      kind: 'flush',
      name: this.#name,
      run: frozen.run,
      chunks: chunks.map((chunk) => chunk.buffer as unknown as SharedArrayBuffer),
      used,
      newestMs,
    });
  }

  #merge(): void {
    if (this.#merging) return;
    const runs = mergeable(this.#runs);
    if (runs.length === 0) return;
    this.#merging = true;
    const newestMs = Math.max(...runs.map((run) => run.newestMs));
    this.#threads.write({
      kind: 'merge',
      name: this.#name,
      runs: runs.map(({ first, last }) => ({ first, last })),
      newestMs,
    });
  }

  #drop(): void {
    // Runs that are being merged go with their successor.
    if (this.#merging || this.#nextNumber === 0) return;
    const old = this.#runs.filter(({ newestMs }) => newestMs < this.#dropBeforeMs);
    if (old.length === 0) return;
    this.#runs = this.#runs.filter(({ newestMs }) => newestMs >= this.#dropBeforeMs);
    this.#threads.read({ kind: 'drop', name: this.#name, runs: old.map(({ first, last }) => ({ first, last })) });
  }
}

/** Whether a table younger than number `age` has the key. */
function newer(tables: readonly SpillTable[], age: number, key: Buffer): boolean {
  return tables.some((table, i) => i > age && table.has(key));
}
