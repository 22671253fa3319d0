// `npm run crash -- --rounds 50 --json`: gateway and guard killed under load at random moments, half of the times with the
// power cut too, and everything counted from the customers' and the handsets' own lists (design §5). The rounds run within
// one continuing system, first the gateway's, then the guard's, so that messages are open over several kills.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptArguments } from '../arguments.ts';
import { compileShadow } from './disk.ts';
import { type Figures, Rounds } from './rounds.ts';

const help = `npm run crash -- [--rounds 50] [--json] [--seed N] [--rate 600] [--only gateway|guard] [--no-power-cuts] [--keep]

  --rounds N         kills of the gateway and as many of the guard; every second one with a power cut (needs gcc)
  --seed N           of moments and texts; printed, by default from the clock
  --rate N           messages per second
  --no-power-cuts    kills only
  --keep             leaves the run's folder for a look; it stays too when something was found
`;

const values = scriptArguments('crash', {
  rounds: { type: 'string', default: '50' },
  seed: { type: 'string' },
  rate: { type: 'string', default: '600' },
  only: { type: 'string' },
  json: { type: 'boolean', default: false },
  'no-power-cuts': { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

async function main(): Promise<number> {
  const started = performance.now();
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const say = (line: string): void =>
    void (values.json ? process.stderr : process.stdout).write(
      `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`,
    );
  say(`seed ${seed}`);
  const library = values['no-power-cuts'] ? null : compileShadow();
  if (library !== null && !library.ok) say(`SKIPPED: the rounds with a power cut are kills only (${library.reason})`);
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-crash-'));
  const rounds = new Rounds({
    folder,
    seed,
    rounds: Number(values.rounds),
    rate: Number(values.rate),
    library: library?.ok === true ? library.path : null,
    say,
  });
  let figures: Figures | null = null;
  try {
    await rounds.start();
    for (const victim of ['gateway', 'guard'] as const) {
      if (values.only === undefined || values.only === victim) await rounds.phase(victim);
    }
    figures = rounds.figures();
  } finally {
    await rounds.stop();
    if (library?.ok === true) library.remove();
    const clean = figures !== null && rounds.faults.length === 0;
    if (clean && !values.keep) rmSync(folder, { recursive: true, force: true });
    else say(`kept ${folder}`);
  }
  for (const fault of rounds.faults.slice(0, 50)) say(`FAULT: ${fault}`);
  if (rounds.faults.length > 50) say(`… ${rounds.faults.length} faults in all`);
  const skipped =
    library !== null && !library.ok ? { skipped_power_cuts: `${Number(values.rounds)} rounds: ${library.reason}` } : {};
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(
    `${JSON.stringify({ ...figures, ...skipped, faults: rounds.faults.length, seed, seconds }, null, values.json ? 0 : 2)}\n`,
  );
  const { lost, unterminated, unmarked_duplicates, balance_error } = figures;
  return rounds.faults.length + lost + unterminated + unmarked_duplicates + balance_error === 0 ? 0 : 1;
}

if (values.help) process.stdout.write(help);
// Sockets and timers of a run that failed must not keep the command alive.
else process.exit(await main());
