// How long an acknowledgement takes at a stated rate: open loop, timed from the scheduled send to submit_sm_resp, several runs
// per rate against one running system. A rate that is not kept says so: then the figure is that of a queue.
import { scriptArguments } from './arguments.ts';
import { round } from './load.ts';
import { Books, type ComparedResult, median, runLoad, tell } from './loadRun.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

/** Of what was due, at least this share has to have gone full circle within the interval. */
const KEPT = 0.98;

interface OpenLoopOptions {
  readonly rates: readonly number[];
  readonly runs: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly json: boolean;
}

async function runOpenLoop(options: OpenLoopOptions): Promise<number> {
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }));
  const books = new Books();
  try {
    await stack.startAll();
    const rates = [];
    let series = 0;
    for (const rate of options.rates) {
      const runs: ComparedResult[] = [];
      for (let run = 0; run < options.runs; run += 1) {
        const { seconds, warmupSeconds } = options;
        const result = await runLoad(stack, { seconds, warmupSeconds, rate, series: series++ });
        books.add(result);
        runs.push(result);
        if (!options.json)
          process.stdout.write(
            `${rate}/s: ${result.lifeCyclesPerSecond} life cycles/s, p50 ${result.submitP50Ms} p99 ${result.submitP99Ms} max ${result.submitMaxMs} ms\n`,
          );
      }
      const perSecond = median(runs.map((run) => run.lifeCyclesPerSecond));
      rates.push({
        rate,
        kept: perSecond >= rate * KEPT,
        life_cycles_per_second: perSecond,
        submit_p50_ms: median(runs.map((run) => run.submitP50Ms)),
        submit_p99_ms: median(runs.map((run) => run.submitP99Ms)),
        submit_max_ms: Math.max(...runs.map((run) => run.submitMaxMs)),
        submit_p99_ms_of_runs: runs.map((run) => run.submitP99Ms),
        cycle_p99_ms: round(median(runs.map((run) => run.cycleP99Ms)), 0),
      });
    }
    const balance_error = await books.error(stack);
    tell({ bench: 'open-loop', seconds: options.seconds, rates, lost: books.lost, balance_error }, options.json);
    return books.lost === 0 && balance_error === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

export function openLoopMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench open-loop',
    {
      json: { type: 'boolean', default: false },
      rates: { type: 'string', default: '5000,8000,14000' },
      rate: { type: 'string' },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '6' },
      'warmup-seconds': { type: 'string', default: '2' },
    },
    args,
  );
  return runOpenLoop({
    rates: (values.rate ?? values.rates).split(',').map(Number),
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    warmupSeconds: Number(values['warmup-seconds']),
    json: values.json,
  });
}
