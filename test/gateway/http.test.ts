// What does not come by SMPP: HTTP requests with their keys, webhooks, MO, and what administrators do.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { SubmitAnswer, SubmitRequest } from '../../src/gateway/service.ts';
import { deliverSm } from '../../src/smpp/pdu.ts';
import { HopTag } from '../../src/smpp/vendor.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

async function rigWithMoney(config = gatewayConfig()): Promise<Rig> {
  const rig = await new Rig(config).start();
  await rig.credit(1_000_000);
  return rig;
}

const request: SubmitRequest = {
  from: 'INFO',
  to: '+491700000001',
  body: { kind: 'text', text: 'über HTTP €' },
  lane: 'pin',
  validityMs: null,
  scheduleAt: null,
  reference: 'r-1',
  purpose: null,
};

async function submitHttp(
  rig: Rig,
  requests: readonly SubmitRequest[],
  key: { key: string; fingerprint: string } | null = null,
): Promise<SubmitAnswer> {
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const answer = rig.service.submit(ref, requests, key);
  await rig.pass(60);
  return answer;
}

test('HTTP: a batch with one bad item keeps the others; PINs go over their own bind; the key repeats the answer, over a restart too', async () => {
  const rig = await rigWithMoney();
  const key = { key: 'k1', fingerprint: 'f1' };
  const first = await submitHttp(rig, [request, { ...request, to: 'nonsense' }, { ...request, lane: 'bulk' }], key);
  assert.ok(first.code === 'done');
  assert.deepEqual(
    first.outcomes.map((one) => one.ok),
    [true, false, true],
  );
  assert.deepEqual(rig.guard.orders.map((order) => order.lane).sort(), ['bulk', 'pin']);
  assert.equal(
    Buffer.from(rig.guard.orders[0]?.text ?? '', 'latin1').includes(0x1b),
    true,
    'the euro sign is an escape pair',
  );
  const again = await submitHttp(rig, [request], key);
  assert.ok(again.code === 'done' && again.replayed);
  assert.deepEqual(again.outcomes, first.outcomes);
  assert.equal((await submitHttp(rig, [request], { ...key, fingerprint: 'f2' })).code, 'key-reused');
  rig.crash();
  await rig.startGateway();
  const after = await submitHttp(rig, [request], key);
  assert.ok(after.code === 'done' && after.replayed);
  assert.deepEqual(after.outcomes, first.outcomes);
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const listed = rig.service.messages(ref, null, 10);
  await rig.pass(30);
  assert.equal((await listed).length, 2);
  assert.equal(rig.service.authenticate('key-nobody', '127.0.0.1'), null);
});

test('webhook: signed, repeated until taken, one event per message', async () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const rig = await rigWithMoney(
    gatewayConfig({ accounts: [accountConfig('acme', { webhook: { url: 'https://hooks.example/x', secret } })] }),
  );
  rig.postOutcome = { code: 'answered', status: 500, retryAfterMs: null };
  await submitHttp(rig, [request]);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.equal(rig.posts.length, 1);
  rig.postOutcome = { code: 'answered', status: 200, retryAfterMs: null };
  await rig.pass(10_000);
  assert.equal(rig.posts.length, 2);
  const [one, two] = rig.posts;
  assert.ok(one && two);
  assert.equal(one.body, two.body);
  assert.equal(one.headers['webhook-id'], two.headers['webhook-id']);
  const signed = `${two.headers['webhook-id']}.${two.headers['webhook-timestamp']}.${two.body}`;
  assert.equal(
    two.headers['webhook-signature'],
    `v1,${createHmac('sha256', Buffer.alloc(24, 7)).update(signed).digest('base64')}`,
  );
  assert.equal(JSON.parse(two.body).type, 'message.delivered');
  assert.doesNotMatch(two.body, /HTTP|4917/, 'neither text nor number');
  assert.equal(rig.core.store.count, 0);
});

test('MO: routed by number and keyword, durable before the answer, handed once; without a route refused', async () => {
  const rig = await rigWithMoney(
    gatewayConfig({
      accounts: [accountConfig('acme'), accountConfig('votes')],
      moRoutes: [
        { number: '4444', keyword: 'VOTE', account: 'votes' },
        { number: '4444', keyword: null, account: 'acme' },
      ],
    }),
  );
  const mo = (destinationAddr: string, text: string, event: number): void => {
    const number = Buffer.alloc(8);
    number.writeUInt32BE(event, 4);
    const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
    peer?.send(
      deliverSm({
        sourceAddr: '491700000001',
        destinationAddr,
        shortMessage: Buffer.from(text),
        tlvs: [{ tag: HopTag.eventNumber, value: number }],
      }),
      9000 + event,
    );
  };
  mo('4444', 'vote for me', 1);
  mo('4444', 'hello', 2);
  mo('5555', 'nobody', 3);
  await rig.pass(100);
  assert.deepEqual(rig.guard.taken.map((one) => [one.token, one.status]).sort(), [
    [9001, 0],
    [9002, 0],
    [9003, 0x66],
  ]);
  mo('4444', 'hello', 2);
  await rig.pass(50);
  rig.crash();
  await rig.startGateway();
  const acme = await rig.customer();
  const votes = await rig.customer('votes');
  await rig.pass(100);
  assert.deepEqual(
    acme.mos.map((one) => one.shortMessage.toString()),
    ['hello'],
    'once, although the guard repeated it',
  );
  assert.deepEqual(
    votes.mos.map((one) => one.shortMessage.toString()),
    ['vote for me'],
  );
});

test('suspend refuses, cancel by lane ends what has not left, cdr tells what was charged', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  for (let i = 0; i < 5; i++) customer.submit({});
  await rig.pass(100);
  const suspended = rig.service.setSuspended('acme', true);
  await rig.pass(20);
  assert.equal(await suspended, 'done');
  const refused = customer.submit({});
  await rig.pass(50);
  assert.equal(customer.answers.get(refused)?.status, 0x45);
  const cancelled = rig.service.cancelAll('acme', 'normal');
  await rig.pass(100);
  assert.equal(await cancelled, 5);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [4, 4, 4, 4, 4],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
  const rows = (async () => {
    const found = [];
    for await (const page of rig.service.cdr('acme', 0, rig.loop.now() + 1000)) found.push(...page);
    return found;
  })();
  await rig.pass(100);
  assert.deepEqual(
    (await rows).map((row) => [row.state, row.charged]),
    new Array(5).fill(['deleted', 0]),
  );
});

test('over the rate: the refusal says when the throughput of the account is free again', async () => {
  const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme', { throughput: 2 })] }));
  const long = { ...request, body: { kind: 'text', text: 'x'.repeat(900) } } as const;
  const answer = await submitHttp(rig, [long, request]);
  assert.ok(answer.code === 'done');
  const [taken, refused] = answer.outcomes;
  assert.equal(taken?.ok, true);
  assert.ok(refused !== undefined && !refused.ok);
  assert.equal(refused.refusal.code, 'over-rate');
  // Six segments at two a second: three seconds until the next.
  const waitMs = refused.refusal.retryAfterMs ?? 0;
  assert.ok(waitMs > 2000 && waitMs <= 3100, `${waitMs}`);
  await rig.pass(waitMs - 60 - 100);
  const early = await submitHttp(rig, [request]);
  assert.ok(early.code === 'done' && early.outcomes[0]?.ok === false);
  await rig.pass(100);
  const late = await submitHttp(rig, [request]);
  assert.ok(late.code === 'done' && late.outcomes[0]?.ok === true);
});

test('the second of an account goes on over a restart; what was used of it is not known, so it passes first', async () => {
  const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme', { throughput: 1 })] }));
  const first = await submitHttp(rig, [request]);
  assert.ok(first.code === 'done' && first.outcomes[0]?.ok === true);
  rig.crash();
  await rig.startGateway(300);
  const early = await submitHttp(rig, [request]);
  assert.ok(early.code === 'done');
  const [refused] = early.outcomes;
  assert.ok(refused !== undefined && !refused.ok && refused.refusal.code === 'over-rate');
  await rig.pass(1005);
  const late = await submitHttp(rig, [request]);
  assert.ok(late.code === 'done' && late.outcomes[0]?.ok === true);
});

test('a message names its purpose among those of its account; it keeps it over a restart and another configuration', async () => {
  const account = accountConfig('acme', { purpose: 'alerts', purposes: ['otp', 'marketing'], lane: 'normal' });
  const rig = await rigWithMoney(gatewayConfig({ accounts: [account] }));
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  rig.guard.setLink('alpha', 3);
  rig.guard.setLink('beta', 3);
  await rig.pass(50);
  const answer = await submitHttp(rig, [
    { ...request, purpose: 'marketing' },
    { ...request, purpose: 'espionage' },
    { ...request, purpose: 'alerts' },
    request,
  ]);
  assert.ok(answer.code === 'done');
  assert.deepEqual(
    answer.outcomes.map((one) => (one.ok ? 'ok' : one.refusal.code)),
    ['ok', 'purpose-not-allowed', 'ok', 'ok'],
  );
  assert.equal(rig.guard.orders.length, 0);
  rig.crash();
  rig.config = gatewayConfig({ accounts: [{ ...account, purposes: ['surveys', 'otp'] }] });
  rig.guard.linkStates.set('alpha', 1);
  await rig.startGateway();
  const named = (order: (typeof rig.guard.orders)[number]): string | undefined =>
    order.pdu.tlvs.find((one) => one.tag === HopTag.purpose)?.value.toString();
  assert.deepEqual(rig.guard.orders.map(named).sort(), ['alerts', 'alerts', 'marketing']);
  const ref = rig.service.authenticate('key-acme', '127.0.0.1');
  assert.ok(ref);
  const listed = rig.service.messages(ref, null, 10);
  await rig.pass(30);
  assert.deepEqual((await listed).map((one) => one.purpose).sort(), ['marketing', null, null]);
});

test('cancelling many messages leaves turns to everybody else', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(10_000_000);
  const customer = await rig.customer();
  for (let i = 0; i < 120; i++) {
    customer.submit({ destinationAddr: `4917${100_000_000 + i}` });
    if (i % 40 === 39) await rig.pass(100);
  }
  assert.equal(rig.service.status().openMessages, 120);
  const { terminal } = rig.core.store;
  const ended = (): number => terminal.reduce((sum, state) => sum + (state === 0 ? 0 : 1), 0);
  const cancelled = rig.service.cancelAll('acme', null);
  assert.ok(ended() > 0 && ended() <= 50, `${ended()} before anybody else has a turn`);
  await rig.pass(100);
  assert.equal(await cancelled, 120);
});

test('a new configuration holds at once, and a gateway that stops takes none any more', async () => {
  const rig = await new Rig().start();
  const { gateway } = rig;
  assert.ok(gateway);
  const take = (throughput: number): number | undefined => {
    assert.deepEqual(gateway.reload(gatewayConfig({ accounts: [accountConfig('acme', { throughput })] })), []);
    return rig.core.accounts.byName.get('acme')?.config.throughput;
  };
  assert.equal(take(7), 7);
  const stopped = gateway.stop();
  assert.equal(take(9), 7);
  await rig.pass(30_000);
  await stopped;
});
