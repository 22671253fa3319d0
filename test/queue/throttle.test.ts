// Pacing: no second ever holds more than the rate; R10's reduction and climb; account buckets; full stores.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { FullStoreDetector, Pacer, TokenBucket } from '../../src/queue/throttle.ts';

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

test('R10 no one-second window holds more than the rate, whatever the times of asking', () => {
  const ask = fc.record({
    wait: fc.double({ min: 0, max: 400, noNaN: true }),
    segments: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 40 }), fc.array(ask, { maxLength: 300 }), (rate, asks) => {
      const pacer = new Pacer(rate);
      const writes: number[] = [];
      let now = 1_000_000;
      for (const { wait, segments } of asks) {
        now += wait;
        const at = pacer.nextAt(now, segments);
        const written = pacer.take(now, segments);
        assert.equal(written, at <= now);
        if (written) for (let i = 0; i < segments; i += 1) writes.push(now);
      }
      assert.ok(fullestSecond(writes) <= rate);
    }),
  );
});

test('R10 under backlog the mean is the rate: 1, 10, 137, 1000 per second', () => {
  for (const rate of [1, 10, 137, 1000]) {
    const pacer = new Pacer(rate);
    let written = 0;
    const start = 5000;
    for (let now = start; now < start + 10_000; now = Math.max(now, pacer.nextAt(now))) {
      if (pacer.take(now)) written += 1;
    }
    assert.ok(written >= 9.8 * rate && written <= 10 * rate, `${rate}: ${written}`);
  }
});

test('another rate: what was written under the last one counts, and after an unknown past nothing goes for a second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (before, after) => {
      const old = new Pacer(before);
      const writes: number[] = [];
      for (let now = 5000; now < 7345; now += 5) if (old.take(now)) writes.push(now);
      const pacer = new Pacer(after);
      pacer.follow(old);
      for (let now = 7345; now < 10_000; now += 5) if (pacer.take(now)) writes.push(now);
      assert.ok(fullestSecond(writes) <= Math.max(before, after));
    }),
  );
  const pacer = new Pacer(5);
  pacer.afterUnknownPast(100);
  assert.equal(pacer.nextAt(100), 1100);
});

test('a PDU that counts more segments than the rate waits for an empty second and blocks those after it', () => {
  const pacer = new Pacer(2);
  assert.equal(pacer.take(0), true);
  assert.equal(pacer.nextAt(0, 5), 1000);
  assert.equal(pacer.take(1000, 5), true);
  // Five segments at 2/s: booked at 1000, 2000 and 3000, so one more fits into the third second.
  assert.equal(pacer.nextAt(1500), 3000);
  assert.equal(pacer.take(3000), true);
  assert.equal(pacer.nextAt(3000), 4000);
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
  for (let now = 2000; now < 5000; now += 1) if (pacer.take(now)) written += 1;
  assert.ok(written >= 3 && written <= 4);
});

test('R10 reduced: the windows keep to the reduced rate', () => {
  const pacer = new Pacer(50);
  const writes: number[] = [];
  let now = 0;
  for (; now < 2000; now += 5) if (pacer.take(now)) writes.push(now);
  pacer.onThrottled(now, now - 1, 0.5);
  const after: number[] = [];
  for (; now < 4500; now += 5) if (pacer.take(now)) after.push(now);
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

test('R11 the longest message always fits the bucket, and over time the rate holds', () => {
  const bucket = new TokenBucket(10, 1, 0, 8);
  assert.equal(bucket.take(0, 8), true);
  assert.equal(bucket.take(0, 1), false);
  assert.equal(bucket.availableAt(0, 8), 800);
  assert.equal(bucket.take(799, 8), false);
  assert.equal(bucket.take(800, 8), true);
  // A clock that jumps back gives nothing and blocks nothing later.
  assert.equal(bucket.take(0, 1), false);
  assert.equal(bucket.take(100, 1), true);
  bucket.configure(1000, 20, 100, 8);
  assert.equal(bucket.take(120, 20), true);
});

test('R11 in any span the bucket gives at most burst + rate × time', () => {
  const ask = fc.record({ wait: fc.nat(500), segments: fc.integer({ min: 1, max: 10 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(ask, { maxLength: 100 }), (rate, asks) => {
      const bucket = new TokenBucket(rate, 10, 0, 10);
      const grants: { at: number; segments: number }[] = [];
      let now = 0;
      for (const { wait, segments } of asks) {
        now += wait;
        const at = bucket.availableAt(now, segments);
        const given = bucket.take(now, segments);
        if (given) grants.push({ at: now, segments });
        else assert.ok(at > now);
      }
      for (let from = 0; from < grants.length; from += 1) {
        let sum = 0;
        for (let to = from; to < grants.length; to += 1) {
          sum += grants[to]!.segments;
          assert.ok(sum <= 10 + (rate * (grants[to]!.at - grants[from]!.at)) / 1000 + 1e-6);
        }
      }
    }),
  );
});
