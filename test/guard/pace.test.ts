// The pace of a link: never more than the contract in any second, even seen through jitter, and nearly all of it under load.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../src/guard/pace.ts';
import { Pacer } from '../../src/queue/throttle.ts';

/** Writes as soon as allowed from `from` on; the times of `count` segments. */
function stream(pace: Pace, pacer: Pacer, from: number, count: number): number[] {
  const times: number[] = [];
  let now = from;
  for (let i = 0; i < count; i++) {
    now = Math.max(now, pace.nextAt(pacer, now));
    pace.letGo(pacer, now);
    pacer.written(now, 1);
    times.push(now);
  }
  return times;
}

function mostInASecond(times: readonly number[]): number {
  let most = 0;
  for (let i = 0, j = 0; i < times.length; i++) {
    while ((times[i] as number) - (times[j] as number) >= 1000) j++;
    most = Math.max(most, i - j + 1);
  }
  return most;
}

for (const rate of [1, 10, 137, 1000]) {
  test(`${rate}/s: no second above it, 0.98 of it in the mean, and 10 ms of jitter change little`, () => {
    const times = stream(new Pace(), new Pacer(rate), 5000, rate * 20);
    assert.ok(mostInASecond(times) <= rate);
    const end = times.at(-1) as number;
    const counted = times.filter((at) => at >= 7000).length;
    assert.ok(counted / ((end - 7000) / 1000) >= 0.98 * rate, `${counted}`);
    // Behind the first burst the stream is even: seen through jitter it stays within one of the rate.
    let seed = 7;
    const seen = times
      .filter((at) => at >= 7000)
      .map((at) => at + ((seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647) * 8)
      .sort((a, b) => a - b);
    assert.ok(mostInASecond(seen) <= rate + 1, `${mostInASecond(seen)}`);
  });
}

test('timers of whole milliseconds do not slow a fast link', () => {
  const pace = new Pace();
  const pacer = new Pacer(5000);
  let written = 0;
  for (let now = 1000; now < 6000; now += 2) {
    while (pace.nextAt(pacer, now) <= now) {
      pace.letGo(pacer, now);
      pacer.written(now, 1);
      written++;
    }
  }
  assert.ok(written >= 0.98 * 5 * 5000 && written <= 5 * 5000, `${written}`);
});

test('a guard that is held up four times a second loses next to nothing by it, and never passes the rate', () => {
  const pace = new Pace();
  const pacer = new Pacer(1000);
  const times: number[] = [];
  for (let now = 1000, turn = 0; now < 31_000; turn++) {
    now += turn % 42 === 0 ? 45 : 5;
    while (pace.nextAt(pacer, now) <= now) {
      pace.letGo(pacer, now);
      pacer.written(now, 1);
      times.push(now);
    }
  }
  assert.ok(mostInASecond(times) <= 1000);
  const counted = times.filter((at) => at >= 2000).length;
  assert.ok(counted >= 0.98 * 29 * 1000, `${counted}`);
});

test('what was held up is caught up with little by little', () => {
  const pace = new Pace();
  const pacer = new Pacer(1000);
  const before = stream(pace, pacer, 1000, 3000).at(-1) as number;
  const times = stream(pace, pacer, before + 200, 400);
  const within = (ms: number) => times.filter((at) => at < before + 200 + ms).length;
  assert.ok(within(1) <= 65, `${within(1)} at once`);
  assert.ok(within(100) > 150 && within(100) <= 190, `${within(100)} in 100 ms`);
});

test('the stream behind a burst has no hole in its next second', () => {
  const pace = new Pace();
  const pacer = new Pacer(1000);
  const times = stream(pace, pacer, 1000, 3000).filter((at) => at > 1300);
  const widest = times.reduce((most, at, i) => (i === 0 ? 0 : Math.max(most, at - (times[i - 1] as number))), 0);
  assert.ok(widest < 2, `${widest}`);
});

test('a quarter of a second’s worth goes at once after a pause', () => {
  const pace = new Pace();
  const pacer = new Pacer(100);
  assert.equal(stream(pace, pacer, 1000, 25).at(-1), 1000);
  assert.ok((stream(pace, pacer, 1000, 2).at(-1) as number) > 1000);
});

test('what `after` foretells is when it happens', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 1, max: 400 }),
      (rate, before, count) => {
        const pace = new Pace();
        const pacer = new Pacer(rate);
        const now = stream(pace, pacer, 1000, before).at(-1) ?? 1000;
        const foretold = pace.after(pacer, now, count);
        const happens = stream(pace, pacer, now, count).at(-1) as number;
        // Never later than it happens by more than a spacing: an estimate may be early, it must not hold back.
        assert.ok(foretold <= happens + 1000 / rate + 1, `${foretold} ${happens}`);
      },
    ),
  );
});

test('INTENTs are written as far ahead as commits are slow', () => {
  const pace = new Pace();
  assert.equal(pace.aheadMs, 5);
  for (let i = 0; i < 30; i++) pace.commitTook(40);
  assert.ok(pace.aheadMs > 70 && pace.aheadMs <= 80);
  for (let i = 0; i < 60; i++) pace.commitTook(5000);
  assert.equal(pace.aheadMs, 250);
});
