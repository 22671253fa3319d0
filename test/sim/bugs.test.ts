// Each deliberate bug is found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs } from '../../src/sim/bugs.ts';
import type { Width } from '../../src/sim/plan.ts';
import { run } from './runs.ts';

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

test('each deliberate bug is found, by the law that it breaks', async () => {
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
