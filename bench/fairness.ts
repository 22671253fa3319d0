// Does a customer's backlog slow another's few messages? One slow link. First B sends ten at a time and nobody else sends; then A
// has a backlog that this link needs minutes for, and B sends the same. Send → the operator has it, on the clock of this machine.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scriptArguments } from './arguments.ts';
import { Load, round } from './load.ts';
import { standardLoad } from './loadOptions.ts';
import { median, startLoad, tell } from './loadRun.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

const TEN = 10;
const FILL_SECONDS = 300;
/** What leaves while A's backlog builds up and B sends is sent beside it. */
const SPARE_SECONDS = 60;
/** Between two rounds, so that one does not meet the other. */
const PAUSE_MS = 700;
const ACCOUNT_B = 25;

interface FairnessOptions {
  readonly messages: number;
  readonly limit: number;
  readonly rounds: number;
  readonly json: boolean;
  readonly keep: boolean;
}

async function runFairness(options: FairnessOptions): Promise<number> {
  const { messages, limit, rounds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-handsets-'));
  const logPath = join(folder, 'handsets.log');
  const shape = { links: 1, linkWindow: 1000, linkThrottles: [limit] };
  const workload = new Workload({ ...standardWorkload, recipients: 1 });
  const stack = await Stack.prepare(workload, ['--handset-log', logPath], undefined, shape);
  try {
    await stack.startAll();
    const alone = await sendRounds(stack, rounds, 100);
    const total = messages + limit * SPARE_SECONDS;
    const a = await startLoad(stack, {
      ...{ seconds: FILL_SECONDS, warmupSeconds: 0, drainSeconds: FILL_SECONDS },
      ...{ binds: 1, window: 1000, maxOpen: total + 1, messages: total },
    });
    const until = performance.now() + FILL_SECONDS * 1000;
    // It stands when it grows no more.
    for (let last = -1, now = 0; now < messages || now > last; ) {
      if (performance.now() > until) throw new Error('the backlog does not stand');
      await sleep(1000);
      [last, now] = [now, await waiting(stack)];
    }
    const backlogFrom = await waiting(stack);
    const beside = await sendRounds(stack, rounds, 100 + rounds);
    const backlogTo = await waiting(stack);
    a.kill();
    await stack.program('operator').stop();
    const [aloneMs, besideMs] = await reception(logPath, [alone, beside]);
    const figures = {
      bench: 'fairness',
      limit,
      backlog_at_start: backlogFrom,
      backlog_at_end: backlogTo,
      rounds,
      arrived: aloneMs.arrived + besideMs.arrived,
      alone_last_of_ten_p50_ms: round(median(aloneMs.lasts), 1),
      alone_last_of_ten_max_ms: round(Math.max(...aloneMs.lasts), 1),
      beside_ms: besideMs.lasts.map(Math.round),
      beside_last_of_ten_p50_ms: round(median(besideMs.lasts), 1),
      beside_last_of_ten_max_ms: round(Math.max(...besideMs.lasts), 1),
      behind_all_would_be_s: Math.round(backlogTo / limit),
    };
    tell(figures, options.json);
    return figures.arrived === 2 * rounds * TEN && backlogTo >= messages && figures.beside_last_of_ten_max_ms < 1000
      ? 0
      : 1;
  } finally {
    await stack.stop(options.keep);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** B's tens, one after the other. */
async function sendRounds(stack: Stack, rounds: number, series: number): Promise<Load[]> {
  const loads: Load[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const load = new Load({
      ...standardLoad,
      workload: { ...standardWorkload, series: series + i, recipients: 100 },
      ...{ port: stack.plan.gatewayPort, binds: 1, firstAccount: ACCOUNT_B, messages: TEN, drainMs: 10_000 },
    });
    await load.connect();
    load.begin();
    await sleep(PAUSE_MS);
    load.end();
    await load.drain();
    load.stop();
    loads.push(load);
  }
  return loads;
}

interface Times {
  arrived: number;
  /** Of each round, until its last message was there. */
  readonly lasts: number[];
}

/** Send → line in the operator's handset log. */
async function reception(path: string, groups: readonly [Load[], Load[]]): Promise<readonly [Times, Times]> {
  // The log has wall-clock time, the schedule is monotonic.
  const offset = Date.now() - performance.now();
  const scheduled = new Map<string, { readonly at: number; readonly times: Times; readonly round: number }>();
  const all: readonly [Times, Times] = [
    { arrived: 0, lasts: [] },
    { arrived: 0, lasts: [] },
  ];
  for (const [group, loads] of groups.entries()) {
    const times = all[group] as Times;
    for (const [index, load] of loads.entries()) {
      times.lasts.push(0);
      for (let number = 0; number < load.tally.submitted; number += 1) {
        const at = (load.tally.scheduledAt[number] as number) + offset;
        scheduled.set(load.tally.textDigest(number), { at, times, round: index });
      }
    }
  }
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [at, , digest] = line.split(' ');
    const sent = scheduled.get(digest as string);
    if (sent === undefined) continue;
    sent.times.arrived += 1;
    sent.times.lasts[sent.round] = Math.max(sent.times.lasts[sent.round] as number, Number(at) - sent.at);
  }
  return all;
}

/** Messages at the gateway that have not ended. */
async function waiting(stack: Stack): Promise<number> {
  return ((await stack.admin('status')) as { readonly open_messages: number }).open_messages;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export function fairnessMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench fairness',
    {
      json: { type: 'boolean', default: false },
      messages: { type: 'string', default: '100000' },
      limit: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '10' },
      keep: { type: 'boolean', default: false },
    },
    args,
  );
  return runFairness({
    messages: Number(values.messages),
    limit: Number(values.limit),
    rounds: Number(values.rounds),
    json: values.json,
    keep: values.keep,
  });
}
