// `npm run bench -- backlog`: with the operator down, a million messages are accepted and wait; the gateway is killed and
// must take new ones within seconds; the operator comes up and all is delivered. Memory is watched all the while.
import { scriptArguments } from './arguments.ts';
import { Load, round } from './load.ts';
import { standardLoad } from './loadOptions.ts';
import { tell } from './loadRun.ts';
import type { Program } from './processes.ts';
import { balanceError, Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

interface BacklogOptions {
  readonly messages: number;
  readonly json: boolean;
  readonly keep: boolean;
}

const WATCH_MS = 200;
const DRAIN_MS = 900_000;
const PROBES = 100;

async function runBacklog(options: BacklogOptions): Promise<number> {
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  const workload = new Workload(standardWorkload);
  const stack = await Stack.prepare(workload);
  try {
    await stack.start('guard');
    await stack.start('gateway');
    const rss = (): number => stack.program('gateway').usage().rssBytes + stack.program('guard').usage().rssBytes;
    const idle = rss();
    let peak = idle;
    const watch = setInterval(() => {
      if (alive(stack.program('gateway')) && alive(stack.program('guard'))) peak = Math.max(peak, rss());
    }, WATCH_MS);
    const load = new Load(
      {
        ...standardLoad,
        workload: standardWorkload,
        port: stack.plan.gatewayPort,
        maxOpen: Number.POSITIVE_INFINITY,
        messages: options.messages,
        drainMs: DRAIN_MS,
      },
      workload,
    );
    await load.connect();
    say(`idle ${mb(idle)} MB; the operator is down; sending ${options.messages}`);
    const sendFrom = performance.now();
    load.begin();
    while (load.tally.acked + load.tally.refused < options.messages) await sleep(100);
    load.end();
    const sendSeconds = (performance.now() - sendFrom) / 1000;
    say(`${load.tally.acked} accepted in ${round(sendSeconds, 1)} s, peak ${mb(peak)} MB; killing the gateway`);
    const killed = stack.program('gateway');
    killed.kill();
    await killed.ended;
    // An account of its own: receipts go over any bind of an account.
    const probe = new Load(
      {
        ...standardLoad,
        workload: standardWorkload,
        port: stack.plan.gatewayPort,
        binds: 1,
        firstAccount: standardWorkload.accounts - 1,
        messages: PROBES,
        drainMs: DRAIN_MS,
      },
      new Workload({ ...standardWorkload, series: 1 }),
    );
    const restartFrom = performance.now();
    const starting = stack.start('gateway');
    const probing = probe.connect().then(() => probe.begin());
    // Both, whatever becomes of either: what was started must be known to be stopped.
    for (const outcome of await Promise.allSettled([starting, probing]))
      if (outcome.status === 'rejected') throw outcome.reason;
    while (probe.tally.acked === 0) await sleep(5);
    const firstAckSeconds = (performance.now() - restartFrom) / 1000;
    say(`first submit acknowledged ${round(firstAckSeconds, 2)} s after the start; starting the operator`);
    while (probe.tally.acked < PROBES) await sleep(20);
    probe.end();
    const operatorFrom = performance.now();
    await stack.start('operator');
    // The guard's links come back in their own time; the rate counts from the first receipt.
    while (load.tally.ended === 0 && performance.now() - operatorFrom < DRAIN_MS) await sleep(10);
    const deliverFrom = performance.now();
    await load.drain();
    const deliverSeconds = (performance.now() - deliverFrom) / 1000;
    await probe.drain();
    clearInterval(watch);
    const compared = load.tally.compare(await stack.handsets());
    const bill = load.tally.bill();
    const probeBill = probe.tally.bill();
    const chargedByAccount: { [name: string]: number } = { ...bill.byAccount };
    for (const [name, amount] of Object.entries(probeBill.byAccount))
      chargedByAccount[name] = (chargedByAccount[name] ?? 0) + amount;
    const figures = {
      bench: 'backlog',
      messages: load.tally.acked,
      refused: load.tally.refused,
      accepted_per_second: Math.round(load.tally.acked / sendSeconds),
      idle_mb: mb(idle),
      peak_mb_over_idle: mb(peak - idle),
      first_ack_seconds: round(firstAckSeconds, 2),
      first_receipt_seconds: round((deliverFrom - operatorFrom) / 1000, 2),
      delivered: load.tally.ended,
      delivered_per_second: Math.round(load.tally.ended / deliverSeconds),
      lost: compared.lost + load.tally.unterminated,
      // The probe's messages are at the handsets too and are not the load's.
      duplicated: compared.duplicated + Math.max(0, compared.foreign - PROBES),
      balance_error: balanceError(await stack.money(), { chargedByAccount, held: bill.held + probeBill.held }),
    };
    load.stop();
    probe.stop();
    tell(figures, options.json);
    return figures.lost === 0 && figures.balance_error === 0 ? 0 : 1;
  } finally {
    await stack.stop(options.keep);
  }
}

export function backlogMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench backlog',
    {
      json: { type: 'boolean', default: false },
      messages: { type: 'string', default: '1000000' },
      keep: { type: 'boolean', default: false },
    },
    args,
  );
  return runBacklog({ messages: Number(values.messages), json: values.json, keep: values.keep });
}

function alive(program: Program): boolean {
  try {
    process.kill(program.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function mb(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
