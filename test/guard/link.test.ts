// A link in trouble: answers that do not come, throttles, windows, pauses, disks; credentials of upstreams.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkState, OutcomeClass, OutcomeVerdict } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { linkConfig, runGuard, until } from './rig.ts';

test('an answer that does not come is unknown; a late one makes its receipts findable', async () => {
  const { supplier, gateway, end } = await setUp({ responseTimerMs: 150 });
  let late: (() => void) | null = null;
  supplier.onSubmit = (peer, pdu) => {
    late = () => supplier.accept(peer, { ...pdu }, 'late-id');
  };
  const token = gateway.send(order('a', { op: 'unknown' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.deepEqual(gateway.answer(token)?.outcomes, [{ outcome: OutcomeClass.unknown, verdict: 0, status: 0 }]);
  assert.ok(late);
  (late as () => void)();
  const [peer] = supplier.peers;
  assert.ok(peer);
  supplier.receipt(peer, 'late-id', 'DELIVRD', '41790000001');
  await until('receipt', () => gateway.receipts.length === 1);
  assert.equal(supplier.submits.length, 1);
  await end();
});

test('a connection lost before the answer leaves the outcome unknown; the link comes back by itself', async () => {
  const { supplier, gateway, end } = await setUp();
  supplier.onSubmit = (peer) => peer.close('gone');
  const token = gateway.send(order('a', { op: 'lost' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.deepEqual(gateway.answer(token)?.outcomes, [{ outcome: OutcomeClass.unknown, verdict: 0, status: 0 }]);
  await until('down is told', () => gateway.states.some((one) => one.state === LinkState.down));
  await until('up again', () => gateway.states.at(-1)?.state === LinkState.up);
  await end();
});

test('while the link is down an order is refused for later, with the reason, and nothing is kept of it', async () => {
  const supplier = new Supplier();
  const port = await supplier.open();
  await supplier.server?.close();
  const running = await runGuard({ links: [linkConfig('a', port)] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until(
    'down is told',
    () => gateway.states.at(-1)?.state === LinkState.down && gateway.states.at(-1)?.reason !== 'not connected yet',
  );
  const token = gateway.send(order('a', { op: 'early' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.equal(gateway.answer(token)?.status, 0x14);
  assert.match(gateway.answer(token)?.reason ?? '', /cannot connect/);
  assert.equal(running.guard.core.sent.size, 0);
  await gateway.stop();
  await running.stop();
});

test('RTHROTTLED slows the link, is told upwards, and the message is for later', async () => {
  const { supplier, gateway, running, end } = await setUp();
  supplier.onSubmit = (peer, pdu) => peer.respondStatus(pdu.sequence, pdu.commandId, 0x58);
  const token = gateway.send(order('a', { op: 'fast' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.deepEqual(gateway.answer(token)?.outcomes, [
    { outcome: OutcomeClass.refused, verdict: OutcomeVerdict.retryLater, status: 0x58 },
  ]);
  await until('slow is told', () => gateway.states.at(-1)?.state === LinkState.slow);
  const next = gateway.send(order('a', { op: 'next' }));
  await until('answered', () => gateway.answer(next) !== undefined);
  assert.equal(gateway.answer(next)?.status, 0x58);
  assert.match(gateway.answer(next)?.reason ?? '', /rate/);
  assert.equal(running.guard.core.links.byName.get('a')?.pacer.rate(performance.now()), 500);
  await end();
});

test('the rate of a link is kept over all its binds: no second holds more than the contract allows', async () => {
  const { supplier, gateway, end } = await setUp({ throttlePerSecond: 20, modes: ['trx', 'trx'] });
  const times: number[] = [];
  supplier.onSubmit = (peer, pdu) => {
    times.push(performance.now());
    supplier.accept(peer, pdu, `p${times.length}`);
  };
  const pending: number[] = [];
  for (let i = 0; i < 200; i++) pending.push(gateway.send(order('a', { op: `rate-${i}`, to: `4179000${1000 + i}` })));
  await until('all answered', () => pending.every((token) => gateway.answer(token) !== undefined));
  const held = pending.filter((token) => gateway.answer(token)?.status === 0x58).length;
  assert.ok(held >= 175 && times.length + held === 200, `${held} held, ${times.length} sent`);
  assert.ok(times.length <= 21, `${times.length} at once`);
  await end();
});

test('a message of more segments than the rate still goes, at the rate', async () => {
  const { supplier, gateway, end } = await setUp({ throttlePerSecond: 2 });
  const times: number[] = [];
  supplier.onSubmit = (peer, pdu) => {
    times.push(performance.now());
    supplier.accept(peer, pdu, `s${times.length}`);
  };
  const token = gateway.send(order('a', { op: 'slow', text: 'z'.repeat(400), segments: 3 }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.equal(gateway.answer(token)?.outcomes?.length, 3);
  assert.ok((times[2] ?? 0) - (times[0] ?? 0) >= 995, `${(times[2] ?? 0) - (times[0] ?? 0)} ms`);
  await end();
});

test('PINs go before what waits, and a window that is full gives orders back', async () => {
  const { supplier, gateway, end } = await setUp({ window: 1 });
  const held: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => held.push(() => supplier.accept(peer, { ...pdu }, `w${held.length}`));
  gateway.send(order('a', { op: 'first' }));
  await until('first out', () => held.length === 1);
  const bulk = gateway.send(order('a', { op: 'bulk', text: 'bulk', lane: 2 }));
  gateway.send(order('a', { op: 'pin', text: 'pin', lane: 0 }));
  const marker = gateway.send(order('a', { op: 'marker', badToken: true }));
  await until('all read', () => gateway.answer(marker) !== undefined);
  held[0]?.();
  await until('second out', () => held.length === 2);
  assert.equal(supplier.submits[1]?.shortMessage.toString(), 'pin');
  await until('bulk is given back', () => gateway.answer(bulk) !== undefined);
  assert.equal(gateway.answer(bulk)?.status, 0x14);
  assert.match(gateway.answer(bulk)?.reason ?? '', /window/);
  await end();
});

test('a PIN for which there is no window stays with the guard when others are given back, and is the next to go', async () => {
  const { supplier, gateway, end } = await setUp({ window: 1 });
  const held: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => held.push(() => supplier.accept(peer, { ...pdu }, `w${held.length}`));
  gateway.send(order('a', { op: 'first' }));
  await until('first out', () => held.length === 1);
  const pin = gateway.send(order('a', { op: 'pin', text: 'pin', lane: 0 }));
  const before = gateway.send(order('a', { op: 'before', lane: 2 }));
  await until('bulk is given back', () => gateway.answer(before)?.status === 0x14);
  gateway.send(order('a', { op: 'after', lane: 2 }));
  assert.equal(gateway.answer(pin), undefined);
  held[0]?.();
  await until('second out', () => held.length === 2);
  assert.equal(supplier.submits[1]?.shortMessage.toString(), 'pin');
  await end();
});

test('a PIN is taken however many segments have their numbers already, and goes behind them', async () => {
  const { supplier, gateway, end } = await setUp({ throttlePerSecond: 4 });
  supplier.onSubmit = (peer, pdu) => supplier.accept(peer, pdu, `n${supplier.submits.length}`);
  gateway.send(order('a', { op: 'long', text: 'z'.repeat(600), segments: 4, lane: 2 }));
  const pin = gateway.send(order('a', { op: 'pin', text: 'pin', lane: 0 }));
  const bulk = gateway.send(order('a', { op: 'bulk', text: 'bulk', lane: 2 }));
  await until('bulk is given back', () => gateway.answer(bulk)?.status === 0x58);
  await until('the PIN has left', () => gateway.answer(pin) !== undefined);
  assert.equal(gateway.answer(pin)?.status, 0);
  assert.deepEqual(
    supplier.submits.map((one) => one.shortMessage.toString('latin1').endsWith('pin')),
    [false, false, false, false, true],
  );
  await end();
});

test('credentials: wrong password, unknown name, unknown link, too many binds', async () => {
  const { running, end } = await setUp();
  const refused = async (systemId: string, password: string): Promise<number> => {
    const one = new Gateway(running.port, systemId, { password });
    await until('refused', () => one.refused !== 0);
    await one.stop();
    return one.refused;
  };
  assert.equal(await refused('gateway/a', 'wrong'), 0x0e);
  assert.equal(await refused('nobody/a', 'up'), 0x0f);
  assert.equal(await refused('gateway/z', 'up'), 0x0f);
  assert.equal(await refused('gateway', 'up'), 0x0f);
  await end();
});

test('a link can be paused, drained and resumed', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const link = running.guard.core.links.byName.get('a');
  assert.ok(link);
  link.give('pause');
  await until('paused is told', () => gateway.states.at(-1)?.state === LinkState.paused);
  const token = gateway.send(order('a', { op: 'paused' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  assert.equal(gateway.answer(token)?.status, 0x14);
  assert.equal(supplier.peers.length, 1);
  link.give('drain');
  await until('unbound', () => supplier.peers.length === 0);
  await until('draining is told', () => gateway.states.at(-1)?.state === LinkState.draining);
  link.give('run');
  await until('up again', () => gateway.states.at(-1)?.state === LinkState.up);
  const again = gateway.send(order('a', { op: 'resumed' }));
  await until('answered', () => gateway.answer(again)?.status === 0);
  await end();
});

test('a disk that takes nothing stops new orders; a sync that fails stops everything at once', async () => {
  const { supplier, gateway, running, end } = await setUp();
  running.disk.fate = 'full';
  const token = gateway.send(order('a', { op: 'full' }));
  await until('the guard knows', () => running.guard.core.closedReason !== null);
  assert.equal(supplier.submits.length, 0);
  const refused = gateway.send(order('a', { op: 'full-2' }));
  await until('refused', () => gateway.answer(refused)?.status === 0x14);
  running.disk.fate = 'durable';
  await until('stored after all', () => gateway.answer(token)?.status === 0);
  running.disk.fate = 'unknownLost';
  gateway.send(order('a', { op: 'halts' }));
  await until('halted', () => running.halts.length === 1);
  await until('supplier is left alone', () => supplier.peers.length === 0);
  assert.equal(supplier.submits.length, 1);
  await gateway.stop();
  running.kill();
  await supplier.server?.close();
  void end;
});

test('a full disk is told once, and so is the room that comes back: orders are taken again without a restart', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const { disk, guard } = running;
  const told = (pattern: RegExp): number => disk.said.filter((one) => pattern.test(one)).length;
  for (const round of [1, 2]) {
    disk.fate = 'full';
    const token = gateway.send(order('a', { op: `full-${round}` }));
    await until('the guard knows', () => guard.core.closedReason !== null);
    const refused = gateway.send(order('a', { op: `refused-${round}` }));
    await until('refused', () => gateway.answer(refused)?.status === 0x14);
    disk.fate = 'durable';
    await until('stored after all', () => gateway.answer(token)?.status === 0);
    const again = gateway.send(order('a', { op: `refused-${round}` }));
    await until('taken', () => gateway.answer(again)?.status === 0);
    assert.equal(told(/disk is full/), round);
    assert.equal(told(/disk has room again/), round);
  }
  assert.equal(supplier.submits.length, 4);
  disk.runsFail = true;
  const key = Buffer.from('an entry');
  guard.core.spill.put({ group: 9, key, order: key, value: key });
  const before = disk.runs;
  await until('tried twice', () => disk.runs >= before + 2);
  disk.runsFail = false;
  await until('told', () => told(/run files are written again/) === 1);
  assert.equal(told(/run file could not be written/), 1);
  assert.equal(guard.core.spill.unflushed, 0);
  await end();
});

test('an upstream that binds as a transmitter is told no link states, and the guard lives on', async () => {
  const { gateway, running, end } = await setUp();
  const silent = new Gateway(running.port, 'gateway/a', { mode: 'tx' });
  await until('bound', () => silent.peer !== null);
  const token = silent.send(order('a', { op: 'transmitted' }));
  await until('answered', () => silent.answer(token) !== undefined);
  assert.equal(silent.answer(token)?.status, 0);
  assert.deepEqual(silent.states, []);
  assert.ok(gateway.states.length > 0);
  await silent.stop();
  await end();
});
