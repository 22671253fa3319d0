// Orders that wait for their link: PINs first, and what is said to be ahead of a new one is what will really go before it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../src/guard/op.ts';
import { WaitingOrders } from '../../src/guard/waitingOrders.ts';

function waits(lane: number, total: number, queueUntil = 0): Op {
  const op = new Op();
  op.lane = lane;
  op.size(total);
  op.queueUntil = queueUntil;
  return op;
}

test('PINs go first and count PINs ahead, the others count all', () => {
  const waiting = new WaitingOrders();
  const [bulk, normal, pin] = [waits(2, 5), waits(1, 3), waits(0, 2)];
  for (const op of [bulk, normal, pin]) waiting.add(op);
  assert.deepEqual([waiting.ahead(0), waiting.ahead(1), waiting.ahead(2)], [2, 10, 10]);
  assert.deepEqual([waiting.of(0), waiting.of(1), waiting.of(2), waiting.segments], [2, 8, 8, 10]);
  assert.equal(waiting.peek(), pin);
  assert.deepEqual(
    [waiting.shift(), waiting.shift(), waiting.shift(), waiting.shift()],
    [pin, bulk, normal, undefined],
  );
  assert.equal(waiting.segments, 0);
});

test('who has waited long enough is found behind PINs that have not', () => {
  const waiting = new WaitingOrders();
  const [pin, old, young] = [waits(0, 1, 300), waits(1, 2, 100), waits(1, 4, 200)];
  for (const op of [pin, old, young]) waiting.add(op);
  assert.equal(waiting.shiftOld(99), undefined);
  assert.equal(waiting.shiftOld(100), old);
  assert.equal(waiting.shiftOld(100), undefined);
  assert.equal(waiting.segments, 5);
  assert.equal(waiting.shiftOld(300), pin);
  assert.deepEqual([waiting.of(0), waiting.of(1)], [0, 4]);
});
