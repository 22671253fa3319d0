// The laws of design §5 at the guard: nothing leaves before its leaf, nothing is answered before it is durable, no text stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/driver/records.ts';
import type { BindUpstream } from '../../src/guard/config.ts';
import { readDlr } from '../../src/guard/receiptRecords.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { RecordType, readDeclined, readIntent, readResult } from '../../src/guard/records.ts';
import { readSessionOpen } from '../../src/guard/runRecords.ts';
import { submitSm } from '../../src/smpp/pdu.ts';
import { LinkState, OrderFlag } from '../../src/smpp/vendor.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

/** What is durable at this moment: `each` gets every record of one type. */
function durable(disk: Disk, type: number, each: (r: RecordReader) => void): void {
  const reader = new RecordReader();
  for (const records of disk.history) {
    readRecords(records, (found, start, end) => {
      if (found === type) each(reader.open(records, start, end));
    });
  }
}

test('law 2 and law 1: bind, submit, answers and receipts each follow the record they need, however slow the disk', async () => {
  const disk = new Disk();
  disk.delayMs = 25;
  const supplier = new Supplier();
  let [binds, submits, receipts] = [0, 0, 0];
  const carriers: (typeof supplier.peers)[0][] = [];
  supplier.onBind = (peer) => {
    let open = 0;
    durable(disk, RecordType.sessionOpen, (r) => {
      const record = readSessionOpen(r);
      if (record.sequence === 1 && record.opcode === 9 && record.endpoints.includes(`>127.0.0.1:`)) open++;
    });
    assert.ok(open > binds++, 'SESSION_OPEN is durable before the bind');
    peer.acceptBind('mc');
  };
  supplier.onSubmit = (peer, pdu) => {
    const found: number[] = [];
    durable(disk, RecordType.intent, (r) => found.push(readIntent(r).sequence));
    assert.ok(found.includes(pdu.sequence), `INTENT ${pdu.sequence} is durable before its PDU`);
    carriers.push(peer);
    submits++;
    supplier.accept(peer, pdu, `id-${submits}`);
  };
  const answered = supplier.response.bind(supplier);
  supplier.response = (peer, pdu, token) => {
    let known = 0;
    durable(disk, RecordType.dlr, (r) => {
      readDlr(r);
      known++;
    });
    assert.ok(known > receipts++, 'the receipt is durable before its answer');
    answered(peer, pdu, token);
  };
  const port = await supplier.open();
  const running = await runGuard({ disk, links: [linkConfig('a', port, { modes: ['trx', 'trx'] })] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => supplier.peers.length === 2 && gateway.states.at(-1)?.state === LinkState.up);
  const told = gateway.response.bind(gateway);
  gateway.response = (peer, pdu, token) => {
    const ids: string[] = [];
    durable(disk, RecordType.result, (r) => ids.push(readResult(r).remoteId));
    assert.ok(ids.length > gateway.answers.length, 'the RESULT is durable before the answer');
    told(peer, pdu, token);
  };
  for (let i = 0; i < 20; i++) gateway.send(order('a', { op: `law-${i}`, to: `4179000${2000 + i}` }));
  await until('all answered', () => gateway.answers.length === 20);
  for (const [i, peer] of carriers.entries()) {
    supplier.receipt(peer, `id-${i + 1}`, 'DELIVRD', supplier.submits[i]?.destinationAddr ?? '');
  }
  await until('receipts up', () => gateway.receipts.length === 20 && receipts === 20);
  assert.equal(submits, 20);
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});

test('law 1: an order is declined, or told as not emitted, only when that is durable', async () => {
  const disk = new Disk();
  disk.delayMs = 25;
  const supplier = new Supplier();
  const running = await runGuard({ disk, links: [linkConfig('a', await supplier.open())] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up);
  const told = gateway.response.bind(gateway);
  gateway.response = (peer, pdu, token) => {
    const statuses: number[] = [];
    durable(disk, RecordType.declined, (r) => statuses.push(readDeclined(r).status));
    assert.ok(statuses.length > gateway.answers.length, 'DECLINED is durable before the answer');
    told(peer, pdu, token);
  };
  for (const pdu of [
    order('a', { op: 'forged', badToken: true }),
    order('a', { op: 'over', validUntil: Date.now() - 1000 }),
    order('a', { op: 'asked', flags: OrderFlag.repeated | OrderFlag.askOnly }),
  ]) {
    const token = gateway.send(pdu);
    await until('answered', () => gateway.answer(token) !== undefined);
  }
  assert.equal(supplier.submits.length, 0);
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});

test('law 6: in token mode no text reaches the disk; in bind mode it is sealed and ends when the message has left', async () => {
  const disk = new Disk();
  const supplier = new Supplier();
  const port = await supplier.open();
  const kannel: BindUpstream = {
    mode: 'bind',
    name: 'kannel',
    systemId: 'kannel',
    password: 'up',
    link: 'a',
    account: 'legacy',
    allowedSenders: ['*'],
    purpose: '',
    lane: 1,
    defaultValidityMs: 3_600_000,
    graceMs: 86_400_000,
    defaultAlphabet: 'gsm7',
    allowedAddresses: [],
    maxBinds: 1,
    window: 10,
  };
  const { tokenUpstream } = await import('./rig.ts');
  const running = await runGuard({ disk, links: [linkConfig('a', port)], upstreams: [tokenUpstream, kannel] });
  const gateway = new Gateway(running.port, 'gateway/a');
  const foreign = new Gateway(running.port, 'kannel');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up && foreign.peer !== null);
  const token = gateway.send(order('a', { op: 'secret', text: 'the first secret text' }));
  await until('answered', () => gateway.answer(token) !== undefined);
  const secretsNow = (): Buffer[] =>
    [...(disk.journal.slots.get(0)?.batches.values() ?? [])].flatMap((one) => one.secrets ?? []);
  assert.ok(secretsNow().every((one) => one.length === 0));
  let seen = 0;
  supplier.onSubmit = (peer, pdu) => {
    // It is in the sealed part at this moment: a crash now must not lose an acknowledged message.
    seen = secretsNow().filter((one) => one.includes('the second secret text')).length;
    supplier.accept(peer, pdu, 'two');
  };
  foreign.send(
    submitSm({
      sourceAddr: 'ACME',
      sourceAddrTon: 5,
      destinationAddr: '41790000001',
      destAddrTon: 1,
      destAddrNpi: 1,
      shortMessage: Buffer.from('the second secret text'),
    }),
  );
  await until('sent', () => seen === 1);
  await until('ended', () => !secretsNow().some((one) => one.includes('secret text')));
  await gateway.stop();
  await foreign.stop();
  await running.stop();
  await supplier.server?.close();
  for (const records of disk.history) assert.ok(!records.includes('secret text'));
});
