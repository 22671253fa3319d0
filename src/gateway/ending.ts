// The end of a message: exactly one terminal state (design §5.4), the rest of its hold settled (§5.5), its receipt given to
// hand-over, and at last its history written and its memory freed.
import { deliveredSegments } from './aggregate.ts';
import { accountOf, type Core, forgetId, forgetOp } from './core.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind, endBody } from './letters.ts';
import { RecordType } from './records.ts';

/** registered_delivery bits 1–0 (R13). */
const RECEIPT_FAILURE_ONLY = 2;
const RECEIPT_SUCCESS_ONLY = 3;
const DELIVERED = 2;

export class Ending {
  readonly #core: Core;
  readonly #handOver: (handle: number) => void;
  /** Parts that end with a joined message, by the joined message's handle. */
  readonly joined = new Map<number, number[]>();
  /** Ended, but not durably yet, of those whose intermediate receipt may stand in the queue of hand-over. */
  readonly undurable = new Set<number>();

  constructor(core: Core) {
    this.#core = core;
    this.#handOver = (handle) => this.#durable(handle);
  }

  /**
   * Ends an open message with `state`, for `reason` (history.TraceReason, 0: the state says it). Journals it; the receipt
   * goes out after the commit. Parts that were joined into it end alike.
   */
  end(handle: number, state: number, nowMs: number, errorCode: number, reason: number): void {
    const { store, log } = this.#core;
    const charge = this.#dueCharge(handle, state);
    const w = log.begin(RecordType.ended);
    const at = (store.offset[handle] as number) + Letter.id;
    w.bytes(store.buffer(handle), at, at + 16);
    w.u8(state);
    w.u64(nowMs);
    w.u32(errorCode);
    w.u8(reason);
    w.u8(charge);
    log.end();
    this.apply(handle, state, nowMs, errorCode, reason, charge);
    if ((store.flags[handle] as number) & MessageFlag.intermediateWanted) this.undurable.add(handle);
    log.after(this.#handOver, handle);
    const parts = this.joined.get(handle);
    if (parts !== undefined) {
      this.joined.delete(handle);
      for (const part of parts) if (store.terminal[part] === 0) this.end(part, state, nowMs, errorCode, reason);
    }
  }

  /** What an `ended` record says, at the end itself and at recovery. `charge`: segments of the rest of the hold to charge. */
  apply(handle: number, state: number, atMs: number, errorCode: number, reason: number, charge: number): void {
    const core = this.#core;
    const { store, ledger } = core;
    if (store.terminal[handle] !== 0) throw new Error('a message ends once');
    if (store.phase[handle] === MessagePhase.queued) core.dispatch.withdraw(handle);
    const open =
      (store.segments[handle] as number) -
      (store.chargedSegments[handle] as number) -
      (store.voidedSegments[handle] as number);
    const price = store.pricePerSegment[handle] as number;
    if (open > 0) ledger.settle(store.account[handle] as number, open * price, charge * price);
    store.chargedSegments[handle] = (store.chargedSegments[handle] as number) + charge;
    store.voidedSegments[handle] = (store.voidedSegments[handle] as number) + open - charge;
    store.terminal[handle] = state;
    store.doneAt[handle] = atMs;
    store.errorCode[handle] = errorCode;
    store.phase[handle] = MessagePhase.ended;
    core.timers.cancel(handle);
    this.bodyEnded(handle);
    addEvent(store, handle, EventKind.ended, 255, reason, 0, atMs, state);
    if (state === DELIVERED) core.counters.ended_delivered++;
    else core.counters.ended_other++;
  }

  /** Text and seed are needed no more: forgotten here, and their key's batch is told. */
  bodyEnded(handle: number): void {
    const { store, log } = this.#core;
    if ((store.flags[handle] as number) & MessageFlag.bodyEnded) return;
    endBody(store, handle);
    log.secretLive(store.homeSeq[handle] as number, -1);
  }

  /** Does the customer want to hear of this end? */
  wantsReceipt(handle: number): boolean {
    const { store } = this.#core;
    const flags = store.flags[handle] as number;
    if (flags & MessageFlag.internal) return false;
    const account = accountOf(this.#core, handle);
    if (flags & MessageFlag.http) return account.config.webhook !== null;
    const registered =
      (store.buffer(handle)[(store.offset[handle] as number) + Letter.registeredDelivery] as number) & 0x03;
    if (registered === 0) return false;
    const delivered = store.terminal[handle] === DELIVERED;
    if (registered === RECEIPT_FAILURE_ONLY) return !delivered;
    if (registered === RECEIPT_SUCCESS_ONLY) return delivered;
    return true;
  }

  /** The receipt has been taken, or nobody wanted one: history, then memory. */
  close(handle: number): void {
    const core = this.#core;
    core.history.put(core.store, handle);
    core.closing.push(core.store.homeSeq[handle] as number);
    this.forget(handle);
  }

  /** Frees the memory of a message whose history has been taken care of. */
  forget(handle: number): void {
    const core = this.#core;
    const { store } = core;
    if ((store.flags[handle] as number) & MessageFlag.shortId) {
      core.byShortId.delete(store.buffer(handle).readUInt32BE((store.offset[handle] as number) + Letter.id + 12));
    }
    // Its number will be another message's: what ended with this one must not end with that one.
    this.joined.delete(handle);
    forgetOp(core, handle);
    forgetId(core, handle);
    accountOf(core, handle).openMessages--;
    store.release(handle);
  }

  #durable(handle: number): void {
    this.undurable.delete(handle);
    if (this.wantsReceipt(handle)) this.#core.handover.push(handle);
    else if (!this.#core.handover.holds(handle)) this.close(handle);
  }

  /** Segments of the open rest that are charged now: by receipt only, where the account pays for delivery. */
  #dueCharge(handle: number, state: number): number {
    const core = this.#core;
    const { store } = core;
    const account = accountOf(core, handle);
    if (account.config.chargeOn !== 'delivered') return 0;
    const open =
      (store.segments[handle] as number) -
      (store.chargedSegments[handle] as number) -
      (store.voidedSegments[handle] as number);
    const link = store.link[handle] as number;
    const parts = link < 0 ? 'all' : core.links.get(link).config.receiptParts;
    const delivered =
      state === DELIVERED ? (store.segments[handle] as number) : deliveredSegments(store, handle, parts);
    return Math.min(open, delivered);
  }
}
