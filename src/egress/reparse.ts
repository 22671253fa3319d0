// Re-reads a submit_sm that we have just encoded, byte by byte, for `checkEmission`. Written apart from smpp/ on purpose:
// a fault in the encoder must not be repeated by the reader that checks it. Reads submit_sm only (SMPP 3.4 §4.4.1).

import type { EmissionFacts } from './facts.ts';

/** Why bytes are no submit_sm of ours: always a fault of the encoder, nothing may be emitted. */
export type ReparseFault = 'length' | 'commandId' | 'commandStatus' | 'sequenceNumber' | 'field' | 'tlv';

const HEADER_OCTETS = 16;
const SUBMIT_SM = 4;
const TLVS_KEPT = 8;

/** An empty record to hand to `reparse` again and again. */
export function emissionFacts(): EmissionFacts {
  return {
    commandId: 0,
    sequenceNumber: 0,
    serviceType: '',
    sourceAddrTon: 0,
    sourceAddrNpi: 0,
    sourceAddr: '',
    destAddrTon: 0,
    destAddrNpi: 0,
    destinationAddr: '',
    esmClass: 0,
    protocolId: 0,
    priorityFlag: 0,
    scheduleDeliveryTime: '',
    validityPeriod: '',
    registeredDelivery: 0,
    replaceIfPresentFlag: 0,
    dataCoding: 0,
    smDefaultMsgId: 0,
    smLength: 0,
    bytes: new Uint8Array(0),
    userDataStart: 0,
    userDataEnd: 0,
    tlvCount: 0,
    tlvTags: new Uint16Array(TLVS_KEPT),
    tlvLengths: new Uint16Array(TLVS_KEPT),
    sarMsgRefNum: -1,
    sarTotalSegments: -1,
    sarSegmentSeqnum: -1,
  };
}

/**
 * Reads the PDU in `bytes[start, end)` into `facts`. Null when it is one whole submit_sm, else what is wrong.
 * `facts.bytes` refers to the same memory, so it is valid until the buffer is used again.
 */
export function reparse(bytes: Buffer, start: number, end: number, facts: EmissionFacts): ReparseFault | null {
  if (end - start < HEADER_OCTETS + 17 || end > bytes.length || u32(bytes, start) !== end - start) return 'length';
  facts.commandId = u32(bytes, start + 4);
  if (facts.commandId !== SUBMIT_SM) return 'commandId';
  if (u32(bytes, start + 8) !== 0) return 'commandStatus';
  facts.sequenceNumber = u32(bytes, start + 12);
  if (facts.sequenceNumber < 1 || facts.sequenceNumber > 0x7fffffff) return 'sequenceNumber';

  let at = start + HEADER_OCTETS;
  let stop = nul(bytes, at, end, 6);
  if (stop < 0) return 'field';
  facts.serviceType = text(bytes, at, stop);
  at = stop + 1;

  if (at + 2 > end) return 'field';
  facts.sourceAddrTon = bytes[at]!;
  facts.sourceAddrNpi = bytes[at + 1]!;
  at += 2;
  stop = nul(bytes, at, end, 21);
  if (stop < 0) return 'field';
  facts.sourceAddr = text(bytes, at, stop);
  at = stop + 1;

  if (at + 2 > end) return 'field';
  facts.destAddrTon = bytes[at]!;
  facts.destAddrNpi = bytes[at + 1]!;
  at += 2;
  stop = nul(bytes, at, end, 21);
  if (stop < 0) return 'field';
  facts.destinationAddr = text(bytes, at, stop);
  at = stop + 1;

  if (at + 3 > end) return 'field';
  facts.esmClass = bytes[at]!;
  facts.protocolId = bytes[at + 1]!;
  facts.priorityFlag = bytes[at + 2]!;
  at += 3;
  stop = nul(bytes, at, end, 17);
  if (stop < 0) return 'field';
  facts.scheduleDeliveryTime = text(bytes, at, stop);
  at = stop + 1;
  stop = nul(bytes, at, end, 17);
  if (stop < 0) return 'field';
  facts.validityPeriod = text(bytes, at, stop);
  at = stop + 1;

  if (at + 5 > end) return 'field';
  facts.registeredDelivery = bytes[at]!;
  facts.replaceIfPresentFlag = bytes[at + 1]!;
  facts.dataCoding = bytes[at + 2]!;
  facts.smDefaultMsgId = bytes[at + 3]!;
  facts.smLength = bytes[at + 4]!;
  at += 5;
  if (facts.smLength > 254 || at + facts.smLength > end) return 'field';
  facts.bytes = bytes;
  facts.userDataStart = at;
  facts.userDataEnd = at + facts.smLength;
  return readTlvs(bytes, facts.userDataEnd, end, facts);
}

/** Optional parameters up to the end; more than the record holds are counted but not kept, which the policy denies. */
function readTlvs(bytes: Buffer, from: number, end: number, facts: EmissionFacts): ReparseFault | null {
  facts.tlvCount = 0;
  facts.sarMsgRefNum = -1;
  facts.sarTotalSegments = -1;
  facts.sarSegmentSeqnum = -1;
  let at = from;
  while (at < end) {
    if (at + 4 > end) return 'tlv';
    const tag = bytes[at]! * 256 + bytes[at + 1]!;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    const value = at + 4;
    at = value + length;
    if (at > end) return 'tlv';
    if (facts.tlvCount < TLVS_KEPT) {
      facts.tlvTags[facts.tlvCount] = tag;
      facts.tlvLengths[facts.tlvCount] = length;
    }
    facts.tlvCount += 1;
    if (tag === 0x0424) {
      facts.userDataStart = value;
      facts.userDataEnd = at;
    } else if (tag === 0x020c && length === 2) {
      facts.sarMsgRefNum = bytes[value]! * 256 + bytes[value + 1]!;
    } else if (tag === 0x020e && length === 1) {
      facts.sarTotalSegments = bytes[value]!;
    } else if (tag === 0x020f && length === 1) {
      facts.sarSegmentSeqnum = bytes[value]!;
    }
  }
  return null;
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!;
}

/** Position of the NUL of a c-string of at most `max` octets (NUL included) within `end`, or −1. */
function nul(bytes: Uint8Array, from: number, end: number, max: number): number {
  const limit = Math.min(end, from + max);
  for (let at = from; at < limit; at += 1) if (bytes[at] === 0) return at;
  return -1;
}

function text(bytes: Buffer, from: number, to: number): string {
  return from === to ? '' : bytes.toString('latin1', from, to);
}
