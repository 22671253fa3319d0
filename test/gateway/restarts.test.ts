// Restarts in the narrow moments: what stands in the journal in part, what ended before, and limits that were lowered since.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/driver/records.ts';
import { RecordType } from '../../src/gateway/records.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { cancelPdu, replacePdu } from './pdus.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;

function part(seq: number, registeredDelivery: number) {
  return {
    esmClass: 0x40,
    registeredDelivery,
    shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 7, 2, seq]), Buffer.from(`part ${seq}`)]),
  };
}

async function begin(rig = new Rig()) {
  await rig.start();
  await rig.credit(1_000_000);
  return { rig, customer: await rig.customer() };
}

test('what ended with a joined message before a restart does not end with the message that gets its number', async () => {
  const { rig, customer } = await begin();
  for (const seq of [1, 2]) customer.submit(part(seq, 0));
  await rig.pass(100);
  rig.guard.receipt(rig.guard.orders[0]!, 2);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 0);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  for (const text of ['one', 'two', 'three']) back.submit({ shortMessage: Buffer.from(text) });
  await rig.pass(100);
  const orders = rig.guard.orders.slice(-3);
  // The number of the joined message is free last.
  for (const [i, order] of orders.toReversed().entries()) {
    rig.guard.receipt(order, 2);
    await rig.pass(100);
    assert.equal(back.receipts.length, i + 1);
    assert.equal(rig.core.store.count, 2 - i);
  }
});

test('parts that are whole at a restart: their message leaves when it is durable, as one that nobody was given before', async () => {
  const { rig, customer } = await begin();
  customer.submit(part(1, 1));
  await rig.pass(100);
  customer.submit(part(2, 1));
  rig.loop.settle();
  while (rig.disk.slot(0).batches.size === 0 || rig.disk.pending.length === 0) rig.loop.pass(0.1);
  rig.crash(1);
  await rig.startGateway();
  await rig.pass(100);
  assert.deepEqual(
    rig.guard.orders.map((order) => [order.text, order.flags]),
    [['part 1part 2', 0]],
  );
});

test('lower limits do not keep from starting with what was accepted under higher ones', async () => {
  const { rig, customer } = await begin();
  for (let i = 0; i < 3; i++) customer.submit({ scheduleDeliveryTime: '000000001000000R' });
  await rig.pass(100);
  rig.crash();
  rig.config = gatewayConfig({ maxMessages: 1 });
  await rig.startGateway();
  assert.equal(rig.core.store.count, 3);
  const back = await rig.customer();
  const token = back.submit({});
  await rig.pass(700_000);
  assert.equal(back.answers.get(token)?.status, 0x14);
  assert.equal(rig.guard.orders.length, 3);
});

test('an attempt that may have left, and another that waits: the message is not cancelled and does not end as EXPIRED', async () => {
  const { rig, customer } = await begin(
    new Rig(gatewayConfig({ accounts: [accountConfig('acme', { onUnknown: 'retry' })] })),
  );
  rig.guard.answer = () => [
    rig.guard.orders.length === 1 ? { outcome: 4, verdict: 0, status: 0 } : { outcome: 3, verdict: 3, status: 0x58 },
  ];
  const token = customer.submit({ validityPeriod: '000000000500000R' });
  await rig.pass(5000);
  assert.ok(rig.guard.orders.length > 1);
  rig.guard.answer = () => ({ status: 0x14, unknownOp: true });
  customer.send(cancelPdu(customer.answers.get(token)?.id ?? ''));
  await rig.pass(60);
  assert.equal(customer.others.at(-1)?.status, 0x11);
  assert.equal(customer.receipts.length, 0);
  await rig.pass(310_000);
  assert.equal(customer.receipts[0]?.state, 7);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE);
});

test('a part that waits at a restart is joined with those that come after it', async () => {
  const { rig, customer } = await begin();
  customer.submit(part(2, 1));
  await rig.pass(100);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  back.submit(part(1, 1));
  await rig.pass(100);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['part 1part 2'],
  );
  assert.equal(back.receipts.length, 0);
});

test('parts that became a message before a restart do not become another', async () => {
  const { rig, customer } = await begin();
  for (const seq of [1, 2]) customer.submit(part(seq, 1));
  await rig.pass(100);
  const before = rig.service.account('acme');
  assert.deepEqual([before?.held, before?.balance], [0, 1_000_000 - PRICE]);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  await rig.pass(500);
  assert.equal(new Set(rig.guard.orders.map((order) => order.op)).size, 1);
  assert.deepEqual(
    [rig.service.account('acme')?.held, rig.service.account('acme')?.balance],
    [before?.held, before?.balance],
  );
  const [peer] = [...rig.guard.links.keys()].slice(-1);
  rig.guard.receipt({ ...rig.guard.orders[0]!, peer: peer! }, 2);
  await rig.pass(500);
  assert.deepEqual(
    back.receipts.map((one) => one.state),
    [2, 2],
  );
});

test('an intermediate receipt that was taken is not offered again after a restart', async () => {
  const { rig, customer } = await begin();
  customer.submit({ registeredDelivery: 0x11 });
  await rig.pass(200);
  assert.deepEqual(
    customer.receipts.map((one) => one.pdu.esmClass),
    [0x20],
  );
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  await rig.pass(1000);
  assert.equal(back.receipts.length, 0);
  const [peer] = [...rig.guard.links.keys()].slice(-1);
  rig.guard.receipt({ ...rig.guard.orders[0]!, peer: peer! }, 2);
  await rig.pass(500);
  assert.deepEqual(
    back.receipts.map((one) => [one.pdu.esmClass, one.state]),
    [[0x04, 2]],
  );
});

test('a text that was replaced by a shorter one holds the price of the shorter one, over a restart too', async () => {
  const { rig, customer } = await begin();
  const long = Buffer.from('long '.repeat(80));
  const token = customer.submit({ shortMessage: long.subarray(0, 250), scheduleDeliveryTime: '000000010000000R' });
  await rig.pass(100);
  assert.equal(rig.service.account('acme')?.held, 2 * PRICE);
  customer.send(replacePdu(customer.answers.get(token)?.id ?? '', 'short'));
  await rig.pass(100);
  const before = rig.service.account('acme');
  assert.equal(before?.held, PRICE);
  rig.crash();
  await rig.startGateway();
  assert.deepEqual(
    [rig.service.account('acme')?.held, rig.service.account('acme')?.balance],
    [before.held, before.balance],
  );
});

test('who was suspended is suspended after a restart, until that is taken back', async () => {
  const { rig } = await begin();
  for (const [suspended, status] of [
    [true, 0x45],
    [false, 0],
  ] as const) {
    const done = rig.service.setSuspended('acme', suspended);
    await rig.pass(50);
    assert.equal(await done, 'done');
    rig.crash();
    await rig.startGateway();
    const back = await rig.customer();
    const token = back.submit({});
    await rig.pass(100);
    assert.equal(back.answers.get(token)?.status, status);
  }
});

test('what is accepted in the turn in which the names are written again is known when the log begins with that turn', async () => {
  const { rig } = await begin();
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const body = { kind: 'text', text: 'first of its turn' } as const;
  const rest = { lane: null, validityMs: null, scheduleAt: null, reference: null, purpose: null };
  void rig.service.submit(ref, [{ from: 'INFO', to: '+491700000001', body, ...rest }], null);
  const grown = gatewayConfig({ accounts: [accountConfig('acme'), accountConfig('other')] });
  assert.deepEqual(rig.gateway?.reload(grown), []);
  await rig.pass(10_000);
  // Trimmed with the next commit.
  await rig.credit(1_000_000);
  await rig.pass(10_000);
  const disk = rig.disk.slot(0);
  const types: number[] = [];
  readRecords(
    (disk.batches.get(disk.firstSeq) as { readonly records: Buffer }).records,
    (type) => void types.push(type),
  );
  assert.deepEqual(types.slice(0, 2), [RecordType.accept, RecordType.state]);
  rig.crash();
  await rig.startGateway();
  assert.equal(rig.service.account('acme')?.openMessages, 1);
  assert.equal(rig.core.ledger.sum('EUR'), 0);
});
