// The whole system on disks whose syncs can be made slow, held or failed, with customers and the traces of both programs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Customers } from '../../bench/crash/customers.ts';
import { compileShadow, type Disk } from '../../bench/crash/disk.ts';
import { MessageList } from '../../bench/crash/list.ts';
import { type Prepared, prepareSystem, type Victim } from '../../bench/crash/system.ts';
import { readTrace, type Trace } from '../../bench/crash/trace.ts';
import { Workload } from '../../bench/workload.ts';

const library = compileShadow();
/** Why these tests cannot run here; false: they can. */
export const skip = library.ok ? false : library.reason;
const ROLES = { retrying: 2, http: 1 };
const LIFETIMES = { validityS: 600, graceS: 600 };
const RECIPIENTS = 200_000;
/** Longest wait for one thing to happen: a machine that does much else is slow. */
export const STEP_MS = 40_000;

after(() => {
  if (library.ok) library.remove();
});

export interface Running extends Prepared {
  readonly list: MessageList;
  readonly customers: Customers;
  disk(name: Victim): Disk;
  trace(name: Victim): Trace;
  post(text: string): Promise<number>;
  submits(): Promise<number>;
  stop(): Promise<void>;
}

export async function run(syncDelayMs: number): Promise<Running> {
  if (!library.ok) throw new Error(library.reason);
  const parent = mkdtempSync(join(tmpdir(), 'glaspost-sync-'));
  const workload = new Workload({
    seed: 3,
    accounts: 3,
    prefixes: 50,
    recipients: RECIPIENTS,
    mixed: false,
    series: 0,
  });
  const system = await prepareSystem(parent, workload, ROLES, LIFETIMES, 3, library.path, { syncDelayMs, trace: true });
  const { stack, disks } = system;
  await stack.start('operator');
  for (const name of ['guard', 'gateway'] as const) await stack.start(name, disks[name]?.environment);
  await stack.linksUp();
  const list = new MessageList();
  const smpp = { port: stack.plan.gatewayPort, binds: 2, accounts: 1, window: 50, rate: 40 };
  const customers = new Customers(smpp, workload, list);
  const disk = (name: Victim): Disk => disks[name] as Disk;
  let posted = 0;
  return {
    ...system,
    list,
    customers,
    disk,
    trace: (name) => readTrace(disk(name).tracePath),
    post: async (text) => {
      // A destination of its own for each: by it what belongs together is found in the trace.
      posted += 1;
      const answer = await fetch(`http://127.0.0.1:${stack.plan.gatewayHttpPort}/api/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${system.apiKey}` },
        body: JSON.stringify({ to: `+${workload.digits(RECIPIENTS - posted)}`, from: 'GLASPOST', text }),
      });
      return answer.status;
    },
    submits: async () =>
      ((await stack.operator('status')) as { readonly counters: { readonly submits: number } }).counters.submits,
    stop: async () => {
      customers.stop();
      for (const name of ['gateway', 'guard'] as const) {
        disk(name).holdSyncs(false);
        disk(name).failSyncs(false);
      }
      await stack.stop(true);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + STEP_MS;
  while (!(await is())) {
    if (performance.now() > limit) throw new Error(`not within ${STEP_MS} ms: ${what}`);
    await sleep(20);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}

/** Written PDUs of one kind; of responses only those that accept. */
export function written(trace: Trace, command: number): number {
  return trace.pdus.filter((pdu) => pdu.written && pdu.command === command && pdu.status === 0).length;
}
