// What the emission tests share: a contract, an order, and the way from bytes to a verdict.

import type { EmissionContext, EmissionPolicy } from '../../src/egress/facts.ts';
import { checkEmission } from '../../src/egress/policy.ts';
import { emissionFacts, reparse } from '../../src/egress/reparse.ts';
import { DESTINATION, SOURCE, submitSm } from './pdu.ts';

export const POLICY: EmissionPolicy = {
  binary: false,
  messagePayload: false,
  storeAndForward: false,
  serviceType: '',
  defaultAlphabet: 'gsm',
};
export const CONTEXT: EmissionContext = {
  sourceAddr: SOURCE,
  destinationAddr: DESTINATION,
  sourceRegistered: true,
  segment: 1,
  segmentTotal: 1,
  contentVisible: false,
};
export const PART = { ...CONTEXT, segment: 1, segmentTotal: 2, contentVisible: true };
/** Part 1 of 2, by an 8-bit reference. */
export const CONCAT = Buffer.from('0500034202014142', 'hex');

/** Filled by the last `verdict`. */
export const facts = emissionFacts();

/** `ok`, the denial's code, or the reader's fault. */
export function verdict(pdu: Buffer, context = CONTEXT, policy = POLICY): string {
  const fault = reparse(pdu, 0, pdu.length, facts);
  if (fault !== null) return `unread:${fault}`;
  const decision = checkEmission(facts, policy, context);
  return decision.allowed ? 'ok' : decision.code;
}

/** The template with single octets overwritten. */
export function withOctets(octets: Record<number, number>, body: string | Buffer = 'hello'): Buffer {
  return submitSm(body, [], octets);
}
