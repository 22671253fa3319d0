// Packed octets in large chunks: millions of small records without an object each. A place is (chunk, offset, length);
// who holds it, frees it. A chunk whose records are all freed is used again, so records that end in about the order in
// which they came cost no fragmentation. With paging, chunks that nobody looked at for a while leave memory and come back
// when asked for.

export interface SlabPlace {
  chunk: number;
  offset: number;
}

/** Where chunks go that leave memory. Implemented outside; calls are synchronous, since a look-up must not wait for a turn. */
export interface SlabPages {
  /** Keeps a copy of the chunk. False: no room; it stays in memory. */
  store(chunk: number, octets: Buffer): boolean;
  /** Fills `octets` with what was stored last for the chunk. */
  load(chunk: number, octets: Buffer): void;
  /** What was stored for the chunk is not wanted any more. */
  forget(chunk: number): void;
}

export interface SlabPaging {
  readonly pages: SlabPages;
  /** Chunks that may stay in memory between turns. */
  readonly residentChunks: number;
  /** More than that are in memory: `trim` is to be called before long, when nobody holds a chunk any more. */
  readonly onOver: () => void;
}

/** Buffers of freed chunks that are kept for the next ones; more are given back. */
const SPARE_CHUNKS = 8;
/** After a page could not be stored, so many more chunks gather before it is tried again. */
const STEP_WHEN_FULL = 16;

/** Bump allocation over equal chunks. */
export class Slab {
  readonly #chunkBytes: number;
  readonly #maxChunks: number;
  readonly #paging: SlabPaging | null;
  /** Null: stored away, or freed and given back. */
  readonly #chunks: (Buffer | null)[] = [];
  readonly #spare: Buffer[] = [];
  /** Octets still in use, per chunk. */
  readonly #live: number[] = [];
  /** 1: looked at since the hand passed. */
  readonly #touched: number[] = [];
  readonly #free: number[] = [];
  #current = -1;
  #used = 0;
  #resident = 0;
  #residentMax: number;
  #over = false;
  #hand = 0;

  constructor(chunkBytes: number, maxChunks: number, paging: SlabPaging | null = null) {
    this.#chunkBytes = chunkBytes;
    this.#maxChunks = maxChunks;
    this.#paging = paging;
    this.#residentMax = paging === null ? Number.POSITIVE_INFINITY : paging.residentChunks;
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
    return true;
  }

  free(chunk: number, length: number): void {
    const left = (this.#live[chunk] as number) - length;
    if (left < 0) throw new Error('slab: more freed than allocated');
    this.#live[chunk] = left;
    if (left === 0) {
      if (chunk === this.#current) this.#used = 0;
      else this.#release(chunk);
    }
  }

  /** The chunk's octets, to read and write until the turn ends. */
  chunk(index: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk === null || chunk === undefined) return this.#load(index);
    this.#touched[index] = 1;
    return chunk;
  }

  /** Stores chunks away until no more are in memory than may be. Never while somebody holds one. */
  trim(): void {
    const paging = this.#paging;
    this.#over = false;
    if (paging === null) return;
    for (let looked = 2 * this.#chunks.length; looked > 0 && this.#resident > this.#residentMax; looked--) {
      this.#hand = this.#hand + 1 >= this.#chunks.length ? 0 : this.#hand + 1;
      const index = this.#hand;
      const chunk = this.#chunks[index] as Buffer | null;
      if (chunk === null || index === this.#current) continue;
      if (this.#touched[index] === 1) {
        this.#touched[index] = 0;
        continue;
      }
      if (!paging.pages.store(index, chunk)) {
        this.#residentMax = this.#resident + STEP_WHEN_FULL;
        return;
      }
      this.#residentMax = paging.residentChunks;
      this.#chunks[index] = null;
      this.#giveBack(chunk);
    }
  }

  /** More than half of what may be held is. */
  get crowded(): boolean {
    return this.#chunks.length - this.#free.length > this.#maxChunks / 2;
  }

  /** Octets of all chunks that hold something, wherever they are. */
  get heldBytes(): number {
    return (this.#chunks.length - this.#free.length) * this.#chunkBytes;
  }

  /** Octets in memory. */
  get residentBytes(): number {
    return (this.#resident + this.#spare.length) * this.#chunkBytes;
  }

  #nextChunk(beyond: boolean): boolean {
    let next = this.#free.pop();
    // The chunk left behind is freed when its last record is; one that is already empty must not be lost.
    const previous = this.#current;
    if (next === undefined) {
      if (!beyond && this.#chunks.length >= this.#maxChunks) return false;
      next = this.#chunks.push(null) - 1;
      this.#live.push(0);
      this.#touched.push(0);
    }
    this.#current = next;
    this.#take(next);
    if (previous >= 0 && this.#live[previous] === 0) this.#release(previous);
    this.#used = 0;
    return true;
  }

  #release(chunk: number): void {
    const octets = this.#chunks[chunk] as Buffer | null;
    this.#chunks[chunk] = null;
    this.#free.push(chunk);
    if (octets !== null) this.#giveBack(octets);
    else this.#paging?.pages.forget(chunk);
  }

  #load(index: number): Buffer {
    if (this.#paging === null) throw new Error('slab: a chunk that was freed is read');
    const octets = this.#take(index);
    this.#paging.pages.load(index, octets);
    this.#paging.pages.forget(index);
    return octets;
  }

  #take(index: number): Buffer {
    const octets = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#chunks[index] = octets;
    this.#touched[index] = 1;
    this.#resident++;
    if (this.#resident > this.#residentMax && !this.#over && this.#paging !== null) {
      this.#over = true;
      this.#paging.onOver();
    }
    return octets;
  }

  #giveBack(octets: Buffer): void {
    this.#resident--;
    if (this.#spare.length < SPARE_CHUNKS) this.#spare.push(octets);
  }
}
