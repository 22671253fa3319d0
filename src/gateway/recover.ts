// From the journal to the state of the moment before: every kept record in order, then what follows from the state. Deltas of
// messages that are not known are of messages that ended and were forgotten; they are passed over (design §6).
import { readRecords } from '../driver/records.ts';
import { admitted } from './accept.ts';
import { State } from './aggregate.ts';
import { accountOf, type Core, forgetId, forgetOp, indexId, indexOp, messageById, messageByOp } from './core.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import { applyOutcome, applyRetry, readOutcome, settleReceipts } from './outcomes.ts';
import { Parts } from './parts.ts';
import { applyReceipt } from './receiptsIn.ts';
import { RecordType, readMessage, readText, readU64 } from './records.ts';
import { readState, type SavedAnswer, type SavedState } from './saved.ts';

export class Recovery {
  readonly #core: Core;
  readonly #onState: (state: SavedState, seq: number) => void;
  readonly #onAnswer: (answer: SavedAnswer, seq: number) => void;
  /** Parts that wait, as read; put into sets at the end. */
  readonly #parts = new Map<number, ReturnType<typeof Parts.read>>();
  /** Messages that were closed: the batch that says so, until their history is known to be durable. */
  #closed: { readonly seq: number; readonly put: () => void }[] = [];

  constructor(
    core: Core,
    onState: (state: SavedState, seq: number) => void,
    onAnswer: (answer: SavedAnswer, seq: number) => void,
  ) {
    this.#core = core;
    this.#onState = onState;
    this.#onAnswer = onAnswer;
  }

  batch(seq: number, records: Buffer, secrets: Buffer | null): void {
    readRecords(records, (type, start, end) => this.#record(seq, type, records, start, end, secrets));
  }

  /** After the last batch: what the state asks for. Returns how many messages are open. */
  finish(): number {
    const core = this.#core;
    const { store } = core;
    const nowMs = core.world.loop.now();
    for (const one of this.#closed) one.put();
    this.#closed = [];
    const joining: number[] = [];
    for (let handle = 0; handle < store.span; handle++) {
      store.slab.trim();
      switch (store.phase[handle]) {
        case MessagePhase.free:
          break;
        case MessagePhase.joining: {
          const part = this.#parts.get(handle);
          if (part === undefined) core.ending.end(handle, State.expired, nowMs, 0, 0);
          else {
            core.parts.add(handle, part.part, part.esmClass);
            joining.push(handle);
          }
          break;
        }
        case MessagePhase.joined:
          break;
        case MessagePhase.sent:
          core.timers.set(handle, store.deadline[handle] as number);
          settleReceipts(core, handle, nowMs);
          break;
        case MessagePhase.ended:
          if (core.ending.wantsReceipt(handle)) core.handover.push(handle);
          else core.ending.close(handle);
          break;
        default:
          this.#open(handle, nowMs);
      }
    }
    // Only now: a set that is whole becomes a message, whose record is not durable yet.
    for (const part of joining) core.parts.durable(part);
    return store.count;
  }

  /** Accepted, perhaps ordered: whether the guard has its op is not known here, so the order says that it repeats. */
  #open(handle: number, nowMs: number): void {
    const { store } = this.#core;
    // A clock that was set back does not undo that its time had come.
    if ((store.dueAt[handle] as number) <= Math.max(nowMs, this.#core.times.latest)) {
      store.flags[handle] = (store.flags[handle] as number) | MessageFlag.repeated;
      store.dueAt[handle] = Math.min(store.dueAt[handle] as number, nowMs);
    }
    store.phase[handle] = MessagePhase.accepting;
    admitted(this.#core, handle, nowMs);
  }

  #record(seq: number, type: number, records: Buffer, start: number, end: number, secrets: Buffer | null): void {
    const core = this.#core;
    const { store } = core;
    switch (type) {
      case RecordType.accept:
      case RecordType.message:
        this.#message(seq, type === RecordType.accept, records, start, end, secrets);
        return;
      case RecordType.retry:
        this.#retry(messageById(core, records.subarray(start, start + 16)), records, start);
        return;
      case RecordType.outcome: {
        const handle = messageByOp(core, records.subarray(start, start + 16));
        if (handle < 0 || store.terminal[handle] !== 0) return;
        const { link, at, outcomes } = readOutcome(records, start);
        core.times.seen(at);
        applyOutcome(core, handle, link, outcomes, at);
        return;
      }
      case RecordType.receipt: {
        const handle = messageByOp(core, records.subarray(start, start + 16));
        if (handle < 0 || store.terminal[handle] !== 0) return;
        applyReceipt(
          core,
          handle,
          records[start + 16] as number,
          records[start + 17] as number,
          readU64(records, start + 18),
          records.readUInt16BE(start + 26),
        );
        return;
      }
      case RecordType.ended: {
        const handle = messageById(core, records.subarray(start, start + 16));
        if (handle < 0 || store.terminal[handle] !== 0) return;
        core.ending.apply(
          handle,
          records[start + 16] as number,
          readU64(records, start + 17),
          records.readUInt32BE(start + 25),
          records[start + 29] as number,
          records[start + 30] as number,
        );
        if (!core.ending.wantsReceipt(handle)) this.#close(seq, handle);
        return;
      }
      case RecordType.handed: {
        const handle = messageById(core, records.subarray(start, start + 16));
        if (handle >= 0 && store.terminal[handle] !== 0) this.#close(seq, handle);
        return;
      }
      case RecordType.intermediateHanded: {
        const handle = messageById(core, records.subarray(start, start + 16));
        if (handle >= 0) store.flags[handle] = (store.flags[handle] as number) | MessageFlag.intermediateHanded;
        return;
      }
      case RecordType.credit: {
        const account = records.readUInt16BE(start);
        const amount = readU64(records, start + 3) * (records[start + 2] === 1 ? -1 : 1);
        core.ledger.credit(account, amount, readText(records, start + 11).text);
        return;
      }
      case RecordType.state:
        this.#onState(readState(records, start, end), seq);
        return;
      case RecordType.suspended:
        core.accounts.get(records.readUInt16BE(start)).suspended = records[start + 2] === 1;
        return;
      case RecordType.replaced: {
        const handle = messageById(core, records.subarray(start, start + 16));
        const fewer = records[start + 16] as number;
        if (handle >= 0 && fewer > 0)
          core.ledger.void(store.account[handle] as number, fewer * (store.pricePerSegment[handle] as number));
        return;
      }
      case RecordType.part: {
        const handle = messageById(core, records.subarray(start, start + 16));
        if (handle >= 0) this.#parts.set(handle, Parts.read(records, start + 16));
        return;
      }
      case RecordType.partsDone:
        this.#partsDone(records, start);
        return;
      case RecordType.mo:
        core.mo.restore(seq, records, start, secrets);
        return;
      case RecordType.moHanded:
        core.mo.restoreHanded(records, start);
        return;
      case RecordType.idempotency:
        this.#onAnswer(JSON.parse(records.utf8Slice(start, end)) as SavedAnswer, seq);
        return;
      case RecordType.time:
        core.times.seen(readU64(records, start));
        return;
      case RecordType.historyFlushed: {
        const flushed = readU64(records, start);
        this.#closed = this.#closed.filter((one) => one.seq >= flushed);
        return;
      }
      default:
        throw new Error(`journal: record type ${type} is not known; was it written by a newer version?`);
    }
  }

  #message(seq: number, fresh: boolean, records: Buffer, start: number, end: number, secrets: Buffer | null): void {
    const core = this.#core;
    const { store, log } = core;
    let handle = store.take();
    if (handle < 0 || !readMessage(records, start, end, secrets, store, handle))
      throw new Error('the open messages of the journal do not fit: raise limits.messages or limits.memory');
    const at = (store.offset[handle] as number) + Letter.id;
    // An ACCEPT is the first that is told of a message.
    const known = fresh ? -1 : messageById(core, store.buffer(handle).subarray(at, at + 16));
    if (known >= 0) handle = this.#replace(known, handle);
    else accountOf(core, handle).openMessages++;
    indexId(core, handle);
    core.times.seen(store.acceptedAt[handle] as number);
    indexOp(core, handle);
    core.idSource.seen(store.buffer(handle).readUInt32BE((store.offset[handle] as number) + Letter.id + 12));
    store.homeSeq[handle] = seq;
    log.live(seq, 1);
    const hasBody = ((store.flags[handle] as number) & MessageFlag.bodyEnded) === 0;
    if (hasBody && secrets === null) store.flags[handle] = (store.flags[handle] as number) | MessageFlag.bodyEnded;
    else if (hasBody) log.secretLive(seq, 1);
    if (fresh) {
      const segments =
        (store.segments[handle] as number) -
        (store.chargedSegments[handle] as number) -
        (store.voidedSegments[handle] as number);
      core.ledger.restoreHold(store.account[handle] as number, segments * (store.pricePerSegment[handle] as number));
    }
  }

  /** The message is written again: the new copy takes the place of the old one, under the old handle's lists. */
  #replace(known: number, fresh: number): number {
    const core = this.#core;
    const { store, log } = core;
    const home = store.homeSeq[known] as number;
    log.live(home, -1);
    if (((store.flags[known] as number) & MessageFlag.bodyEnded) === 0) log.secretLive(home, -1);
    forgetOp(core, known);
    forgetId(core, known);
    const part = this.#parts.get(known);
    const joined = core.ending.joined.get(known);
    store.release(known);
    if (part !== undefined) {
      this.#parts.delete(known);
      this.#parts.set(fresh, part);
    }
    if (joined !== undefined) {
      core.ending.joined.delete(known);
      core.ending.joined.set(fresh, joined);
    }
    for (const [carrier, members] of core.ending.joined) {
      const at = members.indexOf(known);
      if (at >= 0) core.ending.joined.set(carrier, members.with(at, fresh));
    }
    return fresh;
  }

  #retry(handle: number, records: Buffer, start: number): void {
    if (handle < 0) return;
    const core = this.#core;
    const { store } = core;
    forgetOp(core, handle);
    records.copy(store.buffer(handle), (store.offset[handle] as number) + Letter.op, start + 16, start + 32);
    store.attempts[handle] = records[start + 49] as number;
    // Whether the body is still there is known by now: the record tells of the time when it was.
    const ended = (store.flags[handle] as number) & MessageFlag.bodyEnded;
    store.flags[handle] = (records.readUInt16BE(start + 50) & ~MessageFlag.bodyEnded) | ended;
    core.times.seen(readU64(records, start + 32));
    const count = records[start + 52] as number;
    const refusals: number[] = [];
    for (let i = 0; i < count; i++) refusals.push(records.readUInt16BE(start + 53 + 2 * i));
    if (count > 0) store.refusals.set(handle, refusals);
    applyRetry(core, handle, readU64(records, start + 40), records[start + 48] as number, readU64(records, start + 32));
  }

  #partsDone(records: Buffer, start: number): void {
    const core = this.#core;
    const carrier = messageById(core, records.subarray(start, start + 16));
    const count = records.readUInt16BE(start + 16);
    const members: number[] = [];
    for (let i = 0; i < count; i++) {
      const at = start + 18 + i * 16;
      const part = messageById(core, records.subarray(at, at + 16));
      if (part < 0) continue;
      this.#parts.delete(part);
      if (core.store.voidedSegments[part] === 0)
        core.ledger.void(core.store.account[part] as number, core.store.pricePerSegment[part] as number);
      members.push(part);
    }
    if (carrier >= 0) core.parts.link(carrier, members);
  }

  /** As ending.close, but the history entry may be durable already: a later marker says so. */
  #close(seq: number, handle: number): void {
    const core = this.#core;
    const { store } = core;
    addEvent(store, handle, EventKind.handed, 255, 0, 0, store.doneAt[handle] as number, 0);
    this.#closed.push({ seq, put: core.history.prepared(store, handle) });
    const home = store.homeSeq[handle] as number;
    core.ending.forget(handle);
    // Nothing of it lives any more once its history is durable; until then its batches stay.
    core.closing.push(home);
  }
}
