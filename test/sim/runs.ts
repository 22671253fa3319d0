// One seed in the still world, and what is asked of its result. For the tests of this folder.
import assert from 'node:assert/strict';
import { NO_BUG } from '../../src/sim/bugs.ts';
import { WIDEST, type Width } from '../../src/sim/plan.ts';
import { type RunResult, runSeed } from '../../src/sim/run.ts';
import { still } from '../../src/sim/still.ts';

export const run = (seed: number, bug = NO_BUG, width: Width = WIDEST): Promise<RunResult> =>
  still(() => runSeed(seed, bug, null, width));

export function held(result: RunResult): void {
  const { broken, seed } = result;
  assert.equal(broken, null, `law ${broken?.law}: ${broken?.detail}; npm run -s simulate -- --seed ${seed} --trace`);
}
