// SmppClient and SmppServer over time: reconnecting, back-off by status, versions, two connections for one, admission.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BindFailures } from '../../src/driver/bindFailures.ts';
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { PeerOptions, SmppClientOptions, SmppServerOptions } from '../../src/driver/types.ts';
import { bindFields, Owner, peerOptions } from './owner.ts';
import { manualWorld, type PipeEnd } from './world.ts';

const listen = { host: '', port: 2775, tls: null, proxies: null, maxConnectionsPerAddress: 9, maxConnections: 9 };

function serverOptions(more: Partial<SmppServerOptions> = {}): SmppServerOptions {
  return { listen, peer: peerOptions, maxUnbound: 4, acceptsPerSecond: 100, outbinds: false, ...more };
}

function clientOptions(more: Partial<SmppClientOptions> = {}, peer: Partial<PeerOptions> = {}): SmppClientOptions {
  return {
    connect: { host: 'mc', port: 2775, connectTimeoutMs: 1000, tls: null },
    peer: { ...peerOptions, interfaceVersion: 0x34, ...peer },
    bind: bindFields,
    modes: ['trx'],
    reconnectMinMs: 1000,
    reconnectMaxMs: 60_000,
    closedPortMaxMs: 5000,
    refusedMinMs: 60_000,
    refusedMaxMs: 900_000,
    ...more,
  };
}

/** Waits as `waiting` tells them, in seconds. */
function waits(lines: string[]): number[] {
  return lines.filter((line) => line.startsWith('waiting')).map((line) => Number(line.split(' ')[3]));
}

test('R4 nobody there: 1 s doubling to 60 s with jitter of a fifth; it binds as soon as somebody is', async () => {
  const world = manualWorld();
  world.net.refusal = 'EHOSTUNREACH';
  const owner = new Owner();
  const draws = [0, 0.999, 0.5];
  let at = 0;
  const client = new SmppClient<number>(world, clientOptions(), owner, () => draws[at++ % draws.length] as number);
  client.start();
  world.loop.pass(400_000);
  const seen = waits(owner.take());
  assert.deepEqual(seen.slice(0, 8), [0.8, 2.4, 4, 6.4, 19.2, 32, 48, 72]);
  const mc = new Owner();
  await listenSmpp<number>(world, serverOptions(), mc);
  world.loop.pass(72_000);
  assert.equal(client.bound.length, 1);
});

test('R4 nobody listens on a host that is there: at most 5 s, at any time between; when one connection stands the others follow', async () => {
  const world = manualWorld();
  const owner = new Owner();
  let draw = 0;
  const draws = [0.1, 0.9, 0.5, 0.3, 0.7];
  const options = clientOptions({ modes: ['trx', 'trx', 'trx'] });
  const client = new SmppClient<number>(world, options, owner, () => draws[draw++ % draws.length] as number);
  client.start();
  world.loop.pass(300_000);
  const seen = waits(owner.take());
  assert.ok(seen.every((wait) => wait >= 0.8 && wait <= 5));
  assert.ok(seen.slice(9).some((wait) => wait < 2) && seen.slice(9).some((wait) => wait > 4), seen.join());
  assert.ok(seen.length > 250 && seen.length < 400, `${seen.length} tries in five minutes by three`);
  await listenSmpp<number>(world, serverOptions(), new Owner());
  for (let ms = 0; client.bound.length === 0; ms += 10) {
    assert.ok(ms < 5000);
    world.loop.pass(10);
  }
  world.loop.pass(1000);
  assert.equal(client.bound.length, 3);
  client.stop(() => undefined);
});

test('R4 after a long outage the other connections of a client follow the first within a second', async () => {
  const world = manualWorld();
  world.net.refusal = 'EHOSTUNREACH';
  const options = clientOptions({ modes: ['trx', 'trx', 'trx', 'trx'] });
  const client = new SmppClient<number>(world, options, new Owner());
  client.start();
  world.loop.pass(600_000);
  await listenSmpp<number>(world, serverOptions({ maxUnbound: 9 }), new Owner());
  for (let ms = 0; client.bound.length === 0; ms += 10) {
    assert.ok(ms < 72_000);
    world.loop.pass(10);
  }
  assert.ok(client.bound.length < 4);
  world.loop.pass(1010);
  assert.equal(client.bound.length, 4);
});

test('item 17: a lost connection comes back within 10 s, again and again', async () => {
  const world = manualWorld();
  const [mc, owner] = [new Owner(), new Owner()];
  await listenSmpp<number>(world, serverOptions(), mc);
  const client = new SmppClient<number>(world, clientOptions(), owner);
  client.start();
  for (let i = 0; i < 20; i++) {
    world.loop.pass(10_000);
    assert.equal(client.bound.length, 1);
    world.net.pipes.at(-1)?.cut();
    assert.equal(client.bound.length, 0);
  }
  for (const wait of waits(owner.take())) assert.ok(wait <= 1.2);
});

test('R2 configuration faults: at least 60 s, doubling to 15 min; busy and already bound: as for a lost connection', async () => {
  for (const [status, first, second, last] of [
    [0x0e, 60, 120, 900],
    [0x0f, 60, 120, 900],
    [0x53, 60, 120, 900],
    [0x0d, 60, 120, 900],
    [0x05, 1, 2, 60],
    [0x58, 1, 2, 60],
  ] as const) {
    const world = manualWorld();
    const [mc, owner] = [new Owner(), new Owner()];
    mc.accepts = false;
    mc.status = status;
    await listenSmpp<number>(world, serverOptions(), mc);
    new SmppClient<number>(world, clientOptions(), owner).start();
    world.loop.pass(6_000_000);
    const seen = waits(owner.take());
    const fits = (wait: number | undefined, want: number) =>
      wait !== undefined && wait >= want * 0.8 && wait <= want * 1.2;
    assert.ok(
      fits(seen[0], first) && fits(seen[1], second) && fits(seen.at(-1), last),
      `${status}: ${seen.slice(0, 6)}`,
    );
    if (first === 60) for (const wait of seen) assert.ok(wait >= 60);
  }
});

test('R3 0x50 without an answer, or with 0x03 or 0x0D, is tried again at once as 0x34', async () => {
  const world = manualWorld();
  const [mc, owner] = [new Owner(), new Owner()];
  const accept = mc.bindRequested.bind(mc);
  mc.bindRequested = (peer, pdu) => {
    if ('interfaceVersion' in pdu && pdu.interfaceVersion === 0x34) accept(peer, pdu);
  };
  await listenSmpp<number>(world, serverOptions(), mc);
  const client = new SmppClient<number>(world, clientOptions({}, { interfaceVersion: 0x50 }), owner);
  client.start();
  world.loop.pass(10_100);
  assert.equal(client.bound.length, 1);
  assert.equal(client.bound[0]?.version, 0x34);
});

test('R2 bind_transceiver answered with 0x03: one transmitter and one receiver instead', async () => {
  const world = manualWorld();
  const [mc, owner] = [new Owner(), new Owner()];
  mc.bindRequested = (peer, pdu) => {
    if (pdu.command === 'bind_transceiver') peer.refuseBind(0x03);
    else peer.acceptBind('mc');
  };
  await listenSmpp<number>(world, serverOptions(), mc);
  const client = new SmppClient<number>(world, clientOptions(), owner);
  client.start();
  world.loop.pass(3_000);
  assert.deepEqual(client.bound.map((peer) => peer.mode).sort(), ['rx', 'tx']);
  let stopped = false;
  client.stop(() => {
    stopped = true;
  });
  world.loop.pass(100);
  assert.equal(stopped, true);
  assert.equal(client.bound.length, 0);
  world.loop.pass(100_000);
  assert.equal(client.bound.length, 0);
});

test('several connections: each is kept by itself', async () => {
  const world = manualWorld();
  const [mc, owner] = [new Owner(), new Owner()];
  await listenSmpp<number>(world, serverOptions(), mc);
  const client = new SmppClient<number>(world, clientOptions({ modes: ['trx', 'trx', 'rx'] }), owner);
  client.start();
  world.loop.settle();
  assert.equal(client.bound.length, 3);
  world.net.pipes[1]?.cut();
  assert.equal(client.bound.length, 2);
  world.loop.pass(1_300);
  assert.equal(client.bound.length, 3);
});

test('R2 failed binds wait longer and longer; beyond a number the owner is not asked any more', async () => {
  const world = manualWorld();
  const [mc, owner] = [new Owner(), new Owner()];
  mc.accepts = false;
  await listenSmpp<number>(world, serverOptions({ acceptsPerSecond: 1000 }), mc);
  const options = clientOptions({ refusedMinMs: 1, refusedMaxMs: 1 });
  const client = new SmppClient<number>(world, options, owner);
  client.start();
  world.loop.pass(200);
  assert.deepEqual(owner.take(), []);
  world.loop.pass(100);
  assert.equal(owner.take()[0], 'bindRefused d');
  const failures = new BindFailures();
  const delays: number[] = [];
  for (let i = 0; i < 25; i++) delays.push(failures.failed('192.0.2.1', 'guessed', i));
  assert.deepEqual(delays.slice(0, 6), [250, 500, 1000, 2000, 4000, 5000]);
  assert.equal(failures.admits('192.0.2.1', 'other', 30), false);
  assert.equal(failures.admits('192.0.2.2', 'guessed', 30), false);
  assert.equal(failures.admits('192.0.2.2', 'other', 30), true);
  assert.equal(failures.admits('192.0.2.1', 'other', 70_000), true);
  const known = new BindFailures();
  known.succeeded('192.0.2.7', 'guessed');
  for (let i = 0; i < 25; i++) known.failed('192.0.2.1', 'guessed', i);
  assert.equal(known.admits('192.0.2.7', 'guessed', 30), true);
});

test('R9 connections without a bind are limited in total, bound ones are not counted', async () => {
  const said: string[] = [];
  const base = manualWorld();
  const log = { ...base.log, warn: (event: string) => void said.push(event) };
  const world = { ...base, log };
  const mc = new Owner();
  const counts = { connections_refused: 0, connections_pushed_out: 0 };
  const server = await listenSmpp<number>(world, serverOptions({ maxUnbound: 3, counts }), mc);
  const nobody = { opened() {}, bytes() {}, drained() {}, closed() {} };
  const knock = (): PipeEnd => world.net.connect({ host: 'mc', port: 2775, connectTimeoutMs: 1, tls: null }, nobody);
  for (let i = 0; i < 6; i++) knock();
  world.loop.settle();
  assert.equal(server.peers.size, 3);
  // The crowd shuts nobody out: who has been silent longest makes room for a customer.
  const customer = new Owner();
  const client = new SmppClient<number>(world, clientOptions(), customer);
  client.start();
  world.loop.settle();
  assert.equal(customer.take()[0], 'bound trx 34');
  assert.equal(server.peers.size, 3);
  assert.deepEqual(counts, { connections_refused: 0, connections_pushed_out: 4 });
  for (let i = 0; i < 200; i++) knock();
  world.loop.settle();
  // 100 a second are accepted, of which six strangers and the customer have had theirs; the log has the first of each hundred.
  assert.equal(counts.connections_refused, 200 - (100 - 7));
  assert.equal(counts.connections_pushed_out, 4 + 93 - 1);
  assert.deepEqual(said, ['connections pushed out', 'connections refused', 'connections refused']);
  client.stop(() => {});
  world.loop.settle();
  world.loop.pass(10_000);
  assert.equal(server.peers.size, 0);
  for (let i = 0; i < 8; i++) {
    new SmppClient<number>(world, clientOptions(), new Owner()).start();
    world.loop.settle();
  }
  assert.equal(server.peers.size, 8);
});

test('outbind: an ESME that listens binds back on the connection that called', async () => {
  const world = manualWorld();
  const [esme, mc] = [new Owner(), new Owner()];
  const server = await listenSmpp<number>(world, serverOptions({ outbinds: true }), esme);
  const octets: Buffer[] = [];
  const far = world.net.connect(
    { host: 'esme', port: 2775, connectTimeoutMs: 1, tls: null },
    {
      opened: () => void far.write(Buffer.from('000000190000000b0000000000000001' + '6d6300' + '707764617300', 'hex')),
      bytes: (bytes) => void octets.push(Buffer.from(bytes)),
      drained() {},
      closed() {},
    },
  );
  world.loop.settle();
  assert.deepEqual(esme.take(), ['outbind']);
  assert.equal(Buffer.concat(octets).readUInt32BE(4), 1);
  const answer = Buffer.from('0000001380000001000000000000000100' + '0000', 'hex');
  answer.writeUInt32BE(17, 0);
  far.write(answer.subarray(0, 17));
  world.loop.settle();
  assert.equal(esme.take()[0], 'bound rx 50');
  assert.equal(server.peers.size, 1);
  assert.deepEqual(mc.take(), []);
});
