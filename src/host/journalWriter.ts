// What the journal's worker thread does with its requests: several batches in one transaction and sync, seals, fences, trims.
import type { AppendOutcome } from '../port/journal.ts';
import type { AppendRequest, ReadBatches } from './journalMessages.ts';
import { type JournalStore, meaning, type Row, type RowHead, rowOf, type SlotState, seqOf } from './journalStore.ts';
import type { KeySlots } from './keySlots.ts';
import type { Reserve } from './reserve.ts';
import type { Sealer } from './seal.ts';

/** 1000 pages: SQLite's own distance between checkpoints. */
const CHECKPOINT_BYTES = 1000 * 4096;
const READ_PART_BYTES = 1 << 20;
/** Trimmed with each append beyond twice its own octets, so that trimming always overtakes. */
const TRIM_EXTRA_BYTES = 65_536;
const TRIM_ROWS = 64;

interface Trim {
  readonly slot: number;
  fromId: number;
  readonly limitId: number;
}

export class JournalWriter {
  readonly #store: JournalStore;
  readonly #keys: KeySlots;
  readonly #sealer: Sealer;
  readonly #reserve: Reserve;
  readonly #slots: Map<number, SlotState> = new Map();
  readonly #trims: Trim[] = [];
  #failed = false;
  #walBytes = CHECKPOINT_BYTES; // since a checkpoint: what earlier lives left counts as enough
  #syncs = 0;
  batches = 0;

  constructor(store: JournalStore, keys: KeySlots, sealer: Sealer, reserve: Reserve) {
    this.#store = store;
    this.#keys = keys;
    this.#sealer = sealer;
    this.#reserve = reserve;
    for (const head of store.sealed()) if (this.#liveKey(head) !== null) keys.claim(head.keySlot as number);
    keys.settle();
  }

  get syncs(): number {
    return this.#syncs + this.#keys.syncs;
  }

  get trimming(): boolean {
    return this.#trims.length > 0;
  }

  /** One outcome per request. Same seq with other octets: throws. */
  append(requests: readonly AppendRequest[]): AppendOutcome[] {
    const bytes = requests.reduce((sum, request) => sum + request.recordsLength + request.secretsLength, 0);
    if (this.#failed) return requests.map(() => 'unknown');
    if (!this.#reserve.allows(bytes)) return requests.map((request) => this.#refuse(request));
    const before = new Map<number, SlotState>();
    const taken: number[] = [];
    const trims = [...this.#trims];
    let dead: number[] = [];
    try {
      this.#store.begin();
      const outcomes = requests.map((request) => this.#one(request, before, taken));
      if (this.trimming) dead = this.#trimPortion(2 * bytes + TRIM_EXTRA_BYTES);
      this.#store.commit();
      this.#committed(bytes + requests.length * 4096, dead);
      this.batches += requests.length;
      return outcomes;
    } catch (error) {
      // After a failed sync the next start may find the batch all the same: its key stays.
      this.#undo(before, meaning(error) === 'full' ? taken : [], trims);
      switch (meaning(error)) {
        case 'full':
          this.#reserve.giveUp();
          return requests.map((request) => this.#refuse(request));
        case 'io':
        case 'busy':
          this.#failed = true;
          return requests.map(() => 'unknown');
        default:
          throw error;
      }
    }
  }

  endSecrets(slot: number, seqs: readonly number[]): void {
    for (const seq of seqs) {
      const head = this.#store.head(rowOf(slot, seq));
      if (head !== null && this.#liveKey(head) !== null) this.#keys.end(head.keySlot as number);
    }
  }

  /** What is before `beforeSeq` is gone for every reader now; its rows go portion by portion. */
  trim(slot: number, beforeSeq: number): void {
    const state = this.#state(slot);
    const before = Math.min(beforeSeq, state.lastSeq + 1);
    if (before <= state.firstSeq) return;
    state.firstSeq = before;
    this.#trims.push({ slot, fromId: rowOf(slot, 0), limitId: rowOf(slot, before) });
  }

  /** A portion in a transaction of its own, for when no append comes. False: the disk was full, try again later. */
  trimAlone(bytes: number): boolean {
    if (!this.trimming || this.#failed) return true;
    const trims = [...this.#trims];
    try {
      this.#store.begin();
      const dead = this.#trimPortion(bytes);
      this.#store.commit();
      this.#committed(bytes, dead);
      return true;
    } catch (error) {
      this.#undo(new Map(), [], trims);
      if (meaning(error) !== 'full') throw error;
      this.#reserve.giveUp();
      return false;
    }
  }

  /** Between commits: nobody waits for it. A failing sync throws: the program stops. */
  maintain(): void {
    if (this.#failed) return;
    try {
      if (this.#walBytes >= CHECKPOINT_BYTES || !this.#reserve.stands) this.#checkpoint();
      this.#keys.growAhead();
    } catch (error) {
      if (meaning(error) !== 'full') throw error;
    }
  }

  /** The batches from `fromSeq`, about 1 MiB of them; `nextSeq` 0 when there are more. */
  read(slot: number, fromSeq: number): { readonly batches: ReadBatches; readonly nextSeq: number } {
    const state = this.#state(slot);
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of this.#store.rows(rowOf(slot, Math.max(fromSeq, state.firstSeq)), rowOf(slot + 1, 0))) {
      rows.push(row);
      bytes += row.records.length + (row.sealed?.length ?? 0);
      if (bytes >= READ_PART_BYTES) return { batches: this.#pack(rows), nextSeq: 0 };
    }
    return { batches: this.#pack(rows), nextSeq: state.lastSeq + 1 };
  }

  readMany(slot: number, seqs: readonly number[]): ReadBatches {
    const { firstSeq } = this.#state(slot);
    const rows: Row[] = [];
    for (const seq of new Set(seqs)) {
      const row = seq < firstSeq ? null : this.#store.one(rowOf(slot, seq));
      if (row !== null) rows.push(row);
    }
    return this.#pack(rows);
  }

  close(): void {
    this.#keys.close();
    if (!this.#failed) this.#checkpoint();
    this.#store.close();
  }

  #one(request: AppendRequest, before: Map<number, SlotState>, taken: number[]): AppendOutcome {
    const { slot, epoch, seq } = request;
    const state = this.#state(slot);
    if (epoch < state.epoch) return 'fenced';
    if (!before.has(slot)) before.set(slot, { ...state });
    if (epoch > state.epoch) {
      state.epoch = epoch;
      this.#store.setSlot(slot, epoch, state.firstSeq);
    }
    const records = new Uint8Array(request.records, 0, request.recordsLength);
    const secrets = request.secrets === null ? null : new Uint8Array(request.secrets, 0, request.secretsLength);
    if (seq <= state.lastSeq) {
      if (!this.#same(slot, seq, records, secrets))
        throw new Error(`journal: batch ${seq} of slot ${slot} again, with other octets`);
      return 'durable';
    }
    if (seq !== state.lastSeq + 1) {
      if (state.refused) return 'full';
      throw new Error(`journal: batch ${seq} of slot ${slot} follows ${state.lastSeq}`);
    }
    const id = rowOf(slot, seq);
    if (secrets === null) this.#store.insert(id, null, null, records, null);
    else {
      const keySlot = this.#keys.take();
      taken.push(keySlot);
      const key = this.#sealer.derive(this.#keys.key(keySlot), id);
      this.#store.insert(id, keySlot, this.#sealer.check(key), records, this.#sealer.seal(key, secrets));
      key.fill(0);
    }
    state.lastSeq = seq;
    state.refused = false;
    return 'durable';
  }

  #refuse(request: AppendRequest): AppendOutcome {
    const state = this.#state(request.slot);
    if (request.epoch < state.epoch) return 'fenced';
    if (request.seq <= state.lastSeq) return 'durable';
    state.refused = true;
    return 'full';
  }

  #undo(before: Map<number, SlotState>, taken: readonly number[], trims: readonly Trim[]): void {
    this.#store.rollback();
    for (const [slot, state] of before) this.#slots.set(slot, { ...state, firstSeq: this.#state(slot).firstSeq });
    // What the WAL may still hold was sealed under these keys: they are not used again.
    for (const keySlot of taken) this.#keys.end(keySlot);
    this.#trims.splice(0, this.#trims.length, ...trims);
    for (const trim of trims) trim.fromId = rowOf(trim.slot, 0);
  }

  #committed(bytes: number, dead: readonly number[]): void {
    this.#syncs++;
    this.#walBytes += bytes;
    for (const keySlot of dead) this.#keys.end(keySlot);
  }

  /** Deletes about `bytes` of what is to be trimmed; returns the key slots that end with it. */
  #trimPortion(bytes: number): number[] {
    const dead: number[] = [];
    let left = bytes;
    while (left > 0 && this.#trims.length > 0) {
      const trim = this.#trims[0] as Trim;
      const heads = this.#store.heads(trim.fromId, trim.limitId, TRIM_ROWS);
      let last = 0;
      for (const head of heads) {
        if (left <= 0) break;
        left -= head.octets + 128;
        last = head.id;
        if (this.#liveKey(head) !== null) dead.push(head.keySlot as number);
      }
      if (last > 0) {
        this.#store.remove(trim.fromId, last);
        trim.fromId = last + 1;
      }
      if (heads.length === TRIM_ROWS || left <= 0) continue;
      const state = this.#state(trim.slot);
      this.#store.setSlot(trim.slot, state.epoch, state.firstSeq);
      this.#trims.shift();
    }
    return dead;
  }

  #checkpoint(): void {
    this.#walBytes = 0;
    this.#store.checkpoint();
    this.#syncs += 2;
  }

  #state(slot: number): SlotState {
    let state = this.#slots.get(slot);
    if (state === undefined) {
      state = this.#store.slot(slot);
      this.#slots.set(slot, state);
    }
    return state;
  }

  /** The key that sealed a row; null when it has no secrets or the slot holds another key by now. */
  #liveKey(head: Pick<RowHead, 'id' | 'keySlot' | 'keyCheck'>): Buffer | null {
    if (head.keySlot === null || !this.#keys.has(head.keySlot)) return null;
    const key = this.#sealer.derive(this.#keys.key(head.keySlot), head.id);
    return this.#sealer.check(key) === head.keyCheck ? key : null;
  }

  #open(row: Row): Buffer | null {
    const key = this.#liveKey(row);
    return key === null || row.sealed === null ? null : this.#sealer.open(key, row.sealed);
  }

  /** A batch that has been trimmed cannot be compared; it was stored. */
  #same(slot: number, seq: number, records: Uint8Array, secrets: Uint8Array | null): boolean {
    const row = this.#store.one(rowOf(slot, seq));
    if (row === null) return true;
    if (Buffer.compare(row.records, records) !== 0 || (row.keySlot === null) !== (secrets === null)) return false;
    const opened = this.#open(row);
    return opened === null || secrets === null || Buffer.compare(opened, secrets) === 0;
  }

  #pack(rows: readonly Row[]): ReadBatches {
    const opened = rows.map((row) => this.#open(row));
    const total = rows.reduce((sum, row, i) => sum + row.records.length + (opened[i]?.length ?? 0), 0);
    const data = new ArrayBuffer(total);
    const octets = new Uint8Array(data);
    let at = 0;
    for (const [i, row] of rows.entries()) {
      octets.set(row.records, at);
      at += row.records.length;
      const secrets = opened[i];
      if (secrets === null || secrets === undefined) continue;
      octets.set(secrets, at);
      at += secrets.length;
      secrets.fill(0);
    }
    return {
      seqs: rows.map((row) => seqOf(row.id)),
      recordsLengths: rows.map((row) => row.records.length),
      secretsLengths: opened.map((secrets) => secrets?.length ?? -1),
      data,
    };
  }
}
