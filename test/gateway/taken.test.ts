// What a customer's answer to a receipt means, and what an attempt that may have left means for the end that is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const UNKNOWN = 7;

test('0 and refusals for good take a receipt, everything else is for later', async () => {
  for (const [status, offers] of [
    [0, 1],
    [0x65, 1],
    [0x66, 1],
    [0x64, 2],
    [0x58, 2],
    [0x14, 2],
    [0x45, 2],
    [0x08, 2],
  ] as const) {
    const rig = await new Rig().start();
    await rig.credit(1_000_000);
    const customer = await rig.customer();
    let offered = 0;
    customer.takes = () => (offered++ === 0 ? status : 0);
    customer.submit({});
    await rig.pass(100);
    rig.guard.receipt(rig.guard.orders[0]!, 2);
    await rig.pass(10_000);
    assert.equal(offered, offers, `status ${status.toString(16)}`);
    assert.equal(rig.core.store.count, 0);
  }
});

test('who was sent again after an unknown outcome and refused then may have arrived: UNKNOWN, and charged', async () => {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme', { onUnknown: 'retry' })] })).start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = () => [
    rig.guard.orders.length === 1
      ? { outcome: 4, verdict: 0, status: 0 }
      : ({ outcome: 2, verdict: 1, status: 0x0b } as const),
  ];
  customer.submit({});
  await rig.pass(2000);
  assert.equal(rig.guard.orders.length, 2);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [UNKNOWN],
  );
  assert.equal(rig.service.account('acme')?.balance, 950_000);
});
