// One of each kind of the guard's records: how it is written from dice, and how it is read. Data for records.ts.
import type { ByteWriter } from '../../src/base/bytes.ts';
import { readPart, readPartsDone, writePart, writePartsDone } from '../../src/guard/partRecords.ts';
import { readDlr, readParked, readUpAck, writeDlr, writeParked, writeUpAck } from '../../src/guard/receiptRecords.ts';
import type { RecordReader } from '../../src/guard/recordReader.ts';
import {
  type IntentFields,
  readDeclined,
  readIntent,
  readResult,
  readThrottled,
  writeDeclined,
  writeIntent,
  writeResult,
  writeThrottled,
} from '../../src/guard/records.ts';
import {
  readHeartbeat,
  readRecovery,
  readSessionOpen,
  readStart,
  writeHeartbeat,
  writeRecovery,
  writeSessionOpen,
  writeStart,
} from '../../src/guard/runRecords.ts';
import type { Chance } from '../../src/operator/chance.ts';
import { noise, pick } from './target.ts';

export const latin1 = (chance: Chance, octets: number): string => noise(chance, octets).toString('latin1');
const text = (chance: Chance): string => latin1(chance, chance.below(40));
const instant = (chance: Chance): number => 1_700_000_000_000 + chance.below(1_000_000_000);

interface Form {
  write(w: ByteWriter, chance: Chance): unknown;
  read(r: RecordReader): unknown;
}

/** Each kind of the guard's records: writes one, and tells what must be read. */
export const FORMS: readonly Form[] = [
  {
    write(w, chance) {
      const fields: IntentFields = {
        op: latin1(chance, 16),
        flags: chance.below(256),
        guardId: instant(chance),
        lane: chance.below(3),
        link: text(chance),
        upstream: text(chance),
        total: 1 + chance.below(255),
        validUntil: instant(chance),
        account: text(chance),
        purpose: text(chance),
        customerReference: text(chance),
        price: 'EUR 0.0100',
        supplier: text(chance),
        cost: text(chance),
        recipient: text(chance),
        senderTon: chance.below(7),
        senderNpi: chance.below(2),
        sender: text(chance),
        dataCoding: chance.below(256),
        fieldsSeed: latin1(chance, 16),
        bodyCommitment: latin1(chance, 32),
      };
      const more = { at: instant(chance), session: latin1(chance, 8), sequence: chance.u32(), segment: 1 };
      writeIntent(w, fields, more.at, more.session, more.sequence, more.segment);
      return { ...fields, ...more };
    },
    read: readIntent,
  },
  {
    write(w, chance) {
      const record = {
        ...{ op: latin1(chance, 16), segment: chance.below(256), at: instant(chance), outcome: chance.below(5) },
        ...{ verdict: chance.below(4), status: chance.u32(), remoteId: text(chance) },
      };
      writeResult(w, record);
      return record;
    },
    read: readResult,
  },
  {
    write(w, chance) {
      const record = {
        ...{ op: latin1(chance, 16), segment: chance.below(256), session: latin1(chance, 8), sequence: chance.u32() },
        ...{ at: instant(chance), status: chance.u32() },
      };
      writeThrottled(w, record);
      return record;
    },
    read: readThrottled,
  },
  {
    write(w, chance) {
      const record = {
        ...{ op: latin1(chance, 16), at: instant(chance), status: chance.u32(), fieldsSeed: latin1(chance, 16) },
        ...{ upstream: text(chance), link: text(chance), reason: text(chance) },
      };
      writeDeclined(w, record);
      return record;
    },
    read: readDeclined,
  },
  {
    write(w, chance) {
      const record = {
        ...{ op: latin1(chance, 16), segment: 1, at: instant(chance), state: chance.below(10) },
        ...{ eventNumber: instant(chance), rawError: text(chance) },
      };
      writeDlr(w, record);
      return record;
    },
    read: readDlr,
  },
  {
    write(w, chance) {
      const record = { op: latin1(chance, 16), segment: chance.below(256), eventNumber: instant(chance) };
      writeUpAck(w, record.op, record.segment, record.eventNumber);
      return record;
    },
    read: readUpAck,
  },
  {
    write(w, chance) {
      const record = {
        ...{ at: instant(chance), state: chance.below(10), link: text(chance), remoteId: text(chance) },
        ...{ destination: text(chance), rawError: text(chance) },
      };
      writeParked(w, record);
      return record;
    },
    read: readParked,
  },
  {
    write(w, chance) {
      const part = {
        ...{ id: instant(chance), at: instant(chance), upstream: text(chance), link: text(chance), sourceTon: 5 },
        ...{ sourceNpi: 0, source: text(chance), recipient: text(chance), dataCoding: chance.below(256) },
        ...{ kind: pick(chance, [0, 8, 16, 'sar'] as const), ref: chance.below(65_536), total: chance.below(256) },
        ...{ place: chance.below(256), lockingShift: 0, singleShift: 1, asked: chance.below(4) },
        ...{ dueAt: instant(chance), validUntil: instant(chance) },
      };
      const [secretOffset, octets] = [chance.u32(), chance.below(65_536)];
      writePart(w, part, secretOffset, octets);
      return { part, secretOffset, octets };
    },
    read: readPart,
  },
  {
    write(w, chance) {
      const done = { op: latin1(chance, 16), kind: 1, extension: latin1(chance, 9 * chance.below(20)) };
      writePartsDone(w, done);
      return done;
    },
    read: readPartsDone,
  },
  {
    write(w, chance) {
      const record = {
        ...{ at: instant(chance), firstId: instant(chance), guardId: latin1(chance, 8) },
        ...{ measurement: latin1(chance, 32), configHash: latin1(chance, 32) },
      };
      writeStart(w, record);
      return record;
    },
    read: readStart,
  },
  {
    write(w, chance) {
      const record = { at: instant(chance), openIntents: chance.u32(), openBinds: chance.u32(), pdus: instant(chance) };
      writeHeartbeat(w, record);
      return record;
    },
    read: readHeartbeat,
  },
  {
    write(w, chance) {
      const ranges = Array.from({ length: chance.below(20) }, () => ({
        ...{ session: latin1(chance, 8), first: chance.u32(), last: chance.u32() },
      }));
      const record = { at: instant(chance), ranges };
      writeRecovery(w, record);
      return record;
    },
    read: readRecovery,
  },
  {
    write(w, chance) {
      const record = {
        ...{ at: instant(chance), session: latin1(chance, 8), sequence: chance.u32(), opcode: 9 },
        ...{ fieldsSeed: latin1(chance, 16), link: text(chance), supplier: text(chance), endpoints: text(chance) },
      };
      writeSessionOpen(w, record);
      return record;
    },
    read: readSessionOpen,
  },
];
