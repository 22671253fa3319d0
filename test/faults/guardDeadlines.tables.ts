// Durable steps of a deadline in bind mode: what left and of which nobody told the end ends UNKNOWN, once, whatever goes wrong; what
// the operator tells afterwards changes nothing. Columns: seen.ts.
import { RecordType } from '../../src/guard/records.ts';
import type { StepTable } from './rows.ts';
import { callOf, guardRecord } from './trip.ts';
import * as upkeep from './upkeepStories.ts';

export const guardDeadlineTables: readonly StepTable[] = [
  {
    title: 'deadline: the guard itself ends both segments (DLR)',
    step: guardRecord(RecordType.dlr),
    story: upkeep.foreignUntold,
    rows: `
      fault           | left  | copies | told | stat    | unknown | ends        | because
      none            | alpha | 1      | 2    | UNKNOWN | 0       | -           | UNKNOWN for each part; the late receipts change nothing
      full            | alpha | 1      | 2    | UNKNOWN | 0       | -           | told when it is stored
      fenced          | alpha | 1      | 2    | UNKNOWN | 0       | guard halts | due in the next run as well
      unknown, stored | alpha | 1      | 2    | UNKNOWN | 0       | guard halts | told by the next run
      unknown, lost   | alpha | 1      | 2    | UNKNOWN | 0       | guard halts | due in the next run as well
      dies before     | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | due in the next run as well
      dies stored     | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | told by the next run
      dies told       | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | told by the next run
      dies after      | alpha | 1      | 4    | UNKNOWN | 0       | guard dies  | the other gateway's answers were not read: the same octets again
    `,
  },
  {
    title: 'deadline: the other gateway took the receipts (UPACK)',
    step: guardRecord(RecordType.upAck),
    story: upkeep.foreignUntold,
    rows: `
      fault           | left  | copies | told | stat    | unknown | ends        | because
      none            | alpha | 1      | 2    | UNKNOWN | 0       | -           | the ordinary life
      full            | alpha | 1      | 2    | UNKNOWN | 0       | -           | the record follows
      fenced          | alpha | 1      | 4    | UNKNOWN | 0       | guard halts | told again, with the same octets
      unknown, stored | alpha | 1      | 2    | UNKNOWN | 0       | guard halts | never again
      unknown, lost   | alpha | 1      | 4    | UNKNOWN | 0       | guard halts | told again, with the same octets
      dies before     | alpha | 1      | 4    | UNKNOWN | 0       | guard dies  | told again, with the same octets
      dies stored     | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | never again
      dies told       | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | never again
      dies after      | alpha | 1      | 2    | UNKNOWN | 0       | guard dies  | never again
    `,
  },
  {
    title: 'deadline of orders that only run files know: the run that holds them',
    step: callOf('guard', 'flush'),
    story: upkeep.foreignOnDisk,
    rows: `
      fault       | left                                | told | stat    | unknown | ends              | because
      none        | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -                 | found by their deadline, and ended
      fails       | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -                 | the journal keeps them; another run holds them
      dies before | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies        | the journal keeps them
      dies after  | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies        | they stand in run and journal, and end once
      power fails | alpha alpha alpha alpha alpha       | 5    | UNKNOWN | 0       | guard loses power | a run that was not synced is not there, the journal keeps them; one submit reaches a machine without power
    `,
  },
  {
    title: 'deadline of orders that only run files know: the end in the journal (OP, DLR)',
    step: guardRecord(RecordType.dlr),
    story: upkeep.foreignOnDisk,
    rows: `
      fault           | left                                | told | stat    | unknown | ends        | because
      none            | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -           | one end each
      full            | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -           | told when it is stored
      fenced          | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | the list of what is due is looked through again
      unknown, stored | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | told by the next run
      unknown, lost   | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | the list of what is due is looked through again
      dies before     | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | the list of what is due is looked through again
      dies stored     | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | told by the next run
      dies told       | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | told by the next run
      dies after      | alpha alpha alpha alpha alpha alpha | 7    | UNKNOWN | 0       | guard dies  | one answer was not read: the same octets again
    `,
  },
  {
    title: 'deadline: how far the list of what is due was looked through (DUE)',
    step: guardRecord(RecordType.due),
    story: upkeep.foreignOnDisk,
    rows: `
      fault           | left                                | told | stat    | unknown | ends        | because
      none            | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -           | one end each
      full            | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | -           | the record follows
      fenced          | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | looked through again
      unknown, stored | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | looked through from there
      unknown, lost   | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard halts | looked through again
      dies before     | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | looked through again
      dies stored     | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | looked through from there
      dies told       | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | looked through from there
      dies after      | alpha alpha alpha alpha alpha alpha | 6    | UNKNOWN | 0       | guard dies  | looked through from there
    `,
  },
];
