// The public log as it can be derived from the guard's journal alone: one entry per record that stands for one, chained per
// session. What this cannot do, the records do not carry.

import { readRecords } from '../../src/driver/records.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { type IntentRecord, RecordType, readIntent } from '../../src/guard/records.ts';
import {
  readHeartbeat,
  readOwnIntent,
  readRecovery,
  readSessionClose,
  readSessionOpen,
  readStart,
} from '../../src/guard/runRecords.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import { commit, fieldSalt, fieldsRoot, rootOf, routeRoot, senderValue } from '../../src/tlog/commitment.ts';
import { encodeLeaf, type Leaf, noHash, noOp, noSession } from '../../src/tlog/leaf.ts';
import { encodeExtension, leafType } from '../../src/tlog/leafExtension.ts';
import { leafHash } from '../../src/tlog/merkle.ts';

const { sha256Octets } = createCrypto();
const sha256Latin1 = (text: string): string => sha256Octets(Buffer.from(text, 'latin1'));
const ZERO_ROOT = '\0'.repeat(32);
const SUBMIT_SM = 4;

/** Order root of an INTENT: the body's commitment stands in the record, all other salts come from its seed. */
export function orderRootOf(record: IntentRecord): string {
  const values: readonly (readonly [number, string])[] = [
    [0x01, record.recipient],
    [0x02, senderValue(record.senderTon, record.senderNpi, record.sender)],
    [0x03, ''],
    [0x04, record.account],
    [0x05, record.purpose],
    [0x06, record.customerReference],
    [0x07, record.price],
  ];
  let pairs = '';
  for (const [field, value] of values) {
    const c =
      field === 0x03
        ? record.bodyCommitment
        : commit(sha256Latin1, field, fieldSalt(sha256Latin1, field, record.fieldsSeed), value);
    pairs += String.fromCharCode(field) + c;
  }
  return rootOf(sha256Latin1, pairs);
}

export interface Derived {
  readonly leaf: Leaf;
  readonly hash: string;
}

export function deriveLeaves(batches: Iterable<Buffer>): Derived[] {
  const leaves: Derived[] = [];
  const last = new Map<string, string>();
  let start = 0;
  const reader = new RecordReader();
  const add = (more: Partial<Leaf> & Pick<Leaf, 'type'>): void => {
    const session = more.session ?? noSession;
    const leaf: Leaf = {
      flags: 0,
      span: 0,
      op: noOp,
      minute: 0,
      session,
      seq: 0,
      opcode: 0,
      ref: undefined,
      start,
      prev: session === noSession ? noHash : (last.get(session) ?? noHash),
      extension: '',
      roots: [],
      ...more,
    };
    const hash = leafHash(sha256Latin1, encodeLeaf(leaf));
    if (session !== noSession) last.set(session, hash);
    leaves.push({ leaf, hash });
  };
  const minute = (at: number): number => Math.floor(at / 60_000);
  for (const records of batches) {
    readRecords(records, (type, from, to) => {
      const r = reader.open(records, from, to);
      switch (type) {
        case RecordType.start: {
          const one = readStart(r);
          start = leaves.length;
          const extension = encodeExtension({
            type: leafType.start,
            measurement: one.measurement,
            configHash: one.configHash,
            quoteHash: ZERO_ROOT,
            policyChange: undefined,
            guardId: one.guardId,
          });
          add({ type: leafType.start, minute: minute(one.at), extension, start });
          return;
        }
        case RecordType.heartbeat: {
          const one = readHeartbeat(r);
          add({
            type: leafType.heartbeat,
            minute: minute(one.at),
            extension: encodeExtension({
              type: leafType.heartbeat,
              openIntents: one.openIntents,
              openBinds: one.openBinds,
              pdusSoFar: one.pdus,
            }),
          });
          return;
        }
        case RecordType.recovery: {
          const one = readRecovery(r);
          add({
            type: leafType.recovery,
            minute: minute(one.at),
            extension: encodeExtension({ type: leafType.recovery, ranges: one.ranges }),
          });
          return;
        }
        case RecordType.sessionOpen: {
          const one = readSessionOpen(r);
          const root = fieldsRoot(sha256Latin1, one.fieldsSeed, [
            [0x11, one.supplier],
            [0x12, one.endpoints],
          ]);
          add({
            type: leafType.sessionOpen,
            span: 1,
            minute: minute(one.at),
            session: one.session,
            seq: one.sequence,
            opcode: one.opcode,
            roots: [root],
          });
          return;
        }
        case RecordType.sessionClose: {
          const one = readSessionClose(r);
          add({
            type: leafType.sessionClose,
            minute: minute(one.at),
            session: one.session,
            extension: encodeExtension({
              type: leafType.sessionClose,
              lastSeq: one.lastSequence,
              cause: one.cause,
              octetsOut: one.octetsOut,
              octetsIn: one.octetsIn,
            }),
          });
          return;
        }
        case RecordType.ownIntent: {
          const one = readOwnIntent(r);
          add({
            type: leafType.intent,
            span: 1,
            minute: minute(one.at),
            session: one.session,
            seq: one.sequence,
            opcode: one.opcode,
            roots: [ZERO_ROOT, ZERO_ROOT],
          });
          return;
        }
        case RecordType.intent: {
          const one = readIntent(r);
          add({
            type: leafType.intent,
            flags: one.flags & 1,
            span: 1,
            op: one.op,
            minute: minute(one.at),
            session: one.session,
            seq: one.sequence,
            opcode: SUBMIT_SM,
            roots: [
              orderRootOf(one),
              routeRoot(sha256Latin1, one.fieldsSeed, { supplier: one.supplier, cost: one.cost }),
            ],
          });
        }
      }
    });
  }
  return leaves;
}
