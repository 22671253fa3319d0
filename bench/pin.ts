// How long a PIN takes to the operator when a million bulk messages stand before it and are being delivered: scheduled send →
// the operator has it, on the clock of this machine. The backlog waits for the operator to come up, then PINs come at a rate.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scriptArguments } from './arguments.ts';
import { Histogram } from './histogram.ts';
import { Load, round } from './load.ts';
import { standardLoad } from './loadOptions.ts';
import { startLoad, tell } from './loadRun.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

/** priority_flag 3, the highest: the PIN lane. */
const PIN_PRIORITY = 3;
/** What is delivered while we measure must not thin out the backlog below what it is to be. */
const SPARE_PER_SECOND = 15_000;
const FILL_MS = 600_000;
const DELIVERING_MS = 60_000;

interface PinOptions {
  readonly messages: number;
  readonly seconds: number;
  readonly rate: number;
  readonly json: boolean;
  readonly keep: boolean;
}

async function runPin(options: PinOptions): Promise<number> {
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  // The generator of the PINs lives here and does nothing else, so that its own turns do not add to the times.
  const pinWorkload = { ...standardWorkload, series: 100, recipients: 10_000 };
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-handsets-'));
  const logPath = join(folder, 'handsets.log');
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }), ['--handset-log', logPath]);
  try {
    await stack.start('guard');
    await stack.start('gateway');
    const total = options.messages + options.seconds * SPARE_PER_SECOND;
    say(`the operator is down; ${total} bulk messages are sent`);
    const bulk = await startLoad(stack, {
      seconds: FILL_MS / 1000,
      warmupSeconds: 0,
      maxOpen: total + 1,
      messages: total,
      drainSeconds: FILL_MS / 1000,
    });
    await until(FILL_MS, 'the backlog does not stand', async () => (await waiting(stack)) >= total);
    say('it stands; the operator comes up');
    await stack.start('operator');
    const received = async (): Promise<number> =>
      ((await stack.operator('handsets?summary=1')) as { readonly messages: number }).messages;
    await until(DELIVERING_MS, 'nothing is delivered', async () => (await received()) > 10_000);
    const pins = new Load({
      ...standardLoad,
      workload: pinWorkload,
      port: stack.plan.gatewayPort,
      binds: 2,
      firstAccount: standardWorkload.accounts / 2 + 1,
      rate: options.rate,
      messages: options.rate * options.seconds,
      priority: PIN_PRIORITY,
    });
    await pins.connect();
    const [backlogFrom, receivedFrom, from] = [await waiting(stack), await received(), performance.now()];
    pins.begin();
    while (performance.now() < from + options.seconds * 1000) await sleep(50);
    pins.end();
    await pins.drain();
    const [backlogTo, receivedTo, to] = [await waiting(stack), await received(), performance.now()];
    const submit = pins.result(0);
    pins.stop();
    bulk.kill();
    await stack.program('operator').stop();
    const times = await reception(logPath, pins);
    const figures = {
      bench: 'pin',
      backlog_at_start: backlogFrom,
      backlog_at_end: backlogTo,
      delivered_per_second: Math.round(((receivedTo - receivedFrom) / (to - from)) * 1000),
      pins: pins.tally.submitted,
      arrived: times.total,
      operator_p50_ms: round(times.quantileMs(0.5), 1),
      operator_p99_ms: round(times.quantileMs(0.99), 1),
      operator_max_ms: round(times.maxMs, 1),
      submit_p50_ms: submit.submitP50Ms,
      submit_p99_ms: submit.submitP99Ms,
    };
    tell(figures, options.json);
    return figures.arrived === figures.pins && backlogTo >= options.messages ? 0 : 1;
  } finally {
    await stack.stop(options.keep);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Scheduled send → line in the operator's handset log, of every PIN. */
async function reception(path: string, pins: Load): Promise<Histogram> {
  // The log has wall-clock time, the schedule is monotonic.
  const offset = Date.now() - performance.now();
  const scheduled = new Map<string, number>();
  for (let number = 0; number < pins.tally.submitted; number += 1)
    scheduled.set(pins.tally.textDigest(number), (pins.tally.scheduledAt[number] as number) + offset);
  const times = new Histogram();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [at, , digest] = line.split(' ');
    const sent = scheduled.get(digest as string);
    if (sent !== undefined) times.add(Number(at) - sent);
  }
  return times;
}

/** Messages at the gateway that have not ended: those that wait, and the second of them whose receipts are to come. */
async function waiting(stack: Stack): Promise<number> {
  return ((await stack.admin('status')) as { readonly open_messages: number }).open_messages;
}

async function until(ms: number, failure: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(failure);
    await sleep(200);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export function pinMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench pin',
    {
      json: { type: 'boolean', default: false },
      messages: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '50' },
      keep: { type: 'boolean', default: false },
    },
    args,
  );
  return runPin({
    messages: Number(values.messages),
    seconds: Number(values.seconds),
    rate: Number(values.rate),
    json: values.json,
    keep: values.keep,
  });
}
