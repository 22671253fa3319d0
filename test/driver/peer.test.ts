// SmppPeer over pipes whose clock the test moves: binding, windows, writes per turn, back-pressure, exactly one end per request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverSm, submitSm, tlvU8 } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { answerTo, type Owner } from './owner.ts';
import { one, pair, SM } from './pair.ts';

test('a bind stands on both sides in the lower version, and messages flow both ways', async () => {
  const { world, mc, esme } = await pair({}, { interfaceVersion: 0x34 });
  assert.deepEqual(mc.take(), ['bindRequested bind_transceiver esme', 'bound trx 34']);
  assert.deepEqual(esme.take(), ['bound trx 34']);
  one(esme.peers).send(submitSm(SM), 1);
  one(mc.peers).send(deliverSm(SM), 2);
  world.loop.settle();
  assert.deepEqual(esme.ends.get(1), ['answer 0']);
  assert.deepEqual(mc.ends.get(2), ['answer 0']);
});

test('sc_interface_version goes to peers from 3.4 on, and no TLV to older ones', async () => {
  for (const version of [0x33, 0x34, 0x50]) {
    let seen: number | undefined = -1;
    const { mc } = await pair({}, { interfaceVersion: version }, (_mc, esme) => {
      esme.answered = (answer) => {
        seen = tlvU8(answer, Tag.scInterfaceVersion);
      };
    });
    assert.equal(seen, version === 0x33 ? undefined : version);
    assert.equal(one(mc.peers).takesTlvs, version !== 0x33);
  }
});

test('an answer that a 3.3 peer cannot be given becomes 0x08, never silence', async () => {
  const { world, mc, esme } = await pair({}, { interfaceVersion: 0x33 }, (owner) => {
    owner.answers = false;
  });
  one(esme.peers).send(submitSm(SM), 1);
  world.loop.settle();
  const open = mc.open[0];
  assert.ok(open);
  const long = 'x'.repeat(30);
  open.peer.respond(open.sequence, { ...answerTo(submitSm(SM)), messageId: long } as never);
  world.loop.settle();
  assert.deepEqual(esme.ends.get(1), ['answer 8']);
});

test('the window is never exceeded, and windowOpen tells of room', async () => {
  let highest = 0;
  const { world, esme, mc } = await pair({}, { window: 7 }, (owner, other) => {
    owner.answers = false;
    let token = 0;
    other.opens = (peer) => {
      while (token < 100 && peer.send(submitSm(SM), token) !== null) token++;
      highest = Math.max(highest, peer.inFlight);
    };
  });
  while (esme.ends.size < 100) {
    assert.ok(mc.open.length > 0, 'the window opened again');
    assert.ok(mc.open.length <= 7);
    for (const open of mc.open.splice(0, 3)) open.peer.respond(open.sequence, answerTo(submitSm(SM)));
    world.loop.settle();
  }
  assert.equal(highest, 7);
  for (const ends of esme.ends.values()) assert.deepEqual(ends, ['answer 0']);
});

test('a turn with many messages writes once per socket', async () => {
  const { world, esme, mc } = await pair({ inboundWindow: 500 }, { window: 500 });
  const near = world.net.pipes[0];
  assert.ok(near?.other);
  const [before, beforeFar] = [near.writes, near.other.writes];
  for (let i = 0; i < 300; i++) one(esme.peers).send(submitSm(SM), i);
  world.loop.settle();
  assert.equal(esme.ends.size, 300);
  assert.equal(near.writes - before, 1);
  assert.equal(near.other.writes - beforeFar, 1);
  assert.ok(mc);
});

test('what is flushed does not wait for the end of the turn, and is not written again then', async () => {
  const { world, esme } = await pair();
  const peer = one(esme.peers);
  const near = world.net.pipes[0];
  assert.ok(near);
  const before = near.writes;
  peer.send(submitSm(SM), 1);
  peer.flush();
  assert.deepEqual([near.writes - before, peer.waitingBytes], [1, 0]);
  peer.flush();
  world.loop.settle();
  assert.equal(near.writes - before, 1);
  assert.deepEqual(esme.ends.get(1), ['answer 0']);
});

test('every outstanding request fails exactly once when the connection breaks, and sending goes on nowhere', async () => {
  const { world, esme, mc } = await pair({}, {}, (owner) => {
    owner.answers = false;
  });
  const peer = one(esme.peers);
  for (let i = 0; i < 10; i++) peer.send(submitSm(SM), i);
  world.loop.settle();
  const open = mc.open[0];
  assert.ok(open);
  esme.failed = ((failed) =>
    function (this: Owner, p, token, reason) {
      // An owner that sends again from within must not revive the peer.
      assert.equal(p.send(submitSm(SM), 999), null);
      failed.call(esme, p, token, reason);
    })(esme.failed) as Owner['failed'];
  world.net.pipes[0]?.cut();
  assert.equal(esme.ends.size, 10);
  for (const ends of esme.ends.values()) assert.deepEqual(ends, ['closed']);
  const lines = esme.take();
  assert.equal(lines.at(-1), 'closed transport');
  assert.match(lines.at(-2) ?? '', /^waiting lost/);
  assert.equal(open.peer.respond(open.sequence, answerTo(submitSm(SM))), false);
  assert.equal(mc.take().at(-1), 'closed transport');
});

test('a response after the timer comes as late, within ten timers, once', async () => {
  const { world, esme, mc } = await pair({}, {}, (owner) => {
    owner.answers = false;
  });
  one(esme.peers).send(submitSm(SM), 1);
  world.loop.pass(30_000);
  assert.deepEqual(esme.ends.get(1), ['timeout']);
  assert.equal(one(esme.peers).room, 10);
  const open = mc.open[0];
  assert.ok(open);
  world.loop.pass(200_000);
  open.peer.respond(open.sequence, answerTo(submitSm(SM)));
  world.loop.settle();
  assert.deepEqual(esme.ends.get(1), ['timeout', 'late 0']);
});

test('a greedy customer gets 0x58 above the soft limit, and is not read above the hard one', async () => {
  const { world, esme, mc } = await pair({ inboundWindow: 10 }, { window: 100 }, (owner) => {
    owner.answers = false;
  });
  for (let i = 0; i < 100; i++) one(esme.peers).send(submitSm(SM), i);
  world.loop.settle();
  assert.equal(mc.open.length, 10);
  assert.equal(one(mc.peers).inWork, 10);
  const throttled = [...esme.ends.values()].filter((ends) => ends[0] === 'answer 58').length;
  assert.equal(throttled, 90);
  // The answers are not taken: after as many refusals as accepted ones nothing more is read.
  const near = world.net.pipes[0];
  assert.ok(near?.other);
  near.stuck = true;
  for (let i = 100; i < 190; i++) one(esme.peers).send(submitSm(SM), i);
  world.loop.settle();
  assert.equal(near.other.paused, true);
  assert.ok(near.other.waitingBytes <= 10 * 16);
  near.stuck = false;
  near.other.move();
  while (mc.open.length > 0) {
    for (const open of mc.open.splice(0)) open.peer.respond(open.sequence, answerTo(submitSm(SM)));
    world.loop.settle();
  }
  assert.equal(near.other.paused, false);
  assert.equal([...esme.ends.values()].filter((ends) => ends.length !== 1).length, 0);
  assert.equal(esme.ends.size, 190);
});

test('an ESME that is full stops reading and refuses nothing', async () => {
  const { world, esme, mc } = await pair({ window: 50 }, { inboundWindow: 5 }, (_mc, owner) => {
    owner.answers = false;
  });
  for (let i = 0; i < 50; i++) one(mc.peers).send(deliverSm(SM), i);
  world.loop.settle();
  assert.equal(esme.open.length, 5);
  let answered = 0;
  while (esme.open.length > 0) {
    assert.ok(esme.open.length <= 5);
    for (const open of esme.open.splice(0)) {
      open.peer.respond(open.sequence, answerTo(deliverSm(SM)));
      answered++;
    }
    world.loop.settle();
  }
  assert.equal(answered, 50);
  for (const ends of mc.ends.values()) assert.deepEqual(ends, ['answer 0']);
});
