// What the gateway offers to those in front of it that are not SMPP: the HTTP API, the CLI and the admin. Types only;
// gateway.ts implements them. Every promise resolves after what it says is durable.

import type { LinkStateName } from '../smpp/vendor.ts';

/** Why a message was not taken. Each has one SMPP status and one HTTP problem (api/problems.ts). */
export type RefusalCode =
  | 'number-invalid'
  | 'sender-not-allowed'
  | 'no-route'
  | 'no-price'
  | 'no-balance'
  | 'text-empty'
  | 'text-too-long'
  | 'egress-denied'
  | 'schedule-invalid'
  | 'validity-invalid'
  | 'over-rate'
  | 'account-suspended'
  | 'purpose-not-allowed'
  | 'queue-full'
  | 'store-unavailable'
  | 'encoding-invalid';

export interface Refusal {
  readonly code: RefusalCode;
  /** For a person; never the text, never the whole number. */
  readonly detail: string;
  /** command_status for SMPP customers. */
  readonly status: number;
  /** When it may be taken, where that is known. */
  readonly retryAfterMs?: number;
}

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  /** Octets as data_coding says, without UDH. */
  | { readonly kind: 'octets'; readonly dataCoding: number; readonly octets: Buffer };

export interface SubmitRequest {
  readonly from: string;
  readonly to: string;
  readonly body: Body;
  readonly lane: 'pin' | 'normal' | 'bulk' | null;
  readonly validityMs: number | null;
  readonly scheduleAt: number | null;
  readonly reference: string | null;
  /** Null: the account's own. */
  readonly purpose: string | null;
}

export type SubmitOutcome =
  | {
      readonly ok: true;
      /** Native spelling: `msg_` and 26 characters. */
      readonly id: string;
      readonly segments: number;
      /** Micro-units for the whole message. */
      readonly price: number;
      readonly currency: string;
      readonly state: MessageStateName;
    }
  | { readonly ok: false; readonly refusal: Refusal };

export type SubmitAnswer =
  | { readonly code: 'done'; readonly outcomes: readonly SubmitOutcome[]; readonly replayed: boolean }
  /** The same Idempotency-Key came with another body. */
  | { readonly code: 'key-reused' }
  /** The same Idempotency-Key is being worked on. */
  | { readonly code: 'key-in-flight' };

export type MessageStateName =
  | 'accepted'
  | 'scheduled'
  | 'queued'
  | 'sent'
  | 'delivered'
  | 'expired'
  | 'undeliverable'
  | 'rejected'
  | 'deleted'
  | 'unknown';

export interface MessageView {
  readonly id: string;
  readonly account: string;
  readonly state: MessageStateName;
  readonly final: boolean;
  readonly from: string;
  readonly to: string;
  readonly reference: string | null;
  readonly lane: 'pin' | 'normal' | 'bulk';
  /** Null: the account's own. */
  readonly purpose: string | null;
  readonly segments: number;
  readonly price: number;
  readonly charged: number;
  readonly currency: string;
  readonly acceptedAt: number;
  readonly scheduleAt: number | null;
  readonly validUntil: number;
  readonly doneAt: number | null;
  readonly possibleDuplicate: boolean;
}

export interface TraceStep {
  readonly at: number;
  readonly step: string;
  /** Why, for a person. */
  readonly reason: string;
  readonly link: string | null;
}

export interface Trace {
  readonly message: MessageView;
  readonly steps: readonly TraceStep[];
}

export interface BalanceView {
  readonly account: string;
  readonly currency: string;
  /** Micro-units. Available for new messages: balance − held + creditLimit. */
  readonly balance: number;
  readonly held: number;
  readonly creditLimit: number;
}

export interface AccountView extends BalanceView {
  readonly suspended: boolean;
  readonly enabled: boolean;
  /** Segments per second that it may send; 0: no limit. */
  readonly throughput: number;
  readonly binds: number;
  readonly openMessages: number;
  readonly waitingReceipts: number;
}

export interface LinkView {
  readonly name: string;
  readonly state: LinkStateName;
  readonly reason: string;
  readonly queued: { readonly pin: number; readonly normal: number; readonly bulk: number };
  readonly inFlight: number;
}

export interface StatusView {
  readonly name: string;
  readonly startedAt: number;
  readonly ready: boolean;
  readonly reason: string;
  readonly openMessages: number;
  readonly binds: number;
  readonly links: readonly LinkView[];
  readonly accounts: readonly AccountView[];
  readonly journal: { readonly syncs: number; readonly batches: number; readonly fileBytes: number };
  /** Octets of the letters of open messages, and what of them is in memory. */
  readonly letterBytes: number;
  readonly residentBytes: number;
}

/** Counters since the start; names as they appear in metrics with the prefix `glaspost_gateway_`. */
export type Counters = { readonly [name: string]: number };

export interface CdrRow {
  readonly id: string;
  readonly account: string;
  readonly acceptedAt: number;
  readonly doneAt: number;
  readonly from: string;
  readonly to: string;
  readonly segments: number;
  readonly state: MessageStateName;
  readonly link: string | null;
  readonly price: number;
  readonly charged: number;
  readonly currency: string;
  readonly errorCode: number;
  readonly reference: string | null;
}

/** Who asks, after authentication. */
export interface AccountRef {
  readonly name: string;
  readonly index: number;
}

export interface GatewayService {
  /** The account of an API key presented from `address`; null for a wrong key, a disabled account or a foreign address. */
  authenticate(apiKey: string, address: string): AccountRef | null;
  isAdmin(adminKey: string): boolean;

  submit(
    account: AccountRef,
    requests: readonly SubmitRequest[],
    idempotency: { readonly key: string; readonly fingerprint: string } | null,
  ): Promise<SubmitAnswer>;
  message(account: AccountRef, id: string): Promise<MessageView | null>;
  /** Newest first, strictly older than `before` (an id). */
  messages(account: AccountRef, before: string | null, limit: number): Promise<readonly MessageView[]>;
  cancel(account: AccountRef, id: string): Promise<'cancelled' | 'too-late' | 'not-found'>;
  balance(account: AccountRef): BalanceView;

  /** Idempotent by reference: the same reference with the same amount again changes nothing. */
  credit(
    account: string,
    amount: number,
    reference: string,
  ): Promise<
    | { readonly code: 'credited' | 'repeated'; readonly balance: BalanceView }
    | { readonly code: 'no-account' | 'reference-reused' | 'store-unavailable' }
  >;
  setSuspended(account: string, suspended: boolean): Promise<'done' | 'no-account' | 'store-unavailable'>;
  /** Ends everything of an account (and lane) that has not left: DELETED. Resolves with how many. */
  cancelAll(account: string, lane: 'pin' | 'normal' | 'bulk' | null): Promise<number | 'no-account'>;
  trace(id: string): Promise<Trace | null>;
  account(name: string): AccountView | null;
  status(): StatusView;
  counters(): Counters;
  /** Ended messages accepted in [fromMs, toMs), in pieces, oldest account first, newest message first. */
  cdr(account: string | null, fromMs: number, toMs: number): AsyncIterable<readonly CdrRow[]>;
}
