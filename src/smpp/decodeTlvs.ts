// The TLVs behind a PDU's mandatory fields: cut apart and checked against the table (SMPP 3.4 §3.2.4, §3.3; 5.0 §4.8; R23).
import { NO_BYTES, readU16, singleOctet } from '../base/bytes.ts';
import { PDU_TLVS_MAX } from '../base/limits.ts';
import type { CommandSpec } from './commands.ts';
import { NO_TLVS, type Tlv } from './pdu.ts';
import { Status } from './status.table.ts';
import { Tag, type TlvRow, tlvRow } from './tlvs.table.ts';

/** What is wrong with the TLVs of a request, with the status of its answer. */
export interface TlvFault {
  readonly status: number;
  readonly reason: 'tlvStream' | 'tlvLength' | 'tlvValue' | 'tlvMissing' | 'tlvCombination';
  /** The tag at fault, 0 for what is no TLV. */
  readonly tag: number;
}

/** User data header indicator of esm_class. */
const UDHI = 0x40;
/** TLV dest_addr_np_resolution: the number has been ported. */
const PORTED = 2;

/**
 * The TLVs in `bytes[at, end)`, in order. A request's stream must be whole; of an answer, and of any PDU of a peer that knows
 * no TLVs (`lenient`), what can be read is kept and the rest ignored: an answer is not thrown away for its decoration.
 */
export function cutTlvs(bytes: Buffer, at: number, end: number, lenient: boolean): readonly Tlv[] | TlvFault {
  const tlvs: Tlv[] = [];
  let next = at;
  while (next < end) {
    const broken = end - next < 4 || end - next - 4 < readU16(bytes, next + 2) || tlvs.length === PDU_TLVS_MAX;
    if (broken) {
      if (lenient) break;
      return { status: Status.ESME_RINVTLVSTREAM, reason: 'tlvStream', tag: 0 };
    }
    const one = cutTlv(bytes, next);
    const after = next + 4 + one.value.length;
    // An answer has one: no room for more is made.
    if (next === at && after === end) return [one];
    tlvs.push(one);
    next = after;
  }
  return tlvs.length === 0 ? NO_TLVS : tlvs;
}

/** A view is as dear as all else of a TLV: values of one octet have none, but for a text, which its owner may wipe. */
function cutTlv(bytes: Buffer, at: number): Tlv {
  const tag = readU16(bytes, at);
  const length = readU16(bytes, at + 2);
  const from = at + 4;
  if (length === 0) return { tag, value: NO_BYTES };
  if (length === 1 && tag !== Tag.messagePayload) return { tag, value: singleOctet(bytes[from] as number) };
  return { tag, value: bytes.subarray(from, from + length) };
}

/**
 * Checks the TLVs of a request: length and value of those that belong to it, those that must be there, and combinations
 * that 3.4 §5.2.12 and §5.2.21 forbid. Unknown and unexpected ones are ignored; of repeated ones only the first is looked at.
 */
export function checkTlvs(
  spec: CommandSpec,
  tlvs: readonly Tlv[],
  esmClass: number,
  shortMessageLength: number,
): TlvFault | null {
  let payload = false;
  let segmentedBy = 0;
  let ported = false;
  for (let i = 0; i < tlvs.length; i++) {
    const { tag, value } = tlvs[i] as Tlv;
    const row = tlvRow(tag);
    if (row === undefined || (row.groups & spec.groups) === 0) continue;
    if (!row.repeatable && stoodBefore(tlvs, i, tag)) continue;
    const fault = checkValue(row, value);
    if (fault !== null) return fault;
    if (tag === Tag.messagePayload) payload = true;
    else if (tag === Tag.destAddrNpResolution) ported = value[0] === PORTED;
    else if (tag >= Tag.sourcePort && tag <= Tag.sarSegmentSeqnum && tag !== Tag.languageIndicator) segmentedBy = tag;
  }
  if (payload && shortMessageLength > 0) return combination(Tag.messagePayload);
  if (segmentedBy !== 0 && (esmClass & UDHI) !== 0) return combination(segmentedBy);
  for (const tag of spec.requiredTags) if (!has(tlvs, tag)) return missing(tag);
  if (ported && !has(tlvs, Tag.destAddrNpInformation)) return missing(Tag.destAddrNpInformation);
  if (ported && !has(tlvs, Tag.destAddrNpCountry)) return missing(Tag.destAddrNpCountry);
  return null;
}

function checkValue(row: TlvRow, value: Buffer): TlvFault | null {
  const length = value.length;
  if (
    length < row.minLength ||
    length > row.maxLength ||
    (row.onlyEnds && length !== row.minLength && length !== row.maxLength)
  ) {
    return { status: Status.ESME_RINVTLVLEN, reason: 'tlvLength', tag: row.tag };
  }
  let good = true;
  if (row.type === 'u8') good = (value[0] as number) >= row.minValue && (value[0] as number) <= row.maxValue;
  else if (row.type === 'cstring') good = endsOnce(value);
  else if (row.type === 'digits') good = value.every((octet) => octet >= 0x30 && octet <= 0x39);
  return good ? null : { status: Status.ESME_RINVTLVVAL, reason: 'tlvValue', tag: row.tag };
}

/** A NUL stands at the end or nowhere: many peers leave it away. */
function endsOnce(value: Buffer): boolean {
  const end = value.indexOf(0);
  return end < 0 || end === value.length - 1;
}

function stoodBefore(tlvs: readonly Tlv[], before: number, tag: number): boolean {
  for (let i = 0; i < before; i++) if ((tlvs[i] as Tlv).tag === tag) return true;
  return false;
}

function has(tlvs: readonly Tlv[], tag: number): boolean {
  return stoodBefore(tlvs, tlvs.length, tag);
}

function combination(tag: number): TlvFault {
  return { status: Status.ESME_RTLVNOTALLWD, reason: 'tlvCombination', tag };
}

function missing(tag: number): TlvFault {
  return { status: Status.ESME_RMISSINGTLV, reason: 'tlvMissing', tag };
}
