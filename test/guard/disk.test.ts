// Bounded memory and disk: orders that have left memory are found again, old journal batches go, nothing is forgotten early.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLEAN_LOG_MIN_BYTES } from '../../src/base/limits.ts';
import { HopTag, LinkState, OrderFlag, OutcomeClass } from '../../src/smpp/vendor.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

/** Sends `count` orders, at most `flight` at a time. */
async function flood(gateway: Gateway, prefix: string, count: number, flight = 200): Promise<void> {
  let done = gateway.answers.length;
  const first = done;
  for (let i = 0; i < count; i++) {
    await until('room', () => i + first - gateway.answers.length < flight);
    gateway.send(order('a', { op: `${prefix}-${i}`, to: `4179${1_000_000 + i}` }));
    done++;
  }
  await until('all answered', () => gateway.answers.length === done, 30_000);
}

test('orders beyond memory go to run files: their receipts and their repetitions find them, after a crash too', async () => {
  const disk = new Disk();
  const supplier = new Supplier();
  const port = await supplier.open();
  const options = {
    disk,
    links: [linkConfig('a', port, { throttlePerSecond: 100_000, window: 500 })],
    more: { maxOpsInMemory: 1000 },
  };
  let running = await runGuard(options);
  let gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
  supplier.onSubmit = (peer, pdu) => supplier.accept(peer, pdu, `id-${pdu.destinationAddr}`);
  for (let round = 0; round < 6; round++) {
    await flood(gateway, `r${round}`, 400);
    await until('moved', () => running.guard.core.sent.size <= 750 && running.guard.core.spill.unflushed === 0);
  }
  const sent = running.guard.core.sent;
  assert.ok(sent.size < 1000);
  assert.equal(sent.find('r0-3............'), -1);
  assert.ok(gateway.answers.every((one) => one.status === 0));
  const receipt = async (to: string, receipts: number): Promise<void> => {
    for (const peer of supplier.peers) supplier.receipt(peer, `id-${to}`, 'DELIVRD', to, 9);
    await until(`receipt of ${to}`, () => gateway.receipts.length === receipts);
  };
  const before = supplier.submits.length;
  const repeated = gateway.send(order('a', { op: 'r0-3', to: '41791000003', flags: OrderFlag.repeated }));
  await until('answered from disk', () => gateway.answer(repeated) !== undefined);
  assert.equal(gateway.answer(repeated)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  assert.equal(sent.find('r0-5............'), -1);
  const late = { op: 'r0-5', to: '41791000005', validUntil: Date.now() - 1, flags: OrderFlag.askOnly };
  const asked = gateway.send(order('a', late));
  await until('answered from disk', () => gateway.answer(asked) !== undefined);
  assert.equal(gateway.answer(asked)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  assert.equal(supplier.submits.length, before);
  await receipt('41791000003', 1);
  assert.match(
    gateway.receipts[0]?.tlvs.find((one) => one.tag === HopTag.op)?.value.toString('latin1') ?? '',
    /^r\d-3\.+$/,
  );
  await until('taken', () => running.guard.core.counters.receipts_up === 1);
  running.kill();
  await gateway.stop();
  await until('alone', () => supplier.peers.length === 0);
  running = await runGuard(options);
  gateway = new Gateway(running.port, 'gateway/a');
  await until('up again', () => gateway.states.at(-1)?.state === LinkState.up);
  await receipt('41791000017', 1);
  const again = gateway.send(order('a', { op: 'r1-9', to: '41791000009', flags: OrderFlag.repeated }));
  await until('answered from disk', () => gateway.answer(again) !== undefined);
  assert.equal(gateway.answer(again)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  assert.equal(supplier.submits.length, before);
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});

test('the journal does not grow with what has ended: its old batches are written again or let go', async () => {
  const disk = new Disk();
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({
    disk,
    links: [linkConfig('a', port, { throttlePerSecond: 100_000, window: 500 })],
    more: { maxOpsInMemory: 200_000 },
  });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
  supplier.onSubmit = (peer, pdu) => {
    const id = `id-${supplier.submits.length}`;
    supplier.accept(peer, pdu, id);
    supplier.receipt(peer, id, 'DELIVRD', pdu.destinationAddr);
  };
  const { log } = running.guard.core;
  let written = 0;
  for (let round = 0; written < 2.5 * CLEAN_LOG_MIN_BYTES; round++) {
    await flood(gateway, `c${round}`, 2000, 400);
    written = disk.history.reduce((sum, records) => sum + records.length, 0);
  }
  const { sent } = running.guard.core;
  // What lives are the orders, once each; as many records again may be dead before cleaning pays.
  await until('cleaned', () => log.stats.bytes < written / 1.3 && log.stats.liveRecords <= sent.size + 1, 20_000);
  assert.ok(log.stats.firstSeq > 1);
  const count = running.guard.core.sent.size;
  await gateway.stop();
  await running.stop();
  // A second run knows every order from what is left.
  const again = await runGuard({ disk, links: [linkConfig('a', port)], more: { maxOpsInMemory: 200_000 } });
  assert.equal(again.guard.core.sent.size, count);
  await again.stop();
  await supplier.server?.close();
});
