// The canonical entry of the log: a header of 88 octets, a clear extension and commitment roots, in one order of
// octets per meaning. Encoding and strict decoding; what the extensions hold is in leafExtension.ts.

import { LEAF_OCTETS_MAX } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { be16, be32, be64, be64OrNone, isIndex, isUint, read16, read32, read64, read64OrNone } from './bigEndian.ts';
import { decodeExtension, type LeafType, leafType } from './leafExtension.ts';

/** Bits of `flags`. */
export const leafFlag = { testTraffic: 0x01, quorumBeforeEgress: 0x02, retry: 0x04 } as const;

/** An entry. Octets are latin1 strings; what a type does not use has the value named here. */
export interface Leaf {
  readonly type: LeafType;
  readonly flags: number;
  /** Consecutive outbound PDUs covered; 0 if none. */
  readonly span: number;
  /** 16 octets, the same for retries and results; `noOp` if none. */
  readonly op: string;
  /** ⌊unix time in s / 60⌋. */
  readonly minute: number;
  /** Bind session pseudonym, 8 octets; `noSession` if none. */
  readonly session: string;
  /** SMPP sequence_number of the first PDU; 0 if none. */
  readonly seq: number;
  /** SMPP command_id, F0000001… for HTTP suppliers; 0 if none. */
  readonly opcode: number;
  /** Index of a related entry; undefined (all FF) if none. */
  readonly ref: number | undefined;
  /** Index of this guard run's START entry. */
  readonly start: number;
  /** Leaf hash of the previous entry with the same session, 32 octets; `noHash` for the first and without session. */
  readonly prev: string;
  readonly extension: string;
  /** 32 octets each; their number is fixed by the type. */
  readonly roots: readonly string[];
}

/** Why octets are no entry. The first fault found is named. */
export type LeafFault = {
  readonly code:
    | 'length'
    | 'version'
    | 'type'
    | 'flags'
    | 'span'
    | 'op'
    | 'session'
    | 'seq'
    | 'opcode'
    | 'ref'
    | 'start'
    | 'prev'
    | 'minute'
    | 'extension'
    | 'roots';
};

export const noOp = '\x00'.repeat(16);
export const noSession = '\x00'.repeat(8);
export const noHash = '\x00'.repeat(32);

const headOctets = 90;
const version = '\x01';
const knownFlags = 0x07;
const u32 = 0x1_0000_0000;

/** What the header of each type may use, and how many roots the type has. */
interface Shape {
  /** Whether the entry stands for PDUs to be sent over a session: then span, session, seq and opcode are set. */
  readonly sends: 'always' | 'maybe' | 'never';
  readonly session: 'always' | 'maybe' | 'never';
  readonly op: boolean;
  readonly ref: boolean;
  readonly roots: number;
}

const governance: Shape = { sends: 'never', session: 'never', op: false, ref: false, roots: 0 };

const shapes: Readonly<Record<LeafType, Shape>> = {
  [leafType.start]: governance,
  [leafType.heartbeat]: governance,
  [leafType.recovery]: governance,
  [leafType.sessionOpen]: { sends: 'always', session: 'always', op: false, ref: false, roots: 1 },
  [leafType.sessionClose]: { sends: 'never', session: 'always', op: false, ref: false, roots: 0 },
  [leafType.intent]: { sends: 'always', session: 'always', op: true, ref: true, roots: 2 },
  [leafType.result]: governance,
  [leafType.dlr]: governance,
  [leafType.lookup]: { sends: 'maybe', session: 'maybe', op: true, ref: true, roots: 2 },
  [leafType.read]: { sends: 'never', session: 'never', op: true, ref: true, roots: 1 },
  [leafType.change]: { ...governance, ref: true },
  [leafType.counter]: governance,
  [leafType.erasure]: { ...governance, roots: 1 },
};

/** Octets of `leaf` as latin1. Throws when it is no valid entry: whoever makes entries must make good ones. */
export function encodeLeaf(leaf: Leaf): string {
  const fault = leafFault(leaf);
  if (fault !== undefined) throw new RangeError(`no valid log entry: ${fault.code}`);
  let entry =
    version +
    String.fromCharCode(leaf.type, leaf.flags, leaf.span) +
    leaf.op +
    be32(leaf.minute) +
    leaf.session +
    be32(leaf.seq) +
    be32(leaf.opcode) +
    be64OrNone(leaf.ref) +
    be64(leaf.start) +
    leaf.prev +
    be16(leaf.extension.length) +
    leaf.extension;
  for (const root of leaf.roots) entry += root;
  return entry;
}

/** Reads an entry strictly: whatever is not the one encoding of a valid entry is refused. */
export function decodeLeaf(entry: string): Result<Leaf, LeafFault> {
  if (entry.length < headOctets || entry.length > LEAF_OCTETS_MAX) return err({ code: 'length' });
  if (entry[0] !== version) return err({ code: 'version' });
  const type = entry.charCodeAt(1);
  if (!isLeafType(type)) return err({ code: 'type' });
  const extensionLength = read16(entry, 88);
  const roots = shapes[type].roots;
  if (entry.length !== headOctets + extensionLength + 32 * roots) return err({ code: 'length' });
  const rootsFrom = headOctets + extensionLength;
  const leaf: Leaf = {
    type,
    flags: entry.charCodeAt(2),
    span: entry.charCodeAt(3),
    op: entry.slice(4, 20),
    minute: read32(entry, 20),
    session: entry.slice(24, 32),
    seq: read32(entry, 32),
    opcode: read32(entry, 36),
    ref: read64OrNone(entry, 40),
    start: read64(entry, 48),
    prev: entry.slice(56, 88),
    extension: entry.slice(headOctets, rootsFrom),
    roots: Array.from({ length: roots }, (_, i) => entry.slice(rootsFrom + 32 * i, rootsFrom + 32 * i + 32)),
  };
  const fault = leafFault(leaf);
  return fault === undefined ? ok(leaf) : err(fault);
}

/** The first thing that keeps `leaf` from being an entry. */
function leafFault(leaf: Leaf): LeafFault | undefined {
  const shape = shapes[leaf.type];
  if (headOctets + leaf.extension.length + 32 * leaf.roots.length > LEAF_OCTETS_MAX) return { code: 'length' };
  if (!isUint(leaf.flags, knownFlags + 1)) return { code: 'flags' };
  // Number queries wait for the witnesses always.
  if (leaf.type === leafType.lookup && (leaf.flags & leafFlag.quorumBeforeEgress) === 0) return { code: 'flags' };
  if (!isUint(leaf.minute, u32)) return { code: 'minute' };
  if (leaf.op.length !== 16 || (!shape.op && leaf.op !== noOp)) return { code: 'op' };
  return sessionFault(leaf, shape) ?? restFault(leaf, shape);
}

function sessionFault(leaf: Leaf, shape: Shape): LeafFault | undefined {
  const hasSession = leaf.session !== noSession;
  if (leaf.session.length !== 8 || !allows(shape.session, hasSession)) return { code: 'session' };
  const sends = leaf.span > 0;
  if (!isUint(leaf.span, 0x100) || !allows(shape.sends, sends)) return { code: 'span' };
  if (!isUint(leaf.seq, 0x8000_0000) || (leaf.seq !== 0 && !sends)) return { code: 'seq' };
  if (!isUint(leaf.opcode, u32) || (leaf.opcode !== 0) !== sends) return { code: 'opcode' };
  // SMPP numbers every request; HTTP suppliers (opcode F…) have no numbers.
  if (sends && leaf.opcode < 0xf000_0000 && leaf.seq === 0) return { code: 'seq' };
  const mayFollow = hasSession && leaf.type !== leafType.sessionOpen;
  return leaf.prev.length !== 32 || (!mayFollow && leaf.prev !== noHash) ? { code: 'prev' } : undefined;
}

function restFault(leaf: Leaf, shape: Shape): LeafFault | undefined {
  if (leaf.ref !== undefined && (!shape.ref || !isIndex(leaf.ref))) return { code: 'ref' };
  if (!isIndex(leaf.start)) return { code: 'start' };
  if (decodeExtension(leaf.type, leaf.extension) === undefined) return { code: 'extension' };
  const rootsHold = leaf.roots.length === shape.roots && leaf.roots.every((root) => root.length === 32);
  return rootsHold ? undefined : { code: 'roots' };
}

function allows(use: 'always' | 'maybe' | 'never', used: boolean): boolean {
  return use === 'maybe' || (use === 'always') === used;
}

function isLeafType(value: number): value is LeafType {
  return Object.hasOwn(shapes, value);
}
