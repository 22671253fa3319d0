// What is known of every kept batch of one journal slot, in typed arrays addressed by seq modulo their length: how many of
// its records and secrets still live, how many octets it holds, since when a secret of it has ended. The arrays hold the
// batches from `first` to `last`, without gaps, and double when they are full. Decides what is to be cleaned; does nothing.
import { CLEAN_LOG_MIN_BYTES, CLEAN_OFFER_AGAIN_MS, CLEAN_PORTION_RECORDS, SECRETS_MIXED_MS } from '../base/limits.ts';

const HAS_SECRETS = 1;
const SECRETS_ENDED = 2;

export class BatchRing {
  /** Oldest batch kept; `last + 1` when none is. */
  first: number;
  /** Newest batch that is known; the one that gathers. */
  last: number;
  #mask: number;
  #live: Int32Array;
  #secretLive: Int32Array;
  #records: Uint32Array;
  #bytes: Float64Array;
  #flags: Uint8Array;
  #secretEndedAt: Float64Array;
  #offeredAt: Float64Array;
  #totalRecords = 0;
  #totalLive = 0;
  #totalBytes = 0;

  constructor(nextSeq: number, capacity = 1024) {
    this.first = nextSeq;
    this.last = nextSeq - 1;
    this.#mask = capacity - 1;
    this.#live = new Int32Array(capacity);
    this.#secretLive = new Int32Array(capacity);
    this.#records = new Uint32Array(capacity);
    this.#bytes = new Float64Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#secretEndedAt = new Float64Array(capacity);
    this.#offeredAt = new Float64Array(capacity);
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get totalLive(): number {
    return this.#totalLive;
  }

  /** Makes `last + 1` known. */
  open(): number {
    if (this.last - this.first + 1 > this.#mask) this.#grow();
    const seq = ++this.last;
    const i = seq & this.#mask;
    this.#live[i] = 0;
    this.#secretLive[i] = 0;
    this.#records[i] = 0;
    this.#bytes[i] = 0;
    this.#flags[i] = 0;
    this.#secretEndedAt[i] = 0;
    this.#offeredAt[i] = 0;
    return seq;
  }

  /** What a batch holds, once it is closed or read back. */
  describe(seq: number, records: number, bytes: number, hasSecrets: boolean): void {
    const i = this.#index(seq);
    this.#totalRecords += records - (this.#records[i] as number);
    this.#totalBytes += bytes - (this.#bytes[i] as number);
    this.#records[i] = records;
    this.#bytes[i] = bytes;
    if (hasSecrets) this.#flags[i] = (this.#flags[i] as number) | HAS_SECRETS;
  }

  live(seq: number, change: number): void {
    const i = this.#index(seq);
    const next = (this.#live[i] as number) + change;
    if (next < 0) throw new Error(`batch ${seq}: more records ended than lived`);
    this.#live[i] = next;
    this.#totalLive += change;
  }

  /** Live secrets of `seq`. */
  secretsOf(seq: number): number {
    return this.#secretLive[this.#index(seq)] as number;
  }

  /** True when the last secret of `seq` has just ended. */
  secretLive(seq: number, change: number, nowMs: number): boolean {
    const i = this.#index(seq);
    const next = (this.#secretLive[i] as number) + change;
    if (next < 0) throw new Error(`batch ${seq}: more secrets ended than lived`);
    this.#secretLive[i] = next;
    if (change > 0) return false;
    if (this.#secretEndedAt[i] === 0) this.#secretEndedAt[i] = nowMs;
    return next === 0;
  }

  /** True once for a batch that has secrets of which none lives: its key is to be destroyed. */
  takeEnded(seq: number): boolean {
    if (seq < this.first) return false;
    const i = this.#index(seq);
    if (this.#secretLive[i] !== 0 || this.#flags[i] !== HAS_SECRETS) return false;
    this.#flags[i] = HAS_SECRETS | SECRETS_ENDED;
    return true;
  }

  /** The oldest batch with a live record or secret, or `limit` when every batch before that has none. */
  front(limit: number): number {
    let seq = this.first;
    while (seq < limit && this.#live[seq & this.#mask] === 0 && this.#secretLive[seq & this.#mask] === 0) seq++;
    return seq;
  }

  /** One record lives in batch `seq`, and nothing in the batches after it before `limit`. */
  livesAlone(seq: number, limit: number): boolean {
    if (this.#live[this.#index(seq)] !== 1 || this.secretsOf(seq) !== 0) return false;
    for (let other = seq + 1; other < limit; other++)
      if (this.#live[other & this.#mask] !== 0 || this.#secretLive[other & this.#mask] !== 0) return false;
    return true;
  }

  /** Forgets batches before `seq`, which are trimmed. */
  forget(seq: number): void {
    while (this.first < seq) {
      const i = this.first & this.#mask;
      this.#totalRecords -= this.#records[i] as number;
      this.#totalBytes -= this.#bytes[i] as number;
      this.first++;
    }
  }

  /**
   * Batches before `limit` to be written again, ascending, together about CLEAN_PORTION_RECORDS live records:
   * the oldest while more than half of the log's records are dead, and those in which a secret ended long ago while others live.
   */
  sparse(nowMs: number, limit: number): number[] {
    const found: number[] = [];
    let portion = 0;
    let dead = this.#totalRecords - this.#totalLive;
    let alive = this.#totalLive;
    let cleaning = this.#totalBytes > CLEAN_LOG_MIN_BYTES;
    for (let seq = this.first; seq < limit && portion < CLEAN_PORTION_RECORDS; seq++) {
      const i = seq & this.#mask;
      const live = this.#live[i] as number;
      if (cleaning) {
        // Cleaning this batch takes its dead records away and costs its live ones a second writing.
        cleaning = dead > alive;
        dead -= (this.#records[i] as number) - live;
        alive -= live;
      }
      const secretEndedAt = this.#secretEndedAt[i] as number;
      const mixed =
        (this.#secretLive[i] as number) > 0 && secretEndedAt !== 0 && nowMs - secretEndedAt >= SECRETS_MIXED_MS;
      if (live === 0 || !(cleaning || mixed)) continue;
      if (nowMs - (this.#offeredAt[i] as number) < CLEAN_OFFER_AGAIN_MS) {
        portion += live;
        continue;
      }
      this.#offeredAt[i] = nowMs;
      portion += live;
      found.push(seq);
    }
    return found;
  }

  #index(seq: number): number {
    if (seq < this.first || seq > this.last) throw new Error(`batch ${seq} is not kept (${this.first}…${this.last})`);
    return seq & this.#mask;
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const mask = capacity - 1;
    const move = <T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      for (let seq = this.first; seq <= this.last; seq++) to[seq & mask] = from[seq & this.#mask] as number;
      return to;
    };
    this.#live = move(this.#live, new Int32Array(capacity));
    this.#secretLive = move(this.#secretLive, new Int32Array(capacity));
    this.#records = move(this.#records, new Uint32Array(capacity));
    this.#bytes = move(this.#bytes, new Float64Array(capacity));
    this.#flags = move(this.#flags, new Uint8Array(capacity));
    this.#secretEndedAt = move(this.#secretEndedAt, new Float64Array(capacity));
    this.#offeredAt = move(this.#offeredAt, new Float64Array(capacity));
    this.#mask = mask;
  }
}
