// Receipts that are hard to hand over: intermediate and terminal ones of a message under way at the same time, and messages whose
// destination was written longer than a receipt can say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journalMessage } from '../../src/gateway/accept.ts';
import { RecordType } from '../../src/gateway/records.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import { dataSm } from '../../src/smpp/make.ts';
import { type DeliverSm, NO_TLVS } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { Rig } from './rig.ts';

const LATER = 0x45;
const RESPONSE_TIMER_MS = 30_000;
/** Between "later" and the next offer. */
const BACK_OFF_MS = 1_000;

test('an intermediate receipt that nobody answers does not bring the terminal one into the queue a second time', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const offered: DeliverSm[] = [];
  customer.takes = (pdu) => {
    offered.push(pdu);
    // The intermediate one and the first terminal one get no answer yet, any more are put off.
    return offered.length > 2 ? LATER : null;
  };
  customer.submit({ registeredDelivery: 0x11 });
  await rig.pass(100);
  assert.equal(offered[0]?.esmClass, 0x20);
  await rig.pass(RESPONSE_TIMER_MS - 5_000);
  const [order] = rig.guard.orders;
  assert.ok(order);
  rig.guard.receipt(order, 2, 1);
  await rig.pass(100);
  assert.equal(offered[1]?.esmClass, 0x04);
  // The timer of the intermediate one ends, that of the terminal one runs.
  await rig.pass(6_000);
  customer.peer?.respond(offered[1]?.sequence ?? 0, {
    command: 'deliver_sm_resp',
    commandId: CommandId.deliver_sm_resp,
    status: 0,
    sequence: 0,
    messageId: '',
    tlvs: NO_TLVS,
  });
  customer.takes = () => 0;
  await rig.pass(2_000);
  assert.equal(rig.core.store.count, 0, 'taken, and gone');
  for (let i = 0; i < 3; i++) customer.submit({});
  await rig.pass(100);
  for (const next of rig.guard.orders.slice(1)) rig.guard.receipt(next, 2, 1);
  await rig.pass(5_000);
  assert.equal(rig.guard.orders.length, 4);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 0);
  assert.equal(rig.core.store.count, 0);
  assert.equal(customer.receipts.length, 5, 'one intermediate, four terminal');
});

test('a data_sm may write its destination longer than a deliver_sm can: the receipt names it by its digits', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.send(
    dataSm({
      ...{ sourceAddrTon: 5, sourceAddr: 'INFO', destAddrTon: 1, destAddrNpi: 1, registeredDelivery: 1 },
      destinationAddr: '+49 (1700) 000-001 - - - - -',
      tlvs: [{ tag: Tag.messagePayload, value: Buffer.from('hello') }],
    }),
  );
  await rig.pass(100);
  const [order] = rig.guard.orders;
  assert.ok(order);
  rig.guard.receipt(order, 2, 1);
  await rig.pass(1_000);
  assert.equal(customer.receipts.length, 1);
  assert.equal(customer.receipts[0]?.pdu.sourceAddr, '491700000001');
  assert.equal(rig.core.store.count, 0);
});

test('a message that ends while its intermediate receipt waits: the terminal one goes out when the end is durable, once', async () => {
  // Around the moment at which the customer is asked again, so that the end's commit lies before, across and behind it.
  for (let beforeMs = 0; beforeMs < 12; beforeMs++) {
    const rig = await new Rig().start();
    await rig.credit(1_000_000);
    rig.commitMs = 5;
    const customer = await rig.customer();
    customer.takes = () => LATER;
    customer.submit({ registeredDelivery: 0x11 });
    let askedAt = -1;
    for (let now = 0; now < 2_000; now++) {
      await rig.pass(1);
      if (customer.receipts.length === 1 && askedAt < 0) {
        askedAt = now;
        customer.takes = () => 0;
      }
      const [order] = rig.guard.orders;
      if (order !== undefined && askedAt >= 0 && now === askedAt + BACK_OFF_MS - beforeMs)
        rig.guard.receipt(order, 2, 1);
    }
    rig.commitMs = 1;
    await rig.pass(5_000);
    assert.equal(rig.core.store.count, 0, `${beforeMs} ms before`);
    for (let i = 0; i < 2; i++) customer.submit({});
    await rig.pass(100);
    for (const next of rig.guard.orders.slice(1)) rig.guard.receipt(next, 2, 1);
    await rig.pass(20_000);
    assert.equal(rig.core.store.count, 0);
    assert.equal(rig.service.account('acme')?.waitingReceipts, 0);
    assert.equal(customer.receipts.filter((one) => one.state === 2).length, 3);
  }
});

test('a receipt that waited when its message was written again is handed over after a restart', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.takes = () => LATER;
  customer.submit({});
  await rig.pass(100);
  const [order] = rig.guard.orders;
  assert.ok(order);
  rig.guard.receipt(order, 2, 1);
  await rig.pass(500);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 1);
  journalMessage(rig.core, 0, RecordType.message);
  await rig.pass(100);
  rig.crash();
  await rig.startGateway();
  const later = await rig.customer();
  await rig.pass(2_000);
  assert.equal(later.receipts.length, 1);
  assert.equal(rig.core.store.count, 0);
});

test('a message that wanted an intermediate receipt alone ends while that waits: nothing of it stays in the queue', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.takes = () => LATER;
  customer.submit({ registeredDelivery: 0x10 });
  await rig.pass(100);
  assert.equal(customer.receipts.length, 1);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 1);
  const [order] = rig.guard.orders;
  assert.ok(order);
  rig.guard.receipt(order, 2, 1);
  await rig.pass(100);
  // Would take the number of the first, if that were free while it still stands in the queue.
  customer.takes = () => 0;
  customer.submit({});
  await rig.pass(3_000);
  rig.guard.receipt(rig.guard.orders[1] as typeof order, 2, 1);
  await rig.pass(20_000);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 0);
  assert.equal(rig.core.store.count, 0);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [1, 2],
    'the intermediate one of the first, the terminal one of the second',
  );
});
