// Timers against a sorted list.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Timers } from '../../src/queue/timers.ts';

test('due handles come in order of time, cancelled ones never', () => {
  const timers = new Timers(4);
  timers.set(5, 300);
  timers.set(1, 100);
  timers.set(900, 200);
  assert.equal(timers.nextAt(), 100);
  assert.equal(timers.popDue(99), -1);
  assert.equal(timers.cancel(900), true);
  assert.equal(timers.cancel(900), false);
  timers.set(5, 150);
  assert.equal(timers.atOf(5), 150);
  assert.deepEqual([timers.popDue(150), timers.popDue(150), timers.popDue(1e9)], [1, 5, -1]);
  assert.equal(timers.nextAt(), Number.POSITIVE_INFINITY);
  assert.equal(timers.atOf(5), -1);
  assert.throws(() => timers.set(1, Number.NaN));
  assert.throws(() => timers.set(-1, 5));
});

test('against a model', () => {
  const step = fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'cancel', 'pop'),
    handle: fc.nat(200),
    atMs: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const timers = new Timers(1);
      const model = new Map<number, number>();
      for (const { kind, handle, atMs } of steps) {
        if (kind === 'set') {
          timers.set(handle, atMs);
          model.set(handle, atMs);
        } else if (kind === 'cancel') {
          assert.equal(timers.cancel(handle), model.delete(handle));
        } else {
          const due = timers.popDue(atMs);
          const earliest = Math.min(...model.values());
          if (earliest > atMs) assert.equal(due, -1);
          else {
            assert.equal(model.get(due), earliest);
            model.delete(due);
          }
        }
        assert.equal(timers.size, model.size);
        assert.equal(timers.nextAt(), Math.min(...model.values()));
      }
      for (const [, atMs] of [...model].sort(([, a], [, b]) => a - b)) {
        const handle = timers.popDue(2000);
        assert.equal(model.get(handle), atMs);
        model.delete(handle);
      }
      assert.equal(timers.size, 0);
    }),
  );
});

test('cancelling anywhere keeps the order of the rest', () => {
  for (let round = 0; round < 50; round += 1) {
    const timers = new Timers(4);
    const left: number[] = [];
    for (let i = 0; i < 500; i += 1) timers.set(i, Math.imul(i + round * 977, 0x9e3779b1) >>> 20);
    for (let i = 0; i < 500; i += 1) {
      if (i % 3 === round % 3) timers.cancel(i);
      else left.push(timers.atOf(i));
    }
    left.sort((a, b) => a - b);
    for (const atMs of left) {
      assert.equal(timers.nextAt(), atMs);
      assert.notEqual(timers.popDue(atMs), -1);
    }
  }
});
