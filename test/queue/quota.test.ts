// An account's rate: no second above it but by one message, the mean it, and the wait that it tells is the wait that is.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Quota } from '../../src/queue/quota.ts';

interface Grant {
  readonly at: number;
  readonly segments: number;
}

/** The most segments in any window [t, t + 1 s). */
function fullestSecond(grants: readonly Grant[]): number {
  let most = 0;
  let from = 0;
  let sum = 0;
  for (const { at, segments } of grants) {
    sum += segments;
    while (at - grants[from]!.at >= 1000) sum -= grants[from++]!.segments;
    most = Math.max(most, sum);
  }
  return most;
}

test('R11 a second’s worth may come at once, and no more', () => {
  const quota = new Quota(100);
  for (let i = 0; i < 100; i += 1) assert.equal(quota.take(5000, 1), 0);
  const wait = quota.take(5000, 1);
  assert.ok(wait >= 1000 && wait <= 1005, `${wait}`);
  assert.ok(quota.take(5999.9, 1) > 0);
  assert.equal(quota.take(5000 + wait, 60), 0);
});

test('R11 the longest message passes at the lowest rate, and is paid for before the next', () => {
  const quota = new Quota(1);
  assert.equal(quota.take(0, 8), 0);
  const wait = quota.take(1, 1);
  assert.ok(wait >= 7999 && wait <= 8045, `${wait}`);
  assert.ok(quota.take(7990, 1) > 0);
  assert.equal(quota.take(wait + 1, 8), 0);
  // Long after, nothing is owed any more and nothing is saved up.
  assert.equal(quota.take(1e9, 1), 0);
  assert.ok(quota.take(1e9, 1) > 0);
});

test('R11 in any second at most the rate and the longest message', () => {
  const ask = fc.record({
    wait: fc.double({ min: 0, max: 700, noNaN: true }),
    segments: fc.integer({ min: 1, max: 10 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(ask, { maxLength: 200 }), (rate, asks) => {
      const quota = new Quota(rate);
      const grants: Grant[] = [];
      let now = 1234.5;
      for (const { wait, segments } of asks) {
        now += wait;
        const waitMs = quota.take(now, segments);
        if (waitMs === 0) grants.push({ at: now, segments });
        else assert.ok(waitMs > 0);
      }
      assert.ok(fullestSecond(grants) <= rate + 10 - 1, `${fullestSecond(grants)}`);
    }),
  );
});

test('R11 who waits as long as told is taken, and who asks a slot earlier is not', () => {
  const past = fc.array(fc.record({ wait: fc.nat(400), segments: fc.integer({ min: 1, max: 30 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), past, (rate, asks) => {
      const quota = new Quota(rate);
      const twin = new Quota(rate);
      let now = 0;
      for (const { wait, segments } of asks) {
        now += wait;
        quota.take(now, segments);
        twin.take(now, segments);
      }
      const waitMs = quota.take(now, 1);
      if (waitMs === 0) return;
      assert.ok(twin.take(now + waitMs - 1e-6, 1) > 0);
      assert.equal(twin.take(now + waitMs, 1), 0);
    }),
  );
});

for (const [rate, segments] of [
  [1, 1],
  [10, 3],
  [37, 10],
  [1000, 1],
  [5000, 4],
] as const) {
  test(`R11 ${rate}/s asked for all the time in messages of ${segments}: a minute’s mean is 0.98 of the rate or more`, () => {
    const quota = new Quota(rate);
    const grants: Grant[] = [];
    let taken = 0;
    for (let now = 77; now < 70_077; now += 1) {
      while (quota.take(now, segments) === 0) {
        grants.push({ at: now, segments });
        if (now >= 10_077) taken += segments;
      }
    }
    assert.ok(taken >= 0.98 * 60 * rate - segments && taken <= 60 * rate + segments, `${taken}`);
    assert.ok(fullestSecond(grants) <= rate + segments);
  });
}

test('R11 another rate counts what was taken under the last one', () => {
  const quota = new Quota(50);
  for (let i = 0; i < 50; i += 1) assert.equal(quota.take(100, 1), 0);
  quota.setRate(10);
  assert.ok(quota.take(1050, 1) > 0);
  let taken = 0;
  while (quota.take(1105, 1) === 0) taken += 1;
  assert.equal(taken, 10);
  quota.setRate(30);
  while (quota.take(1200, 1) === 0) taken += 1;
  assert.equal(taken, 30);
});

test('behind an unknown past a second passes before the first is taken, whatever the rate', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1e7, noNaN: true }), (rate, now) => {
      const quota = new Quota(rate);
      quota.afterUnknownPast(now);
      assert.ok(quota.take(now + 999, 1) > 0);
      const wait = quota.take(now, 1);
      assert.ok(wait > 0 && wait <= 1005, `${wait}`);
      for (let i = 0; i < rate; i += 1) assert.equal(quota.take(now + 1005, 1), 0);
      assert.ok(quota.take(now + 1005, 1) > 0);
    }),
  );
});
