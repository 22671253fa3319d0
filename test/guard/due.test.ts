// Deadlines of bind mode in run files: each order that is due is found, once, over several pages, while the clock is set back and
// while the disk is full; what is not due stays. With what happens to one order in test/faults/guardDeadlines.tables.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUE_PAGE_ORDERS, DUE_STEP_ORDERS } from '../../src/base/limits.ts';
import { readRecords } from '../../src/driver/records.ts';
import type { Core } from '../../src/guard/core.ts';
import { Due } from '../../src/guard/due.ts';
import { OnDisk } from '../../src/guard/onDisk.ts';
import { writeOp } from '../../src/guard/opRecord.ts';
import { extensionOf } from '../../src/guard/partRecords.ts';
import { readDlr, readDue } from '../../src/guard/receiptRecords.ts';
import { RecordReader } from '../../src/guard/recordReader.ts';
import { RecordType } from '../../src/guard/records.ts';
import { SentFlag } from '../../src/guard/sentStore.ts';
import { Status } from '../../src/smpp/status.table.ts';
import { LinkState, OutcomeClass } from '../../src/smpp/vendor.ts';
import { messageState } from '../../src/sms/messageState.ts';
import { kannel } from './kannel.ts';
import { order } from './orders.ts';
import { Gateway, Supplier } from './peers.ts';
import { linkConfig, runGuard, tokenUpstream, until } from './rig.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

async function setUp(maxOpsInMemory = 2000, port = 1) {
  const upstreams = [kannel, tokenUpstream];
  const running = await runGuard({ links: [linkConfig('a', port)], upstreams, more: { maxOpsInMemory } });
  const { core } = running.guard;
  // The guard's own clock is the machine's; that of these deadlines is ours. What is on disk is known to this room alone.
  let nowMs = NOON;
  const loop = { ...core.world.loop, now: () => nowMs };
  const ours: Core = Object.assign(Object.create(core) as Core, { world: { ...core.world, loop } });
  const onDisk = new OnDisk(ours);
  const due = new Due(ours, onDisk);
  let made = 0;
  /** An order that left, with its handle. */
  const make = (deadlineMs: number): { readonly op: string; readonly handle: number } => {
    const op = `op${made++}`.padEnd(16, '.');
    const handle = core.sent.open(op);
    core.sent.seal(
      handle,
      {
        guardId: made,
        submittedAt: deadlineMs - kannel.graceMs - MINUTE,
        validUntil: deadlineMs - kannel.graceMs,
        linkNumber: core.links.numberOf('a'),
        upstreamNumber: core.upstreams.numberOf('kannel'),
        senderTon: 5,
        senderNpi: 0,
        sender: 'ACME',
        recipient: '491700000001',
        extension: extensionOf([{ id: made, asked: 1 }]),
      },
      [{ outcome: OutcomeClass.accepted, verdict: 0, status: 0, remoteId: `id${made}` }],
      1,
    );
    core.sent.setFlag(handle, SentFlag.answered, true);
    return { op, handle };
  };
  /** An order that only run files know. */
  const put = (deadlineMs: number): string => {
    const { op, handle } = make(deadlineMs);
    onDisk.put(handle);
    core.sent.release(handle, core.receipts.keyOf);
    return op;
  };
  const records = <T>(wanted: number, read: (r: RecordReader) => T): T[] => {
    const found: T[] = [];
    const reader = new RecordReader();
    for (const batch of running.disk.history) {
      readRecords(batch, (type, start, end) => {
        if (type === wanted) found.push(read(reader.open(batch, start, end)));
      });
    }
    return found;
  };
  return {
    running,
    core,
    due,
    make,
    put,
    look: (atMs: number): void => {
      nowMs = atMs;
      due.tick();
    },
    ends: () => records(RecordType.dlr, readDlr),
    looked: () => records(RecordType.due, readDue),
  };
}

test('more than a page of orders in run files is due: each ends UNKNOWN once, the others stay', async () => {
  const { running, due, put, look, ends, looked } = await setUp();
  const wanted: string[] = [];
  for (let i = 0; i < 2 * DUE_PAGE_ORDERS + 50; i++) wanted.push(put(NOON - MINUTE + (i % 7) * 1000));
  put(NOON + MINUTE);
  assert.equal(due.caughtUp(NOON), false);
  look(NOON);
  await until('looked through', () => looked().length === 1);
  assert.deepEqual(looked(), [NOON]);
  assert.ok(due.caughtUp(NOON));
  assert.deepEqual(
    ends()
      .map(({ op }) => op)
      .sort(),
    wanted.sort(),
  );
  assert.ok(ends().every(({ state, segment }) => state === messageState.unknown && segment === 1));
  look(NOON + 2 * MINUTE);
  await until('the last', () => looked().length === 2);
  assert.equal(ends().length, wanted.length + 1);
  await running.stop();
});

test('a clock that was set back hides no order', async () => {
  const { running, put, look, ends, looked } = await setUp();
  put(NOON);
  look(NOON + 60 * MINUTE);
  await until('looked through', () => looked().length === 1);
  assert.equal(ends().length, 1);
  // Set back by an hour: these are due before the time up to which was looked.
  const late = [put(NOON + MINUTE), put(NOON + 2 * MINUTE)];
  look(NOON + 61 * MINUTE);
  await until('looked through again', () => looked().length === 2);
  assert.deepEqual(
    ends()
      .slice(1)
      .map(({ op }) => op)
      .sort(),
    late,
  );
  await running.stop();
});

test('a full disk keeps what is due open until there is room', async () => {
  const { running, core, put, look, ends, looked } = await setUp();
  put(NOON);
  running.disk.fate = 'full';
  core.log.begin(RecordType.heartbeat).bytes(Buffer.alloc(29, 1));
  core.log.end();
  await until('full', () => !core.log.accepting);
  look(NOON + MINUTE);
  assert.equal(core.counters.deadlines, 0);
  running.disk.fate = 'durable';
  await until('room', () => core.log.accepting);
  look(NOON + MINUTE);
  await until('ended', () => looked().length === 1);
  assert.equal(ends().length, 1);
  await running.stop();
});

test('receipts that nobody takes do not fill memory: the rest is ended when there is room', async () => {
  const { running, core, put, look, ends, looked } = await setUp(20);
  for (let i = 0; i < 30; i++) put(NOON);
  look(NOON + MINUTE);
  await until('memory holds what it may', () => ends().length === 18);
  assert.equal(core.sent.full, false);
  await until('all ended', () => {
    for (let handle = 0; handle < core.sent.handles; handle++)
      if (core.sent.sealed(handle) && core.sent.pinned(handle)) core.receipts.taken(handle, 0);
    return looked().length === 1;
  });
  assert.equal(new Set(ends().map(({ op }) => op)).size, 30);
  assert.equal(ends().length, 30);
  await running.stop();
});

test('while an upstream stays away, orders of another are taken within the rest of memory, and refused for now beyond it', async () => {
  const supplier = new Supplier();
  const { running, core, put, look, ends } = await setUp(20, await supplier.open());
  for (let i = 0; i < 30; i++) put(NOON);
  look(NOON + MINUTE);
  await until('memory holds what it may', () => ends().length === 18);
  const held: (() => void)[] = [];
  supplier.onSubmit = (peer, pdu) => void held.push(() => supplier.accept(peer, pdu, `s${pdu.sequence}`));
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('the link is up', () => gateway.states.at(-1)?.state === LinkState.up);
  const taken = ['one', 'two'].map((op) => gateway.send(order('a', { op })));
  await until('both left', () => held.length === 2);
  const third = gateway.send(order('a', { op: 'three' }));
  await until('refused', () => gateway.answer(third) !== undefined);
  assert.equal(gateway.answer(third)?.status, Status.ESME_RMSGQFUL);
  for (const answer of held.splice(0)) answer();
  await until('answered', () => taken.every((token) => gateway.answer(token)?.status === Status.ESME_ROK));
  // What was answered goes to run files and leaves memory.
  await until('room', () => !core.sent.full);
  gateway.send(order('a', { op: 'three' }));
  await until('taken', () => held.length === 1);
  assert.equal(ends().length, 18);
  for (const answer of held) answer();
  await gateway.stop();
  await running.stop();
  await supplier.server?.close();
});

test('what is due while no upstream of bind mode is configured is counted and logged once, and told if one comes back', async () => {
  const { running, core, put, look, ends, looked } = await setUp();
  const { config, counters } = core;
  put(NOON);
  put(NOON);
  put(NOON + 2 * MINUTE);
  core.config = { ...config, upstreams: [tokenUpstream] };
  look(NOON + MINUTE);
  await until('counted', () => counters.deadlines_untold === 2);
  await until('counted later', () => {
    look(NOON + 3 * MINUTE);
    return counters.deadlines_untold === 3;
  });
  assert.equal(running.disk.said.filter((event) => event.includes('no upstream is configured')).length, 1);
  assert.equal(ends().length, 0);
  core.config = config;
  await until('told', () => {
    look(NOON + 4 * MINUTE);
    return looked().length === 1;
  });
  assert.equal(ends().length, 3);
  assert.equal(counters.deadlines_untold, 3);
  await running.stop();
});

test('a grace that has become longer counts for what is on disk', async () => {
  const { running, core, put, look, ends, looked } = await setUp();
  put(NOON);
  core.upstreams.configure([{ ...kannel, graceMs: kannel.graceMs + 60 * MINUTE }]);
  look(NOON + MINUTE);
  await until('looked through', () => looked().length === 1);
  assert.equal(ends().length, 0);
  look(NOON + 61 * MINUTE);
  await until('looked through again', () => looked().length === 2);
  assert.equal(ends().length, 1);
  await running.stop();
});

test('a guard that was off for long forgets no order before it has ended it', async () => {
  const { running, core, make, ends } = await setUp();
  // By the machine's clock these may be forgotten, and are more than a tick looks at.
  for (let i = 0; i < 3 * DUE_STEP_ORDERS; i++) {
    const { handle } = make(Date.now() - 30 * 86_400_000);
    writeOp(core.log.begin(RecordType.op), core, handle);
    core.log.end();
    core.log.live(core.log.seq, 1);
    core.sent.setHome(handle, core.log.seq);
  }
  await until('all ended', () => ends().length === 3 * DUE_STEP_ORDERS);
  await running.stop();
});
