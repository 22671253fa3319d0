// What an account that has a duplicate window sends again: one message, one id, whether it is open, has ended or a restart lies
// between; of a submit_multi also when only some of its destinations had been accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataSm } from '../../src/smpp/make.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import type { Customer } from './customer.ts';
import { cancelPdu, multiPdu, queryPdu } from './pdus.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;
const TO = ['491700000001', '491700000002', '491700000003'];
const LATER = { scheduleDeliveryTime: '000000001000000R' };
const REFERENCE = { tlvs: [{ tag: Tag.userMessageReference, value: Buffer.from([0, 7]) }] };

async function begin(balance = 100 * PRICE): Promise<Rig> {
  const accounts = [accountConfig('acme', { duplicateWindowMs: 600_000 })];
  const rig = await new Rig(gatewayConfig({ accounts })).start();
  await rig.credit(balance);
  return rig;
}

async function sendMulti(rig: Rig, customer: Customer, to: readonly string[], fields = {}) {
  customer.send(multiPdu(to, { ...REFERENCE, ...fields }));
  await rig.pass(100);
  const answer = customer.others.at(-1);
  assert.ok(answer?.command === 'submit_multi_resp');
  return {
    status: answer.status,
    id: answer.messageId,
    refused: answer.unsuccessSmes.map((one) => one.destinationAddr),
  };
}

async function restart(rig: Rig): Promise<Customer> {
  rig.crash();
  await rig.startGateway();
  return rig.customer();
}

for (const restarted of [false, true]) {
  const when = restarted ? 'after a restart' : 'in the same run';

  test(`a submit_sm that has ended is not sent again: ${when}`, async () => {
    const rig = await begin();
    let customer = await rig.customer();
    const first = customer.submit(REFERENCE);
    await rig.pass(100);
    const id = customer.answers.get(first)?.id;
    rig.guard.receipt(rig.guard.orders[0]!, 2);
    // Long enough for the history to be all that knows of it.
    await rig.pass(20_000);
    assert.equal(rig.core.store.count, 0);
    if (restarted) customer = await restart(rig);
    const again = customer.submit(REFERENCE);
    await rig.pass(100);
    assert.deepEqual(customer.answers.get(again), { status: 0, id });
    assert.equal(rig.guard.orders.length, 1);
    assert.equal(rig.service.account('acme')?.balance, 99 * PRICE);
    await rig.pass(601_000);
    customer.submit(REFERENCE);
    await rig.pass(100);
    assert.equal(rig.guard.orders.length, 2, 'the window is over');
  });

  test(`a submit_multi that comes again has its id, and nothing is accepted twice: ${when}`, async () => {
    const rig = await begin();
    let customer = await rig.customer();
    const { id } = await sendMulti(rig, customer, TO);
    rig.guard.receipt(rig.guard.orders.find((one) => one.pdu.destinationAddr === TO[0])!, 2);
    await rig.pass(100);
    assert.equal(rig.core.store.count, 2, 'the first has ended');
    if (restarted) customer = await restart(rig);
    assert.deepEqual(await sendMulti(rig, customer, TO), { status: 0, id, refused: [] });
    assert.deepEqual(await sendMulti(rig, customer, [TO[1]!]), { status: 0, id, refused: [] });
    const ops = new Set(rig.guard.orders.map((one) => one.op));
    assert.equal(ops.size, 3);
    assert.equal(rig.service.account('acme')?.balance, 97 * PRICE);
  });

  test(`what a submit_multi accepts only when it comes again has the id of the rest: ${when}`, async () => {
    const rig = await begin(2 * PRICE);
    let customer = await rig.customer();
    const { id, ...rest } = await sendMulti(rig, customer, TO, LATER);
    assert.deepEqual(rest, { status: 0, refused: [TO[2]] });
    await rig.credit(400 * PRICE, 'second');
    for (let i = 0; i < 300; i++) {
      customer.submit({ destinationAddr: '491700000009', ...LATER });
      if (i % 50 === 49) await rig.pass(50);
    }
    if (restarted) customer = await restart(rig);
    // The new one comes first now.
    const again = await sendMulti(rig, customer, TO.toReversed(), LATER);
    assert.deepEqual(again, { status: 0, id, refused: [] });
    assert.equal(rig.core.store.count, 303);
    if (restarted) customer = await restart(rig);
    customer.send(cancelPdu(id));
    await rig.pass(100);
    assert.deepEqual(
      customer.receipts.map((one) => [one.id, one.pdu.sourceAddr]).sort(),
      TO.map((to) => [id, to]),
    );
    customer.send(queryPdu(id));
    await rig.pass(100);
    const state = customer.others.at(-1);
    assert.ok(state?.command === 'query_sm_resp' && state.messageState === 4 && state.finalDate !== '');
  });
}

test('a data_sm that comes again in the same turn, before the first is durable, has the same id', async () => {
  const rig = await begin();
  const customer = await rig.customer();
  const pdu = dataSm({
    sourceAddrTon: 5,
    sourceAddr: 'INFO',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: TO[0]!,
    tlvs: [...REFERENCE.tlvs, { tag: Tag.messagePayload, value: Buffer.from('by data_sm') }],
  });
  customer.send(pdu);
  customer.send(pdu);
  await rig.pass(60);
  const answers = customer.others.slice(-2).map((one) => ('messageId' in one ? [one.command, one.messageId] : []));
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(answers[0]?.[0], 'data_sm_resp');
  assert.equal(rig.guard.orders.length, 1);
});

test('parts of a message that have one reference are not taken for one', async () => {
  const rig = await begin();
  let customer = await rig.customer();
  const part = (seq: number) => ({
    ...REFERENCE,
    esmClass: 0x40,
    shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, seq]), Buffer.from(`part ${seq}`)]),
  });
  const first = customer.submit(part(1));
  await rig.pass(100);
  const id = customer.answers.get(first)?.id;
  customer = await restart(rig);
  const second = customer.submit(part(2));
  const whole = customer.submit(REFERENCE);
  await rig.pass(100);
  const ids = [id, customer.answers.get(second)?.id, customer.answers.get(whole)?.id];
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(rig.guard.orders.map((one) => one.text).sort(), ['hello', 'part 1part 2']);
});
