// The types of log entries and their clear extensions: octets and their meaning, both ways, strictly. The header
// around an extension is in leaf.ts, the records under a RESULT or DLR entry are in record.ts.

import { LEAF_CHANGE_OCTETS_MAX, LEAF_RECORDS_MAX } from '../base/limits.ts';
import { be16, be32, be64, be64OrNone, isIndex, read16, read32, read64, read64OrNone } from './bigEndian.ts';

/** Types of entries. */
export const leafType = {
  start: 0x01,
  heartbeat: 0x02,
  recovery: 0x03,
  sessionOpen: 0x04,
  sessionClose: 0x05,
  intent: 0x10,
  result: 0x11,
  dlr: 0x12,
  lookup: 0x20,
  read: 0x21,
  change: 0x30,
  counter: 0x40,
  erasure: 0x50,
} as const;

/** One of the types. */
export type LeafType = (typeof leafType)[keyof typeof leafType];

/** First act of a guard run. Hashes are 32 octets, zeros for none; `guardId` 8. */
export interface StartExtension {
  readonly type: typeof leafType.start;
  readonly measurement: string;
  readonly configHash: string;
  readonly quoteHash: string;
  /** Index of the CHANGE entry with the policy in force; undefined if none was logged yet. */
  readonly policyChange: number | undefined;
  readonly guardId: string;
}

/** Sign of life. */
export interface HeartbeatExtension {
  readonly type: typeof leafType.heartbeat;
  readonly openIntents: number;
  readonly openBinds: number;
  readonly pdusSoFar: number;
}

/** Numbers of one session whose outcome a crash has hidden, `first` to `last`; void, never used again. */
export interface OpenRange {
  readonly session: string;
  readonly first: number;
  readonly last: number;
}

/** After a crash: everything intended without a result. */
export interface RecoveryExtension {
  readonly type: typeof leafType.recovery;
  readonly ranges: readonly OpenRange[];
}

/** End of a session with a supplier. */
export interface SessionCloseExtension {
  readonly type: typeof leafType.sessionClose;
  readonly lastSeq: number;
  readonly cause: number;
  readonly octetsOut: number;
  readonly octetsIn: number;
}

/** A batch of records: their number, 1…1024, and the Merkle root over them. */
export interface BatchExtension {
  readonly type: typeof leafType.result | typeof leafType.dlr;
  readonly records: number;
  readonly recordsRoot: string;
}

/** A signed change note as it stands. */
export interface ChangeExtension {
  readonly type: typeof leafType.change;
  readonly note: string;
}

/** Counts of `minutes` minutes from `startMinute` on, in `cells` cells under a Merkle root. */
export interface CounterExtension {
  readonly type: typeof leafType.counter;
  readonly startMinute: number;
  readonly minutes: number;
  readonly cells: number;
  readonly cellsRoot: string;
}

/** One erased value: entry, position of the root in it, field. */
export interface ErasedField {
  readonly index: number;
  readonly root: number;
  readonly field: number;
}

/** Values whose salts are gone, and on what legal basis. */
export interface ErasureExtension {
  readonly type: typeof leafType.erasure;
  readonly fields: readonly ErasedField[];
  readonly basis: number;
}

/** Types whose extension is empty. */
export interface EmptyExtension {
  readonly type: typeof leafType.sessionOpen | typeof leafType.intent | typeof leafType.lookup | typeof leafType.read;
}

/** A clear extension, by the type of its entry. */
export type Extension =
  | StartExtension
  | HeartbeatExtension
  | RecoveryExtension
  | SessionCloseExtension
  | BatchExtension
  | ChangeExtension
  | CounterExtension
  | ErasureExtension
  | EmptyExtension;

const seqLimit = 0x8000_0000;

/** The extension as octets. Throws when they would not be accepted: whoever makes entries must make good ones. */
export function encodeExtension(extension: Extension): string {
  const octets = write(extension);
  const back = decodeExtension(extension.type, octets);
  if (back === undefined || write(back) !== octets) throw new RangeError('no valid extension of a log entry');
  return octets;
}

function write(extension: Extension): string {
  switch (extension.type) {
    case leafType.start: {
      const { measurement, configHash, quoteHash, policyChange, guardId } = extension;
      return measurement + configHash + quoteHash + be64OrNone(policyChange) + guardId;
    }
    case leafType.heartbeat:
      return be32(extension.openIntents) + be32(extension.openBinds) + be64(extension.pdusSoFar);
    case leafType.recovery: {
      const ranges = extension.ranges.map((range) => range.session + be32(range.first) + be32(range.last));
      return be16(ranges.length) + ranges.join('');
    }
    case leafType.sessionClose: {
      const { lastSeq, cause, octetsOut, octetsIn } = extension;
      return be32(lastSeq) + String.fromCharCode(cause) + be64(octetsOut) + be64(octetsIn);
    }
    case leafType.result:
    case leafType.dlr:
      return be16(extension.records) + extension.recordsRoot;
    case leafType.change:
      return extension.note;
    case leafType.counter: {
      const { startMinute, minutes, cells, cellsRoot } = extension;
      return be32(startMinute) + be16(minutes) + be16(cells) + cellsRoot;
    }
    case leafType.erasure: {
      const fields = extension.fields.map((one) => be64(one.index) + String.fromCharCode(one.root, one.field));
      return be16(fields.length) + fields.join('') + String.fromCharCode(extension.basis);
    }
    default:
      return '';
  }
}

/** What `octets` say in an entry of `type`; undefined when they are no valid extension of it. */
export function decodeExtension(type: LeafType, octets: string): Extension | undefined {
  switch (type) {
    case leafType.start:
      return readStart(octets);
    case leafType.heartbeat: {
      if (octets.length !== 16) return undefined;
      const pdusSoFar = read64(octets, 8);
      if (!isIndex(pdusSoFar)) return undefined;
      return { type, openIntents: read32(octets, 0), openBinds: read32(octets, 4), pdusSoFar };
    }
    case leafType.recovery:
      return readRecovery(octets);
    case leafType.sessionClose:
      return readSessionClose(octets);
    case leafType.result:
    case leafType.dlr: {
      if (octets.length !== 34) return undefined;
      const records = read16(octets, 0);
      if (records < 1 || records > LEAF_RECORDS_MAX) return undefined;
      return { type, records, recordsRoot: octets.slice(2) };
    }
    case leafType.change:
      return octets.length >= 1 && octets.length <= LEAF_CHANGE_OCTETS_MAX ? { type, note: octets } : undefined;
    case leafType.counter: {
      if (octets.length !== 40) return undefined;
      const minutes = read16(octets, 4);
      if (minutes === 0) return undefined;
      const cells = read16(octets, 6);
      return { type, startMinute: read32(octets, 0), minutes, cells, cellsRoot: octets.slice(8) };
    }
    case leafType.erasure:
      return readErasure(octets);
    default:
      return octets === '' ? { type } : undefined;
  }
}

function readStart(octets: string): StartExtension | undefined {
  if (octets.length !== 112) return undefined;
  const policyChange = read64OrNone(octets, 96);
  if (policyChange !== undefined && !isIndex(policyChange)) return undefined;
  return {
    type: leafType.start,
    measurement: octets.slice(0, 32),
    configHash: octets.slice(32, 64),
    quoteHash: octets.slice(64, 96),
    policyChange,
    guardId: octets.slice(104),
  };
}

function readRecovery(octets: string): RecoveryExtension | undefined {
  if (octets.length < 2) return undefined;
  const count = read16(octets, 0);
  if (octets.length !== 2 + 16 * count) return undefined;
  const ranges: OpenRange[] = [];
  for (let at = 2; at < octets.length; at += 16) {
    const first = read32(octets, at + 8);
    const last = read32(octets, at + 12);
    if (first < 1 || last < first || last >= seqLimit) return undefined;
    ranges.push({ session: octets.slice(at, at + 8), first, last });
  }
  return { type: leafType.recovery, ranges };
}

function readSessionClose(octets: string): SessionCloseExtension | undefined {
  if (octets.length !== 21) return undefined;
  const lastSeq = read32(octets, 0);
  const octetsOut = read64(octets, 5);
  const octetsIn = read64(octets, 13);
  if (lastSeq >= seqLimit || !isIndex(octetsOut) || !isIndex(octetsIn)) return undefined;
  return { type: leafType.sessionClose, lastSeq, cause: octets.charCodeAt(4), octetsOut, octetsIn };
}

function readErasure(octets: string): ErasureExtension | undefined {
  if (octets.length < 3) return undefined;
  const count = read16(octets, 0);
  if (count === 0 || octets.length !== 3 + 10 * count) return undefined;
  const fields: ErasedField[] = [];
  for (let at = 2; at < octets.length - 1; at += 10) {
    const index = read64(octets, at);
    if (!isIndex(index)) return undefined;
    fields.push({ index, root: octets.charCodeAt(at + 8), field: octets.charCodeAt(at + 9) });
  }
  return { type: leafType.erasure, fields, basis: octets.charCodeAt(octets.length - 1) };
}
