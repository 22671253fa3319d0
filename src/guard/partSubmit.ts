// What another gateway's submit says, normalised: addresses, times, header or sar_*, and which senders it may use. Reading only.
import { VALIDITY_MAX_S } from '../base/limits.ts';
import { type SubmitSm, tlv, tlvU8, tlvU16 } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { unpackSeptets } from '../sms/gsm.ts';
import { parseUdh } from '../sms/udh.ts';
import type { BindUpstream } from './config.ts';
import type { JoinKind } from './partRecords.ts';

const UDHI = 0x40;

/** A submit of another gateway, read and normalised. */
export interface ReadSubmit {
  readonly recipient: string;
  readonly userData: Buffer;
  /** Without header. */
  readonly text: Buffer;
  readonly kind: JoinKind;
  readonly ref: number;
  readonly total: number;
  readonly place: number;
  readonly lockingShift: number;
  readonly singleShift: number;
  readonly scheduleAt: number | null;
  readonly expiresAt: number | null;
}

/** What a submit says, or the status to refuse it with. */
export function readSubmit(config: BindUpstream, pdu: SubmitSm, nowMs: number): ReadSubmit | number {
  const payload = tlv(pdu, Tag.messagePayload);
  if (payload !== undefined && pdu.shortMessage.length > 0) return Status.ESME_RTLVNOTALLWD;
  const userData = payload ?? pdu.shortMessage;
  const schedule = parseTime(pdu.scheduleDeliveryTime, { lenient: true });
  if (schedule.kind === 'invalid') return Status.ESME_RINVSCHED;
  const validity = parseTime(pdu.validityPeriod, { lenient: true });
  if (validity.kind === 'invalid') return Status.ESME_RINVEXPIRY;
  const expires = toAbsoluteMs(validity, nowMs);
  const until = nowMs + VALIDITY_MAX_S * 1000;
  let text = userData;
  let kind: JoinKind = 0;
  let [ref, total, place, lockingShift, singleShift] = [0, 1, 1, 0, 0];
  if ((pdu.esmClass & UDHI) !== 0) {
    const parsed = parseUdh(userData);
    if (!parsed.ok || parsed.value.malformed) return Status.ESME_RSUBMITFAIL;
    const udh = parsed.value;
    text = userData.subarray(udh.length);
    ({ lockingShift, singleShift } = udh);
    if (udh.concat !== undefined && udh.concat.total > 1) {
      kind = udh.concat.bits;
      ({ ref, total } = udh.concat);
      place = udh.concat.seq;
    }
    if (config.defaultAlphabet === 'gsm7-packed' && pdu.dataCoding === 0)
      text = unpackSeptets(text, (7 - ((udh.length * 8) % 7)) % 7);
  } else {
    if (config.defaultAlphabet === 'gsm7-packed' && pdu.dataCoding === 0) text = unpackSeptets(userData, 0);
    const sarTotal = tlvU8(pdu, Tag.sarTotalSegments);
    const sarPlace = tlvU8(pdu, Tag.sarSegmentSeqnum);
    const sarRef = tlvU16(pdu, Tag.sarMsgRefNum);
    // An incomplete set of the three is ignored (R16).
    if (sarTotal !== undefined && sarPlace !== undefined && sarRef !== undefined && sarTotal > 1) {
      kind = 'sar';
      [ref, total, place] = [sarRef, sarTotal, sarPlace];
    }
  }
  return {
    recipient: digitsOf(pdu.destinationAddr),
    userData,
    text,
    kind,
    ref,
    total,
    place,
    lockingShift,
    singleShift,
    scheduleAt: toAbsoluteMs(schedule, nowMs),
    expiresAt: expires === null ? null : Math.min(expires, until),
  };
}

/** E.164 digits: gateways write them with `+`, with `00` or plainly. */
function digitsOf(address: string): string {
  if (address.startsWith('+')) return address.slice(1);
  return address.startsWith('00') ? address.slice(2) : address;
}

/** Exact, or a pattern with `*` and `?`. */
export function senderAllowed(patterns: readonly string[], sender: string): boolean {
  if (sender === '') return false;
  return patterns.some((pattern) => matches(pattern, 0, sender, 0));
}

function matches(pattern: string, p: number, text: string, t: number): boolean {
  if (p === pattern.length) return t === text.length;
  const c = pattern[p];
  if (c === '*') {
    for (let skip = t; skip <= text.length; skip++) if (matches(pattern, p + 1, text, skip)) return true;
    return false;
  }
  return t < text.length && (c === '?' || c === text[t]) && matches(pattern, p + 1, text, t + 1);
}
