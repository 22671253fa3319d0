// Orders under way, from the upstream's request to its response: pooled objects that are used again, found by their handle in
// the SentStore. State only; orders.ts, linkQueue.ts and answers.ts decide.
import type { SmppPeer } from '../driver/types.ts';
import type { SegmentFields } from './letterLayout.ts';
import type { LinkBind } from './linkBind.ts';
import type { Link } from './links.ts';
import { PduOctets } from './pduOctets.ts';
import type { IntentFields } from './records.ts';

/** Where a segment stands. */
export const SegmentState = {
  /** No number yet. */
  waiting: 0,
  /** It has its number; its INTENT is written and not durable. */
  reserved: 1,
  /** Its INTENT is durable; it waits for its place in the pace. */
  ready: 2,
  emitted: 3,
  /** Its outcome is known. */
  done: 4,
} as const;

export class Op implements IntentFields {
  op = '';
  handle = -1;
  guardId = 0;
  flags = 0;
  lane = 0;
  /** Names, as they stand in records. */
  link = '';
  upstream = '';
  linkNumber = -1;
  target: Link | null = null;
  upstreamNumber = 0;
  total = 0;
  /** Wall clock. */
  submittedAt = 0;
  validUntil = 0;
  account = '';
  purpose = '';
  customerReference = '';
  price = '';
  supplier = '';
  cost = '';
  recipient = '';
  senderTon = 0;
  senderNpi = 0;
  sender = '';
  dataCoding = 0;
  fieldsSeed = '';
  bodyCommitment = '';
  /** Of bind mode: see partsIn.ts; else empty. */
  extension = '';
  /** Monotonic; until when a throttled segment of it is tried again by the guard itself. */
  againUntil = 0;
  /** Monotonic; until when it may wait in the link's queue. */
  queueUntil = 0;
  /** Who waits for the response; more than one after a reconnect. */
  readonly askers: (SmppPeer<number> | null)[] = [];
  readonly askedAs: number[] = [];
  bind: LinkBind | null = null;
  /** Segments that have a number. */
  begun = 0;
  /** Segments whose outcome is known. */
  done = 0;
  /** RESULT and ABANDONED records that are not durable yet. */
  pending = 0;
  /** The octets that leave, one PDU per segment; the number is written into them on the way. */
  readonly pdus = new PduOctets();
  readonly sequences: number[] = [];
  readonly states: number[] = [];
  readonly results: SegmentFields[] = [];

  /** Holds nothing of its message any more. */
  forget(): void {
    this.op = '';
    this.account = '';
    this.purpose = '';
    this.customerReference = '';
    this.price = '';
    this.recipient = '';
    this.sender = '';
    this.fieldsSeed = '';
    this.bodyCommitment = '';
    this.extension = '';
    for (const result of this.results) result.remoteId = '';
  }

  /** Makes room for its segments. */
  size(total: number): void {
    this.total = total;
    this.begun = 0;
    this.done = 0;
    this.pending = 0;
    for (let i = 0; i < total; i++) {
      this.states[i] = SegmentState.waiting;
      this.sequences[i] = 0;
      const result = this.results[i];
      if (result === undefined) this.results[i] = { outcome: 0, verdict: 0, status: 0, remoteId: '' };
      else {
        result.outcome = 0;
        result.verdict = 0;
        result.status = 0;
        result.remoteId = '';
      }
    }
  }
}

export class OpPool {
  readonly #byHandle: Int32Array;
  readonly #ops: Op[] = [];
  readonly #free: number[] = [];
  #live = 0;

  constructor(capacity: number) {
    this.#byHandle = new Int32Array(capacity);
  }

  get live(): number {
    return this.#live;
  }

  take(handle: number): Op {
    let index = this.#free.pop();
    if (index === undefined) {
      index = this.#ops.length;
      this.#ops.push(new Op());
    }
    this.#byHandle[handle] = index + 1;
    this.#live++;
    const op = this.#ops[index] as Op;
    op.handle = handle;
    return op;
  }

  /** The order under way with this handle, or null when it has ended. */
  get(handle: number): Op | null {
    const index = (this.#byHandle[handle] as number) - 1;
    return index < 0 ? null : (this.#ops[index] as Op);
  }

  release(op: Op): void {
    const index = (this.#byHandle[op.handle] as number) - 1;
    if (index < 0) throw new Error('op released twice');
    this.#byHandle[op.handle] = 0;
    // One by one: setting the length of an array costs more than an order's worth of anything else here.
    while (op.askers.length > 0) {
      op.askers.pop();
      op.askedAs.pop();
    }
    // Texts end here: in token mode the guard keeps none. Strings too: an idle order would carry its last ones into the old
    // generation.
    op.pdus.clear();
    op.forget();
    op.bind = null;
    op.target = null;
    this.#live--;
    this.#free.push(index);
  }

  /** Every order under way. */
  forEach(each: (op: Op) => void): void {
    for (const op of this.#ops) if (op.handle >= 0 && this.get(op.handle) === op) each(op);
  }
}
