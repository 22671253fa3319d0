// The plain file of batch keys (design, law 5.6): 32 random octets per slot, filled and synced ahead of their use, so that a
// commit needs no sync of its own for them; overwritten in place by fresh random octets when the batch's secrets have ended.
// A slot is used again only after that overwriting is synced. Keys are nowhere else: not in the database, not in its WAL.
import { randomFillSync } from 'node:crypto';
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Octets of one slot. */
export const SLOT_OCTETS = 32;
const FIRST_SLOTS = 1024;
const GROW_MAX = 65_536;
/** Fewer free slots than this: grow, before a commit has to wait for it. */
const LOW_FREE = 256;

/** Used by the journal's worker thread only. Every failing write or sync throws (ENOSPC too); `endedAsync` reports by call. */
export class KeySlots {
  readonly #fd: number;
  /** The whole file, as it will be on disk when what is ended has been written. */
  #image: Buffer;
  #count: number;
  /** 1: a kept batch is sealed under it. */
  #used: Uint8Array;
  #free: number[] = [];
  /** Overwritten in memory, not yet on disk. */
  #ended: number[] = [];
  #syncing = false;
  syncs = 0;
  /** Keys destroyed since the start. */
  ended = 0;

  /** Opens or makes the file. Nothing is free until `settle`. */
  constructor(path: string) {
    this.#fd = openSync(path, 'a+', 0o600);
    closeSync(this.#fd);
    this.#fd = openSync(path, 'r+');
    // A growth that was cut short leaves a part of a slot; it was never used.
    this.#count = Math.floor(fstatSync(this.#fd).size / SLOT_OCTETS);
    this.#image = Buffer.alloc(this.#count * SLOT_OCTETS);
    this.#used = new Uint8Array(this.#count);
    let at = 0;
    while (at < this.#image.length) {
      const read = readSync(this.#fd, this.#image, at, this.#image.length - at, at);
      if (read === 0) throw new Error('key file is shorter than its size');
      at += read;
    }
  }

  get slots(): number {
    return this.#count;
  }

  get free(): number {
    return this.#free.length;
  }

  /** Ended slots whose old key may still be on disk. */
  get pending(): number {
    return this.#ended.length + (this.#syncing ? 1 : 0);
  }

  /** The key in `slot`: a view, valid until the slot ends or the file grows. */
  key(slot: number): Buffer {
    return this.#image.subarray(slot * SLOT_OCTETS, (slot + 1) * SLOT_OCTETS);
  }

  has(slot: number): boolean {
    return slot >= 0 && slot < this.#count;
  }

  /** At opening: a kept batch is sealed under this slot's key. */
  claim(slot: number): void {
    this.#used[slot] = 1;
  }

  /**
   * After the last `claim`: every other slot gets a fresh key, synced. So a key whose overwriting a crash has undone,
   * and one that sealed a batch which was never stored, are gone too.
   */
  settle(): void {
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#used[slot] === 1) continue;
      randomFillSync(this.#image, slot * SLOT_OCTETS, SLOT_OCTETS);
      this.#free.push(slot);
    }
    this.#write(0, this.#image.length);
    this.#sync();
    this.growAhead();
  }

  /** A slot whose key is on disk. */
  take(): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      this.#grow();
      slot = this.#free.pop() as number;
    }
    this.#used[slot] = 1;
    return slot;
  }

  /** To be called between commits. A full disk is no fault as long as free slots are left. */
  growAhead(): void {
    if (this.#free.length < LOW_FREE) this.#grow();
  }

  /** The key is gone from memory now, from disk after the next sync. */
  end(slot: number): void {
    if (this.#used[slot] !== 1) throw new Error(`key slot ${slot} is not in use`);
    this.#used[slot] = 0;
    randomFillSync(this.#image, slot * SLOT_OCTETS, SLOT_OCTETS);
    this.#ended.push(slot);
    this.ended++;
  }

  /** Writes and syncs what has ended, without holding up the thread; `done(null)` when nothing of it is on disk any more. */
  endedAsync(done: (error: Error | null) => void): void {
    if (this.#syncing || this.#ended.length === 0) return;
    const slots = this.#takeEnded();
    this.#syncing = true;
    fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      this.syncs++;
      if (error === null) for (const slot of slots) this.#free.push(slot);
      done(error);
    });
  }

  /** The same at the end, waiting for it. */
  close(): void {
    if (this.#ended.length > 0 || this.#syncing) {
      this.#takeEnded();
      this.#sync();
    }
    closeSync(this.#fd);
  }

  #takeEnded(): number[] {
    const slots = this.#ended.sort((a, b) => a - b);
    this.#ended = [];
    // Neighbours are written together.
    for (let i = 0; i < slots.length; ) {
      const first = slots[i] as number;
      let next = first;
      while (i < slots.length && slots[i] === next) {
        next++;
        i++;
      }
      this.#write(first * SLOT_OCTETS, next * SLOT_OCTETS);
    }
    return slots;
  }

  #grow(): void {
    const more = Math.min(GROW_MAX, Math.max(FIRST_SLOTS, this.#count >>> 1));
    const image = Buffer.allocUnsafeSlow((this.#count + more) * SLOT_OCTETS);
    this.#image.copy(image);
    randomFillSync(image, this.#image.length);
    const from = this.#image.length;
    const before = this.#image;
    this.#image = image;
    try {
      this.#write(from, image.length);
      this.#sync();
    } catch (error) {
      this.#image = before;
      throw error;
    }
    const used = new Uint8Array(this.#count + more);
    used.set(this.#used);
    this.#used = used;
    for (let slot = this.#count + more - 1; slot >= this.#count; slot--) this.#free.push(slot);
    this.#count += more;
  }

  #write(from: number, to: number): void {
    let at = from;
    while (at < to) at += writeSync(this.#fd, this.#image, at, to - at, at);
  }

  #sync(): void {
    fdatasyncSync(this.#fd);
    this.syncs++;
  }
}
