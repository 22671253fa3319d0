// Does memory stay where it is: gateway and guard at a rate that leaves room, their resident memory sampled all the while and
// told as the mean of each minute. The last minute is held against the third, when caches and pools have filled.
import { scriptArguments } from './arguments.ts';
import { round } from './load.ts';
import { Books, loadResult, startLoad, tell } from './loadRun.ts';
import type { ProgramName } from './stack.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

const SAMPLE_MS = 500;
const MINUTE_MS = 60_000;
const WATCHED: readonly ProgramName[] = ['gateway', 'guard'];

interface SoakOptions {
  readonly minutes: number;
  readonly rate: number;
  readonly json: boolean;
}

async function runSoak(options: SoakOptions): Promise<number> {
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }));
  const books = new Books();
  try {
    await stack.startAll();
    const load = await startLoad(stack, {
      seconds: options.minutes * 60,
      warmupSeconds: 1,
      rate: options.rate,
      compare: true,
    });
    const minutes: { [name in ProgramName]?: number[] } = {};
    for (let minute = 0; minute < options.minutes; minute += 1) {
      const sums = WATCHED.map(() => 0);
      let samples = 0;
      for (const until = performance.now() + MINUTE_MS; performance.now() < until; samples += 1) {
        WATCHED.forEach((name, index) => {
          sums[index] = (sums[index] as number) + stack.program(name).usage().rssBytes;
        });
        await new Promise((go) => setTimeout(go, SAMPLE_MS));
      }
      WATCHED.forEach((name, index) => {
        (minutes[name] ??= []).push(round((sums[index] as number) / samples / 2 ** 20, 1));
      });
      if (!options.json)
        process.stdout.write(
          `minute ${minute + 1}: ${WATCHED.map((name) => `${name} ${minutes[name]?.at(-1)} MB`).join(', ')}\n`,
        );
    }
    const result = await loadResult(load);
    books.add(result);
    const drift = (name: ProgramName): number | null => driftOf(minutes[name] ?? []);
    const balance_error = await books.error(stack);
    const figures = {
      bench: 'soak',
      minutes: options.minutes,
      rate: options.rate,
      life_cycles_per_second: result.lifeCyclesPerSecond,
      submit_p99_ms: result.submitP99Ms,
      messages: result.acked,
      gateway_mb: minutes.gateway,
      guard_mb: minutes.guard,
      gateway_drift: drift('gateway'),
      guard_drift: drift('guard'),
      lost: books.lost,
      balance_error,
    };
    tell(figures, options.json);
    return books.lost === 0 && balance_error === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** By which share the last minute differs from the third; null when there are no more than three. */
export function driftOf(minutes: readonly number[]): number | null {
  const third = minutes[2];
  const last = minutes.at(-1);
  return third === undefined || last === undefined || minutes.length < 4 ? null : round(last / third - 1, 4);
}

export function soakMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench soak',
    {
      json: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '10' },
      rate: { type: 'string', default: '3000' },
    },
    args,
  );
  return runSoak({ minutes: Number(values.minutes), rate: Number(values.rate), json: values.json });
}
