// Orders that left or were about to, and the correlation of their receipts, in compact form (design §6): an int32 handle per
// order, fixed fields in typed arrays, the rest packed in a slab as a "letter"; two hash tables, by op and by the supplier's
// id. Layout and access only. Arrays are made for the most there may be; pages that were never touched take no memory.
import { IdTable } from '../queue/idTable.ts';
import { Letters } from './letters.ts';

const JOURNALLED = 0;
const ON_DISK = 1;

/** Bits of a handle's flags. */
export const SentFlag = {
  /** Its response went up; receipts may follow. */
  answered: 1,
  /** It stands in a run file as it is now. */
  spilled: 2,
} as const;

/** A segment found by a supplier's id. */
export interface Hit {
  handle: number;
  segment: number;
}

export class SentStore extends Letters {
  readonly capacity: number;
  readonly #ops: Buffer;
  readonly #flags: Uint8Array;
  /** Receipts that wait for the upstream: such an order stays in memory. */
  readonly #pins: Uint16Array;
  /** Journal batch from which on everything of it is told; −1: none. */
  readonly #home: Float64Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #list: Uint8Array;
  readonly #heads = [-1, -1];
  readonly #tails = [-1, -1];
  #journalled = 0;
  readonly #nextOp: Int32Array;
  readonly #byOp = new IdTable();
  readonly #byId = new IdTable();
  #entryHandle = new Int32Array(1024);
  #entrySegment = new Uint8Array(1024);
  #entryNext = new Int32Array(1024);
  #entries = 0;
  #freeEntry = -1;
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;
  #high = 0;
  #low = 0;

  constructor(capacity: number) {
    super(capacity);
    this.capacity = capacity;
    this.#ops = Buffer.allocUnsafeSlow(capacity * 16);
    this.#flags = new Uint8Array(capacity);
    this.#pins = new Uint16Array(capacity);
    this.#home = new Float64Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#list = new Uint8Array(capacity);
    this.#nextOp = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Handles are below this; not each of them is in use. */
  get handles(): number {
    return this.#used;
  }

  get full(): boolean {
    return this.#size >= this.capacity;
  }

  get bytes(): number {
    return this.letterBytes + this.#byOp.bytes + this.#byId.bytes + this.#used * 48 + this.#entries * 9;
  }

  /** The handle of an op (16 octets), or −1. */
  find(op: string): number {
    this.#hash(op, 0);
    for (let h = this.#byOp.get(this.#high, this.#low); h >= 0; h = (this.#nextOp[h] as number) - 1) {
      if (this.op(h) === op) return h;
    }
    return -1;
  }

  /** A handle for an op that is not here yet; −1 when the store is full. It has no letter until `seal`. */
  open(op: string): number {
    const handle = this.#free.pop() ?? (this.#used < this.capacity ? this.#used++ : -1);
    if (handle < 0) return -1;
    this.#size++;
    this.#ops.latin1Write(op, handle * 16, 16);
    this.#flags[handle] = 0;
    this.#pins[handle] = 0;
    this.#home[handle] = -1;
    this.#hash(op, 0);
    this.#nextOp[handle] = this.#byOp.set(this.#high, this.#low, handle) + 1;
    this.#append(handle, JOURNALLED);
    return handle;
  }

  op(handle: number): string {
    return this.#ops.latin1Slice(handle * 16, handle * 16 + 16);
  }

  /** Makes segment `segment` (from 0) findable under `key`, the supplier's id in its one normal form (messageId.indexKey). */
  index(handle: number, segment: number, link: number, key: string): void {
    let entry = this.#freeEntry;
    if (entry >= 0) this.#freeEntry = (this.#entryNext[entry] as number) - 1;
    else entry = this.#entries++;
    if (entry >= this.#entryHandle.length) this.#growEntries();
    this.#entryHandle[entry] = handle;
    this.#entrySegment[entry] = segment;
    this.#hash(key, link + 1);
    this.#entryNext[entry] = this.#byId.set(this.#high, this.#low, entry) + 1;
  }

  /** Entries under a key, newest first: pass −1, then what came before; −1 ends. `hit` tells where it leads. */
  nextHit(entry: number, link: number, key: string, hit: Hit): number {
    let next: number;
    if (entry < 0) {
      this.#hash(key, link + 1);
      next = this.#byId.get(this.#high, this.#low);
    } else next = (this.#entryNext[entry] as number) - 1;
    if (next >= 0) {
      hit.handle = this.#entryHandle[next] as number;
      hit.segment = this.#entrySegment[next] as number;
    }
    return next;
  }

  #unindex(handle: number, segment: number, link: number, key: string): void {
    this.#hash(key, link + 1);
    let before = -1;
    let entry = this.#byId.get(this.#high, this.#low);
    while (entry >= 0 && !(this.#entryHandle[entry] === handle && this.#entrySegment[entry] === segment)) {
      before = entry;
      entry = (this.#entryNext[entry] as number) - 1;
    }
    if (entry < 0) return;
    const next = (this.#entryNext[entry] as number) - 1;
    if (before >= 0) this.#entryNext[before] = next + 1;
    else if (next >= 0) this.#byId.set(this.#high, this.#low, next);
    else this.#byId.delete(this.#high, this.#low);
    this.#entryNext[entry] = this.#freeEntry + 1;
    this.#freeEntry = entry;
  }

  /** Forgets an order. `keyOf` is messageId.indexKey. */
  release(handle: number, keyOf: (remoteId: string) => string): void {
    if (this.sealed(handle)) {
      const link = this.link(handle);
      const total = this.total(handle);
      for (let i = 0; i < total; i++) {
        const id = this.remoteId(handle, i);
        if (id !== '') this.#unindex(handle, i, link, keyOf(id));
      }
      this.unseal(handle);
    }
    this.#hash(this.op(handle), 0);
    const first = this.#byOp.get(this.#high, this.#low);
    const next = (this.#nextOp[handle] as number) - 1;
    if (first === handle) {
      if (next >= 0) this.#byOp.set(this.#high, this.#low, next);
      else this.#byOp.delete(this.#high, this.#low);
    } else {
      let before = first;
      while ((this.#nextOp[before] as number) - 1 !== handle) before = (this.#nextOp[before] as number) - 1;
      this.#nextOp[before] = next + 1;
    }
    this.#unlink(handle);
    this.#size--;
    this.#free.push(handle);
  }

  // Age: two lists, of those that the journal tells of, in the order of their batches, and of those that run files hold.

  /** Oldest order that the journal tells of; −1: none. */
  get oldest(): number {
    return this.#heads[JOURNALLED] as number;
  }

  /** Oldest order that run files hold and memory still has; −1: none. */
  get oldestOnDisk(): number {
    return this.#heads[ON_DISK] as number;
  }

  /** Orders that the journal tells of. */
  get journalled(): number {
    return this.#journalled;
  }

  /** The next younger one in the same list; −1 ends. */
  newer(handle: number): number {
    return this.#newer[handle] as number;
  }

  home(handle: number): number {
    return this.#home[handle] as number;
  }

  /** `seq` is where everything of this order begins from now on; −1: in run files. It becomes the newest of its list. */
  setHome(handle: number, seq: number): void {
    this.#unlink(handle);
    this.#home[handle] = seq;
    this.#append(handle, seq < 0 ? ON_DISK : JOURNALLED);
  }

  #append(handle: number, list: number): void {
    const newest = this.#tails[list] as number;
    this.#list[handle] = list;
    this.#older[handle] = newest;
    this.#newer[handle] = -1;
    if (newest >= 0) this.#newer[newest] = handle;
    else this.#heads[list] = handle;
    this.#tails[list] = handle;
    if (list === JOURNALLED) this.#journalled++;
  }

  #unlink(handle: number): void {
    const list = this.#list[handle] as number;
    const older = this.#older[handle] as number;
    const newer = this.#newer[handle] as number;
    if (older >= 0) this.#newer[older] = newer;
    else this.#heads[list] = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#tails[list] = older;
    if (list === JOURNALLED) this.#journalled--;
  }

  flag(handle: number, flag: number): boolean {
    return ((this.#flags[handle] as number) & flag) !== 0;
  }

  setFlag(handle: number, flag: number, on: boolean): void {
    const flags = this.#flags[handle] as number;
    this.#flags[handle] = on ? flags | flag : flags & ~flag;
  }

  pin(handle: number, change: number): void {
    this.#pins[handle] = (this.#pins[handle] as number) + change;
  }

  pinned(handle: number): boolean {
    return this.#pins[handle] !== 0;
  }

  #growEntries(): void {
    const handles = new Int32Array(this.#entryHandle.length * 2);
    handles.set(this.#entryHandle);
    this.#entryHandle = handles;
    const segments = new Uint8Array(this.#entrySegment.length * 2);
    segments.set(this.#entrySegment);
    this.#entrySegment = segments;
    const next = new Int32Array(this.#entryNext.length * 2);
    next.set(this.#entryNext);
    this.#entryNext = next;
  }

  /** Two independent 32-bit hashes of a text into `#high` and `#low`. */
  #hash(text: string, seed: number): void {
    let a = 0x811c9dc5 ^ seed;
    let b = 0x9747b28c + seed;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 0x01000193);
      b = Math.imul(b ^ c, 0x5bd1e995);
      b ^= b >>> 13;
    }
    this.#high = a | 0;
    this.#low = b | 0;
  }
}
