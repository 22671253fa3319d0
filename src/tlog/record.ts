// The records that RESULT and DLR entries cover, and the cells of COUNTER entries: fixed octets under a Merkle root of
// their own, so that one of them can be shown without its neighbours.

import { be32, be64, be64OrNone, isIndex, isUint, read32, read64, read64OrNone } from './bigEndian.ts';
import type { Sha256 } from './commitment.ts';
import { leafHash, treeRoot } from './merkle.ts';

/** Classes of a RESULT record. Of `noAnswer` nobody knows whether the supplier has accepted. */
export const resultClass = {
  accepted: 1,
  temporary: 2,
  permanent: 3,
  noAnswer: 4,
  declined: 5,
  deferred: 6,
} as const;

/** Classes of a DLR record. */
export const dlrClass = { delivered: 1, expired: 2, undeliverable: 3, rejected: 4, unknown: 5 } as const;

/** One outcome. Root over fields 21 and 22, or over 23 and 24 where nothing left (declined, deferred). */
export interface LeafRecord {
  /** Index of the INTENT entry; undefined where nothing left. */
  readonly intent: number | undefined;
  readonly class: number;
  /** Segment of the message, from 1; 0 when the record is about all of it. */
  readonly segment: number;
  readonly minute: number;
  readonly root: string;
}

const recordOctets = 46;
const u32 = 0x1_0000_0000;

/** `record` as 46 octets, latin1. Throws on values that no reader would accept. */
export function encodeRecord(kind: 'result' | 'dlr', record: LeafRecord): string {
  if (!isRecord(kind, record)) throw new RangeError('no valid record of a log entry');
  const marks = String.fromCharCode(record.class, record.segment);
  return be64OrNone(record.intent) + marks + be32(record.minute) + record.root;
}

/** Reads a record strictly; undefined when it is none. */
export function decodeRecord(kind: 'result' | 'dlr', octets: string): LeafRecord | undefined {
  if (octets.length !== recordOctets) return undefined;
  const record: LeafRecord = {
    intent: read64OrNone(octets, 0),
    class: octets.charCodeAt(8),
    segment: octets.charCodeAt(9),
    minute: read32(octets, 10),
    root: octets.slice(14),
  };
  return isRecord(kind, record) ? record : undefined;
}

function isRecord(kind: 'result' | 'dlr', record: LeafRecord): boolean {
  if (record.root.length !== 32 || !isUint(record.minute, u32) || !isUint(record.segment, 0x100)) return false;
  if (!isUint(record.class, kind === 'result' ? 7 : 6) || record.class === 0) return false;
  const nothingLeft = kind === 'result' && record.class >= resultClass.declined;
  return nothingLeft ? record.intent === undefined : record.intent !== undefined && isIndex(record.intent);
}

/** Merkle root over encoded records or cells, in their order. */
export function recordsRoot(sha256: Sha256, encoded: readonly string[]): string {
  return treeRoot(
    sha256,
    encoded.map((record) => leafHash(sha256, record)),
  );
}

/** One cell of a COUNTER entry: what one session counted of one operation and status. */
export interface CounterCell {
  /** 16 random octets, so that small counts cannot be guessed from the root. */
  readonly salt: string;
  readonly session: string;
  readonly opcode: number;
  readonly status: number;
  readonly count: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

const cellOctets = 48;

/** `cell` as 48 octets, latin1. Throws on values that no reader would accept. */
export function encodeCell(cell: CounterCell): string {
  const { salt, session, opcode, status, count, firstSeq, lastSeq } = cell;
  const fits = [opcode, status, firstSeq, lastSeq].every((value) => isUint(value, u32));
  if (salt.length !== 16 || session.length !== 8 || !fits || !isIndex(count)) {
    throw new RangeError('no valid cell of a log entry');
  }
  return salt + session + be32(opcode) + be32(status) + be64(count) + be32(firstSeq) + be32(lastSeq);
}

/** Reads a cell strictly; undefined when it is none. */
export function decodeCell(octets: string): CounterCell | undefined {
  const count = octets.length === cellOctets ? read64(octets, 32) : -1;
  if (!isIndex(count)) return undefined;
  return {
    salt: octets.slice(0, 16),
    session: octets.slice(16, 24),
    opcode: read32(octets, 24),
    status: read32(octets, 28),
    count,
    firstSeq: read32(octets, 40),
    lastSeq: read32(octets, 44),
  };
}
