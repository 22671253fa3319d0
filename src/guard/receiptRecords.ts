// Records of receipts: what suppliers told, what the upstreams took, what was parked. Beside records.ts, which holds those of
// orders and the reader of all.
import type { ByteWriter } from '../base/bytes.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';

/** DLR: the first final state of a segment. */
export interface DlrRecord {
  readonly op: string;
  readonly segment: number;
  readonly at: number;
  readonly state: number;
  readonly eventNumber: number;
  readonly rawError: string;
}

export function writeDlr(w: ByteWriter, record: DlrRecord): void {
  w.u8(RECORD_VERSION);
  w.latin1(record.op);
  w.u8(record.segment);
  w.u64(record.at);
  w.u8(record.state);
  w.u64(record.eventNumber);
  putText(w, record.rawError);
}

export function readDlr(r: RecordReader): DlrRecord {
  const op = r.latin1(16);
  const segment = r.u8();
  const at = r.u64();
  const state = r.u8();
  const eventNumber = r.u64();
  return { op, segment, at, state, eventNumber, rawError: r.text() };
}

/** UPACK. `op` is 16 zero octets and `segment` 0 for a mobile-originated message. */
export interface UpAckRecord {
  readonly op: string;
  readonly segment: number;
  readonly eventNumber: number;
}

export function writeUpAck(w: ByteWriter, op: string, segment: number, eventNumber: number): void {
  w.u8(RECORD_VERSION);
  w.latin1(op);
  w.u8(segment);
  w.u64(eventNumber);
}

export function readUpAck(r: RecordReader): UpAckRecord {
  return { op: r.latin1(16), segment: r.u8(), eventNumber: r.u64() };
}

/** DUE: `upTo` is wall clock. */
export function writeDue(w: ByteWriter, upTo: number): void {
  w.u8(RECORD_VERSION);
  w.u64(upTo);
}

export function readDue(r: RecordReader): number {
  return r.u64();
}

/** PARKED and ORPHAN: a receipt as it was read, without its text. */
export interface ParkedRecord {
  readonly at: number;
  readonly link: string;
  readonly remoteId: string;
  readonly destination: string;
  readonly state: number;
  readonly rawError: string;
}

export function writeParked(w: ByteWriter, record: ParkedRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.u8(record.state);
  putText(w, record.link);
  putText(w, record.remoteId);
  putText(w, record.destination);
  putText(w, record.rawError);
}

export function readParked(r: RecordReader): ParkedRecord {
  const at = r.u64();
  const state = r.u8();
  return { at, state, link: r.text(), remoteId: r.text(), destination: r.text(), rawError: r.text() };
}
