// What is known of a message for people: the view and the trace, from the store while it is open and from the history
// files afterwards. A history value is the message's record without seed and body (records.writeMessage).
import { ByteWriter } from '../base/bytes.ts';
import type { Spill, SpillEntry } from '../port/spill.ts';
import { OutcomeClass } from '../smpp/vendor.ts';
import { State } from './aggregate.ts';
import { nativeId } from './ids.ts';
import { EventKind, events, type MessageEvent } from './letters.ts';
import { NO_SECRET, readMessage, writeMessage } from './records.ts';
import type { CdrRow, MessageStateName, MessageView, Trace, TraceStep } from './service.ts';
import { Letter, MessageFlag, MessagePhase, MessageStore } from './store.ts';

const LANES = ['pin', 'normal', 'bulk'] as const;

/** What the numbers in a message mean: names of accounts and links by number, and an account's currency. */
export interface Names {
  account(number: number): string;
  link(number: number): string | null;
  currency(account: number): string;
}

/** Writes ended messages to the history and reads them back. */
export class History {
  readonly #spill: Spill;
  readonly #names: Names;
  readonly #writer = new ByteWriter(512);
  /** One message at a time, unpacked for reading. */
  readonly #scratch = new MessageStore(1, 1, 1 << 20);

  constructor(spill: Spill, names: Names) {
    this.#spill = spill;
    this.#names = names;
  }

  /** Once per message, at its end; found from now on, durable with the next `flush`. */
  put(store: MessageStore, handle: number): void {
    this.#spill.put(this.#entry(store, handle));
  }

  /** The same, to be carried out later or never: recovery learns only afterwards whether it is durable already. */
  prepared(store: MessageStore, handle: number): () => void {
    const entry = this.#entry(store, handle);
    return () => this.#spill.put(entry);
  }

  #entry(store: MessageStore, handle: number): SpillEntry {
    this.#writer.reset();
    writeMessage(this.#writer, store, handle, NO_SECRET);
    const at = store.offset[handle] as number;
    const id = Buffer.from(store.buffer(handle).subarray(at + Letter.id, at + Letter.id + 16));
    return { group: store.account[handle] as number, key: id, order: id, value: Buffer.from(this.#writer.view()) };
  }

  flush(done: (ok: boolean) => void): void {
    this.#spill.flush(done);
  }

  get unflushed(): number {
    return this.#spill.unflushed;
  }

  dropBefore(beforeMs: number): void {
    this.#spill.dropBefore(beforeMs);
  }

  view(id: Buffer): Promise<MessageView | null> {
    return this.#read(id, (store, handle) => messageView(store, handle, this.#names));
  }

  trace(id: Buffer): Promise<Trace | null> {
    return this.#read(id, (store, handle) => messageTrace(store, handle, this.#names));
  }

  list(account: number, before: Buffer | null, limit: number): Promise<MessageView[]> {
    return new Promise((resolve) => {
      this.#spill.list(account, before, limit, (entries) => {
        const views: MessageView[] = [];
        for (const entry of entries) {
          const view = this.#unpack(entry.value, (store, handle) => messageView(store, handle, this.#names));
          if (view !== null) views.push(view);
        }
        resolve(views);
      });
    });
  }

  /** Rows of `account`, newest first, older than `before`; with the id to go on from, or null at the end. */
  cdr(
    account: number,
    before: Buffer | null,
    limit: number,
  ): Promise<{ readonly rows: CdrRow[]; readonly last: Buffer | null }> {
    return new Promise((resolve) => {
      this.#spill.list(account, before, limit, (entries) => {
        const rows: CdrRow[] = [];
        for (const entry of entries) {
          const row = this.#unpack(entry.value, (store, handle) => cdrRow(store, handle, this.#names));
          if (row !== null) rows.push(row);
        }
        resolve({ rows, last: entries.length < limit ? null : ((entries.at(-1)?.order ?? null) as Buffer | null) });
      });
    });
  }

  #read<T>(id: Buffer, use: (store: MessageStore, handle: number) => T): Promise<T | null> {
    return new Promise((resolve) => {
      this.#spill.get(id, (value) => resolve(value === null ? null : this.#unpack(value, use)));
    });
  }

  #unpack<T>(value: Buffer, use: (store: MessageStore, handle: number) => T): T | null {
    const handle = this.#scratch.take();
    const read = readMessage(value, 0, value.length, null, this.#scratch, handle);
    const result = read ? use(this.#scratch, handle) : null;
    this.#scratch.release(handle);
    return result;
  }
}

export function stateName(store: MessageStore, handle: number): MessageStateName {
  switch (store.terminal[handle]) {
    case State.delivered:
      return 'delivered';
    case State.expired:
      return 'expired';
    case State.deleted:
      return 'deleted';
    case State.undeliverable:
      return 'undeliverable';
    case State.rejected:
      return 'rejected';
    case State.unknown:
      return 'unknown';
    default:
      break;
  }
  switch (store.phase[handle]) {
    case MessagePhase.sent:
      return 'sent';
    case MessagePhase.waiting:
      return (store.attempts[handle] as number) === 0 ? 'scheduled' : 'queued';
    case MessagePhase.queued:
    case MessagePhase.ordered:
      return 'queued';
    default:
      return 'accepted';
  }
}

export function messageView(store: MessageStore, handle: number, names: Names): MessageView {
  const at = store.offset[handle] as number;
  const account = store.account[handle] as number;
  const price = store.pricePerSegment[handle] as number;
  const reference = store.reference(handle);
  const scheduled = store.phase[handle] === MessagePhase.waiting && store.attempts[handle] === 0;
  return {
    id: nativeId(store.buffer(handle), at + Letter.id),
    account: names.account(account),
    state: stateName(store, handle),
    final: store.terminal[handle] !== 0,
    from: store.source(handle),
    to: `+${store.destination(handle)}`,
    reference: reference === '' ? null : reference,
    lane: LANES[store.lane[handle] as number] ?? 'normal',
    segments: store.segments[handle] as number,
    price: price * (store.segments[handle] as number),
    charged: price * (store.chargedSegments[handle] as number),
    currency: names.currency(account),
    acceptedAt: store.acceptedAt[handle] as number,
    scheduleAt: scheduled ? (store.dueAt[handle] as number) : null,
    validUntil: store.validUntil[handle] as number,
    doneAt: store.terminal[handle] === 0 ? null : (store.doneAt[handle] as number),
    possibleDuplicate: ((store.flags[handle] as number) & MessageFlag.possibleDuplicate) !== 0,
  };
}

export function cdrRow(store: MessageStore, handle: number, names: Names): CdrRow {
  const view = messageView(store, handle, names);
  return {
    id: view.id,
    account: view.account,
    acceptedAt: view.acceptedAt,
    doneAt: view.doneAt ?? 0,
    from: view.from,
    to: view.to,
    segments: view.segments,
    state: view.state,
    link: names.link(store.link[handle] as number),
    price: view.price,
    charged: view.charged,
    currency: view.currency,
    errorCode: store.errorCode[handle] as number,
    reference: view.reference,
  };
}

export function messageTrace(store: MessageStore, handle: number, names: Names): Trace {
  return {
    message: messageView(store, handle, names),
    steps: events(store, handle).map((event) => traceStep(event, names)),
  };
}

const STATE_WORDS = [
  'SCHEDULED',
  'ENROUTE',
  'DELIVERED',
  'EXPIRED',
  'DELETED',
  'UNDELIVERABLE',
  'ACCEPTED',
  'UNKNOWN',
  'REJECTED',
  'SKIPPED',
];

/** Reasons in `detail` of routed, retry and waiting events; numbers are on disk. */
export const TraceReason = {
  firstChoice: 1,
  failOver: 2,
  linkDown: 3,
  refusedByLink: 4,
  retryLater: 5,
  throttled: 6,
  schedule: 7,
  unknownRetried: 8,
  notEmitted: 9,
  noAnswer: 10,
  byCustomer: 11,
  byOperator: 12,
  validityEnded: 13,
  deadline: 14,
  incompleteParts: 15,
  weighted: 16,
  declined: 17,
  afterRestart: 18,
} as const;

const REASON_WORDS: readonly string[] = [
  '',
  'first link of the route',
  'fail-over to the next link of the route',
  'the link is down or paused',
  'the link refused it for a reason of its own',
  'the supplier asked to try later',
  'the link is throttled or full',
  'scheduled by the customer',
  'outcome unknown; the account asks to send again: possible duplicate',
  'it never left the guard',
  'no answer from the guard; the same order is repeated',
  'by the customer',
  'by an administrator',
  'validity ended before it left',
  'no final receipt until the deadline',
  'parts of the message did not all come',
  'weighted choice of the route',
  'the guard declined it',
  'order repeated after a restart; the guard answers from its record',
];

function traceStep(event: MessageEvent, names: Names): TraceStep {
  const link = event.link === 255 ? null : names.link(event.link);
  const reason = REASON_WORDS[event.detail] ?? '';
  switch (event.kind) {
    case EventKind.accepted:
      return { at: event.at, step: 'accepted', reason: 'valid, priced, money held, durable', link };
    case EventKind.scheduled:
      return { at: event.at, step: 'scheduled', reason: `${reason}; due after ${event.code} ms`, link };
    case EventKind.routed:
      return { at: event.at, step: 'routed', reason, link };
    case EventKind.ordered:
      return { at: event.at, step: 'ordered', reason: 'order given to the guard', link };
    case EventKind.repeated:
      return { at: event.at, step: 'repeated', reason, link };
    case EventKind.waiting:
      return { at: event.at, step: 'waiting', reason: `${reason}; next try after ${event.code} ms`, link };
    case EventKind.outcome:
      return { at: event.at, step: 'outcome', reason: outcomeWords(event), link };
    case EventKind.retry:
      return { at: event.at, step: 'retry', reason, link };
    case EventKind.receipt:
      return {
        at: event.at,
        step: 'receipt',
        reason: `segment ${event.detail}: ${STATE_WORDS[event.code] ?? event.code}`,
        link,
      };
    case EventKind.conflict:
      return {
        at: event.at,
        step: 'conflict',
        reason: `later receipt for segment ${event.detail}: ${STATE_WORDS[event.code] ?? event.code}; kept as evidence only`,
        link,
      };
    case EventKind.ended:
      return {
        at: event.at,
        step: 'ended',
        reason: `${STATE_WORDS[event.code] ?? event.code}${reason === '' ? '' : `: ${reason}`}`,
        link,
      };
    case EventKind.handed:
      return { at: event.at, step: 'handed', reason: 'the customer took the receipt', link };
    case EventKind.cancelled:
      return { at: event.at, step: 'cancelled', reason, link };
    case EventKind.replaced:
      return { at: event.at, step: 'replaced', reason: 'new text from the customer', link };
    default:
      return { at: event.at, step: String(event.kind), reason, link };
  }
}

function outcomeWords(event: MessageEvent): string {
  switch (event.detail) {
    case OutcomeClass.accepted:
      return 'accepted by the supplier';
    case OutcomeClass.refused:
      return `refused by the supplier with status 0x${event.code.toString(16).toUpperCase()}`;
    case OutcomeClass.notEmitted:
      return `not emitted, status 0x${event.code.toString(16).toUpperCase()}`;
    default:
      return 'emitted, no answer: unknown until a receipt or the deadline';
  }
}
