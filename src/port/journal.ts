// The one contract of durable state (design §6). Implemented by host/ (SQLite in a worker thread) and sim/; one conformance
// suite tests every implementation. Calls are synchronous, completions come per batch.

/**
 * One group commit. `records` are kept as they are; `secrets` (message bodies, seeds) are sealed under a fresh key of this
 * batch that lives in a fixed slot of a plain file outside the database, until `endSecrets` overwrites it there.
 * Both are given up at `append` and come back with `done`.
 */
export interface JournalBatch {
  /** The first `recordsLength` octets of `records` count; the rest is room. */
  records: Buffer;
  recordsLength: number;
  secrets: Buffer;
  secretsLength: number;
}

/**
 * durable: will be read back after any crash. fenced: another owner has a higher epoch; stop. full: not stored, nothing
 * changed; the same seq may be tried again. unknown: may or may not be stored; halt, reopen, read the tail.
 */
export type AppendOutcome = 'durable' | 'fenced' | 'full' | 'unknown';

export interface Journal {
  /**
   * Appends one batch under the next `seq` of `slot` (contiguous, from 1). The same seq with the same records succeeds again;
   * with others it is a crash (throws out of the worker: a broken invariant). Several batches may be in flight; completions come in order.
   */
  append(
    slot: number,
    epoch: number,
    seq: number,
    batch: JournalBatch,
    done: (outcome: AppendOutcome, batch: JournalBatch) => void,
  ): void;

  /** Every kept batch from `fromSeq`, in order. `secrets` is null when their key has been destroyed. Buffers are valid during the call. */
  read(
    slot: number,
    fromSeq: number,
    each: (seq: number, records: Buffer, secrets: Buffer | null) => void,
    done: (nextSeq: number) => void,
  ): void;

  /** Point reads of what has left memory; a batch that is gone comes as null. */
  readMany(
    slot: number,
    seqs: readonly number[],
    done: (batches: readonly ({ readonly records: Buffer; readonly secrets: Buffer | null } | null)[]) => void,
  ): void;

  /** Destroys the key of each batch: overwritten in place and synced within `limits.secretsEndMs`. Idempotent. */
  endSecrets(slot: number, seqs: readonly number[]): void;

  /** Forgets every batch before `beforeSeq`, in small portions behind the appends. What must live longer was appended again before. */
  trim(slot: number, beforeSeq: number): void;

  /** Syncs since the start, octets on disk: for metrics and benches. */
  stats(): { readonly syncs: number; readonly batches: number; readonly fileBytes: number };

  close(): Promise<void>;
}
