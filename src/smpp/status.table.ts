// Every command_status of SMPP 3.4 §5.1.3 and 5.0 §4.7.6: value, name, what it means for a submit, and its text. Data and look-up only.
// Rules that need more than the status (a supplier's own table, back-off, counting) live with those who retry.

/**
 * What a status in the answer to a submit asks for:
 * done: accepted. again: same route after a delay, not counted. few: up to three counted tries, then the next route.
 * route: the next route, final if none. final: never again. halt: stop the bind, alarm, requeue uncounted.
 */
export type SubmitVerdict = 'done' | 'again' | 'few' | 'route' | 'final' | 'halt';

/** Values by name. 0xC0–0xC4 bear their 5.0 names; 3.4 calls them RINVOPTPARSTREAM, ROPTPARNOTALLWD, RINVPARLEN, RMISSINGOPTPARAM, RINVOPTPARAMVAL. */
export const Status = Object.freeze({
  ESME_ROK: 0x00,
  ESME_RINVMSGLEN: 0x01,
  ESME_RINVCMDLEN: 0x02,
  ESME_RINVCMDID: 0x03,
  ESME_RINVBNDSTS: 0x04,
  ESME_RALYBND: 0x05,
  ESME_RINVPRTFLG: 0x06,
  ESME_RINVREGDLVFLG: 0x07,
  ESME_RSYSERR: 0x08,
  ESME_RINVSRCADR: 0x0a,
  ESME_RINVDSTADR: 0x0b,
  ESME_RINVMSGID: 0x0c,
  ESME_RBINDFAIL: 0x0d,
  ESME_RINVPASWD: 0x0e,
  ESME_RINVSYSID: 0x0f,
  ESME_RCANCELFAIL: 0x11,
  ESME_RREPLACEFAIL: 0x13,
  ESME_RMSGQFUL: 0x14,
  ESME_RINVSERTYP: 0x15,
  ESME_RINVNUMDESTS: 0x33,
  ESME_RINVDLNAME: 0x34,
  ESME_RINVDESTFLAG: 0x40,
  ESME_RINVSUBREP: 0x42,
  ESME_RINVESMCLASS: 0x43,
  ESME_RCNTSUBDL: 0x44,
  ESME_RSUBMITFAIL: 0x45,
  ESME_RINVSRCTON: 0x48,
  ESME_RINVSRCNPI: 0x49,
  ESME_RINVDSTTON: 0x50,
  ESME_RINVDSTNPI: 0x51,
  ESME_RINVSYSTYP: 0x53,
  ESME_RINVREPFLAG: 0x54,
  ESME_RINVNUMMSGS: 0x55,
  ESME_RTHROTTLED: 0x58,
  ESME_RINVSCHED: 0x61,
  ESME_RINVEXPIRY: 0x62,
  ESME_RINVDFTMSGID: 0x63,
  ESME_RX_T_APPN: 0x64,
  ESME_RX_P_APPN: 0x65,
  ESME_RX_R_APPN: 0x66,
  ESME_RQUERYFAIL: 0x67,
  ESME_RINVTLVSTREAM: 0xc0,
  ESME_RTLVNOTALLWD: 0xc1,
  ESME_RINVTLVLEN: 0xc2,
  ESME_RMISSINGTLV: 0xc3,
  ESME_RINVTLVVAL: 0xc4,
  ESME_RDELIVERYFAILURE: 0xfe,
  ESME_RUNKNOWNERR: 0xff,
  ESME_RSERTYPUNAUTH: 0x100,
  ESME_RPROHIBITED: 0x101,
  ESME_RSERTYPUNAVAIL: 0x102,
  ESME_RSERTYPDENIED: 0x103,
  ESME_RINVDCS: 0x104,
  ESME_RINVSRCADDRSUBUNIT: 0x105,
  ESME_RINVDSTADDRSUBUNIT: 0x106,
  ESME_RINVBCASTFREQINT: 0x107,
  ESME_RINVBCASTALIAS_NAME: 0x108,
  ESME_RINVBCASTAREAFMT: 0x109,
  ESME_RINVNUMBCAST_AREAS: 0x10a,
  ESME_RINVBCASTCNTTYPE: 0x10b,
  ESME_RINVBCASTMSGCLASS: 0x10c,
  ESME_RBCASTFAIL: 0x10d,
  ESME_RBCASTQUERYFAIL: 0x10e,
  ESME_RBCASTCANCELFAIL: 0x10f,
  ESME_RINVBCAST_REP: 0x110,
  ESME_RINVBCASTSRVGRP: 0x111,
  ESME_RINVBCASTCHANIND: 0x112,
} as const);

export type StatusName = keyof typeof Status;

export interface StatusRow {
  readonly value: number;
  readonly name: StatusName;
  /** 0x34: in 3.4 or before; 0x50: new in 5.0. */
  readonly since: 0x34 | 0x50;
  readonly verdict: SubmitVerdict;
  readonly text: string;
}

function row(name: StatusName, verdict: SubmitVerdict, text: string): StatusRow {
  const value = Status[name];
  return Object.freeze({ value, name, since: value >= 0x100 ? 0x50 : 0x34, verdict, text });
}

/** In order of value. */
export const STATUS_TABLE: readonly StatusRow[] = Object.freeze([
  row('ESME_ROK', 'done', 'no error'),
  row('ESME_RINVMSGLEN', 'final', 'message length is invalid'),
  row('ESME_RINVCMDLEN', 'route', 'command length is invalid'),
  row('ESME_RINVCMDID', 'route', 'invalid command id'),
  row('ESME_RINVBNDSTS', 'halt', 'incorrect bind status for this command'),
  row('ESME_RALYBND', 'halt', 'already in bound state'),
  row('ESME_RINVPRTFLG', 'route', 'invalid priority flag'),
  row('ESME_RINVREGDLVFLG', 'route', 'invalid registered delivery flag'),
  row('ESME_RSYSERR', 'few', 'system error'),
  row('ESME_RINVSRCADR', 'route', 'invalid source address'),
  row('ESME_RINVDSTADR', 'final', 'invalid destination address'),
  row('ESME_RINVMSGID', 'final', 'message id is invalid'),
  row('ESME_RBINDFAIL', 'halt', 'bind failed'),
  row('ESME_RINVPASWD', 'halt', 'invalid password'),
  row('ESME_RINVSYSID', 'halt', 'invalid system id'),
  row('ESME_RCANCELFAIL', 'final', 'cancel failed'),
  row('ESME_RREPLACEFAIL', 'final', 'replace failed'),
  row('ESME_RMSGQFUL', 'again', 'message queue full'),
  row('ESME_RINVSERTYP', 'route', 'invalid service type'),
  row('ESME_RINVNUMDESTS', 'final', 'invalid number of destinations'),
  row('ESME_RINVDLNAME', 'final', 'invalid distribution list name'),
  row('ESME_RINVDESTFLAG', 'final', 'destination flag is invalid'),
  row('ESME_RINVSUBREP', 'route', 'submit with replace is not supported or cannot be done'),
  row('ESME_RINVESMCLASS', 'route', 'invalid esm class'),
  row('ESME_RCNTSUBDL', 'final', 'cannot submit to distribution list'),
  row('ESME_RSUBMITFAIL', 'few', 'submit failed'),
  row('ESME_RINVSRCTON', 'route', 'invalid source address type of number'),
  row('ESME_RINVSRCNPI', 'route', 'invalid source address numbering plan'),
  row('ESME_RINVDSTTON', 'final', 'invalid destination address type of number'),
  row('ESME_RINVDSTNPI', 'final', 'invalid destination address numbering plan'),
  row('ESME_RINVSYSTYP', 'halt', 'invalid system type'),
  row('ESME_RINVREPFLAG', 'route', 'invalid replace-if-present flag'),
  row('ESME_RINVNUMMSGS', 'route', 'invalid number of messages'),
  row('ESME_RTHROTTLED', 'again', 'throttling error: over the allowed rate'),
  row('ESME_RINVSCHED', 'final', 'invalid scheduled delivery time'),
  row('ESME_RINVEXPIRY', 'final', 'invalid validity period'),
  row('ESME_RINVDFTMSGID', 'route', 'predefined message is invalid or not found'),
  row('ESME_RX_T_APPN', 'few', 'receiver: temporary application error'),
  row('ESME_RX_P_APPN', 'final', 'receiver: permanent application error'),
  row('ESME_RX_R_APPN', 'final', 'receiver: message rejected'),
  row('ESME_RQUERYFAIL', 'final', 'query failed'),
  row('ESME_RINVTLVSTREAM', 'route', 'error in the optional part of the PDU'),
  row('ESME_RTLVNOTALLWD', 'route', 'TLV not allowed'),
  row('ESME_RINVTLVLEN', 'route', 'invalid length of a TLV'),
  row('ESME_RMISSINGTLV', 'route', 'expected TLV missing'),
  row('ESME_RINVTLVVAL', 'route', 'invalid value of a TLV'),
  row('ESME_RDELIVERYFAILURE', 'final', 'delivery failure in transaction mode'),
  row('ESME_RUNKNOWNERR', 'few', 'unknown error'),
  row('ESME_RSERTYPUNAUTH', 'route', 'not authorised to use this service type'),
  row('ESME_RPROHIBITED', 'route', 'prohibited from using this operation'),
  row('ESME_RSERTYPUNAVAIL', 'few', 'service type is unavailable'),
  row('ESME_RSERTYPDENIED', 'route', 'service type is denied'),
  row('ESME_RINVDCS', 'route', 'invalid data coding'),
  row('ESME_RINVSRCADDRSUBUNIT', 'route', 'invalid source address subunit'),
  row('ESME_RINVDSTADDRSUBUNIT', 'route', 'invalid destination address subunit'),
  row('ESME_RINVBCASTFREQINT', 'final', 'invalid broadcast frequency interval'),
  row('ESME_RINVBCASTALIAS_NAME', 'final', 'invalid broadcast alias name'),
  row('ESME_RINVBCASTAREAFMT', 'final', 'invalid broadcast area format'),
  row('ESME_RINVNUMBCAST_AREAS', 'final', 'invalid number of broadcast areas'),
  row('ESME_RINVBCASTCNTTYPE', 'final', 'invalid broadcast content type'),
  row('ESME_RINVBCASTMSGCLASS', 'final', 'invalid broadcast message class'),
  row('ESME_RBCASTFAIL', 'final', 'broadcast failed'),
  row('ESME_RBCASTQUERYFAIL', 'final', 'broadcast query failed'),
  row('ESME_RBCASTCANCELFAIL', 'final', 'broadcast cancel failed'),
  row('ESME_RINVBCAST_REP', 'final', 'invalid number of broadcast repetitions'),
  row('ESME_RINVBCASTSRVGRP', 'final', 'invalid broadcast service group'),
  row('ESME_RINVBCASTCHANIND', 'final', 'invalid broadcast channel indicator'),
]);

const byValue: ReadonlyMap<number, StatusRow> = new Map(STATUS_TABLE.map((one) => [one.value, one]));

/** The row of a status; undefined for vendors' own (0x400–0x4FF) and reserved ones. */
export function statusRow(value: number): StatusRow | undefined {
  return byValue.get(value);
}

/** The standard name, or the value in hexadecimal where it has none. */
export function statusName(value: number): string {
  return byValue.get(value)?.name ?? `0x${value.toString(16).padStart(8, '0')}`;
}

/** For logs and reasons that a person reads: `0x0E ESME_RINVPASWD`, or the value alone where it has no name. */
export function statusWords(value: number): string {
  const hex = `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;
  const name = byValue.get(value)?.name;
  return name === undefined ? hex : `${hex} ${name}`;
}

/** TLV delivery_failure_reason: temporary network error (SMPP 5.0 §4.8.4.19). */
const TEMPORARY_NETWORK_ERROR = 3;

/**
 * What the answer to a submit asks for. `deliveryFailureReason` is TLV 0x0425 of the answer, which decides about
 * ESME_RDELIVERYFAILURE. Vendor and unknown statuses count as `few`.
 */
export function submitVerdict(status: number, deliveryFailureReason?: number): SubmitVerdict {
  if (status === Status.ESME_RDELIVERYFAILURE && deliveryFailureReason === TEMPORARY_NETWORK_ERROR) return 'few';
  return byValue.get(status)?.verdict ?? 'few';
}

/** The peer dislikes our TLVs: worth one more try on the same route without the optional ones. */
export function blamesTlvs(status: number): boolean {
  return status === Status.ESME_RTLVNOTALLWD || status === Status.ESME_RINVTLVLEN || status === Status.ESME_RINVTLVVAL;
}
