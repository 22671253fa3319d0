// What the API answers when it does not do what was asked: RFC 9457 problems. The table of codes with their HTTP status and
// title, and how one becomes a response. Details never hold a text or a whole number.
import { textResponse } from '../base/textResponse.ts';
import type { Refusal, RefusalCode } from '../gateway/service.ts';

/** One place in a request that is wrong: a JSON pointer (RFC 6901), or `?name` of the query, or `header: name`. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
}

/** Every code with its HTTP status and title. Codes are stable; titles are for people. */
export const problemTable = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid key is needed' },
  'no-balance': { status: 402, title: 'Not enough balance' },
  forbidden: { status: 403, title: 'This key may not do that' },
  'sender-not-allowed': { status: 403, title: 'The sender is not allowed for this account' },
  'account-suspended': { status: 403, title: 'The account is suspended' },
  'purpose-not-allowed': { status: 403, title: 'The purpose is not allowed for this account' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This path does not take that method' },
  'too-late': { status: 409, title: 'It is too late for that' },
  'reference-reused': { status: 409, title: 'This reference belongs to another amount' },
  'idempotency-in-flight': { status: 409, title: 'A request with this Idempotency-Key is being worked on' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'idempotency-key-reused': { status: 422, title: 'This Idempotency-Key belongs to another request' },
  'number-invalid': { status: 422, title: 'The destination is no valid number' },
  'no-route': { status: 422, title: 'No route leads there' },
  'no-price': { status: 422, title: 'There is no price for this destination' },
  'text-empty': { status: 422, title: 'The text is empty' },
  'text-too-long': { status: 422, title: 'The text is too long' },
  'egress-denied': { status: 422, title: 'The egress policy does not let this out' },
  'schedule-invalid': { status: 422, title: 'The schedule is not valid' },
  'validity-invalid': { status: 422, title: 'The validity is not valid' },
  'encoding-invalid': { status: 422, title: 'The message cannot be encoded' },
  'over-rate': { status: 429, title: 'Too many messages at once' },
  'queue-full': { status: 503, title: 'The queue is full' },
  'store-unavailable': { status: 503, title: 'Nothing can be accepted at the moment' },
  unavailable: { status: 503, title: 'The gateway is not ready' },
} as const satisfies { readonly [code: string]: { readonly status: number; readonly title: string } } & {
  readonly [code in RefusalCode]: unknown;
};

export type ProblemCode = keyof typeof problemTable;

/** A refusal on its way to becoming a response. */
export interface Problem {
  readonly problem: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** Seconds until another try makes sense; null: it never will without a change. */
  readonly retryAfterS: number | null;
  readonly headers: { readonly [name: string]: string };
}

/** Where the codes are described; a name, nothing is fetched from it. */
const TYPE_BASE = 'https://docs.glaspost.example/problems/';
/** Seconds after which a refused request may find room again, where nobody knows better. */
const RETRY_S: { readonly [code in ProblemCode]?: number } = {
  'over-rate': 1,
  'idempotency-in-flight': 1,
  'queue-full': 5,
  'store-unavailable': 5,
  unavailable: 5,
};

export function problem(
  code: ProblemCode,
  detail: string,
  errors: readonly FieldError[] = [],
  headers: Problem['headers'] = {},
): Problem {
  return { problem: code, detail, errors, retryAfterS: RETRY_S[code] ?? null, headers };
}

/** The gateway's refusal of one message. */
export function refusalProblem(refusal: Refusal): Problem {
  const one = problem(refusal.code, refusal.detail);
  return refusal.retryAfterMs === undefined
    ? one
    : { ...one, retryAfterS: Math.max(1, Math.ceil(refusal.retryAfterMs / 1000)) };
}

/**
 * What a client needs to slow down to its `throughput` in segments per second: its quota, and that nothing remains of it
 * for `seconds` (draft-ietf-httpapi-ratelimit-headers, reference §8.5).
 */
export function rateHeaders(throughput: number, seconds: number): Problem['headers'] {
  return { 'ratelimit-policy': `"segments";q=${throughput};w=1`, ratelimit: `"segments";r=0;t=${seconds}` };
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** The members of application/problem+json, without request_id. */
export function problemBody(one: Problem): { readonly [member: string]: unknown } {
  const { status, title } = problemTable[one.problem];
  return {
    type: TYPE_BASE + one.problem,
    title,
    status,
    detail: one.detail,
    code: one.problem,
    ...(one.errors.length > 0 ? { errors: one.errors } : {}),
    ...(one.retryAfterS !== null ? { retry_after_s: one.retryAfterS } : {}),
  };
}

export function problemResponse(one: Problem, requestId: string): Response {
  const headers: { [name: string]: string } = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...one.headers,
  };
  if (one.retryAfterS !== null) headers['retry-after'] = String(one.retryAfterS);
  const { status } = problemTable[one.problem];
  return textResponse(JSON.stringify({ ...problemBody(one), request_id: requestId }), status, headers);
}
