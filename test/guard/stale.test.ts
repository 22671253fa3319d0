// Orders that come too late, or only ask: never emitted, but a known op is always answered from its record first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HopTag, OrderFlag, OutcomeClass, OutcomeVerdict } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

const NOT_EMITTED = {
  outcome: OutcomeClass.notEmitted,
  verdict: OutcomeVerdict.retryLater,
  status: 0x62,
} as const;

test('an unknown order whose validity has ended, or that only asks, is not emitted, and says so per segment', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const ended = gateway.send(
    order('a', {
      op: 'ended',
      text: 'z'.repeat(200),
      segments: 2,
      validUntil: Date.now() - 1,
      flags: OrderFlag.repeated,
    }),
  );
  const asked = gateway.send(order('a', { op: 'asked', flags: OrderFlag.repeated | OrderFlag.askOnly }));
  await until('answered', () => gateway.answers.length === 2);
  assert.equal(gateway.answer(ended)?.status, 0);
  assert.deepEqual(gateway.answer(ended)?.outcomes, [NOT_EMITTED, NOT_EMITTED]);
  assert.match(gateway.answer(ended)?.reason ?? '', /validity/);
  assert.deepEqual(gateway.answer(asked)?.outcomes, [NOT_EMITTED]);
  assert.match(gateway.answer(asked)?.reason ?? '', /asked/);
  assert.equal(running.guard.core.counters.orders_stale, 2);
  assert.equal(supplier.submits.length, 0);
  // What was only asked for may be ordered after all.
  const real = gateway.send(order('a', { op: 'asked' }));
  await until('answered', () => gateway.answer(real) !== undefined);
  assert.equal(gateway.answer(real)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  await end();
});

test('a known op is answered from its record, however late, and whatever else the order says', async () => {
  const { supplier, gateway, end } = await setUp();
  const first = gateway.send(order('a', { op: 'known' }));
  await until('answered', () => gateway.answer(first) !== undefined);
  for (const again of [
    order('a', { op: 'known', validUntil: Date.now() - 60_000, flags: OrderFlag.repeated | OrderFlag.askOnly }),
    order('a', { op: 'known', badToken: true, flags: OrderFlag.repeated }),
    { ...order('a', { op: 'known' }), validityPeriod: '200101000000000+' },
  ]) {
    const token = gateway.send(again);
    await until('answered', () => gateway.answer(token) !== undefined);
    assert.deepEqual(gateway.answer(token)?.outcomes, gateway.answer(first)?.outcomes);
    assert.equal(gateway.answer(token)?.messageId, gateway.answer(first)?.messageId);
  }
  assert.equal(supplier.submits.length, 1);
  await end();
});

test('the end of validity and the flags are under the token', async () => {
  const { supplier, gateway, end } = await setUp();
  const later = Buffer.alloc(8);
  later.writeBigUInt64BE(BigInt(Date.now() + 9_000_000));
  const changes = [
    { tag: HopTag.validUntil, value: later },
    { tag: HopTag.orderFlags, value: Buffer.from([0]) },
  ];
  for (const [i, change] of changes.entries()) {
    const pdu = order('a', { op: `token-${i}`, validUntil: Date.now() + 60_000, flags: OrderFlag.askOnly });
    const token = gateway.send({ ...pdu, tlvs: pdu.tlvs.map((one) => (one.tag === change.tag ? change : one)) });
    await until('declined', () => gateway.answer(token) !== undefined);
    assert.match(gateway.answer(token)?.reason ?? '', /token/);
  }
  assert.equal(supplier.submits.length, 0);
  await end();
});

test('an order that waits for the window does not leave after its validity; the refusal says that the op is unknown', async () => {
  const { supplier, gateway, end } = await setUp({ window: 1 });
  let release: (() => void) | null = null;
  supplier.onSubmit = (peer, pdu) => {
    release = () => supplier.accept(peer, { ...pdu }, 'first');
  };
  gateway.send(order('a', { op: 'first' }));
  await until('sent', () => release !== null);
  const validUntil = Date.now() + 100;
  const waits = gateway.send(order('a', { op: 'waits', validUntil }));
  await until('its validity has ended', () => Date.now() > validUntil + 50);
  (release as unknown as () => void)();
  await until('answered', () => gateway.answers.length === 2);
  assert.equal(gateway.answer(waits)?.status, 0x14);
  assert.equal(gateway.answer(waits)?.unknownOp, true);
  assert.equal(supplier.submits.length, 1);
  await end();
});
