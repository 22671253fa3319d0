// The durable records of one program as they are stored, one after the other: what the books are made of.
import { readRecords } from '../driver/records.ts';
import { sealed } from './ends.ts';
import type { SimJournalDisk } from './journal.ts';
import { LawBroken } from './trace.ts';

/** A stored batch, as far as books read it. */
export interface StoredBatch {
  readonly records: Buffer;
  readonly secrets: Buffer | null;
}

type Each = (type: number, batch: StoredBatch, start: number, end: number) => void;

/** Reads a journal from its beginning, each batch once, before it can be trimmed. */
export class Batches {
  readonly #disk: SimJournalDisk;
  readonly #program: 'gateway' | 'guard';
  #seen = 0;

  constructor(disk: SimJournalDisk, program: 'gateway' | 'guard') {
    this.#disk = disk;
    this.#program = program;
  }

  /** Every record that has been stored since the last call. */
  absorb(each: Each): void {
    const slot = this.#disk.slot(0);
    while (this.#seen < slot.lastSeq) {
      this.#seen++;
      const batch = slot.batches.get(this.#seen);
      if (batch === undefined)
        throw new LawBroken('1 nothing is lost', `${this.#program} batch ${this.#seen} was trimmed as it was stored`);
      sealed(batch.records, this.#program);
      readRecords(batch.records, (type, start, end) => each(type, batch, start, end));
    }
  }
}
