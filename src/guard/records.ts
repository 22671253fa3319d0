// What the guard writes into its journal: one table of record types, how each is written and how it is read. Numbers on
// disk never change their meaning; every payload begins with its version. From these records alone the leaves of
// transparency §3 are derived (leaves.ts). All texts are latin1, one character per octet, in the form that is committed.
import type { ByteWriter } from '../base/bytes.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';

/** Numbers up to 0x12 are those of the leaves that come from these records. */
export const RecordType = {
  start: 0x01,
  heartbeat: 0x02,
  recovery: 0x03,
  sessionOpen: 0x04,
  sessionClose: 0x05,
  intent: 0x10,
  result: 0x11,
  dlr: 0x12,
  /** enquire_link or unbind: an INTENT without an order. */
  ownIntent: 0x20,
  /** An INTENT that became durable and was not emitted. */
  abandoned: 0x21,
  /** An order that was declined before any INTENT. */
  declined: 0x22,
  /** A receipt that came before the answer with its id. */
  parked: 0x23,
  /** A parked receipt that found no message in time. */
  orphan: 0x24,
  /** A mobile-originated message; its text is in the batch's secrets. */
  mo: 0x25,
  /** The upstream took a receipt or a mobile-originated message. */
  upAck: 0x26,
  /** An order with all that is known of it, written again by cleaning. */
  op: 0x27,
  /** A part that another gateway's customer made, acknowledged on its own; seed and text in the batch's secrets. */
  part: 0x28,
  /** A RESULT of class temporary after which the guard itself emits the segment again, under a new number. */
  throttled: 0x2a,
  /** Parts that became an order or ended without one. */
  partsDone: 0x29,
  /** An operator of ours pauses, drains or resumes a link. */
  linkOrder: 0x2b,
  /** Bind mode: run files hold no order that was due before this time and has no end. */
  due: 0x2c,
} as const;

/** The order's part of an INTENT: what is committed and what recovery needs. */
export interface IntentFields {
  /** 16 octets. */
  readonly op: string;
  /** Bits of OrderFlag. */
  readonly flags: number;
  readonly guardId: number;
  readonly lane: number;
  readonly link: string;
  readonly upstream: string;
  readonly total: number;
  /** End of validity, ms since the epoch. */
  readonly validUntil: number;
  readonly account: string;
  readonly purpose: string;
  readonly customerReference: string;
  /** e.g. "CHF 0.0550"; empty when the order names none. */
  readonly price: string;
  readonly supplier: string;
  readonly cost: string;
  readonly recipient: string;
  readonly senderTon: number;
  readonly senderNpi: number;
  readonly sender: string;
  readonly dataCoding: number;
  /** Salt seed of every field but the body, 16 octets. */
  readonly fieldsSeed: string;
  /** C(03), 32 octets. */
  readonly bodyCommitment: string;
}

export interface IntentRecord extends IntentFields {
  readonly at: number;
  /** Pseudonym of the session, 8 octets. */
  readonly session: string;
  readonly sequence: number;
  /** From 1. */
  readonly segment: number;
}

export function writeIntent(
  w: ByteWriter,
  fields: IntentFields,
  at: number,
  session: string,
  sequence: number,
  segment: number,
): void {
  w.u8(RECORD_VERSION);
  w.latin1(fields.op);
  w.u8(fields.flags);
  w.u64(at);
  w.latin1(session);
  w.u32(sequence);
  w.u8(segment);
  w.u8(fields.total);
  w.u64(fields.guardId);
  w.u8(fields.lane);
  w.u64(fields.validUntil);
  w.u8(fields.senderTon);
  w.u8(fields.senderNpi);
  w.u8(fields.dataCoding);
  w.latin1(fields.fieldsSeed);
  w.latin1(fields.bodyCommitment);
  putText(w, fields.link);
  putText(w, fields.upstream);
  putText(w, fields.account);
  putText(w, fields.purpose);
  putText(w, fields.customerReference);
  putText(w, fields.price);
  putText(w, fields.supplier);
  putText(w, fields.cost);
  putText(w, fields.recipient);
  putText(w, fields.sender);
}

export function readIntent(r: RecordReader): IntentRecord {
  const op = r.latin1(16);
  const flags = r.u8();
  const at = r.u64();
  const session = r.latin1(8);
  const sequence = r.u32();
  const segment = r.u8();
  const total = r.u8();
  const guardId = r.u64();
  const lane = r.u8();
  const validUntil = r.u64();
  const senderTon = r.u8();
  const senderNpi = r.u8();
  const dataCoding = r.u8();
  const fieldsSeed = r.latin1(16);
  const bodyCommitment = r.latin1(32);
  const link = r.text();
  const upstream = r.text();
  const account = r.text();
  const purpose = r.text();
  const customerReference = r.text();
  const price = r.text();
  const supplier = r.text();
  const cost = r.text();
  const recipient = r.text();
  const sender = r.text();
  return {
    op,
    flags,
    at,
    session,
    sequence,
    segment,
    total,
    guardId,
    lane,
    validUntil,
    senderTon,
    senderNpi,
    dataCoding,
    fieldsSeed,
    bodyCommitment,
    link,
    upstream,
    account,
    purpose,
    customerReference,
    price,
    supplier,
    cost,
    recipient,
    sender,
  };
}

/** RESULT: what became of one emitted segment. A later one of the same segment replaces it (a late answer). */
export interface ResultRecord {
  readonly op: string;
  /** From 1. */
  readonly segment: number;
  readonly at: number;
  /** OutcomeClass and OutcomeVerdict (smpp/vendor.ts). */
  readonly outcome: number;
  readonly verdict: number;
  readonly status: number;
  /** As the supplier wrote it; empty when it gave none. */
  readonly remoteId: string;
}

export function writeResult(w: ByteWriter, record: ResultRecord): void {
  w.u8(RECORD_VERSION);
  w.latin1(record.op);
  w.u8(record.segment);
  w.u64(record.at);
  w.u8(record.outcome);
  w.u8(record.verdict);
  w.u32(record.status);
  putText(w, record.remoteId);
}

export function readResult(r: RecordReader): ResultRecord {
  const op = r.latin1(16);
  const segment = r.u8();
  const at = r.u64();
  const outcome = r.u8();
  const verdict = r.u8();
  const status = r.u32();
  return { op, segment, at, outcome, verdict, status, remoteId: r.text() };
}

export interface AbandonedRecord {
  readonly op: string;
  readonly segment: number;
  readonly session: string;
  readonly sequence: number;
}

export function writeAbandoned(w: ByteWriter, record: AbandonedRecord): void {
  w.u8(RECORD_VERSION);
  w.latin1(record.op);
  w.u8(record.segment);
  w.latin1(record.session);
  w.u32(record.sequence);
}

export function readAbandoned(r: RecordReader): AbandonedRecord {
  return { op: r.latin1(16), segment: r.u8(), session: r.latin1(8), sequence: r.u32() };
}

export interface ThrottledRecord extends AbandonedRecord {
  readonly at: number;
  readonly status: number;
}

export function writeThrottled(w: ByteWriter, record: ThrottledRecord): void {
  writeAbandoned(w, record);
  w.u64(record.at);
  w.u32(record.status);
}

export function readThrottled(r: RecordReader): ThrottledRecord {
  const { op, segment, session, sequence } = readAbandoned(r);
  return { op, segment, session, sequence, at: r.u64(), status: r.u32() };
}

export interface DeclinedRecord {
  readonly op: string;
  readonly at: number;
  readonly upstream: string;
  readonly link: string;
  readonly status: number;
  readonly reason: string;
  readonly fieldsSeed: string;
}

export function writeDeclined(w: ByteWriter, record: DeclinedRecord): void {
  w.u8(RECORD_VERSION);
  w.latin1(record.op);
  w.u64(record.at);
  w.u32(record.status);
  w.latin1(record.fieldsSeed);
  putText(w, record.upstream);
  putText(w, record.link);
  putText(w, record.reason.slice(0, 255));
}

export function readDeclined(r: RecordReader): DeclinedRecord {
  const op = r.latin1(16);
  const at = r.u64();
  const status = r.u32();
  const fieldsSeed = r.latin1(16);
  return { op, at, status, fieldsSeed, upstream: r.text(), link: r.text(), reason: r.text() };
}
