// The batches that the commit log gathers records in, and their reuse: none is allocated per commit.
import { BATCH_KEEP_BYTES, GATHER_BYTES } from '../base/limits.ts';
import type { JournalBatch } from '../port/journal.ts';

/** Called once with the number that was given along. Long-lived: give a bound function, not a closure per record. */
export type AfterHandler = (arg: number) => void;

/** A batch with what waits for it. */
export interface Gathered extends JournalBatch {
  seq: number;
  count: number;
  handlers: AfterHandler[];
  args: number[];
  waiting: number;
  /** Everything before it was dead when this batch was closed. */
  front: number;
}

/** Batches that are not in use. */
export class BatchPool {
  readonly #free: Gathered[] = [];

  take(seq: number): Gathered {
    const batch = this.#free.pop() ?? {
      records: Buffer.allocUnsafeSlow(GATHER_BYTES * 2),
      recordsLength: 0,
      secrets: Buffer.allocUnsafeSlow(GATHER_BYTES),
      secretsLength: 0,
      seq,
      count: 0,
      handlers: [],
      args: [],
      waiting: 0,
      front: 0,
    };
    batch.seq = seq;
    batch.count = 0;
    batch.waiting = 0;
    return batch;
  }

  /** Takes a batch back that is durable and has been called back for. */
  give(batch: Gathered): void {
    // Secrets stay in no buffer longer than their commit.
    batch.secrets.fill(0, 0, batch.secretsLength);
    if (batch.records.length > BATCH_KEEP_BYTES || batch.secrets.length > BATCH_KEEP_BYTES) return;
    this.#free.push(batch);
  }
}
