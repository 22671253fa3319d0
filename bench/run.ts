// `npm run bench -- --json --seconds 20`: the standard workload (design §8) through gateway, guard and operator, each a
// process of its own, and its figures as one line of JSON. `npm run bench -- backlog …` is bench/backlog.ts.
import { parseArgs } from 'node:util';
import { runBacklog } from './backlog.ts';
import { measureLimit } from './calibrate.ts';
import { round } from './load.ts';
import type { LoadResult } from './loadOptions.ts';
import { endWithSignals, lastJson, startProgram } from './processes.ts';
import { balanceError, Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

const help = `npm run bench -- [--json] [--seconds 20] [--warmup-seconds 5] [--rate N] [--mixed] [--binds 8] [--window 250]
                 [--max-open 20000] [--no-limit] [--keep]
npm run bench -- backlog [--json] [--messages 1000000]

  --rate N       open loop at N submits per second; without it closed by windows
  --mixed        10 % of three parts, 5 % UCS-2
  --no-limit     does not run the bare pipeline beside (../shared/limit) for the ratio
  --keep         leaves the run's folder (data, configuration) for a look
`;

interface RunOptions {
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly rate: number;
  readonly mixed: boolean;
  readonly binds: number;
  readonly window: number;
  readonly maxOpen: number;
  readonly limit: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

interface Comparison {
  readonly lost: number;
  readonly duplicated: number;
  readonly foreign: number;
}

async function runStandard(options: RunOptions): Promise<number> {
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  const limit = options.limit ? await measureLimit(100_000, 2000) : null;
  if (limit !== null) say(`bare pipeline: ${limit.lifeCyclesPerSecond} life cycles/s`);
  // Only accounts and prices are needed here; the generator's process makes the recipients.
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }));
  try {
    say('starting operator, guard and gateway');
    await stack.startAll();
    const gateway = stack.program('gateway');
    const guard = stack.program('guard');
    const operator = stack.program('operator');
    const before = {
      gateway: gateway.usage(),
      guard: guard.usage(),
      operator: operator.usage(),
      syncs: await stack.syncs(),
    };
    say(`warm-up ${options.warmupSeconds} s, measuring ${options.seconds} s`);
    const load = await startProgram(
      'load',
      [
        'bench/loadMain.ts',
        ...[
          '--port',
          String(stack.plan.gatewayPort),
          '--seconds',
          String(options.seconds),
          '--warmup-seconds',
          String(options.warmupSeconds),
        ],
        ...[
          '--rate',
          String(options.rate),
          '--binds',
          String(options.binds),
          '--window',
          String(options.window),
          '--max-open',
          String(options.maxOpen),
        ],
        ...['--handsets', `http://127.0.0.1:${stack.plan.operatorHttpPort}`, '--quiet'],
        ...(options.mixed ? ['--mixed'] : []),
      ],
      null,
    );
    if ((await load.ended) !== 0) throw new Error(`load generator failed: ${load.errors()}`);
    const result = lastJson(load.output()) as LoadResult & { readonly handsets: Comparison };
    const after = {
      gateway: gateway.usage(),
      guard: guard.usage(),
      operator: operator.usage(),
      syncs: await stack.syncs(),
    };
    const cycles = Math.max(1, result.ended);
    const perCycle = (name: 'gateway' | 'guard' | 'operator'): number =>
      round((after[name].cpuMicros - before[name].cpuMicros) / cycles, 2);
    const difference = (name: 'gateway' | 'guard'): number => (after.syncs[name] ?? 0) - (before.syncs[name] ?? 0);
    const figures = {
      life_cycles_per_second: result.lifeCyclesPerSecond,
      submit_p50_ms: result.submitP50Ms,
      submit_p99_ms: result.submitP99Ms,
      cycle_p50_ms: result.cycleP50Ms,
      cycle_p99_ms: result.cycleP99Ms,
      gateway_cpu_us: perCycle('gateway'),
      guard_cpu_us: perCycle('guard'),
      operator_cpu_us: perCycle('operator'),
      generator_cpu_us: result.generatorCpuUs,
      syncs: difference('gateway') + difference('guard'),
      gateway_peak_mb: Math.round(after.gateway.peakRssBytes / 2 ** 20),
      guard_peak_mb: Math.round(after.guard.peakRssBytes / 2 ** 20),
      messages: result.acked,
      refused: result.refused,
      lost: result.handsets.lost + result.unterminated,
      duplicated: result.handsets.duplicated + result.handsets.foreign,
      repeated_receipts: result.repeatedReceipts + result.conflictingReceipts + result.strayReceipts,
      states: result.states,
      balance_error: balanceError(await stack.money(), result),
      ...(limit === null
        ? {}
        : {
            limit_per_second: limit.lifeCyclesPerSecond,
            ratio_to_limit: round(result.lifeCyclesPerSecond / limit.lifeCyclesPerSecond, 3),
          }),
    };
    process.stdout.write(`${options.json ? JSON.stringify(figures) : JSON.stringify(figures, null, 2)}\n`);
    return figures.lost === 0 && figures.balance_error === 0 ? 0 : 1;
  } finally {
    await stack.stop(options.keep);
    if (options.keep) say(`kept ${stack.plan.folder}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '20' },
    'warmup-seconds': { type: 'string', default: '5' },
    rate: { type: 'string', default: '0' },
    mixed: { type: 'boolean', default: false },
    binds: { type: 'string', default: '8' },
    window: { type: 'string', default: '250' },
    'max-open': { type: 'string', default: '20000' },
    'no-limit': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    messages: { type: 'string', default: '1000000' },
  },
});

endWithSignals();
if (values.help) process.stdout.write(help);
else if (positionals[0] === 'backlog')
  process.exitCode = await runBacklog({ messages: Number(values.messages), json: values.json, keep: values.keep });
else {
  process.exitCode = await runStandard({
    seconds: Number(values.seconds),
    warmupSeconds: Number(values['warmup-seconds']),
    rate: Number(values.rate),
    mixed: values.mixed,
    binds: Number(values.binds),
    window: Number(values.window),
    maxOpen: Number(values['max-open']),
    limit: !values['no-limit'],
    keep: values.keep,
    json: values.json,
  });
}
