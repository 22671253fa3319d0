// The log of transparency §3 comes out of the guard's journal without a change of format: entries, chains, commitments.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/bytes.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { readIntent, writeIntent } from '../../src/guard/records.ts';
import { readSessionOpen, writeSessionOpen } from '../../src/guard/runRecords.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import { LinkState } from '../../src/smpp/vendor.ts';
import { bodyValue, openedRoot, orderRoot, routeRoot, saltsOf, senderValue } from '../../src/tlog/commitment.ts';
import { encodeLeaf, type Leaf, noHash, noOp } from '../../src/tlog/leaf.ts';
import { leafType } from '../../src/tlog/leafExtension.ts';
import { leafHash } from '../../src/tlog/merkle.ts';
import { deriveLeaves } from './leaves.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

const { sha256Octets } = createCrypto();
const sha256Latin1 = (text: string): string => sha256Octets(Buffer.from(text, 'latin1'));
const hex = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('hex');
const octets = (text: string): string => Buffer.from(text, 'hex').toString('latin1');

test('every session is one chain without a gap, from SESSION_OPEN to SESSION_CLOSE, over reconnects and a crash', async () => {
  const disk = new Disk();
  const supplier = new Supplier();
  const port = await supplier.open();
  // Every PDU that the supplier saw with a number of ours.
  const links = [linkConfig('a', port, { modes: ['trx', 'trx'], enquireLinkMs: 40 })];
  let running = await runGuard({ disk, links });
  let gateway = new Gateway(running.port, 'gateway/a');
  await until('both binds', () => supplier.peers.length === 2 && gateway.states.at(-1)?.state === LinkState.up);
  const send = async (op: string, more = {}): Promise<void> => {
    const token = gateway.send(order('a', { op, ...more }));
    await until(`${op} answered`, () => gateway.answer(token) !== undefined);
  };
  for (let i = 0; i < 6; i++) await send(`first-${i}`);
  await send('long', { text: 'n'.repeat(400), segments: 3 });
  supplier.peers[0]?.close('dropped');
  await until('dropped', () => supplier.peers.length === 1);
  await until('rebound', () => supplier.peers.length === 2);
  for (let i = 0; i < 6; i++) await send(`second-${i}`);
  const enquiries = (): number => deriveLeaves(disk.history).filter(({ leaf }) => leaf.opcode === 0x15).length;
  await until('an enquire_link', () => enquiries() > 0);
  supplier.onSubmit = () => undefined;
  gateway.send(order('a', { op: 'open at the crash' }));
  await until('out', () => supplier.submits.length === 16);
  running.kill();
  await gateway.stop();
  await until('alone', () => supplier.peers.length === 0);
  supplier.onSubmit = (peer, pdu) => supplier.accept(peer, pdu, 'z');
  running = await runGuard({ disk, links });
  gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => supplier.peers.length === 2 && gateway.states.at(-1)?.state === LinkState.up);
  await send('third');
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();

  const leaves = deriveLeaves(disk.history);
  const sessions = new Map<string, { readonly leaf: Leaf; readonly hash: string }[]>();
  for (const one of leaves) {
    if (one.leaf.session === '\0'.repeat(8)) continue;
    const list = sessions.get(one.leaf.session);
    if (list === undefined) sessions.set(one.leaf.session, [one]);
    else list.push(one);
  }
  assert.equal(sessions.size, 5);
  let recovered = 0;
  for (const chain of sessions.values()) {
    assert.equal(chain[0]?.leaf.type, leafType.sessionOpen);
    assert.equal(chain.at(-1)?.leaf.type, leafType.sessionClose);
    let next = 1;
    let prev = noHash;
    let minute = 0;
    for (const { leaf, hash } of chain) {
      assert.equal(leaf.prev, prev);
      assert.ok(leaf.minute >= minute);
      if (leaf.span === 1) assert.equal(leaf.seq, next++);
      prev = hash;
      minute = leaf.minute;
    }
    const close = chain.at(-1)?.leaf.extension ?? '';
    assert.equal(Buffer.from(close.slice(0, 4), 'latin1').readUInt32BE(), next - 1);
    recovered++;
  }
  assert.equal(recovered, 5);
  assert.equal(leaves.filter(({ leaf }) => leaf.type === leafType.start).length, 2);
  assert.equal(leaves.filter(({ leaf }) => leaf.type === leafType.recovery).length, 1);
  // As many INTENTs for submits as the supplier saw submits: none without a PDU here, none too few ever.
  assert.equal(leaves.filter(({ leaf }) => leaf.opcode === 4).length, supplier.submits.length);
  // The promise that a gateway makes at accept commits to the same values.
  const seed = Buffer.alloc(16, 0xa5).toString('latin1');
  const salts = saltsOf(sha256Latin1, seed);
  const wanted = orderRoot(sha256Latin1, salts, {
    recipient: '41790000001',
    sender: senderValue(5, 0, 'Glaspost'),
    body: bodyValue(0, Buffer.from('hello from the gateway')),
    customer: 'cust_0001',
    purpose: 'otp/contract',
    customerReference: 'ref-77',
    customerPrice: 'CHF 0.0550',
  });
  const first = leaves.find(({ leaf }) => leaf.op.startsWith('first-0'));
  assert.equal(hex(first?.leaf.roots[0] ?? ''), hex(wanted));
  assert.equal(
    hex(first?.leaf.roots[1] ?? ''),
    hex(routeRoot(sha256Latin1, salts.fieldsSeed, { supplier: 'carrier-a', cost: 'CHF 0.0410' })),
  );
});

test('the worked example of transparency §3.4 comes out of records', () => {
  const at = 1_790_000_000_000;
  const session = octets('a1a2a3a4a5a6a7a8');
  const w = new ByteWriter();
  const supplier = 'carrier-7';
  writeSessionOpen(w, {
    at,
    session,
    sequence: 1,
    opcode: 9,
    fieldsSeed: '\0'.repeat(16),
    link: 'l',
    supplier,
    endpoints: '192.0.2.10:40112>198.51.100.5:2775',
  });
  const open = readSessionOpen(new RecordReader().open(w.view(), 0, w.length));
  const salt = (octet: number): string => String.fromCharCode(octet).repeat(16);
  // The example's salts are given, not drawn from a seed; all values come from the record.
  const openLeaf: Leaf = {
    type: leafType.sessionOpen,
    flags: 0,
    span: 1,
    op: noOp,
    minute: Math.floor(open.at / 60_000),
    session: open.session,
    seq: open.sequence,
    opcode: open.opcode,
    ref: undefined,
    start: 0,
    prev: noHash,
    extension: '',
    roots: [
      openedRoot(sha256Latin1, [
        { field: 0x11, salt: salt(0xd1), value: open.supplier },
        { field: 0x12, salt: salt(0xd2), value: open.endpoints },
      ]),
    ],
  };
  const openHash = leafHash(sha256Latin1, encodeLeaf(openLeaf));
  assert.equal(hex(openHash), 'aa483d1de27c0f83fde34499425eb3b5a56c2d23e33832c6f8b8a5bef800b11f');
  w.reset();
  writeIntent(
    w,
    {
      op: octets('00112233445566778899aabbccddeeff'),
      flags: 0,
      guardId: 1,
      lane: 0,
      link: 'l',
      upstream: 'u',
      total: 1,
      validUntil: at,
      account: 'cust_0001',
      purpose: 'otp/contract',
      customerReference: 'ref-77',
      price: 'CHF 0.0550',
      supplier,
      cost: 'CHF 0.0410',
      recipient: '41790000001',
      senderTon: 5,
      senderNpi: 0,
      sender: 'Glaspost',
      dataCoding: 0,
      fieldsSeed: '\0'.repeat(16),
      bodyCommitment: octets('9487f2aa085117be1f6a9e5d021418af968030a595cb493681416212f3375a90'),
    },
    at,
    session,
    2,
    1,
  );
  const intent = readIntent(new RecordReader().open(w.view(), 0, w.length));
  const order = openedRoot(sha256Latin1, [
    { field: 0x01, salt: salt(0xa1), value: intent.recipient },
    { field: 0x02, salt: salt(0xa2), value: senderValue(intent.senderTon, intent.senderNpi, intent.sender) },
    { field: 0x03, salt: salt(0xa3), value: bodyValue(intent.dataCoding, Buffer.from('Your code is 482913')) },
    { field: 0x04, salt: salt(0xa4), value: intent.account },
    { field: 0x05, salt: salt(0xa5), value: intent.purpose },
    { field: 0x06, salt: salt(0xa6), value: intent.customerReference },
    { field: 0x07, salt: salt(0xa7), value: intent.price },
  ]);
  const route = openedRoot(sha256Latin1, [
    { field: 0x11, salt: salt(0xb1), value: intent.supplier },
    { field: 0x13, salt: salt(0xb3), value: intent.cost },
  ]);
  const leaf = encodeLeaf({
    ...openLeaf,
    type: leafType.intent,
    op: intent.op,
    seq: intent.sequence,
    opcode: 4,
    prev: openHash,
    roots: [order, route],
  });
  assert.equal(hex(leafHash(sha256Latin1, leaf)), '5aac30b4f3e203dc9722bd5d4e8226115974f4467b4c6e78ce1df4f40e614eea');
});
