// The vendor TLVs (SMPP 3.4 §5.3.1: 0x1400–0x3FFF) that Glaspost's gateway and guard use between them, and their values.
// One table; nothing here ever reaches a supplier or a customer.
import { readU32 } from '../base/bytes.ts';

/** Tag numbers of the hop between gateway and guard. */
export const HopTag = {
  /** order, receipt: identity of the attempt. 16 octets. */
  op: 0x1501,
  /** order: HMAC-SHA-256 over what must not change (guard/token). 32 octets. */
  orderToken: 0x1502,
  /** order: how many segments the price was held for; the guard declines an order that needs another number. u8. */
  segmentCount: 0x1503,
  /** order: lane (queue/lanes): 0 pin, 1 normal, 2 bulk. u8. */
  lane: 0x1504,
  /** order: the customer's price for the whole message. u64 micro-units, 3 letters of currency. */
  price: 0x1505,
  /** order: purpose / legal basis, e.g. "otp". UTF-8 without NUL. */
  purpose: 0x1506,
  /** response: what became of each segment, in order; see `encodeOutcomes`. 6 octets each. */
  outcome: 0x1507,
  /** order: the message's random seed, from which the salts of its commitments come. 16 octets. */
  seed: 0x1508,
  /** order: account name. UTF-8. */
  account: 0x1509,
  /** order: the customer's own reference. UTF-8, at most 64 octets. */
  customerReference: 0x150a,
  /** receipt: which segment, from 1. u8. */
  segment: 0x150b,
  /** response, receipt, link state: why, as a code a person can read. UTF-8. */
  reason: 0x150c,
  /** response with RTHROTTLED / RMSGQFUL: do not repeat earlier. u32 milliseconds. */
  retryAfterMs: 0x150d,
  /** link state: see `LinkState`. u8. */
  linkState: 0x150e,
  /** order: bits of `OrderFlag`. u8. */
  orderFlags: 0x150f,
  /** receipt, MO: the guard's number of this event; the same event repeated carries the same number. u64. */
  eventNumber: 0x1510,
  /** receipt: the supplier's own error text, at most 16 octets. For history and tables, never for customers. */
  rawError: 0x1511,
  /** receipt: when the guard took it. u64 milliseconds since the epoch. */
  receivedAt: 0x1512,
  /** order: the real end of validity, after which it must not be emitted. u64 milliseconds since the epoch. */
  validUntil: 0x1513,
  /** refusal for now: the guard has looked everywhere and has no record of this op, so nothing of it has left. u8, 1. */
  unknownOp: 0x1514,
  /** response to a repeated order: the name of the link that its op was given to, which may not be the one asked over. */
  link: 0x1515,
} as const;

/** Bits of TLV orderFlags. */
export const OrderFlag = {
  /** Synthetic load; marked in the log. */
  test: 0x01,
  /** The gateway has sent this op before and has no answer. */
  repeated: 0x02,
  /** Another op of this message may have reached the recipient. */
  possibleDuplicate: 0x04,
  /** Only the recorded outcome is wanted: an op that the guard does not know is not emitted. */
  askOnly: 0x08,
} as const;

/** Values of TLV linkState, sent up in alert_notification at each upstream bind and at each change. */
export const LinkState = {
  up: 1,
  /** Bound, but the supplier throttles us or is congested. */
  slow: 2,
  down: 3,
  /** By an operator of ours: nothing new, what was sent is awaited. */
  paused: 4,
  /** Paused, and unbound when the last answer is in. */
  draining: 5,
  /** The supplier refuses our bind: configuration or contract. */
  refused: 6,
} as const;

/** The states in words, by value; 0: the gateway has no bind to the guard that could tell it. */
export const LINK_STATE_NAMES = ['disconnected', 'up', 'slow', 'down', 'paused', 'draining', 'refused'] as const;
export type LinkStateName = (typeof LINK_STATE_NAMES)[number];

export function linkStateName(state: number): LinkStateName {
  return LINK_STATE_NAMES[state] ?? 'disconnected';
}

/**
 * What became of one segment (design §3).
 * accepted: the supplier took it. refused: it said no, `status` says how. notEmitted: it never left the guard.
 * unknown: it left, and no answer came; only a receipt or the deadline decides.
 */
export const OutcomeClass = { accepted: 1, refused: 2, notEmitted: 3, unknown: 4 } as const;
export type OutcomeClassValue = (typeof OutcomeClass)[keyof typeof OutcomeClass];

/** What a refused or not emitted segment means for the message: never again, not over this link, or later. */
export const OutcomeVerdict = { none: 0, permanent: 1, thisRoute: 2, retryLater: 3 } as const;
export type OutcomeVerdictValue = (typeof OutcomeVerdict)[keyof typeof OutcomeVerdict];

export interface SegmentOutcome {
  readonly outcome: OutcomeClassValue;
  readonly verdict: OutcomeVerdictValue;
  /** The supplier's command_status, or ours for what was not emitted. */
  readonly status: number;
}

const OUTCOME_OCTETS = 6;

/** Value of TLV outcome: per segment class u8, verdict u8, status u32. */
export function encodeOutcomes(outcomes: readonly SegmentOutcome[]): Buffer {
  const value = Buffer.allocUnsafe(outcomes.length * OUTCOME_OCTETS);
  let at = 0;
  for (const one of outcomes) {
    value[at] = one.outcome;
    value[at + 1] = one.verdict;
    value.writeUInt32BE(one.status, at + 2);
    at += OUTCOME_OCTETS;
  }
  return value;
}

/** What nearly every order ends in: one segment, accepted. */
const ACCEPTED: readonly SegmentOutcome[] = [{ outcome: 1, verdict: 0, status: 0 }];

/** The reverse of `encodeOutcomes`; null for anything else. */
export function decodeOutcomes(value: Buffer): readonly SegmentOutcome[] | null {
  if (value.length === 0 || value.length % OUTCOME_OCTETS !== 0) return null;
  if (value.length === OUTCOME_OCTETS && value[0] === 1 && value[1] === 0 && readU32(value, 2) === 0) return ACCEPTED;
  const outcomes: SegmentOutcome[] = [];
  for (let at = 0; at < value.length; at += OUTCOME_OCTETS) {
    const outcome = value[at];
    const verdict = value[at + 1];
    if (outcome !== 1 && outcome !== 2 && outcome !== 3 && outcome !== 4) return null;
    if (verdict !== 0 && verdict !== 1 && verdict !== 2 && verdict !== 3) return null;
    outcomes.push({ outcome, verdict, status: readU32(value, at + 2) });
  }
  return outcomes;
}
