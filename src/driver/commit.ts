// Group commit over one slot of a journal, for any program (design §6): one batch gathers while another is under way; what
// waits for durability is called back per batch. Also knows which batches still hold live records and secrets, destroys the
// keys of those that hold none and trims the log behind them. What records mean is the owner's.
import { ByteWriter } from '../base/bytes.ts';
import {
  BATCHES_IN_FLIGHT_MAX,
  FULL_RETRY_MS,
  GATHER_BACKLOG_BYTES,
  GATHER_BYTES,
  GATHER_IDLE_MS,
  GATHER_MS,
} from '../base/limits.ts';
import type { AppendOutcome, Journal, JournalBatch } from '../port/journal.ts';
import type { Alarm, Loop } from '../port/loop.ts';
import { type AfterHandler, BatchPool, type Gathered } from './gathered.ts';
import { LogKeeper } from './logKeeper.ts';
import { closeRecord, countRecords } from './records.ts';

/**
 * full: the disk is full; refuse new work, everything given so far is kept and tried again. room: it has been stored.
 * fenced: another owner has taken the slot. unknown: a write or sync failed. After these two nothing more is called back: halt.
 */
export type CommitState = 'full' | 'room' | 'fenced' | 'unknown';

export interface CommitLogOptions {
  readonly journal: Journal;
  readonly loop: Loop;
  readonly slot: number;
  /** Of this owner; higher than that of any earlier one. */
  readonly epoch: number;
  readonly onOutcome: (state: CommitState) => void;
}

/**
 * Life: `recover` once, count what lives, `recovered` once; then records.
 * A record: `const w = log.begin(type); w.u16(…); log.end(); log.after(handler, arg)`. Nothing starts within a turn: the
 * records of one turn are in one batch, whose number is `seq`.
 */
export class CommitLog {
  readonly #journal: Journal;
  readonly #loop: Loop;
  readonly #slot: number;
  readonly #epoch: number;
  readonly #onOutcome: (state: CommitState) => void;
  readonly #keeper: LogKeeper;
  readonly #writer = new ByteWriter(0);
  readonly #secrets = new ByteWriter(0);
  readonly #pool = new BatchPool();
  /** Oldest first. */
  readonly #inFlight: Gathered[] = [];
  /** Refused by a full disk, oldest first; tried again together. */
  readonly #refused: Gathered[] = [];
  readonly #ready: { handler: AfterHandler; arg: number }[] = [];
  #current: Gathered;
  #recordAt = -1;
  #firstAt = 0;
  #lastStartAt = Number.NEGATIVE_INFINITY;
  /** The batch is to start at the end of the turn, whatever its age. */
  #now = false;
  #urgent = false;
  #turnAsked = false;
  #alarm: Alarm | null = null;
  #full = false;
  #halted = false;
  #recovered = false;

  constructor(options: CommitLogOptions) {
    this.#journal = options.journal;
    this.#loop = options.loop;
    this.#slot = options.slot;
    this.#epoch = options.epoch;
    this.#onOutcome = options.onOutcome;
    this.#keeper = new LogKeeper(options.journal, options.loop, options.slot);
    this.#current = this.#fresh(0);
  }

  /**
   * Reads every kept batch, oldest first; buffers are valid during the call. `secrets` is null when they have ended or there
   * were none. `live` and `secretLive` may be called for batches that have been read. `done`: records may be written now.
   */
  recover(each: (seq: number, records: Buffer, secrets: Buffer | null) => void, done: () => void): void {
    this.#journal.read(
      this.#slot,
      1,
      (seq, records, secrets) => {
        this.#keeper.found(seq, countRecords(records), records.length + (secrets?.length ?? 0), secrets !== null);
        each(seq, records, secrets);
      },
      (nextSeq) => {
        this.#current.seq = this.#keeper.openFirst(nextSeq);
        this.#recovered = true;
        done();
      },
    );
  }

  /** Every live record and secret of the past has been counted: from now on keys are destroyed and batches trimmed. */
  recovered(): void {
    this.#keeper.counted();
    this.#askTurn();
  }

  /** The batch that gathers: the home of the record being written and of those of this turn. */
  get seq(): number {
    return this.#current.seq;
  }

  /** False: refuse new work (law 8). Records of work that was taken before may still be written. */
  get accepting(): boolean {
    return this.#recovered && !this.#halted && !this.#full && this.#writer.length < GATHER_BACKLOG_BYTES;
  }

  /** Octets in the log, and its live records: for metrics. */
  get stats(): { readonly bytes: number; readonly liveRecords: number; readonly firstSeq: number } {
    return this.#keeper.stats;
  }

  /** Starts a record; write its payload, then call `end`. The writer is the same every time; never `reset` it. */
  begin(type: number): ByteWriter {
    if (this.#recordAt >= 0 || !this.#recovered) throw new Error('commit: begin within a record or before recovery');
    const writer = this.#writer;
    this.#recordAt = writer.length;
    writer.u8(type);
    writer.u32(0);
    return writer;
  }

  /** Adds octets to this batch's sealed secrets; returns their offset in it. Between `begin` and `end` of the record that names it. */
  secret(bytes: Buffer, start = 0, end = bytes.length): number {
    if (this.#recordAt < 0) throw new Error('commit: secret outside a record');
    const offset = this.#secrets.length;
    this.#secrets.bytes(bytes, start, end);
    return offset;
  }

  /** Ends the record; returns its position in the batch. */
  end(): number {
    const at = this.#recordAt;
    if (at < 0) throw new Error('commit: end without begin');
    const writer = this.#writer;
    closeRecord(writer.buffer, at, writer.length);
    this.#recordAt = -1;
    const index = this.#current.count++;
    if (index === 0) this.#first();
    if (writer.length >= GATHER_BYTES && !this.#turnAsked) this.#askTurn();
    return index;
  }

  /** Calls `handler(arg)` in a later turn, once the last ended record is durable. In order of calls. */
  after(handler: AfterHandler, arg: number): void {
    const batch = this.#current.count > 0 ? this.#current : (this.#inFlight.at(-1) ?? this.#refused.at(-1) ?? null);
    if (batch === null) {
      this.#ready.push({ handler, arg });
      this.#askTurn();
      return;
    }
    batch.handlers[batch.waiting] = handler;
    batch.args[batch.waiting++] = arg;
  }

  /** What has gathered starts at the end of this turn: a PIN, or an answer that somebody waits for alone. */
  urgent(): void {
    this.#urgent = true;
    if (!this.#turnAsked) this.#askTurn();
  }

  /** A record of batch `seq` lives (+1), or has ended or been written again elsewhere (−1): call after `end` of the record that says so. */
  live(seq: number, change: number): void {
    this.#keeper.live(seq, change);
  }

  /** The same for a secret of batch `seq`. Its batch's key is destroyed once none lives and the record that says so is durable. */
  secretLive(seq: number, change: number): void {
    if (this.#keeper.secretLive(seq, change, this.#current.seq)) this.#askTurn();
  }

  /** One record lives in batch `seq`, and nothing in the batches after it before `limit`. */
  readonly livesAlone = (seq: number, limit: number): boolean => this.#keeper.livesAlone(seq, limit);

  /**
   * Batches whose live records (and secrets) the owner is to write again, each followed by `live(old, −1)`, `live(new, +1)`.
   * Ascending, a portion; about once a second. More than half of the log is dead, or secrets ended long ago beside ones that live.
   */
  oldestSparse(nowMs: number): readonly number[] {
    const newest = this.#inFlight[0]?.seq ?? this.#refused[0]?.seq ?? this.#current.seq;
    return this.#keeper.sparse(nowMs, newest);
  }

  #first(): void {
    const now = this.#loop.monotonic();
    this.#firstAt = now;
    if (this.#inFlight.length === 0 && now - this.#lastStartAt >= GATHER_IDLE_MS) {
      this.#now = true;
      this.#askTurn();
    } else if (this.#alarm === null) {
      this.#alarm = this.#loop.wakeAt(now + GATHER_MS, this.#rang);
    }
  }

  readonly #rang = (): void => {
    this.#alarm = null;
    if (this.#current.count === 0 || this.#halted) return;
    // The alarm of a batch that started early rings for its successor: set it again.
    if (this.#loop.monotonic() - this.#firstAt >= GATHER_MS) this.#start();
    else this.#alarm = this.#loop.wakeAt(this.#firstAt + GATHER_MS, this.#rang);
  };

  #askTurn(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    this.#loop.endOfTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnAsked = false;
    if (this.#halted) return;
    for (const { handler, arg } of this.#ready.splice(0)) handler(arg);
    this.#start();
    if (this.#current.count === 0 && this.#inFlight.length === 0 && this.#refused.length === 0) {
      this.#keeper.quiet(this.#current.seq);
    }
  };

  /** Starts the batch if it is due and may. */
  #start(): void {
    const batch = this.#current;
    if (batch.count === 0 || this.#refused.length > 0 || this.#halted) return;
    if (this.#recordAt >= 0) throw new Error('commit: the turn ended within a record');
    const large = this.#writer.length >= GATHER_BYTES;
    const now = this.#loop.monotonic();
    if (!(large || this.#now || this.#urgent || now - this.#firstAt >= GATHER_MS)) return;
    // A PIN does not wait for the commit under way to come back: the worker takes it with the next sync.
    if (this.#inFlight.length >= (large ? BATCHES_IN_FLIGHT_MAX : this.#urgent ? 2 : 1)) return;
    this.#now = false;
    this.#urgent = false;
    this.#lastStartAt = now;
    batch.records = this.#writer.buffer;
    batch.recordsLength = this.#writer.length;
    batch.secrets = this.#secrets.buffer;
    batch.secretsLength = this.#secrets.length;
    batch.front = this.#keeper.close(batch.seq, batch.count, batch.recordsLength, batch.secretsLength);
    this.#current = this.#fresh(this.#keeper.open());
    this.#send(batch);
  }

  #send(batch: Gathered): void {
    this.#inFlight.push(batch);
    this.#journal.append(this.#slot, this.#epoch, batch.seq, batch, this.#done);
  }

  readonly #done = (outcome: AppendOutcome, returned: JournalBatch): void => {
    if (this.#halted) return;
    const batch = this.#inFlight.shift() as Gathered;
    batch.records = returned.records;
    batch.secrets = returned.secrets;
    if (outcome === 'durable') this.#durable(batch);
    else if (outcome === 'full') this.#refuse(batch);
    else {
      this.#halted = true;
      this.#alarm?.cancel();
      this.#onOutcome(outcome);
    }
  };

  #durable(batch: Gathered): void {
    if (this.#refused.length > 0) throw new Error(`commit: batch ${batch.seq} stored after one that was not`);
    const { handlers, args, waiting } = batch;
    for (let i = 0; i < waiting; i++) (handlers[i] as AfterHandler)(args[i] as number);
    this.#keeper.durable(batch.seq, batch.front);
    this.#pool.give(batch);
    if (this.#full) {
      this.#full = false;
      this.#onOutcome('room');
    }
    this.#start();
    if (this.#current.count === 0 && this.#inFlight.length === 0) this.#keeper.quiet(this.#current.seq);
  }

  #refuse(batch: Gathered): void {
    this.#refused.push(batch);
    if (this.#inFlight.length === 0) this.#loop.wakeAt(this.#loop.monotonic() + FULL_RETRY_MS, this.#retry);
    if (this.#full) return;
    this.#full = true;
    this.#onOutcome('full');
  }

  readonly #retry = (): void => {
    if (this.#halted) return;
    for (const batch of this.#refused.splice(0)) this.#send(batch);
  };

  #fresh(seq: number): Gathered {
    const batch = this.#pool.take(seq);
    this.#writer.buffer = batch.records;
    this.#writer.reset();
    this.#secrets.buffer = batch.secrets;
    this.#secrets.reset();
    return batch;
  }
}
