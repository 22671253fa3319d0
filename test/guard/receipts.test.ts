// Receipts: matching across dialects, early and late ones, duplicates, restarts, mobile-originated messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN_DIALECT } from '../../src/guard/config.ts';
import { dataSm } from '../../src/smpp/make.ts';
import { deliverSm } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { HopTag, LinkState, OrderFlag, OutcomeClass } from '../../src/smpp/vendor.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

async function setUp(more: Parameters<typeof linkConfig>[2] = {}, disk = new Disk()) {
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({ disk, links: [linkConfig('a', port, more), linkConfig('b', port, more)] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('the link is up', () => gateway.states.at(-1)?.state === LinkState.up && supplier.peers.length === 2);
  return {
    supplier,
    running,
    gateway,
    port,
    disk,
    more,
    async end() {
      await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}

type Rig = Awaited<ReturnType<typeof setUp>>;

async function send(rig: Rig, op: string, id: string, to = '41790000001'): Promise<void> {
  rig.supplier.onSubmit = (peer, pdu) => rig.supplier.accept(peer, pdu, id);
  const token = rig.gateway.send(order('a', { op, to }));
  await until('answered', () => rig.gateway.answer(token) !== undefined);
}

function opsUp(rig: Rig): (string | undefined)[] {
  return rig.gateway.receipts.map((one) =>
    one.tlvs
      .find((tlv) => tlv.tag === HopTag.op)
      ?.value.toString('latin1')
      .replace(/\.+$/, ''),
  );
}

test('ids match exactly, but for case, by conversion and but for zeros', async () => {
  const pairs: readonly (readonly [string, string, 'text' | 'hex' | 'dec', 'text' | 'hex' | 'dec'])[] = [
    ['39f99dd5', '0972660181', 'hex', 'dec'],
    ['281605133', '10C8F40D', 'dec', 'hex'],
    ['SAR-1-1eedf843-2-1', 'SAR-1-1EEDF843-2-1', 'text', 'text'],
    ['00B8BE19', '00B8BE19', 'text', 'text'],
    ['123456789012345678901234567890', '123456789012345678901234567890', 'text', 'text'],
    ['7', '0000000007', 'text', 'text'],
  ];
  for (const [respId, receiptId, respBase, receiptBase] of pairs) {
    const rig = await setUp({ dialect: { ...PLAIN_DIALECT, respBase, receiptBase } });
    await send(rig, 'match', respId);
    const peer = rig.supplier.peers[0];
    assert.ok(peer);
    // Either of the two binds to the same server may be link a's: the right one is the one that carried the submit.
    for (const one of rig.supplier.peers) rig.supplier.receipt(one, receiptId, 'DELIVRD', '41790000001');
    await until(`receipt of ${respId}`, () => rig.gateway.receipts.length === 1);
    await rig.end();
  }
});

test('two links that issue equal ids: every receipt reaches its own message', async () => {
  const rig = await setUp();
  const other = new Gateway(rig.running.port, 'gateway/b');
  await until('b is up', () => other.states.at(-1)?.state === LinkState.up);
  const carriers: unknown[] = [];
  rig.supplier.onSubmit = (peer, pdu) => {
    carriers.push(peer);
    rig.supplier.accept(peer, pdu, 'same');
  };
  const a = rig.gateway.send(order('a', { op: 'on-a' }));
  await until('a answered', () => rig.gateway.answer(a) !== undefined);
  const b = other.send(order('b', { op: 'on-b' }));
  await until('b answered', () => other.answer(b) !== undefined);
  assert.notEqual(carriers[0], carriers[1]);
  rig.supplier.receipt(carriers[1] as (typeof rig.supplier.peers)[0], 'same', 'UNDELIV', '41790000001');
  await until('b has it', () => other.receipts.length === 1);
  rig.supplier.receipt(carriers[0] as (typeof rig.supplier.peers)[0], 'same', 'DELIVRD', '41790000001');
  await until('a has it', () => rig.gateway.receipts.length === 1);
  assert.equal(other.receipts[0]?.tlvs.find((one) => one.tag === 0x0427)?.value[0], 5);
  assert.equal(rig.gateway.receipts[0]?.tlvs.find((one) => one.tag === 0x0427)?.value[0], 2);
  await other.stop();
  await rig.end();
});

test('a receipt before the answer is parked, answered, and goes up after the order’s response', async () => {
  const rig = await setUp();
  rig.supplier.onSubmit = (peer, pdu) => {
    rig.supplier.receipt(peer, 'early', 'DELIVRD', '41790000001', 1);
    const held = { ...pdu };
    void until('the early receipt is taken', () => rig.supplier.answers.length === 1).then(() =>
      rig.supplier.accept(peer, held, 'early'),
    );
  };
  const token = rig.gateway.send(order('a', { op: 'parked' }));
  await until('receipt', () => rig.gateway.receipts.length === 1);
  assert.ok(rig.gateway.answer(token), 'the response came first');
  assert.equal(rig.running.guard.core.counters.receipts_parked, 1);
  assert.equal(rig.running.guard.core.receipts.parked, 0);
  await rig.end();
});

test('duplicates are answered and go up once; another final state later changes nothing', async () => {
  const rig = await setUp();
  await send(rig, 'dup', 'x1');
  for (const peer of rig.supplier.peers) {
    rig.supplier.receipt(peer, 'x1', 'DELIVRD', '41790000001', 1);
    rig.supplier.receipt(peer, 'x1', 'DELIVRD', '41790000001', 2);
    rig.supplier.receipt(peer, 'x1', 'UNDELIV', '41790000001', 3);
    rig.supplier.receipt(peer, 'x1', 'ENROUTE', '41790000001', 4);
  }
  await until('all answered', () => rig.supplier.answers.length === 8);
  assert.ok(rig.supplier.answers.every((one) => one.status === 0));
  assert.equal(rig.gateway.receipts.length, 1);
  const { counters } = rig.running.guard.core;
  assert.equal(counters.receipts_duplicate, 1 + 1);
  assert.equal(counters.receipts_conflict, 1);
  assert.equal(counters.receipts_not_final, 2);
  await rig.end();
});

test('the same id for two messages: the destination decides, then what is not final, then the newest', async () => {
  const rig = await setUp();
  await send(rig, 'one', 'again', '41790000001');
  await send(rig, 'two', 'again', '41790000002');
  await send(rig, 'three', 'again', '41790000002');
  const carrier = rig.supplier.peers;
  for (const peer of carrier) rig.supplier.receipt(peer, 'again', 'DELIVRD', '0790000001');
  await until('first', () => rig.gateway.receipts.length === 1);
  for (const peer of carrier) rig.supplier.receipt(peer, 'again', 'DELIVRD', '41790000002');
  await until('second', () => rig.gateway.receipts.length === 2);
  for (const peer of carrier) rig.supplier.receipt(peer, 'again', 'DELIVRD', '41790000002');
  await until('third', () => rig.gateway.receipts.length === 3);
  assert.deepEqual(opsUp(rig), ['one', 'three', 'two']);
  await rig.end();
});

test('a receipt is repeated until the gateway takes it', async () => {
  const rig = await setUp();
  await send(rig, 'repeat', 'r1');
  rig.gateway.deliverStatus = 0x64;
  for (const peer of rig.supplier.peers) rig.supplier.receipt(peer, 'r1', 'DELIVRD', '41790000001');
  await until('refused once', () => rig.gateway.receipts.length === 1);
  rig.gateway.deliverStatus = 0;
  await until('repeated', () => rig.gateway.receipts.length === 2);
  await until('taken', () => rig.running.guard.core.counters.receipts_up === 1);
  const numbers = rig.gateway.receipts.map((one) =>
    one.tlvs.find((tlv) => tlv.tag === HopTag.eventNumber)?.value.toString('hex'),
  );
  assert.equal(numbers[0], numbers[1]);
  await rig.end();
});

test('after a crash: open orders are unknown, repeated ops are answered, receipts are matched, untaken ones go up again', async () => {
  const rig = await setUp();
  await send(rig, 'done', 'd1');
  await send(rig, 'told', 't1');
  rig.gateway.deliverStatus = -1;
  for (const peer of rig.supplier.peers) rig.supplier.receipt(peer, 't1', 'DELIVRD', '41790000001');
  await until('went up, not answered', () => rig.gateway.receipts.length === 1);
  rig.supplier.onSubmit = () => undefined;
  rig.gateway.send(order('a', { op: 'open' }));
  await until('open order out', () => rig.supplier.submits.length === 3);
  const before = rig.gateway.receipts[0];
  rig.running.kill();
  await rig.gateway.stop();
  await until('alone', () => rig.supplier.peers.length === 0);

  const again = await runGuard({ disk: rig.disk, links: [linkConfig('a', rig.port), linkConfig('b', rig.port)] });
  const gateway = new Gateway(again.port, 'gateway/a');
  await until('up again', () => gateway.states.at(-1)?.state === LinkState.up && rig.supplier.peers.length === 2);
  await until('untaken receipt again', () => gateway.receipts.length === 1);
  const number = (one: typeof before): string | undefined =>
    one?.tlvs.find((tlv) => tlv.tag === HopTag.eventNumber)?.value.toString('hex');
  assert.equal(number(gateway.receipts[0]), number(before));
  const open = gateway.send(order('a', { op: 'open', flags: OrderFlag.repeated }));
  const done = gateway.send(order('a', { op: 'done', flags: OrderFlag.repeated }));
  await until('answered', () => gateway.answer(open) !== undefined && gateway.answer(done) !== undefined);
  assert.deepEqual(gateway.answer(open)?.outcomes, [{ outcome: OutcomeClass.unknown, verdict: 0, status: 0 }]);
  assert.equal(gateway.answer(done)?.outcomes?.[0]?.outcome, OutcomeClass.accepted);
  for (const peer of rig.supplier.peers) rig.supplier.receipt(peer, 'd1', 'DELIVRD', '41790000001');
  await until('matched after the restart', () => gateway.receipts.length === 2);
  await until('both taken', () => again.guard.core.counters.receipts_up === 2);
  assert.equal(rig.supplier.submits.length, 3);
  await gateway.stop();
  await again.stop();

  // Taken receipts are not repeated by a third run.
  const third = await runGuard({ disk: rig.disk, links: [linkConfig('a', rig.port)] });
  const last = new Gateway(third.port, 'gateway/a');
  await until('up a third time', () => last.states.at(-1)?.state === LinkState.up);
  const marker = last.send(order('a', { op: 'done', flags: OrderFlag.repeated }));
  await until('answered', () => last.answer(marker) !== undefined);
  assert.equal(last.receipts.length, 0);
  await last.stop();
  await third.stop();
  await rig.supplier.server?.close();
});

test('a mobile-originated message goes up with its number, survives a crash, and is forgotten when taken', async () => {
  const rig = await setUp();
  rig.gateway.deliverStatus = -1;
  const carrier = rig.supplier.peers;
  for (const peer of carrier)
    peer.send(
      deliverSm({ sourceAddr: '41790000009', destinationAddr: '4000', shortMessage: Buffer.from('STOP please') }),
      8,
    );
  await until('answered', () => rig.supplier.answers.length === 2);
  await until('up', () => rig.gateway.receipts.length >= 1);
  rig.running.kill();
  await rig.gateway.stop();
  await until('alone', () => rig.supplier.peers.length === 0);
  const again = await runGuard({ disk: rig.disk, links: [linkConfig('a', rig.port)] });
  const gateway = new Gateway(again.port, 'gateway/a');
  await until('up again', () => gateway.receipts.length === 1);
  assert.equal(gateway.receipts[0]?.shortMessage.toString(), 'STOP please');
  assert.equal(gateway.receipts[0]?.esmClass, 0);
  assert.equal(gateway.receipts[0]?.tlvs.find((one) => one.tag === HopTag.eventNumber)?.value.length, 8);
  await until('taken', () => again.guard.core.counters.mo_up === 1);
  await gateway.stop();
  await again.stop();
  await rig.supplier.server?.close();
});

test('an MO whose addresses are longer than can be told upwards is refused at once, the next one goes up', async () => {
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({ links: [linkConfig('a', port, { moUpstream: 'gateway' })] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('bound', () => gateway.peer !== null && supplier.peers.length === 1);
  const [peer] = supplier.peers;
  assert.ok(peer);
  const tlvs = [{ tag: Tag.messagePayload, value: Buffer.from('hello') }];
  const short = { sourceAddr: '491700000001', destinationAddr: '4444', tlvs };
  peer.send(dataSm({ ...short, sourceAddr: '4'.repeat(21) }), 1);
  peer.send(dataSm({ ...short, destinationAddr: '4'.repeat(64) }), 2);
  peer.send(dataSm(short), 3);
  await until('answered', () => supplier.answers.length === 3);
  assert.deepEqual(supplier.answers.map((one) => [one.token, one.status]).sort(), [
    [1, 0x66],
    [2, 0x66],
    [3, 0],
  ]);
  await until('up', () => gateway.receipts.length === 1);
  assert.equal(gateway.receipts[0]?.sourceAddr, '491700000001');
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});
