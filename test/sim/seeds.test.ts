// Seeds that were not chosen, the same trace twice, and the stillness of the world they run in.
// Real time only limits how many fresh seeds are run; what a seed does depends on nothing but the seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { still } from '../../src/sim/still.ts';
import { held, run } from './runs.ts';

/** The first of the seeds, how many of them at most, and after what time none is begun. */
const FIRST = 2_000_001;
const MOST = 10;
const BEGUN_MS = 8000;

test('seeds that were not chosen', async (t) => {
  // Always the same: what lands must not depend on luck. `npm run simulate -- --from N` goes where nobody has been.
  const until = performance.now() + BEGUN_MS;
  let done = 0;
  for (; done < MOST && (done < 2 || performance.now() < until); done++) held(await run(FIRST + done));
  t.diagnostic(`${done} seeds from ${FIRST}`);
});

test('the same seed gives the same trace, another seed another', async () => {
  const once = await run(3);
  const twice = await run(3);
  assert.equal(once.trace, twice.trace);
  assert.ok(once.messages > 20 && once.events > 1000);
  assert.notEqual((await run(4)).trace, once.trace);
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
