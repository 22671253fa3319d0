// Bind mode: another SMS gateway in front of the guard, with no Glaspost gateway at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardConfig } from '../../src/guard/config.ts';
import { deliverSm, type SubmitSm, submitSm } from '../../src/smpp/pdu.ts';
import { kannel } from './kannel.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

async function setUp(disk = new Disk(), upstream = kannel, more: Partial<GuardConfig> = {}) {
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({ disk, links: [linkConfig('a', port)], upstreams: [upstream], more });
  const gateway = new Gateway(running.port, 'kannel', { password: 'secret', systemType: '' });
  await until('bound', () => gateway.peer !== null && supplier.peers.length === 1);
  return {
    supplier,
    running,
    gateway,
    port,
    disk,
    async end() {
      await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}

function message(more: Partial<SubmitSm> = {}): SubmitSm {
  return submitSm({
    sourceAddrTon: 5,
    sourceAddr: 'ACME',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: '+491700000001',
    esmClass: 0x03,
    registeredDelivery: 1,
    shortMessage: Buffer.from('hello'),
    ...more,
  });
}

test('a message is acknowledged with an id, leaves normalised, and its receipt comes back under that id', async () => {
  const { supplier, gateway, end } = await setUp();
  const token = gateway.send(message());
  await until('answered', () => gateway.answer(token) !== undefined);
  await until('sent', () => supplier.submits.length === 1);
  const id = gateway.answer(token)?.messageId ?? '';
  assert.match(id, /^[1-9a-f][0-9a-f]{7,}$/);
  const left = supplier.submits[0];
  assert.equal(left?.esmClass, 0);
  assert.equal(left?.destinationAddr, '491700000001');
  assert.equal(left?.validityPeriod, '000000010000000R');
  const [peer] = supplier.peers;
  assert.ok(peer);
  supplier.receipt(peer, '1', 'DELIVRD', '491700000001');
  await until('receipt', () => gateway.receipts.length === 1);
  const text = gateway.receipts[0]?.shortMessage.toString() ?? '';
  assert.ok(text.startsWith(`id:${id} sub:001 dlvrd:001 `), text);
  assert.ok(text.includes('stat:DELIVRD'));
  // Nothing of the hop's own TLVs goes to a foreign gateway.
  assert.ok(gateway.receipts[0]?.tlvs.every((one) => one.tag < 0x1400));
  await end();
});

test('parts are acknowledged one by one, joined, sent in order; a receipt asked on part 1 only comes once, for part 1', async () => {
  const { supplier, gateway, end } = await setUp();
  const whole = 'x'.repeat(153) + 'y'.repeat(80);
  const part = (n: number, text: string): SubmitSm =>
    message({
      esmClass: 0x43,
      registeredDelivery: n === 1 ? 0x11 : 0,
      shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, n]), Buffer.from(text)]),
    });
  const second = gateway.send(part(2, whole.slice(153)));
  await until('part 2 acknowledged', () => gateway.answer(second) !== undefined);
  assert.equal(supplier.submits.length, 0);
  const first = gateway.send(part(1, whole.slice(0, 153)));
  await until('both out', () => supplier.submits.length === 2);
  await until('part 1 acknowledged', () => gateway.answer(first) !== undefined);
  assert.notEqual(gateway.answer(first)?.messageId, gateway.answer(second)?.messageId);
  assert.equal(supplier.submits.map((one) => one.shortMessage.subarray(6).toString()).join(''), whole);
  assert.deepEqual(
    supplier.submits.map((one) => [...one.shortMessage.subarray(0, 3), ...one.shortMessage.subarray(4, 6)]),
    [
      [5, 0, 3, 2, 1],
      [5, 0, 3, 2, 2],
    ],
  );
  const [peer] = supplier.peers;
  assert.ok(peer);
  supplier.receipt(peer, '2', 'DELIVRD', '491700000001', 1);
  await until('first receipt taken', () => supplier.answers.length === 1);
  assert.equal(gateway.receipts.length, 0);
  supplier.receipt(peer, '1', 'UNDELIV', '491700000001', 2);
  await until('receipt', () => gateway.receipts.length === 1);
  const text = gateway.receipts[0]?.shortMessage.toString() ?? '';
  assert.ok(text.startsWith(`id:${gateway.answer(first)?.messageId} `), text);
  assert.ok(text.includes('stat:UNDELIV'));
  await end();
});

test('what may not leave is refused with the right status and nothing is sent', async () => {
  const { supplier, gateway, end } = await setUp();
  const cases: readonly (readonly [Partial<SubmitSm>, number])[] = [
    [{ sourceAddr: 'OTHER' }, 0x0a],
    [{ dataCoding: 0xf0 }, 0x104],
    [{ shortMessage: Buffer.from('   ') }, 0x45],
    [{ destinationAddr: '123' }, 0x0b],
    [{ validityPeriod: '200101000000000+' }, 0x62],
    [{ protocolId: 0x40 }, 0x45],
    [{ esmClass: 0x40, shortMessage: Buffer.from([6, 5, 4, 0x0b, 0x84, 0x23, 0xf0, 1]) }, 0x45],
  ];
  for (const [more, status] of cases) {
    const token = gateway.send(message(more));
    await until('refused', () => gateway.answer(token) !== undefined);
    assert.equal(gateway.answer(token)?.status, status, JSON.stringify(more));
  }
  assert.equal(supplier.submits.length, 0);
  await end();
});

test('a refusal for later is tried again; a final one ends in UNDELIV', async () => {
  const { supplier, gateway, end } = await setUp();
  let tries = 0;
  supplier.onSubmit = (peer, pdu) => {
    tries++;
    if (pdu.shortMessage.toString() === 'never') peer.respondStatus(pdu.sequence, pdu.commandId, 0x0b);
    else if (tries === 1) peer.respondStatus(pdu.sequence, pdu.commandId, 0x58);
    else supplier.accept(peer, pdu, `id${tries}`);
  };
  const token = gateway.send(message());
  await until('sent twice', () => supplier.submits.length === 2);
  assert.equal(gateway.answer(token)?.status, 0);
  gateway.send(message({ shortMessage: Buffer.from('never') }));
  await until('receipt', () => gateway.receipts.length === 1);
  assert.ok(gateway.receipts[0]?.shortMessage.toString().includes('stat:UNDELIV'));
  await end();
});

test('a crash loses no acknowledged part: what had not left goes out after the restart, what had left does not', async () => {
  const { supplier, gateway, running, port, disk } = await setUp();
  supplier.onSubmit = () => undefined;
  const first = gateway.send(message({ shortMessage: Buffer.from('left') }));
  await until('left', () => supplier.submits.length === 1 && gateway.answer(first) !== undefined);
  const half = gateway.send(
    message({
      esmClass: 0x43,
      shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 7, 2, 2]), Buffer.from('second half')]),
    }),
  );
  await until('half acknowledged', () => gateway.answer(half) !== undefined);
  running.kill();
  await gateway.stop();
  await until('supplier alone', () => supplier.peers.length === 0);
  supplier.onSubmit = (peer, pdu) => supplier.accept(peer, pdu, 'later');
  const again = await runGuard({ disk, links: [linkConfig('a', port)], upstreams: [kannel] });
  const back = new Gateway(again.port, 'kannel', { password: 'secret', systemType: '' });
  await until('back', () => back.peer !== null && supplier.peers.length === 1);
  const rest = back.send(
    message({
      esmClass: 0x43,
      shortMessage: Buffer.concat([Buffer.from([5, 0, 3, 7, 2, 1]), Buffer.from('first half, ')]),
    }),
  );
  await until('joined and sent', () => supplier.submits.length === 2);
  await until('acknowledged', () => back.answer(rest) !== undefined);
  assert.deepEqual(
    supplier.submits.map((one) => one.shortMessage.toString()),
    ['left', 'first half, second half'],
  );
  await back.stop();
  await again.stop();
  await supplier.server?.close();
});

test('a data_sm receipt counts too, and an unknown command from a gateway gets its own answer', async () => {
  const { supplier, gateway, end } = await setUp();
  const token = gateway.send(message());
  await until('sent', () => supplier.submits.length === 1 && gateway.answer(token) !== undefined);
  const [peer] = supplier.peers;
  assert.ok(peer);
  const { command: _command, commandId: _commandId, ...rest } = deliverSm({ sourceAddr: '491700000001', esmClass: 4 });
  assert.equal(rest.esmClass, 4);
  peer.send(
    {
      command: 'data_sm',
      commandId: 0x103,
      status: 0,
      sequence: 0,
      serviceType: '',
      sourceAddrTon: 1,
      sourceAddrNpi: 1,
      sourceAddr: '491700000001',
      destAddrTon: 5,
      destAddrNpi: 0,
      destinationAddr: 'ACME',
      esmClass: 4,
      registeredDelivery: 0,
      dataCoding: 0,
      tlvs: [
        { tag: 0x001e, value: Buffer.from('1\0') },
        { tag: 0x0427, value: Buffer.from([2]) },
      ],
    },
    5,
  );
  await until('receipt', () => gateway.receipts.length === 1);
  assert.ok(gateway.receipts[0]?.shortMessage.toString().includes('stat:DELIVRD'));
  await end();
});

test('what expires while memory for orders is full is told when there is room, and nothing new is taken until then', async () => {
  const { supplier, running, gateway, end } = await setUp(
    new Disk(),
    { ...kannel, defaultValidityMs: 300 },
    { maxOpsInMemory: 2 },
  );
  const held: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => {
    const id = `id${held.length}`;
    held.push(() => supplier.accept(peer, { ...pdu }, id));
  };
  for (const one of [1, 2]) {
    gateway.send(message({ destinationAddr: `49170000000${one}` }));
    await until('left', () => held.length === one);
  }
  const third = gateway.send(message({ destinationAddr: '491700000003' }));
  await until('acknowledged', () => gateway.answer(third)?.status === 0);
  await until('full', () => running.guard.core.upstreams.partsOut.full(running.guard.core.links.get(0)));
  const fourth = gateway.send(message({ destinationAddr: '491700000004' }));
  await until('throttled', () => gateway.answer(fourth)?.status === 0x58);
  assert.equal(gateway.receipts.length, 0);
  for (const answer of held) answer();
  await until('told', () => gateway.receipts.length === 1);
  const text = gateway.receipts[0]?.shortMessage.toString() ?? '';
  assert.ok(text.startsWith(`id:${gateway.answer(third)?.messageId} `) && text.includes('stat:EXPIRED'), text);
  const fifth = gateway.send(message({ destinationAddr: '491700000005' }));
  await until('taken again', () => gateway.answer(fifth)?.status === 0);
  assert.equal(supplier.submits.filter((one) => one.destinationAddr === '491700000003').length, 0);
  await end();
});
