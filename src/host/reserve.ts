// A file of zeros beside the journal that is given up when the disk is full, so that trimming, which has to write before it
// frees anything, still works (design §6). It is made again as soon as there is room.
import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { meaning } from './journalStore.ts';

/** What is asked about room. */
export interface Room {
  /** Octets in pages that can be used without growing the file. */
  freeBytes(): number;
  /** Octets that the file system has left. */
  diskBytes(): number;
}

const SLACK_BYTES = 262_144;

export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  readonly #room: Room;
  #stands = false;

  constructor(path: string, bytes: number, room: Room) {
    this.#path = path;
    this.#bytes = bytes;
    this.#room = room;
    this.#stands = statSync(path, { throwIfNoEntry: false })?.size === bytes;
    if (!this.#stands) this.#make();
  }

  get stands(): boolean {
    return this.#stands;
  }

  /** The disk refused a write. */
  giveUp(): void {
    // A limit of the database itself is no full disk.
    if (!this.#stands || this.#room.diskBytes() > this.#bytes) return;
    rmSync(this.#path, { force: true });
    this.#stands = false;
  }

  /** Whether `bytes` may be appended: without the reserve only what fits beside a new one or into free pages. */
  allows(bytes: number): boolean {
    if (this.#stands) return true;
    if (this.#room.diskBytes() >= 2 * (this.#bytes + bytes) && this.#make()) return true;
    return this.#room.freeBytes() >= 2 * bytes + SLACK_BYTES;
  }

  #make(): boolean {
    const zeros = Buffer.alloc(Math.min(this.#bytes, 1 << 20));
    const fd = openSync(this.#path, 'w', 0o600);
    try {
      for (let at = 0; at < this.#bytes; ) at += writeSync(fd, zeros, 0, Math.min(zeros.length, this.#bytes - at));
      fdatasyncSync(fd);
      this.#stands = true;
    } catch (error) {
      if (meaning(error) !== 'full') throw error;
      rmSync(this.#path, { force: true });
    } finally {
      closeSync(fd);
    }
    return this.#stands;
  }
}
