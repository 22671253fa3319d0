// The gate on speed (counts, not clock time): what one message costs gateway and guard in syncs, socket writes and octets, under
// a fixed load in a simulated world: the same numbers on every machine. A bound that is broken: was it worth it?
// Below the bounds stands what was measured when they were set; who makes a count smaller draws its bound after it.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Counts, countQuietTown, type TownCounts } from './countTown.ts';

const MESSAGES = 4000;

/** Per message, at 4,000 messages per virtual second: journal batches (each is a sync), socket writes, octets. */
const BOUNDS: { readonly [program in 'gateway' | 'guard']: Counts } = {
  // 0.292, 379.6, 1.029, 552.6
  gateway: { batches: 0.32, journalOctets: 390, writes: 1.13, octetsOut: 565 },
  // 0.290, 317.0, 1.024, 434.6
  guard: { batches: 0.32, journalOctets: 325, writes: 1.13, octetsOut: 445 },
};

const NAMES = ['batches', 'journalOctets', 'writes', 'octetsOut'] as const;

describe('counts per message', () => {
  let town: TownCounts;
  before(async () => {
    town = await countQuietTown(MESSAGES);
  });

  for (const program of ['gateway', 'guard'] as const)
    test(program, () => {
      const each = (name: keyof Counts): number => town[program][name] / MESSAGES;
      for (const name of NAMES) assert.ok(each(name) > 0, `${name}: nothing was counted`);
      const over = NAMES.filter((name) => each(name) > BOUNDS[program][name]);
      assert.deepEqual(over, [], NAMES.map((name) => `${name} ${each(name)} of ${BOUNDS[program][name]}`).join(', '));
    });
});
