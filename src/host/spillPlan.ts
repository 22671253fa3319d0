// Which runs of a spill are to become one: neighbours of the same hour while they are small. Keeps the number of runs, and
// with it the filters that a look-up passes, near one or two per hour; old hours are never written again.
import type { RunFacts } from './spillFormat.ts';

const HOUR_MS = 3_600_000;
/** Fewer are not worth the writing. */
const MERGE_RUNS = 8;
/** Larger runs stay as they are: a merge holds all its octets in memory. */
const SMALL_BYTES = 4 * 1024 * 1024;

/** The first row of neighbours (runs in ascending order) to be merged; empty: none. */
export function mergeable(runs: readonly RunFacts[]): readonly RunFacts[] {
  let row: RunFacts[] = [];
  for (const run of runs) {
    const hour = Math.floor(run.newestMs / HOUR_MS);
    const last = row.at(-1);
    if (run.bytes >= SMALL_BYTES) row = [];
    else if (last !== undefined && Math.floor(last.newestMs / HOUR_MS) === hour) row.push(run);
    else row = [run];
    if (row.length === MERGE_RUNS) return row;
  }
  return [];
}
