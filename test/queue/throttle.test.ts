// Pacing: no second ever holds more writes than the rate; R10's reduction and climb; full stores.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { FullStoreDetector, Pacer } from '../../src/queue/throttle.ts';

/** The most segments in any window [t, t + 1 s). */
function fullestSecond(writes: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (let to = 0; to < writes.length; to += 1) {
    while (writes[to]! - writes[from]! >= 1000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** Lets one go and writes it at once, if it may go. */
function take(pacer: Pacer, now: number): boolean {
  if (pacer.nextAt(now) > now) return false;
  pacer.letGo();
  pacer.written(now, 1);
  return true;
}

test('R10 no one-second window holds more writes than the rate, whenever and in whatever order they happen', () => {
  const step = fc.record({
    wait: fc.double({ min: 0, max: 300, noNaN: true }),
    // How many are let go if they may, and how many of the open ones are written.
    go: fc.nat(6),
    write: fc.nat(6),
    // The write becomes known a little after it.
    known: fc.double({ min: 0, max: 50, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 200 }), (rate, steps) => {
      const pacer = new Pacer(rate);
      const writes: number[] = [];
      let open = 0;
      let now = 1_000_000;
      for (const { wait, go, write, known } of steps) {
        now += wait;
        for (let i = 0; i < go && pacer.nextAt(now) <= now; i += 1) {
          pacer.letGo();
          open += 1;
        }
        const leaving = Math.min(write, open);
        for (let i = 0; i < leaving; i += 1) writes.push(now);
        now += known;
        pacer.written(now, leaving);
        open -= leaving;
      }
      assert.ok(fullestSecond(writes) <= rate, `${fullestSecond(writes)}`);
    }),
  );
});

test('what is open holds its place until its write is known', () => {
  const pacer = new Pacer(3);
  for (let i = 0; i < 3; i += 1) pacer.letGo();
  assert.equal(pacer.nextAt(0), Number.POSITIVE_INFINITY);
  assert.equal(pacer.nextAt(60_000), Number.POSITIVE_INFINITY);
  pacer.written(60_000, 2);
  assert.equal(pacer.nextAt(60_500), 61_000);
  pacer.letGo();
  assert.equal(pacer.nextAt(61_000), 61_000);
  pacer.written(61_000, 2);
  assert.equal(pacer.nextAt(61_000), 61_000);
  pacer.letGo();
  pacer.written(61_000, 1);
  assert.equal(pacer.nextAt(61_500), 62_000);
});

test('R10 under backlog the mean is the rate: 1, 10, 137, 1000 per second', () => {
  for (const rate of [1, 10, 137, 1000]) {
    const pacer = new Pacer(rate);
    let written = 0;
    const start = 5000;
    for (let now = start; now < start + 10_000; now = Math.max(now, pacer.nextAt(now))) {
      if (take(pacer, now)) written += 1;
    }
    assert.ok(written >= 9.8 * rate && written <= 10 * rate, `${rate}: ${written}`);
  }
});

test('another rate: what was written under the last one counts, and after an unknown past nothing goes for a second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (before, after) => {
      const old = new Pacer(before);
      const writes: number[] = [];
      for (let now = 5000; now < 7345; now += 5) if (take(old, now)) writes.push(now);
      const pacer = new Pacer(after);
      pacer.follow(old);
      for (let now = 7345; now < 10_000; now += 5) if (take(pacer, now)) writes.push(now);
      assert.ok(fullestSecond(writes) <= Math.max(before, after));
    }),
  );
  const under = new Pacer(2);
  under.letGo();
  under.letGo();
  const next = new Pacer(3);
  next.follow(under);
  assert.ok(next.nextAt(5000) <= 5000, 'two of three places are for what is let go');
  next.letGo();
  assert.equal(next.nextAt(5000), Number.POSITIVE_INFINITY);
  next.written(5000, 3);
  assert.equal(next.nextAt(5000), 6000);
  const pacer = new Pacer(5);
  pacer.afterUnknownPast(100);
  assert.equal(pacer.nextAt(100), 1100);
});

test('R10 a throttle pauses a second ±20 %, halves once per event, and climbs 5 % of the contract a second', () => {
  const pacer = new Pacer(100);
  pacer.onThrottled(10_000, 9900, 0);
  pacer.onThrottled(10_001, 9901, 0);
  assert.equal(pacer.rate(10_000), 50);
  assert.equal(pacer.nextAt(10_000), 10_800);
  assert.equal(pacer.rate(10_800), 50);
  assert.equal(pacer.rate(11_800), 55);
  assert.equal(pacer.rate(20_800), 100);
  assert.equal(pacer.rate(99_000), 100);
  pacer.onThrottled(100_000, 99_999, 1);
  assert.equal(pacer.nextAt(100_000), 101_200);
});

test('R10 the floor is one a second', () => {
  const pacer = new Pacer(4);
  for (let i = 0; i < 10; i += 1) pacer.onThrottled(1000 + i, 1000 + i, 0);
  assert.equal(pacer.rate(1010), 1);
  let written = 0;
  for (let now = 2000; now < 5000; now += 1) if (take(pacer, now)) written += 1;
  assert.ok(written >= 3 && written <= 4);
});

test('R10 reduced: the windows keep to the reduced rate', () => {
  const pacer = new Pacer(50);
  const writes: number[] = [];
  let now = 0;
  for (; now < 2000; now += 5) if (take(pacer, now)) writes.push(now);
  pacer.onThrottled(now, now - 1, 0.5);
  const after: number[] = [];
  for (; now < 4500; now += 5) if (take(pacer, now)) after.push(now);
  // 25/s from the pause's end at 3000, 1.5 s of climb at 2.5/s each.
  assert.ok(after.length > 0 && after[0]! >= 3000);
  assert.ok(fullestSecond(after) <= 28, `${fullestSecond(after)}`);
  assert.ok(fullestSecond(writes) <= 50);
});

test('R10 congestion_state: above 90 lowers once a second, 80 to 90 holds, below lets climb, above 100 is ignored', () => {
  const pacer = new Pacer(100);
  pacer.onCongestion(1000, 101);
  pacer.onCongestion(1000, 255);
  assert.equal(pacer.rate(1000), 100);
  pacer.onCongestion(1000, 95);
  pacer.onCongestion(1500, 95);
  assert.equal(pacer.rate(1500), 90);
  pacer.onCongestion(2000, 85);
  assert.equal(pacer.rate(3000), 90);
  pacer.onCongestion(3000, 40);
  assert.equal(pacer.rate(4000), 95);
});

test('R10 sixty seconds without progress is a stall', () => {
  const pacer = new Pacer(10);
  pacer.onThrottled(1000, 999, 0);
  assert.equal(pacer.isStalled(60_999), false);
  assert.equal(pacer.isStalled(61_000), true);
  pacer.onAccepted();
  assert.equal(pacer.isStalled(61_000), false);
  pacer.onThrottled(70_000, 69_000, 0);
  assert.equal(pacer.isStalled(129_999), false);
});

test('R10 a full store is five different destinations within 5 s', () => {
  const detector = new FullStoreDetector();
  for (let i = 0; i < 10; i += 1) assert.equal(detector.note(1, i), false);
  assert.deepEqual(
    [2, 3, 4, 5].map((key) => detector.note(key, 100 + key)),
    [false, false, false, true],
  );
  const slow = new FullStoreDetector();
  for (let i = 0; i < 20; i += 1) assert.equal(slow.note(i, i * 1250), false);
});
