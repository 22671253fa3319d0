// Customer-made parts beyond the plain way: sent again, cancelled while they wait, sent anew. What leaves its set leaves it whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmFields } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { cancelPdu } from './pdus.ts';
import { Rig } from './rig.ts';

const MONEY = 1_000_000;
const PRICE = 50_000;

const part = (seq: number, text: string): SmFields => ({
  esmClass: 0x40,
  registeredDelivery: 0,
  shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 7, 2, seq]), Buffer.from(text)]),
});

async function started(config = gatewayConfig()) {
  const rig = await new Rig(config).start();
  await rig.credit(MONEY);
  return { rig, customer: await rig.customer() };
}

test('a repeated part that was cancelled is no member of the message: its number may be another message by then', async () => {
  const { rig, customer } = await started();
  customer.submit(part(1, 'a'.repeat(153)));
  const again = customer.submit(part(1, 'a'.repeat(153)));
  await rig.pass(50);
  customer.send(cancelPdu(customer.answers.get(again)?.id ?? ''));
  await rig.pass(50);
  assert.equal(customer.others.at(-1)?.status, 0);
  // Takes the number that the cancelled part has left.
  const other = customer.submit({ shortMessage: Buffer.from('another message'), destinationAddr: '491700000002' });
  await rig.pass(50);
  customer.submit(part(2, 'b'.repeat(10)));
  await rig.pass(100);
  const [first, joined] = rig.guard.orders;
  assert.equal(first?.text, 'another message');
  assert.equal(joined?.text, `${'a'.repeat(153)}${'b'.repeat(10)}`);
  rig.guard.receipt(first, 2, 1);
  rig.guard.receipt(joined, 2, 1);
  rig.guard.receipt(joined, 2, 2);
  await rig.pass(200);
  assert.equal(customer.receipts.length, 1);
  assert.equal(customer.receipts[0]?.id, customer.answers.get(other)?.id);
  assert.equal(rig.service.account('acme')?.balance, MONEY - 3 * PRICE);
  assert.equal(rig.service.account('acme')?.held, 0);
  await rig.pass(20_000);
  assert.equal(rig.core.store.count, 0);
});

test('a part that is cancelled in the moment it comes, and sent anew, completes its message', async () => {
  const { rig, customer } = await started();
  customer.submit(part(2, 'b'.repeat(10)));
  customer.submit({ ...part(1, 'a'.repeat(153)), serviceType: 'CMT' });
  // Not durable yet, so by its addresses; the other part is of another service_type.
  customer.send(cancelPdu('', 'INFO', '491700000001', 'CMT'));
  customer.submit(part(1, 'a'.repeat(153)));
  await rig.pass(100);
  assert.equal(rig.guard.orders.length, 1);
  assert.equal(rig.guard.orders[0]?.text, `${'a'.repeat(153)}${'b'.repeat(10)}`);
});

test('parts that differ in anything but their place are of different messages', async () => {
  const { rig, customer } = await started(
    gatewayConfig({ accounts: [accountConfig('acme'), accountConfig('other', { creditLimit: MONEY })] }),
  );
  const other = await rig.customer('other');
  const text = Buffer.from('b'.repeat(10));
  const header = (...octets: number[]): Buffer => Buffer.concat([Buffer.from(octets), text]);
  customer.submit(part(1, 'a'.repeat(153)));
  other.submit(part(2, 'b'.repeat(10)));
  for (const fields of [
    { sourceAddr: 'INFA' },
    { destinationAddr: '491700000002' },
    { shortMessage: header(6, 8, 4, 0, 7, 2, 2) },
    { shortMessage: header(5, 0, 3, 8, 2, 2) },
    { shortMessage: header(5, 0, 3, 7, 3, 2) },
    {
      esmClass: 0,
      shortMessage: text,
      tlvs: [
        { tag: Tag.sarMsgRefNum, value: Buffer.from([0, 7]) },
        { tag: Tag.sarTotalSegments, value: Buffer.from([2]) },
        { tag: Tag.sarSegmentSeqnum, value: Buffer.from([2]) },
      ],
    },
  ])
    customer.submit({ ...part(2, ''), ...fields });
  await rig.pass(200);
  assert.equal(rig.guard.orders.length, 0);
  customer.submit(part(2, 'c'.repeat(10)));
  await rig.pass(100);
  assert.deepEqual(
    rig.guard.orders.map((one) => one.text),
    [`${'a'.repeat(153)}${'c'.repeat(10)}`],
  );
});
