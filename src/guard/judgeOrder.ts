// May this order leave? The egress policy's decision about it, and the PDUs it becomes.
import type { SubmitPolicy } from '../egress/facts.ts';
import { checkSubmit } from '../egress/policy.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import type { Core } from './core.ts';
import { type EmissionScratch, makePdus } from './dialect.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';

const UDHI = 0x40;
const NO_TAGS: readonly number[] = [];

/** What the gateway may hand on over a link, with and without octets that are no text. */
const TEXT_ONLY: SubmitPolicy = {
  binary: false,
  serviceTypes: [],
  replacesPending: false,
  transcodes: false,
  unknownTlvs: 'ignore',
  defaultAlphabet: 'gsm',
};
const BINARY: SubmitPolicy = { ...TEXT_ONLY, binary: true };

/** Null: it may leave, and its PDUs are made. Else why not. */
export function judgeOrder(
  core: Core,
  scratch: EmissionScratch,
  op: Op,
  link: Link,
  pdu: SubmitSm,
  body: Buffer,
  validitySeconds: number,
  nowMs: number,
): { readonly status: number; readonly reason: string } | null {
  const submit = checkSubmit(
    {
      serviceType: pdu.serviceType,
      destinationAddr: pdu.destinationAddr,
      sourceRegistered: true,
      esmClass: pdu.esmClass,
      protocolId: pdu.protocolId,
      priorityFlag: pdu.priorityFlag,
      scheduleAtMs: pdu.scheduleDeliveryTime === '' ? null : Number.NEGATIVE_INFINITY,
      expiresAtMs: op.validUntil,
      registeredDelivery: pdu.registeredDelivery,
      replaceIfPresentFlag: pdu.replaceIfPresentFlag,
      dataCoding: pdu.dataCoding,
      smDefaultMsgId: pdu.smDefaultMsgId,
      userData: body,
      tlvTags: NO_TAGS,
    },
    link.dialect.policy.binary ? BINARY : TEXT_ONLY,
    nowMs,
  );
  if (!submit.allowed) return submit;
  const made = makePdus(
    link.dialect,
    op,
    body,
    (pdu.esmClass & UDHI) !== 0,
    link.nextReference(),
    validitySeconds,
    scratch,
    op.pdus,
  );
  if (made.allowed) return null;
  if (made.code !== 'dataCoding' && made.code !== 'concatenation') {
    core.counters.policy_faults++;
    core.world.log.error('egress policy stopped a PDU of our own making', { link: link.name, code: made.code });
  }
  return made;
}
