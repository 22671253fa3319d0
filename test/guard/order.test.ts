// The life of an order in token mode: gateway, guard, supplier and back, over real sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HopTag, LinkState, OutcomeClass, OutcomeVerdict } from '../../src/smpp/vendor.ts';
import { Gateway, linkConfig, order, runGuard, Supplier, until } from './rig.ts';

async function setUp(more: Parameters<typeof linkConfig>[2] = {}) {
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({ links: [linkConfig('a', port, more)] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('the link is up', () => gateway.states.at(-1)?.state === LinkState.up);
  return {
    supplier,
    running,
    gateway,
    async end() {
      await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}

test('an order leaves, its answer and its receipt come back', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const token = gateway.send(order('a', { op: 'op-1', text: 'Your code is 482913' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  const answer = gateway.answer(token);
  assert.equal(answer?.status, 0);
  assert.deepEqual(answer?.outcomes, [{ outcome: OutcomeClass.accepted, verdict: OutcomeVerdict.none, status: 0 }]);
  assert.match(answer?.messageId ?? '', /^[1-9a-f][0-9a-f]+$/);
  assert.equal(supplier.submits[0]?.shortMessage.toString(), 'Your code is 482913');
  assert.equal(supplier.submits[0]?.registeredDelivery, 1);
  assert.equal(supplier.submits[0]?.validityPeriod, '000000010000000R');
  assert.equal(supplier.submits[0]?.tlvs.length, 0);
  const [peer] = supplier.peers;
  assert.ok(peer);
  supplier.receipt(peer, '1', 'DELIVRD', '41790000001', 77);
  await until('receipt', () => gateway.receipts.length === 1);
  await until('supplier answered', () => supplier.answers.length === 1);
  assert.deepEqual(supplier.answers, [{ token: 77, status: 0 }]);
  const receipt = gateway.receipts[0];
  const value = (tag: number): Buffer | undefined => receipt?.tlvs.find((one) => one.tag === tag)?.value;
  assert.equal(receipt?.esmClass, 4);
  assert.equal(receipt?.sourceAddr, '41790000001');
  assert.equal(receipt?.destinationAddr, 'Glaspost');
  assert.equal(value(HopTag.op)?.toString('latin1'), 'op-1............');
  assert.equal(value(HopTag.segment)?.[0], 1);
  assert.equal(value(0x0427)?.[0], 2);
  assert.equal(value(0x001e)?.toString(), `${answer?.messageId}\0`);
  assert.match(receipt?.shortMessage.toString() ?? '', /stat:DELIVRD err:000 text:$/);
  await until('acknowledged', () => running.guard.core.counters.receipts_up === 1);
  await end();
});
