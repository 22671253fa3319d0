// What has left memory: orders in run files, found by op and by the supplier's id. Moves the oldest there, brings back what a
// receipt or a repeated order asks for. Values are the records of opRecord.ts; texts never come here.
import { ByteWriter } from '../base/bytes.ts';
import { ScratchOctets } from '../base/scratchOctets.ts';
import { indexKey, lookupKeys } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { deadlineOf } from './due.ts';
import type { Link } from './links.ts';
import { restoreOp, writeOp } from './opRecord.ts';
import { RecordReader } from './recordReader.ts';
import { RecordType } from './records.ts';
import { SentFlag } from './sentStore.ts';

/** What is looked for is on disk, and cannot come back yet. */
export const NO_ROOM = -2;
const GROUP = 0;
const DUE_GROUP = 1;
const AGAIN_MS = 1000;
const OP_OCTETS = 16;
const ID_PREFIX = 'id:\0';
const DUE_ORDER_OCTETS = 16;

export class OnDisk {
  readonly #core: Core;
  readonly #reader = new RecordReader();
  readonly #scratch = new ByteWriter(512);
  readonly #idInput = new ScratchOctets('');
  /** What is put is copied: one place serves all. */
  readonly #op = Buffer.alloc(OP_OCTETS);
  readonly #key = Buffer.from(ID_PREFIX + '\0'.repeat(OP_OCTETS), 'latin1');
  /** Put and waiting for the run to be durable; their batches are released then. */
  #moving: number[] = [];
  #flushing = false;
  /** The last run could not be written. */
  #failing = false;
  #used = false;
  /** Bind mode: what becomes due earlier stands here, so that who looked up to here meets it. Wall clock. */
  dueFloorMs = 0;
  /** Earliest that was put. */
  earliestDueMs = Number.POSITIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  /** True: something may be found here and nowhere else. */
  get holds(): boolean {
    return this.#used;
  }

  /** Runs of earlier times exist, or may. */
  mayHold(): void {
    this.#used = true;
  }

  /** Puts an order into the next run. It stays in memory; its journal batch is let go once the run is durable. */
  put(handle: number): void {
    const { sent, spill, links } = this.#core;
    const w = this.#scratch;
    w.reset();
    writeOp(w, this.#core, handle);
    const op = this.#op;
    op.latin1Write(sent.op(handle), 0);
    spill.put({ group: GROUP, key: op, order: op, value: w.view() });
    const link = links.get(sent.link(handle));
    const total = sent.total(handle);
    for (let i = 0; i < total; i++) {
      const id = sent.remoteId(handle, i);
      if (id === '' || sent.state(handle, i) !== 0) continue;
      spill.put({ group: GROUP, key: this.#idKey(link, indexKey(id)), order: op, value: op });
    }
    const dueMs = deadlineOf(this.#core, handle);
    if (dueMs !== null) this.putDue(handle, dueMs);
    sent.setFlag(handle, SentFlag.spilled, true);
    const home = sent.home(handle);
    sent.setHome(handle, -1);
    if (home >= 0) this.#moving.push(home);
    this.#used = true;
  }

  /** Bind mode: the order is found again when its deadline has come. Durable with the order's own entry. */
  putDue(handle: number, dueMs: number): void {
    const { sent, spill } = this.#core;
    const atMs = Math.max(dueMs, this.dueFloorMs);
    if (atMs < this.earliestDueMs) this.earliestDueMs = atMs;
    const op = Buffer.from(sent.op(handle), 'latin1');
    const key = Buffer.concat([DUE_KEY, op]);
    spill.put({ group: DUE_GROUP, key, order: dueOrder(atMs, op), value: op });
  }

  /** Ops that were due from `fromMs` on and before `before` (as given back; null: `toMs`), latest first, at most `limit`. */
  listDue(
    fromMs: number,
    toMs: number,
    before: Buffer | null,
    limit: number,
    done: (ops: readonly string[], next: Buffer | null) => void,
  ): void {
    const from = dueOrder(fromMs, NO_OP);
    this.#core.spill.list(DUE_GROUP, before ?? dueOrder(toMs, NO_OP), limit, (entries) => {
      const wanted = entries.filter(({ order }) => Buffer.compare(order, from) >= 0);
      const last = wanted.length === limit ? wanted.at(-1) : undefined;
      done(
        wanted.map(({ value }) => value.latin1Slice(0, OP_OCTETS)),
        last === undefined ? null : Buffer.from(last.order),
      );
    });
  }

  /** Makes what was put durable and lets its journal batches go. */
  flush(): void {
    const { spill, world } = this.#core;
    if (this.#flushing || spill.unflushed === 0) return;
    this.#flushing = true;
    const moved = this.#moving;
    this.#moving = [];
    spill.flush((ok) => {
      this.#flushing = false;
      if (ok) for (const home of moved) this.#core.log.live(home, -1);
      else this.#moving.push(...moved);
      if (ok === !this.#failing) return;
      this.#failing = !ok;
      if (ok) world.log.info('run files are written again', {});
      else world.log.error('run file could not be written; the journal keeps what it would have held', {});
    });
  }

  /** Resolves when all that was put is durable; a disk that is full is tried again. */
  settled(): Promise<void> {
    const { spill, world } = this.#core;
    return new Promise((resolve) => {
      const attempt = (): void => {
        if (spill.unflushed === 0) resolve();
        else spill.flush((ok) => (ok ? resolve() : void world.loop.wakeAt(world.loop.monotonic() + AGAIN_MS, attempt)));
      };
      attempt();
    });
  }

  get flushing(): boolean {
    return this.#flushing;
  }

  /** An order has changed: if only the run files know it, the journal must know it again. */
  changed(handle: number): void {
    const { sent, log } = this.#core;
    if (!sent.flag(handle, SentFlag.spilled)) return;
    sent.setFlag(handle, SentFlag.spilled, false);
    const w = log.begin(RecordType.op);
    writeOp(w, this.#core, handle);
    log.end();
    sent.setHome(handle, log.seq);
    log.live(log.seq, 1);
  }

  /** Whether a run file has this op. Never answers before it returns. */
  knows(op: string, done: (known: boolean) => void): void {
    this.#core.spill.get(Buffer.from(op, 'latin1'), (value) => done(value !== null));
  }

  /** Looks an op up; its handle once it is in memory again, −1: it is not here, NO_ROOM: it is, and memory has no room for it now. Never answers before it returns. */
  recallOp(op: string, done: (handle: number) => void): void {
    this.#core.spill.get(Buffer.from(op, 'latin1'), (value) => {
      const handle = value === null ? -1 : this.#restore(value);
      done(value !== null && handle < 0 ? NO_ROOM : handle);
    });
  }

  /** Brings back what a receipt's id may name. `complete` false: memory had no room for something. */
  recallId(link: Link, wanted: { readonly remoteId: string }, done: (complete: boolean) => void): void {
    const { respBase, receiptBase } = link.config.dialect;
    const keys = lookupKeys(wanted.remoteId, respBase, receiptBase);
    let open = keys.length;
    let complete = true;
    for (const key of keys) {
      this.#core.spill.get(this.#idKey(link, key), (op) => {
        if (op === null || op.length !== OP_OCTETS) {
          if (--open === 0) done(complete);
          return;
        }
        this.#core.spill.get(Buffer.from(op), (value) => {
          if (value !== null && this.#restore(value) < 0) complete = false;
          if (--open === 0) done(complete);
        });
      });
    }
  }

  #restore(value: Buffer): number {
    const { sent } = this.#core;
    const before = sent.size;
    const handle = restoreOp(this.#reader.open(value, 0, value.length), this.#core);
    if (handle >= 0 && sent.size > before) sent.setFlag(handle, SentFlag.spilled, true);
    return handle;
  }

  /** 16 octets of a hash: suppliers' ids are of any length. Valid until the next is made. */
  #idKey(link: Link, id: string): Buffer {
    const input = this.#idInput.restart().latin1(link.name).u8(0).latin1(id);
    const hash = this.#core.world.crypto.sha256Octets(input.view());
    for (let i = 0; i < OP_OCTETS; i++) this.#key[ID_PREFIX.length + i] = hash.charCodeAt(i);
    return this.#key;
  }
}

const DUE_KEY = Buffer.from('due\0');
const NO_OP = Buffer.alloc(OP_OCTETS);

/** By time, then by op. */
function dueOrder(atMs: number, op: Buffer): Buffer {
  const order = Buffer.allocUnsafe(DUE_ORDER_OCTETS);
  order.writeUInt32BE(Math.floor(atMs / 0x1_0000_0000), 0);
  order.writeUInt32BE(Math.floor(atMs) % 0x1_0000_0000, 4);
  op.copy(order, 8, 0, DUE_ORDER_OCTETS - 8);
  return order;
}
