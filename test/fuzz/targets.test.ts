// Every format, a few thousand spoilt inputs each (fuzz/targets); `npm run fuzz -- --only NAME --cases N` runs more of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targets } from '../../fuzz/targets/all.ts';
import { runTarget } from '../../fuzz/targets/target.ts';

const SEED = 1;

for (const target of targets)
  test(`fuzz ${target.name}: ${target.few} cases`, () => runTarget(target, target.few, SEED));

test('a case that fails tells the seed, its number and its input, and fails again by them', async () => {
  const bad = {
    name: 'bad',
    few: 1,
    prepare: () => ({
      draw: (chance: { below(bound: number): number }) => {
        const input = Buffer.from([chance.below(50)]);
        return { input, check: () => assert.notEqual(input[0], 7) };
      },
    }),
  };
  await assert.rejects(runTarget(bad, 1000, 3), (error: Error) => {
    const told = /^--only bad --seed 3 --case (\d+): input 07$/.exec(error.message);
    assert.ok(told);
    return true;
  });
});
