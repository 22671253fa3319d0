// Which batches of a log may be forgotten, and when: a key is destroyed, a batch trimmed, only after the batch that gathered
// when its last record or secret ended is durable. Until then a crash would need them again.
import { ENDS_FLUSH_BATCHES, ENDS_FLUSH_MS, TRIM_FLUSH_BATCHES } from '../base/limits.ts';
import type { Journal } from '../port/journal.ts';
import type { Alarm, Loop } from '../port/loop.ts';
import { BatchRing } from './batchRing.ts';

export class LogKeeper {
  readonly #journal: Journal;
  readonly #loop: Loop;
  readonly #slot: number;
  #ring: BatchRing | null = null;
  #counted = false;
  /** Batches whose last secret ended while batch `#gates[i]` gathered, in order. */
  readonly #ended: number[] = [];
  readonly #gates: number[] = [];
  /** Keys to be destroyed, not yet told to the journal. */
  #ends: number[] = [];
  #endsAlarm: Alarm | null = null;
  /** Batches before it may be trimmed. */
  #trimTo = 0;

  constructor(journal: Journal, loop: Loop, slot: number) {
    this.#journal = journal;
    this.#loop = loop;
    this.#slot = slot;
  }

  get stats(): { readonly bytes: number; readonly liveRecords: number; readonly firstSeq: number } {
    const ring = this.#known();
    return { bytes: ring.totalBytes, liveRecords: ring.totalLive, firstSeq: ring.first };
  }

  /** A batch read at recovery. */
  found(seq: number, records: number, bytes: number, hasSecrets: boolean): void {
    this.#ring ??= new BatchRing(seq);
    if (this.#ring.open() !== seq) throw new Error(`journal: batch ${this.#ring.last} is missing before ${seq}`);
    this.#ring.describe(seq, records, bytes, hasSecrets);
  }

  openFirst(nextSeq: number): number {
    this.#ring ??= new BatchRing(nextSeq);
    const seq = this.#ring.open();
    if (seq !== nextSeq) throw new Error(`journal: batches ${seq} to ${nextSeq - 1} are missing`);
    return seq;
  }

  /** Ends the secrets of every batch of the past in which none was counted. */
  counted(): void {
    const ring = this.#known();
    this.#counted = true;
    for (let seq = ring.first; seq < ring.last; seq++) {
      if (ring.secretsOf(seq) > 0) continue;
      this.#ended.push(seq);
      this.#gates.push(ring.last);
    }
  }

  open(): number {
    return this.#known().open();
  }

  /** The batch is complete. Returns the seq before which every batch is dead. */
  close(seq: number, records: number, recordsLength: number, secretsLength: number): number {
    const ring = this.#known();
    ring.describe(seq, records, recordsLength + secretsLength, secretsLength > 0);
    if (secretsLength > 0 && ring.secretsOf(seq) === 0) {
      // They came and went within the batch, or are counted only when it is durable.
      this.#ended.push(seq);
      this.#gates.push(seq);
    }
    return this.#counted ? ring.front(seq) : 0;
  }

  live(seq: number, change: number): void {
    this.#known().live(seq, change);
  }

  /** True when a key is to be destroyed once batch `gathering` is durable. */
  secretLive(seq: number, change: number, gathering: number): boolean {
    if (!this.#known().secretLive(seq, change, change < 0 ? this.#loop.now() : 0)) return false;
    this.#ended.push(seq);
    this.#gates.push(gathering);
    return true;
  }

  livesAlone(seq: number, limit: number): boolean {
    return this.#known().livesAlone(seq, limit);
  }

  sparse(nowMs: number, limit: number): number[] {
    const ring = this.#known();
    if (this.#counted) this.#trim();
    return ring.sparse(nowMs, limit);
  }

  /** Batch `seq` is durable, and with it all that it says. */
  durable(seq: number, front: number): void {
    this.#release(seq);
    if (front > this.#trimTo) this.#trimTo = front;
    if (this.#trimTo - this.#known().first >= TRIM_FLUSH_BATCHES) this.#trim();
  }

  /** Nothing gathers and nothing is under way: all that was said up to `gathering` is durable. */
  quiet(gathering: number): void {
    if (!this.#counted) return;
    this.#release(gathering);
    const front = this.#known().front(gathering);
    if (front > this.#trimTo) this.#trimTo = front;
  }

  #release(seq: number): void {
    if (!this.#counted) return;
    const ring = this.#known();
    let count = 0;
    while (count < this.#gates.length && (this.#gates[count] as number) <= seq) {
      const ended = this.#ended[count] as number;
      if (ring.takeEnded(ended)) this.#ends.push(ended);
      count++;
    }
    if (count === 0) return;
    this.#gates.splice(0, count);
    this.#ended.splice(0, count);
    if (this.#ends.length >= ENDS_FLUSH_BATCHES) this.#flushEnds();
    else if (this.#ends.length > 0 && this.#endsAlarm === null) {
      this.#endsAlarm = this.#loop.wakeAt(this.#loop.monotonic() + ENDS_FLUSH_MS, this.#rang);
    }
  }

  readonly #rang = (): void => {
    this.#endsAlarm = null;
    this.#flushEnds();
  };

  #flushEnds(): void {
    if (this.#ends.length === 0) return;
    this.#journal.endSecrets(this.#slot, this.#ends);
    this.#ends = [];
  }

  #trim(): void {
    const ring = this.#known();
    if (this.#trimTo <= ring.first) return;
    this.#flushEnds();
    this.#journal.trim(this.#slot, this.#trimTo);
    ring.forget(this.#trimTo);
  }

  #known(): BatchRing {
    if (this.#ring === null) throw new Error('commit: not recovered');
    return this.#ring;
  }
}
