// R6: the numbers of our requests, over their wrap and past those in use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOWHERE } from '../../src/session/outstanding.ts';
import { SequenceNumbers } from '../../src/session/sequence.ts';
import { Rig } from './rig.ts';

test('R6 numbers run to 0x7FFFFFFF, wrap to 1 and pass over those outstanding or late', () => {
  const rig = new Rig({ role: 'mc', window: 4 }, 0x7ffffffe);
  rig.in(9, 1);
  rig.session.accept(rig.nowMs);
  assert.equal(rig.send(5, 'a'), 0x7ffffffe);
  assert.equal(rig.send(5, 'b'), 0x7fffffff);
  assert.equal(rig.send(5, 'c'), 1);
  const held = new Rig({ role: 'mc', window: 4 }, 1);
  held.in(9, 1);
  held.session.accept(held.nowMs);
  assert.equal(held.send(5, 'x'), 1);
  const again = new Rig({ role: 'mc', window: 4 }, 0x7fffffff);
  again.in(9, 1);
  again.session.accept(again.nowMs);
  again.session.requests.reserve(1, 'late');
  assert.deepEqual([again.send(5, 'y'), again.send(5, 'z')], [0x7fffffff, 2]);
  const [free, own] = [{ find: () => NOWHERE }, { kindOf: (one: number) => (one === 1 ? 'enquire_link' : null) }];
  const numbers = new SequenceNumbers(0x7fffffff);
  assert.deepEqual(
    [numbers.take(free, own), numbers.take(free, own)],
    [0x7fffffff, 2],
    "one of the session's own is open",
  );
});
