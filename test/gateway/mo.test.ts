// Mobile-originated messages that not every customer can be given as they came.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverSm } from '../../src/smpp/pdu.ts';
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
