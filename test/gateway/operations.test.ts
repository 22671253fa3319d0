// What customers ask and change: query, cancel, replace, multi, data_sm, schedules, HTTP with idempotency, webhooks, MO.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataSm } from '../../src/smpp/make.ts';
import type { Pdu } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { LinkState, OrderFlag } from '../../src/smpp/vendor.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { cancelPdu, multiPdu, queryPdu, replacePdu } from './pdus.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;

async function rigWithMoney(config = gatewayConfig()): Promise<Rig> {
  const rig = await new Rig(config).start();
  await rig.credit(1_000_000);
  return rig;
}

test('query_sm: open, ended, foreign and unknown', async () => {
  const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme'), accountConfig('other')] }));
  const customer = await rig.customer();
  const token = customer.submit({});
  await rig.pass(50);
  const id = customer.answers.get(token)?.id ?? '';
  const ask = async (who: typeof customer, pdu: Pdu): Promise<Pdu | undefined> => {
    who.send(pdu);
    await rig.pass(60);
    return who.others.at(-1);
  };
  const open = await ask(customer, queryPdu(id));
  assert.ok(open?.command === 'query_sm_resp');
  assert.equal(open.messageState, 1);
  assert.equal(open.finalDate, '');
  assert.equal((await ask(customer, queryPdu(id, 'OTHER')))?.status, 0x0c, 'the source must fit');
  const stranger = await rig.customer('other');
  assert.equal((await ask(stranger, queryPdu(id)))?.status, 0x0c);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 5);
  await rig.pass(100);
  const ended = await ask(customer, queryPdu(id));
  assert.ok(ended?.command === 'query_sm_resp');
  assert.equal(ended.messageState, 5);
  assert.equal(ended.finalDate.length, 16);
  assert.equal((await ask(customer, queryPdu(id, 'OTHER')))?.status, 0x0c, 'the source must fit after the end too');
  assert.equal((await ask(stranger, queryPdu(id)))?.status, 0x0c);
  assert.equal((await ask(customer, queryPdu('19a000000000700080000000000000f')))?.status, 0x0c);
});

test('scheduled send: waits, can be replaced and cancelled; after it has left neither', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const later = { scheduleDeliveryTime: '000000010000000R' };
  const token = customer.submit({ ...later, shortMessage: Buffer.from('old text') });
  const second = customer.submit({ ...later, shortMessage: Buffer.from('second') });
  await rig.pass(200);
  assert.equal(rig.guard.orders.length, 0);
  const id = customer.answers.get(token)?.id ?? '';
  customer.send(replacePdu(id, 'new text'));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0);
  customer.send(cancelPdu(customer.answers.get(second)?.id ?? ''));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0);
  assert.equal(customer.receipts.at(-1)?.state, 4, 'DELETED');
  assert.equal(rig.service.account('acme')?.held, PRICE);
  rig.crash();
  await rig.startGateway();
  const back = await rig.customer();
  await rig.pass(3_700_000);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['new text'],
  );
  back.send(cancelPdu(id));
  await rig.pass(50);
  assert.equal(back.others.at(-1)?.status, 0x11);
  back.send(replacePdu(id, 'too late'));
  await rig.pass(50);
  assert.equal(back.others.at(-1)?.status, 0x13);
});

test('a replace for which there is no memory is refused, and the message goes out with the text it has', async () => {
  const rig = new Rig();
  rig.guard.linkStates.set('alpha', 3).set('beta', 3);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const token = customer.submit({ shortMessage: Buffer.from('old text') });
  await rig.pass(100);
  const { store } = rig.core;
  const { writeLetter } = store;
  store.writeLetter = () => false;
  customer.send(replacePdu(customer.answers.get(token)?.id ?? '', 'new text'));
  await rig.pass(50);
  store.writeLetter = writeLetter;
  assert.equal(customer.others.at(-1)?.status, 0x13);
  rig.guard.setLink('alpha', 1);
  await rig.pass(200);
  assert.deepEqual(
    rig.guard.orders.map((order) => order.text),
    ['old text'],
  );
});

test('an order without an answer may have left: while it waits to be repeated it is neither cancelled nor replaced', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  rig.guard.answer = () => null;
  const token = customer.submit({});
  await rig.pass(100);
  assert.equal(rig.guard.orders.length, 1);
  for (const { name } of rig.config.links) rig.guard.linkStates.set(name, LinkState.down);
  for (const peer of [...rig.guard.links.keys()]) peer.close('gone');
  await rig.pass(2000);
  assert.equal(rig.guard.orders.length, 1);
  const id = customer.answers.get(token)?.id ?? '';
  customer.send(cancelPdu(id));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0x11);
  customer.send(replacePdu(id, 'another'));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0x13);
  rig.guard.answer = () => ({ status: 0x14 });
  for (const { name } of rig.config.links) rig.guard.setLink(name, LinkState.up);
  await rig.pass(60);
  assert.equal(rig.guard.orders.at(-1)?.flags, OrderFlag.repeated);
  for (const { name } of rig.config.links) rig.guard.setLink(name, LinkState.down);
  await rig.pass(60);
  customer.send(cancelPdu(id));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0, 'the guard knows nothing of it: it has not left');
});

test('cancel without id takes everything pending between source and destination', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const later = { scheduleDeliveryTime: '000000010000000R' };
  for (let i = 0; i < 3; i++) customer.submit(later);
  customer.submit({ ...later, destinationAddr: '491700000009' });
  await rig.pass(100);
  customer.send(cancelPdu('', 'INFO', '491700000001'));
  await rig.pass(100);
  assert.equal(customer.receipts.length, 3);
  assert.equal(rig.core.store.count, 1);
  rig.crash();
  await rig.start();
  const again = await rig.customer();
  again.send(cancelPdu('', 'INFO', '+491700000008'));
  again.send(cancelPdu('', 'INFO', '+491700000009'));
  await rig.pass(100);
  assert.deepEqual(
    again.others.slice(-2).map((one) => one.status),
    [0x11, 0],
  );
  assert.equal(rig.core.store.count, 0);
});

test('cancelling all of an account takes one lane when one is named', async () => {
  const config = gatewayConfig();
  const rig = new Rig(config);
  for (const { name } of config.links) rig.guard.linkStates.set(name, LinkState.down);
  await rig.start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  customer.submit({ priorityFlag: 2 });
  for (let i = 0; i < 3; i++) customer.submit({});
  await rig.pass(100);
  const cancel = async (lane: 'pin' | 'normal' | 'bulk' | null): Promise<unknown> => {
    const done = rig.service.cancelAll('acme', lane);
    await rig.pass(50);
    return done;
  };
  assert.equal(await cancel('bulk'), 0);
  assert.equal(await cancel('pin'), 1);
  assert.equal(customer.receipts.length, 1);
  assert.equal(await cancel(null), 3);
});

test('submit_multi: one id, refused destinations listed, receipts told apart by destination', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  customer.send(multiPdu(['491700000001', '12', '491700000002']));
  await rig.pass(100);
  const answer = customer.others.at(-1);
  assert.ok(answer?.command === 'submit_multi_resp');
  assert.equal(answer.status, 0);
  assert.deepEqual(
    answer.unsuccessSmes.map((one) => [one.destinationAddr, one.errorStatusCode]),
    [['12', 0x0b]],
  );
  assert.equal(rig.guard.orders.length, 2);
  for (const order of rig.guard.orders) rig.guard.receipt(order, 2);
  await rig.pass(100);
  assert.deepEqual(
    customer.receipts.map((one) => one.id),
    [answer.messageId, answer.messageId],
  );
  assert.deepEqual(customer.receipts.map((one) => one.pdu.sourceAddr).sort(), ['491700000001', '491700000002']);
});

test('data_sm: text in message_payload, answered with data_sm_resp', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  const fields = {
    sourceAddrTon: 5,
    sourceAddr: 'INFO',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: '491700000001',
  };
  customer.send(dataSm({ ...fields, tlvs: [{ tag: Tag.messagePayload, value: Buffer.from('by data_sm') }] }));
  await rig.pass(60);
  assert.equal(customer.others.at(-1)?.command, 'data_sm_resp');
  assert.equal(rig.guard.orders[0]?.text, 'by data_sm');
});

test('intermediate receipt from our own state, before the final one', async () => {
  const rig = await rigWithMoney();
  const customer = await rig.customer();
  customer.submit({ registeredDelivery: 0x11 });
  await rig.pass(60);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(60);
  assert.deepEqual(
    customer.receipts.map((one) => [one.pdu.esmClass, one.state]),
    [
      [0x20, 1],
      [0x04, 2],
    ],
  );
});

test('receipts: kept while nobody receives, offered again after "later", never doubled when taken', async () => {
  const rig = await rigWithMoney();
  const sender = await rig.customer('acme', 'secret', 'tx');
  sender.submit({});
  await rig.pass(60);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(1000);
  assert.equal(rig.service.account('acme')?.waitingReceipts, 1);
  const receiver = await rig.customer('acme', 'secret', 'rx', 0x34, () => 0x64);
  await rig.pass(3000);
  const offered = receiver.receipts.length;
  assert.ok(offered >= 2, 'offered again');
  receiver.takes = () => 0;
  await rig.pass(10_000);
  assert.equal(receiver.receipts.length, offered + 1);
  assert.equal(new Set(receiver.receipts.map((one) => one.text)).size, 1, 'byte for byte the same');
  assert.equal(rig.core.store.count, 0);
});

test('wrong password, bind limit, submit on a receiver', async () => {
  const rig = await rigWithMoney();
  assert.equal((await rig.customer('acme', 'wrong')).refused === -1, true, 'the answer is delayed');
  await rig.pass(5000);
  for (let i = 0; i < 3; i++) assert.notEqual((await rig.customer()).peer, null);
  const fourth = await rig.customer();
  await rig.pass(20_000);
  assert.equal(fourth.refused, 0x0d);
});
