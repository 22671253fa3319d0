// Durable steps of the gateway beside the ordinary way: parts, mobile-originated messages, money and commands. Columns: seen.ts.
import { RecordType } from '../../src/gateway/records.ts';
import * as commands from './commandStories.ts';
import type { StepTable } from './rows.ts';
import * as stories from './stories.ts';
import { gatewayRecord } from './trip.ts';

export const gatewayMoreTables: readonly StepTable[] = [
  {
    title: 'part: the first of two that the customer made, acknowledged on its own',
    step: gatewayRecord(RecordType.part, 1),
    story: stories.parts,
    rows: `
      fault           | answer  | left  | copies | state               | told | charged | ends          | because
      none            | ok ok   | alpha | 1      | delivered delivered | 2    | 1       | -             | one message, a receipt for each part
      full            | ok 0x14 | -     | 0      | expired             | 1    | 0       | -             | the first is kept; the second is refused while nothing can be stored, and the set never fills
      fenced          | - ok    | -     | 0      | expired             | 1    | 0       | gateway halts | the first is gone, the second waits five minutes for it
      unknown, stored | - ok    | alpha | 1      | delivered delivered | 2    | 1       | gateway halts | found, and joined with the second
      unknown, lost   | - ok    | -     | 0      | expired             | 1    | 0       | gateway halts | the first is gone, the second waits five minutes for it
      dies before     | - ok    | -     | 0      | expired             | 1    | 0       | gateway dies  | the first is gone, the second waits five minutes for it
      dies stored     | - ok    | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found, and joined with the second
      dies told       | - ok    | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found, and joined with the second
      dies after      | ok ok   | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found, and joined with the second
    `,
  },
  {
    title: 'part: the last of two',
    step: gatewayRecord(RecordType.part, 2),
    story: stories.parts,
    rows: `
      fault           | answer | left  | copies | state               | told | charged | ends          | because
      none            | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | -             | one message, a receipt for each part
      full            | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | -             | both are acknowledged: a disk that was full for a while ends nothing
      fenced          | ok -   | -     | 0      | expired             | 1    | 0       | gateway halts | the first waits five minutes for the last
      unknown, stored | ok -   | alpha | 1      | delivered delivered | 2    | 1       | gateway halts | found whole: joined at the restart
      unknown, lost   | ok -   | -     | 0      | expired             | 1    | 0       | gateway halts | the first waits five minutes for the last
      dies before     | ok -   | -     | 0      | expired             | 1    | 0       | gateway dies  | the first waits five minutes for the last
      dies stored     | ok -   | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found whole: joined at the restart
      dies told       | ok -   | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found whole: joined at the restart
      dies after      | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found whole: joined at the restart
    `,
  },
  {
    title: 'joining: the parts become one message with an op of its own',
    step: gatewayRecord(RecordType.partsDone),
    story: stories.parts,
    rows: `
      fault           | answer | left  | copies | state               | told | charged | ends          | because
      none            | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | -             | one message, a receipt for each part
      full            | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | -             | ordered when it is stored
      fenced          | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway halts | joined again, for the first time
      unknown, stored | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway halts | found joined, ordered once
      unknown, lost   | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway halts | joined again, for the first time
      dies before     | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | joined again, for the first time
      dies stored     | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found joined, ordered once
      dies told       | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | found joined, ordered once
      dies after      | ok ok  | alpha | 1      | delivered delivered | 2    | 1       | gateway dies  | repeated under the same op, sent once
    `,
  },
  {
    title: 'mobile-originated: taken from the guard, offered to the customer',
    step: gatewayRecord(RecordType.mo),
    story: stories.mo,
    rows: `
      fault           | told | up | ends          | because
      none            | 1    | 1  | -             | the ordinary life
      full            | 1    | 1  | -             | answered and offered when it is stored
      fenced          | 1    | 2  | gateway halts | the guard had no answer: it tells again
      unknown, stored | 1    | 2  | gateway halts | told again under the same event number, and known
      unknown, lost   | 1    | 2  | gateway halts | the guard had no answer: it tells again
      dies before     | 1    | 2  | gateway dies  | the guard had no answer: it tells again
      dies stored     | 1    | 2  | gateway dies  | told again under the same event number, and known
      dies told       | 1    | 2  | gateway dies  | told again under the same event number, and known
      dies after      | 2    | 1  | gateway dies  | it was out, and the customer's answer was not read
    `,
  },
  {
    title: 'mobile-originated, taken by the customer',
    step: gatewayRecord(RecordType.moHanded),
    story: stories.mo,
    rows: `
      fault           | told | up | ends          | because
      none            | 1    | 1  | -             | the ordinary life
      full            | 1    | 1  | -             | taken; the record follows
      fenced          | 2    | 1  | gateway halts | offered again, with the same octets
      unknown, stored | 1    | 1  | gateway halts | recorded: never again
      unknown, lost   | 2    | 1  | gateway halts | offered again, with the same octets
      dies before     | 2    | 1  | gateway dies  | offered again, with the same octets
      dies stored     | 1    | 1  | gateway dies  | recorded: never again
      dies told       | 1    | 1  | gateway dies  | recorded: never again
      dies after      | 1    | 1  | gateway dies  | recorded: never again
    `,
  },
  {
    title: 'mobile-originated by webhook: another one had been taken before',
    step: gatewayRecord(RecordType.mo),
    story: stories.moByWebhook,
    rows: `
      fault           | told | ends          | because
      none            | 2    | -             | two messages, two webhook-ids, over a restart, too
      full            | 2    | -             | posted when it is stored
      fenced          | 2    | gateway halts | the guard tells again
      unknown, stored | 2    | gateway halts | told again and known
      unknown, lost   | 2    | gateway halts | the guard tells again
      dies before     | 2    | gateway dies  | the guard tells again
      dies stored     | 2    | gateway dies  | told again and known
      dies told       | 3    | gateway dies  | a post leaves at once, not at the end of the turn: it is repeated under the same webhook-id
      dies after      | 3    | gateway dies  | its answer was not read: repeated under the same webhook-id
    `,
  },
  {
    title: 'the customer took the intermediate receipt',
    step: gatewayRecord(RecordType.intermediateHanded),
    story: stories.intermediate,
    rows: `
      fault           | state     | told | charged | ends          | because
      none            | delivered | 2    | 1       | -             | one that it has left, one of its end
      full            | delivered | 2    | 1       | -             | the record follows
      fenced          | delivered | 3    | 1       | gateway halts | the intermediate one again, with the same octets
      unknown, stored | delivered | 2    | 1       | gateway halts | never again
      unknown, lost   | delivered | 3    | 1       | gateway halts | the intermediate one again, with the same octets
      dies before     | delivered | 3    | 1       | gateway dies  | the intermediate one again, with the same octets
      dies stored     | delivered | 2    | 1       | gateway dies  | never again
      dies told       | delivered | 2    | 1       | gateway dies  | never again
      dies after      | delivered | 2    | 1       | gateway dies  | never again
    `,
  },
  {
    title: 'credit: a payment by its reference',
    step: gatewayRecord(RecordType.credit),
    story: commands.credit,
    rows: `
      fault           | answer      | charged | ends          | because
      none            | booked at 1 | 0       | -             | the ordinary life
      full            | booked at 2 | 0       | -             | the first request is booked when there is room; the second one moves nothing
      fenced          | booked at 2 | 0       | gateway halts | booked by the second request
      unknown, stored | booked at 2 | 0       | gateway halts | found: the second request moves nothing
      unknown, lost   | booked at 2 | 0       | gateway halts | booked by the second request
      dies before     | booked at 2 | 0       | gateway dies  | booked by the second request
      dies stored     | booked at 2 | 0       | gateway dies  | found: the second request moves nothing
      dies told       | booked at 2 | 0       | gateway dies  | found: the second request moves nothing
      dies after      | booked at 1 | 0       | gateway dies  | answered
    `,
  },
  {
    title: 'cancel: the end of a message that has not left',
    step: gatewayRecord(RecordType.ended),
    story: commands.cancelled,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | ends          | because
      none            | ok ok  | -     | 0      | deleted   | 1    | 0       | -             | the hold is void
      full            | ok ok  | -     | 0      | deleted   | 1    | 0       | -             | confirmed when it is stored
      fenced          | ok -   | alpha | 1      | delivered | 1    | 1       | gateway halts | not confirmed: it leaves
      unknown, stored | ok -   | -     | 0      | deleted   | 1    | 0       | gateway halts | not confirmed, and cancelled
      unknown, lost   | ok -   | alpha | 1      | delivered | 1    | 1       | gateway halts | not confirmed: it leaves
      dies before     | ok -   | alpha | 1      | delivered | 1    | 1       | gateway dies  | not confirmed: it leaves
      dies stored     | ok -   | -     | 0      | deleted   | 1    | 0       | gateway dies  | not confirmed, and cancelled
      dies told       | ok -   | -     | 0      | deleted   | 1    | 0       | gateway dies  | not confirmed, and cancelled
      dies after      | ok ok  | -     | 0      | deleted   | 2    | 0       | gateway dies  | confirmed; the receipt was not answered
    `,
  },
  {
    title: 'replace: a shorter text, and the rest of the hold is void',
    step: gatewayRecord(RecordType.replaced),
    story: commands.replaced,
    rows: `
      fault           | answer | left        | copies | state     | told | charged | ends          | because
      none            | ok ok  | alpha       | 1      | delivered | 1    | 1       | -             | one segment is held, left and charged
      full            | ok ok  | alpha       | 1      | delivered | 1    | 1       | -             | confirmed when it is stored
      fenced          | ok -   | alpha alpha | 1      | delivered | 1    | 2       | gateway halts | not confirmed: the old text leaves
      unknown, stored | ok -   | alpha       | 1      | delivered | 1    | 1       | gateway halts | not confirmed, and replaced
      unknown, lost   | ok -   | alpha alpha | 1      | delivered | 1    | 2       | gateway halts | not confirmed: the old text leaves
      dies before     | ok -   | alpha alpha | 1      | delivered | 1    | 2       | gateway dies  | not confirmed: the old text leaves
      dies stored     | ok -   | alpha       | 1      | delivered | 1    | 1       | gateway dies  | not confirmed, and replaced
      dies told       | ok -   | alpha       | 1      | delivered | 1    | 1       | gateway dies  | not confirmed, and replaced
      dies after      | ok ok  | alpha       | 1      | delivered | 1    | 1       | gateway dies  | confirmed
    `,
  },
  {
    title: 'suspend: an account may send no more',
    step: gatewayRecord(RecordType.suspended),
    story: commands.suspended,
    rows: `
      fault           | answer    | left  | state     | told | charged | ends          | because
      none            | done 0x45 | -     | -         | 0    | 0       | -             | refused, nothing held
      full            | done 0x45 | -     | -         | 0    | 0       | -             | confirmed when it is stored
      fenced          | - ok      | alpha | delivered | 1    | 1       | gateway halts | not confirmed, and not so
      unknown, stored | - 0x45    | -     | -         | 0    | 0       | gateway halts | not confirmed, and so
      unknown, lost   | - ok      | alpha | delivered | 1    | 1       | gateway halts | not confirmed, and not so
      dies before     | - ok      | alpha | delivered | 1    | 1       | gateway dies  | not confirmed, and not so
      dies stored     | - 0x45    | -     | -         | 0    | 0       | gateway dies  | not confirmed, and so
      dies told       | - 0x45    | -     | -         | 0    | 0       | gateway dies  | not confirmed, and so
      dies after      | done 0x45 | -     | -         | 0    | 0       | gateway dies  | confirmed
    `,
  },
];
