// The journal stays bounded while a message lives long, and what lives long survives: written again, its old batches trimmed,
// its old key destroyed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLEAN_LOG_MIN_BYTES } from '../../src/base/limits.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

test('a scheduled message survives cleaning and a crash; the log is trimmed behind it', async () => {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme', { maxSegments: 255 })] })).start();
  await rig.credit(1_000_000_000_000);
  const customer = await rig.customer();
  const token = customer.submit({ scheduleDeliveryTime: '000000030000000R', shortMessage: Buffer.from('long-lived') });
  await rig.pass(50);
  const id = customer.answers.get(token)?.id;
  // Together more than the size from which the log is cleaned.
  const payload = Buffer.alloc(38_000, 97);
  for (let sent = 0; sent < 1000; ) {
    for (let i = 0; i < 25; i++, sent++)
      customer.submit({ shortMessage: Buffer.alloc(0), tlvs: [{ tag: Tag.messagePayload, value: payload }] });
    await rig.pass(50);
    for (const order of rig.guard.orders.splice(0)) {
      for (let segment = 1; segment <= 249; segment++) rig.guard.receipt(order, 2, segment);
      await rig.pass(5);
    }
  }
  await rig.pass(500);
  assert.equal(customer.receipts.length, 1000);
  await rig.pass(60_000);
  const disk = rig.disk.slot(0);
  assert.ok(rig.core.log.stats.bytes < CLEAN_LOG_MIN_BYTES, `the log has ${rig.core.log.stats.bytes} octets`);
  assert.ok(disk.firstSeq > 500, 'trimmed past the batch in which the long-lived one was accepted');
  assert.ok(disk.batches.size < disk.lastSeq / 2);
  const balance = rig.service.account('acme');
  rig.crash();
  await rig.startGateway();
  assert.deepEqual({ ...rig.service.account('acme'), binds: 0 }, { ...balance, binds: 0 });
  await rig.pass(3 * 3_600_000);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['long-lived'],
  );
  const order = rig.guard.orders[0];
  assert.ok(order);
  const back = await rig.customer();
  rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.deepEqual(
    back.receipts.map((one) => one.id),
    [id],
  );
  assert.equal(rig.core.store.count, 0);
  assert.equal(rig.core.ledger.sum('EUR'), 0);
});

test('history is found over a restart, once, whether its run was written or not', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const token = customer.submit({});
    await rig.pass(50);
    ids.push(customer.answers.get(token)?.id ?? '');
    const order = rig.guard.orders.at(-1);
    assert.ok(order);
    rig.guard.receipt(order, 2);
    // The first one's run is written, the others' are lost with the crash and made anew from the journal.
    await rig.pass(i === 0 ? 15_000 : 50);
  }
  rig.crash();
  await rig.startGateway();
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const listed = rig.service.messages(ref, null, 10);
  await rig.pass(50);
  assert.deepEqual(
    (await listed).map((one) => one.state),
    ['delivered', 'delivered', 'delivered'],
  );
  for (const id of ids) {
    const trace = rig.service.trace(id);
    await rig.pass(20);
    assert.equal((await trace)?.steps.at(-1)?.step, 'handed');
  }
});

test('a message that is closed while the history is written is not named as written', async () => {
  const rig = await new Rig().start();
  await rig.credit(10_000_000);
  const customer = await rig.customer();
  const COUNT = 40;
  const tokens = Array.from({ length: COUNT }, () => customer.submit({ registeredDelivery: 0 }));
  await rig.pass(500);
  const { orders } = rig.guard;
  assert.equal(orders.length, COUNT);
  // Ends all the time, each durable only much later: some of them while a run is being written.
  rig.commitMs = 300;
  for (const order of orders) {
    rig.guard.receipt(order, 2);
    await rig.pass(300);
  }
  await rig.pass(400);
  rig.crash();
  rig.commitMs = 1;
  await rig.startGateway();
  for (const token of tokens) {
    const trace = rig.service.trace(customer.answers.get(token)?.id ?? '');
    await rig.pass(5);
    assert.equal((await trace)?.message.state, 'delivered');
  }
});
