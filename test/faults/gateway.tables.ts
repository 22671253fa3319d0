// Every durable step of the gateway on a message's way, and what each fault does to it. From the laws (design §5), for a customer
// who sends once and does not ask again: without an answer he does not know. Columns: seen.ts.
import { RecordType } from '../../src/gateway/records.ts';
import { GATEWAY_PORT, GUARD_PORT } from '../../src/sim/configs.ts';
import type { StepTable } from './rows.ts';
import * as stories from './stories.ts';
import { gatewayRecord, pduOf } from './trip.ts';

export const gatewayTables: readonly StepTable[] = [
  {
    title: 'accept and hold: the message with its price; id and order follow',
    step: gatewayRecord(RecordType.accept),
    story: stories.one,
    rows: `
      fault           | answer | orders | left  | copies | state     | told | charged | ends          | because
      none            | ok     | 1      | alpha | 1      | delivered | 1    | 1       | -             | the ordinary life
      full            | ok     | 1      | alpha | 1      | delivered | 1    | 1       | -             | what was taken is kept and stored when there is room; the answer waits
      fenced          | -      | 0      | -     | 0      | -         | 0    | 0       | gateway halts | not stored, so not answered, held or sent
      unknown, stored | -      | 1      | alpha | 1      | delivered | 1    | 1       | gateway halts | found by the restart: it is owed, although nobody was told
      unknown, lost   | -      | 0      | -     | 0      | -         | 0    | 0       | gateway halts | nobody was told, and nothing is left
      dies before     | -      | 0      | -     | 0      | -         | 0    | 0       | gateway dies  | nobody was told, and nothing is left
      dies stored     | -      | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | found by the restart
      dies told       | -      | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | answer and order had not left: the restart orders for the first time
      dies after      | ok     | 2      | alpha | 1      | delivered | 1    | 1       | gateway dies  | the order is repeated under the same op, and the guard sends once
    `,
  },
  {
    title: 'accept by HTTP, with the answer under its Idempotency-Key in the same batch',
    step: gatewayRecord(RecordType.idempotency),
    story: stories.http,
    rows: `
      fault           | answer        | left  | copies | state     | told | charged | ends          | because
      none            | ok at 1       | alpha | 1      | delivered | 1    | 1       | -             | the ordinary life
      full            | ok at 2       | alpha | 1      | delivered | 1    | 1       | -             | the answer waits for room; the second request finds it
      fenced          | ok at 2       | alpha | 1      | delivered | 1    | 1       | gateway halts | nothing was kept: the second request is the first
      unknown, stored | replayed at 2 | alpha | 1      | delivered | 1    | 1       | gateway halts | message and answer stand together: one message, the same answer
      unknown, lost   | ok at 2       | alpha | 1      | delivered | 1    | 1       | gateway halts | neither stands
      dies before     | ok at 2       | alpha | 1      | delivered | 1    | 1       | gateway dies  | neither stands
      dies stored     | replayed at 2 | alpha | 1      | delivered | 1    | 1       | gateway dies  | both stand
      dies told       | replayed at 2 | alpha | 1      | delivered | 1    | 1       | gateway dies  | both stand, the answer had not left
      dies after      | ok at 1       | alpha | 1      | delivered | 1    | 1       | gateway dies  | answered
    `,
  },
  {
    title: 'order: it has no record of its own, its op stands in the accept or retry record',
    step: pduOf('gateway', 0x04, GUARD_PORT),
    story: stories.one,
    rows: `
      fault           | answer | orders | left  | copies | state     | told | charged | ends          | because
      none            | ok     | 1      | alpha | 1      | delivered | 1    | 1       | -             | the ordinary life
      dies before     | ok     | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | the op is durable: ordered after the restart
      dies after      | ok     | 2      | alpha | 1      | delivered | 1    | 1       | gateway dies  | repeated under the same op: a gateway's crash duplicates nothing
    `,
  },
  {
    title: 'answer to the customer: no record, it follows one',
    step: pduOf('gateway', 0x8000_0004, GATEWAY_PORT),
    story: stories.one,
    rows: `
      fault           | answer | left  | copies | state     | told | charged | ends          | because
      none            | ok     | alpha | 1      | delivered | 1    | 1       | -             | the ordinary life
      dies before     | -      | alpha | 1      | delivered | 1    | 1       | gateway dies  | accepted is accepted, told or not
      dies after      | ok     | alpha | 1      | delivered | 1    | 1       | gateway dies  | told
    `,
  },
  {
    title: 'outcome: what the guard answered, and the charge for it',
    step: gatewayRecord(RecordType.outcome),
    story: stories.one,
    rows: `
      fault           | answer | orders | left  | copies | state     | told | charged | ends          | because
      none            | ok     | 1      | alpha | 1      | delivered | 1    | 1       | -             | the ordinary life
      full            | ok     | 1      | alpha | 1      | delivered | 1    | 1       | -             | kept; receipts wait in the guard meanwhile
      fenced          | ok     | 2      | alpha | 1      | delivered | 1    | 1       | gateway halts | the order is repeated, the guard answers from its records
      unknown, stored | ok     | 1      | alpha | 1      | delivered | 1    | 1       | gateway halts | found: charged once, not ordered again
      unknown, lost   | ok     | 2      | alpha | 1      | delivered | 1    | 1       | gateway halts | the order is repeated, the guard answers from its records
      dies before     | ok     | 2      | alpha | 1      | delivered | 1    | 1       | gateway dies  | the order is repeated, the guard answers from its records
      dies stored     | ok     | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | found: charged once, not ordered again
      dies told       | ok     | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | found: charged once, not ordered again
      dies after      | ok     | 1      | alpha | 1      | delivered | 1    | 1       | gateway dies  | found: charged once, not ordered again
    `,
  },
  {
    title: 'outcome and end in one batch: refused for good, the hold is void',
    step: gatewayRecord(RecordType.ended),
    story: stories.refused,
    rows: `
      fault           | answer | orders | left  | copies | state         | told | charged | ends          | because
      none            | ok     | 1      | alpha | 0      | undeliverable | 1    | 0       | -             | refused costs nothing
      full            | ok     | 1      | alpha | 0      | undeliverable | 1    | 0       | -             | the receipt waits for room
      fenced          | ok     | 2      | alpha | 0      | undeliverable | 1    | 0       | gateway halts | asked again, answered from the guard's records
      unknown, stored | ok     | 1      | alpha | 0      | undeliverable | 1    | 0       | gateway halts | ended once; its receipt goes out now
      unknown, lost   | ok     | 2      | alpha | 0      | undeliverable | 1    | 0       | gateway halts | asked again, answered from the guard's records
      dies before     | ok     | 2      | alpha | 0      | undeliverable | 1    | 0       | gateway dies  | asked again, answered from the guard's records
      dies stored     | ok     | 1      | alpha | 0      | undeliverable | 1    | 0       | gateway dies  | ended once; its receipt goes out now
      dies told       | ok     | 1      | alpha | 0      | undeliverable | 1    | 0       | gateway dies  | ended once; its receipt goes out now
      dies after      | ok     | 1      | alpha | 0      | undeliverable | 2    | 0       | gateway dies  | the receipt was out and not answered: the same again
    `,
  },
  {
    title: 'retry: a new op over another link, after a refusal',
    step: gatewayRecord(RecordType.retry),
    story: stories.otherRoute,
    rows: `
      fault           | answer | orders | left       | copies | state     | told | charged | ends          | because
      none            | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | -             | alpha said no, so beta is no duplicate and not marked as one
      full            | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | -             | no order under an op that is not durable
      fenced          | ok     | 3      | alpha beta | 1      | delivered | 1    | 1       | gateway halts | the first order is repeated, refused from the records, and retried
      unknown, stored | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | gateway halts | the new op is found and ordered
      unknown, lost   | ok     | 3      | alpha beta | 1      | delivered | 1    | 1       | gateway halts | the first order is repeated, refused from the records, and retried
      dies before     | ok     | 3      | alpha beta | 1      | delivered | 1    | 1       | gateway dies  | the first order is repeated, refused from the records, and retried
      dies stored     | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | gateway dies  | the new op is found and ordered
      dies told       | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | gateway dies  | the new op is found and ordered
      dies after      | ok     | 2      | alpha beta | 1      | delivered | 1    | 1       | gateway dies  | the new op is found and ordered: its time had not come before
    `,
  },
  {
    title: 'retry: a new op after an answer that never came, by the wish of the account',
    step: gatewayRecord(RecordType.retry),
    story: stories.silent,
    rows: `
      fault           | answer | orders | left        | copies | state     | told | charged | ends          | because
      none            | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | -             | a possible duplicate is marked, charged once, and goes to another link
      full            | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | -             | no order under an op that is not durable
      fenced          | ok     | 3      | alpha beta! | 2      | delivered | 1    | 1       | gateway halts | unknown again from the guard's records: one retry, not two
      unknown, stored | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | gateway halts | one retry, still marked
      unknown, lost   | ok     | 3      | alpha beta! | 2      | delivered | 1    | 1       | gateway halts | unknown again from the guard's records: one retry, not two
      dies before     | ok     | 3      | alpha beta! | 2      | delivered | 1    | 1       | gateway dies  | unknown again from the guard's records: one retry, not two
      dies stored     | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | gateway dies  | one retry, still marked
      dies told       | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | gateway dies  | one retry, still marked
      dies after      | ok     | 2      | alpha beta! | 2      | delivered | 1    | 1       | gateway dies  | one retry, still marked
    `,
  },
  {
    title: 'receipt, and with it the end: answered to the guard, told to the customer',
    step: gatewayRecord(RecordType.receipt),
    story: stories.one,
    rows: `
      fault           | answer | left  | state     | told | charged | up | ends          | because
      none            | ok     | alpha | delivered | 1    | 1       | 1  | -             | the ordinary life
      full            | ok     | alpha | delivered | 1    | 1       | 1  | -             | answered and told when it is stored
      fenced          | ok     | alpha | delivered | 1    | 1       | 2  | gateway halts | the guard had no answer: it tells again
      unknown, stored | ok     | alpha | delivered | 1    | 1       | 2  | gateway halts | told again, and known: one end
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | 2  | gateway halts | the guard had no answer: it tells again
      dies before     | ok     | alpha | delivered | 1    | 1       | 2  | gateway dies  | the guard had no answer: it tells again
      dies stored     | ok     | alpha | delivered | 1    | 1       | 2  | gateway dies  | told again, and known: one end
      dies told       | ok     | alpha | delivered | 1    | 1       | 2  | gateway dies  | neither answer nor receipt had left
      dies after      | ok     | alpha | delivered | 2    | 1       | 1  | gateway dies  | both were out; the customer's answer was not read: the same octets again
    `,
  },
  {
    title: 'end and settle, for an account that pays on delivery',
    step: gatewayRecord(RecordType.ended),
    story: stories.paidOnDelivery,
    rows: `
      fault           | answer | left  | state     | told | charged | ends          | because
      none            | ok     | alpha | delivered | 1    | 1       | -             | charged by the receipt alone
      full            | ok     | alpha | delivered | 1    | 1       | -             | once, later
      fenced          | ok     | alpha | delivered | 1    | 1       | gateway halts | the receipt comes again and settles
      unknown, stored | ok     | alpha | delivered | 1    | 1       | gateway halts | settled once
      unknown, lost   | ok     | alpha | delivered | 1    | 1       | gateway halts | the receipt comes again and settles
      dies before     | ok     | alpha | delivered | 1    | 1       | gateway dies  | the receipt comes again and settles
      dies stored     | ok     | alpha | delivered | 1    | 1       | gateway dies  | settled once
      dies told       | ok     | alpha | delivered | 1    | 1       | gateway dies  | settled once
      dies after      | ok     | alpha | delivered | 2    | 1       | gateway dies  | settled once; the receipt was not answered
    `,
  },
  {
    title: 'end by the deadline: nobody told what became of it',
    step: gatewayRecord(RecordType.ended),
    story: stories.noReceipt,
    rows: `
      fault           | answer | left  | state   | told | charged | ends          | because
      none            | ok     | alpha | unknown | 1    | 1       | -             | taken by the operator: charged, never called delivered
      full            | ok     | alpha | unknown | 1    | 1       | -             | told when it is stored
      fenced          | ok     | alpha | unknown | 1    | 1       | gateway halts | the deadline is over after the restart, too
      unknown, stored | ok     | alpha | unknown | 1    | 1       | gateway halts | ended once
      unknown, lost   | ok     | alpha | unknown | 1    | 1       | gateway halts | the deadline is over after the restart, too
      dies before     | ok     | alpha | unknown | 1    | 1       | gateway dies  | the deadline is over after the restart, too
      dies stored     | ok     | alpha | unknown | 1    | 1       | gateway dies  | ended once
      dies told       | ok     | alpha | unknown | 1    | 1       | gateway dies  | ended once
      dies after      | ok     | alpha | unknown | 2    | 1       | gateway dies  | ended once; the receipt was not answered
    `,
  },
  {
    title: 'hand-over: the customer took the receipt',
    step: gatewayRecord(RecordType.handed),
    story: stories.one,
    rows: `
      fault           | answer | state     | told | charged | ends          | because
      none            | ok     | delivered | 1    | 1       | -             | the ordinary life
      full            | ok     | delivered | 1    | 1       | -             | taken; the record follows
      fenced          | ok     | delivered | 2    | 1       | gateway halts | at least once: what is not recorded is offered again, with the same octets
      unknown, stored | ok     | delivered | 1    | 1       | gateway halts | recorded: never again
      unknown, lost   | ok     | delivered | 2    | 1       | gateway halts | offered again, with the same octets
      dies before     | ok     | delivered | 2    | 1       | gateway dies  | offered again, with the same octets
      dies stored     | ok     | delivered | 1    | 1       | gateway dies  | recorded: never again
      dies told       | ok     | delivered | 1    | 1       | gateway dies  | recorded: never again
      dies after      | ok     | delivered | 1    | 1       | gateway dies  | recorded: never again
    `,
  },
  {
    title: 'hand-over by webhook: the endpoint answered 200',
    step: gatewayRecord(RecordType.handed),
    story: stories.http,
    rows: `
      fault           | answer  | state     | told | charged | ends          | because
      none            | ok at 1 | delivered | 1    | 1       | -             | the ordinary life
      full            | ok at 1 | delivered | 1    | 1       | -             | taken; the record follows
      fenced          | ok at 1 | delivered | 2    | 1       | gateway halts | posted again: the same webhook-id, the same body
      unknown, stored | ok at 1 | delivered | 1    | 1       | gateway halts | recorded: never again
      unknown, lost   | ok at 1 | delivered | 2    | 1       | gateway halts | posted again: the same webhook-id, the same body
      dies before     | ok at 1 | delivered | 2    | 1       | gateway dies  | posted again: the same webhook-id, the same body
      dies stored     | ok at 1 | delivered | 1    | 1       | gateway dies  | recorded: never again
      dies told       | ok at 1 | delivered | 1    | 1       | gateway dies  | recorded: never again
      dies after      | ok at 1 | delivered | 1    | 1       | gateway dies  | recorded: never again
    `,
  },
];
