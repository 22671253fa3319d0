// The requests of ours that have a number: reserved, waiting for an answer, or given up and kept for a late one.
// Flat typed arrays with a hash from number to place; no object, closure or timer per request, no clock here.

/** Where a request stands. */
export const Standing = { free: 0, reserved: 1, pending: 2, late: 3 } as const;

/** No place. */
export const NOWHERE = -1;

/**
 * Requests by sequence number, and two lists in order of their deadlines. All entries of one list get the same delay, so
 * appending keeps the order and the head is always the next to fall due.
 */
export class Outstanding<T> {
  #capacity: number;
  #sequence: Int32Array;
  #commandId: Int32Array;
  #standing: Uint8Array;
  #next: Int32Array;
  #previous: Int32Array;
  #dueMs: Float64Array;
  #tokens: (T | undefined)[];
  #free: number = NOWHERE;
  #top = 0;
  /** Open addressing over places + 1; at most half full. */
  #table: Int32Array;
  #shift: number;
  /** Heads and tails of the pending and the late list. */
  #heads: [number, number] = [NOWHERE, NOWHERE];
  #tails: [number, number] = [NOWHERE, NOWHERE];
  /** Reserved or pending: what the window counts. */
  active = 0;
  /** Reserved only. */
  reserved = 0;
  /** Numbers that may be taken beyond the window; their requests wait for `slots`. */
  ahead = 0;

  constructor(capacity: number) {
    const bits = Math.max(4, 32 - Math.clz32(capacity - 1));
    this.#capacity = 1 << bits;
    this.#sequence = new Int32Array(this.#capacity);
    this.#commandId = new Int32Array(this.#capacity);
    this.#standing = new Uint8Array(this.#capacity);
    this.#next = new Int32Array(this.#capacity);
    this.#previous = new Int32Array(this.#capacity);
    this.#dueMs = new Float64Array(this.#capacity);
    this.#tokens = [];
    this.#table = new Int32Array(this.#capacity * 2);
    this.#shift = 32 - (bits + 1);
  }

  /** Places in memory; bounded by the window and the time that late numbers are kept. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Place of a number, or NOWHERE. */
  find(sequence: number): number {
    const mask = this.#table.length - 1;
    let slot = Math.imul(sequence, 0x9e3779b1) >>> this.#shift;
    for (;;) {
      const place = (this.#table[slot] as number) - 1;
      if (place < 0) return NOWHERE;
      if (this.#sequence[place] === sequence) return place;
      slot = (slot + 1) & mask;
    }
  }

  /** Numbers that may still be taken under this window. */
  room(window: number): number {
    return Math.max(0, window + this.ahead - this.active);
  }

  /** Reserved requests that may be written under it. */
  slots(window: number): number {
    return Math.max(0, window - (this.active - this.reserved));
  }

  /** Takes a number that is not in use. */
  reserve(sequence: number, token: T): number {
    let place = this.#free;
    if (place !== NOWHERE) {
      this.#free = this.#next[place] as number;
    } else {
      if (this.#top === this.#capacity) this.#grow();
      place = this.#top++;
    }
    this.#sequence[place] = sequence;
    this.#standing[place] = Standing.reserved;
    this.#tokens[place] = token;
    this.#insert(place);
    this.active++;
    this.reserved++;
    return place;
  }

  /** A reserved request has been written and falls due at `dueMs`. */
  start(place: number, commandId: number, dueMs: number): void {
    this.#commandId[place] = commandId;
    this.#standing[place] = Standing.pending;
    this.reserved--;
    this.#append(0, place, dueMs);
  }

  /** A pending request has failed; its number is kept until `forgetMs`. */
  expire(place: number, forgetMs: number): void {
    this.#unlink(0, place);
    this.#standing[place] = Standing.late;
    this.active--;
    this.#append(1, place, forgetMs);
  }

  /** Forgets a request in any standing. */
  remove(place: number): void {
    const standing = this.#standing[place];
    if (standing === Standing.pending) this.#unlink(0, place);
    else if (standing === Standing.late) this.#unlink(1, place);
    else this.reserved--;
    if (standing !== Standing.late) this.active--;
    this.#erase(this.#sequence[place] as number);
    this.#standing[place] = Standing.free;
    this.#tokens[place] = undefined;
    this.#next[place] = this.#free;
    this.#free = place;
  }

  standing(place: number): number {
    return this.#standing[place] as number;
  }

  commandId(place: number): number {
    return this.#commandId[place] as number;
  }

  token(place: number): T {
    return this.#tokens[place] as T;
  }

  /** The pending request that falls due first. */
  get firstPending(): number {
    return this.#heads[0];
  }

  /** The late number that may be forgotten first. */
  get firstLate(): number {
    return this.#heads[1];
  }

  dueMs(place: number): number {
    return place === NOWHERE ? Number.POSITIVE_INFINITY : (this.#dueMs[place] as number);
  }

  /** Any reserved request, or NOWHERE. Slow; for the end of a session. */
  anyReserved(): number {
    if (this.reserved === 0) return NOWHERE;
    for (let place = 0; place < this.#top; place++) if (this.#standing[place] === Standing.reserved) return place;
    return NOWHERE;
  }

  #append(list: 0 | 1, place: number, dueMs: number): void {
    // A clock that stepped back must not break the order of the list.
    const tail = this.#tails[list];
    this.#dueMs[place] = tail === NOWHERE ? dueMs : Math.max(dueMs, this.#dueMs[tail] as number);
    this.#previous[place] = tail;
    this.#next[place] = NOWHERE;
    if (tail === NOWHERE) this.#heads[list] = place;
    else this.#next[tail] = place;
    this.#tails[list] = place;
  }

  #unlink(list: 0 | 1, place: number): void {
    const previous = this.#previous[place] as number;
    const next = this.#next[place] as number;
    if (previous === NOWHERE) this.#heads[list] = next;
    else this.#next[previous] = next;
    if (next === NOWHERE) this.#tails[list] = previous;
    else this.#previous[next] = previous;
  }

  #insert(place: number): void {
    const mask = this.#table.length - 1;
    let slot = Math.imul(this.#sequence[place] as number, 0x9e3779b1) >>> this.#shift;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = place + 1;
  }

  /** Deletes by moving later members of the cluster back, so that no tombstones gather. */
  #erase(sequence: number): void {
    const mask = this.#table.length - 1;
    let hole = Math.imul(sequence, 0x9e3779b1) >>> this.#shift;
    while (this.#sequence[(this.#table[hole] as number) - 1] !== sequence) hole = (hole + 1) & mask;
    let slot = hole;
    for (;;) {
      slot = (slot + 1) & mask;
      const entry = this.#table[slot] as number;
      if (entry === 0) break;
      const home = Math.imul(this.#sequence[entry - 1] as number, 0x9e3779b1) >>> this.#shift;
      // It may move into the hole only if its home does not lie behind the hole.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.#table[hole] = entry;
        hole = slot;
      }
    }
    this.#table[hole] = 0;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#sequence = widen(this.#sequence, new Int32Array(capacity));
    this.#commandId = widen(this.#commandId, new Int32Array(capacity));
    this.#standing = widen(this.#standing, new Uint8Array(capacity));
    this.#next = widen(this.#next, new Int32Array(capacity));
    this.#previous = widen(this.#previous, new Int32Array(capacity));
    this.#dueMs = widen(this.#dueMs, new Float64Array(capacity));
    this.#capacity = capacity;
    this.#table = new Int32Array(capacity * 2);
    this.#shift--;
    for (let place = 0; place < this.#top; place++) if (this.#standing[place] !== Standing.free) this.#insert(place);
  }
}

function widen<A extends Int32Array | Uint8Array | Float64Array>(from: A, into: A): A {
  into.set(from);
  return into;
}
