// A full queue and messages that wait, as customers and administrators see them: nothing more is taken, nothing that was taken
// is lost, it is taken again as soon as there is room, and the trace says what is waited for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const MESSAGES = 3;
const DELIVERED = 2;

test('a full queue: 0x14 over SMPP, queue-full over HTTP, not ready; messages that end make room', async () => {
  const rig = new Rig(gatewayConfig({ maxMessages: MESSAGES }));
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const submit = async () => {
    const token = customer.submit({});
    await rig.pass(50);
    return customer.answers.get(token);
  };
  const submitHttp = async () => {
    const ref = rig.service.authenticate('key-acme', '127.0.0.1');
    assert.ok(ref);
    const body = { kind: 'text', text: 'over HTTP' } as const;
    const rest = { lane: null, validityMs: null, scheduleAt: null, reference: null, purpose: null };
    const answer = rig.service.submit(ref, [{ from: 'INFO', to: '+491700000001', body, ...rest }], null);
    await rig.pass(50);
    const done = await answer;
    assert.ok(done.code === 'done');
    return done.outcomes[0];
  };
  for (let i = 0; i < MESSAGES; i++) assert.equal((await submit())?.status, 0);
  const held = rig.service.account('acme')?.held;
  assert.equal((await submit())?.status, 0x14);
  const refused = await submitHttp();
  assert.ok(refused !== undefined && !refused.ok);
  assert.equal(refused.refusal.code, 'queue-full');
  assert.equal(refused.refusal.status, 0x14);
  assert.equal(rig.service.account('acme')?.held, held, 'nothing is held for what was refused');
  const { ready, reason } = rig.service.status();
  assert.deepEqual({ ready, reason }, { ready: false, reason: 'too many open messages' });
  rig.guard.setLink('alpha', 1);
  await rig.pass(100);
  assert.equal(rig.guard.orders.length, MESSAGES);
  for (const order of rig.guard.orders) rig.guard.receipt(order, DELIVERED);
  await rig.pass(200);
  assert.equal(customer.receipts.length, MESSAGES);
  assert.equal(rig.service.status().ready, true);
  assert.equal((await submit())?.status, 0);
  assert.equal((await submitHttp())?.ok, true);
});

test('the trace of a message that has not left says last what it waits for, and no longer when it has', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const token = customer.submit({});
  const scheduled = customer.submit({ scheduleDeliveryTime: '000000000010000R' });
  await rig.pass(100);
  const last = async (which: number) => (await rig.service.trace(customer.answers.get(which)?.id ?? ''))?.steps.at(-1);
  const waits = await last(token);
  assert.deepEqual([waits?.step, waits?.link], ['waits', 'alpha']);
  assert.match(waits?.reason ?? '', /^for a link that is down/);
  assert.match((await last(scheduled))?.reason ?? '', /^for its time: 20/);
  rig.guard.setLink('beta', 1);
  await rig.pass(100);
  assert.equal((await last(token))?.step, 'outcome');
});

test('a guard that cannot be reached, and one that refuses the bind, are told by the link', async () => {
  const config = gatewayConfig();
  const rig = await new Rig({ ...config, guard: { ...config.guard, port: config.guard.port + 1 } }).start();
  assert.match(rig.core.links.get(0).reason, /^cannot reach the guard at .*:\d+: /);
  const strict = new Rig();
  strict.guard.bindRequested = (peer) => peer.refuseBind(0x0e);
  await strict.start();
  assert.equal(strict.core.links.get(0).reason, 'the guard refuses our bind: 0x0E ESME_RINVPASWD');
});
