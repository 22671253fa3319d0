// What an account may choose: repeated submits taken for one, national tables.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import { tlvU8 } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { HopTag } from '../../src/smpp/vendor.ts';
import { encodeUcs2 } from '../../src/sms/alphabet.ts';
import { peerOptions } from '../driver/owner.ts';
import { silentLog } from '../driver/world.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Customer } from './customer.ts';
import { Rig } from './rig.ts';

async function rigWithMoney(config = gatewayConfig()): Promise<Rig> {
  const rig = await new Rig(config).start();
  await rig.credit(1_000_000);
  return rig;
}

test("a customer's retry with the same reference is the same message, where the account asks for it", async () => {
  const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme', { duplicateWindowMs: 60_000 })] }));
  const customer = await rig.customer();
  rig.guard.answer = () => null;
  const reference = (value: number) => ({ tlvs: [{ tag: Tag.userMessageReference, value: Buffer.from([0, value]) }] });
  const tokens = [customer.submit(reference(1)), customer.submit(reference(1)), customer.submit(reference(2))];
  await rig.pass(100);
  const ids = tokens.map((token) => customer.answers.get(token)?.id);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
  assert.equal(rig.guard.orders.length, 2);
});

test('national tables: the cheaper encoding is used where the account allows it', async () => {
  const text = 'ışığıngölgesi '.repeat(10);
  for (const [languages, dataCoding, segments] of [
    [[], 8, 3],
    [[1], 0, 1],
  ] as const) {
    const rig = await rigWithMoney(gatewayConfig({ accounts: [accountConfig('acme', { languages })] }));
    const customer = await rig.customer();
    customer.submit({
      dataCoding: 8,
      shortMessage: Buffer.alloc(0),
      tlvs: [{ tag: Tag.messagePayload, value: encodeUcs2(text) }],
    });
    const ref = rig.service.authenticate('key-acme', '127.0.0.1');
    assert.ok(ref);
    void rig.service.submit(
      ref,
      [
        {
          from: 'INFO',
          to: '+491700000001',
          body: { kind: 'text', text },
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
    const order = rig.guard.orders.find((one) => one.pdu.dataCoding === dataCoding);
    assert.ok(order, `data_coding ${dataCoding}`);
    assert.equal(tlvU8(order.pdu, HopTag.segmentCount), segments);
    assert.equal(order.pdu.esmClass, dataCoding === 0 ? 0x40 : 0);
  }
});

test('outbind: an account that waits is called when receipts are here, binds and gets them', async () => {
  const rig = await rigWithMoney(
    gatewayConfig({
      accounts: [
        accountConfig('acme', { outbind: { host: 'esme', port: 2790, systemId: 'GLASPOST', password: 'call' } }),
      ],
    }),
  );
  const sender = await rig.customer('acme', 'secret', 'tx');
  const waiting = new Customer();
  const called: string[] = [];
  waiting.outbindRequested = (peer, pdu) => {
    if (pdu?.command === 'outbind') called.push(`${pdu.systemId}/${pdu.password}`);
    peer?.bind('rx', {
      systemId: 'acme',
      password: 'secret',
      systemType: '',
      addrTon: 0,
      addrNpi: 0,
      addressRange: '',
    });
  };
  await listenSmpp<number>(
    { loop: rig.loop, net: rig.net, log: silentLog },
    {
      listen: { host: 'esme', port: 2790, tls: null, proxies: null, maxConnections: 9, maxConnectionsPerAddress: 9 },
      peer: peerOptions,
      maxUnbound: 9,
      acceptsPerSecond: 9,
      outbinds: true,
    },
    waiting,
  );
  sender.submit({});
  await rig.pass(100);
  const order = rig.guard.orders[0];
  assert.ok(order);
  rig.guard.receipt(order, 2);
  await rig.pass(3000);
  assert.deepEqual(called, ['GLASPOST/call']);
  assert.deepEqual(
    waiting.receipts.map((one) => one.state),
    [2],
  );
});
