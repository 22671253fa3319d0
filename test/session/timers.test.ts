// R4, R5, R6: timers, windows and numbers, with time as an argument.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultTimers } from '../../src/session/defaults.ts';
import { Rig } from './rig.ts';

test('R4 no bind within 10 s ends; a bind stops that timer, an undecided one is answered 0x08', () => {
  const silent = new Rig();
  silent.pass(9_999);
  assert.deepEqual(silent.take(), []);
  silent.pass(1);
  assert.deepEqual(silent.take(), ['end sessionInit']);
  const undecided = new Rig();
  undecided.in(9, 1);
  undecided.pass(19_999);
  assert.deepEqual(undecided.take(), ['bind trx 1']);
  undecided.pass(1);
  assert.deepEqual(undecided.take(), ['head 80000009 8 1', 'end undecided']);
});

test('R4 enquire_links do not keep an unbound connection alive', () => {
  const rig = new Rig();
  for (let i = 1; i <= 9; i++) {
    rig.pass(1_000);
    rig.in(0x15, i);
  }
  rig.pass(1_000);
  assert.equal(rig.take().at(-1), 'end sessionInit');
});

test('R4 a bind of ours without an answer ends after 10 s', () => {
  const rig = new Rig({ role: 'esme' });
  rig.session.bind('trx', rig.nowMs);
  rig.pass(10_000);
  assert.deepEqual(rig.take(), ['writeBind trx 1', 'end bindTimeout']);
});

test('R4 enquire_link after 30 s of silence; the second without an answer is the end', () => {
  const rig = Rig.bound('trx');
  rig.pass(29_999);
  assert.deepEqual(rig.take(), []);
  rig.pass(1);
  assert.deepEqual(rig.take(), ['head 15 0 1']);
  rig.pass(10_000);
  assert.deepEqual(rig.take(), ['head 15 0 2']);
  rig.pass(9_999);
  assert.deepEqual(rig.take(), []);
  rig.pass(1);
  assert.deepEqual(rig.take(), ['end dead']);
});

test('R4 any PDU proves life, and the answer that comes after all is no surprise', () => {
  const rig = Rig.bound('trx');
  rig.pass(30_000);
  assert.deepEqual(rig.take(), ['head 15 0 1']);
  rig.in(4, 7);
  rig.in(0x80000015, 1);
  assert.deepEqual(rig.take(), ['request 4 7']);
  rig.pass(29_999);
  assert.deepEqual(rig.take(), []);
  rig.pass(1);
  assert.deepEqual(rig.take(), ['head 15 0 2']);
});

test('R4 silences that a PDU lies between do not add up', () => {
  const rig = Rig.bound('trx');
  for (let n = 1; n < 8; n += 2) {
    rig.pass(40_000);
    assert.deepEqual(rig.take(), [`head 15 0 ${n}`, `head 15 0 ${n + 1}`]);
    rig.in(0x80000015, n + 1);
  }
  assert.deepEqual(rig.take(), []);
});

test('R4 enquire_link takes no window slot', () => {
  const rig = Rig.bound('trx', { window: 1, timers: { ...defaultTimers, responseMs: 300_000 } });
  rig.send(5, 'a');
  rig.pass(30_000);
  assert.deepEqual(rig.take(), ['head 15 0 2']);
  assert.equal(rig.session.room, 0);
});

test('R4 inactivity: enquire_links do not count, messages do; it unbinds', () => {
  const rig = Rig.bound('trx', { timers: { ...defaultTimers, inactivityMs: 60_000 } });
  rig.pass(25_000);
  rig.in(4, 1);
  rig.answer();
  rig.take();
  for (let i = 0; i < 59; i++) {
    rig.pass(1_000);
    rig.in(0x15, i);
  }
  rig.take();
  rig.pass(1_000);
  assert.deepEqual(rig.take(), ['head 6 0 1']);
  rig.in(0x80000006, 1);
  assert.deepEqual(rig.take(), ['end inactive']);
});

test('R4 a partial PDU for 10 s and a stalled write for 30 s end; progress starts them anew', () => {
  const rig = Rig.bound('trx');
  rig.session.clock.partial(true, rig.nowMs);
  rig.pass(9_000);
  rig.session.clock.partial(true, rig.nowMs);
  rig.pass(1_000);
  assert.deepEqual(rig.take(), ['end partial']);
  const slow = Rig.bound('trx');
  slow.session.clock.stalled(true, slow.nowMs);
  slow.pass(29_000);
  slow.session.clock.stalled(false, slow.nowMs);
  slow.session.clock.stalled(true, slow.nowMs);
  slow.in(0x15, 1);
  slow.pass(29_999);
  slow.take();
  slow.pass(1);
  assert.equal(slow.take().at(-1), 'end stalled');
});

test('R4 no answer in 30 s: unknown, slot free; a late answer still counts until 10 timers have gone', () => {
  const rig = Rig.bound('trx', { window: 1, timers: { ...defaultTimers, enquireLinkMs: 0 } });
  assert.equal(rig.send(5, 'a'), 1);
  assert.equal(rig.send(5, 'b'), 0);
  rig.pass(30_000);
  rig.session.settle();
  assert.deepEqual(rig.take(), ['failed a timeout', 'windowOpen']);
  assert.equal(rig.send(5, 'b'), 2);
  // An answer to another request is none, however late.
  rig.in(0x80000103, 1);
  rig.in(0x80000005, 1);
  rig.in(0x80000005, 1);
  assert.deepEqual(rig.take(), ['response 80000005 a late', 'oddity unexpectedResponse']);
  rig.pass(299_999);
  rig.in(0x80000005, 2);
  assert.deepEqual(rig.take(), ['failed b timeout', 'response 80000005 b late']);
  rig.send(5, 'c');
  rig.pass(300_000);
  rig.in(0x80000005, 3);
  assert.deepEqual(rig.take(), ['failed c timeout', 'oddity unexpectedResponse']);
});

test('R6 answers: nack, another type, unreadable, unknown number', () => {
  const rig = Rig.bound('trx', { role: 'esme' });
  const [a, b, c] = [rig.send(4, 'a'), rig.send(4, 'b'), rig.send(4, 'c')];
  rig.in(0x80000000, a, 0x58);
  rig.in(0x80000103, b);
  rig.inbound.malformed({ commandId: 0x80000004, status: 0, sequence: c }, 0x02, rig.nowMs);
  rig.in(0x80000000, 0x10, 3);
  rig.in(0x80000004, 0);
  assert.deepEqual(rig.take(), [
    'failed a nack 58',
    'oddity unexpectedResponse',
    'failed b mismatch',
    'oddity malformed',
    'failed c malformed',
    'oddity unexpectedNack',
    'oddity unexpectedResponse',
  ]);
  assert.equal(rig.session.state, 'trx');
  assert.equal(rig.session.room, 10);
});

test('asked mode: the session asks, numbers are taken in order, nothing is written without leave', () => {
  const rig = new Rig({ role: 'esme', emission: 'asked' });
  rig.session.bind('trx', rig.nowMs);
  assert.deepEqual(rig.take(), ['wants bind 1']);
  rig.pass(60_000);
  assert.deepEqual(rig.take(), []);
  assert.equal(rig.session.own.emit(1, rig.nowMs), true);
  assert.equal(rig.session.own.emit(1, rig.nowMs), false);
  rig.in(0x80000009, 1);
  assert.deepEqual(rig.take(), ['writeBind trx 1', 'bindAnswer 80000009 0']);
  rig.pass(30_000);
  assert.deepEqual(rig.take(), ['wants enquire_link 2']);
  assert.equal(rig.session.reserve('m'), 3);
  rig.pass(5_000);
  assert.deepEqual(rig.take(), []);
  rig.in(0x15, 1);
  assert.equal(rig.session.own.emit(2, rig.nowMs), true);
  rig.session.abandon(3, rig.nowMs);
  rig.in(0x80000015, 2);
  rig.session.unbind(rig.nowMs);
  assert.deepEqual(rig.take(), ['head 80000015 0 1', 'head 15 0 2', 'wants unbind 4']);
  rig.session.own.emit(4, rig.nowMs);
  rig.in(0x80000006, 4);
  assert.deepEqual(rig.take(), ['head 6 0 4', 'end unbound']);
});

test('asked mode: an unbind that never gets leave ends all the same', () => {
  const rig = Rig.bound('trx', { role: 'esme', emission: 'asked' });
  rig.session.unbind(rig.nowMs);
  rig.pass(10_000);
  assert.deepEqual(rig.take(), ['wants unbind 2', 'end unbindTimeout']);
});

test('asked mode: an unbind that waits for leave is dropped when the peer unbinds first', () => {
  const rig = Rig.bound('trx', { role: 'esme', emission: 'asked' });
  rig.session.unbind(rig.nowMs);
  rig.in(6, 1);
  assert.deepEqual(rig.take(), ['wants unbind 2', 'head 80000006 0 1', 'end unbound']);
});

test('R8 what was reserved and not written when the peer unbinds never is', () => {
  const rig = Rig.bound('trx', { role: 'esme', emission: 'asked' });
  rig.session.reserve('m');
  rig.in(6, 1);
  assert.deepEqual(rig.take(), ['head 80000006 0 1', 'failed m notSent', 'end unbound']);
  assert.equal(rig.session.emitted(2, 4, rig.nowMs), false);
});

/** Random life of a session: our requests, the peer's PDUs of every kind, time. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'send' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(40),
      id: fc.constantFrom(0x80000004, 0x80000004, 0x80000000, 0x80000005, 0x80000015),
      status: fc.constantFrom(0, 0x58),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('in' as const),
      id: fc.constantFrom(5, 5, 0x103, 4, 9, 6, 0x15, 0x0b, 0x102, 0x999, 0x80000099),
      sequence: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('malformed' as const), id: fc.constantFrom(5, 0x80000004) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(40_000) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'respond' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'reserve' as const }, { kind: 'unbind' as const }) },
);

test('property: every request ends exactly once, windows hold, memory is bounded, nothing goes out after the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const rig = Rig.bound('trx', { role: 'esme', window: 5, inboundWindow: 5 });
      const made: string[] = [];
      const lines: string[] = [];
      let lastSequence = 0;
      for (const one of steps) {
        if (one.kind === 'send' || one.kind === 'reserve') {
          const token = `t${made.length}`;
          const sequence = one.kind === 'send' ? rig.send(4, token) : rig.session.reserve(token);
          if (sequence !== 0) {
            made.push(token);
            lastSequence = sequence;
          }
        } else if (one.kind === 'answer') rig.in(one.id, Math.max(0, lastSequence - one.which), one.status);
        else if (one.kind === 'in') {
          if (!rig.inbound.full) rig.in(one.id, one.sequence);
        } else if (one.kind === 'malformed') {
          rig.inbound.malformed({ commandId: one.id, status: 0, sequence: lastSequence }, 2, rig.nowMs);
        } else if (one.kind === 'pass') rig.pass(one.ms);
        else if (one.kind === 'respond') {
          if (rig.session.inWork > 0) rig.answer();
        } else rig.session.unbind(rig.nowMs);
        rig.session.settle();
        assert.ok(rig.session.requests.active <= 5);
        assert.ok(rig.session.inWork <= 5);
        assert.ok(rig.session.requests.capacity <= 128);
        lines.push(...rig.take());
      }
      rig.session.end('stopped');
      lines.push(...rig.take());
      for (const token of made) {
        const ends = lines.filter((line) => {
          const words = line.split(' ');
          return (
            (words[0] === 'failed' && words[1] === token) ||
            (words[0] === 'response' && words[2] === token && words[3] !== 'late')
          );
        });
        assert.equal(ends.length, 1, `${token}: ${ends.join(', ')}`);
      }
      const end = lines.findIndex((line) => line.startsWith('end '));
      assert.equal(end, lines.length - 1, lines.slice(end).join(', '));
      assert.equal(rig.session.deadline(), Number.POSITIVE_INFINITY);
    }),
    { numRuns: 500 },
  );
});
