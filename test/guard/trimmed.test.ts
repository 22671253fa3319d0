// Recovery from a log that was trimmed between the INTENTs of one order: a run file or an OP record tells of the order, and the
// rest of its records in the log must not make it look unfinished.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/driver/records.ts';
import { writeOp } from '../../src/guard/opRecord.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { RecordType, readIntent } from '../../src/guard/records.ts';
import { submitSm } from '../../src/smpp/pdu.ts';
import { LinkState, OrderFlag, OutcomeClass } from '../../src/smpp/vendor.ts';
import { kannel } from './kannel.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { Disk, linkConfig, runGuard, until } from './rig.ts';

/** Trims the log before the INTENT of segment 2 of the order to `recipient`. */
function trimBetweenIntents(disk: Disk, recipient: string): void {
  const slot = disk.journal.slot(0);
  const reader = new RecordReader();
  let second = 0;
  for (const [seq, batch] of slot.batches) {
    readRecords(batch.records, (type, start, end) => {
      if (type !== RecordType.intent) return;
      const intent = readIntent(reader.open(batch.records, start, end));
      if (intent.recipient === recipient && intent.segment === 2) second = seq;
    });
  }
  assert.ok(second > slot.firstSeq, 'the INTENTs stand in different batches');
  for (; slot.firstSeq < second; slot.firstSeq++) slot.batches.delete(slot.firstSeq);
}

/** The op of the first INTENT to `recipient`, and the batch of it. */
function begun(disk: Disk, recipient: string): { readonly op: string; readonly seq: number } | null {
  const reader = new RecordReader();
  let found: { readonly op: string; readonly seq: number } | null = null;
  for (const [seq, batch] of disk.journal.slot(0).batches) {
    readRecords(batch.records, (type, start, end) => {
      if (type !== RecordType.intent) return;
      const intent = readIntent(reader.open(batch.records, start, end));
      if (intent.recipient === recipient) found ??= { op: intent.op, seq };
    });
  }
  return found;
}

/** Does a run file hold the order to `recipient`? */
function runOf(disk: Disk, recipient: string): boolean {
  const op = begun(disk, recipient)?.op ?? '';
  return disk.spill.runs.some((run) => run.entries.has(op));
}

/** Trims the log before the first INTENT to `recipient`. */
function trimBefore(disk: Disk, recipient: string): void {
  const slot = disk.journal.slot(0);
  const seq = begun(disk, recipient)?.seq ?? 0;
  assert.ok(seq > 0);
  for (; slot.firstSeq < seq; slot.firstSeq++) slot.batches.delete(slot.firstSeq);
}

test('an order in a run file is not made open by what the log still has of it', async () => {
  const supplier = new Supplier();
  const port = await supplier.open();
  const disk = new Disk();
  // One segment at a time, so that each has its INTENT in a batch of its own; memory for few orders, so that they move.
  const links = [linkConfig('a', port, { window: 1 })];
  const running = await runGuard({ disk, links, more: { maxOpsInMemory: 4 } });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up && supplier.peers.length === 1);
  const text = 'x'.repeat(200);
  const long = gateway.send(order('a', { op: 'long', text, to: '41790000009', segments: 2 }));
  await until('answered', () => gateway.answer(long)?.outcomes?.length === 2);
  const others = ['b', 'c', 'd'].map((op) => gateway.send(order('a', { op })));
  await until('all answered', () => others.every((token) => gateway.answer(token) !== undefined));
  await until('moved', () => disk.spill.runs.some((run) => run.entries.has('long'.padEnd(16, '.'))));
  running.kill();
  await gateway.stop();
  await until('alone', () => supplier.peers.length === 0);
  trimBetweenIntents(disk, '41790000009');

  const again = await runGuard({ disk, links, more: { maxOpsInMemory: 4 } });
  const next = new Gateway(again.port, 'gateway/a');
  await until('up again', () => next.states.at(-1)?.state === LinkState.up);
  const repeated = next.send(
    order('a', { op: 'long', text, to: '41790000009', segments: 2, flags: OrderFlag.repeated }),
  );
  await until('answered again', () => next.answer(repeated) !== undefined);
  assert.deepEqual(
    next.answer(repeated)?.outcomes?.map((one) => one.outcome),
    [OutcomeClass.accepted, OutcomeClass.accepted],
  );
  assert.equal(supplier.submits.length, 5);
  await next.stop();
  await again.stop();
  await supplier.server?.close();
});

test('what an OP record tells of goes on from there, whatever the log still has of before', async () => {
  const supplier = new Supplier();
  const port = await supplier.open();
  const disk = new Disk();
  const links = [linkConfig('a', port, { window: 1 })];
  const running = await runGuard({ disk, links });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('up', () => gateway.states.at(-1)?.state === LinkState.up && supplier.peers.length === 1);
  const long = gateway.send(order('a', { op: 'long', text: 'x'.repeat(200), to: '41790000009', segments: 2 }));
  await until('answered', () => gateway.answer(long)?.outcomes?.length === 2);
  // As cleaning writes it.
  const { log, sent } = running.guard.core;
  writeOp(log.begin(RecordType.op), running.guard.core, sent.find('long'.padEnd(16, '.')));
  log.end();
  gateway.deliverStatus = -1;
  for (const peer of supplier.peers) supplier.receipt(peer, '1', 'DELIVRD', '41790000009');
  await until('told, not taken', () => gateway.receipts.length === 1 && supplier.answers.length === 1);
  running.kill();
  await gateway.stop();
  await until('alone', () => supplier.peers.length === 0);
  trimBetweenIntents(disk, '41790000009');

  const again = await runGuard({ disk, links });
  const next = new Gateway(again.port, 'gateway/a');
  await until('the receipt goes up again', () => next.receipts.length === 1);
  await next.stop();
  await again.stop();
  await supplier.server?.close();
});

test('a message of another gateway that is in a run file keeps its parts, whatever the log still has of it', async () => {
  const supplier = new Supplier();
  const disk = new Disk();
  const options = {
    disk,
    links: [linkConfig('a', await supplier.open(), { window: 1 })],
    upstreams: [kannel],
    more: { maxOpsInMemory: 4 },
  };
  const running = await runGuard(options);
  const gateway = new Gateway(running.port, 'kannel', { password: 'secret' });
  await until('bound', () => gateway.peer !== null && supplier.peers.length === 1);
  const held: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => {
    const id = `n${held.length}`;
    held.push(() => supplier.accept(peer, { ...pdu }, id));
  };
  const send = (destinationAddr: string): number =>
    gateway.send(
      submitSm({
        sourceAddrTon: 5,
        sourceAddr: 'ACME',
        destAddrTon: 1,
        destAddrNpi: 1,
        destinationAddr,
        registeredDelivery: 1,
        shortMessage: Buffer.from('hello'),
      }),
    );
  // The second waits for the window: its parts are named in an earlier batch than its INTENT.
  send('491700000001');
  await until('the first has left', () => held.length === 1);
  const second = send('491700000002');
  await until('taken', () => gateway.answer(second)?.status === 0);
  for (const number of [3, 4, 5, 6]) send(`49170000000${number}`);
  for (let i = 0; i < 6; i++) {
    await until('the next has left', () => held.length > i);
    held[i]?.();
  }
  await until('moved', () => runOf(disk, '491700000002'));
  running.kill();
  await gateway.stop();
  await until('alone', () => supplier.peers.length === 0);
  trimBefore(disk, '491700000002');

  const again = await runGuard(options);
  const next = new Gateway(again.port, 'kannel', { password: 'secret' });
  await until('bound again', () => next.peer !== null && supplier.peers.length === 1);
  for (const peer of supplier.peers) supplier.receipt(peer, 'n1', 'DELIVRD', '491700000002');
  await until('told', () => next.receipts.length === 1);
  const text = next.receipts[0]?.shortMessage.toString() ?? '';
  assert.ok(text.startsWith(`id:${gateway.answer(second)?.messageId} `), text);
  await next.stop();
  await again.stop();
  await supplier.server?.close();
});
