// The reckoning of the crash test must find what it looks for: each law is broken once in the lists, and named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Audit, audit, readCdrs } from '../../bench/crash/audit.ts';
import { canonicalId, type Message, MessageList, State } from '../../bench/crash/list.ts';
import { Digest } from '../../src/operator/digest.ts';

const RETRYING = 1;

function octets(text: string): Digest {
  const digest = new Digest();
  digest.start();
  digest.text(text);
  digest.finish();
  return digest;
}

/** A world in which all is well: three messages, delivered, undeliverable and unknown. */
class Case {
  readonly list = new MessageList();
  readonly arrivals = new Map<string, number[]>();
  readonly lines: string[] = [];
  readonly faults: string[] = [];
  balance = 0;
  marked: string[] = [];

  constructor() {
    this.send('1', State.delivered, { segments: 3 });
    this.send('2', State.undeliverable, {});
    this.send('3', State.unknown, {});
  }

  send(
    id: string,
    state: number,
    options: { readonly segments?: number; readonly charged?: number; readonly arrives?: boolean },
  ): void {
    const { segments = 1, charged = segments, arrives = state === State.delivered } = options;
    const message: Message = {
      account: 0,
      recipient: `49${id}`,
      text: `text ${id}`,
      segments,
      price: 10,
      http: false,
      answer: 'open',
      id: null,
      state: 0,
      receipt: '',
      receiptAt: 0,
    };
    this.list.ack(this.list.add(message, 7), id);
    this.list.receipt(message.recipient, 7, id, state, octets(`${id} ${state}`));
    if (arrives) this.arrivals.set(message.text, [1000]);
    this.record(id, state, charged * 10);
  }

  record(id: string, state: number, micros: number): void {
    const word = { 2: 'delivered', 3: 'expired', 5: 'undeliverable', 7: 'unknown', 8: 'rejected' }[state];
    this.lines.push(`${id},a0,t,t,f,+49,1,${word},l,0,${(micros / 1e6).toFixed(6)},EUR,0,`);
    this.balance -= micros;
  }

  reckon(): Promise<Audit> {
    return audit({
      list: this.list,
      arrivals: this.arrivals,
      cdrs: readCdrs(`head\r\n${this.lines.join('\r\n')}\r\n`, this.faults),
      money: [{ account: 'a0', balance: this.balance, held: 0 }],
      accountName: () => 'a0',
      retrying: RETRYING,
      marked: async () => new Set(this.marked),
    });
  }
}

const clean = { lost: 0, unterminated: 0, duplicates: 0, unknown: 1, unmarkedDuplicates: 0, balanceError: 0 };

async function expect(change: (one: Case) => void, found: Partial<Audit>, fault: RegExp | null): Promise<void> {
  const one = new Case();
  change(one);
  const result = await one.reckon();
  for (const [name, value] of Object.entries({ ...clean, ...found }))
    assert.equal(result[name as keyof Audit], value, name);
  const faults = [...one.faults, ...result.faults];
  if (fault === null) assert.deepEqual(faults, []);
  else
    assert.ok(
      faults.some((text) => fault.test(text)),
      faults.join('\n'),
    );
}

test('a clean run has nothing to say', () => expect(() => {}, {}, null));

test('a delivered message that no handset has is lost; so is an acknowledged one without any end', async () => {
  await expect((one) => one.arrivals.clear(), { lost: 1 }, null);
  await expect(
    (one) =>
      one.list.ack(
        one.list.add({ ...(one.list.messages[0] as Message), id: null, state: 0, text: 'x', recipient: '5' }, 1),
        '9',
      ),
    { lost: 1, unterminated: 1 },
    null,
  );
});

test('a second copy at the handset counts, marked or not', async () => {
  const twice = (one: Case): unknown => one.arrivals.set('text 1', [1000, 2000]);
  await expect(twice, { duplicates: 1, unmarkedDuplicates: 1 }, null);
  await expect((one) => [twice(one), (one.marked = ['1'])], { duplicates: 1 }, null);
});

test('receipts: another state, other octets, again although taken', async () => {
  const receipt = (state: number, text: string) => (one: Case) => one.list.receipt('491', 7, '1', state, octets(text));
  await expect(receipt(State.undeliverable, 'x'), {}, /ended as 2 and as 5/);
  await expect(receipt(State.delivered, 'x'), {}, /different octets/);
  await expect(receipt(State.delivered, '1 2'), {}, /although it had been taken/);
  await expect(
    (one) => {
      one.list.gatewayKills.push(performance.now() + 1);
      receipt(State.delivered, '1 2')(one);
    },
    {},
    null,
  );
  await expect((one) => one.list.receipt('491', 8, '1', 2, octets('x')), {}, /nobody sent/);
});

test('what was refused or ended without leaving must not be at a handset', async () => {
  await expect((one) => one.arrivals.set('text 2', [1]), {}, /undeliverable, and its handset has it/);
  await expect(
    (one) => one.send('4', State.expired, { charged: 0, arrives: true }),
    {},
    /expired, and its handset has it/,
  );
  await expect((one) => ((one.list.messages[0] as Message).answer = 'refused'), {}, /refused and sent/);
  await expect((one) => one.arrivals.set('foreign', [1]), {}, /1 messages at handsets that nobody sent/);
});

test('money: what lists say is charged, no more, no less, and only what the record says', async () => {
  await expect((one) => (one.balance -= 1), { balanceError: 1 }, null);
  await expect(
    (one) => one.send('4', State.delivered, { segments: 2, charged: 1 }),
    { balanceError: 20 },
    /was charged 10/,
  );
  await expect((one) => one.send('4', State.expired, { charged: 1 }), { balanceError: 20 }, /was charged 10/);
  await expect((one) => one.send('4', State.unknown, { segments: 3, charged: 2 }), { unknown: 2 }, null);
});

test('records: one for each message, with its end', async () => {
  await expect((one) => one.lines.push(one.lines[0] as string), {}, /two call detail records/);
  await expect((one) => one.record('8', 2, 0), {}, /no customer has heard of/);
  await expect(
    (one) => ((one.list.messages[1] as Message).state = State.rejected),
    { balanceError: 10 },
    /has the record/,
  );
});

test('both spellings of an id are one', () => {
  assert.equal(canonicalId('msg_00000000000000000000000010'), '20');
  assert.equal(canonicalId('1a2b'), '1a2b');
});
