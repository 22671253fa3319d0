// Suppliers that report on one part of a long message only: the message ends with it, and is charged as a whole where delivery is paid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const PRICE = 50_000;
const MONEY = 1_000_000;
const SEGMENTS = 3;
const LONG = Buffer.from('long '.repeat(80));
const [DELIVERED, UNDELIVERABLE] = [2, 5] as const;

/** A message of three segments was accepted over a link that reports on these parts. */
async function accepted(receiptParts: 'all' | 'first' | 'last') {
  const rig = await new Rig(
    gatewayConfig({
      accounts: [accountConfig('acme', { chargeOn: 'delivered' })],
      links: [{ name: 'alpha', window: 100, receiptParts }],
      routes: [
        {
          name: 'all',
          prefix: '',
          account: null,
          sender: null,
          links: [{ link: 'alpha', weight: 1 }],
          mode: 'ordered',
        },
      ],
    }),
  ).start();
  await rig.credit(MONEY);
  const customer = await rig.customer();
  customer.submit({ shortMessage: Buffer.alloc(0), tlvs: [{ tag: Tag.messagePayload, value: LONG }] });
  await rig.pass(100);
  return {
    customer,
    async told(segment: number, state: number): Promise<number> {
      rig.guard.receipt(rig.guard.orders[0]!, state, segment);
      await rig.pass(200);
      return customer.receipts.length;
    },
    charged: () => MONEY - (rig.service.account('acme')?.balance ?? 0),
    held: () => rig.service.account('acme')?.held,
  };
}

test('the one part that is told of speaks for all', async () => {
  for (const [parts, silent, speaks] of [
    ['first', 2, 1],
    ['last', 1, SEGMENTS],
  ] as const) {
    const { customer, told, charged, held } = await accepted(parts);
    assert.equal(await told(speaks, DELIVERED), 1, `${parts}: ends with it`);
    assert.equal(customer.receipts[0]?.state, DELIVERED);
    assert.match(customer.receipts[0]?.text ?? '', /sub:003 dlvrd:003/);
    assert.deepEqual([charged(), held()], [SEGMENTS * PRICE, 0]);
    const failed = await accepted(parts);
    assert.equal(await failed.told(silent, DELIVERED), 0, `${parts}: another part ends nothing`);
    assert.equal(await failed.told(speaks, UNDELIVERABLE), 1);
    assert.equal(failed.customer.receipts[0]?.state, UNDELIVERABLE);
    assert.deepEqual([failed.charged(), failed.held()], [PRICE, 0]);
  }
});

test('where all parts are told of, each that was delivered is charged', async () => {
  const { customer, told, charged, held } = await accepted('all');
  assert.deepEqual([await told(1, DELIVERED), await told(2, UNDELIVERABLE), await told(3, DELIVERED)], [0, 0, 1]);
  assert.equal(customer.receipts[0]?.state, UNDELIVERABLE);
  assert.match(customer.receipts[0]?.text ?? '', /sub:003 dlvrd:002/);
  assert.deepEqual([charged(), held()], [2 * PRICE, 0]);
});
