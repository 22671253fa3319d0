// How the gateway's values are written in JSON: snake_case, RFC 3339 times in UTC, money as decimal strings, numbers with +.
// Only these spellings; what the members mean stands in schemas.ts.
import type {
  AccountView,
  BalanceView,
  LinkView,
  MessageStateName,
  MessageView,
  StatusView,
  SubmitOutcome,
  SubmitRequest,
  Trace,
} from '../gateway/service.ts';

/** An amount as people and programs read it: exact, at least four decimal places. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Micro-units as a decimal string: 45000 → "0.0450". */
export function amountText(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(micros) / 1_000_000);
  const fraction = String(Math.abs(micros) % 1_000_000).padStart(6, '0');
  return `${sign}${whole}.${fraction.replace(/0{1,2}$/, '')}`;
}

/** "0.0450" → 45000. The text has been checked: at most nine digits, then at most six. */
export function amountMicros(text: string): number {
  const [whole = '0', fraction = ''] = text.split('.');
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

export function money(micros: number, currency: string): Money {
  return { amount: amountText(micros), currency };
}

export function time(ms: number): string {
  return new Date(ms).toISOString();
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Digits get their +; what the customer wrote otherwise stays. */
export function numberText(digits: string): string {
  return /^[0-9]/.test(digits) ? `+${digits}` : digits;
}

/** The answer for one message that was accepted. */
export function acceptedJson(outcome: SubmitOutcome & { readonly ok: true }, request: SubmitRequest): object {
  return {
    id: outcome.id,
    state: outcome.state,
    to: request.to,
    from: request.from,
    reference: request.reference,
    segments: outcome.segments,
    price: money(outcome.price, outcome.currency),
  };
}

export function messageJson(view: MessageView): object {
  return {
    id: view.id,
    state: view.state,
    final: view.final,
    to: numberText(view.to),
    from: view.from,
    reference: view.reference,
    lane: view.lane,
    purpose: view.purpose,
    segments: view.segments,
    price: money(view.price, view.currency),
    charged: money(view.charged, view.currency),
    accepted_at: time(view.acceptedAt),
    schedule_at: timeOrNull(view.scheduleAt),
    valid_until: time(view.validUntil),
    done_at: timeOrNull(view.doneAt),
    possible_duplicate: view.possibleDuplicate,
  };
}

export function balanceJson(view: BalanceView): object {
  return {
    account: view.account,
    balance: money(view.balance, view.currency),
    held: money(view.held, view.currency),
    credit_limit: money(view.creditLimit, view.currency),
    available: money(view.balance - view.held + view.creditLimit, view.currency),
  };
}

export function accountJson(view: AccountView): object {
  return {
    ...balanceJson(view),
    enabled: view.enabled,
    throughput: view.throughput,
    suspended: view.suspended,
    binds: view.binds,
    open_messages: view.openMessages,
    waiting_receipts: view.waitingReceipts,
  };
}

export function linkJson(view: LinkView): object {
  return { name: view.name, state: view.state, reason: view.reason, queued: view.queued, in_flight: view.inFlight };
}

export function statusJson(view: StatusView): object {
  return {
    name: view.name,
    ready: view.ready,
    reason: view.reason,
    started_at: time(view.startedAt),
    open_messages: view.openMessages,
    binds: view.binds,
    letter_bytes: view.letterBytes,
    resident_bytes: view.residentBytes,
    journal: {
      syncs: view.journal.syncs,
      batches: view.journal.batches,
      file_bytes: view.journal.fileBytes,
    },
    links: view.links.map(linkJson),
    accounts: view.accounts.map(accountJson),
  };
}

export function traceJson(trace: Trace): object {
  return {
    account: trace.message.account,
    message: messageJson(trace.message),
    steps: trace.steps.map((step) => ({ at: time(step.at), step: step.step, link: step.link, reason: step.reason })),
  };
}

/** Every state, for schemas. */
export const stateNames = [
  'accepted',
  'scheduled',
  'queued',
  'sent',
  'delivered',
  'expired',
  'undeliverable',
  'rejected',
  'deleted',
  'unknown',
] as const satisfies readonly MessageStateName[];
