// Durable steps of the guard in bind mode, where another gateway stands before it. A segment whose emission is unknown ends UNKNOWN
// at the guard's deadline: the steps of that are in guardDeadlines.tables.ts. Columns: seen.ts.
import { RecordType } from '../../src/guard/records.ts';
import type { StepTable } from './rows.ts';
import { guardRecord } from './trip.ts';
import * as upkeep from './upkeepStories.ts';

export const guardPartTables: readonly StepTable[] = [
  {
    title: 'part: the first of two, acknowledged on its own',
    step: guardRecord(RecordType.part, 1),
    story: upkeep.foreign,
    rows: `
      fault           | answer  | left  | copies | told | unknown | ends        | because
      none            | ok ok   | alpha | 1      | 2    | 0       | -           | one message, a receipt for each part
      full            | ok 0x14 | -     | 0      | 1    | 0       | -           | the first is kept, the second refused; after five minutes the first ends EXPIRED
      fenced          | - ok    | -     | 0      | 1    | 0       | guard halts | the first is gone; the second ends EXPIRED
      unknown, stored | - ok    | alpha | 1      | 2    | 0       | guard halts | found, and joined with the second
      unknown, lost   | - ok    | -     | 0      | 1    | 0       | guard halts | the first is gone; the second ends EXPIRED
      dies before     | - ok    | -     | 0      | 1    | 0       | guard dies  | the first is gone; the second ends EXPIRED
      dies stored     | - ok    | alpha | 1      | 2    | 0       | guard dies  | found, and joined with the second
      dies told       | - ok    | alpha | 1      | 2    | 0       | guard dies  | found, and joined with the second
      dies after      | ok ok   | alpha | 1      | 2    | 0       | guard dies  | found, and joined with the second
    `,
  },
  {
    title: 'part: the last of two, and with it the order and its INTENT in one batch',
    step: guardRecord(RecordType.part, 2),
    story: upkeep.foreign,
    rows: `
      fault           | answer | left  | copies | told | unknown | ends        | because
      none            | ok ok  | alpha | 1      | 2    | 0       | -           | one message, a receipt for each part
      full            | ok ok  | alpha | 1      | 2    | 0       | -           | leaves when it is stored
      fenced          | ok -   | -     | 0      | 1    | 0       | guard halts | the first ends EXPIRED
      unknown, stored | ok -   | -     | 0      | 2    | 1       | guard halts | its INTENT stands: it may have left, is not sent again, and ends UNKNOWN
      unknown, lost   | ok -   | -     | 0      | 1    | 0       | guard halts | the first ends EXPIRED
      dies before     | ok -   | -     | 0      | 1    | 0       | guard dies  | the first ends EXPIRED
      dies stored     | ok -   | -     | 0      | 2    | 1       | guard dies  | its INTENT stands: it may have left, is not sent again, and ends UNKNOWN
      dies told       | ok -   | -     | 0      | 2    | 1       | guard dies  | its INTENT stands: it may have left, is not sent again, and ends UNKNOWN
      dies after      | ok ok  | alpha | 1      | 2    | 1       | guard dies  | it left, and the id that the receipt names was never read: UNKNOWN
    `,
  },
  {
    title: 'parts done: the message has been taken by the operator, its texts end',
    step: guardRecord(RecordType.partsDone, 2),
    story: upkeep.foreign,
    rows: `
      fault           | answer | left  | copies | told | unknown | ends        | because
      none            | ok ok  | alpha | 1      | 2    | 0       | -           | one message, a receipt for each part
      full            | ok ok  | alpha | 1      | 2    | 0       | -           | the record follows
      fenced          | ok ok  | alpha | 1      | 2    | 0       | guard halts | the RESULT stands: judged again, sent once
      unknown, stored | ok ok  | alpha | 1      | 2    | 0       | guard halts | ended
      unknown, lost   | ok ok  | alpha | 1      | 2    | 0       | guard halts | the RESULT stands: judged again, sent once
      dies before     | ok ok  | alpha | 1      | 2    | 0       | guard dies  | the RESULT stands: judged again, sent once
      dies stored     | ok ok  | alpha | 1      | 2    | 0       | guard dies  | ended
      dies told       | ok ok  | alpha | 1      | 2    | 0       | guard dies  | ended
      dies after      | ok ok  | alpha | 1      | 2    | 0       | guard dies  | ended
    `,
  },
  {
    title: 'parts done without leaving: the guard itself tells their end',
    step: guardRecord(RecordType.partsDone, 2),
    story: upkeep.foreignRefused,
    rows: `
      fault           | answer | left  | copies | told | unknown | ends        | because
      none            | ok ok  | alpha | 0      | 2    | 0       | -           | UNDELIV for each part
      full            | ok ok  | alpha | 0      | 2    | 0       | -           | told when it is stored
      fenced          | ok ok  | alpha | 0      | 2    | 0       | guard halts | the refusal stands: ended by the next run
      unknown, stored | ok ok  | alpha | 0      | 2    | 0       | guard halts | told by the next run
      unknown, lost   | ok ok  | alpha | 0      | 2    | 0       | guard halts | the refusal stands: ended by the next run
      dies before     | ok ok  | alpha | 0      | 2    | 0       | guard dies  | the refusal stands: ended by the next run
      dies stored     | ok ok  | alpha | 0      | 2    | 0       | guard dies  | told by the next run
      dies told       | ok ok  | alpha | 0      | 2    | 0       | guard dies  | told by the next run
      dies after      | ok ok  | alpha | 0      | 4    | 0       | guard dies  | the other gateway's answers were not read: the same octets again
    `,
  },
  {
    title: 'the other gateway took the receipts (UPACK)',
    step: guardRecord(RecordType.upAck),
    story: upkeep.foreignRefused,
    rows: `
      fault           | answer | told | ends        | because
      none            | ok ok  | 2    | -           | the ordinary life
      full            | ok ok  | 2    | -           | the record follows
      fenced          | ok ok  | 4    | guard halts | told again, with the same octets
      unknown, stored | ok ok  | 2    | guard halts | never again
      unknown, lost   | ok ok  | 4    | guard halts | told again, with the same octets
      dies before     | ok ok  | 4    | guard dies  | told again, with the same octets
      dies stored     | ok ok  | 2    | guard dies  | never again
      dies told       | ok ok  | 2    | guard dies  | never again
      dies after      | ok ok  | 2    | guard dies  | never again
    `,
  },
];
