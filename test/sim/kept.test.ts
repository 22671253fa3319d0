// Seeds that ever failed, each with what it found.
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_BUG } from '../../src/sim/bugs.ts';
import type { Width } from '../../src/sim/plan.ts';
import { held, run } from './runs.ts';

interface KeptSeed {
  readonly seed: number;
  readonly bug: string;
  readonly found: string;
  /** With how much of what src/sim/more.ts draws it was found; 0 when it is not told. Older seeds keep their plans so. */
  readonly width?: Width;
}

const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as readonly KeptSeed[];
test('seeds that ever failed', async () => {
  for (const { seed, width } of kept) held(await run(seed, NO_BUG, width ?? 0));
});
