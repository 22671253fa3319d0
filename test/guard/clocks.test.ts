// Clocks of gateway and guard that are apart: what an order tells about it, what is logged how often, and the reason that goes up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOCKS_APART_MS, CLOCKS_TELL_MS, VALIDITY_MAX_S, VALIDITY_MIN_S } from '../../src/base/limits.ts';
import { Clocks } from '../../src/guard/clocks.ts';
import type { Upstream } from '../../src/guard/upstreams.ts';
import type { World } from '../../src/port/world.ts';
import { setUp } from './one.ts';
import { order } from './orders.ts';
import { until } from './rig.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;

function clocks() {
  const lines: string[] = [];
  const at = { monotonic: 0 };
  const say = (event: string, fields?: object): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const log = { info: say, warn: say, error: say };
  const world = { loop: { monotonic: () => at.monotonic }, log } as unknown as World;
  return { clocks: new Clocks(world), lines, at };
}
const upstream = { number: 3, name: 'gateway' } as Upstream;

test('an order within the bounds tells the difference; equal clocks are not logged', () => {
  const { clocks: it, lines } = clocks();
  // The gateway rounds what is left up to whole seconds.
  it.see(upstream, NOON + HOUR, 3600, NOON + 20);
  assert.equal(it.aheadMs(upstream), 20);
  assert.equal(it.endedReason(upstream), 'its validity has ended');
  assert.deepEqual(lines, []);
});

test('an hour ahead, an hour behind: the difference, one line in a while, and one when they agree again', () => {
  const { clocks: it, lines, at } = clocks();
  for (let i = 0; i < 5; i++) it.see(upstream, NOON + HOUR, 3600, NOON + HOUR);
  assert.equal(it.aheadMs(upstream), HOUR);
  assert.match(it.endedReason(upstream), /guard's clock, which is 3600 s ahead of the gateway's/);
  assert.equal(lines.length, 1);
  assert.match(lines[0] as string, /apart.*"upstream":"gateway","guardAheadS":3600/);
  at.monotonic += CLOCKS_TELL_MS;
  it.see(upstream, NOON + HOUR, 3600, NOON - HOUR);
  assert.equal(it.aheadMs(upstream), -HOUR);
  assert.match(lines[1] as string, /"guardAheadS":-3600/);
  it.see(upstream, NOON + HOUR, 3600, NOON);
  assert.match(lines[2] as string, /agree again/);
  assert.equal(lines.length, 3);
});

test('a validity that was cut to the shortest or longest tells only what it can', () => {
  const { clocks: it, lines } = clocks();
  // Asked about long after its end, or ordered for a week: neither says that clocks differ.
  it.see(upstream, NOON - HOUR, VALIDITY_MIN_S, NOON);
  it.see(upstream, NOON + 7 * 24 * HOUR, VALIDITY_MAX_S, NOON);
  assert.equal(it.aheadMs(upstream), 0);
  assert.deepEqual(lines, []);
  it.see(upstream, NOON + VALIDITY_MIN_S * 1000, VALIDITY_MIN_S, NOON - CLOCKS_APART_MS);
  assert.match(String(lines[0]), /"guardAheadS":-60/);
  it.see(upstream, NOON + VALIDITY_MAX_S * 1000, VALIDITY_MAX_S, NOON + 2 * CLOCKS_APART_MS);
  assert.equal(it.aheadMs(upstream), 2 * CLOCKS_APART_MS);
});

test('an order that ends by the clock of a guard that is ahead is told why', async () => {
  const { supplier, gateway, running, end } = await setUp();
  const late = gateway.send(order('a', { op: 'late', validitySeconds: 1800, validUntil: Date.now() - 1_800_000 }));
  await until('answered', () => gateway.answer(late) !== undefined);
  assert.match(gateway.answer(late)?.reason ?? '', /guard's clock, which is 36\d\d s ahead/);
  assert.equal(supplier.submits.length, 0);
  assert.ok(running.guard.core.upstreams.orders.clocks.aheadMs(running.guard.core.upstreams.get(0)) > 3_590_000);
  await end();
});
