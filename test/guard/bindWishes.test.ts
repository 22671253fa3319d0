// Bind mode: what another gateway wishes for its messages: when they leave, and which ends it hears of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SubmitSm, submitSm } from '../../src/smpp/pdu.ts';
import { kannel } from './kannel.ts';
import { Gateway, Supplier } from './peers.ts';
import { linkConfig, runGuard, until } from './rig.ts';

async function setUp() {
  const supplier = new Supplier();
  const running = await runGuard({ links: [linkConfig('a', await supplier.open())], upstreams: [kannel] });
  const gateway = new Gateway(running.port, 'kannel', { password: 'secret', systemType: '' });
  await until('bound', () => gateway.peer !== null && supplier.peers.length === 1);
  return {
    supplier,
    gateway,
    async end() {
      await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}

function message(text: string, more: Partial<SubmitSm> = {}): SubmitSm {
  return submitSm({
    sourceAddrTon: 5,
    sourceAddr: 'ACME',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: '491700000001',
    shortMessage: Buffer.from(text),
    ...more,
  });
}

test('a message with a schedule leaves after those that come before its time', async () => {
  const { supplier, gateway, end } = await setUp();
  gateway.send(message('later', { scheduleDeliveryTime: '000000000002000R' }));
  const now = gateway.send(message('now'));
  await until('answered', () => gateway.answer(now)?.status === 0);
  await until('both have left', () => supplier.submits.length === 2, 15_000);
  assert.deepEqual(
    supplier.submits.map((one) => one.shortMessage.toString()),
    ['now', 'later'],
  );
  assert.ok(supplier.submits.every((one) => one.scheduleDeliveryTime === ''));
  await end();
});

test('failures only: a success is told to nobody, a failure is', async () => {
  const { supplier, gateway, end } = await setUp();
  for (const [id, word] of [
    ['1', 'DELIVRD'],
    ['2', 'UNDELIV'],
  ] as const) {
    gateway.send(message(`text ${id}`, { registeredDelivery: 2 }));
    await until('out', () => supplier.submits.length === Number(id));
    const before = supplier.answers.length;
    const [peer] = supplier.peers;
    assert.ok(peer);
    supplier.receipt(peer, id, word, '491700000001');
    await until('the supplier has its answer', () => supplier.answers.length > before);
  }
  await until('told', () => gateway.receipts.length > 0);
  assert.deepEqual(
    gateway.receipts.map((one) => /stat:(\w+)/.exec(one.shortMessage.toString())?.[1]),
    ['UNDELIV'],
  );
  await end();
});
