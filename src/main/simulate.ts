// `npm run simulate`: the whole system in one process, under one seed after another, and what broke. A seed that fails prints the
// one line that repeats it. Seeds are shared among worker threads; what one seed does depends on nothing but the seed.
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { bugs, NO_BUG } from '../sim/bugs.ts';
import { WIDEST, type Width } from '../sim/plan.ts';
import { type RunResult, runSeed } from '../sim/run.ts';
import { still } from '../sim/still.ts';
import { CommandError, readArguments } from './cliTools.ts';

const HELP = `npm run simulate -- [options]

  --seeds N      runs N seeds (default 20)
  --from S       the first of them (default 1)
  --seed S       runs one seed
  --trace        with --seed: shows what happens
  --bug NAME     with a deliberate bug, to see that it is found
  --list-bugs    their names, one a line
  --width N      0: without what src/sim/more.ts draws; 1 to 3: with what older seeds had of it; 4: all (default)
  --repeat N     runs every Nth seed twice and compares the traces (default 10)
  --workers N    threads (default: one per core)
  --json         ends with one line of JSON
`;

const WIDTHS: readonly Width[] = [0, 1, 2, 3, 4];

/** One seed as a worker tells of it. */
interface Told extends Omit<RunResult, 'faults'> {
  readonly faults: { readonly [kind: string]: number };
  readonly milliseconds: number;
  /** The same seed gave the same trace again; null: it was not run again. */
  readonly again: boolean | null;
}

interface Order {
  readonly seed: number;
  readonly twice: boolean;
}

async function runOne(seed: number, bugName: string, twice: boolean, width: Width): Promise<Told> {
  const bug = bugs.find((one) => one.name === bugName) ?? NO_BUG;
  const from = performance.now();
  const result = await still(() => runSeed(seed, bug, null, width));
  const again = twice ? (await still(() => runSeed(seed, bug, null, width))).trace === result.trace : null;
  return { ...result, faults: Object.fromEntries(result.faults), milliseconds: performance.now() - from, again };
}

/** What holds for all seeds of a run. */
interface Kind {
  readonly bug: string;
  readonly width: Width;
}

/** Runs in a worker: seeds come one by one. */
function work({ bug, width }: Kind): void {
  parentPort?.on('message', ({ seed, twice }: Order) => {
    runOne(seed, bug, twice, width).then(
      (told) => parentPort?.postMessage(told),
      (error: unknown) => {
        throw error;
      },
    );
  });
}

/** Runs `orders` on `workers` threads; `each` hears of every seed as it ends. */
function runAll(orders: Order[], workers: number, kind: Kind, each: (told: Told) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = 0;
    for (let i = 0; i < Math.min(workers, orders.length); i++) {
      const worker = new Worker(new URL(import.meta.url), { workerData: kind });
      running++;
      const next = (): void => {
        const order = orders.shift();
        if (order !== undefined) worker.postMessage(order);
        else {
          void worker.terminate();
          if (--running === 0) resolve();
        }
      };
      worker.on('message', (told: Told) => {
        each(told);
        next();
      });
      worker.on('error', reject);
      next();
    }
  });
}

async function simulate(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    bug: { type: 'string', default: '' },
    'list-bugs': { type: 'boolean', default: false },
    repeat: { type: 'string', default: '10' },
    workers: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
    width: { type: 'string', default: String(WIDEST) },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values['list-bugs']) {
    process.stdout.write(bugs.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  const numbers = [values.seeds, values.from, values.repeat, values.workers, values.seed ?? '1'].map(Number);
  const [seeds, first, repeat, workers] = numbers as [number, number, number, number];
  if (numbers.some((one) => !Number.isSafeInteger(one) || one < 1)) {
    process.stderr.write('simulate: --seeds, --from, --seed, --repeat and --workers are whole numbers from 1\n');
    return 2;
  }
  const width = WIDTHS.find((one) => String(one) === values.width);
  if (width === undefined) {
    process.stderr.write(`simulate: --width is one of ${WIDTHS.join(', ')}\n`);
    return 2;
  }
  const bug = bugs.find((one) => one.name === values.bug);
  if (values.bug !== '' && bug === undefined) {
    process.stderr.write(`simulate: no bug "${values.bug}"; see --list-bugs\n`);
    return 2;
  }
  if (values.seed !== undefined && values.trace) {
    const show = (line: string): unknown => process.stdout.write(`${line}\n`);
    const result = await still(() => runSeed(Number(values.seed), bug, show, width));
    return result.broken === null ? 0 : 1;
  }
  const orders: Order[] =
    values.seed === undefined
      ? Array.from({ length: seeds }, (_, i) => ({ seed: first + i, twice: i % repeat === 0 }))
      : [{ seed: Number(values.seed), twice: true }];
  return report(orders, workers, { bug: values.bug, width }, values.json);
}

export async function simulateMain(args: readonly string[]): Promise<number> {
  try {
    return await simulate(args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`simulate: ${error.message}\n`);
    return error.exitCode;
  }
}

async function report(orders: Order[], workers: number, kind: Kind, json: boolean): Promise<number> {
  const { bug, width } = kind;
  const from = performance.now();
  const total = orders.length;
  const faults = new Map<string, number>();
  const laws = new Map<string, number[]>();
  let messages = 0;
  let failed = 0;
  let equal = true;
  let slowest = 0;
  await runAll(orders, workers, kind, (told) => {
    messages += told.messages;
    slowest = Math.max(slowest, told.milliseconds);
    for (const [kind, count] of Object.entries(told.faults)) faults.set(kind, (faults.get(kind) ?? 0) + count);
    if (told.again === false) {
      equal = false;
      process.stdout.write(`seed ${told.seed}: the second run has another trace\n`);
    }
    if (told.broken === null) return;
    failed++;
    const { law, detail } = told.broken;
    laws.set(law, [...(laws.get(law) ?? []), told.seed]);
    const withBug = `${bug === '' ? '' : ` --bug ${bug}`}${width === WIDEST ? '' : ` --width ${width}`}`;
    process.stdout.write(
      `law ${law} broken: ${detail}\n  npm run -s simulate -- --seed ${told.seed}${withBug} --trace\n`,
    );
  });
  const seconds = Math.round((performance.now() - from) / 100) / 10;
  const summary = {
    seeds: total,
    failed,
    messages,
    faults: Object.fromEntries([...faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    trace_equal: equal,
    laws: Object.fromEntries(laws),
    seconds,
    slowest_ms: Math.round(slowest),
    ...(bug === '' ? {} : { bug }),
  };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else
    process.stdout.write(
      `${total} seeds, ${messages} messages, ${failed} failed, traces ${equal ? 'equal' : 'DIFFER'}, ${seconds} s\n`,
    );
  return failed === 0 && equal ? 0 : 1;
}

if (!isMainThread) work(workerData as Kind);
else if (import.meta.main) process.exitCode = await simulateMain(process.argv.slice(2));
