// Seeds in npm test: those that ever failed, some that nobody has run before, the same trace twice, and that a deliberate bug is found.
// Real time only limits how many fresh seeds are run; what a seed does depends on nothing but the seed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bugs, NO_BUG } from '../../src/sim/bugs.ts';
import { WIDEST, type Width } from '../../src/sim/plan.ts';
import { type RunResult, runSeed } from '../../src/sim/run.ts';
import { still } from '../../src/sim/still.ts';

interface KeptSeed {
  readonly seed: number;
  readonly bug: string;
  readonly found: string;
  /** With how much of what src/sim/more.ts draws it was found; 0 when it is not told. Older seeds keep their plans so. */
  readonly width?: Width;
}

const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as readonly KeptSeed[];
/** At most so many fresh seeds, and none is begun after this time. */
const FRESH = 10;
const FRESH_MS = 8000;
/** Each deliberate bug with a seed that finds it, how wide that is drawn, and the law that breaks. */
const FINDERS: readonly (readonly [name: string, seed: number, width: Width, law: string])[] = [
  ['ack-before-commit', 2, 0, '1 acknowledge after durable'],
  ['receipt-without-link', 2, 0, '8 correlation'],
  ['retry-unknown', 2, 0, '1 acknowledge after durable'],
  ['free-hold-twice', 1, 0, '10 no program fails'],
  ['forget-parked-receipt', 2, 0, '1 acknowledge after durable'],
  ['forget-parts-at-restart', 33, 1, '9 it comes to rest'],
  ['forget-deadline', 9, 1, '9 it comes to rest'],
  ['count-anew-each-second', 6, 4, '6 throttles'],
  ['first-come-first-served', 3, 4, '6 lanes'],
  ['pins-in-line', 5, 4, '6 lanes'],
  ['forget-link-orders', 18, 4, '6 orders of people'],
  ['stop-at-once', 3, 4, '6 orders of people'],
  ['skip-destinations', 4, 4, '1 acknowledge after durable'],
  ['take-every-order', 3, 4, '8 bounds'],
];

const run = (seed: number, bug = NO_BUG, width: Width = WIDEST): Promise<RunResult> =>
  still(() => runSeed(seed, bug, null, width));

function held(result: RunResult): void {
  const { broken, seed } = result;
  assert.equal(broken, null, `law ${broken?.law}: ${broken?.detail}; npm run -s simulate -- --seed ${seed} --trace`);
}

test('seeds that ever failed', async () => {
  for (const { seed, width } of kept) held(await run(seed, NO_BUG, width ?? 0));
});

test('fresh seeds', async (t) => {
  // Another set every time; the number of a seed that fails is all that is needed to see it again.
  // What lands must not depend on luck: there it is always the same set.
  const first = process.env['CI'] === 'true' ? 2_000_001 : 1_000_000 + (Math.floor(Date.now() / 1000) % 1_000_000_000);
  t.diagnostic(`from seed ${first}`);
  const until = performance.now() + FRESH_MS;
  for (let i = 0; i < FRESH && (i < 2 || performance.now() < until); i++) held(await run(first + i));
});

test('the same seed gives the same trace, another seed another', async () => {
  const once = await run(3);
  const twice = await run(3);
  assert.equal(once.trace, twice.trace);
  assert.ok(once.messages > 20 && once.events > 1000);
  assert.notEqual((await run(4)).trace, once.trace);
});

test('each deliberate bug is found, and not without it', async () => {
  assert.deepEqual(
    bugs.map(({ name }) => name),
    FINDERS.map(([name]) => name),
  );
  for (const [name, seed, width, law] of FINDERS) {
    const bug = bugs.find((one) => one.name === name);
    const result = await run(seed, bug, width);
    assert.equal(result.broken?.law, law, `${name}: ${result.broken?.detail ?? 'not found'}`);
  }
});

test('the real clock, timers and randomness are out of reach in a run, and back after it', async () => {
  await still(() => {
    assert.throws(() => Date.now(), /out of reach/);
    assert.throws(() => new Date(), /out of reach/);
    assert.equal(new Date(0).toISOString(), '1970-01-01T00:00:00.000Z');
    assert.throws(() => Math.random(), /out of reach/);
    assert.throws(() => setTimeout(() => undefined, 1), /out of reach/);
    assert.throws(() => crypto.randomUUID(), /out of reach/);
    return Promise.resolve();
  });
  assert.ok(Date.now() > 0 && Math.random() < 1 && crypto.randomUUID().length === 36);
});
