// Orders that were given and not answered: what became of them is learnt from the guard, whatever may not leave any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageIdResp } from '../../src/smpp/make.ts';
import { encodeOutcomes, HopTag, OrderFlag } from '../../src/smpp/vendor.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import type { SeenOrder } from './fakeGuard.ts';
import { cancelPdu } from './pdus.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;
const ASKS = OrderFlag.repeated | OrderFlag.askOnly;
const MINUTES_5 = '000000000500000R';

function end(order: SeenOrder | undefined): number {
  const value = order?.pdu.tlvs.find((one) => one.tag === HopTag.validUntil)?.value;
  return value === undefined ? 0 : Number(value.readBigUInt64BE());
}

async function unanswered(rig: Rig) {
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = () => null;
  customer.submit({ validityPeriod: MINUTES_5 });
  await rig.pass(100);
  return customer;
}

/** A message that was not emitted at first and is now ordered a second time, without an answer. */
async function retried() {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  let answers = 0;
  rig.guard.answer = () => (answers++ === 0 ? [{ outcome: 3, verdict: 3, status: 0x08 }] : null);
  customer.submit({ shortMessage: Buffer.from('retried') });
  await rig.pass(3000);
  assert.equal(rig.guard.orders.length, 2);
  return { rig, customer };
}

/** The gateway dies and comes back under a clock that is an hour behind. */
async function restartSetBack(rig: Rig): Promise<void> {
  rig.crash();
  rig.loop.wallOffsetMs -= 3_600_000;
  await rig.startGateway();
  await rig.pass(1000);
}

test('an order carries the real end of its validity, the same each time', async () => {
  const rig = new Rig();
  await unanswered(rig);
  const wanted = rig.loop.now() + 300_000;
  await rig.pass(130_000);
  assert.ok(rig.guard.orders.length >= 2);
  for (const order of rig.guard.orders) assert.ok(Math.abs(end(order) - wanted) < 1000);
  assert.equal(new Set(rig.guard.orders.map(end)).size, 1);
});

test('beyond its validity it only asks; what the guard did not emit is EXPIRED and paid back', async () => {
  const rig = new Rig();
  const customer = await unanswered(rig);
  await rig.pass(295_000);
  assert.ok(rig.guard.orders.every((order) => order.flags === 0 || order.flags === OrderFlag.repeated));
  rig.guard.answer = () => [{ outcome: 3, verdict: 3, status: 0x62 }];
  await rig.pass(70_000);
  assert.equal(rig.guard.orders.at(-1)?.flags, ASKS);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [3],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
});

test('beyond its validity a refusal that says nothing of the op ends nothing; the outcome is asked for until it is told', async () => {
  const rig = new Rig();
  const customer = await unanswered(rig);
  await rig.pass(310_000);
  rig.guard.answer = () => ({ status: 0x14, unknownOp: false });
  await rig.pass(70_000);
  assert.equal(customer.receipts.length, 0);
  rig.guard.answer = () => [{ outcome: 1, verdict: 0, status: 0 }];
  await rig.pass(2000);
  const last = rig.guard.orders.at(-1);
  assert.ok(last);
  assert.equal(last.flags, ASKS);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE);
  const asked = rig.guard.orders.length;
  rig.guard.receipt(last, 2);
  await rig.pass(5000);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [2],
  );
  assert.equal(rig.guard.orders.length, asked);
});

test('the outcome is asked for although the link is down', async () => {
  const rig = new Rig();
  const customer = await unanswered(rig);
  rig.guard.setLink('alpha', 3);
  rig.guard.setLink('beta', 3);
  await rig.pass(300_000);
  rig.guard.answer = () => [{ outcome: 3, verdict: 3, status: 0x62 }];
  await rig.pass(70_000);
  assert.equal(rig.guard.orders.at(-1)?.flags, ASKS);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [3],
  );
});

test('a message given to the guard for which no route is left is asked for, not rejected', async () => {
  const rig = new Rig();
  const customer = await unanswered(rig);
  rig.crash();
  rig.config = gatewayConfig({ routes: [{ ...gatewayConfig().routes[0]!, prefix: '1' }] });
  let silent = true;
  rig.guard.answer = (order) => (silent || order.flags !== ASKS ? null : [{ outcome: 1, verdict: 0, status: 0 }]);
  await rig.startGateway();
  await rig.pass(61_000);
  silent = false;
  await rig.pass(61_000);
  const again = await rig.customer();
  const last = rig.guard.orders.at(-1);
  assert.ok(last);
  assert.equal(last.op, rig.guard.orders[0]?.op);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE);
  rig.guard.receipt(last, 2);
  await rig.pass(1000);
  assert.deepEqual(
    again.receipts.map((one) => one.state),
    [2],
  );
  assert.equal(customer.receipts.length, 0);
});

test('a message whose time is to come was not given to the guard: after a restart it can still be cancelled', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const token = customer.submit({ scheduleDeliveryTime: '000000003000000R', validityPeriod: '000000010000000R' });
  await rig.pass(100);
  const id = customer.answers.get(token)?.id ?? '';
  rig.crash();
  await rig.startGateway();
  const again = await rig.customer();
  const cancelled = again.send(cancelPdu(id));
  await rig.pass(100);
  assert.equal(again.answers.get(cancelled)?.status, 0);
  assert.equal(rig.guard.orders.length, 0);
});

test('after a restart under a clock that was set back, a retry whose time had come is repeated as such', async () => {
  const { rig, customer } = await retried();
  rig.guard.answer = (order) => (order.text === 'other' ? [{ outcome: 1, verdict: 0, status: 0 }] : null);
  customer.submit({ shortMessage: Buffer.from('other') });
  await rig.pass(100);
  await restartSetBack(rig);
  const last = rig.guard.orders.findLast((order) => order.text === 'retried');
  assert.equal(rig.guard.orders.filter((order) => order.text === 'retried').length, 3);
  assert.equal(last?.op, rig.guard.orders[1]?.op);
  assert.equal((last?.flags ?? 0) & OrderFlag.repeated, OrderFlag.repeated);
});

test('an attempt that may have left and another that found no room until the validity ended: UNKNOWN, charged once', async () => {
  const rig = new Rig(gatewayConfig({ accounts: [accountConfig('acme', { onUnknown: 'retry' })] }));
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  let first = true;
  rig.guard.answer = () => {
    const outcome = first
      ? ({ outcome: 4, verdict: 0, status: 0 } as const)
      : ({ outcome: 3, verdict: 3, status: 0x58 } as const);
    first = false;
    return [outcome];
  };
  customer.submit({ validityPeriod: MINUTES_5 });
  await rig.pass(310_000);
  assert.ok(rig.guard.orders.length > 2);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [7],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE);
});

test('after a restart under a clock that was set back, a retry is repeated as such although nothing was stored since it went', async () => {
  const { rig } = await retried();
  await restartSetBack(rig);
  assert.equal(rig.guard.orders.length, 3);
  assert.equal(rig.guard.orders[2]?.op, rig.guard.orders[1]?.op);
  assert.equal((rig.guard.orders[2]?.flags ?? 0) & OrderFlag.repeated, OrderFlag.repeated);
});

test('an answer may name another link than the one that was asked: that one has refused the message, or will tell of it', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = () => null;
  customer.submit({});
  await rig.pass(100);
  const [first] = rig.guard.orders;
  assert.equal(first?.link, 'alpha');
  first.peer.respond(first.sequence, {
    ...messageIdResp('submit_sm_resp', 0, 0, ''),
    tlvs: [
      { tag: HopTag.outcome, value: encodeOutcomes([{ outcome: 2, verdict: 2, status: 0x0a }]) },
      { tag: HopTag.link, value: Buffer.from('beta') },
    ],
  });
  await rig.pass(300);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.link),
    ['alpha', 'alpha'],
  );
});
