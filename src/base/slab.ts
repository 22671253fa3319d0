// Packed octets in large chunks: millions of small records without an object each. A place is (chunk, offset, length);
// who holds it, frees it. A chunk whose records are all freed is used again, so records that end in about the order in
// which they came cost no fragmentation; the owner re-packs those that live much longer than their neighbours.

export interface SlabPlace {
  chunk: number;
  offset: number;
}

/** Bump allocation over equal chunks. */
export class Slab {
  readonly #chunkBytes: number;
  readonly #maxChunks: number;
  readonly #chunks: Buffer[] = [];
  /** Octets still in use, per chunk. */
  readonly #live: number[] = [];
  readonly #free: number[] = [];
  #current = -1;
  #used = 0;
  #liveBytes = 0;

  constructor(chunkBytes: number, maxChunks: number) {
    this.#chunkBytes = chunkBytes;
    this.#maxChunks = maxChunks;
  }

  /** Room for `length` octets; false when every chunk is full: refuse work. `beyond`: past the limit, for what was taken before. */
  allocate(length: number, place: SlabPlace, beyond = false): boolean {
    if (length > this.#chunkBytes) return false;
    if (this.#current < 0 || this.#used + length > this.#chunkBytes) {
      if (!this.#nextChunk(beyond)) return false;
    }
    place.chunk = this.#current;
    place.offset = this.#used;
    this.#used += length;
    this.#live[this.#current] = (this.#live[this.#current] as number) + length;
    this.#liveBytes += length;
    return true;
  }

  free(chunk: number, length: number): void {
    const left = (this.#live[chunk] as number) - length;
    if (left < 0) throw new Error('slab: more freed than allocated');
    this.#live[chunk] = left;
    this.#liveBytes -= length;
    if (left === 0) {
      if (chunk === this.#current) this.#used = 0;
      else this.#free.push(chunk);
    }
  }

  chunk(index: number): Buffer {
    return this.#chunks[index] as Buffer;
  }

  /** Share of `chunk` in use, 0…1: below the owner's threshold its records are worth re-packing. */
  usage(chunk: number): number {
    return (this.#live[chunk] as number) / this.#chunkBytes;
  }

  isCurrent(chunk: number): boolean {
    return chunk === this.#current;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get heldBytes(): number {
    return this.#chunks.length * this.#chunkBytes;
  }

  get full(): boolean {
    return this.#free.length === 0 && this.#chunks.length >= this.#maxChunks;
  }

  #nextChunk(beyond: boolean): boolean {
    const next = this.#free.pop();
    // The chunk left behind is freed when its last record is; one that is already empty must not be lost.
    const previous = this.#current;
    if (next !== undefined) {
      this.#current = next;
    } else {
      if (!beyond && this.#chunks.length >= this.#maxChunks) return false;
      this.#chunks.push(Buffer.allocUnsafeSlow(this.#chunkBytes));
      this.#live.push(0);
      this.#current = this.#chunks.length - 1;
    }
    if (previous >= 0 && this.#live[previous] === 0) this.#free.push(previous);
    this.#used = 0;
    return true;
  }
}
