// Answers after their timer (R4): an order whose answer did not come stays in memory for ten timers; an id that comes late makes
// its receipts findable, a refusal that comes late is told as a final state.
import { OutcomeClass } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import { messageState } from '../sms/messageState.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import type { OnDisk } from './onDisk.ts';
import type { Receipts } from './receipts.ts';
import { RecordType, writeResult } from './records.ts';

const LATE_FACTOR_MS = 10;

export class Late {
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  readonly #receipts: Receipts;
  /** Handles that are kept because an answer may still come late, in the order of their time. */
  readonly #late: { readonly handle: number; readonly until: number }[] = [];

  constructor(core: Core, onDisk: OnDisk, receipts: Receipts) {
    this.#core = core;
    this.#onDisk = onDisk;
    this.#receipts = receipts;
  }

  /** After a timeout the answer may still come: the order stays in memory until then. */
  await(handle: number): void {
    const { sent, world, config } = this.#core;
    const timer = Math.max(...config.links.map((one) => one.responseTimerMs), 0);
    sent.pin(handle, 1);
    this.#late.push({ handle, until: world.loop.monotonic() + timer * LATE_FACTOR_MS });
  }

  /** An answer after its timer: the id makes receipts findable; a refusal is told as a final state. */
  take(link: Link, handle: number, segment: number, status: number, remoteId: string): void {
    const { sent, log, world, counters } = this.#core;
    counters.late_answers++;
    if (
      !sent.sealed(handle) ||
      sent.outcome(handle, segment) !== OutcomeClass.unknown ||
      sent.remoteId(handle, segment) !== ''
    )
      return;
    if (status !== 0) {
      if (sent.state(handle, segment) !== 0) return;
      this.#receipts.settleOurselves(handle, segment, messageState.rejected, status.toString(16));
      return;
    }
    if (remoteId === '') return;
    const w = log.begin(RecordType.result);
    writeResult(w, {
      op: sent.op(handle),
      segment: segment + 1,
      at: world.loop.now(),
      outcome: OutcomeClass.accepted,
      verdict: 0,
      status: 0,
      remoteId,
    });
    log.end();
    sent.setRemoteId(handle, segment, remoteId);
    sent.index(handle, segment, link.number, indexKey(remoteId));
    this.#onDisk.changed(handle);
    this.#receipts.identified(link, remoteId);
  }

  /** About once a second. */
  tick(): void {
    const now = this.#core.world.loop.monotonic();
    let ended = 0;
    for (const one of this.#late) {
      if (one.until > now) break;
      this.#core.sent.pin(one.handle, -1);
      ended++;
    }
    if (ended > 0) this.#late.splice(0, ended);
  }
}
