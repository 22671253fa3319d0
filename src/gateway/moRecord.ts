// An MO message in the journal, and as text. The user data is in the batch's secrets.
import type { ByteWriter } from '../base/bytes.ts';
import { type DeliverSm, tlv, tlvU8, tlvU16 } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { classify, decodeText, defaultOptions } from '../sms/alphabet.ts';
import { buildUdh, parseUdh } from '../sms/udh.ts';
import type { MoMessage } from './mo.ts';
import { readU64 } from './records.ts';

/** User data header indicator of esm_class. */
const UDHI = 0x40;

export function writeMo(w: ByteWriter, mo: MoMessage, secretOffset: number): void {
  w.u64(mo.number);
  w.u16(mo.account);
  w.u16(mo.link);
  w.u64(mo.at);
  w.u64(mo.eventNumber);
  w.u8(mo.sourceTon);
  w.u8(mo.sourceNpi);
  w.u8(mo.destTon);
  w.u8(mo.destNpi);
  w.u8(mo.esmClass);
  w.u8(mo.dataCoding);
  w.u8(mo.source.length);
  w.latin1(mo.source);
  w.u8(mo.destination.length);
  w.latin1(mo.destination);
  w.u32(secretOffset);
  w.u32(mo.userData.length);
}

/** Null when its key is gone: it was handed over. */
export function readMo(records: Buffer, start: number, secrets: Buffer | null): MoMessage | null {
  if (secrets === null) return null;
  let at = start + 34;
  const sourceLength = records[at] as number;
  const source = records.latin1Slice(at + 1, at + 1 + sourceLength);
  at += 1 + sourceLength;
  const destinationLength = records[at] as number;
  const destination = records.latin1Slice(at + 1, at + 1 + destinationLength);
  at += 1 + destinationLength;
  const offset = records.readUInt32BE(at);
  const length = records.readUInt32BE(at + 4);
  return {
    number: readU64(records, start),
    account: records.readUInt16BE(start + 8),
    link: records.readUInt16BE(start + 10),
    at: readU64(records, start + 12),
    eventNumber: readU64(records, start + 20),
    sourceTon: records[start + 28] as number,
    sourceNpi: records[start + 29] as number,
    destTon: records[start + 30] as number,
    destNpi: records[start + 31] as number,
    esmClass: records[start + 32] as number,
    dataCoding: records[start + 33] as number,
    source,
    destination,
    userData: Buffer.from(secrets.subarray(offset, offset + length)),
    homeSeq: 0,
    sent: false,
  };
}

/**
 * User data and esm_class as they are kept and handed over. A part that says by sar_* which one it is gets the header that says
 * the same (SMPP 3.4 §5.3.2.22–24; TS 23.040 §9.2.3.24.8): one form for customers, and for us who join them.
 */
export function userDataOf(pdu: DeliverSm): { readonly userData: Buffer; readonly esmClass: number } {
  const userData = Buffer.from(tlv(pdu, Tag.messagePayload) ?? pdu.shortMessage);
  const ref = tlvU16(pdu, Tag.sarMsgRefNum);
  const total = tlvU8(pdu, Tag.sarTotalSegments) ?? 0;
  const seq = tlvU8(pdu, Tag.sarSegmentSeqnum) ?? 0;
  if (ref === undefined || total < 2 || seq < 1 || seq > total || (pdu.esmClass & UDHI) !== 0)
    return { userData, esmClass: pdu.esmClass };
  const header = buildUdh({ concat: { bits: 16, ref, total, seq } });
  return { userData: Buffer.concat([header, userData]), esmClass: pdu.esmClass | UDHI };
}

/** The text of user data with or without a header; null for octets. */
export function textOf(esmClass: number, dataCoding: number, userData: Buffer): string | null {
  const coding = classify(dataCoding, defaultOptions);
  if (!coding.ok) return null;
  let octets = userData;
  let tables = { lockingShift: 0, singleShift: 0 };
  let udhOctets = 0;
  if ((esmClass & UDHI) !== 0) {
    const udh = parseUdh(userData);
    if (udh.ok) {
      udhOctets = udh.value.length;
      octets = userData.subarray(udhOctets);
      tables = { lockingShift: udh.value.lockingShift, singleShift: udh.value.singleShift };
    }
  }
  return decodeText(coding.value.alphabet, octets, { tables, udhOctets }) ?? null;
}
