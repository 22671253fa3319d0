// Reads any body by the table of commands: the reference for the quick paths of decode.ts, and the one place that says
// what exactly is wrong with a body (R6).
import { NO_BYTES, readU32 } from '../base/bytes.ts';
import { BIND_FIELD_MAX_CHARS } from '../base/limits.ts';
import type { CommandSpec, FieldSpec } from './commands.ts';
import { checkTlvs, cutTlvs } from './decodeTlvs.ts';
import { type Destination, NO_TLVS, type Pdu, type Tlv, type UnsuccessSme } from './pdu.ts';
import { Status } from './status.table.ts';
import { findEnd, isText, NO_END, readText } from './text.ts';
import { parseTime, type TimeOptions } from './time.ts';

/** How to read. */
export interface DecodeOptions {
  /** Of the connection; 0x34 before a bind. Below 0x34 broken TLVs are ignored; from 0x50 short_message may have 255 octets. */
  readonly version: number;
  /** Longest system_id, password, system_type and address_range of a bind, in characters; never below the standard's. */
  readonly bindFieldMaxChars: number;
  /** Take times of 12 characters (R18). */
  readonly lenientTimes: boolean;
  /** Keep what can be read of TLVs and check none: for suppliers, whose receipts must not be lost for a decoration. */
  readonly lenientTlvs: boolean;
}

export const DEFAULT_DECODE: DecodeOptions = Object.freeze({
  version: 0x34,
  bindFieldMaxChars: BIND_FIELD_MAX_CHARS,
  lenientTimes: false,
  lenientTlvs: false,
});

export type MalformedReason =
  | 'truncated' // the body ends inside a mandatory field, or a c-string has no end
  | 'tooLong'
  | 'characters'
  | 'time'
  | 'value'
  | 'tlvStream'
  | 'tlvLength'
  | 'tlvValue'
  | 'tlvMissing'
  | 'tlvCombination';

/** Where a body goes wrong. */
export interface BodyFault {
  /** For the answer. */
  readonly status: number;
  readonly reason: MalformedReason;
  /** The property, or the tag in hexadecimal. */
  readonly field: string;
}

/** A PDU under construction: properties in the order of the table. */
interface Draft {
  [name: string]: unknown;
  esmClass?: number;
  shortMessage?: Buffer;
  destAddrTon?: number;
  destAddrNpi?: number;
  destinations?: readonly Destination[];
  unsuccessSmes?: readonly UnsuccessSme[];
  errorStatusCode?: number;
  tlvs?: readonly Tlv[];
}

interface Cursor {
  readonly bytes: Buffer;
  readonly end: number;
  readonly options: DecodeOptions;
  at: number;
}

/** The body of a PDU of `spec` at `bytes[offset, offset + length)`, header included. */
export function decodeBody(
  spec: CommandSpec,
  bytes: Buffer,
  offset: number,
  length: number,
  options: DecodeOptions,
): Pdu | BodyFault {
  const status = readU32(bytes, offset + 8);
  const draft: Draft = { command: spec.name, commandId: spec.id, status, sequence: readU32(bytes, offset + 12) };
  const cursor: Cursor = { bytes, end: offset + length, options, at: offset + 16 };
  // Octets after a request that is header only are ignored; an answer may carry TLVs (5.0 §4.8.4.18).
  if (spec.fields.length === 0 && !spec.isResponse) return finish(draft, NO_TLVS);
  // An answer without a body is legal: always with a status, and often without one in the field.
  const bodiless = spec.isResponse && length === 16;
  for (const field of spec.fields) {
    if (bodiless) {
      draft[field.name] = emptyValue(field);
      continue;
    }
    const fault = readField(cursor, field, draft, spec.isResponse);
    if (fault === null) continue;
    if (!spec.isResponse || status === 0) return fault;
    // A refusal with a broken body is a refusal all the same.
    return emptyPdu(spec, status, readU32(bytes, offset + 12));
  }
  const lenient = spec.isResponse || takesBrokenTlvs(options);
  const tlvs = cursor.at < cursor.end ? cutTlvs(bytes, cursor.at, cursor.end, lenient) : NO_TLVS;
  if (!('length' in tlvs)) return { status: tlvs.status, reason: tlvs.reason, field: 'tlvs' };
  if (!lenient && (tlvs.length > 0 || spec.requiredTags.length > 0)) {
    const fault = checkTlvs(spec, tlvs, draft.esmClass ?? 0, draft.shortMessage?.length ?? 0);
    if (fault !== null)
      return { status: fault.status, reason: fault.reason, field: `0x${fault.tag.toString(16).padStart(4, '0')}` };
  }
  return finish(draft, tlvs);
}

// The table names every property of the PDU's interface in its order; test/smpp/tables.test.ts holds both together.
function finish(draft: Draft, tlvs: readonly Tlv[]): Pdu {
  draft.tlvs = tlvs;
  return draft as unknown as Pdu;
}

/** Whether a request is taken whatever its TLVs are like. */
export function takesBrokenTlvs(options: DecodeOptions): boolean {
  return options.lenientTlvs || options.version < 0x34;
}

/** A PDU of `spec` whose fields are all zero or empty. */
export function emptyPdu(spec: CommandSpec, status: number, sequence: number): Pdu {
  const draft: Draft = { command: spec.name, commandId: spec.id, status, sequence };
  for (const field of spec.fields) draft[field.name] = emptyValue(field);
  return finish(draft, NO_TLVS);
}

function emptyValue(field: FieldSpec): unknown {
  switch (field.kind) {
    case 'u8':
    case 'u32':
      return 0;
    case 'message':
      return NO_BYTES;
    case 'destinations':
    case 'unsuccess':
      return [];
    default:
      return '';
  }
}

function readField(cursor: Cursor, field: FieldSpec, draft: Draft, ofResponse: boolean): BodyFault | null {
  switch (field.kind) {
    case 'u8':
    case 'u32': {
      const value = readNumber(cursor, field.kind === 'u8' ? 1 : 4);
      if (value === null) return truncated(field.name);
      draft[field.name] = value;
      return null;
    }
    case 'message':
      return readMessage(cursor, field, draft);
    case 'destinations':
      return readDestinations(cursor, draft);
    case 'unsuccess':
      return readUnsuccess(cursor, draft);
    default:
      return readString(cursor, field, draft, ofResponse);
  }
}

function readNumber(cursor: Cursor, octets: 1 | 4): number | null {
  const at = cursor.at;
  if (at + octets > cursor.end) return null;
  cursor.at = at + octets;
  return octets === 1 ? (cursor.bytes[at] as number) : readU32(cursor.bytes, at);
}

function readString(cursor: Cursor, field: FieldSpec, draft: Draft, endMayEndIt = false): BodyFault | null {
  const { bytes, at, end, options } = cursor;
  const max = BIND_FIELDS.has(field.name) ? Math.max(field.max, options.bindFieldMaxChars + 1) : field.max;
  const stop = findEnd(bytes, at, end, max);
  if (stop === NO_END) {
    const nul = bytes.subarray(at, end).indexOf(0);
    // Some peers leave out the NUL of the id that ends their answer; losing the id would cost more than the NUL is worth.
    if (nul < 0 && endMayEndIt && at < end && end - at < max && isText(readText(bytes, at, end))) {
      draft[field.name] = readText(bytes, at, end);
      cursor.at = end;
      return null;
    }
    if (nul < 0) return truncated(field.name);
    return { status: field.status, reason: nul >= max ? 'tooLong' : 'characters', field: field.name };
  }
  const value = readText(bytes, at, stop);
  cursor.at = stop + 1;
  if (field.kind === 'time' && !isTime(value, options.lenientTimes)) {
    return { status: field.status, reason: 'time', field: field.name };
  }
  draft[field.name] = value;
  return null;
}

/** Whether a schedule or validity is one that a submit may carry (R18). */
export function isTime(text: string, lenient = false): boolean {
  return text === '' || isRelative(text) || parseTime(text, lenient ? LENIENT_TIME : STRICT_TIME).kind !== 'invalid';
}

/** The common kind, without an object: every 15 digits and an R say a duration. */
function isRelative(text: string): boolean {
  if (text.length !== 16 || text.charCodeAt(15) !== 0x52) return false;
  for (let i = 0; i < 15; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x30 || c > 0x39) return false;
  }
  return true;
}

const LENIENT_TIME: TimeOptions = { lenient: true };
const STRICT_TIME: TimeOptions = { lenient: false };

const BIND_FIELDS: ReadonlySet<string> = new Set(['systemId', 'password', 'systemType', 'addressRange']);

function readMessage(cursor: Cursor, field: FieldSpec, draft: Draft): BodyFault | null {
  const length = readNumber(cursor, 1);
  if (length === null || cursor.at + length > cursor.end) return truncated(field.name);
  if (length > 254 && cursor.options.version < 0x50)
    return { status: field.status, reason: 'tooLong', field: field.name };
  draft[field.name] = length === 0 ? NO_BYTES : cursor.bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  return null;
}

const ADDRESS: FieldSpec = { name: 'destinationAddr', kind: 'cstring', max: 21, status: Status.ESME_RINVDSTADR };
const LIST_NAME: FieldSpec = { name: 'dlName', kind: 'cstring', max: 21, status: Status.ESME_RINVDLNAME };

/** Ton, npi and address into `into`. */
function readAddress(cursor: Cursor, field: FieldSpec, into: Draft): BodyFault | null {
  const ton = readNumber(cursor, 1);
  const npi = readNumber(cursor, 1);
  if (ton === null || npi === null) return truncated(field.name);
  into.destAddrTon = ton;
  into.destAddrNpi = npi;
  return readString(cursor, field, into);
}

function readDestinations(cursor: Cursor, draft: Draft): BodyFault | null {
  const count = readNumber(cursor, 1);
  if (count === null) return truncated('destinations');
  // 3.4 §5.2.24: 254 at most; 5.0 gives the octet its whole range.
  if (count === 0 || (count > 254 && cursor.options.version < 0x50)) {
    return { status: Status.ESME_RINVNUMDESTS, reason: 'value', field: 'destinations' };
  }
  const destinations: Destination[] = [];
  for (let i = 0; i < count; i++) {
    const flag = readNumber(cursor, 1);
    if (flag === null) return truncated('destinations');
    if (flag !== 1 && flag !== 2) return { status: Status.ESME_RINVDESTFLAG, reason: 'value', field: 'destFlag' };
    const one: Draft = { destFlag: flag };
    const fault = flag === 1 ? readAddress(cursor, ADDRESS, one) : readString(cursor, LIST_NAME, one);
    if (fault !== null) return fault;
    destinations.push(one as unknown as Destination);
  }
  draft.destinations = destinations;
  return null;
}

function readUnsuccess(cursor: Cursor, draft: Draft): BodyFault | null {
  const count = readNumber(cursor, 1);
  if (count === null) return truncated('unsuccessSmes');
  const list: UnsuccessSme[] = [];
  for (let i = 0; i < count; i++) {
    const one: Draft = {};
    const fault = readAddress(cursor, ADDRESS, one);
    if (fault !== null) return fault;
    const status = readNumber(cursor, 4);
    if (status === null) return truncated('errorStatusCode');
    one.errorStatusCode = status;
    list.push(one as unknown as UnsuccessSme);
  }
  draft.unsuccessSmes = list;
  return null;
}

function truncated(field: string): BodyFault {
  return { status: Status.ESME_RINVCMDLEN, reason: 'truncated', field };
}
