// port/journal.ts in a simulated world: a disk in memory that outlives the programs that use it, and a journal on it whose
// every outcome is decided by the world. Nothing here is random; the seed's owner gives the fates.
import { JOURNAL_SLOTS_MAX } from '../base/limits.ts';
import type { AppendOutcome, Journal, JournalBatch } from '../port/journal.ts';
import type { Loop } from '../port/loop.ts';

/**
 * What happens to one append. `unknownStored` and `unknownLost` both answer 'unknown'; only the disk knows which it was.
 * `fenced` answers as if another owner had come.
 */
export type AppendFate = 'durable' | 'full' | 'unknownStored' | 'unknownLost' | 'fenced';

export interface SimJournalOptions {
  readonly loop: Loop;
  /** Asked once per append, in order. */
  readonly fate: (slot: number, seq: number) => { readonly fate: AppendFate; readonly delayMs: number };
  /** From `endSecrets` to the loss of the key on disk. */
  readonly keySyncMs: number;
}

interface StoredBatch {
  readonly records: Buffer;
  secrets: Buffer | null;
}

interface SimSlot {
  epoch: number;
  firstSeq: number;
  lastSeq: number;
  readonly batches: Map<number, StoredBatch>;
}

interface PendingAppend {
  readonly slot: number;
  readonly epoch: number;
  readonly seq: number;
  readonly stored: StoredBatch;
  readonly fate: AppendFate;
}

/** The durable part, kept across crashes of its users. One journal at a time is open on it. */
export class SimJournalDisk {
  readonly slots: Map<number, SimSlot> = new Map();
  /** Written, outcome not yet told, oldest first. */
  readonly pending: PendingAppend[] = [];
  /** Ended in memory, key still on disk. */
  readonly ending: { readonly batch: StoredBatch; readonly secrets: Buffer }[] = [];
  user: SimJournal | null = null;
  syncs = 0;
  appended = 0;

  slot(slot: number): SimSlot {
    let state = this.slots.get(slot);
    if (state === undefined) {
      state = { epoch: 0, firstSeq: 1, lastSeq: 0, batches: new Map() };
      this.slots.set(slot, state);
    }
    return state;
  }

  /**
   * The user dies now. Of what was under way the oldest `stored` batches have reached the disk, the torn rest is lost;
   * `keysBack`: the overwriting of ended keys that was not yet synced is lost too.
   */
  crash(stored: number, keysBack: boolean): void {
    this.user?.die();
    this.user = null;
    for (const append of this.pending.splice(0).slice(0, stored)) {
      if (append.fate === 'durable' || append.fate === 'unknownStored') store(this.slot(append.slot), append);
    }
    if (keysBack) for (const { batch, secrets } of this.ending) batch.secrets = secrets;
    this.ending.length = 0;
  }
}

function store(slot: SimSlot, append: PendingAppend): void {
  if (append.seq !== slot.lastSeq + 1 || append.epoch < slot.epoch) return;
  slot.epoch = append.epoch;
  slot.batches.set(append.seq, append.stored);
  slot.lastSeq = append.seq;
}

/** Opens the disk; null while another journal has it open. */
export function openSimJournal(disk: SimJournalDisk, options: SimJournalOptions): SimJournal | null {
  if (disk.user !== null) return null;
  disk.user = new SimJournal(disk, options);
  return disk.user;
}

export class SimJournal implements Journal {
  readonly #disk: SimJournalDisk;
  readonly #loop: Loop;
  readonly #fate: SimJournalOptions['fate'];
  readonly #keySyncMs: number;
  /** Completions come in order: none before this time. */
  #lastDoneAt = 0;
  readonly #refused: Set<number> = new Set();
  #failed = false;
  #fenced = false;
  #dead = false;

  constructor(disk: SimJournalDisk, options: SimJournalOptions) {
    this.#disk = disk;
    this.#loop = options.loop;
    this.#fate = options.fate;
    this.#keySyncMs = options.keySyncMs;
  }

  /** From now on calls do nothing and nothing is called back. */
  die(): void {
    this.#dead = true;
  }

  append(
    slot: number,
    epoch: number,
    seq: number,
    batch: JournalBatch,
    done: (outcome: AppendOutcome, batch: JournalBatch) => void,
  ): void {
    if (this.#dead) return;
    if (!(slot >= 0 && slot < JOURNAL_SLOTS_MAX)) throw new RangeError(`journal: no slot ${slot}`);
    const { fate, delayMs } = this.#fate(slot, seq);
    const stored: StoredBatch = {
      records: Buffer.from(batch.records.subarray(0, batch.recordsLength)),
      secrets: batch.secretsLength === 0 ? null : Buffer.from(batch.secrets.subarray(0, batch.secretsLength)),
    };
    const append: PendingAppend = { slot, epoch, seq, stored, fate };
    this.#disk.pending.push(append);
    // Given up until it comes back: who still reads or writes the buffers sees it at once.
    const { records, secrets } = batch;
    batch.records = Buffer.alloc(0);
    batch.secrets = Buffer.alloc(0);
    this.#lastDoneAt = Math.max(this.#lastDoneAt, this.#loop.monotonic() + delayMs);
    this.#later(this.#lastDoneAt, () => {
      this.#disk.pending.shift();
      batch.records = records;
      batch.secrets = secrets;
      done(this.#outcome(append), batch);
    });
  }

  read(
    slot: number,
    fromSeq: number,
    each: (seq: number, records: Buffer, secrets: Buffer | null) => void,
    done: (nextSeq: number) => void,
  ): void {
    this.#soon(() => {
      const state = this.#disk.slot(slot);
      for (let seq = Math.max(fromSeq, state.firstSeq); seq <= state.lastSeq; seq++) {
        const { records, secrets } = state.batches.get(seq) as StoredBatch;
        each(seq, Buffer.from(records), secrets === null ? null : Buffer.from(secrets));
      }
      done(state.lastSeq + 1);
    });
  }

  readMany(
    slot: number,
    seqs: readonly number[],
    done: (batches: readonly ({ readonly records: Buffer; readonly secrets: Buffer | null } | null)[]) => void,
  ): void {
    this.#soon(() => {
      const { batches } = this.#disk.slot(slot);
      done(
        seqs.map((seq) => {
          const found = batches.get(seq);
          if (found === undefined) return null;
          return {
            records: Buffer.from(found.records),
            secrets: found.secrets === null ? null : Buffer.from(found.secrets),
          };
        }),
      );
    });
  }

  endSecrets(slot: number, seqs: readonly number[]): void {
    // After the appends that were given before, as everywhere.
    this.#soon(() => {
      for (const seq of seqs) {
        const batch = this.#disk.slot(slot).batches.get(seq);
        if (batch === undefined || batch.secrets === null) continue;
        const ending = { batch, secrets: batch.secrets };
        batch.secrets = null;
        this.#disk.ending.push(ending);
        this.#later(this.#loop.monotonic() + this.#keySyncMs, () => {
          this.#disk.ending.splice(this.#disk.ending.indexOf(ending), 1);
          ending.secrets.fill(0);
        });
      }
    });
  }

  trim(slot: number, beforeSeq: number): void {
    this.#soon(() => {
      const state = this.#disk.slot(slot);
      const before = Math.min(beforeSeq, state.lastSeq + 1);
      for (; state.firstSeq < before; state.firstSeq++) state.batches.delete(state.firstSeq);
    });
  }

  stats(): { readonly syncs: number; readonly batches: number; readonly fileBytes: number } {
    let fileBytes = 0;
    for (const { batches } of this.#disk.slots.values()) {
      for (const { records, secrets } of batches.values()) fileBytes += records.length + (secrets?.length ?? 0);
    }
    return { syncs: this.#disk.syncs, batches: this.#disk.appended, fileBytes };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#soon(() => {
        this.#dead = true;
        this.#disk.ending.length = 0;
        this.#disk.user = null;
        resolve();
      });
    });
  }

  #outcome(append: PendingAppend): AppendOutcome {
    const { slot, seq, stored, fate } = append;
    const state = this.#disk.slot(slot);
    if (this.#failed) return 'unknown';
    // Who has been fenced stays so: what it had under way behind is not stored either.
    if (fate === 'fenced') this.#fenced = true;
    if (append.epoch < state.epoch || this.#fenced) return 'fenced';
    if (fate === 'unknownLost' || fate === 'unknownStored') {
      this.#failed = true;
      if (fate === 'unknownStored') store(state, append);
      return 'unknown';
    }
    if (seq <= state.lastSeq) {
      const known = state.batches.get(seq);
      if (known === undefined || same(known, stored)) return 'durable';
      throw new Error(`journal: batch ${seq} of slot ${slot} again, with other octets`);
    }
    if (seq !== state.lastSeq + 1) {
      if (this.#refused.has(slot)) return 'full';
      throw new Error(`journal: batch ${seq} of slot ${slot} follows ${state.lastSeq}`);
    }
    if (fate === 'full') {
      this.#refused.add(slot);
      return 'full';
    }
    this.#refused.delete(slot);
    store(state, append);
    this.#disk.syncs++;
    this.#disk.appended++;
    return 'durable';
  }

  /** After everything that was asked before. */
  #soon(run: () => void): void {
    this.#lastDoneAt = Math.max(this.#lastDoneAt, this.#loop.monotonic());
    this.#later(this.#lastDoneAt, run);
  }

  #later(atMs: number, run: () => void): void {
    this.#loop.wakeAt(atMs, () => {
      if (!this.#dead) run();
    });
  }
}

function same(a: StoredBatch, b: StoredBatch): boolean {
  if (!a.records.equals(b.records)) return false;
  return a.secrets === null || b.secrets === null || a.secrets.equals(b.secrets);
}
