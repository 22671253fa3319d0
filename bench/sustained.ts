// How many full life cycles per second the system sustains: the standard workload (design §8) through gateway, guard and
// operator, each a process of its own, held against the bare pipeline. `npm run bench -- [sustained] …`.

import { scriptArguments } from './arguments.ts';
import { measureLimit } from './calibrate.ts';
import { round } from './load.ts';
import { OPEN_MAX } from './loadOptions.ts';
import { runLoad, tell } from './loadRun.ts';
import { balanceError, Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

/** One run of the standard workload. */
export interface SustainedRun {
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** 0: closed by windows. */
  readonly rate: number;
  readonly mixed: boolean;
  readonly binds: number;
  readonly window: number;
  readonly maxOpen: number;
  readonly keep: boolean;
}

export const standardRun: SustainedRun = {
  seconds: 20,
  warmupSeconds: 5,
  rate: 0,
  mixed: false,
  binds: 8,
  window: 250,
  maxOpen: OPEN_MAX,
  keep: false,
};

export type SustainedFigures = Awaited<ReturnType<typeof measureSustained>>;

/** A fresh system under one load. The names of the figures are those of the JSON line. */
export async function measureSustained(run: SustainedRun, say: (line: string) => void = () => undefined) {
  // Only accounts and prices are needed here; the generator's process makes the recipients.
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }));
  try {
    say('starting operator, guard and gateway');
    await stack.startAll();
    const look = async () => ({
      gateway: stack.program('gateway').usage(),
      guard: stack.program('guard').usage(),
      operator: stack.program('operator').usage(),
      syncs: await stack.syncs(),
    });
    const before = await look();
    say(`warm-up ${run.warmupSeconds} s, measuring ${run.seconds} s`);
    const result = await runLoad(stack, { ...run, compare: true });
    const { handsets } = result;
    if (handsets === undefined) throw new Error('the generator did not compare');
    const after = await look();
    const cycles = Math.max(1, result.ended);
    const perCycle = (name: 'gateway' | 'guard' | 'operator'): number =>
      round((after[name].cpuMicros - before[name].cpuMicros) / cycles, 2);
    const difference = (name: 'gateway' | 'guard'): number => (after.syncs[name] ?? 0) - (before.syncs[name] ?? 0);
    return {
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
      lost: handsets.lost + result.unterminated,
      duplicated: handsets.duplicated + handsets.foreign,
      repeated_receipts: result.repeatedReceipts + result.conflictingReceipts + result.strayReceipts,
      states: result.states,
      balance_error: balanceError(await stack.money(), result),
    };
  } finally {
    await stack.stop(run.keep);
    if (run.keep) say(`kept ${stack.plan.folder}`);
  }
}

/** Exit code: 1 when a message was lost or a micro-unit is wrong. */
export async function sustainedMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench sustained',
    {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '20' },
      'warmup-seconds': { type: 'string', default: '5' },
      rate: { type: 'string', default: '0' },
      mixed: { type: 'boolean', default: false },
      binds: { type: 'string', default: '8' },
      window: { type: 'string', default: '250' },
      'max-open': { type: 'string', default: String(OPEN_MAX) },
      'no-limit': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
    args,
  );
  const say = (line: string): void => void (values.json || process.stdout.write(`${line}\n`));
  const limit = values['no-limit'] ? null : await measureLimit(100_000, 2000);
  if (limit !== null) say(`bare pipeline: ${limit.lifeCyclesPerSecond} life cycles/s`);
  const figures = await measureSustained(
    {
      seconds: Number(values.seconds),
      warmupSeconds: Number(values['warmup-seconds']),
      rate: Number(values.rate),
      mixed: values.mixed,
      binds: Number(values.binds),
      window: Number(values.window),
      maxOpen: Number(values['max-open']),
      keep: values.keep,
    },
    say,
  );
  const beside = limit && {
    limit_per_second: limit.lifeCyclesPerSecond,
    ratio_to_limit: round(figures.life_cycles_per_second / limit.lifeCyclesPerSecond, 3),
  };
  tell({ bench: 'sustained', mixed: values.mixed, ...figures, ...beside }, values.json);
  return figures.lost === 0 && figures.balance_error === 0 ? 0 : 1;
}
