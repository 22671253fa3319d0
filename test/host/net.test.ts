// Real sockets: hand-over facts, back-pressure, limits, PROXY heads, TLS with client certificates made on the spot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/port/net.ts';
import { End, net, plain, raw, to } from './end.ts';

test('bytes both ways, and how each end closed', async () => {
  const far = new End();
  const near = new End();
  const listener = await net.listen(plain, (connection) => far.take(connection));
  const connection = net.connect(to(listener.port), near.handler);
  await near.until((end) => end.opened);
  await far.until((end) => end.connection !== null);
  assert.equal(connection.facts.remotePort, listener.port);
  assert.deepEqual([far.connection?.facts.remoteAddress, far.connection?.facts.tls], ['127.0.0.1', false]);
  const scratch = Buffer.from('ping');
  connection.write(scratch);
  scratch.fill(0);
  await far.until((end) => end.received === 'ping');
  far.connection?.write(Buffer.from('last words'));
  far.connection?.end();
  await near.until((end) => end.reason !== null);
  await far.until((end) => end.reason !== null);
  assert.equal(near.received, 'last words');
  assert.deepEqual([near.reason?.code, far.reason?.code], ['ended', 'closed']);
  await listener.close();
});

test('last words arrive although the other end has sent what nobody read', async () => {
  const far = new End();
  const near = new End();
  const listener = await net.listen(plain, (connection) => {
    far.take(connection);
    connection.pause();
  });
  const connection = net.connect(to(listener.port), near.handler);
  await near.until((end) => end.opened);
  for (let i = 0; i < 20; i++) connection.write(Buffer.alloc(10_000));
  await far.until((end) => end.connection !== null);
  far.connection?.write(Buffer.from('no more'));
  far.connection?.end();
  await near.until((end) => end.reason !== null);
  assert.equal(near.received, 'no more');
  await listener.close();
});

test('nobody listens: refused, without opened', async () => {
  const listener = await net.listen(plain, () => {});
  const { port } = listener;
  await listener.close();
  const near = new End();
  net.connect(to(port), near.handler);
  await near.until((end) => end.reason !== null);
  assert.deepEqual(near.reason, { code: 'refused', detail: 'ECONNREFUSED' });
  assert.equal(near.opened, false);
});

test('back-pressure: write says so, the reader may pause, drained ends it, nothing is lost', async () => {
  const far = new End();
  const near = new End();
  const listener = await net.listen(plain, (connection) => {
    far.take(connection);
    connection.pause();
  });
  const connection = net.connect(to(listener.port), near.handler);
  await near.until((end) => end.opened);
  const block = Buffer.alloc(100_000, 7);
  let sent = 0;
  while (connection.write(block)) {
    sent++;
    assert.ok(sent < 1000, 'the system took 100 MB from a peer that does not read');
  }
  sent++;
  // What was written is a copy: the caller's buffer is free again.
  block.fill(9);
  assert.ok(connection.waitingBytes > 262_144);
  await far.until((end) => end.connection !== null);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(far.bytes, 0);
  far.connection?.resume();
  await near.until((end) => end.drains > 0);
  assert.equal(connection.waitingBytes, 0);
  await far.until((end) => end.bytes === sent * block.length);
  assert.equal(far.nines, 0);
  connection.destroy();
  await far.until((end) => end.reason !== null);
  await listener.close();
});

test('limits: beyond them a connection is closed at once, and one that goes makes room', async () => {
  const accepted: Connection[] = [];
  const listener = await net.listen({ ...plain, maxConnectionsPerAddress: 2 }, (connection) =>
    accepted.push(connection),
  );
  const ends = [new End(), new End(), new End()];
  for (const end of ends) {
    net.connect(to(listener.port), end.handler);
    await end.until((one) => one.opened);
  }
  await ends[2]?.until((end) => end.reason !== null);
  assert.equal(accepted.length, 2);
  const gone = new Promise<void>((resolve) => {
    (accepted[0] as Connection).handler = { opened() {}, bytes() {}, drained() {}, closed: () => resolve() };
  });
  accepted[0]?.destroy();
  await gone;
  const next = new End();
  const connection = net.connect(to(listener.port), next.handler);
  await next.until((end) => end.opened);
  connection.write(Buffer.from('x'));
  assert.equal(next.reason, null);
  while (accepted.length < 3) await new Promise((resolve) => setImmediate(resolve));
  for (const one of accepted) one.destroy();
  await listener.close();
});

test('PROXY: facts come from the head, in pieces too, with the first bytes behind it; others are closed', async () => {
  const far = new End();
  const listener = await net.listen({ ...plain, proxies: ['127.0.0.0/8'] }, (connection) => far.take(connection));
  const socket = raw(listener);
  const head = 'PROXY TCP4 203.0.113.9 198.51.100.2 51000 2775\r\nhello';
  for (const piece of [head.slice(0, 3), head.slice(3, 20), head.slice(20)]) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await far.until((end) => end.received === 'hello');
  assert.deepEqual(
    [far.connection?.facts.remoteAddress, far.connection?.facts.remotePort, far.connection?.facts.localAddress],
    ['203.0.113.9', 51000, '198.51.100.2'],
  );
  socket.destroy();
  const stranger = raw(listener);
  stranger.on('error', () => {});
  const closed = new Promise((resolve) => stranger.on('close', resolve));
  stranger.write('\x00\x00\x00\x10\x00\x00\x00\x15');
  await closed;
  await listener.close();
  const elsewhere = await net.listen({ ...plain, proxies: ['10.0.0.1'] }, () => assert.fail('not a listed proxy'));
  const unlisted = raw(elsewhere);
  unlisted.on('error', () => {});
  unlisted.write(head);
  await new Promise((resolve) => unlisted.on('close', resolve));
  await elsewhere.close();
});
