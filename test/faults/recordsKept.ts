// Every record that ever became durable on one disk, in order, also those that were trimmed since; and whether what is kept can
// be read and holds no secret any more.
import { readRecords } from '../../src/driver/records.ts';
import type { SimJournalDisk } from '../../src/sim/journal.ts';

export interface KeptRecord {
  readonly type: number;
  readonly payload: Buffer;
  readonly seq: number;
}

export class RecordsKept {
  readonly all: KeptRecord[] = [];
  readonly #disk: SimJournalDisk;
  #seen = 0;

  constructor(disk: SimJournalDisk) {
    this.#disk = disk;
  }

  /** Reads what has been stored since the last call. */
  absorb(): void {
    const slot = this.#disk.slot(0);
    while (this.#seen < slot.lastSeq) {
      const seq = ++this.#seen;
      const batch = slot.batches.get(seq);
      if (batch === undefined) throw new Error(`batch ${seq} was trimmed as it was stored`);
      readRecords(batch.records, (type, start, end) => {
        this.all.push({ type, payload: Buffer.from(batch.records.subarray(start, end)), seq });
      });
    }
  }

  of(type: number): KeptRecord[] {
    return this.all.filter((record) => record.type === type);
  }

  /** Batches on the disk that still have their key. */
  secrets(): number {
    let count = 0;
    for (const batch of this.#disk.slot(0).batches.values()) if (batch.secrets !== null) count++;
    return count + this.#disk.ending.length;
  }

  /** Throws when a kept batch is missing or cannot be cut into records. */
  readable(): void {
    const { firstSeq, lastSeq, batches } = this.#disk.slot(0);
    for (let seq = firstSeq; seq <= lastSeq; seq++) {
      const batch = batches.get(seq);
      if (batch === undefined) throw new Error(`batch ${seq} of ${firstSeq}…${lastSeq} is missing`);
      readRecords(batch.records, () => undefined);
    }
  }
}
