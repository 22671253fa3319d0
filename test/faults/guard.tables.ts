// Every durable step of the guard on an order's way, and what each fault does to it. From the laws (design §5): what has an INTENT
// and no RESULT when the guard dies is unknown, whether it left or not; nothing else is. Columns: seen.ts.
import { RecordType } from '../../src/guard/records.ts';
import { GUARD_PORT } from '../../src/sim/configs.ts';
import * as commands from './commandStories.ts';
import type { StepTable } from './rows.ts';
import { ALPHA_PORT } from './setting.ts';
import * as stories from './stories.ts';
import { guardRecord, pduOf } from './trip.ts';

export const guardTables: readonly StepTable[] = [
  {
    title: 'INTENT: only after it the PDU',
    step: guardRecord(RecordType.intent),
    story: stories.one,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | the ordinary life
      full            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | leaves when it is stored
      fenced          | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | nothing stands, nothing left: the repeated order is a new one
      unknown, stored | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard halts | it stands, so it may have left: never again, charged as accepted
      unknown, lost   | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | nothing stands, nothing left: the repeated order is a new one
      dies before     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | nothing stands, nothing left: the repeated order is a new one
      dies stored     | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard dies  | it stands, so it may have left: never again, charged as accepted
      dies told       | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard dies  | it stands, so it may have left: never again, charged as accepted
      dies after      | ok     | alpha | 1      | unknown   | 1    | 1       | 1       | guard dies  | it left, and the id that the receipt names was never read
    `,
  },
  {
    title: 'INTENT of both segments of a message, in one batch',
    step: guardRecord(RecordType.intent),
    story: stories.two,
    rows: `
      fault           | answer | left        | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha alpha | 1      | delivered | 1    | 2       | 0       | -           | back to back over one bind
      full            | ok     | alpha alpha | 1      | delivered | 1    | 2       | 0       | -           | both leave when they are stored
      fenced          | ok     | alpha alpha | 1      | delivered | 1    | 2       | 0       | guard halts | nothing stands of either
      unknown, stored | ok     | -           | 0      | unknown   | 1    | 2       | 2       | guard halts | both may have left
      unknown, lost   | ok     | alpha alpha | 1      | delivered | 1    | 2       | 0       | guard halts | nothing stands of either
      dies before     | ok     | alpha alpha | 1      | delivered | 1    | 2       | 0       | guard dies  | nothing stands of either
      dies stored     | ok     | -           | 0      | unknown   | 1    | 2       | 2       | guard dies  | both may have left
      dies told       | ok     | -           | 0      | unknown   | 1    | 2       | 2       | guard dies  | both may have left
      dies after      | ok     | alpha alpha | 1      | unknown   | 1    | 2       | 2       | guard dies  | both left
    `,
  },
  {
    title: 'the PDU itself: no record, its INTENT stands',
    step: pduOf('guard', 0x04, ALPHA_PORT),
    story: stories.one,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends       | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -          | the ordinary life
      dies before     | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard dies | nobody can tell that it did not leave
      dies after      | ok     | alpha | 1      | unknown   | 1    | 1       | 1       | guard dies | its answer finds nobody
    `,
  },
  {
    title: 'RESULT: the id; only after it the answer to the order',
    step: guardRecord(RecordType.result),
    story: stories.one,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | the ordinary life
      full            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | answered when it is stored; no receipt goes up before
      fenced          | ok     | alpha | 1      | unknown   | 1    | 1       | 1       | guard halts | the id is gone: unknown, and no second emission
      unknown, stored | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | the repeated order is answered from the record
      unknown, lost   | ok     | alpha | 1      | unknown   | 1    | 1       | 1       | guard halts | the id is gone: unknown, and no second emission
      dies before     | ok     | alpha | 1      | unknown   | 1    | 1       | 1       | guard dies  | the id is gone: unknown, and no second emission
      dies stored     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | the repeated order is answered from the record
      dies told       | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | the repeated order is answered from the record
      dies after      | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | answered
    `,
  },
  {
    title: 'RESULT of a refusal, after which the message goes over another link',
    step: guardRecord(RecordType.result),
    story: stories.otherRoute,
    rows: `
      fault           | answer | left       | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | -           | alpha said no
      full            | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | -           | no further attempt before the refusal is stored
      fenced          | ok     | alpha      | 0      | unknown   | 1    | 1       | 1       | guard halts | the refusal is gone: the account waits, nothing is sent again
      unknown, stored | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | guard halts | the refusal stands
      unknown, lost   | ok     | alpha      | 0      | unknown   | 1    | 1       | 1       | guard halts | the refusal is gone: the account waits, nothing is sent again
      dies before     | ok     | alpha      | 0      | unknown   | 1    | 1       | 1       | guard dies  | the refusal is gone: the account waits, nothing is sent again
      dies stored     | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | guard dies  | the refusal stands
      dies told       | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | guard dies  | the refusal stands
      dies after      | ok     | alpha beta | 1      | delivered | 1    | 1       | 0       | guard dies  | answered
    `,
  },
  {
    title: 'RESULT unknown: the answer never came, and the account wants it sent again',
    step: guardRecord(RecordType.result),
    story: stories.silent,
    rows: `
      fault           | answer | left        | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | -           | a possible duplicate is marked and charged once
      full            | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | -           | told when it is stored
      fenced          | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard halts | unknown by the crash as it was by the timer
      unknown, stored | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard halts | told from the record
      unknown, lost   | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard halts | unknown by the crash as it was by the timer
      dies before     | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard dies  | unknown by the crash as it was by the timer
      dies stored     | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard dies  | told from the record
      dies told       | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard dies  | told from the record
      dies after      | ok     | alpha beta! | 2      | delivered | 1    | 1       | 1       | guard dies  | told
    `,
  },
  {
    title: 'the answer to an order: no record, it follows its RESULT',
    step: pduOf('guard', 0x8000_0004, GUARD_PORT),
    story: stories.one,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends       | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -          | the ordinary life
      dies before     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies | the repeated order is answered from the record
      dies after      | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies | answered
    `,
  },
  {
    title: 'ABANDONED: the connection broke before the PDU of a durable INTENT was written',
    step: guardRecord(RecordType.abandoned),
    story: stories.cut,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | it certainly did not leave: retried, not marked
      full            | ok     | alpha | 1      | delivered | 1    | 1       | 0       | -           | retried when it is stored
      fenced          | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard halts | the INTENT alone stands: it may have left
      unknown, stored | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard halts | it stands that it did not leave
      unknown, lost   | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard halts | the INTENT alone stands: it may have left
      dies before     | ok     | -     | 0      | unknown   | 1    | 1       | 1       | guard dies  | the INTENT alone stands: it may have left
      dies stored     | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | it stands that it did not leave
      dies told       | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | it stands that it did not leave
      dies after      | ok     | alpha | 1      | delivered | 1    | 1       | 0       | guard dies  | answered
    `,
  },
  {
    title: 'DECLINED: an order that may not leave',
    step: guardRecord(RecordType.declined),
    story: stories.declined,
    rows: `
      fault           | answer | left | state    | told | charged | unknown | ends        | because
      none            | ok     | -    | rejected | 1    | 0       | 0       | -           | fails closed, costs nothing
      full            | ok     | -    | rejected | 1    | 0       | 0       | -           | answered when it is stored
      fenced          | ok     | -    | rejected | 1    | 0       | 0       | guard halts | declined again
      unknown, stored | ok     | -    | rejected | 1    | 0       | 0       | guard halts | declined again
      unknown, lost   | ok     | -    | rejected | 1    | 0       | 0       | guard halts | declined again
      dies before     | ok     | -    | rejected | 1    | 0       | 0       | guard dies  | declined again
      dies stored     | ok     | -    | rejected | 1    | 0       | 0       | guard dies  | declined again
      dies told       | ok     | -    | rejected | 1    | 0       | 0       | guard dies  | declined again
      dies after      | ok     | -    | rejected | 1    | 0       | 0       | guard dies  | answered
    `,
  },
  {
    title: 'THROTTLED: one segment of two goes again under a new INTENT, while the other has no answer yet',
    step: guardRecord(RecordType.throttled),
    story: stories.throttled,
    rows: `
      fault           | answer | left              | copies | state     | told | charged | unknown | ends        | because
      none            | ok     | alpha alpha alpha | 1      | delivered | 1    | 2       | 0       | -           | three PDUs, two segments charged
      full            | ok     | alpha alpha alpha | 1      | delivered | 1    | 2       | 0       | -           | goes again when it is stored
      fenced          | ok     | alpha alpha       | 0      | unknown   | 1    | 2       | 2       | guard halts | both INTENTs are open
      unknown, stored | ok     | alpha alpha       | 0      | unknown   | 1    | 1       | 1       | guard halts | the throttled one did not leave: not charged; of the other nobody knows
      unknown, lost   | ok     | alpha alpha       | 0      | unknown   | 1    | 2       | 2       | guard halts | both INTENTs are open
      dies before     | ok     | alpha alpha       | 0      | unknown   | 1    | 2       | 2       | guard dies  | both INTENTs are open
      dies stored     | ok     | alpha alpha       | 0      | unknown   | 1    | 1       | 1       | guard dies  | the throttled one did not leave: not charged; of the other nobody knows
      dies told       | ok     | alpha alpha       | 0      | unknown   | 1    | 1       | 1       | guard dies  | the throttled one did not leave: not charged; of the other nobody knows
      dies after      | ok     | alpha alpha       | 0      | unknown   | 1    | 1       | 1       | guard dies  | the pace holds it back for a second: it has not left
    `,
  },
  {
    title: 'RECOVERY, and the unknown outcomes that it names, after an earlier crash',
    step: guardRecord(RecordType.recovery),
    story: commands.guardDied,
    rows: `
      fault           | answer | left  | copies | state   | told | charged | unknown | ends                    | because
      none            | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies              | one crash, one unknown
      full            | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies              | the doors open when it is stored
      fenced          | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard halts | found again by the next start
      unknown, stored | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard halts | said once
      unknown, lost   | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard halts | found again by the next start
      dies before     | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard dies  | found again by the next start
      dies stored     | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard dies  | said once
      dies told       | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard dies  | said once
      dies after      | ok     | alpha | 1      | unknown | 1    | 1       | 1       | guard dies, guard dies  | said once
    `,
  },
];
