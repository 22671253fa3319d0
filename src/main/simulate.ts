// `npm run simulate`: the whole system in one process under a seed, many seeds, and what broke. The seed of a failure is all
// that is needed to see it again.
import { bugs, NO_BUG } from '../sim/bugs.ts';
import { type RunResult, runSeed } from '../sim/run.ts';
import { still } from '../sim/still.ts';

const seed = Number(process.argv[2] ?? '1');
const count = Number(process.argv[3] ?? '1');
const bug = bugs.find((one) => one.name === process.argv[4]) ?? NO_BUG;
const show = process.argv[5] === 'trace' ? (line: string) => console.log(line) : null;
for (let i = seed; i < seed + count; i++) {
  const from = performance.now();
  const result: RunResult = await still(() => runSeed(i, bug, show));
  console.log(
    i,
    `${Math.round(performance.now() - from)} ms`,
    result.messages,
    result.events,
    result.virtualMs,
    result.trace.slice(0, 8),
    JSON.stringify(Object.fromEntries(result.faults)),
    result.broken === null ? 'ok' : `${result.broken.law}: ${result.broken.detail}`,
  );
}
