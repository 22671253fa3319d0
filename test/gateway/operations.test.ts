// What customers ask and change: query, cancel, replace, multi, data_sm, schedules, HTTP with idempotency, webhooks, MO.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { SubmitAnswer, SubmitRequest } from '../../src/gateway/service.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import { dataSm } from '../../src/smpp/make.ts';
import { deliverSm, NO_TLVS, type Pdu } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { HopTag } from '../../src/smpp/vendor.ts';
import { accountConfig, gatewayConfig, Rig } from './rig.ts';

const PRICE = 50_000;

function query(messageId: string, sourceAddr = 'INFO'): Pdu {
  return {
    command: 'query_sm',
    commandId: CommandId.query_sm,
    status: 0,
    sequence: 0,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr,
    tlvs: NO_TLVS,
  };
}

function cancelPdu(messageId: string, sourceAddr = 'INFO', destinationAddr = ''): Pdu {
  return {
    command: 'cancel_sm',
    commandId: CommandId.cancel_sm,
    status: 0,
    sequence: 0,
    serviceType: '',
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr,
    tlvs: NO_TLVS,
  };
}

function replacePdu(messageId: string, text: string): Pdu {
  return {
    command: 'replace_sm',
    commandId: CommandId.replace_sm,
    status: 0,
    sequence: 0,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: 'INFO',
    scheduleDeliveryTime: '',
    validityPeriod: '',
    registeredDelivery: 1,
    smDefaultMsgId: 0,
    shortMessage: Buffer.from(text),
    tlvs: NO_TLVS,
  };
}

async function rigWithMoney(config = gatewayConfig()): Promise<Rig> {
  const rig = await new Rig(config).start();
  await rig.credit(1_000_000);
  return rig;
}

test('query_sm: open, ended, foreign and unknown', async () => {
  const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme'), accountConfig('other')] }));
  const customer = await rig.customer();
  const token = customer.submit({});
  await rig.pass(50);
  const id = customer.answers.get(token)?.id ?? '';
  const ask = async (who: typeof customer, pdu: Pdu): Promise<Pdu | undefined> => {
    who.send(pdu);
    await rig.pass(60);
    return who.others.at(-1);
  };
  const open = await ask(customer, query(id));
  assert.ok(open?.command === 'query_sm_resp');
  assert.equal(open.messageState, 1);
  assert.equal((await ask(customer, query(id, 'OTHER')))?.status, 0x0c, 'the source must fit');
  const stranger = await rig.customer('other');
  assert.equal((await ask(stranger, query(id)))?.status, 0x0c);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 5);
  await rig.pass(100);
  const ended = await ask(customer, query(id));
  assert.ok(ended?.command === 'query_sm_resp');
  assert.equal(ended.messageState, 5);
  assert.equal(ended.finalDate.length, 16);
  assert.equal((await ask(customer, query('19a000000000700080000000000000f')))?.status, 0x0c);
});

test('scheduled send: waits, can be replaced and cancelled; after it has left neither', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const later = { scheduleDeliveryTime: '000000010000000R' };
  const token = customer.submit({ ...later, shortMessage: Buffer.from('old text') });
  const second = customer.submit({ ...later, shortMessage: Buffer.from('second') });
  await rig.pass(200);
  assert.equal(rig.guard.orders.length, 0);
  const id = customer.answers.get(token)?.id ?? '';
  customer.send(replacePdu(id, 'new text'));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0);
  customer.send(cancelPdu(customer.answers.get(second)?.id ?? ''));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0);
  assert.equal(customer.receipts.at(-1)?.state, 4, 'DELETED');
  assert.equal(rig.service.account('acme')?.held, PRICE);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  await rig.pass(3_700_000);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['new text'],
  );
  back.send(cancelPdu(id));
  await rig.pass(50);
  assert.equal(back.others.at(-1)?.status, 0x11);
  back.send(replacePdu(id, 'too late'));
  await rig.pass(50);
  assert.equal(back.others.at(-1)?.status, 0x13);
});

test('cancel without id takes everything pending between source and destination', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const later = { scheduleDeliveryTime: '000000010000000R' };
  for (let i = 0; i < 3; i++) customer.submit(later);
  customer.submit({ ...later, destinationAddr: '491700000009' });
  await rig.pass(100);
  customer.send(cancelPdu('', 'INFO', '491700000001'));
  await rig.pass(100);
  assert.equal(customer.receipts.length, 3);
  assert.equal(rig.core.store.count, 1);
});

test('submit_multi: one id, refused destinations listed, receipts told apart by destination', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const destination = (destinationAddr: string) =>
    ({ destFlag: 1, destAddrTon: 1, destAddrNpi: 1, destinationAddr }) as const;
  customer.send({
    command: 'submit_multi',
    commandId: CommandId.submit_multi,
    status: 0,
    sequence: 0,
    serviceType: '',
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: 'INFO',
    destinations: [destination('491700000001'), destination('12'), destination('491700000002')],
    esmClass: 0,
    protocolId: 0,
    priorityFlag: 0,
    scheduleDeliveryTime: '',
    validityPeriod: '',
    registeredDelivery: 1,
    replaceIfPresentFlag: 0,
    dataCoding: 0,
    smDefaultMsgId: 0,
    shortMessage: Buffer.from('all of you'),
    tlvs: NO_TLVS,
  });
  await rig.pass(100);
  const answer = customer.others.at(-1);
  assert.ok(answer?.command === 'submit_multi_resp');
  assert.equal(answer.status, 0);
  assert.deepEqual(
    answer.unsuccessSmes.map((one) => [one.destinationAddr, one.errorStatusCode]),
    [['12', 0x0b]],
  );
  assert.equal(rig.guard.orders.length, 2);
  for (const order of rig.guard.orders) rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.deepEqual(
    customer.receipts.map((one) => one.id),
    [answer.messageId, answer.messageId],
  );
  assert.deepEqual(customer.receipts.map((one) => one.pdu.sourceAddr).sort(), ['491700000001', '491700000002']);
});

test('data_sm: text in message_payload, answered with data_sm_resp', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const fields = {
    sourceAddrTon: 5,
    sourceAddr: 'INFO',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: '491700000001',
  };
  customer.send(dataSm({ ...fields, tlvs: [{ tag: Tag.messagePayload, value: Buffer.from('by data_sm') }] }));
  await rig.pass(60);
  assert.equal(customer.others.at(-1)?.command, 'data_sm_resp');
  assert.equal(rig.guard.orders[0]?.text, 'by data_sm');
});

test('intermediate receipt from our own state, before the final one', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  customer.submit({ registeredDelivery: 0x11 });
  await rig.pass(60);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(60);
  assert.deepEqual(
    customer.receipts.map((one) => [one.pdu.esmClass, one.state]),
    [
      [0x20, 1],
      [0x04, 2],
    ],
  );
});

test('receipts: kept while nobody receives, offered again after "later", never doubled when taken', async () => {
  const rig = await rigWithMoney();
  const sender = await rig.customer('acme', 'secret', 'tx');
  sender.submit({});
  await rig.pass(60);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(1000);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 1);
  const receiver = await rig.customer('acme', 'secret', 'rx', 0x34, () => 0x64);
  await rig.pass(3000);
  const offered = receiver.receipts.length;
  assert.ok(offered >= 2, 'offered again');
  receiver.takes = () => 0;
  await rig.pass(10_000);
  assert.equal(receiver.receipts.length, offered + 1);
  assert.equal(new Set(receiver.receipts.map((one) => one.text)).size, 1, 'byte for byte the same');
  assert.equal(rig.core.store.count, 0);
});

test('wrong password, bind limit, submit on a receiver', async () => {
  const rig = await rigWithMoney();
  assert.equal((await rig.customer('acme', 'wrong')).refused === -1, true, 'the answer is delayed');
  await rig.pass(5000);
  for (let i = 0; i < 3; i++) assert.notEqual((await rig.customer()).peer, null);
  const fourth = await rig.customer();
  await rig.pass(20_000);
  assert.equal(fourth.refused, 0x0d);
});

const request: SubmitRequest = {
  from: 'INFO',
  to: '+491700000001',
  body: { kind: 'text', text: 'über HTTP €' },
  lane: 'pin',
  validityMs: null,
  scheduleAt: null,
  reference: 'r-1',
  purpose: null,
};

async function submitHttp(
  rig: Rig,
  requests: readonly SubmitRequest[],
  key: { key: string; fingerprint: string } | null = null,
): Promise<SubmitAnswer> {
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const answer = rig.service.submit(ref, requests, key);
  await rig.pass(60);
  return answer;
}

test('HTTP: a batch with one bad item keeps the others; PINs go over their own bind; the key repeats the answer, over a restart too', async () => {
  const rig = await rigWithMoney();
  const key = { key: 'k1', fingerprint: 'f1' };
  const first = await submitHttp(rig, [request, { ...request, to: 'nonsense' }, { ...request, lane: 'bulk' }], key);
  assert.ok(first.code === 'done');
  assert.deepEqual(
    first.outcomes.map((one) => one.ok),
    [true, false, true],
  );
  assert.deepEqual(rig.guard.orders.map((order) => order.lane).sort(), ['bulk', 'pin']);
  assert.equal(
    Buffer.from(rig.guard.orders[0]?.text ?? '', 'latin1').includes(0x1b),
    true,
    'the euro sign is an escape pair',
  );
  const again = await submitHttp(rig, [request], key);
  assert.ok(again.code === 'done' && again.replayed);
  assert.deepEqual(again.outcomes, first.outcomes);
  assert.equal((await submitHttp(rig, [request], { ...key, fingerprint: 'f2' })).code, 'key-reused');
  rig.crash();
  await rig.startGateway();
  const after = await submitHttp(rig, [request], key);
  assert.ok(after.code === 'done' && after.replayed);
  assert.deepEqual(after.outcomes, first.outcomes);
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const listed = rig.service.messages(ref, null, 10);
  await rig.pass(30);
  assert.equal((await listed).length, 2);
  assert.equal(rig.service.authenticate('key-nobody', '127.0.0.1'), null);
});

test('webhook: signed, repeated until taken, one event per message', async () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const rig = await rigWithMoney(
    gatewayConfig({ accounts: [accountConfig('acme', { webhook: { url: 'https://hooks.example/x', secret } })] }),
  );
  rig.postOutcome = { code: 'answered', status: 500, retryAfterMs: null };
  await submitHttp(rig, [request]);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.equal(rig.posts.length, 1);
  rig.postOutcome = { code: 'answered', status: 200, retryAfterMs: null };
  await rig.pass(10_000);
  assert.equal(rig.posts.length, 2);
  const [one, two] = rig.posts;
  assert.ok(one && two);
  assert.equal(one.body, two.body);
  assert.equal(one.headers['webhook-id'], two.headers['webhook-id']);
  const signed = `${two.headers['webhook-id']}.${two.headers['webhook-timestamp']}.${two.body}`;
  assert.equal(
    two.headers['webhook-signature'],
    `v1,${createHmac('sha256', Buffer.alloc(24, 7)).update(signed).digest('base64')}`,
  );
  assert.equal(JSON.parse(two.body).type, 'message.delivered');
  assert.doesNotMatch(two.body, /HTTP|4917/, 'neither text nor number');
  assert.equal(rig.core.store.count, 0);
});

test('MO: routed by number and keyword, durable before the answer, handed once; without a route refused', async () => {
  const rig = await rigWithMoney(
    gatewayConfig({
      accounts: [accountConfig('acme'), accountConfig('votes')],
      moRoutes: [
        { number: '4444', keyword: 'VOTE', account: 'votes' },
        { number: '4444', keyword: null, account: 'acme' },
      ],
    }),
  );
  const mo = (destinationAddr: string, text: string, event: number): void => {
    const number = Buffer.alloc(8);
    number.writeUInt32BE(event, 4);
    const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
    peer?.send(
      deliverSm({
        sourceAddr: '491700000001',
        destinationAddr,
        shortMessage: Buffer.from(text),
        tlvs: [{ tag: HopTag.eventNumber, value: number }],
      }),
      9000 + event,
    );
  };
  mo('4444', 'vote for me', 1);
  mo('4444', 'hello', 2);
  mo('5555', 'nobody', 3);
  await rig.pass(100);
  assert.deepEqual(rig.guard.taken.map((one) => [one.token, one.status]).sort(), [
    [9001, 0],
    [9002, 0],
    [9003, 0x66],
  ]);
  mo('4444', 'hello', 2);
  await rig.pass(50);
  rig.crash();
  await rig.startGateway();
  const acme = await rig.customer();
  const votes = await rig.customer('votes');
  await rig.pass(100);
  assert.deepEqual(
    acme.mos.map((one) => one.shortMessage.toString()),
    ['hello'],
    'once, although the guard repeated it',
  );
  assert.deepEqual(
    votes.mos.map((one) => one.shortMessage.toString()),
    ['vote for me'],
  );
});

test('suspend refuses, cancel by lane ends what has not left, cdr tells what was charged', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  for (let i = 0; i < 5; i++) customer.submit({});
  await rig.pass(100);
  const suspended = rig.service.setSuspended('acme', true);
  await rig.pass(20);
  assert.equal(await suspended, 'done');
  const refused = customer.submit({});
  await rig.pass(50);
  assert.equal(customer.answers.get(refused)?.status, 0x45);
  const cancelled = rig.service.cancelAll('acme', 'normal');
  await rig.pass(100);
  assert.equal(await cancelled, 5);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [4, 4, 4, 4, 4],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
  const rows = (async () => {
    const found = [];
    for await (const page of rig.service.cdr('acme', 0, rig.loop.now() + 1000)) found.push(...page);
    return found;
  })();
  await rig.pass(100);
  assert.deepEqual(
    (await rows).map((row) => [row.state, row.charged]),
    new Array(5).fill(['deleted', 0]),
  );
});
