// R1, R2, R6, R7, R8: which PDU is allowed when, and what follows from a wrong one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTimers } from '../../src/session/defaults.ts';
import { Rig } from './rig.ts';

const SUBMITS = [0x04, 0x21, 0x03, 0x08, 0x07, 0x111, 0x112, 0x113];

test('R1 MC: the table of legal operations, by state', () => {
  const table: [number, string][] = [
    ...SUBMITS.map((id): [number, string] => [id, 'tx trx']),
    [0x103, 'tx trx'],
    [0x05, ''],
    [0x102, ''],
    [0x15, 'open tx rx trx'],
  ];
  for (const [id, legal] of table) {
    for (const state of ['open', 'tx', 'rx', 'trx'] as const) {
      const rig = state === 'open' ? new Rig() : Rig.bound(state);
      rig.in(id, 77);
      const lines = rig.take();
      const what = `${id.toString(16)} in ${state}`;
      if (id === 0x15) assert.deepEqual(lines, ['head 80000015 0 77'], what);
      else if (legal.split(' ').includes(state)) assert.deepEqual(lines, [`request ${id.toString(16)} 77`], what);
      else if (id === 0x102) assert.deepEqual(lines, ['oddity wrongState', 'head 80000000 4 77'], what);
      else assert.deepEqual(lines, ['oddity wrongState', `head ${(id + 0x80000000).toString(16)} 4 77`], what);
    }
  }
});

test('R1 ESME: deliveries in RX and TRX, data_sm too, nothing that only an ESME may ask', () => {
  for (const state of ['tx', 'rx', 'trx'] as const) {
    for (const id of [0x05, 0x103, 0x102]) {
      const rig = Rig.bound(state, { role: 'esme' });
      rig.in(id, 5);
      const first = rig.take()[0];
      assert.equal(first, state === 'tx' ? 'oddity wrongState' : `request ${id.toString(16)} 5`);
    }
    for (const id of [0x04, 0x01, 0x02, 0x09]) {
      const rig = Rig.bound(state, { role: 'esme' });
      rig.in(id, 5);
      assert.deepEqual(rig.take(), ['oddity wrongState', `head ${(id + 0x80000000).toString(16)} 4 5`]);
    }
  }
});

test('R1 a second bind is answered 0x05 and the session lives; so is one while the first is being decided', () => {
  const rig = Rig.bound('trx');
  rig.in(2, 9);
  assert.deepEqual(rig.take(), ['oddity wrongState', 'head 80000002 5 9']);
  assert.equal(rig.session.state, 'trx');
  const fresh = new Rig();
  fresh.in(9, 1);
  fresh.in(9, 2);
  fresh.in(4, 3);
  assert.deepEqual(fresh.take(), [
    'bind trx 1',
    'oddity wrongState',
    'head 80000009 5 2',
    'oddity wrongState',
    'head 80000004 4 3',
  ]);
});

test('R1 outbind on a server port is nacked with 0x03', () => {
  const rig = new Rig();
  rig.in(0x0b, 4);
  assert.deepEqual(rig.take(), ['oddity wrongState', 'head 80000000 3 4']);
});

test('R1 five wrong requests before a bind close; after a bind they do not', () => {
  const rig = new Rig();
  for (let i = 1; i <= 4; i++) rig.in(4, i);
  assert.equal(rig.session.state, 'open');
  rig.in(0x999, 5);
  assert.equal(rig.take().at(-1), 'end misuse');
  const bound = Rig.bound('rx');
  for (let i = 1; i <= 50; i++) bound.in(4, i);
  assert.equal(bound.session.state, 'rx');
});

test('R2 a refused bind is answered without a body and ends', () => {
  const rig = new Rig();
  rig.in(1, 3);
  rig.session.refuse(0x0d);
  assert.deepEqual(rig.take(), ['bind rx 3', 'head 80000001 d 3', 'end refused']);
});

test('ESME: any bind answer with our number counts; a nack or a status refuses', () => {
  for (const [answer, status, want] of [
    [0x80000002, 0, ['bindAnswer 80000002 0']],
    [0x80000009, 0x0e, ['bindAnswer 80000009 e', 'end refused']],
    [0x80000000, 0x03, ['bindAnswer 80000000 3', 'end refused']],
  ] as const) {
    const rig = new Rig({ role: 'esme' });
    rig.session.bind('rx', rig.nowMs);
    assert.deepEqual(rig.take(), ['writeBind rx 1']);
    rig.in(answer, 1, status);
    assert.deepEqual(rig.take(), want);
    assert.equal(rig.session.state, want.length === 1 ? 'rx' : 'closed');
  }
});

test('ESME: an answer under another number does not bind', () => {
  const rig = new Rig({ role: 'esme' });
  rig.session.bind('trx', rig.nowMs);
  rig.take();
  rig.in(0x80000009, 2);
  assert.deepEqual(rig.take(), ['oddity unexpectedResponse']);
  assert.equal(rig.session.state, 'open');
});

test('outbind: an ESME that waits for one binds on it; an MC that sent one waits for the bind', () => {
  const esme = new Rig({ role: 'esme', acceptOutbind: true });
  esme.in(0x0b, 7);
  assert.deepEqual(esme.take(), ['outbind 7']);
  esme.session.bind('rx', esme.nowMs);
  esme.in(0x80000001, 1);
  assert.equal(esme.session.state, 'rx');
  const mc = new Rig();
  assert.equal(mc.session.outbind(mc.nowMs), 1);
  mc.in(1, 1);
  assert.deepEqual(mc.take(), ['bind rx 1']);
  const silent = new Rig();
  silent.session.outbind(silent.nowMs);
  silent.pass(10_001);
  assert.deepEqual(silent.take(), ['end sessionInit']);
});

test('R6 an unknown request is nacked 0x03 with its number; an unknown response is not answered', () => {
  const rig = Rig.bound('trx');
  for (const id of [0x22, 0x23, 0x24, 0x0a, 0x10200, 0x7fffffff, 0]) rig.in(id, 0xfffffffe);
  assert.deepEqual(
    rig.take().filter((line) => !line.startsWith('oddity')),
    new Array(7).fill('head 80000000 3 4294967294'),
  );
  rig.in(0x80000022, 1);
  rig.in(0xffffffff, 1);
  assert.deepEqual(rig.take(), ['oddity unknownResponse', 'oddity unknownResponse']);
});

test('R6 malformed bodies: own response with the status; three unreadable within a minute close', () => {
  const rig = Rig.bound('trx', { timers: { ...defaultTimers, enquireLinkMs: 0 } });
  const bad = (status: number) => rig.inbound.malformed({ commandId: 4, status: 0, sequence: 8 }, status, rig.nowMs);
  for (let i = 0; i < 20; i++) bad(0x0a);
  assert.equal(rig.session.state, 'trx');
  rig.take();
  bad(0x02);
  bad(0xc0);
  rig.pass(60_001);
  rig.take();
  bad(0x02);
  rig.pass(30_000);
  bad(0x02);
  assert.equal(rig.session.state, 'trx');
  rig.pass(29_000);
  bad(0xc0);
  assert.deepEqual(rig.take().slice(-3), ['oddity malformed', 'head 80000004 c0 8', 'end misuse']);
});

test('R6 lost framing: nack 0x02 with number 0, then the end', () => {
  const rig = new Rig();
  rig.inbound.framingLost();
  assert.deepEqual(rig.take(), ['oddity malformed', 'head 80000000 2 0', 'end framing']);
});

test('R8 an unbind is answered at once, what is in flight is still answered, then the end', () => {
  const rig = Rig.bound('trx');
  rig.in(4, 1);
  assert.equal(rig.send(5, 'receipt'), 1);
  rig.take();
  rig.in(6, 2);
  assert.deepEqual(rig.take(), ['head 80000006 0 2']);
  assert.equal(rig.send(5, 'more'), 0);
  rig.in(4, 3);
  assert.deepEqual(rig.take(), ['oddity wrongState', 'head 80000004 4 3']);
  rig.answer();
  assert.deepEqual(rig.take(), []);
  rig.in(0x80000005, 1);
  assert.deepEqual(rig.take(), ['response 80000005 receipt', 'end unbound']);
});

test('R8 an unbind with nothing in flight ends at once; with something, after 5 s at the latest', () => {
  const idle = Rig.bound('tx');
  idle.in(6, 2);
  assert.deepEqual(idle.take(), ['head 80000006 0 2', 'end unbound']);
  const busy = Rig.bound('trx');
  busy.send(5, 'a');
  busy.in(6, 2);
  busy.take();
  busy.pass(4_999);
  assert.deepEqual(busy.take(), []);
  busy.pass(1);
  assert.deepEqual(busy.take(), ['failed a closed', 'end unbindTimeout']);
  const owing = Rig.bound('trx');
  owing.in(4, 1);
  owing.session.end('stopped');
  assert.equal(owing.session.answered(), false, 'nothing is written once it has ended');
});

test('R8 our unbind waits for answers both ways; both sides may unbind together', () => {
  const rig = Rig.bound('trx', { role: 'esme' });
  const sequence = rig.send(4, 'm');
  rig.in(5, 1);
  rig.take();
  rig.session.unbind(rig.nowMs);
  assert.equal(rig.session.room, 0);
  rig.in(5, 2);
  assert.deepEqual(rig.take(), ['request 5 2']);
  rig.answer();
  rig.answer();
  assert.deepEqual(rig.take(), []);
  rig.in(0x80000004, sequence);
  assert.deepEqual(rig.take(), ['response 80000004 m', 'head 6 0 3']);
  rig.in(6, 9);
  assert.deepEqual(rig.take(), ['head 80000006 0 9']);
  rig.in(0x80000006, 3);
  assert.deepEqual(rig.take(), ['end unbound']);
});

test('R8 our unbind goes out when the drain timer ends, and ends without an answer', () => {
  const rig = Rig.bound('trx', { role: 'esme' });
  rig.send(4, 'm');
  rig.session.unbind(rig.nowMs);
  rig.pass(4_999);
  assert.deepEqual(rig.take(), []);
  rig.pass(1);
  assert.deepEqual(rig.take(), ['head 6 0 3']);
  rig.pass(5_000);
  assert.deepEqual(rig.take(), ['failed m closed', 'end unbindTimeout']);
});

test('unbind before a bind just ends', () => {
  const rig = new Rig();
  rig.session.unbind(rig.nowMs);
  assert.deepEqual(rig.take(), ['end stopped']);
});

test('a request that is not ours to send is a broken invariant', () => {
  const mc = Rig.bound('tx');
  assert.throws(() => mc.send(5, 'x'));
  const esme = Rig.bound('rx', { role: 'esme' });
  assert.throws(() => esme.send(4, 'x'));
  assert.throws(() => Rig.bound('trx').send(4, 'x'));
});
