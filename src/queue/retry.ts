// What happens to a message after an attempt that did not end it: again, another route, or the end, with the reason and
// the time. A pure decision (reference §1.6, §1.9, §1.15: R10, R29); the caller keeps the counters.

import { ATTEMPTS_MAX, FEW_TRIES, RETRY_DELAY_MAX_MS, THROTTLE_PAUSE_MS } from '../base/limits.ts';
import type { Verdict } from './verdictTable.ts';

/** Why this action: a code to keep in the message's history; `explainRetry` gives the words. */
export type RetryReason =
  | 'throttled'
  | 'destinationFull'
  | 'peerTrouble'
  | 'triesUsedUp'
  | 'routeRefused'
  | 'withoutOptionalTlvs'
  | 'linkHalted'
  | 'refusedForGood'
  | 'noOtherRoute'
  | 'attemptsUsedUp'
  | 'validityEnds'
  | 'answerUnknown'
  | 'repeatedByPolicy';

/**
 * again: the same route not before `atMs`; `counted` says whether the try counts. bare: at once over the same route
 * without optional TLVs. nextRoute: route anew, without this link. requeue: route anew, this link is not to blame the
 * message for. await: nothing more is sent, a receipt or the deadline decides. expire: no try fits into the validity.
 */
export type RetryAction =
  | { readonly kind: 'again'; readonly atMs: number; readonly counted: boolean; readonly reason: RetryReason }
  | { readonly kind: 'bare'; readonly atMs: number; readonly reason: RetryReason }
  | {
      readonly kind: 'nextRoute';
      readonly atMs: number;
      readonly possibleDuplicate: boolean;
      readonly reason: RetryReason;
    }
  | { readonly kind: 'requeue'; readonly atMs: number; readonly reason: RetryReason }
  | { readonly kind: 'await'; readonly reason: RetryReason }
  | { readonly kind: 'expire'; readonly atMs: number; readonly reason: RetryReason }
  | { readonly kind: 'final'; readonly reason: RetryReason };

/** An attempt that did not end in acceptance. */
export type RetryInput = {
  readonly verdict: Exclude<Verdict, 'done'>;
  /** The status was RMSGQFUL: the destination's queue is full, not our rate (R10). */
  readonly destinationFull: boolean;
  /** Counted tries over this route so far, this one included. */
  readonly triesOnRoute: number;
  /** Uncounted waits of this message in a row, this one excluded: doubles the delay. */
  readonly waits: number;
  /** Counted tries over all routes, this one included. */
  readonly triesInAll: number;
  /** This attempt was already one without optional TLVs. */
  readonly wasBare: boolean;
  /** Another candidate link is left that has not refused the message. */
  readonly otherRoute: boolean;
  /** The account's policy for answers that did not come (R29). Waiting is the default. */
  readonly onUnknown: 'wait' | 'retry';
  /** End of validity, ms since the epoch. */
  readonly expiresAtMs: number;
  /** From 0 up to 1, spreads retries by ±20 %. */
  readonly fraction: number;
};

/** Delays of "few" before the second and third try, in ms. */
const FEW_DELAYS_MS = [5000, 30_000] as const;
const DESTINATION_FULL_MS = 30_000;

/** The next step after an attempt, at `now` in ms. */
export function nextAction(input: RetryInput, now: number): RetryAction {
  const { verdict, expiresAtMs } = input;
  if (verdict === 'final') return { kind: 'final', reason: 'refusedForGood' };
  if (verdict === 'unknown') return afterUnknown(input, now);
  // A further attempt follows: it has to fit into the validity.
  if (now >= expiresAtMs) return { kind: 'expire', atMs: now, reason: 'validityEnds' };
  switch (verdict) {
    case 'again':
      return again(input, now);
    case 'halt':
      return { kind: 'requeue', atMs: now, reason: 'linkHalted' };
    case 'bare':
      if (!input.wasBare) return { kind: 'bare', atMs: now, reason: 'withoutOptionalTlvs' };
      return elsewhere(input, now, 'routeRefused');
    case 'route':
      return elsewhere(input, now, 'routeRefused');
    case 'few':
      return few(input, now, 'peerTrouble');
  }
}

/**
 * R29: by default the receipt or the deadline decides. A policy that repeats takes the risk of a duplicate, which is
 * marked. The message may have left, so it is never expired or refused from here: what cannot be repeated is awaited.
 */
function afterUnknown(input: RetryInput, now: number): RetryAction {
  if (input.onUnknown === 'wait' || now >= input.expiresAtMs) return { kind: 'await', reason: 'answerUnknown' };
  if (input.triesInAll >= ATTEMPTS_MAX) return { kind: 'await', reason: 'attemptsUsedUp' };
  if (input.otherRoute) return { kind: 'nextRoute', atMs: now, possibleDuplicate: true, reason: 'repeatedByPolicy' };
  if (input.triesOnRoute >= FEW_TRIES) return { kind: 'await', reason: 'triesUsedUp' };
  const action = later(now + fewDelay(input), true, 'repeatedByPolicy', input);
  return action.kind === 'expire' ? { kind: 'await', reason: 'validityEnds' } : action;
}

/** R10: a throttle waits a second ±20 %, a full destination 30 s doubling to 10 min; neither counts. */
function again(input: RetryInput, now: number): RetryAction {
  const base = input.destinationFull
    ? Math.min(RETRY_DELAY_MAX_MS, DESTINATION_FULL_MS * 2 ** Math.min(input.waits, 10))
    : THROTTLE_PAUSE_MS;
  return later(
    now + spread(base, input.fraction),
    false,
    input.destinationFull ? 'destinationFull' : 'throttled',
    input,
  );
}

function few(input: RetryInput, now: number, reason: RetryReason): RetryAction {
  if (input.triesOnRoute >= FEW_TRIES) return elsewhere(input, now, 'triesUsedUp');
  if (input.triesInAll >= ATTEMPTS_MAX) return { kind: 'final', reason: 'attemptsUsedUp' };
  return later(now + fewDelay(input), true, reason, input);
}

function elsewhere(input: RetryInput, now: number, reason: RetryReason): RetryAction {
  if (input.triesInAll >= ATTEMPTS_MAX) return { kind: 'final', reason: 'attemptsUsedUp' };
  if (!input.otherRoute) return { kind: 'final', reason: 'noOtherRoute' };
  return { kind: 'nextRoute', atMs: now, possibleDuplicate: false, reason };
}

function later(atMs: number, counted: boolean, reason: RetryReason, input: RetryInput): RetryAction {
  if (atMs >= input.expiresAtMs) return { kind: 'expire', atMs: input.expiresAtMs, reason: 'validityEnds' };
  return { kind: 'again', atMs, counted, reason };
}

function fewDelay(input: RetryInput): number {
  const step = Math.min(Math.max(input.triesOnRoute, 1), FEW_DELAYS_MS.length) - 1;
  return spread(FEW_DELAYS_MS[step]!, input.fraction);
}

function spread(baseMs: number, fraction: number): number {
  return Math.round(baseMs * (0.8 + 0.4 * fraction));
}

const WORDS: Record<RetryReason, string> = {
  throttled: 'the supplier throttles us; same route after a pause, not counted',
  destinationFull: "the destination's queue is full at the supplier; same route later, not counted",
  peerTrouble: 'the supplier had a fault of its own; same route again',
  triesUsedUp: 'three tries over this route were refused',
  routeRefused: 'the supplier refuses this message for a reason of its own',
  withoutOptionalTlvs: 'the supplier dislikes an optional parameter; once more without',
  linkHalted: 'the bind with the supplier is at fault; routed again, not counted',
  refusedForGood: 'no supplier would take this message',
  noOtherRoute: 'no other route is left',
  attemptsUsedUp: 'too many attempts over all routes',
  validityEnds: 'no further attempt fits into the validity period',
  answerUnknown: 'no answer came; the receipt or the deadline decides',
  repeatedByPolicy: 'no answer came; repeated by policy, may be a duplicate',
};

/** The reason in words, for the message's history. */
export function explainRetry(reason: RetryReason): string {
  return WORDS[reason];
}
