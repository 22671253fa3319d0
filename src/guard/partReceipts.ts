// Bind mode: receipts for the parts that another gateway submitted. One per part where parts and segments are the same, else
// one state for all when every segment has its own (R28).
import { singleOctet } from '../base/bytes.ts';
import { type DeliverSm, deliverSm } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { cstring } from '../smpp/tlvValues.ts';
import { messageState } from '../sms/messageState.ts';
import { type Core, idText } from './core.ts';
import { SegmentFlag } from './letterLayout.ts';
import { partsOf } from './partRecords.ts';
import type { UpReceipts } from './upReceipt.ts';
import type { Upstream } from './upstreams.ts';

const FAILURES_ONLY = 2;
/** Worst first (R28). */
const WORST = [
  messageState.undeliverable,
  messageState.rejected,
  messageState.expired,
  messageState.deleted,
  messageState.unknown,
];

export class PartReceipts {
  readonly #core: Core;
  /** Parts whose receipt was taken, of orders that answer for several at once. */
  readonly #taken = new Map<number, Set<number>>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** A segment has its final state. One receipt per part where parts and segments are the same, else all when all are final. */
  receipt(upstream: Upstream, handle: number, segment: number): void {
    const { sent, upstreams, links, receipts } = this.#core;
    const queue = upstreams.queue(upstream, links.get(sent.link(handle)));
    const parts = partsOf(sent.extension(handle));
    const total = sent.total(handle);
    if (oneToOne(parts, total)) {
      if (wants(parts[segment]?.asked ?? 0, sent.state(handle, segment))) queue.add(handle * 256 + segment);
      else receipts.taken(handle, segment);
      return;
    }
    // What the receipt says of all must be durable, not only what is known of the last.
    for (let i = 0; i < total; i++) if (!sent.segmentFlag(handle, i, SegmentFlag.durable)) return;
    if (this.#taken.has(handle)) return;
    const state = this.#aggregate(handle, total);
    const taken = new Set<number>();
    this.#taken.set(handle, taken);
    for (const [i, part] of parts.entries()) {
      if (wants(part.asked, state)) queue.add(handle * 256 + i);
      else taken.add(i);
    }
    this.#allTaken(handle, taken, parts.length, total);
  }

  #aggregate(handle: number, total: number): number {
    const { sent } = this.#core;
    let seen = 0;
    for (let i = 0; i < total; i++) seen |= 1 << sent.state(handle, i);
    for (const state of WORST) if ((seen & (1 << state)) !== 0) return state;
    return messageState.delivered;
  }

  receiptPdu(token: number, receipts: UpReceipts): DeliverSm | null {
    const { sent } = this.#core;
    const handle = Math.floor(token / 256);
    const place = token % 256;
    const parts = partsOf(sent.extension(handle));
    const total = sent.total(handle);
    const part = parts[place];
    if (part === undefined) return null;
    const own = oneToOne(parts, total);
    const segment = own ? place : total - 1;
    const state = own ? sent.state(handle, place) : this.#aggregate(handle, total);
    const id = idText(part.id);
    const rawError = sent.rawError(handle, segment);
    return deliverSm({
      sourceAddrTon: 1,
      sourceAddrNpi: 1,
      sourceAddr: sent.destination(handle),
      destAddrTon: sent.sourceTon(handle),
      destAddrNpi: sent.sourceNpi(handle),
      destinationAddr: sent.source(handle),
      esmClass: 0x04,
      shortMessage: receipts.text(id, sent.submittedAt(handle), sent.receivedAt(handle, segment), state, rawError),
      tlvs: [
        { tag: Tag.receiptedMessageId, value: cstring(id) },
        { tag: Tag.messageState, value: singleOctet(state) },
      ],
    });
  }

  receiptTaken(token: number): void {
    const { sent, receipts } = this.#core;
    const handle = Math.floor(token / 256);
    const place = token % 256;
    const parts = partsOf(sent.extension(handle));
    const total = sent.total(handle);
    if (oneToOne(parts, total)) {
      receipts.taken(handle, place);
      return;
    }
    const taken = this.#taken.get(handle);
    if (taken === undefined) return;
    taken.add(place);
    this.#allTaken(handle, taken, parts.length, total);
  }

  #allTaken(handle: number, taken: ReadonlySet<number>, parts: number, total: number): void {
    if (taken.size < parts) return;
    this.#taken.delete(handle);
    for (let i = 0; i < total; i++) {
      if (!this.#core.sent.segmentFlag(handle, i, SegmentFlag.upAcked)) this.#core.receipts.taken(handle, i);
    }
  }
}

/** Every part asked, and each left as one segment. */
function oneToOne(parts: readonly { readonly asked: number }[], total: number): boolean {
  return parts.length === total && parts.every((one) => one.asked !== 0);
}

/** Does a part with this request want a receipt of this state? */
function wants(asked: number, state: number): boolean {
  return asked !== 0 && (asked !== FAILURES_ONLY || state !== messageState.delivered);
}
