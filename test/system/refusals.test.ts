// Bad input over SMPP and HTTP against the running programs: the right status, a session that lives on where it should, and
// nothing lost: what was accepted before and between the faults arrives, and money stands for exactly that.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keyOf, secretOf } from './setup.ts';
import { Stack } from './stack.ts';
import { until } from './wait.ts';
import { bindBody, Command, NACK, pdu, RESPONSE, submitBody, Wire } from './wire.ts';

const SUBMIT_RESP = RESPONSE + Command.submitSm;

describe('bad input', () => {
  let stack: Stack;
  let acme: Wire;
  const accepted: string[] = [];
  /** Every bind of the account may be given its receipts. */
  const wires: Wire[] = [];

  async function bound(command?: number): Promise<Wire> {
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'), command);
    wires.push(wire);
    return wire;
  }

  /** One good message between the bad ones. */
  async function stillWorks(wire = acme): Promise<void> {
    const { status, id } = await wire.submit({ text: 'between the faults' });
    assert.equal(status, 0);
    accepted.push(id);
  }

  before(async () => {
    stack = await Stack.run({
      accounts: [
        { name: 'one', max_binds: 1, credit_limit: '10' },
        { name: 'old', credit_limit: '10', legacy_bind_status: true },
        { name: 'poor' },
        { name: 'picky', credit_limit: '10', allowed_senders: ['INFO'] },
      ],
    });
    acme = await bound();
    for (let i = 0; i < 20; i++) await stillWorks();
  });

  after(async () => {
    await acme?.leave();
    await stack?.stop();
  });

  test('wrong password and unknown system_id: 0x0D and closed; 0x0E for an account that wants it so', async () => {
    for (const [systemId, password, status] of [
      ['acme', 'wrong', 0x0d],
      ['nobody', 'wrong', 0x0d],
      ['old', 'wrong', 0x0e],
    ] as const) {
      const wire = await Wire.open(stack.ports.smpp);
      assert.equal(await wire.bind(systemId, password), status, systemId);
      await wire.whenClosed;
    }
    await stillWorks();
  });

  test('a bind beyond the limit: 0x0D, the first one works on; after it has gone the next may bind', async () => {
    const first = await Wire.bound(stack.ports.smpp, 'one', secretOf('one'));
    const second = await Wire.open(stack.ports.smpp);
    assert.equal(await second.bind('one', secretOf('one')), 0x0d);
    await second.whenClosed;
    const { status, id } = await first.submit({ text: 'the first' });
    assert.equal(status, 0);
    await first.receiptsOf([id]);
    await first.leave();
    const third = await Wire.bound(stack.ports.smpp, 'one', secretOf('one'));
    await third.leave();
  });

  test('a second bind on a bound session: 0x05, the session lives', async () => {
    assert.equal((await acme.ask(Command.bindTransceiver, bindBody('acme', secretOf('acme')))).status, 0x05);
    await stillWorks();
  });

  test('submit on a receiver, and before a bind: 0x04, the session lives', async () => {
    const receiver = await bound(Command.bindReceiver);
    assert.equal((await receiver.submit({ text: 'not here' })).status, 0x04);
    assert.ok(await receiver.lives());
    await receiver.leave();
    const stranger = await Wire.open(stack.ports.smpp);
    assert.equal((await stranger.submit({ text: 'not yet' })).status, 0x04);
    assert.equal(await stranger.bind('acme', secretOf('acme')), 0);
    await stranger.leave();
  });

  test('unknown command: generic_nack 0x03 with its number, the session lives', async () => {
    const answer = await acme.ask(0x00000fff);
    assert.deepEqual([answer.command, answer.status], [NACK, 0x03]);
    await stillWorks();
  });

  for (const length of [0, 4, 15, 2 ** 31]) {
    test(`command_length ${length}: generic_nack 0x02 number 0, closed; others live`, async () => {
      const wire = await bound();
      const { status, id } = await wire.submit({ text: `before length ${length}` });
      assert.equal(status, 0);
      accepted.push(id);
      wire.send(pdu(Command.submitSm, wire.next(), submitBody({ text: 'framing is lost' }), length));
      const nack = await wire.answer(0);
      assert.deepEqual([nack.command, nack.status], [NACK, 0x02]);
      await wire.whenClosed;
      await stillWorks();
    });
  }

  test('truncated fields: submit_sm_resp 0x02 each, and the session lives', async () => {
    const whole = submitBody({ text: 'truncated' });
    for (const cut of [1, whole.length - 4]) {
      const wire = await bound();
      const answer = await wire.ask(Command.submitSm, whole.subarray(0, cut));
      assert.deepEqual([answer.command, answer.status], [SUBMIT_RESP, 0x02], `cut at ${cut}`);
      await stillWorks(wire);
      await wire.leave();
    }
  });

  const fields = [
    ['short_message and message_payload', { text: 'both', payload: 'both' }, 0xc1],
    ['letters in the destination', { destination: 'hello' }, 0x0b],
    ['a destination of four digits', { destination: '4917' }, 0x0b],
    ['a destination of 16 digits', { destination: '4917000000011111' }, 0x0b],
    ['TON 7 in the destination', { destTon: 7 }, 0x50],
    ['an alphanumeric sender of 12 characters', { source: 'TWELVE CHARS' }, 0x0a],
    ['no source address', { source: '', sourceTon: 1 }, 0x0a],
    ['schedule_delivery_time with a month 13', { schedule: '301301000000000+' }, 0x61],
    ['schedule_delivery_time of words', { schedule: 'tomorrow' }, 0x61],
    ['validity_period with a 32nd', { validity: '300132000000000+' }, 0x62],
    ['validity_period in the past', { validity: '200101000000000+' }, 0x62],
    ['a reserved data_coding', { dataCoding: 0x0b }, 0x104],
    ['UCS-2 of odd length', { dataCoding: 8, text: Buffer.from([0, 0x41, 0]) }, 0x104],
    ['a route that does not exist', { destination: '15550000001' }, 0x0b],
  ] as const;
  for (const [name, bad, status] of fields) {
    test(`${name}: 0x${status.toString(16)}, the session lives`, async () => {
      const answer = await acme.submit({ text: 'never to be sent', ...bad });
      assert.equal(answer.status, status, `answered 0x${answer.status.toString(16)}`);
      assert.equal(answer.id, '');
      await stillWorks();
    });
  }

  test('a sender that is not registered: 0x0A', async () => {
    const wire = await Wire.bound(stack.ports.smpp, 'picky', secretOf('picky'));
    assert.equal((await wire.submit({ source: 'OTHER', text: 'no' })).status, 0x0a);
    assert.equal((await wire.submit({ source: 'INFO', text: 'yes' })).status, 0);
    await wire.leave();
  });

  test('no balance: 0x45 and 402, nothing held; a credit lets it through', async () => {
    const wire = await Wire.bound(stack.ports.smpp, 'poor', secretOf('poor'));
    assert.equal((await wire.submit({ text: 'no money' })).status, 0x45);
    const message = { from: 'INFO', to: '+491700000002', text: 'no money' };
    const refused = await stack.http('/api/v1/messages', { method: 'POST', key: keyOf('poor'), body: message });
    assert.deepEqual([refused.status, code(refused.body)], [402, 'no-balance']);
    assert.equal(Number((await stack.account('poor')).held.amount), 0);
    const credit = { amount: '0.05', reference: 'first' };
    assert.equal((await stack.admin('accounts/poor/credits', 'POST', credit)).status, 201);
    assert.equal((await stack.admin('accounts/poor/credits', 'POST', credit)).status, 200);
    const { status, id } = await wire.submit({ text: 'now' });
    assert.equal(status, 0);
    assert.equal((await wire.submit({ text: 'and no more' })).status, 0x45);
    await wire.receiptsOf([id]);
    assert.equal(Number((await stack.account('poor')).balance.amount), 0);
    await wire.leave();
  });

  test('HTTP: each fault has its code, and says where and what', async () => {
    const good = { from: 'INFO', to: '+491700000003', text: 'well' };
    const cases: readonly (readonly [string, string, number, string])[] = [
      ['malformed JSON', '{"from":"INFO","to":', 400, 'invalid-request'],
      ['no object', '17', 400, 'invalid-request'],
      ['a member missing', JSON.stringify({ from: 'INFO', text: 'x' }), 400, 'invalid-request'],
      ['an empty batch', '{"messages":[]}', 400, 'invalid-request'],
      ['a bad number', JSON.stringify({ ...good, to: '12' }), 422, 'number-invalid'],
      ['no route', JSON.stringify({ ...good, to: '+15550000001' }), 422, 'no-route'],
      ['an empty text', JSON.stringify({ ...good, text: '' }), 400, 'invalid-request'],
      ['a blank text', JSON.stringify({ ...good, text: '   ' }), 422, 'text-empty'],
      ['a validity in the past', JSON.stringify({ ...good, validity_s: -1 }), 400, 'invalid-request'],
      ['no date', JSON.stringify({ ...good, schedule_at: 'tomorrow' }), 400, 'invalid-request'],
    ];
    for (const [name, raw, status, problem] of cases) {
      const answer = await stack.http('/api/v1/messages', { method: 'POST', key: keyOf('acme'), raw });
      assert.equal(answer.status, status, `${name}: ${answer.text}`);
      assert.equal(code(answer.body), problem, name);
      assert.ok((answer.body as { detail: string }).detail.length > 10, `${name} has a reason`);
    }
    const stranger = await stack.http('/api/v1/messages', { method: 'POST', key: 'wrong', body: good });
    assert.deepEqual([stranger.status, code(stranger.body)], [401, 'unauthenticated']);
    const admin = await stack.http('/api/v1/admin/status', { key: keyOf('acme') });
    assert.deepEqual([admin.status, code(admin.body)], [403, 'forbidden']);
  });

  test('a batch with one bad item: the others are accepted and arrive', async () => {
    const messages = [1, 2, 3, 4].map((n) => ({ from: 'INFO', to: `+49170000010${n}`, text: `batch ${n}` }));
    (messages[2] as { to: string }).to = 'nonsense';
    const answer = await stack.http('/api/v1/messages', { method: 'POST', key: keyOf('acme'), body: { messages } });
    assert.equal(answer.status, 200);
    const body = answer.body as {
      accepted: number;
      refused: number;
      results: { ok?: { id: string }; error?: object }[];
    };
    assert.deepEqual([body.accepted, body.refused], [3, 1]);
    assert.deepEqual(
      body.results.map((one) => one.ok !== undefined),
      [true, true, false, true],
    );
    for (const { ok } of body.results) {
      if (ok === undefined) continue;
      await until('a message of the batch is delivered', async () => {
        const one = await stack.http(`/api/v1/messages/${ok.id}`, { key: keyOf('acme') });
        return (one.body as { state: string }).state === 'delivered';
      });
    }
  });

  for (const [name, octets] of [
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\nuser-agent: scanner\r\n\r\n')],
    ['a TLS hello', Buffer.from(`16030100c8010000c40303${'5a'.repeat(194)}`, 'hex')],
  ] as const) {
    test(`${name} on the SMPP port: closed at once, others live`, async () => {
      const wire = await Wire.open(stack.ports.smpp);
      wire.send(octets);
      await wire.whenClosed;
      await stillWorks();
    });
  }

  test('nothing was lost: every accepted message was delivered once and charged, nothing is held', async () => {
    const receipts = () => wires.flatMap((wire) => wire.receipts);
    await until('all receipts', () => {
      const seen = new Set(receipts().map((one) => one.id));
      return accepted.every((id) => seen.has(id));
    });
    assert.ok(receipts().every((one) => one.state === 'DELIVRD'));
    const account = await stack.account('acme');
    assert.equal(Number(account.held.amount), 0);
    // Three came by HTTP.
    assert.equal(Number(account.balance.amount), Number((-0.05 * (accepted.length + 3)).toFixed(4)));
    // Beside them: one of the account with one bind, one that was paid for, one of the registered sender.
    assert.deepEqual(await stack.handsets().then(({ messages }) => messages), accepted.length + 3 + 3);
  });
});

function code(body: unknown): string {
  return (body as { readonly code: string }).code;
}
