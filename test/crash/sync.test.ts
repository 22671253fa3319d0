// Acknowledge after durable (design §5.1), no leaf, no PDU (§5.2): real programs on a disk whose syncs are slow, wait or fail.
// Nothing here is timed: what counts is the order of syncs and writes, as the preloaded library saw them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Customers } from '../../bench/crash/customers.ts';
import { compileShadow, type Disk } from '../../bench/crash/disk.ts';
import { MessageList } from '../../bench/crash/list.ts';
import { type Prepared, prepareSystem, type Victim } from '../../bench/crash/system.ts';
import { Command, checkPromises, readTrace, type Trace } from '../../bench/crash/trace.ts';
import { Workload } from '../../bench/workload.ts';

const library = compileShadow();
const skip = library.ok ? false : library.reason;
const ROLES = { retrying: 2, http: 1 };
const LIFETIMES = { validityS: 600, graceS: 600 };
const RECIPIENTS = 200_000;
const STEP_MS = 20_000;
/** How long nothing may come out of a program whose syncs wait. */
const SILENCE_MS = 300;

after(() => {
  if (library.ok) library.remove();
});

interface Running extends Prepared {
  readonly list: MessageList;
  readonly customers: Customers;
  disk(name: Victim): Disk;
  trace(name: Victim): Trace;
  post(text: string): Promise<number>;
  submits(): Promise<number>;
  stop(): Promise<void>;
}

async function run(syncDelayMs: number): Promise<Running> {
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

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + STEP_MS;
  while (!(await is())) {
    if (performance.now() > limit) throw new Error(`not within ${STEP_MS} ms: ${what}`);
    await sleep(20);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}

/** Written PDUs of one kind; of responses only those that accept. */
function written(trace: Trace, command: number): number {
  return trace.pdus.filter((pdu) => pdu.written && pdu.command === command && pdu.status === 0).length;
}

test('with slow syncs every answer and every PDU to a supplier comes after the sync that it promises', {
  skip,
}, async () => {
  const running = await run(300);
  const { list, customers } = running;
  try {
    customers.send(true);
    for (let i = 0; i < 3; i += 1) assert.equal(await running.post(`over HTTP ${i}`), 202);
    await until('30 messages', () => list.messages.length >= 30);
    customers.send(false);
    await until('all ended', () => list.acked === list.messages.length && list.unterminated === 0);
    const gateway = running.trace('gateway');
    const guard = running.trace('guard');
    const promises = [checkPromises(gateway, false), checkPromises(guard, true)];
    assert.deepEqual(
      promises.flatMap(({ faults }) => faults),
      [],
    );
    const kinds = Object.assign({}, ...promises.map(({ checked }) => checked)) as { readonly [kind: string]: number };
    assert.deepEqual(Object.keys(kinds).sort(), [
      'HTTP 2xx',
      'answer to an order',
      'deliver_sm_resp to a supplier',
      'deliver_sm_resp to the guard',
      'order',
      'receipt to a customer',
      'receipt to the gateway',
      'submit_sm to a supplier',
      'submit_sm_resp to a customer',
    ]);
    assert.ok((kinds['submit_sm_resp to a customer'] ?? 0) >= 30 && (kinds['submit_sm to a supplier'] ?? 0) >= 33);
    // The same record with its syncs moved a little later accuses every one of them: the check can fail.
    for (const [trace, isGuard] of [
      [gateway, false],
      [guard, true],
    ] as const) {
      const late = trace.syncs.map((sync) => ({ ...sync, returned: sync.returned + 3_600_000_000_000n }));
      const { checked, faults } = checkPromises({ ...trace, syncs: late }, isGuard);
      assert.equal(
        faults.length,
        Object.values(checked).reduce((sum, count) => sum + count, 0),
      );
    }
  } finally {
    await running.stop();
  }
});

test('while a sync waits nothing is acknowledged and nothing leaves; when it returns everything does', {
  skip,
}, async () => {
  const running = await run(0);
  const { list, customers } = running;
  try {
    // The gateway: neither answer nor order.
    running.disk('gateway').holdSyncs(true);
    customers.send(true);
    const posted = running.post('held');
    await until('a sync of the gateway waits', () => running.trace('gateway').waiting > 0);
    await sleep(SILENCE_MS);
    assert.ok(list.messages.length > 0);
    assert.equal(list.acked, 0);
    const held = running.trace('gateway');
    assert.deepEqual([written(held, Command.submitSmResp), written(held, Command.submitSm)], [0, 0]);
    assert.ok(!held.heads.some((head) => head.written && head.line.startsWith('HTTP/1.1 20') && !isGet(held, head.fd)));
    running.disk('gateway').holdSyncs(false);
    assert.equal(await posted, 202);
    await until('acknowledged', () => list.acked > 0);
    customers.send(false);
    await until('all ended', () => list.acked === list.messages.length && list.unterminated === 0);

    // The guard: no PDU to a supplier, and its links do not bind without their record.
    const submits = await running.submits();
    running.disk('guard').holdSyncs(true);
    customers.send(true);
    await until('the gateway has accepted more', () => list.unterminated > 0);
    await until('a sync of the guard waits', () => running.trace('guard').waiting > 0);
    const binds = written(running.trace('guard'), Command.bindTransceiver);
    await fetch(`http://127.0.0.1:${running.stack.plan.operatorHttpPort}/disconnect`, { method: 'POST' });
    await sleep(SILENCE_MS * 2);
    assert.equal(await running.submits(), submits);
    assert.equal(written(running.trace('guard'), Command.bindTransceiver), binds);
    customers.send(false);
    running.disk('guard').holdSyncs(false);
    await until('all ended', () => list.acked === list.messages.length && list.unterminated === 0);
    assert.ok((await running.submits()) > submits);
    assert.ok(written(running.trace('guard'), Command.bindTransceiver) > binds);
    assert.deepEqual(list.faults, []);
  } finally {
    await running.stop();
  }
});

/** Whether a connection of this descriptor asked with GET: the admin API, which promises nothing. */
function isGet(trace: Trace, fd: number): boolean {
  return trace.heads.findLast((head) => !head.written && head.fd === fd)?.line.startsWith('GET') === true;
}

test('a failing sync ends the gateway: nothing of it is acknowledged; started again it is whole', {
  skip,
}, async () => {
  const running = await run(0);
  const { list, customers, stack } = running;
  try {
    const gateway = stack.program('gateway');
    running.disk('gateway').failSyncs(true);
    customers.send(true);
    const posted = running.post('fails').catch(() => 0);
    const ended = await Promise.race([gateway.ended, sleep(STEP_MS)]);
    customers.send(false);
    assert.ok(typeof ended === 'number' && ended !== 0, `the gateway ended with ${ended}`);
    assert.ok(list.messages.length > 0);
    assert.equal(list.acked, 0);
    assert.ok(![200, 202].includes(await posted));
    const trace = running.trace('gateway');
    assert.ok(trace.syncs.some((sync) => !sync.ok));
    assert.deepEqual([written(trace, Command.submitSmResp), written(trace, Command.submitSm)], [0, 0]);
    assert.equal(await running.submits(), 0);
    running.disk('gateway').failSyncs(false);
    await stack.start('gateway', running.disk('gateway').environment);
    customers.send(true);
    await until('acknowledged', () => list.acked > 0);
    customers.send(false);
    await until('all ended', () => list.unterminated === 0);
    assert.deepEqual(list.faults, []);
  } finally {
    await running.stop();
  }
});

test('a failing sync ends the guard: nothing leaves, no order is answered; started again it sends them once', {
  skip,
}, async () => {
  const running = await run(0);
  const { list, customers, stack } = running;
  try {
    const guard = stack.program('guard');
    running.disk('guard').failSyncs(true);
    customers.send(true);
    await until('acknowledged by the gateway', () => list.acked > 0);
    const ended = await Promise.race([guard.ended, sleep(STEP_MS)]);
    customers.send(false);
    assert.ok(typeof ended === 'number' && ended !== 0, `the guard ended with ${ended}`);
    assert.ok(list.messages.length > 0);
    const trace = running.trace('guard');
    assert.ok(trace.syncs.some((sync) => !sync.ok));
    assert.deepEqual([written(trace, Command.submitSm), written(trace, Command.submitSmResp)], [0, 0]);
    assert.equal(await running.submits(), 0);
    running.disk('guard').failSyncs(false);
    // What failed to be synced is not there; were it still found, its fate would be unknown, and rightly so.
    running.disk('guard').cutPower();
    await stack.start('guard', running.disk('guard').environment);
    await until('all ended', () => list.acked === list.messages.length && list.unterminated === 0);
    const handsets = (await stack.operator('handsets?summary=1')) as { readonly duplicates: number };
    assert.equal(handsets.duplicates, 0);
    assert.equal(await running.submits(), list.messages.length);
    assert.deepEqual(list.faults, []);
  } finally {
    await running.stop();
  }
});
