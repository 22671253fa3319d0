// driver/commit.ts over the simulated journal: what is destroyed, trimmed and cleaned, and when.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLEAN_LOG_MIN_BYTES, ENDS_FLUSH_BATCHES, SECRETS_MIXED_MS } from '../../src/base/limits.ts';
import { body, World } from './commitWorld.ts';

describe('what lives', () => {
  it('a key is destroyed only when the batch that says so is durable', () => {
    const world = new World().ready();
    const home = body(world, 'secret');
    world.loop.pass(20);
    world.delayMs = 5000;
    world.write(1);
    world.log.secretLive(home, -1);
    world.log.live(home, -1);
    world.loop.pass(4900);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets?.toString(), 'secret');
    world.loop.pass(5000);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets, null);
  });

  /** So many ends go to the journal at once, without waiting for company. */
  const MANY = ENDS_FLUSH_BATCHES + 4;

  it('many keys at once: not before the batch that says so is even given to the journal', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < MANY; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    world.delayMs = 50;
    world.write(1);
    world.loop.turn();
    world.write(2);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(50);
    world.crash(0, false);
    for (const home of homes) assert.notEqual(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
  });

  it('the same for a batch that was itself not yet durable when its last secret ended', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < ENDS_FLUSH_BATCHES - 1; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    // These wait for one more to go to the journal together.
    world.write(1);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(20);
    world.delayMs = 50;
    const last = body(world, 'last');
    world.loop.turn();
    world.write(2);
    world.log.secretLive(last, -1);
    world.loop.pass(50);
    world.crash(0, false);
    assert.equal(world.disk.slot(0).batches.get(last)?.secrets?.toString(), 'last');
  });

  it('the same for what ends right after a recovery', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < MANY; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    world.crash(0, false);
    world.recover((seq) => {
      world.log.live(seq, 1);
      world.log.secretLive(seq, 1);
    });
    world.delayMs = 50;
    world.write(1);
    world.log.recovered();
    world.loop.turn();
    world.write(2);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(50);
    world.crash(0, false);
    for (const home of homes) assert.notEqual(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
  });

  it('batches are trimmed only behind the oldest that lives, and behind what is durable', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < 200; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    const slot = world.disk.slot(0);
    for (let i = 0; i < 150; i++) {
      if (i === 100) continue;
      world.write(i);
      world.log.live(homes[i] as number, -1);
      world.log.secretLive(homes[i] as number, -1);
    }
    world.delayMs = 1000;
    world.loop.turn();
    world.loop.pass(500);
    assert.equal(slot.firstSeq, 1);
    world.loop.pass(1000);
    world.log.oldestSparse(world.loop.now());
    world.loop.pass(10);
    assert.equal(slot.firstSeq, homes[100]);
    assert.equal(world.log.stats.firstSeq, homes[100]);
  });

  it('a secret that ended a minute ago beside ones that live: the batch is named, once in a while', () => {
    const world = new World().ready();
    const home = body(world, 'a');
    assert.equal(body(world, 'b'), home);
    world.loop.pass(20);
    world.write(1);
    world.log.secretLive(home, -1);
    world.log.live(home, -1);
    world.loop.pass(SECRETS_MIXED_MS - 1000);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    world.loop.pass(1100);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), [home]);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    const next = body(world, 'b');
    world.log.live(home, -1);
    world.log.secretLive(home, -1);
    world.loop.pass(3000);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
    assert.equal(world.disk.slot(0).batches.get(next)?.secrets?.toString(), 'b');
    assert.deepEqual(world.log.oldestSparse(world.loop.now() + 100_000), []);
  });

  it('a log that is more than half dead is cleaned from its old end, a lively one is not', () => {
    const world = new World().ready();
    const octets = 100_000;
    const homes: number[] = [];
    const many = Math.ceil(CLEAN_LOG_MIN_BYTES / octets) + 50;
    for (let i = 0; i < many; i++) {
      for (let n = 0; n < 10; n++) world.write(i, octets / 10);
      homes.push(world.log.seq);
      world.log.live(world.log.seq, 10);
      world.loop.pass(20);
    }
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    // Each keeps one record of ten.
    world.write(0);
    for (const home of homes) world.log.live(home, -9);
    world.loop.pass(20);
    const named = world.log.oldestSparse(world.loop.now());
    assert.ok(named.length > 100 && named.length <= 2000);
    assert.deepEqual(named, homes.slice(0, named.length));
    for (const home of named) {
      world.write(0, octets / 10);
      world.log.live(world.log.seq, 1);
      world.log.live(home, -1);
    }
    world.loop.pass(100);
    world.log.oldestSparse(world.loop.now());
    world.loop.pass(100);
    assert.equal(world.log.stats.firstSeq, homes[named.length] ?? world.disk.slot(0).lastSeq);
  });

  it('after a crash the keys of batches in which nothing lives are destroyed', () => {
    const world = new World().ready();
    const first = body(world, 'ended');
    world.loop.pass(20);
    const second = body(world, 'alive');
    world.loop.pass(20);
    world.write(first);
    world.log.secretLive(first, -1);
    world.loop.pass(2);
    // The overwriting had not reached the disk.
    world.crash(0, true);
    const slot = world.disk.slot(0);
    assert.equal(slot.batches.get(first)?.secrets?.toString(), 'ended');
    world.recover();
    world.log.secretLive(second, 1);
    world.log.live(second, 1);
    world.loop.pass(2000);
    assert.equal(slot.batches.get(first)?.secrets?.toString(), 'ended', 'nothing before all is counted');
    world.log.recovered();
    world.loop.pass(2000);
    assert.equal(slot.batches.get(first)?.secrets ?? null, null);
    assert.equal(slot.batches.get(second)?.secrets?.toString(), 'alive');
  });
});
