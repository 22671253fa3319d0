// INTENTs ahead of the window: when an answer frees a slot, what goes next is durable already, and no more is open than the window.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../src/queue/throttle.ts';
import { OutcomeClass } from '../../src/smpp/vendor.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

const WINDOW = 4;

test('a freed slot waits for no commit, and the window holds', async () => {
  const { supplier, gateway, running, end } = await setUp({ window: WINDOW });
  // The first answer tells how long a round trip takes.
  const first = gateway.send(order('a', { op: 'first' }));
  await until('answered', () => gateway.answer(first)?.status === 0);
  const held: (() => void)[] = [];
  let [answered, most] = [0, 0];
  supplier.onSubmit = (peer, pdu) => {
    const id = `id${held.length}`;
    held.push(() => supplier.accept(peer, { ...pdu }, id));
    most = Math.max(most, held.length - answered);
  };
  for (let i = 0; i < 2 * WINDOW; i++) gateway.send(order('a', { op: `op${i}`, text: `text ${i}` }));
  const [bind] = running.guard.core.links.byName.get('a')?.binds ?? [];
  assert.ok(bind);
  await until('the window is full, and some are ready', () => held.length === WINDOW && bind.ready.length > 0);
  const ahead = bind.ready.length;
  assert.ok(ahead < WINDOW, `${ahead}`);
  running.disk.fate = 'full';
  for (; answered < ahead; ) {
    answered++;
    held[answered - 1]?.();
    await until('the next goes out', () => held.length === WINDOW + answered);
  }
  running.disk.fate = 'durable';
  for (; answered < 2 * WINDOW; ) {
    await until('another is out', () => held.length > answered);
    answered++;
    held[answered - 1]?.();
  }
  assert.equal(most, WINDOW);
  assert.equal(supplier.submits.length, 1 + 2 * WINDOW);
  await end();
});

test('with a window of one nothing is ahead', async () => {
  const { supplier, gateway, running, end } = await setUp({ window: 1 });
  const first = gateway.send(order('a', { op: 'first' }));
  await until('answered', () => gateway.answer(first)?.status === 0);
  supplier.onSubmit = () => undefined;
  for (const op of ['second', 'third']) gateway.send(order('a', { op }));
  const marker = gateway.send(order('a', { op: 'marker', badToken: true }));
  await until('all read', () => gateway.answer(marker) !== undefined);
  const [bind] = running.guard.core.links.byName.get('a')?.binds ?? [];
  assert.equal(bind?.peer.inFlight, 1);
  await end();
});

test('what was ahead when the connection went was not emitted, and says so', async () => {
  const { supplier, gateway, running, end } = await setUp({ window: WINDOW });
  const first = gateway.send(order('a', { op: 'first' }));
  await until('answered', () => gateway.answer(first)?.status === 0);
  let peer: (typeof supplier.peers)[number] | null = null;
  supplier.onSubmit = (from) => {
    peer = from;
  };
  const tokens = Array.from({ length: 2 * WINDOW }, (_, i) => gateway.send(order('a', { op: `op${i}` })));
  const [bind] = running.guard.core.links.byName.get('a')?.binds ?? [];
  assert.ok(bind);
  await until('some are ready', () => supplier.submits.length === 1 + WINDOW && bind.ready.length > 0);
  const ahead = bind.ready.length;
  (peer as { close(detail: string): void } | null)?.close('gone');
  await until('all are answered', () => tokens.every((token) => gateway.answer(token) !== undefined));
  assert.equal(supplier.submits.length, 1 + WINDOW);
  const outcomes = tokens.map((token) => gateway.answer(token)?.outcomes?.[0]?.outcome);
  assert.equal(outcomes.filter((outcome) => outcome === OutcomeClass.unknown).length, WINDOW);
  assert.equal(outcomes.filter((outcome) => outcome === OutcomeClass.notEmitted).length, ahead);
  // A link of one a second would be late by each that still counts.
  const link = running.guard.core.links.get(0);
  await until('up again', () => link.usable);
  link.pacer = new Pacer(1);
  assert.equal(link.queue.admits(1, 1), null);
  await end();
});
