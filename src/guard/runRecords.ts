// Records of the guard's own life: runs, sessions, heartbeats. Beside records.ts, which holds those of orders.
import type { ByteWriter } from '../base/bytes.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';

export interface StartRecord {
  readonly at: number;
  /** Ids and event numbers of this run count from here; above all of earlier runs. */
  readonly firstId: number;
  /** 8 octets, the same for all runs on the same data. */
  readonly guardId: string;
  /** Of the program's files, 32 octets; zeros while it is not measured. */
  readonly measurement: string;
  readonly configHash: string;
}

export function writeStart(w: ByteWriter, record: StartRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.u64(record.firstId);
  w.latin1(record.guardId);
  w.latin1(record.measurement);
  w.latin1(record.configHash);
}

export function readStart(r: RecordReader): StartRecord {
  return {
    at: r.u64(),
    firstId: r.u64(),
    guardId: r.latin1(8),
    measurement: r.latin1(32),
    configHash: r.latin1(32),
  };
}

export interface HeartbeatRecord {
  readonly at: number;
  readonly openIntents: number;
  readonly openBinds: number;
  readonly pdus: number;
}

export function writeHeartbeat(w: ByteWriter, record: HeartbeatRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.u32(record.openIntents);
  w.u32(record.openBinds);
  w.u64(record.pdus);
}

export function readHeartbeat(r: RecordReader): HeartbeatRecord {
  return { at: r.u64(), openIntents: r.u32(), openBinds: r.u32(), pdus: r.u64() };
}

/** Numbers of one session whose emission is unknown after a crash. */
export interface VoidRange {
  readonly session: string;
  readonly first: number;
  readonly last: number;
}

export interface RecoveryRecord {
  readonly at: number;
  readonly ranges: readonly VoidRange[];
}

export function writeRecovery(w: ByteWriter, record: RecoveryRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.u16(record.ranges.length);
  for (const range of record.ranges) {
    w.latin1(range.session);
    w.u32(range.first);
    w.u32(range.last);
  }
}

export function readRecovery(r: RecordReader): RecoveryRecord {
  const at = r.u64();
  const count = r.u16();
  const ranges: VoidRange[] = [];
  for (let i = 0; i < count; i++) ranges.push({ session: r.latin1(8), first: r.u32(), last: r.u32() });
  return { at, ranges };
}

export interface SessionOpenRecord {
  readonly at: number;
  readonly session: string;
  readonly sequence: number;
  /** command_id of the bind. */
  readonly opcode: number;
  /** Salt seed of its fields, 16 octets. */
  readonly fieldsSeed: string;
  readonly link: string;
  readonly supplier: string;
  /** `local>remote`, each address:port. */
  readonly endpoints: string;
}

export function writeSessionOpen(w: ByteWriter, record: SessionOpenRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.latin1(record.session);
  w.u32(record.sequence);
  w.u32(record.opcode);
  w.latin1(record.fieldsSeed);
  putText(w, record.link);
  putText(w, record.supplier);
  putText(w, record.endpoints);
}

export function readSessionOpen(r: RecordReader): SessionOpenRecord {
  const at = r.u64();
  const session = r.latin1(8);
  const sequence = r.u32();
  const opcode = r.u32();
  const fieldsSeed = r.latin1(16);
  return { at, session, sequence, opcode, fieldsSeed, link: r.text(), supplier: r.text(), endpoints: r.text() };
}

/** Why a session closed, as SESSION_CLOSE says it. */
export const CloseCause = { unbound: 1, refused: 2, lost: 3, protocol: 4, stopped: 5 } as const;

export interface SessionCloseRecord {
  readonly at: number;
  readonly session: string;
  readonly lastSequence: number;
  readonly cause: number;
  readonly octetsOut: number;
  readonly octetsIn: number;
}

export function writeSessionClose(w: ByteWriter, record: SessionCloseRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.latin1(record.session);
  w.u32(record.lastSequence);
  w.u8(record.cause);
  w.u64(record.octetsOut);
  w.u64(record.octetsIn);
}

export function readSessionClose(r: RecordReader): SessionCloseRecord {
  return {
    at: r.u64(),
    session: r.latin1(8),
    lastSequence: r.u32(),
    cause: r.u8(),
    octetsOut: r.u64(),
    octetsIn: r.u64(),
  };
}

/** enquire_link or unbind. */
export interface OwnIntentRecord {
  readonly at: number;
  readonly session: string;
  readonly sequence: number;
  readonly opcode: number;
}

export function writeOwnIntent(w: ByteWriter, record: OwnIntentRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.latin1(record.session);
  w.u32(record.sequence);
  w.u32(record.opcode);
}

export function readOwnIntent(r: RecordReader): OwnIntentRecord {
  return { at: r.u64(), session: r.latin1(8), sequence: r.u32(), opcode: r.u32() };
}

export interface LinkOrderRecord {
  readonly at: number;
  readonly link: string;
  /** 0 run, 1 pause, 2 drain. */
  readonly order: number;
}

export function writeLinkOrder(w: ByteWriter, record: LinkOrderRecord): void {
  w.u8(RECORD_VERSION);
  w.u64(record.at);
  w.u8(record.order);
  putText(w, record.link);
}

export function readLinkOrder(r: RecordReader): LinkOrderRecord {
  const at = r.u64();
  const order = r.u8();
  return { at, order, link: r.text() };
}
