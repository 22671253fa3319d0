// port/journal.ts on SQLite (design §6). This half lives in the main thread and only passes buffers to the worker and back;
// nothing here waits, hashes or copies. One data folder has one opener at a time.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SECRETS_END_MS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { AppendOutcome, Journal, JournalBatch } from '../port/journal.ts';
import { makeFolder } from './durable.ts';
import type { JournalAnswer, JournalRequest, JournalWorkerData, ReadBatches } from './journalMessages.ts';

export interface JournalOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** Part of every key: without it a copy of the folder opens nothing. At least 16 octets. */
  readonly storageSecret: Uint8Array;
  /** Given up on a full disk; default 16 MiB: a checkpoint's pages and the WAL of a few trims. */
  readonly reserveBytes?: number;
  /** Largest number of pages of 4 KiB in the database; default: no limit. */
  readonly maxPages?: number;
  /** From the end of a batch's secrets to the synced overwriting of its key; default a second. */
  readonly keySyncMs?: number;
  /** The worker has thrown: a broken invariant or a failing sync. Default: throws here too, which ends the program. */
  readonly onCrash?: (error: Error) => void;
}

/** locked: another program has the folder; `pid` as it wrote it down, null when that cannot be read. */
export type JournalFault =
  | { readonly code: 'locked'; readonly folder: string; readonly pid: number | null }
  | { readonly code: 'failed'; readonly folder: string; readonly detail: string };

/** The journal with what only tests and operations ask of it. */
export interface HostJournal extends Journal {
  /** Batches whose key has ended and may still be on disk. */
  readonly pendingKeys: number;
  /** Batches whose key has been destroyed since the start. */
  readonly endedKeys: number;
  /** Microseconds of CPU that the worker thread has used. */
  workerCpuMicros(): Promise<number>;
}

const RESERVE_BYTES = 16 * 1024 * 1024;
const MIN_SECRET_OCTETS = 16;

/** Opens or makes the journal of a data folder and takes its lock, which the operating system gives back when the process ends. */
export async function openJournal(options: JournalOptions): Promise<Result<HostJournal, JournalFault>> {
  const { folder } = options;
  if (options.storageSecret.length < MIN_SECRET_OCTETS) {
    return err({ code: 'failed', folder, detail: `the storage secret must have at least ${MIN_SECRET_OCTETS} octets` });
  }
  try {
    makeFolder(folder);
  } catch (error) {
    return err({ code: 'failed', folder, detail: error instanceof Error ? error.message : String(error) });
  }
  const data: JournalWorkerData = {
    folder,
    storageSecret: options.storageSecret,
    reserveBytes: options.reserveBytes ?? RESERVE_BYTES,
    maxPages: options.maxPages ?? 0,
    keySyncMs: Math.min(options.keySyncMs ?? 1000, SECRETS_END_MS),
  };
  const file = import.meta.url.endsWith('.ts') ? './journalWorker.ts' : './journalWorker.js';
  const worker = new Worker(new URL(file, import.meta.url), { name: 'journal', workerData: data });
  const first = await new Promise<JournalAnswer>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error) => resolve({ kind: 'failed', detail: String(error) }));
  });
  worker.removeAllListeners('error');
  if (first.kind !== 'ready') {
    await worker.terminate();
    if (first.kind === 'locked') return err({ code: 'locked', folder, pid: readPid(folder) });
    return err({ code: 'failed', folder, detail: first.kind === 'failed' ? first.detail : 'no answer' });
  }
  writeFileSync(lockPath(folder), `${process.pid}\n`, { mode: 0o600 });
  return ok(new WorkerJournal(worker, options));
}

function lockPath(folder: string): string {
  return join(folder, 'lock');
}

function readPid(folder: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(lockPath(folder), 'latin1'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    // Its owner may be about to write it: that somebody has the folder is known all the same.
    return null;
  }
}

type AppendDone = (outcome: AppendOutcome, batch: JournalBatch) => void;
type EachBatch = (seq: number, records: Buffer, secrets: Buffer | null) => void;

interface ReadUnderWay {
  readonly slot: number;
  readonly each: EachBatch;
  readonly done: (nextSeq: number) => void;
}

interface ReadManyUnderWay {
  readonly seqs: readonly number[];
  readonly done: (batches: readonly ({ readonly records: Buffer; readonly secrets: Buffer | null } | null)[]) => void;
}

class WorkerJournal implements HostJournal {
  readonly #worker: Worker;
  readonly #folder: string;
  readonly #batches: JournalBatch[] = [];
  readonly #dones: AppendDone[] = [];
  readonly #reads: Map<number, ReadUnderWay> = new Map();
  readonly #readManys: Map<number, ReadManyUnderWay> = new Map();
  #tag = 0;
  #closed: (() => void) | null = null;
  #stats = { syncs: 0, batches: 0 };
  pendingKeys = 0;
  endedKeys = 0;

  constructor(worker: Worker, options: JournalOptions) {
    this.#worker = worker;
    this.#folder = options.folder;
    worker.on('message', this.#take);
    worker.on('error', (error: Error) => {
      if (options.onCrash === undefined) throw error;
      options.onCrash(error);
    });
  }

  append(slot: number, epoch: number, seq: number, batch: JournalBatch, done: AppendDone): void {
    const { recordsLength, secretsLength } = batch;
    const records = owned(batch.records);
    const secrets = secretsLength > 0 ? owned(batch.secrets) : null;
    this.#batches.push(batch);
    this.#dones.push(done);
    const message: JournalRequest = {
      kind: 'append',
      slot,
      epoch,
      seq,
      records,
      recordsLength,
      secrets,
      secretsLength,
    };
    this.#worker.postMessage(message, secrets === null ? [records] : [records, secrets]);
  }

  read(slot: number, fromSeq: number, each: EachBatch, done: (nextSeq: number) => void): void {
    const tag = ++this.#tag;
    this.#reads.set(tag, { slot, each, done });
    this.#send({ kind: 'read', slot, fromSeq, tag });
  }

  readMany(slot: number, seqs: readonly number[], done: ReadManyUnderWay['done']): void {
    const tag = ++this.#tag;
    this.#readManys.set(tag, { seqs, done });
    this.#send({ kind: 'readMany', slot, seqs, tag });
  }

  endSecrets(slot: number, seqs: readonly number[]): void {
    this.pendingKeys += seqs.length;
    this.#send({ kind: 'endSecrets', slot, seqs });
  }

  trim(slot: number, beforeSeq: number): void {
    this.#send({ kind: 'trim', slot, beforeSeq });
  }

  stats(): { readonly syncs: number; readonly batches: number; readonly fileBytes: number } {
    let fileBytes = 0;
    for (const name of ['journal.db', 'journal.db-wal', 'keys', 'reserve']) {
      fileBytes += statSync(join(this.#folder, name), { throwIfNoEntry: false })?.size ?? 0;
    }
    return { ...this.#stats, fileBytes };
  }

  async workerCpuMicros(): Promise<number> {
    const { user, system } = await this.#worker.cpuUsage();
    return user + system;
  }

  async close(): Promise<void> {
    // Before the lock is given back: afterwards the file may be another opener's.
    rmSync(lockPath(this.#folder), { force: true });
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#send({ kind: 'close' });
    });
    await this.#worker.terminate();
  }

  #send(message: JournalRequest): void {
    this.#worker.postMessage(message);
  }

  readonly #take = (answer: JournalAnswer): void => {
    switch (answer.kind) {
      case 'appended':
        this.#stats = { syncs: answer.syncs, batches: answer.batches };
        for (const [i, outcome] of answer.outcomes.entries()) {
          const batch = this.#batches.shift() as JournalBatch;
          const done = this.#dones.shift() as AppendDone;
          batch.records = Buffer.from(answer.buffers[2 * i] as ArrayBuffer);
          const secrets = answer.buffers[2 * i + 1];
          if (secrets !== null && secrets !== undefined) batch.secrets = Buffer.from(secrets);
          done(outcome, batch);
        }
        return;
      case 'read':
        this.#readPart(answer.tag, answer.batches, answer.nextSeq);
        return;
      case 'readMany': {
        const { seqs, done } = this.#readManys.get(answer.tag) as ReadManyUnderWay;
        this.#readManys.delete(answer.tag);
        const found = new Map<number, { readonly records: Buffer; readonly secrets: Buffer | null }>();
        walk(answer.batches, (seq, records, secrets) => found.set(seq, { records, secrets }));
        done(seqs.map((seq) => found.get(seq) ?? null));
        return;
      }
      case 'keys':
        this.pendingKeys = answer.pendingKeys;
        this.endedKeys = answer.endedKeys;
        this.#stats = { ...this.#stats, syncs: answer.syncs };
        return;
      case 'closed':
        this.#closed?.();
        return;
      default:
        throw new Error(`journal: unexpected answer ${answer.kind}`);
    }
  };

  #readPart(tag: number, batches: ReadBatches, nextSeq: number): void {
    const read = this.#reads.get(tag) as ReadUnderWay;
    // The next part is read while this one is handed out.
    if (nextSeq === 0) {
      this.#send({ kind: 'read', slot: read.slot, fromSeq: (batches.seqs.at(-1) as number) + 1, tag });
    } else this.#reads.delete(tag);
    walk(batches, read.each);
    if (nextSeq > 0) read.done(nextSeq);
  }
}

/** A buffer's memory, to be transferred: it must be the buffer's own, or others would lose theirs. */
function owned(buffer: Buffer): ArrayBuffer {
  const memory = buffer.buffer;
  if (memory.byteLength !== buffer.length || !(memory instanceof ArrayBuffer)) {
    throw new Error('journal: a batch buffer must own its memory (allocUnsafeSlow)');
  }
  return memory;
}

function walk(batches: ReadBatches, each: EachBatch): void {
  let at = 0;
  for (const [i, seq] of batches.seqs.entries()) {
    const records = Buffer.from(batches.data, at, batches.recordsLengths[i] as number);
    at += records.length;
    const secretsLength = batches.secretsLengths[i] as number;
    const secrets = secretsLength < 0 ? null : Buffer.from(batches.data, at, secretsLength);
    at += Math.max(0, secretsLength);
    each(seq, records, secrets);
  }
}
