// What an endpoint's answer to a webhook means: taken, later, or gone for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const WEBHOOK = { url: 'https://hooks.example/x', secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` };

/** How often it was posted within a minute, when the first answer had this status. */
async function posts(status: number): Promise<number> {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme', { webhook: WEBHOOK })] })).start();
  await rig.credit(1_000_000);
  rig.postOutcome = { code: 'answered', status, retryAfterMs: null };
  const done = rig.service.submit(
    { name: 'acme', index: 0 },
    [
      {
        from: 'INFO',
        to: '+491700000001',
        body: { kind: 'text', text: 'hello' },
        lane: null,
        validityMs: null,
        scheduleAt: null,
        reference: null,
        purpose: null,
      },
    ],
    null,
  );
  await rig.pass(100);
  await done;
  const [order] = rig.guard.orders;
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(100);
  rig.postOutcome = { code: 'answered', status: 200, retryAfterMs: null };
  await rig.pass(60_000);
  assert.equal(rig.core.store.count, 0);
  return rig.posts.length;
}

test('2xx is taken, 410 is gone, everything else is for later', async () => {
  for (const [status, times] of [
    [200, 1],
    [204, 1],
    [299, 1],
    [300, 2],
    [302, 2],
    [400, 2],
    [404, 2],
    [410, 1],
    [503, 2],
  ] as const)
    assert.equal(await posts(status), times, `status ${status}`);
});
