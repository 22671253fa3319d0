// SmppPeer under pressure and in asked mode: slow peers, reserved numbers, orderly ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandId } from '../../src/smpp/commands.ts';
import { deliverSm, submitSm } from '../../src/smpp/pdu.ts';
import { answerTo, peerOptions } from './owner.ts';
import { one, pair, SM } from './pair.ts';

test('an ESME that is full for minutes does not take the silence for a dead peer', async () => {
  const patient = { ...peerOptions.timers, enquireLinkMs: 0, responseMs: 0 };
  const { world, esme, mc } = await pair({ window: 50, timers: patient }, { inboundWindow: 5 }, (_mc, owner) => {
    owner.answers = false;
  });
  for (let i = 0; i < 50; i++) one(mc.peers).send(deliverSm(SM), i);
  world.loop.pass(300_000);
  assert.equal(one(esme.peers).state, 'trx');
  while (esme.open.length > 0) {
    for (const open of esme.open.splice(0)) open.peer.respond(open.sequence, answerTo(deliverSm(SM)));
    world.loop.settle();
  }
  assert.equal(mc.ends.size, 50);
});

test('a peer that does not read: room is 0, the memory bounded, and after 30 s it is closed', async () => {
  const { world, esme } = await pair({}, { window: 1000 });
  const near = world.net.pipes[0];
  assert.ok(near?.other);
  near.other.stuck = true;
  const peer = one(esme.peers);
  const text = Buffer.alloc(140, 65);
  let sent = 0;
  for (let turn = 0; turn < 50; turn++) {
    for (let i = 0; i < 100 && peer.send(submitSm({ ...SM, shortMessage: text }), sent) !== null; i++) sent++;
    world.loop.settle();
  }
  assert.equal(peer.room, 0);
  assert.ok(peer.waitingBytes < 40_000);
  world.loop.pass(29_000);
  assert.equal(peer.state, 'trx');
  world.loop.pass(1_001);
  assert.equal(peer.state, 'closed');
  assert.ok(esme.take().includes('closed stalled'));
  assert.equal(esme.ends.size, sent);
  for (const ends of esme.ends.values()) assert.equal(ends.length, 1);
});

test('a slow peer that takes something now and then is not closed', async () => {
  const { world, esme } = await pair({}, { window: 1000 });
  const near = world.net.pipes[0];
  assert.ok(near?.other);
  const peer = one(esme.peers);
  near.other.stuck = true;
  for (let i = 0; i < 10; i++) {
    peer.send(submitSm(SM), i);
    world.loop.settle();
  }
  for (let i = 0; i < 8; i++) {
    world.loop.pass(20_000);
    near.moveOne();
    assert.ok(near.waitingBytes > 0);
  }
  assert.equal(peer.state, 'trx');
});

test('asked mode: not even the bind leaves without leave', async () => {
  const { world, esme, mc } = await pair({}, { emission: 'asked' }, (_mc, owner) => {
    owner.asked = () => {};
  });
  const near = world.net.pipes[0];
  assert.ok(near);
  assert.deepEqual(esme.take(), ['wants bind 1']);
  assert.deepEqual(mc.take(), []);
  assert.equal(near.writes, 0);
  world.loop.pass(20_000);
  assert.equal(near.writes, 0);
});

test('asked mode: reserve, emit later, abandon; reserved ones fail as notSent when the peer goes', async () => {
  const { world, esme, mc } = await pair({}, { emission: 'asked' }, (owner) => {
    owner.answers = false;
  });
  const peer = one(esme.peers);
  assert.deepEqual([peer.reserve(1), peer.reserve(2), peer.reserve(3)], [2, 3, 4]);
  world.loop.settle();
  assert.equal(mc.open.length, 0);
  assert.equal(peer.emit(3, submitSm(SM)), true);
  peer.abandon(4);
  world.loop.settle();
  assert.deepEqual(
    mc.open.map((open) => open.sequence),
    [3],
  );
  assert.equal(peer.room, 8);
  world.net.pipes[0]?.cut();
  assert.equal(peer.emit(2, submitSm(SM)), false);
  assert.deepEqual(esme.ends.get(1), ['notSent']);
  assert.deepEqual(esme.ends.get(2), ['closed']);
  assert.equal(esme.ends.get(3), undefined);
});

test('a PDU that cannot be written fails with unencodable and leaves the window as it was', async () => {
  const { world, esme } = await pair();
  const peer = one(esme.peers);
  assert.notEqual(peer.send(submitSm({ ...SM, sourceAddr: 'x'.repeat(40) }), 1), null);
  assert.deepEqual(esme.ends.get(1), ['unencodable']);
  assert.equal(peer.room, 10);
  peer.send(submitSm(SM), 2);
  world.loop.settle();
  assert.deepEqual(esme.ends.get(2), ['answer 0']);
});

test('octets encoded before leave under the reserved number', async () => {
  const { world, esme, mc } = await pair({}, { emission: 'asked' }, (owner) => {
    owner.answers = false;
  });
  const peer = one(esme.peers);
  const sequence = peer.reserve(1);
  const octets = Buffer.alloc(16 + 33);
  octets.writeUInt32BE(octets.length, 0);
  octets.writeUInt32BE(CommandId.submit_sm, 4);
  assert.equal(peer.emitBytes(sequence as number, octets, octets.length), true);
  world.loop.settle();
  assert.deepEqual(
    mc.open.map((open) => [open.commandId, open.sequence]),
    [[CommandId.submit_sm, sequence]],
  );
});

test('the server closes in order: unbinds all, accepts nothing more', async () => {
  const { world, esme, mc, server } = await pair();
  const closed = server.close();
  world.loop.pass(5_000);
  await closed;
  assert.equal(mc.take().at(-1), 'closed unbound');
  assert.ok(esme.take().includes('closed unbound'));
  assert.equal(server.peers.size, 0);
});

test('one alarm per peer, whatever is in flight', async () => {
  const { world, esme } = await pair({ inboundWindow: 500 }, { window: 500 }, (owner) => {
    owner.answers = false;
  });
  for (let i = 0; i < 500; i++) one(esme.peers).send(submitSm(SM), i);
  world.loop.settle();
  assert.ok(world.loop.alarms <= 2, `${world.loop.alarms} alarms`);
});
