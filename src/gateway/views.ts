// What people see of a message: the view, the row of the CDR export, the trace with its reasons in words. Reads a store only.
import { OutcomeClass } from '../smpp/vendor.ts';
import { State } from './aggregate.ts';
import { nativeId } from './ids.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { EventKind, events, type MessageEvent } from './letters.ts';
import type { CdrRow, MessageStateName, MessageView, Trace, TraceStep } from './service.ts';
import type { MessageStore } from './store.ts';

const LANES = ['pin', 'normal', 'bulk'] as const;

/** What the numbers in a message mean: names of accounts and links by number, and an account's currency. */
export interface Names {
  account(number: number): string;
  link(number: number): string | null;
  currency(account: number): string;
  /** Null: the account's own. */
  purpose(number: number): string | null;
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
    purpose: names.purpose(store.buffer(handle)[at + Letter.purpose] as number),
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
  asked: 19,
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
  'it must not leave any more; the guard is asked what became of the order',
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
