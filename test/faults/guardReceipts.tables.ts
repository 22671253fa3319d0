// Durable steps of the guard with receipts, mobile-originated messages and sessions, and what each fault does to them. Operators
// repeat what was not answered; so does the guard towards the gateway. Columns: seen.ts.
import { RecordType } from '../../src/guard/records.ts';
import { GUARD_PORT } from '../../src/sim/configs.ts';
import * as commands from './commandStories.ts';
import type { StepTable } from './rows.ts';
import { ALPHA_PORT } from './setting.ts';
import * as stories from './stories.ts';
import { guardRecord, pduOf } from './trip.ts';

export const guardReceiptTables: readonly StepTable[] = [
  {
    title: 'DLR: the final state of a segment; only after it the answer to the operator, and the receipt up',
    step: guardRecord(RecordType.dlr),
    story: stories.one,
    rows: `
      fault           | state     | told | charged | up | ends        | because
      none            | delivered | 1    | 1       | 1  | -           | the ordinary life
      full            | delivered | 1    | 1       | 1  | -           | answered and told when it is stored
      fenced          | delivered | 1    | 1       | 1  | guard halts | the operator had no answer: it tells again
      unknown, stored | delivered | 1    | 1       | 1  | guard halts | found and told; the operator's repetition is known
      unknown, lost   | delivered | 1    | 1       | 1  | guard halts | the operator had no answer: it tells again
      dies before     | delivered | 1    | 1       | 1  | guard dies  | the operator had no answer: it tells again
      dies stored     | delivered | 1    | 1       | 1  | guard dies  | found and told; the operator's repetition is known
      dies told       | delivered | 1    | 1       | 1  | guard dies  | found and told; the operator's repetition is known
      dies after      | delivered | 1    | 1       | 2  | guard dies  | the gateway's answer was not read: told again, and known there
    `,
  },
  {
    title: 'the answer to the operator: no record, it follows its DLR',
    step: pduOf('guard', 0x8000_0005, ALPHA_PORT),
    story: stories.one,
    rows: `
      fault           | state     | told | charged | ends       | because
      none            | delivered | 1    | 1       | -          | the ordinary life
      dies before     | delivered | 1    | 1       | guard dies | the operator repeats it, and it is known
      dies after      | delivered | 1    | 1       | guard dies | answered
    `,
  },
  {
    title: 'the receipt up: no record, it follows its DLR',
    step: pduOf('guard', 0x05, GUARD_PORT),
    story: stories.one,
    rows: `
      fault           | state     | told | charged | up | ends       | because
      none            | delivered | 1    | 1       | 1  | -          | the ordinary life
      dies before     | delivered | 1    | 1       | 1  | guard dies | told after the restart
      dies after      | delivered | 1    | 1       | 2  | guard dies | told again, and known there
    `,
  },
  {
    title: 'UPACK: the gateway has the receipt',
    step: guardRecord(RecordType.upAck),
    story: stories.one,
    rows: `
      fault           | state     | told | charged | up | ends        | because
      none            | delivered | 1    | 1       | 1  | -           | the ordinary life
      full            | delivered | 1    | 1       | 1  | -           | the record follows
      fenced          | delivered | 1    | 1       | 2  | guard halts | told again; the gateway knows that it has ended
      unknown, stored | delivered | 1    | 1       | 1  | guard halts | never again
      unknown, lost   | delivered | 1    | 1       | 2  | guard halts | told again; the gateway knows that it has ended
      dies before     | delivered | 1    | 1       | 2  | guard dies  | told again; the gateway knows that it has ended
      dies stored     | delivered | 1    | 1       | 1  | guard dies  | never again
      dies told       | delivered | 1    | 1       | 1  | guard dies  | never again
      dies after      | delivered | 1    | 1       | 1  | guard dies  | never again
    `,
  },
  {
    title: 'PARKED: a receipt before the answer that names its id',
    step: guardRecord(RecordType.parked),
    story: stories.early,
    rows: `
      fault           | copies | state     | told | charged | unknown | ends        | because
      none            | 1      | delivered | 1    | 1       | 0       | -           | applied when the id is known
      full            | 1      | delivered | 1    | 1       | 0       | -           | applied when the id is known
      fenced          | 1      | unknown   | 1    | 1       | 1       | guard halts | the answer with the id found nobody: the receipt is for no message that is known
      unknown, stored | 1      | unknown   | 1    | 1       | 1       | guard halts | the answer with the id found nobody: the receipt is for no message that is known
      unknown, lost   | 1      | unknown   | 1    | 1       | 1       | guard halts | the answer with the id found nobody: the receipt is for no message that is known
      dies before     | 1      | unknown   | 1    | 1       | 1       | guard dies  | the answer with the id found nobody: the receipt is for no message that is known
      dies stored     | 1      | unknown   | 1    | 1       | 1       | guard dies  | the answer with the id found nobody: the receipt is for no message that is known
      dies told       | 1      | unknown   | 1    | 1       | 1       | guard dies  | the answer with the id found nobody: the receipt is for no message that is known
      dies after      | 1      | unknown   | 1    | 1       | 1       | guard dies  | the answer with the id found nobody: the receipt is for no message that is known
    `,
  },
  {
    title: 'RESULT and DLR of a parked receipt, in one batch',
    step: guardRecord(RecordType.dlr),
    story: stories.early,
    rows: `
      fault           | copies | state     | told | charged | unknown | up | ends        | because
      none            | 1      | delivered | 1    | 1       | 0       | 1  | -           | the receipt goes up after the answer
      full            | 1      | delivered | 1    | 1       | 0       | 1  | -           | both when they are stored
      fenced          | 1      | unknown   | 1    | 1       | 1       | 0  | guard halts | the id is gone; the operator has its answer and tells no more
      unknown, stored | 1      | delivered | 1    | 1       | 0       | 1  | guard halts | both stand
      unknown, lost   | 1      | unknown   | 1    | 1       | 1       | 0  | guard halts | the id is gone; the operator has its answer and tells no more
      dies before     | 1      | unknown   | 1    | 1       | 1       | 0  | guard dies  | the id is gone; the operator has its answer and tells no more
      dies stored     | 1      | delivered | 1    | 1       | 0       | 1  | guard dies  | both stand
      dies told       | 1      | delivered | 1    | 1       | 0       | 1  | guard dies  | both stand
      dies after      | 1      | delivered | 1    | 1       | 0       | 2  | guard dies  | both stand; the gateway's answer was not read
    `,
  },
  {
    title: 'ORPHAN: after two minutes no message has claimed the receipt',
    step: guardRecord(RecordType.orphan),
    story: stories.silentWait,
    rows: `
      fault           | state   | told | charged | unknown | ends        | because
      none            | unknown | 1    | 1       | 1       | -           | the deadline ended the message before
      full            | unknown | 1    | 1       | 1       | -           | said when it is stored
      fenced          | unknown | 1    | 1       | 1       | guard halts | parked again, and said by the next run
      unknown, stored | unknown | 1    | 1       | 1       | guard halts | said once
      unknown, lost   | unknown | 1    | 1       | 1       | guard halts | parked again, and said by the next run
      dies before     | unknown | 1    | 1       | 1       | guard dies  | parked again, and said by the next run
      dies stored     | unknown | 1    | 1       | 1       | guard dies  | said once
      dies told       | unknown | 1    | 1       | 1       | guard dies  | said once
      dies after      | unknown | 1    | 1       | 1       | guard dies  | said once
    `,
  },
  {
    title: 'mobile-originated: taken from the operator',
    step: guardRecord(RecordType.mo),
    story: stories.mo,
    rows: `
      fault           | told | up | ends        | because
      none            | 1    | 1  | -           | the ordinary life
      full            | 1    | 1  | -           | answered and told when it is stored
      fenced          | 1    | 1  | guard halts | the operator had no answer: it tells again
      unknown, stored | 2    | 2  | guard halts | the operator tells again, and nothing in a mobile-originated message says that it is the same
      unknown, lost   | 1    | 1  | guard halts | the operator had no answer: it tells again
      dies before     | 1    | 1  | guard dies  | the operator had no answer: it tells again
      dies stored     | 2    | 2  | guard dies  | the operator tells again, and nothing in a mobile-originated message says that it is the same
      dies told       | 2    | 2  | guard dies  | the operator tells again, and nothing in a mobile-originated message says that it is the same
      dies after      | 1    | 2  | guard dies  | the gateway's answer was not read: the same event number, known there
    `,
  },
  {
    title: 'mobile-originated, taken by the gateway (UPACK)',
    step: guardRecord(RecordType.upAck),
    story: stories.mo,
    rows: `
      fault           | told | up | ends        | because
      none            | 1    | 1  | -           | the ordinary life
      full            | 1    | 1  | -           | the record follows
      fenced          | 1    | 2  | guard halts | told again under the same event number, known there
      unknown, stored | 1    | 1  | guard halts | never again
      unknown, lost   | 1    | 2  | guard halts | told again under the same event number, known there
      dies before     | 1    | 2  | guard dies  | told again under the same event number, known there
      dies stored     | 1    | 1  | guard dies  | never again
      dies told       | 1    | 1  | guard dies  | never again
      dies after      | 1    | 1  | guard dies  | never again
    `,
  },
  {
    title: 'SESSION_OPEN: only after it the bind',
    step: guardRecord(RecordType.sessionOpen),
    story: commands.start,
    rows: `
      fault           | answer | left  | state     | told | charged | ends        | because
      none            | ok     | alpha | delivered | 1    | 1       | -           | the ordinary life
      full            | ok     | alpha | delivered | 1    | 1       | -           | bound when it is stored
      fenced          | ok     | alpha | delivered | 1    | 1       | guard halts | bound by the next run, in a session of its own
      unknown, stored | ok     | alpha | delivered | 1    | 1       | guard halts | bound by the next run, in a session of its own
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | guard halts | bound by the next run, in a session of its own
      dies before     | ok     | alpha | delivered | 1    | 1       | guard dies  | bound by the next run, in a session of its own
      dies stored     | ok     | alpha | delivered | 1    | 1       | guard dies  | bound by the next run, in a session of its own
      dies told       | ok     | alpha | delivered | 1    | 1       | guard dies  | bound by the next run, in a session of its own
      dies after      | ok     | alpha | delivered | 1    | 1       | guard dies  | bound by the next run, in a session of its own
    `,
  },
  {
    title: 'INTENT of an enquire_link of our own',
    step: guardRecord(RecordType.ownIntent),
    story: stories.one,
    rows: `
      fault           | answer | left  | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha | delivered | 1    | 1       | 0       | -           | no PDU of ours is without a record
      full            | ok     | alpha | delivered | 1    | 1       | 0       | -           | asked when it is stored
      fenced          | ok     | alpha | delivered | 1    | 1       | 0       | guard halts | no message is touched
      unknown, stored | ok     | alpha | delivered | 1    | 1       | 0       | guard halts | no message is touched
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | 0       | guard halts | no message is touched
      dies before     | ok     | alpha | delivered | 1    | 1       | 0       | guard dies  | no message is touched
      dies stored     | ok     | alpha | delivered | 1    | 1       | 0       | guard dies  | no message is touched
      dies told       | ok     | alpha | delivered | 1    | 1       | 0       | guard dies  | no message is touched
      dies after      | ok     | alpha | delivered | 1    | 1       | 0       | guard dies  | no message is touched
    `,
  },
];
