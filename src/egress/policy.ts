// The egress decision (transparency §5.1): what may leave towards operators. Every deny is code, everything unknown is
// denied. `checkSubmit` is the customer's view at the gateway and lets pass what the gateway itself normalises;
// `checkEmission` is the exact view of the bytes at the guard. Both use the same tables.

import {
  E164_MAX_DIGITS,
  E164_MIN_DIGITS,
  EMITTED_TLVS_MAX,
  SCHEDULE_GRACE_MS,
  SEGMENT_OCTETS,
} from '../base/limits.ts';
import { gsmSeptets } from '../numbering/address.ts';
import {
  DATA_CODING_ASCII,
  DATA_CODING_BINARY,
  DATA_CODING_CYRILLIC,
  DATA_CODING_GSM,
  DATA_CODING_HEBREW,
  DATA_CODING_LATIN1,
  DATA_CODING_OCTETS_OLD,
  DATA_CODING_UCS2,
  DENIED_SERVICE_TYPES,
  DENIED_SUBMIT_TLVS,
  EMITTABLE_COMMANDS,
  TLV_DESTINATION_PORT,
  TLV_MESSAGE_PAYLOAD,
  TLV_SAR_MSG_REF_NUM,
  TLV_SAR_SEGMENT_SEQNUM,
  TLV_SAR_TOTAL_SEGMENTS,
  TLV_SOURCE_PORT,
  TLV_USER_MESSAGE_REFERENCE,
} from './allowTables.ts';
import { DENIALS, type DenyCode } from './denyTable.ts';
import type { Decision, EmissionContext, EmissionFacts, EmissionPolicy, SubmitFacts, SubmitPolicy } from './facts.ts';
import { readUdh } from './udh.ts';
import { readValidity } from './validity.ts';
import { hasVisible } from './visible.ts';

const ALLOWED: Decision = { allowed: true };
const SUBMIT_SM = 0x00000004;

/** A denial as a decision; `value` is the offending number, shown in hex. */
export function deny(code: DenyCode, value = -1): Decision {
  const { status, reason } = DENIALS[code];
  const shown = value < 0 ? reason : `${reason} (0x${value.toString(16).toUpperCase().padStart(2, '0')})`;
  return { allowed: false, code, status, reason: shown };
}

/** May the guard emit a PDU of this command_id at all? submit_sm goes through `checkEmission` besides. */
export function checkCommand(commandId: number): Decision {
  return EMITTABLE_COMMANDS.has(commandId) ? ALLOWED : deny('commandId', commandId);
}

/**
 * May this submit be accepted? Denied is what could not leave in any form (design, law 5.7). The gateway normalises the
 * rest: own concatenation and sar_* are joined, esm_class 03 becomes 00, registered_delivery is answered from our own
 * states, priority becomes a lane, validity becomes relative. A part of a longer message is judged without its content:
 * ask `checkContent` for the joined one.
 */
export function checkSubmit(facts: SubmitFacts, policy: SubmitPolicy, now: number): Decision {
  if (facts.protocolId !== 0) return deny('protocolId', facts.protocolId);
  if (!submitDataCoding(facts.dataCoding, policy)) return deny('dataCoding', facts.dataCoding);
  const mode = facts.esmClass & 0x03;
  if (mode === 1 || mode === 2) return deny('esmMode', facts.esmClass);
  if ((facts.esmClass & 0x3c) !== 0) return deny('esmType', facts.esmClass);
  if ((facts.esmClass & 0x80) !== 0) return deny('replyPath', facts.esmClass);
  if ((facts.registeredDelivery & ~0x13) !== 0) return deny('registeredDelivery', facts.registeredDelivery);
  if (facts.priorityFlag > 3) return deny('priority', facts.priorityFlag);
  if (facts.replaceIfPresentFlag !== 0 && !(facts.replaceIfPresentFlag === 1 && policy.replacesPending)) {
    return deny('replaceIfPresent', facts.replaceIfPresentFlag);
  }
  if (facts.smDefaultMsgId !== 0) return deny('smDefaultMsgId', facts.smDefaultMsgId);
  if (!submitServiceType(facts.serviceType, policy)) return deny('serviceType');
  if (!facts.sourceRegistered) return deny('source');
  if (!isInternational(facts.destinationAddr)) return deny('destination');
  const { scheduleAtMs, expiresAtMs } = facts;
  if (scheduleAtMs !== null && scheduleAtMs < now - SCHEDULE_GRACE_MS) return deny('scheduleInPast');
  if (expiresAtMs !== null && (expiresAtMs <= now || (scheduleAtMs !== null && expiresAtMs <= scheduleAtMs))) {
    return deny('validityInPast');
  }
  let sar = 0;
  for (const tag of facts.tlvTags) {
    if (tag === TLV_SOURCE_PORT || tag === TLV_DESTINATION_PORT) return deny('tlvPorts', tag);
    if (DENIED_SUBMIT_TLVS.has(tag)) return deny('tlv', tag);
    if (isSar(tag)) sar += 1;
    else if (policy.unknownTlvs === 'refuse' && !isAllowedTlv(tag)) return deny('tlv', tag);
  }
  return checkSubmitBody(facts, policy, sar > 0);
}

function checkSubmitBody(facts: SubmitFacts, policy: SubmitPolicy, sar: boolean): Decision {
  const { userData } = facts;
  let start = 0;
  let part = sar;
  if ((facts.esmClass & 0x40) !== 0) {
    const udh = readUdh(userData, 0, userData.length);
    if (udh.denial !== null) return deny(udh.denial, udh.element);
    if (udh.national !== 0 && facts.dataCoding !== DATA_CODING_GSM) return deny('udhNational');
    if (udh.total !== -1 && sar) return deny('sarAndUdh');
    part = part || (udh.total > 1 && udh.sequence > 0 && udh.sequence <= udh.total);
    start = udh.octets;
  }
  if (part) return ALLOWED;
  return checkContent(userData, start, userData.length, facts.dataCoding, policy);
}

/** Does a whole message's text (without UDH, in a data_coding that `checkSubmit` took) show anything? */
export function checkContent(
  bytes: Uint8Array,
  start: number,
  end: number,
  dataCoding: number,
  policy: Pick<SubmitPolicy, 'defaultAlphabet'>,
): Decision {
  if (end <= start) return deny('contentEmpty');
  const coding = dataCoding === DATA_CODING_OCTETS_OLD ? DATA_CODING_BINARY : dataCoding;
  return hasVisible(bytes, start, end, coding, policy.defaultAlphabet) ? ALLOWED : deny('contentBlank');
}

/**
 * May exactly this submit_sm leave on a link with this contract, for this order? `facts` come from egress/reparse.
 * A denial here is a fault of ours: the guard answers the order with it and emits nothing.
 */
export function checkEmission(facts: EmissionFacts, policy: EmissionPolicy, context: EmissionContext): Decision {
  if (facts.commandId !== SUBMIT_SM) return deny('commandId', facts.commandId);
  if (facts.protocolId !== 0) return deny('protocolId', facts.protocolId);
  const { dataCoding, esmClass } = facts;
  if (!plainDataCoding(dataCoding) && !(policy.binary && dataCoding === DATA_CODING_BINARY)) {
    return deny('dataCoding', dataCoding);
  }
  const mode = esmClass & 0x03;
  if (mode === 1 || mode === 2) return deny('esmMode', esmClass);
  if (mode === 3 && !policy.storeAndForward) return deny('esmStoreAndForward', esmClass);
  if ((esmClass & 0x3c) !== 0) return deny('esmType', esmClass);
  if ((esmClass & 0x80) !== 0) return deny('replyPath', esmClass);
  if (facts.registeredDelivery > 1) return deny('registeredDelivery', facts.registeredDelivery);
  if (facts.priorityFlag !== 0) return deny('priority', facts.priorityFlag);
  if (facts.replaceIfPresentFlag !== 0) return deny('replaceIfPresent', facts.replaceIfPresentFlag);
  if (facts.smDefaultMsgId !== 0) return deny('smDefaultMsgId', facts.smDefaultMsgId);
  const { serviceType } = facts;
  if (serviceType !== '' && (serviceType !== policy.serviceType || DENIED_SERVICE_TYPES.has(serviceType))) {
    return deny('serviceType');
  }
  if (facts.scheduleDeliveryTime !== '') return deny('schedule');
  if (readValidity(facts.validityPeriod) < 0) return deny('validity');
  const addresses = checkAddresses(facts, context);
  if (!addresses.allowed) return addresses;
  const tlvs = checkTlvs(facts, policy);
  return tlvs.allowed ? checkBody(facts, policy, context) : tlvs;
}

function checkAddresses(facts: EmissionFacts, context: EmissionContext): Decision {
  if (facts.destAddrTon !== 1) return deny('destinationTon', facts.destAddrTon);
  if (facts.destAddrNpi !== 1) return deny('destinationNpi', facts.destAddrNpi);
  if (!isInternational(facts.destinationAddr)) return deny('destination');
  if (!context.sourceRegistered) return deny('source');
  if (!sourceForm(facts.sourceAddr, facts.sourceAddrTon, facts.sourceAddrNpi)) return deny('sourceForm');
  const same = facts.destinationAddr === context.destinationAddr && facts.sourceAddr === context.sourceAddr;
  return same ? ALLOWED : deny('addressMismatch');
}

function checkTlvs(facts: EmissionFacts, policy: EmissionPolicy): Decision {
  if (facts.tlvCount === 0) return ALLOWED;
  if (facts.tlvCount > EMITTED_TLVS_MAX) return deny('tlvRepeated');
  let seen = 0;
  for (let i = 0; i < facts.tlvCount; i += 1) {
    const tag = facts.tlvTags[i]!;
    const length = facts.tlvLengths[i]!;
    let bit = 0;
    let wrongLength = false;
    if (tag === TLV_USER_MESSAGE_REFERENCE) {
      bit = 1;
      wrongLength = length !== 2;
    } else if (tag === TLV_SAR_MSG_REF_NUM) {
      bit = 2;
      wrongLength = length !== 2;
    } else if (tag === TLV_SAR_TOTAL_SEGMENTS || tag === TLV_SAR_SEGMENT_SEQNUM) {
      bit = tag === TLV_SAR_TOTAL_SEGMENTS ? 4 : 8;
      wrongLength = length !== 1;
    } else if (tag === TLV_MESSAGE_PAYLOAD) {
      if (!policy.messagePayload) return deny('messagePayload');
      if (facts.smLength !== 0) return deny('payloadAndShortMessage');
      bit = 16;
    } else {
      return deny(tag === TLV_SOURCE_PORT || tag === TLV_DESTINATION_PORT ? 'tlvPorts' : 'tlv', tag);
    }
    if (wrongLength) return deny('tlvLength', tag);
    if ((seen & bit) !== 0) return deny('tlvRepeated', tag);
    seen |= bit;
  }
  const sar = seen & 14;
  return sar === 0 || sar === 14 ? ALLOWED : deny('sarIncomplete');
}

function checkBody(facts: EmissionFacts, policy: EmissionPolicy, context: EmissionContext): Decision {
  const { bytes, userDataStart, userDataEnd, dataCoding } = facts;
  let textStart = userDataStart;
  let total = facts.sarTotalSegments;
  let sequence = facts.sarSegmentSeqnum;
  if ((facts.esmClass & 0x40) !== 0) {
    const udh = readUdh(bytes, userDataStart, userDataEnd);
    if (udh.denial !== null) return deny(udh.denial, udh.element);
    if (udh.octets === 1) return deny('udhMalformed');
    if (udh.repeated) return deny('udhRepeated');
    if (udh.national !== 0 && dataCoding !== DATA_CODING_GSM) return deny('udhNational');
    if (udh.total !== -1) {
      if (total !== -1) return deny('sarAndUdh');
      total = udh.total;
      sequence = udh.sequence;
    }
    textStart += udh.octets;
  }
  // One segment carries no concatenation at all: 1/1 is needless, 0/0 hides, and an incomplete set is acknowledged unseen.
  if (total === -1 ? context.segmentTotal !== 1 || context.segment !== 1 : total < 2) return deny('concatenation');
  if (total !== -1 && (total !== context.segmentTotal || sequence !== context.segment)) return deny('concatenation');
  if (sequence === 0 || sequence > total) return deny('concatenation');
  if (userDataEnd <= textStart) return deny('contentEmpty');
  if (facts.smLength !== 0 && !fitsSegment(textStart - userDataStart, userDataEnd - textStart, dataCoding)) {
    return deny('contentLength');
  }
  if (context.contentVisible) return ALLOWED;
  if (context.segmentTotal !== 1) return deny('contentBlank');
  return hasVisible(bytes, textStart, userDataEnd, dataCoding, policy.defaultAlphabet) ? ALLOWED : deny('contentBlank');
}

/** Units beside a header of `udh` octets (reference R17): unpacked septets or characters, or octets. */
function fitsSegment(udh: number, octets: number, dataCoding: number): boolean {
  const room = SEGMENT_OCTETS - udh;
  if (dataCoding === DATA_CODING_UCS2) return octets <= room && octets % 2 === 0;
  return octets <= (dataCoding === DATA_CODING_BINARY ? room : Math.floor((room * 8) / 7));
}

function plainDataCoding(value: number): boolean {
  return (
    value === DATA_CODING_GSM ||
    value === DATA_CODING_ASCII ||
    value === DATA_CODING_LATIN1 ||
    value === DATA_CODING_UCS2
  );
}

function submitDataCoding(value: number, policy: SubmitPolicy): boolean {
  if (plainDataCoding(value)) return true;
  if (value === DATA_CODING_BINARY || value === DATA_CODING_OCTETS_OLD) return policy.binary;
  return policy.transcodes && (value === DATA_CODING_CYRILLIC || value === DATA_CODING_HEBREW);
}

function submitServiceType(value: string, policy: SubmitPolicy): boolean {
  if (value === '' || value === 'CMT') return true;
  return policy.serviceTypes.includes(value) && !DENIED_SERVICE_TYPES.has(value);
}

function isSar(tag: number): boolean {
  return tag === TLV_SAR_MSG_REF_NUM || tag === TLV_SAR_TOTAL_SEGMENTS || tag === TLV_SAR_SEGMENT_SEQNUM;
}

function isAllowedTlv(tag: number): boolean {
  return tag === TLV_USER_MESSAGE_REFERENCE || tag === TLV_MESSAGE_PAYLOAD || isSar(tag);
}

function allDigits(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function isInternational(digits: string): boolean {
  return (
    digits.length >= E164_MIN_DIGITS &&
    digits.length <= E164_MAX_DIGITS &&
    digits.charCodeAt(0) !== 48 &&
    allDigits(digits)
  );
}

/** Names as TON 5; digits as TON 0, 1, 2, 3 or 6 by the supplier's custom; NPI 0 or 1 (reference R19). */
function sourceForm(addr: string, ton: number, npi: number): boolean {
  if (npi !== 0 && npi !== 1) return false;
  if (ton === 5) {
    const septets = gsmSeptets(addr);
    return septets > 0 && septets <= 11 && addr.trim() !== '';
  }
  const digits = addr.length >= 3 && addr.length <= E164_MAX_DIGITS && allDigits(addr);
  return digits && (ton === 0 || ton === 1 || ton === 2 || ton === 3 || ton === 6);
}
