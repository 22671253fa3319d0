// How the figure moves from commit to commit: the standard workload and the bare pipeline (../shared/limit), run alternately; the
// medians go as one line into bench/history.jsonl, with the commit and whether the tree was clean.
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { scriptArguments } from './arguments.ts';
import { measureLimit } from './calibrate.ts';
import { round } from './load.ts';
import { median, tell } from './loadRun.ts';
import { root } from './processes.ts';
import { measureSustained, type SustainedFigures, standardRun } from './sustained.ts';

const LIMIT_MESSAGES = 200_000;
const LIMIT_WINDOW = 2000;

interface HistoryOptions {
  readonly runs: number;
  readonly seconds: number;
  readonly dry: boolean;
  readonly json: boolean;
}

async function runHistory(options: HistoryOptions): Promise<number> {
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  const limits: number[] = [];
  const runs: SustainedFigures[] = [];
  const mixed: SustainedFigures[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    const limit = await measureLimit(LIMIT_MESSAGES, LIMIT_WINDOW);
    if (limit !== null) limits.push(limit.lifeCyclesPerSecond);
    runs.push(await measureSustained({ ...standardRun, seconds: options.seconds }));
    mixed.push(await measureSustained({ ...standardRun, seconds: options.seconds, mixed: true }));
    say(
      `${limits.at(-1) ?? 'no'} bare, ${runs.at(-1)?.life_cycles_per_second}, mixed ${mixed.at(-1)?.life_cycles_per_second}`,
    );
  }
  const of = (from: readonly SustainedFigures[], pick: (figures: SustainedFigures) => number): number =>
    median(from.map(pick));
  const perSecond = of(runs, (run) => run.life_cycles_per_second);
  const line = {
    commit: git('rev-parse', '--short=12', 'HEAD'),
    clean: git('status', '--porcelain', '--', 'src', 'bench', 'package.json') === '',
    date: new Date().toISOString(),
    node: process.versions.node,
    cpus: `${cpus().length} × ${cpus()[0]?.model.trim() ?? ''}`,
    runs: options.runs,
    seconds: options.seconds,
    max_open: standardRun.maxOpen,
    life_cycles_per_second: perSecond,
    mixed_per_second: of(mixed, (run) => run.life_cycles_per_second),
    limit_per_second: limits.length === 0 ? null : median(limits),
    /** Each run against the bare pipeline beside it: what else the machine does hits both. */
    ratio_to_limit:
      limits.length === 0
        ? null
        : round(median(runs.map((run, i) => run.life_cycles_per_second / (limits[i] as number))), 3),
    submit_p50_ms: of(runs, (run) => run.submit_p50_ms),
    submit_p99_ms: of(runs, (run) => run.submit_p99_ms),
    gateway_cpu_us: of(runs, (run) => run.gateway_cpu_us),
    guard_cpu_us: of(runs, (run) => run.guard_cpu_us),
    operator_cpu_us: of(runs, (run) => run.operator_cpu_us),
    generator_cpu_us: of(runs, (run) => run.generator_cpu_us),
    lost: Math.max(...[...runs, ...mixed].map((run) => run.lost)),
    balance_error: Math.max(...[...runs, ...mixed].map((run) => run.balance_error)),
  };
  if (!options.dry) appendFileSync(join(root, 'bench', 'history.jsonl'), `${JSON.stringify(line)}\n`);
  tell(line, options.json);
  return line.lost === 0 && line.balance_error === 0 ? 0 : 1;
}

function git(...args: readonly string[]): string {
  const ran = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}

export function historyMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench history',
    {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '15' },
      dry: { type: 'boolean', default: false },
    },
    args,
  );
  return runHistory({
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    dry: values.dry,
    json: values.json,
  });
}
