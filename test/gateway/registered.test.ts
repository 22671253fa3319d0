// registered_delivery (SMPP 3.4 §5.2.17): which ends a customer hears of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig } from './rig.ts';

const [DELIVERED, UNDELIVERABLE, ACCEPTED, ENROUTE] = [2, 5, 6, 1] as const;

test('0 none, 1 every end, 2 failures, 3 successes', async () => {
  for (const [registeredDelivery, state, told] of [
    [0, DELIVERED, 0],
    [0, UNDELIVERABLE, 0],
    [1, DELIVERED, 1],
    [1, UNDELIVERABLE, 1],
    [2, DELIVERED, 0],
    [2, UNDELIVERABLE, 1],
    [3, DELIVERED, 1],
    [3, UNDELIVERABLE, 0],
  ] as const) {
    const rig = await new Rig().start();
    await rig.credit(1_000_000);
    const customer = await rig.customer();
    customer.submit({ registeredDelivery });
    await rig.pass(100);
    rig.guard.receipt(rig.guard.orders[0]!, state);
    await rig.pass(200);
    const what = `registered_delivery ${registeredDelivery}, state ${state}`;
    assert.equal(customer.receipts.length, told, what);
    assert.equal(rig.core.store.count, 0, what);
  }
});

test('ACCEPTED and ENROUTE are no ends', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.submit({});
  await rig.pass(100);
  for (const state of [ENROUTE, ACCEPTED]) rig.guard.receipt(rig.guard.orders[0]!, state);
  await rig.pass(200);
  assert.deepEqual(
    rig.guard.taken.map((one) => one.status),
    [0, 0],
  );
  assert.equal(customer.receipts.length, 0);
  rig.guard.receipt(rig.guard.orders[0]!, DELIVERED);
  await rig.pass(200);
  assert.equal(customer.receipts[0]?.state, DELIVERED);
});
