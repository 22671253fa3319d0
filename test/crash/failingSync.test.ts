// A sync that fails ends the program, and nothing that it should have made durable is acknowledged or sent (design §5.1, §5.2).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from '../../bench/crash/trace.ts';
import { run, STEP_MS, skip, sleep, until, written } from './running.ts';

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
