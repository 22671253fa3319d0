// Operating a guard: the admin over HTTP, reload without dropped sessions, metrics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/driver/records.ts';
import { adminHandler } from '../../src/guard/admin.ts';
import { RecordType } from '../../src/guard/records.ts';
import { writeHeartbeat } from '../../src/guard/runRecords.ts';
import { LinkState } from '../../src/smpp/vendor.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, guardConfig, linkConfig, runGuard, tokenUpstream, until } from './rig.ts';

async function setUp() {
  const [a, b] = [new Supplier(), new Supplier()];
  const [portA, portB] = [await a.open(), await b.open()];
  const links = [linkConfig('a', portA), linkConfig('b', portB)];
  const running = await runGuard({ links });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('both up', () => gateway.states.at(-1)?.state === LinkState.up && b.peers.length === 1);
  return {
    a,
    b,
    portB,
    links,
    running,
    gateway,
    async end() {
      await gateway.stop();
      await running.stop();
      await a.server?.close();
      await b.server?.close();
    },
  };
}

test('the admin shows state and counts, orders links, and asks for its token', async () => {
  const { running, gateway, end } = await setUp();
  const handler = adminHandler(running.guard.core, 'token-1');
  const ask = async (path: string, method = 'GET', token = 'token-1') => {
    const response = await handler(
      new Request(`http://127.0.0.1${path}`, { method, headers: { authorization: `Bearer ${token}` } }),
      '127.0.0.1',
    );
    return { code: response.status, text: await response.text() };
  };
  assert.equal((await ask('/status', 'GET', 'wrong')).code, 401);
  assert.equal((await ask('/nothing')).code, 404);
  assert.equal((await ask('/links/a/pause')).code, 405);
  assert.equal((await ask('/links/z/pause', 'POST')).code, 404);
  const token = gateway.send(order('a', { op: 'counted', text: 'a text nobody may see', to: '41791234567' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  const status = await ask('/status');
  assert.equal(status.code, 200);
  const parsed = JSON.parse(status.text) as {
    links: { name: string; state: string; rate: { contract: number }; window: { room: number } }[];
    counters: { segments_accepted: number };
  };
  assert.deepEqual(
    parsed.links.map((one) => [one.name, one.state, one.rate.contract, one.window.room]),
    [
      ['a', 'up', 1000, 50],
      ['b', 'up', 1000, 50],
    ],
  );
  assert.equal(parsed.counters.segments_accepted, 1);
  const metrics = await ask('/metrics');
  assert.match(metrics.text, /^glaspost_guard_segments_accepted_total 1$/m);
  assert.match(metrics.text, /^glaspost_guard_link_state\{link="a"\} 1$/m);
  for (const text of [status.text, metrics.text]) assert.ok(!/41791234567|nobody may see|secret/.test(text));
  assert.equal((await ask('/links/a/pause', 'POST')).code, 200);
  await until('paused is told', () => gateway.states.at(-1)?.state === LinkState.paused);
  assert.match((await ask('/status')).text, /"state":"paused"/);
  assert.equal((await ask('/links/a/resume', 'POST')).code, 200);
  await until('up is told', () => gateway.states.at(-1)?.state === LinkState.up);
  await end();
});

test('a reload drops no session of what is unchanged; new limits hold at once; a link comes and goes', async () => {
  const { a, b, portB, links, running, gateway, end } = await setUp();
  const before = a.peers[0];
  const c = new Supplier();
  const portC = await c.open();
  const { guard } = running;
  const [first] = links;
  assert.ok(first);
  guard.reload(guardConfig({ links: [{ ...first, throttlePerSecond: 7 }, linkConfig('c', portC)] }));
  await until('c is bound, b is not', () => c.peers.length === 1 && b.peers.length === 0);
  assert.equal(a.peers[0], before);
  assert.equal(gateway.failures.length, 0);
  assert.equal(guard.core.links.byName.get('a')?.pacer.contractRate, 7);
  const token = gateway.send(order('a', { op: 'after' }));
  await until('answered', () => gateway.answer(token)?.status === 0);
  // Other credentials rebind, and only then.
  guard.reload(guardConfig({ links: [{ ...first, password: 'new' }, linkConfig('b', portB)] }));
  await until(
    'a has been rebound, b is back',
    () => a.peers.length === 1 && a.peers[0] !== before && b.peers.length === 1 && c.peers.length === 0,
  );
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
  await c.server?.close();
  await end();
});

test('an upstream that leaves the configuration is unbound and may not come back', async () => {
  const { links, running, gateway, end } = await setUp();
  running.guard.reload(guardConfig({ links, upstreams: [] }));
  await until('unbound', () => gateway.peer === null);
  await until('refused', () => gateway.refused === 0x0f);
  await end();
});

test('what is being stopped is not opened again, and a bind that a drain or a reload is still leaving is waited for', async () => {
  const { a, b, links, running, gateway, end } = await setUp();
  const held: (() => void)[] = [];
  a.onSubmit = (peer, pdu) => held.push(() => a.accept(peer, { ...pdu }, 'held'));
  gateway.send(order('a', { op: 'open' }));
  await until('it has left', () => held.length === 1);
  const { guard } = running;
  guard.core.links.byName.get('a')?.give('drain');
  let stopped = false;
  const stop = guard.stop().then(() => {
    stopped = true;
  });
  await until('b has been left', () => b.peers.length === 0);
  guard.reload(guardConfig({ links }));
  for (const link of guard.core.links.byNumber) link.give('run');
  assert.equal(stopped, false);
  held[0]?.();
  await until('a has been left', () => a.peers.length === 0);
  await gateway.stop();
  await stop;
  assert.equal(a.peers.length + b.peers.length, 0);
  await end();
});

test('pauses and drains outlive a restart, and cleaning; resuming does too', async () => {
  const disk = new Disk();
  const [a, b] = [new Supplier(), new Supplier()];
  const options = { disk, links: [linkConfig('a', await a.open()), linkConfig('b', await b.open())] };
  let running = await runGuard(options);
  const post = async (path: string): Promise<{ kept: boolean; reason: string; order: { is: string } | null }> => {
    const handler = adminHandler(running.guard.core, 't');
    const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers: { authorization: 'Bearer t' } });
    return (await handler(request, '127.0.0.1')).json() as never;
  };
  const states = (): (readonly [string, string])[] =>
    running.guard.core.links.byNumber.map((one) => [one.name, one.order] as const);
  const crash = async (): Promise<void> => {
    running.kill();
    await until('alone', () => a.peers.length === 0 && b.peers.length === 0);
    running = await runGuard(options);
  };
  await until('bound', () => a.peers.length === 1 && b.peers.length === 1);
  const paused = await post('/links/a/pause');
  assert.equal(paused.kept, true);
  assert.equal(paused.order?.is, 'pause');
  assert.match(paused.reason, /paused by an operator of the guard since 20\d\d-\d\d-\d\dT\d\d:\d\dZ/);
  await post('/links/b/drain');
  const { core } = running.guard;
  const live = core.log.stats.liveRecords;
  const written = (): number => {
    let count = 0;
    for (const batch of disk.history) readRecords(batch, (type) => void (type === RecordType.linkOrder && count++));
    return count;
  };
  assert.equal(written(), 2);
  core.linkOrders.rewrite(core.log.seq);
  core.log.urgent();
  await until('written again', () => written() === 4);
  assert.equal(core.log.stats.liveRecords, live);
  await crash();
  assert.deepEqual(states(), [
    ['a', 'pause'],
    ['b', 'drain'],
  ]);
  await until('a is bound and paused', () => running.guard.core.links.byName.get('a')?.state === LinkState.paused);
  await until('b is told', () => running.guard.core.links.byName.get('b')?.state === LinkState.draining);
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('paused is told', () => gateway.states.at(-1)?.state === LinkState.paused);
  assert.match(gateway.states.at(-1)?.reason ?? '', /since 20/);
  assert.equal(b.peers.length, 0);
  assert.equal((await post('/links/a/resume')).order, null);
  await post('/links/b/resume');
  await gateway.stop();
  await crash();
  assert.deepEqual(states(), [
    ['a', 'run'],
    ['b', 'run'],
  ]);
  await until('both up', () => running.guard.core.links.byNumber.every((one) => one.state === LinkState.up));
  // A journal that takes nothing does not keep a pause from holding.
  disk.fate = 'full';
  const heartbeat = running.guard.core.log.begin(RecordType.heartbeat);
  writeHeartbeat(heartbeat, { at: Date.now(), openIntents: 0, openBinds: 0, pdus: 0 });
  running.guard.core.log.end();
  await until('full', () => !running.guard.core.log.accepting);
  const unkept = await post('/links/a/pause');
  assert.equal(unkept.kept, false);
  assert.equal(running.guard.core.links.byName.get('a')?.state, LinkState.paused);
  // It is stored when there is room, so that a restart does not bring back what held before.
  const before = written();
  disk.fate = 'durable';
  await until('stored', () => written() > before);
  await crash();
  assert.deepEqual(states(), [
    ['a', 'pause'],
    ['b', 'run'],
  ]);
  running.kill();
  await a.server?.close();
  await b.server?.close();
});

test('an upstream comes from the addresses and blocks that are allowed, from nowhere else', async () => {
  const a = new Supplier();
  const links = [linkConfig('a', await a.open())];
  const running = await runGuard({ links });
  for (const [allowedAddresses, bound] of [
    [['10.0.0.0/8', '127.0.0.0/8'], true],
    [['127.0.0.1'], true],
    [['10.0.0.0/8', '::1/128'], false],
    [['126.0.0.0/7'], true],
    [['127.0.0.2/31'], false],
  ] as const) {
    running.guard.reload(guardConfig({ links, upstreams: [{ ...tokenUpstream, allowedAddresses }] }));
    const gateway = new Gateway(running.port, 'gateway/a');
    await until('decided', () => gateway.peer !== null || gateway.refused !== 0);
    assert.equal(gateway.refused, bound ? 0 : 0x0d, allowedAddresses.join());
    await gateway.stop();
  }
  await running.stop();
  await a.server?.close();
});
