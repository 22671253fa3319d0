// What the service answers to administrators and over HTTP is durable when it is answered (design §5, law 1).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkState } from '../../src/smpp/vendor.ts';
import { gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const COMMIT_MS = 2000;

test('credits, suspensions and cancellations are answered when they are durable', async () => {
  const config = gatewayConfig();
  const rig = new Rig(config);
  for (const { name } of config.links) rig.guard.linkStates.set(name, LinkState.down);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const submitted = [customer.submit({}), customer.submit({})];
  await rig.pass(100);
  const [id] = submitted.map((token) => customer.answers.get(token)?.id ?? '');
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref && id);
  rig.commitMs = COMMIT_MS;
  for (const [what, ask] of [
    ['credit', () => rig.service.credit('acme', 5, 'another')],
    ['the same credit again', () => rig.service.credit('acme', 5, 'another')],
    ['cancel', () => rig.service.cancel(ref, id)],
    ['cancelAll', () => rig.service.cancelAll('acme', null)],
    ['suspend', () => rig.service.setSuspended('acme', true)],
  ] as const) {
    let answer: unknown = null;
    const asked = ask().then((told) => (answer = told));
    await rig.pass(COMMIT_MS / 2);
    if (what !== 'the same credit again') assert.equal(answer, null, `${what}: nothing yet`);
    await rig.pass(2 * COMMIT_MS);
    await asked;
    assert.notEqual(answer, null, what);
  }
  assert.equal(rig.service.account('acme')?.balance, 1_000_005);
});
