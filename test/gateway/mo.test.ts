// Mobile-originated messages that not every customer can be given as they came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverSm } from '../../src/smpp/pdu.ts';
import { Status } from '../../src/smpp/status.table.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
/** More than a stack is deep. */
const LONG_ONES = 3_000;

test('an MO that a customer of SMPP 3.3 cannot be given does not hold up the next ones', async () => {
  const rig = await new Rig(gatewayConfig({ moRoutes: [{ number: '4444', keyword: null, account: 'acme' }] })).start();
  const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
  const texts = [...Array.from({ length: LONG_ONES }, () => 'x'.repeat(300)), 'first', 'y'.repeat(300), 'second'];
  for (let i = 0; i < texts.length; i++) {
    const tlvs = [{ tag: Tag.messagePayload, value: Buffer.from(texts[i] as string) }];
    peer?.send(deliverSm({ sourceAddr: '491700000001', destinationAddr: '4444', tlvs }), 9000 + i);
    if (i % 400 === 399) await rig.pass(50);
  }
  await rig.pass(100);
  assert.equal(rig.core.mo.waiting, texts.length);
  const customer = await rig.customer('acme', 'secret', 'rx', 0x33);
  await rig.pass(5_000);
  assert.deepEqual(
    customer.mos.map((one) => one.shortMessage.toString()),
    ['first', 'second'],
  );
  assert.equal(rig.core.mo.waiting, 0);
});

test('an MO goes to the account of its very number, or of what its number begins with where the route says so', async () => {
  const rig = await new Rig(
    gatewayConfig({
      accounts: [accountConfig('acme'), accountConfig('wide')],
      moRoutes: [
        { number: '4444', keyword: null, account: 'acme' },
        { number: '49170*', keyword: null, account: 'wide' },
      ],
    }),
  ).start();
  const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
  const numbers = ['44445', '444', '4444', '+4444', '491701', '49171'];
  for (const [i, destinationAddr] of numbers.entries())
    peer?.send(deliverSm({ sourceAddr: '491700000001', destinationAddr, shortMessage: Buffer.from('hi') }), 9000 + i);
  await rig.pass(100);
  const refused = rig.guard.taken.filter((one) => one.status !== 0).map((one) => numbers[one.token - 9000]);
  assert.deepEqual(refused.sort(), ['444', '44445', '49171']);
  const [acme, wide] = [await rig.customer('acme'), await rig.customer('wide')];
  await rig.pass(100);
  assert.deepEqual([acme.mos.length, wide.mos.map((one) => one.destinationAddr)], [2, ['491701']]);
});

test('parts of an MO that are told by sar_* are joined for a webhook, and reach SMPP with the header that says the same', async () => {
  const rig = await new Rig(
    gatewayConfig({
      accounts: [
        accountConfig('acme'),
        accountConfig('web', { webhook: { url: 'https://hooks.example/x', secret: WEBHOOK_SECRET } }),
      ],
      moRoutes: [
        { number: '4444', keyword: null, account: 'acme' },
        { number: '5555', keyword: null, account: 'web' },
      ],
    }),
  ).start();
  const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
  const part = (destinationAddr: string, seq: number, text: string, event: number): void => {
    const tlvs = [
      { tag: Tag.sarMsgRefNum, value: Buffer.from([0x12, 0x34]) },
      { tag: Tag.sarTotalSegments, value: Buffer.from([2]) },
      { tag: Tag.sarSegmentSeqnum, value: Buffer.from([seq]) },
    ];
    peer?.send(
      deliverSm({ sourceAddr: '491700000001', destinationAddr, shortMessage: Buffer.from(text), tlvs }),
      9000 + event,
    );
  };
  part('4444', 2, 'world', 1);
  part('5555', 2, 'world', 2);
  part('5555', 1, 'hello ', 3);
  await rig.pass(200);
  assert.deepEqual(
    rig.posts.map((one) => (JSON.parse(one.body.toString()) as { data: { text: string } }).data.text),
    ['hello world'],
  );
  const customer = await rig.customer();
  await rig.pass(100);
  const [mo] = customer.mos;
  assert.equal(mo?.esmClass, 0x40);
  assert.equal(mo?.shortMessage.toString('latin1'), '\x06\x08\x04\x12\x34\x02\x02world');
});

test('an MO is handed to nobody before it is durable, whatever else sets its account going', async () => {
  const rig = await new Rig(gatewayConfig({ moRoutes: [{ number: '4444', keyword: null, account: 'acme' }] })).start();
  const customer = await rig.customer();
  const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
  const write = (text: string): void => {
    const mo = deliverSm({ sourceAddr: '491700000001', destinationAddr: '4444', shortMessage: Buffer.from(text) });
    peer?.send(mo, 9000 + text.length);
  };
  const handed = (): string[] => customer.mos.map((one) => one.shortMessage.toString());
  rig.commitMs = 100;
  write('early');
  await rig.pass(50);
  write('late');
  for (let passed = 0; passed < 400 && handed().length === 0; passed++) await rig.pass(1);
  await rig.pass(5);
  assert.deepEqual(handed(), ['early']);
  await rig.pass(300);
  assert.deepEqual(handed(), ['early', 'late']);
});

test('an MO that comes while a customer wants its receipts later is handed over after that time, and a receipt after an MO', async () => {
  const rig = await new Rig(gatewayConfig({ moRoutes: [{ number: '4444', keyword: null, account: 'acme' }] })).start();
  await rig.credit(1_000_000);
  const customer = await rig.customer();
  const peer = [...rig.guard.links].find(([, bind]) => bind.lane === 'bulk')?.[0];
  let event = 9000;
  const write = (text: string): void => {
    const mo = deliverSm({ sourceAddr: '491700000001', destinationAddr: '4444', shortMessage: Buffer.from(text) });
    peer?.send(mo, event++);
  };
  let later = 1;
  customer.takes = () => (later-- > 0 ? Status.ESME_RX_T_APPN : 0);
  const ended = async (): Promise<void> => {
    customer.submit({});
    await rig.pass(50);
    const order = rig.guard.orders.at(-1);
    assert.ok(order);
    rig.guard.receipt(order, 2, 1);
    await rig.pass(50);
  };
  await ended();
  assert.equal(customer.receipts.length, 1);
  write('behind a receipt');
  await rig.pass(50);
  assert.equal(customer.mos.length, 0);
  await rig.pass(5000);
  assert.deepEqual([customer.receipts.length, customer.mos.length], [2, 1]);
  later = 1;
  write('in front of a receipt');
  await rig.pass(50);
  assert.equal(customer.mos.length, 2);
  await ended();
  assert.equal(customer.receipts.length, 2);
  await rig.pass(5000);
  assert.deepEqual([customer.receipts.length, customer.mos.length], [3, 3]);
});
