// One id for all messages of a submit_multi: what query_sm, cancel_sm and replace_sm do by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pdu } from '../../src/smpp/pdu.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import type { Customer } from './customer.ts';
import { cancelPdu, multiPdu, queryPdu, replacePdu } from './pdus.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;
const TO = ['491700000001', '491700000002', '491700000003'];
const LATER = { scheduleDeliveryTime: '000000001000000R' };

async function begin(fields: { readonly scheduleDeliveryTime?: string } = {}, version = 0x34) {
  const rig = await new Rig(gatewayConfig({ accounts: [accountConfig('acme'), accountConfig('other')] })).start();
  await rig.credit(1_000_000);
  const customer = await rig.customer('acme', 'secret', 'trx', version);
  customer.send(multiPdu(TO, fields));
  await rig.pass(100);
  const answer = customer.others.at(-1);
  assert.ok(answer?.command === 'submit_multi_resp');
  return { rig, customer, id: answer.messageId };
}

async function ask(rig: Rig, customer: Customer, pdu: Pdu): Promise<Pdu> {
  const token = customer.send(pdu);
  await rig.pass(60);
  assert.ok(customer.answers.has(token));
  return customer.others.at(-1) as Pdu;
}

async function query(rig: Rig, customer: Customer, id: string): Promise<readonly [number, boolean]> {
  const answer = await ask(rig, customer, queryPdu(id));
  assert.ok(answer.command === 'query_sm_resp' && answer.status === 0);
  return [answer.messageState, answer.finalDate !== ''];
}

test('query_sm: not final while one is not, then the worst; found whether the first is open, ended or only in history', async () => {
  const { rig, customer, id } = await begin();
  const order = (to: string) => rig.guard.orders.find((one) => one.pdu.destinationAddr === to)!;
  assert.deepEqual(await query(rig, customer, id), [1, false]);
  rig.guard.receipt(order(TO[0]!), 2);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 2, 'the first has ended');
  assert.deepEqual(await query(rig, customer, id), [1, false]);
  rig.guard.receipt(order(TO[1]!), 5);
  await rig.pass(100);
  assert.deepEqual(await query(rig, customer, id), [1, false]);
  rig.guard.receipt(order(TO[2]!), 2);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 0);
  assert.deepEqual(await query(rig, customer, id), [5, true]);
  const stranger = await rig.customer('other');
  assert.equal((await ask(rig, stranger, queryPdu(id))).status, 0x0c);
  assert.equal((await ask(rig, customer, queryPdu(id, 'OTHER'))).status, 0x0c);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  assert.deepEqual(await query(rig, back, id), [5, true]);
});

test('query_sm: all delivered is DELIVERED, all scheduled is SCHEDULED to a peer of version 5.0', async () => {
  const { rig, customer, id } = await begin();
  for (const order of rig.guard.orders) rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.deepEqual(await query(rig, customer, id), [2, true]);
  const later = await begin(LATER, 0x50);
  assert.deepEqual(await query(later.rig, later.customer, later.id), [0, false]);
});

test('cancel_sm takes all that have not left, over a restart too; none left: RCANCELFAIL', async () => {
  const { rig, customer, id } = await begin(LATER);
  const one = await ask(rig, customer, cancelPdu(id, 'INFO', `+${TO[1]}`));
  assert.equal(one.status, 0);
  assert.deepEqual(
    customer.receipts.map((receipt) => [receipt.state, receipt.pdu.sourceAddr, receipt.id]),
    [[4, TO[1], id]],
  );
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  assert.equal((await ask(rig, back, cancelPdu(id))).status, 0);
  await rig.pass(100);
  assert.deepEqual(back.receipts.map((receipt) => receipt.pdu.sourceAddr).sort(), [TO[0], TO[2]]);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000);
  assert.deepEqual(await query(rig, back, id), [4, true]);
  assert.equal(rig.guard.orders.length, 0);
  const sent = await begin();
  assert.equal((await ask(sent.rig, sent.customer, cancelPdu(sent.id))).status, 0x11);
});

test('cancel_sm by the shared id when the first has ended', async () => {
  const { rig, customer, id } = await begin(LATER);
  assert.equal((await ask(rig, customer, cancelPdu(id, 'INFO', TO[0]))).status, 0);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 2);
  assert.equal((await ask(rig, customer, cancelPdu(id, 'OTHER'))).status, 0x0c);
  const stranger = await rig.customer('other');
  assert.equal((await ask(rig, stranger, cancelPdu(id))).status, 0x0c);
  assert.equal((await ask(rig, customer, cancelPdu(id))).status, 0);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 0);
});

test('replace_sm gives the new text to all that have not left', async () => {
  const { rig, customer, id } = await begin(LATER);
  assert.equal((await ask(rig, customer, replacePdu(id, 'another text'))).status, 0);
  await rig.pass(601_000);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['another text', 'another text', 'another text'],
  );
  assert.equal((await ask(rig, customer, replacePdu(id, 'too late'))).status, 0x13);
  assert.equal(rig.service.account('acme')?.balance, 1_000_000 - 3 * PRICE);
});

test('a peer of version 3.3 has its 8 characters for all of them', async () => {
  const { rig, customer, id } = await begin(LATER, 0x33);
  assert.equal(id.length, 8);
  assert.equal((await ask(rig, customer, cancelPdu(id, 'INFO', TO[0]))).status, 0);
  await rig.pass(100);
  assert.deepEqual(await query(rig, customer, id), [1, false]);
  assert.equal((await ask(rig, customer, cancelPdu(id))).status, 0);
  await rig.pass(100);
  assert.equal(rig.core.store.count, 0);
});
