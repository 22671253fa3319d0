// The life of a message through the gateway, seen from outside: a customer, a guard, and the books.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderFlag } from '../../src/smpp/vendor.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;

test('submit, order, receipt: acknowledged, charged once, handed over once, then only history', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const token = customer.submit({ shortMessage: Buffer.from('a text') });
  await rig.pass(50);
  const answer = customer.answers.get(token);
  assert.equal(answer?.status, 0);
  assert.equal(rig.guard.orders.length, 1);
  const order = rig.guard.orders[0];
  assert.ok(order);
  assert.equal(order.text, 'a text');
  assert.equal(order.link, 'alpha');
  assert.equal(order.lane, 'bulk');
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE, 'charged when the operator accepted');
  rig.guard.receipt(order, 2);
  await rig.pass(50);
  assert.equal(customer.receipts.length, 1);
  assert.equal(customer.receipts[0]?.id, answer?.id);
  assert.match(
    customer.receipts[0]?.text ?? '',
    new RegExp(`^id:${answer?.id} sub:001 dlvrd:001 .* stat:DELIVRD err:000 text:$`),
  );
  assert.equal(rig.core.store.count, 0, 'nothing is kept in memory');
  const trace = rig.service.trace(answer?.id ?? '');
  await rig.pass(20);
  assert.deepEqual(
    (await trace)?.steps.map((step) => step.step),
    ['accepted', 'ordered', 'outcome', 'receipt', 'ended', 'handed'],
  );
  assert.equal(rig.core.ledger.sum('EUR'), 0);
  assert.equal(rig.service.account('acme')?.held, 0);
});

test('no acknowledgement before the commit, and no order either', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.commitMs = 5000;
  const token = customer.submit({});
  await rig.pass(1000);
  assert.equal(customer.answers.get(token), undefined);
  assert.equal(rig.guard.orders.length, 0);
  await rig.pass(5000);
  assert.equal(customer.answers.get(token)?.status, 0);
  assert.equal(rig.guard.orders.length, 1);
});

test('refusals hold nothing and have their own status', async () => {
  const config = gatewayConfig({ accounts: [accountConfig('acme', { allowedSenders: ['INFO'], maxSegments: 2 })] });
  const rig = await new Rig(config).start();
  const customer = await rig.customer();
  const statusOf = async (fields: Parameters<typeof customer.submit>[0]): Promise<number | undefined> => {
    const token = customer.submit(fields);
    await rig.pass(30);
    return customer.answers.get(token)?.status;
  };
  assert.equal(await statusOf({}), 0x45, 'no balance');
  await rig.credit(1_000_000);
  assert.equal(await statusOf({ destinationAddr: 'abc' }), 0x0b);
  assert.equal(await statusOf({ sourceAddr: 'OTHER' }), 0x0a);
  assert.equal(await statusOf({ dataCoding: 0xf0 }), 0x104);
  assert.equal(await statusOf({ protocolId: 0x40 }), 0x45);
  assert.equal(await statusOf({ validityPeriod: '000101000000000+' }), 0x62);
  assert.equal(await statusOf({ shortMessage: Buffer.alloc(0) }), 0x45, 'nothing to be seen');
  assert.equal(
    await statusOf({ tlvs: [{ tag: 0x0424, value: Buffer.alloc(400, 97) }], shortMessage: Buffer.alloc(0) }),
    0x01,
    'too many segments',
  );
  assert.equal(rig.guard.orders.length, 0);
  assert.equal(rig.service.account('acme')?.held, 0);
  assert.equal(rig.core.store.count, 0);
  assert.equal(await statusOf({}), 0);
});

test('a refusal of this route goes to the next link, a permanent one ends and voids', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = (order) =>
    order.link === 'alpha' ? [{ outcome: 2, verdict: 2, status: 0x0a }] : [{ outcome: 1, verdict: 0, status: 0 }];
  customer.submit({});
  await rig.pass(300);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.link),
    ['alpha', 'beta'],
  );
  assert.notEqual(rig.guard.orders[0]?.op, rig.guard.orders[1]?.op, 'a new attempt has an op of its own');
  rig.guard.answer = () => [{ outcome: 2, verdict: 1, status: 0x0b }];
  const before = rig.service.account('acme')?.balance;
  customer.submit({});
  await rig.pass(300);
  assert.equal(customer.receipts.length, 1);
  assert.equal(customer.receipts[0]?.state, 5);
  assert.equal(rig.service.account('acme')?.balance, before);
});

test('an attempt over the next link goes out when its op is durable, not before', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const refused = [{ outcome: 2, verdict: 2, status: 0x0a }] as const;
  rig.guard.answer = ({ link }) => (link === 'alpha' ? null : [{ outcome: 1, verdict: 0, status: 0 }]);
  customer.submit({});
  await rig.pass(100);
  rig.commitMs = 5000;
  rig.guard.respond(rig.guard.orders[0]!, refused);
  await rig.pass(1000);
  assert.equal(rig.guard.orders.length, 1);
  // Two commits: the op, and that the time of this attempt has come.
  await rig.pass(8000);
  assert.equal(rig.guard.orders.length, 1);
  await rig.pass(5000);
  assert.equal(rig.guard.orders[1]?.link, 'beta');
});

test('outcomes that do not fit the order are none: nothing of it is charged, nothing is sent again', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = () => [{ outcome: 1, verdict: 0, status: 0 }];
  customer.submit({ shortMessage: Buffer.from('long '.repeat(40)) });
  await rig.pass(5000);
  assert.equal(rig.guard.orders.length, 1);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [8],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
});

test('throttled by the guard: same op again, nothing lost, order kept', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  let refusals = 2;
  const accepts = rig.guard.answer;
  rig.guard.answer = (order) => (refusals-- > 0 ? { status: 0x58, retryAfterMs: 200 } : accepts(order));
  customer.submit({ shortMessage: Buffer.from('first') });
  customer.submit({ shortMessage: Buffer.from('second') });
  await rig.pass(2000);
  const accepted = rig.guard.orders.slice(-2).map((order) => order.text);
  assert.deepEqual(accepted, ['first', 'second']);
  const ops = rig.guard.orders.filter((order) => order.text === 'first').map((order) => order.op);
  assert.equal(new Set(ops).size, 1);
});

test('link down: waits, fails over, and comes back; nothing is refused', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const token = customer.submit({});
  await rig.pass(500);
  assert.equal(customer.answers.get(token)?.status, 0);
  assert.equal(rig.guard.orders.length, 0);
  rig.guard.setLink('beta', 1);
  await rig.pass(500);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.link),
    ['beta'],
  );
});

test('validity ends before it left: EXPIRED, money back; no receipt until the deadline: UNKNOWN, charged', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.submit({ validityPeriod: '000000001000000R' });
  await rig.pass(650_000);
  assert.equal(customer.receipts.length, 1);
  assert.equal(customer.receipts[0]?.state, 3);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
  rig.guard.setLink('alpha', 1);
  await rig.pass(100);
  customer.submit({ validityPeriod: '000000001000000R' });
  await rig.pass(1_300_000);
  assert.equal(customer.receipts.length, 2);
  assert.equal(customer.receipts[1]?.state, 7);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE);
});

test('an order that stays unanswered beyond its validity, and was never begun, ends EXPIRED and does not leave any more', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  // No answer for the five minutes of its validity; the next time it is repeated, the guard has no room and so does not know it.
  rig.guard.answer = () => null;
  customer.submit({ validityPeriod: '000000000500000R' });
  await rig.pass(305_000);
  rig.guard.answer = () => ({ status: 0x14, retryAfterMs: 100 });
  await rig.pass(60_000);
  const orders = rig.guard.orders.length;
  assert.ok(orders >= 2, 'it was repeated');
  rig.guard.answer = () => [{ outcome: 1, verdict: 0, status: 0 }];
  await rig.pass(60_000);
  assert.equal(rig.guard.orders.length, orders);
  assert.deepEqual(
    customer.receipts.map((one) => one.state),
    [3],
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
});

test('crash: what was acknowledged is ordered again under the same op; receipts not taken are offered again', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.guard.answer = () => null;
  const token = customer.submit({ shortMessage: Buffer.from('survives') });
  await rig.pass(100);
  const id = customer.answers.get(token)?.id;
  const first = rig.guard.orders[0];
  assert.ok(first);
  rig.crash();
  rig.guard = Object.assign(rig.guard, { answer: () => [{ outcome: 1, verdict: 0, status: 0 }] });
  await rig.startGateway();
  await rig.pass(1000);
  const again = rig.guard.orders.at(-1);
  assert.equal(rig.guard.orders.length, 2);
  assert.equal(again?.op, first.op);
  assert.equal(again?.text, 'survives');
  assert.equal((again?.flags ?? 0) & OrderFlag.repeated, OrderFlag.repeated);
  assert.ok(again);
  const taken = rig.guard.receipt(again, 2);
  await rig.pass(200);
  assert.equal(rig.guard.taken.find((one) => one.token === taken)?.status, 0);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  await rig.pass(200);
  assert.equal(back.receipts.length, 1);
  assert.equal(back.receipts[0]?.id, id);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - PRICE, 'the books are those of before');
  rig.crash();
  await rig.startGateway();
  const later = await rig.customer();
  await rig.pass(500);
  assert.equal(later.receipts.length, 0, 'taken once, not offered again');
  assert.equal(rig.core.ledger.sum('EUR'), 0);
  assert.equal(rig.core.store.count, 0);
});

test('customer-made parts: own ids, joined for the guard, a receipt per part; incomplete ones expire', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const part = (ref: number, seq: number, text: string) => ({
    esmClass: 0x40,
    shortMessage: Buffer.concat([Buffer.from([5, 0, 3, ref, 2, seq]), Buffer.from(text)]),
  });
  const second = customer.submit(part(7, 2, 'b'.repeat(100)));
  const first = customer.submit(part(7, 1, 'a'.repeat(153)));
  await rig.pass(100);
  assert.notEqual(customer.answers.get(first)?.id, customer.answers.get(second)?.id);
  assert.equal(rig.guard.orders.length, 1);
  assert.equal(rig.guard.orders[0]?.text, 'a'.repeat(153) + 'b'.repeat(100));
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2, 1);
  await rig.pass(50);
  assert.equal(customer.receipts.length, 0, 'one part of two says nothing final');
  rig.guard.receipt(order, 2, 2);
  await rig.pass(100);
  assert.deepEqual(
    customer.receipts.map((one) => one.id).sort(),
    [customer.answers.get(first)?.id, customer.answers.get(second)?.id].sort(),
  );
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - 2 * PRICE);
  customer.submit(part(8, 1, 'alone'));
  await rig.pass(310_000);
  assert.equal(customer.receipts.length, 3);
  assert.equal(customer.receipts[2]?.state, 3);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - 2 * PRICE);
  assert.equal(rig.service.account('acme')?.held, 0);
});

test('journal outcome unknown: the gateway halts and acknowledges nothing more', async () => {
  const rig = await new Rig().start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  rig.fate = 'unknownLost';
  const token = customer.submit({});
  await rig.pass(500);
  assert.equal(customer.answers.get(token), undefined);
  assert.equal(rig.halted, 'journal unknown');
});
