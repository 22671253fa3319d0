// Acknowledge after durable (design §5.1), no leaf, no PDU (§5.2): real programs on a disk whose syncs are slow or wait.
// Nothing here is timed: what counts is the order of syncs and writes, as the preloaded library saw them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, checkPromises, type Trace } from '../../bench/crash/trace.ts';
import { run, skip, sleep, until, written } from './running.ts';

/** How long nothing may come out of a program whose syncs wait. */
const SILENCE_MS = 300;

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
