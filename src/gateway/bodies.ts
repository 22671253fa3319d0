// From what a customer wrote to what an order carries: data_coding 0 (GSM 7-bit, unpacked), 3, 4 or 8, without a header
// (design §3: the guard makes the segments). Pure.

import { type SubmitSm, tlvU8, tlvU16 } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { classify, type DefaultAlphabet, decodeText } from '../sms/alphabet.ts';
import { encodeWhole, planOctets, planText } from '../sms/split.ts';
import { parseUdh } from '../sms/udh.ts';

export interface PlannedBody {
  readonly dataCoding: number;
  readonly octets: Buffer;
  /** `octets` begin with a header that names national language tables. */
  readonly udhi: boolean;
  readonly segments: number;
}

/** A customer's own part of a longer message. */
export interface PartOf {
  readonly kind: 'udh8' | 'udh16' | 'sar';
  readonly ref: number;
  readonly total: number;
  readonly seq: number;
}

export type BodyFault = 'encoding-invalid' | 'text-too-long' | 'text-empty';

const UDHI = 0x40;
const UCS2 = 8;

/** What makes the submit a part: its header or its sar_* TLVs; null for a message of its own. */
export function partOf(pdu: SubmitSm, userData: Buffer): PartOf | null {
  if (pdu.esmClass & UDHI) return partOfHeader(pdu.esmClass, userData);
  return pdu.tlvs.length > 0 ? partOfTlvs(pdu) : null;
}

/** The header's concatenation, if it makes this a part. A total of 1 is a message of its own (R16). */
export function partOfHeader(esmClass: number, userData: Buffer): PartOf | null {
  if ((esmClass & UDHI) === 0) return null;
  const udh = parseUdh(userData);
  if (!udh.ok || udh.value.concat === undefined || udh.value.concat.total < 2) return null;
  const { bits, ref, total, seq } = udh.value.concat;
  return { kind: bits === 8 ? 'udh8' : 'udh16', ref, total, seq };
}

/** All three sar_* TLVs make a part; incomplete ones are ignored (R16). */
function partOfTlvs(pdu: SubmitSm): PartOf | null {
  const ref = tlvU16(pdu, Tag.sarMsgRefNum);
  const total = tlvU8(pdu, Tag.sarTotalSegments);
  const seq = tlvU8(pdu, Tag.sarSegmentSeqnum);
  if (ref === undefined || total === undefined || seq === undefined) return null;
  return total < 2 || seq === 0 || seq > total ? null : { kind: 'sar', ref, total, seq };
}

/**
 * Plans a body that came in a data_coding. `userData` may begin with a header (`esmClass` says so). What is in one of the
 * order's own forms already is not copied: the result is valid as long as the input.
 */
export function planBody(
  esmClass: number,
  dataCoding: number,
  userData: Buffer,
  alphabet: DefaultAlphabet,
  languages: readonly number[],
): PlannedBody | BodyFault {
  const coding = classify(dataCoding, { defaultAlphabet: alphabet, ia5IsDefault: false });
  if (!coding.ok) return 'encoding-invalid';
  let octets = userData;
  let tables = { lockingShift: 0, singleShift: 0 };
  let udhOctets = 0;
  if ((esmClass & UDHI) !== 0) {
    const udh = parseUdh(userData);
    if (!udh.ok) return 'encoding-invalid';
    tables = { lockingShift: udh.value.lockingShift, singleShift: udh.value.singleShift };
    udhOctets = udh.value.length;
    octets = userData.subarray(udhOctets);
  }
  const own = ownForm(coding.value.alphabet, tables);
  if (own >= 0) return planned(own, octets);
  const text = decodeText(coding.value.alphabet, octets, { tables, udhOctets });
  if (text === undefined) return 'encoding-invalid';
  return planTextBody(text, languages);
}

/** Plans a text in its cheapest encoding. `languages`: national tables that the account's recipients can show. */
export function planTextBody(text: string, languages: readonly number[]): PlannedBody | BodyFault {
  if (text.length === 0) return 'text-empty';
  const plan = planText(text, { refBits: 8, languages, packed: false });
  if (!plan.ok) return 'text-too-long';
  const whole = encodeWhole(text, plan.value);
  return { dataCoding: whole.dataCoding, octets: whole.octets, udhi: whole.esmUdhi, segments: plan.value.segments };
}

/** The order's data_coding for octets that need no change, or −1. */
function ownForm(alphabet: string, tables: { readonly lockingShift: number; readonly singleShift: number }): number {
  if (tables.lockingShift !== 0 || tables.singleShift !== 0) return -1;
  switch (alphabet) {
    case 'gsm7':
      return 0;
    case 'latin1':
      return 3;
    case 'octets':
      return 4;
    case 'ucs2':
      return UCS2;
    default:
      return -1;
  }
}

function planned(dataCoding: number, octets: Buffer): PlannedBody | BodyFault {
  if (octets.length === 0) return 'text-empty';
  // Half a character: the guard's egress check would let no such segment out.
  if (dataCoding === UCS2 && octets.length % 2 !== 0) return 'encoding-invalid';
  const plan = planOctets(dataCoding, octets);
  if (!plan.ok) return plan.error.code === 'reservedDataCoding' ? 'encoding-invalid' : 'text-too-long';
  return { dataCoding, octets, udhi: false, segments: plan.value.segments };
}

/** Offset of the text in a planned body. */
export function textStart(planned: PlannedBody): number {
  return planned.udhi ? (planned.octets[0] as number) + 1 : 0;
}
