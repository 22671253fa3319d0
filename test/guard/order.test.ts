// The life of an order in token mode: gateway, guard, supplier and back, over real sockets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HopTag, OutcomeClass, OutcomeVerdict } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

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

test('a long message leaves as numbered segments, back to back over one bind, and each has its outcome and receipt', async () => {
  const { supplier, gateway, end } = await setUp();
  supplier.onSubmit = (peer, pdu) => {
    const place = pdu.shortMessage[5] as number;
    if (place === 2) peer.respondStatus(pdu.sequence, pdu.commandId, 0x0b);
    else supplier.accept(peer, pdu, `part-${place}`);
  };
  const text = 'a'.repeat(153) + 'b'.repeat(153) + 'c'.repeat(20);
  const token = gateway.send(order('a', { op: 'long', text, segments: 3 }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.deepEqual(gateway.answer(token)?.outcomes, [
    { outcome: OutcomeClass.accepted, verdict: OutcomeVerdict.none, status: 0 },
    { outcome: OutcomeClass.refused, verdict: OutcomeVerdict.permanent, status: 0x0b },
    { outcome: OutcomeClass.accepted, verdict: OutcomeVerdict.none, status: 0 },
  ]);
  assert.equal(supplier.submits.map((one) => one.shortMessage.subarray(6).toString()).join(''), text);
  assert.deepEqual(supplier.sequences, [
    supplier.sequences[0],
    (supplier.sequences[0] ?? 0) + 1,
    (supplier.sequences[0] ?? 0) + 2,
  ]);
  const [peer] = supplier.peers;
  assert.ok(peer);
  supplier.receipt(peer, 'PART-3', 'DELIVRD', '41790000001');
  await until('receipt', () => gateway.receipts.length === 1);
  assert.equal(gateway.receipts[0]?.tlvs.find((one) => one.tag === HopTag.segment)?.value[0], 3);
  await end();
});

test('a repeated op is answered with its pending or recorded outcome, never sent again', async () => {
  const { supplier, gateway, end } = await setUp();
  let release: (() => void) | null = null;
  supplier.onSubmit = (peer, pdu) => {
    const { sequence } = pdu;
    release = () => supplier.accept(peer, { ...pdu, sequence }, 'only');
  };
  const first = gateway.send(order('a', { op: 'twice' }));
  await until('sent', () => release !== null);
  const second = gateway.send(order('a', { op: 'twice' }));
  const marker = gateway.send(order('a', { op: 'marker', badToken: true }));
  await until('the guard has read both', () => gateway.answer(marker) !== undefined);
  assert.equal(gateway.answer(second), undefined);
  (release as unknown as () => void)();
  await until('both answered', () => gateway.answer(first) !== undefined && gateway.answer(second) !== undefined);
  assert.deepEqual(gateway.answer(first)?.outcomes, gateway.answer(second)?.outcomes);
  const third = gateway.send(order('a', { op: 'twice', validitySeconds: 3000 }));
  await until('answered from the record', () => gateway.answer(third) !== undefined);
  assert.deepEqual(gateway.answer(third)?.outcomes, gateway.answer(first)?.outcomes);
  assert.equal(gateway.answer(third)?.messageId, gateway.answer(first)?.messageId);
  assert.equal(supplier.submits.length, 1);
  await end();
});

test('orders that are not proved, not whole or not allowed are declined and nothing leaves', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const cases = [
    { pdu: order('a', { op: 'd1', badToken: true }), status: 0x45, reason: /token/ },
    { pdu: order('b', { op: 'd2' }), status: 0x45, reason: /token/ },
    { pdu: order('a', { op: 'd3', segments: 2 }), status: 0x45, reason: /concatenation/ },
    { pdu: order('a', { op: 'd4', text: ' ' }), status: 0x45, reason: /visible/ },
    { pdu: order('a', { op: 'd5', to: '0790000001' }), status: 0x0b, reason: /destination/ },
    { pdu: order('a', { op: 'd6', dataCoding: 4 }), status: 0x104, reason: /data_coding/ },
    { pdu: { ...order('a', { op: 'd7' }), protocolId: 0x40 }, status: 0x45, reason: /protocol_id/ },
    {
      pdu: {
        ...order('a', { op: 'd8' }),
        tlvs: order('a', { op: 'd8' }).tlvs.filter((one) => one.tag !== HopTag.seed),
      },
      status: 0xc3,
      reason: /seed/,
    },
  ] as const;
  for (const { pdu, status, reason } of cases) {
    const token = gateway.send(pdu);
    await until('declined', () => gateway.answer(token) !== undefined);
    assert.equal(gateway.answer(token)?.status, status);
    assert.match(gateway.answer(token)?.reason ?? '', reason);
    assert.equal(gateway.answer(token)?.outcomes, null);
  }
  assert.equal(supplier.submits.length, 0);
  assert.equal(running.guard.core.sent.size, 0);
  await end();
});

test('a throttled part of a message that has partly left goes again by itself, under a new number', async () => {
  const { supplier, gateway, running, end } = await setUp();
  let refused = false;
  supplier.onSubmit = (peer, pdu) => {
    const place = pdu.shortMessage[5] as number;
    if (place === 2 && !refused) {
      refused = true;
      peer.respondStatus(pdu.sequence, pdu.commandId, 0x58);
    } else supplier.accept(peer, pdu, `t${place}`);
  };
  const token = gateway.send(order('a', { op: 'partly', text: 'q'.repeat(400), segments: 3 }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.deepEqual(
    gateway.answer(token)?.outcomes?.map((one) => one.outcome),
    [OutcomeClass.accepted, OutcomeClass.accepted, OutcomeClass.accepted],
  );
  assert.deepEqual(
    supplier.submits.map((one) => one.shortMessage[5]),
    [1, 2, 3, 2],
  );
  assert.equal(supplier.sequences[3], (supplier.sequences[2] ?? 0) + 1);
  assert.equal(running.guard.core.counters.throttled, 1);
  await end();
});

test('the end of an order is covered by its token to the last bit: one beyond all time is none', async () => {
  const { supplier, gateway, end } = await setUp();
  for (const octet of [0, 1]) {
    const pdu = order('a', { op: `end-${octet}` });
    const value = pdu.tlvs.find(({ tag }) => tag === HopTag.validUntil)?.value;
    assert.ok(value);
    value[octet] = 0x7f;
    const token = gateway.send(pdu);
    await until('answered', () => gateway.answer(token) !== undefined);
    assert.equal(gateway.answer(token)?.status, 0xc3);
  }
  const token = gateway.send(order('a', { op: 'after' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.equal(gateway.answer(token)?.status, 0);
  assert.equal(supplier.submits.length, 1);
  await end();
});
