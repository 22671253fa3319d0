// Narrow moments in the guard: two events that seldom meet, and what must not come of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Core } from '../../src/guard/core.ts';
import { SegmentFlag } from '../../src/guard/letterLayout.ts';
import { PartReceipts } from '../../src/guard/partReceipts.ts';
import { extensionOf } from '../../src/guard/partRecords.ts';
import type { Upstream } from '../../src/guard/upstreams.ts';
import { HopTag, LinkState, OrderFlag, OutcomeClass } from '../../src/smpp/vendor.ts';
import { messageState } from '../../src/sms/messageState.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

const opOf = (
  pdu: { readonly tlvs: readonly { readonly tag: number; readonly value: Buffer }[] } | undefined,
): string =>
  pdu?.tlvs
    .find((one) => one.tag === HopTag.op)
    ?.value.toString('latin1')
    .replace(/\.+$/, '') ?? '';

test('a supplier gives an id out twice: a receipt to the number whose answer is still to come waits for that answer', async () => {
  const { supplier, gateway, end } = await setUp();
  supplier.onSubmit = (peer, pdu) => supplier.accept(peer, pdu, 'twin');
  const older = gateway.send(order('a', { op: 'older', to: '41790000001' }));
  await until('answered', () => gateway.answer(older) !== undefined);
  let answer: () => void = () => assert.fail('nothing to answer');
  supplier.onSubmit = (peer, pdu) => {
    supplier.receipt(peer, 'twin', 'DELIVRD', '41790000002');
    answer = () => supplier.accept(peer, pdu, 'twin');
  };
  const newer = gateway.send(order('a', { op: 'newer', to: '41790000002' }));
  await until('the receipt is answered', () => supplier.answers.length === 1);
  answer();
  await until('answered', () => gateway.answer(newer) !== undefined);
  await until('a receipt went up', () => gateway.receipts.length > 0);
  assert.deepEqual(gateway.receipts.map(opOf), ['newer']);
  await end();
});

test('a repeated order is answered from memory only when what a late answer changed in it is durable', async () => {
  const { supplier, running, gateway, end } = await setUp({ responseTimerMs: 100 });
  let answer: () => void = () => assert.fail('nothing to answer');
  supplier.onSubmit = (peer, pdu) => {
    answer = () => supplier.accept(peer, pdu, 'late-id');
  };
  const first = gateway.send(order('a', { op: 'known' }));
  await until('unknown', () => gateway.answer(first)?.outcomes?.[0]?.outcome === OutcomeClass.unknown);
  const { disk, guard } = running;
  disk.delayMs = 500;
  answer();
  await until('the late answer', () => guard.core.counters.late_answers === 1);
  const again = gateway.send(order('a', { op: 'known', flags: OrderFlag.repeated }));
  await until('answered', () => gateway.answer(again) !== undefined);
  assert.equal(gateway.answer(again)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  assert.ok(
    disk.history.some((records) => records.includes('late-id')),
    'durable before it is told',
  );
  await end();
});

test('an op on disk that cannot come back into full memory is neither refused nor taken for a new order', async () => {
  const MEMORY = 60;
  const supplier = new Supplier();
  const port = await supplier.open();
  const links = [linkConfig('a', port, { throttlePerSecond: 100_000, window: 500, responseTimerMs: 60_000 })];
  const running = await runGuard({ disk: new Disk(), links, more: { maxOpsInMemory: MEMORY } });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
  const { sent, spill } = running.guard.core;
  const give = (op: string, flags?: number): number =>
    gateway.send(order('a', { op, to: op === 'gone' ? '41799999999' : '41790000001', ...(flags && { flags }) }));
  const first = give('gone');
  await until('answered', () => gateway.answer(first) !== undefined);
  for (let i = 0; sent.find('gone'.padEnd(16, '.')) >= 0; i++) {
    const token = give(`early-${i}`);
    await until('answered', () => gateway.answer(token) !== undefined);
  }
  await until('on disk', () => spill.unflushed === 0);
  // Nothing that is under way can leave memory.
  const open: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => void open.push(() => supplier.accept(peer, pdu, `id-${open.length}`));
  for (let i = 0; !sent.full; i++) {
    const before = supplier.submits.length;
    const token = give(`open-${i}`);
    await until('emitted or refused', () => supplier.submits.length > before || gateway.answer(token) !== undefined);
  }
  const again = give('gone', OrderFlag.repeated);
  const marker = give('marker');
  await until('the one behind it is refused', () => gateway.answer(marker) !== undefined);
  assert.equal(gateway.answer(again), undefined);
  for (const answer of open) answer();
  await until('answered from disk', () => gateway.answer(again) !== undefined);
  assert.equal(gateway.answer(again)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  assert.equal(supplier.submits.filter((one) => one.destinationAddr === '41799999999').length, 1);
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});

test('one receipt for all parts waits until the state of every segment is durable, whatever is known', () => {
  const durable = new Set<number>();
  const queued: number[] = [];
  const sent = {
    link: () => 0,
    total: () => 2,
    extension: () => extensionOf([{ id: 7, asked: 1 }]),
    state: () => messageState.delivered,
    segmentFlag: (_handle: number, segment: number, flag: number) =>
      flag === SegmentFlag.durable && durable.has(segment),
  };
  const queue = { add: (token: number) => void queued.push(token) };
  const core = {
    sent,
    links: { get: () => null },
    upstreams: { queue: () => queue },
    receipts: { taken: () => undefined },
  };
  const receipts = new PartReceipts(core as unknown as Core);
  durable.add(1);
  receipts.receipt({} as Upstream, 5, 1);
  assert.deepEqual(queued, []);
  durable.add(0);
  receipts.receipt({} as Upstream, 5, 0);
  assert.deepEqual(queued, [5 * 256]);
});

test('a guard that comes back does not know what it wrote a moment ago: its first second is left empty', async () => {
  const disk = new Disk();
  const supplier = new Supplier();
  const port = await supplier.open();
  const options = { disk, links: [linkConfig('a', port)] };
  const times: number[] = [];
  supplier.onSubmit = (peer, pdu) => {
    times.push(performance.now());
    supplier.accept(peer, pdu, `id-${times.length}`);
  };
  /** Gives an order again and again until it is taken. */
  const deliver = async (at: number, op: string): Promise<void> => {
    const gateway = new Gateway(at, 'gateway/a');
    await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
    for (let status = -1; status !== 0; ) {
      const token = gateway.send(order('a', { op }));
      await until('answered', () => gateway.answer(token) !== undefined);
      status = gateway.answer(token)?.status ?? -1;
    }
    await gateway.stop();
  };
  const first = await runGuard(options);
  await deliver(first.port, 'before');
  first.kill();
  const restartedAt = performance.now();
  const second = await runGuard(options);
  await deliver(second.port, 'after');
  assert.equal(times.length, 2);
  assert.ok((times[1] as number) - restartedAt >= 1000, `${(times[1] as number) - restartedAt} ms after the restart`);
  await second.stop();
  await supplier.server?.close();
});
