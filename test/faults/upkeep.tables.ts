// What keeps disk and memory bounded and secrets short, and the starts of the programs: none of it may change what became of a
// message, whatever happens to it. That is why most rows of a table say the same. Columns: seen.ts.
import { RecordType as GatewayRecord } from '../../src/gateway/records.ts';
import { RecordType as GuardRecord } from '../../src/guard/records.ts';
import * as commands from './commandStories.ts';
import type { StepTable } from './rows.ts';
import * as stories from './stories.ts';
import { callOf, gatewayRecord, guardRecord } from './trip.ts';
import * as upkeep from './upkeepStories.ts';

export const upkeepTables: readonly StepTable[] = [
  {
    title: 'gateway, START: books and names, the first record of all',
    step: gatewayRecord(GatewayRecord.state),
    story: commands.start,
    rows: `
      fault           | answer | left  | state     | told | charged | ends          | because
      none            | ok     | alpha | delivered | 1    | 1       | -             | the ordinary life
      full            | ok     | alpha | delivered | 1    | 1       | -             | nothing is taken before it is stored
      fenced          | ok     | alpha | delivered | 1    | 1       | gateway halts | written by the next run
      unknown, stored | ok     | alpha | delivered | 1    | 1       | gateway halts | found by the next run
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | gateway halts | written by the next run
      dies before     | ok     | alpha | delivered | 1    | 1       | gateway dies  | written by the next run
      dies stored     | ok     | alpha | delivered | 1    | 1       | gateway dies  | found by the next run
      dies told       | ok     | alpha | delivered | 1    | 1       | gateway dies  | found by the next run
      dies after      | ok     | alpha | delivered | 1    | 1       | gateway dies  | found by the next run
    `,
  },
  {
    title: 'guard, START',
    step: guardRecord(GuardRecord.start),
    story: commands.start,
    rows: `
      fault           | answer | left  | state     | told | charged | ends        | because
      none            | ok     | alpha | delivered | 1    | 1       | -           | the ordinary life
      full            | ok     | alpha | delivered | 1    | 1       | -           | the doors open when it is stored
      fenced          | ok     | alpha | delivered | 1    | 1       | guard halts | written by the next run
      unknown, stored | ok     | alpha | delivered | 1    | 1       | guard halts | the next run writes its own
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | guard halts | written by the next run
      dies before     | ok     | alpha | delivered | 1    | 1       | guard dies  | written by the next run
      dies stored     | ok     | alpha | delivered | 1    | 1       | guard dies  | the next run writes its own
      dies told       | ok     | alpha | delivered | 1    | 1       | guard dies  | the next run writes its own
      dies after      | ok     | alpha | delivered | 1    | 1       | guard dies  | the next run writes its own
    `,
  },
  {
    title: 'guard, HEARTBEAT',
    step: guardRecord(GuardRecord.heartbeat),
    story: commands.start,
    rows: `
      fault           | answer | left  | state     | told | charged | ends        | because
      none            | ok     | alpha | delivered | 1    | 1       | -           | the ordinary life
      full            | ok     | alpha | delivered | 1    | 1       | -           | no message is touched
      fenced          | ok     | alpha | delivered | 1    | 1       | guard halts | no message is touched
      unknown, stored | ok     | alpha | delivered | 1    | 1       | guard halts | no message is touched
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | guard halts | no message is touched
      dies before     | ok     | alpha | delivered | 1    | 1       | guard dies  | no message is touched
      dies stored     | ok     | alpha | delivered | 1    | 1       | guard dies  | no message is touched
      dies told       | ok     | alpha | delivered | 1    | 1       | guard dies  | no message is touched
      dies after      | ok     | alpha | delivered | 1    | 1       | guard dies  | no message is touched
    `,
  },
  {
    title: 'guard, an order of ours for a link: pause',
    step: guardRecord(GuardRecord.linkOrder),
    story: commands.paused,
    rows: `
      fault           | answer    | left  | state     | told | charged | ends        | because
      none            | paused ok | -     | expired   | 1    | 0       | -           | nothing leaves, nothing is charged
      full            | paused ok | -     | expired   | 1    | 0       | -           | it holds at once, and is confirmed when it is stored
      fenced          | - ok      | alpha | delivered | 1    | 1       | guard halts | not confirmed, and not so
      unknown, stored | - ok      | -     | expired   | 1    | 0       | guard halts | not confirmed, and so
      unknown, lost   | - ok      | alpha | delivered | 1    | 1       | guard halts | not confirmed, and not so
      dies before     | - ok      | alpha | delivered | 1    | 1       | guard dies  | not confirmed, and not so
      dies stored     | - ok      | -     | expired   | 1    | 0       | guard dies  | not confirmed, and so
      dies told       | - ok      | -     | expired   | 1    | 0       | guard dies  | not confirmed, and so
      dies after      | paused ok | -     | expired   | 1    | 0       | guard dies  | confirmed
    `,
  },
  {
    title: 'gateway, keys: the text of an accepted message has ended',
    step: callOf('gateway', 'secrets'),
    story: stories.one,
    rows: `
      fault       | state     | told | charged | ends                | because
      none        | delivered | 1    | 1       | -                   | no key is left
      fails       | delivered | 1    | 1       | -                   | the next start destroys the key
      dies before | delivered | 1    | 1       | gateway dies        | the next start destroys the key
      dies after  | delivered | 1    | 1       | gateway dies        | destroyed
      power fails | delivered | 1    | 1       | gateway loses power | the overwriting was not synced, the key is back: the next start destroys it
    `,
  },
  {
    title: 'gateway, a body that lives long beside ended ones, written again under a new key',
    step: gatewayRecord(GatewayRecord.message),
    story: upkeep.longLived,
    rows: `
      fault           | answer | left        | copies | state               | told | charged | ends          | because
      none            | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | -             | the handset that is looked at gets the late one
      full            | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | -             | the old record stands until the new one does
      fenced          | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway halts | the old record stands
      unknown, stored | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway halts | the new record takes the place of the old one: one message
      unknown, lost   | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway halts | the old record stands
      dies before     | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway dies  | the old record stands
      dies stored     | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway dies  | the new record takes the place of the old one: one message
      dies told       | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway dies  | the new record takes the place of the old one: one message
      dies after      | ok ok  | alpha alpha | 1      | delivered delivered | 2    | 2       | gateway dies  | the new record takes the place of the old one: one message
    `,
  },
  {
    title: 'gateway, cleaning: books, keys and messages in one batch at the end of the log',
    step: gatewayRecord(GatewayRecord.state),
    story: upkeep.gatewayCleans,
    rows: `
      fault           | answer              | left                          | copies | state                                             | told | charged | ends          | because
      none            | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | -             | nobody notices
      full            | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | -             | nothing is trimmed before it is stored
      fenced          | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway halts | nothing was trimmed
      unknown, stored | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway halts | all stands twice, and counts once
      unknown, lost   | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway halts | nothing was trimmed
      dies before     | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies  | nothing was trimmed
      dies stored     | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies  | all stands twice, and counts once
      dies told       | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies  | all stands twice, and counts once
      dies after      | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies  | all stands twice, and counts once
    `,
  },
  {
    title: 'gateway, trim behind the cleaning',
    step: callOf('gateway', 'trim'),
    story: upkeep.gatewayCleans,
    rows: `
      fault       | answer              | left                          | copies | state                                             | told | charged | ends                | because
      none        | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | -                   | the log begins with books and names
      fails       | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | -                   | what stays too long does no harm
      dies before | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies        | trimmed later
      dies after  | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway dies        | what is left is enough to start from
      power fails | ok at 1 ok ok ok ok | alpha alpha alpha alpha alpha | 2      | delivered delivered delivered delivered delivered | 5    | 5       | gateway loses power | what is left is enough to start from
    `,
  },
  {
    title: 'gateway, time: the time of a message that waited has come, before its order',
    step: gatewayRecord(GatewayRecord.time),
    story: upkeep.clockSetBack,
    rows: `
      fault           | orders | copies | told | charged | ends          | because
      none            | 7      | 1      | 7    | 7       | -             | ordered when it is durable that its time has come
      full            | 7      | 1      | 7    | 7       | -             | ordered when it is stored, a second late
      fenced          | 7      | 1      | 7    | 7       | gateway halts | not ordered: it waits until its time has come again
      unknown, stored | 7      | 1      | 7    | 7       | gateway halts | ordered at once, as one that the guard may have: it has not
      unknown, lost   | 7      | 1      | 7    | 7       | gateway halts | not ordered: it waits until its time has come again
      dies before     | 7      | 1      | 7    | 7       | gateway dies  | not ordered: it waits until its time has come again
      dies stored     | 7      | 1      | 7    | 7       | gateway dies  | ordered at once, as one that the guard may have: it has not
      dies told       | 7      | 1      | 7    | 7       | gateway dies  | ordered at once, as one that the guard may have: it has not
      dies after      | 8      | 1      | 7    | 7       | gateway dies  | ordered again at once, before its op leaves memory: the guard has it
    `,
  },
  {
    title: 'gateway, history run: what the customer may still ask for',
    step: callOf('gateway', 'flush'),
    story: stories.one,
    rows: `
      fault       | state     | told | charged | ends                | because
      none        | delivered | 1    | 1       | -                   | known after a restart, and told no more
      fails       | delivered | 1    | 1       | -                   | the journal keeps it; another run holds it
      dies before | delivered | 1    | 1       | gateway dies        | the journal keeps it
      dies after  | delivered | 1    | 1       | gateway dies        | it stands in run and journal, and is one message
      power fails | delivered | 1    | 1       | gateway loses power | a run that was not synced is not there; the journal keeps it
    `,
  },
  {
    title: 'gateway, marker: the history of what was closed before is in a durable run',
    step: gatewayRecord(GatewayRecord.historyFlushed),
    story: stories.one,
    rows: `
      fault           | state     | told | charged | ends          | because
      none            | delivered | 1    | 1       | -             | the journal may forget it
      full            | delivered | 1    | 1       | -             | the record follows
      fenced          | delivered | 1    | 1       | gateway halts | it stands in run and journal, and is one message
      unknown, stored | delivered | 1    | 1       | gateway halts | the run has it
      unknown, lost   | delivered | 1    | 1       | gateway halts | it stands in run and journal, and is one message
      dies before     | delivered | 1    | 1       | gateway dies  | it stands in run and journal, and is one message
      dies stored     | delivered | 1    | 1       | gateway dies  | the run has it
      dies told       | delivered | 1    | 1       | gateway dies  | the run has it
      dies after      | delivered | 1    | 1       | gateway dies  | the run has it
    `,
  },
  {
    title: 'guard, keys: the texts of parts have ended',
    step: callOf('guard', 'secrets'),
    story: upkeep.foreign,
    rows: `
      fault       | answer | left  | copies | told | ends              | because
      none        | ok ok  | alpha | 1      | 2    | -                 | no key is left
      fails       | ok ok  | alpha | 1      | 2    | -                 | the next start destroys the key
      dies before | ok ok  | alpha | 1      | 2    | guard dies        | the next start destroys the key
      dies after  | ok ok  | alpha | 1      | 2    | guard dies        | destroyed
      power fails | ok ok  | alpha | 1      | 2    | guard loses power | the key is back, the parts are not: the next start destroys it
    `,
  },
  {
    title: 'guard, a part that lives long beside ended ones, written again under a new key',
    step: guardRecord(GuardRecord.part, 3),
    story: upkeep.foreignLate,
    rows: `
      fault           | answer | left        | copies | told | ends        | because
      none            | ok ok  | alpha alpha | 1      | 2    | -           | the handset that is looked at gets the late one
      full            | ok ok  | alpha alpha | 1      | 2    | -           | the old record stands until the new one does
      fenced          | ok ok  | alpha alpha | 1      | 2    | guard halts | the old record stands
      unknown, stored | ok ok  | alpha alpha | 1      | 2    | guard halts | the new record takes the place of the old one: sent once
      unknown, lost   | ok ok  | alpha alpha | 1      | 2    | guard halts | the old record stands
      dies before     | ok ok  | alpha alpha | 1      | 2    | guard dies  | the old record stands
      dies stored     | ok ok  | alpha alpha | 1      | 2    | guard dies  | the new record takes the place of the old one: sent once
      dies told       | ok ok  | alpha alpha | 1      | 2    | guard dies  | the new record takes the place of the old one: sent once
      dies after      | ok ok  | alpha alpha | 1      | 2    | guard dies  | the new record takes the place of the old one: sent once
    `,
  },
  {
    title: 'guard, cleaning: an order that waits for its receipt, written again as a whole',
    step: guardRecord(GuardRecord.op),
    story: upkeep.guardCleans,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | nobody notices
      full            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | nothing is trimmed before it is stored
      fenced          | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | the old records stand
      unknown, stored | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | both stand, and are one order
      unknown, lost   | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | the old records stand
      dies before     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | the old records stand
      dies stored     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | both stand, and are one order
      dies told       | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | both stand, and are one order
      dies after      | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | both stand, and are one order
    `,
  },
  {
    title: 'guard, trim behind the cleaning',
    step: callOf('guard', 'trim'),
    story: upkeep.guardCleans,
    rows: `
      fault       | answer | left  | copies | state     | told | charged | unknown | ends              | because
      none        | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -                 | the receipt finds its message
      fails       | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -                 | what stays too long does no harm
      dies before | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies        | trimmed later
      dies after  | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies        | the order written again is enough
      power fails | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard loses power | the order written again is enough
    `,
  },
  {
    title: 'guard, run of orders and correlations that leave memory',
    step: callOf('guard', 'flush'),
    story: upkeep.onDisk,
    rows: `
      fault       | left                    | copies | told | charged | unknown | ends              | because
      none        | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | -                 | the receipts find them on disk
      fails       | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | -                 | the journal keeps them; another run holds them
      dies before | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies        | the journal keeps them
      dies after  | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies        | they stand in run and journal, each once
      power fails | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard loses power | a run that was not synced is not there; the journal keeps them
    `,
  },
  {
    title: 'guard, an order that only a run knew has its receipt: back in the journal',
    step: guardRecord(GuardRecord.op),
    story: upkeep.onDisk,
    rows: `
      fault           | left                    | copies | told | charged | unknown | ends        | because
      none            | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | -           | one end each
      full            | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | -           | told when it is stored
      fenced          | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard halts | the operator had no answer: it tells again
      unknown, stored | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard halts | the journal has more to say than the run
      unknown, lost   | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard halts | the operator had no answer: it tells again
      dies before     | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies  | the operator had no answer: it tells again
      dies stored     | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies  | the journal has more to say than the run
      dies told       | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies  | the journal has more to say than the run
      dies after      | alpha alpha alpha alpha | 1      | 4    | 4       | 0       | guard dies  | the journal has more to say than the run
    `,
  },
];
