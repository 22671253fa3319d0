// The id table against a Map, through growth and deletion, and its memory.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { IdTable } from '../../src/queue/idTable.ts';

test('keys are both halves, signed or not', () => {
  const table = new IdTable();
  assert.equal(table.set(0xffffffff, 0x80000000, 7), -1);
  assert.equal(table.get(0xffffffff, 0x80000000), 7);
  assert.equal(table.get(-1, -0x80000000), 7);
  assert.equal(table.get(0x80000000, 0xffffffff), -1);
  assert.equal(table.set(0, 0, 0), -1);
  assert.equal(table.get(0, 0), 0);
  assert.equal(table.set(0, 0, 0x7ffffffe), 0);
  assert.equal(table.get(0, 0), 0x7ffffffe);
  assert.throws(() => table.set(1, 1, 0x7fffffff));
  assert.throws(() => table.set(1, 1, -1));
});

test('against a Map, over several growths', () => {
  // Two plans: keys from a small set (collisions, rewrites) mixed with bursts that force growth and partial moves.
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.nat(300), handle: fc.nat(1000) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(300), handle: fc.constant(0) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('burst' as const), key: fc.nat(5000), handle: fc.nat(900) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('sweep' as const), key: fc.nat(5000), handle: fc.nat(900) }),
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new IdTable();
      const model = new Map<number, number>();
      const set = (key: number, handle: number) => {
        assert.equal(table.set(key % 7, key, handle), model.get(key) ?? -1);
        model.set(key, handle);
      };
      const remove = (key: number) => {
        assert.equal(table.delete(key % 7, key), model.get(key) ?? -1);
        model.delete(key);
      };
      for (const { kind, key, handle } of steps) {
        if (kind === 'set') set(key, handle);
        else if (kind === 'delete') remove(key);
        else for (let i = 0; i < handle; i += 1) kind === 'burst' ? set(key + i, i) : remove(key + i);
        assert.equal(table.size, model.size);
        for (let probe = 0; probe < 6000; probe += 37)
          assert.equal(table.get(probe % 7, probe), model.get(probe) ?? -1);
      }
      for (const [key, handle] of model) assert.equal(table.get(key % 7, key), handle);
    }),
    { numRuns: 60 },
  );
});

test('what changes while the table grows is neither lost nor brought back by the move', () => {
  // 717 entries fill 70 % of the first 1,024 slots: the growth then moves eight slots with each change.
  for (let entries = 710; entries < 730; entries += 1) {
    for (const late of [0, 20, 60, 100]) {
      const table = new IdTable();
      for (let i = 0; i < entries; i += 1) table.set(i, i * 31, i);
      for (let i = 0; i < late; i += 1) table.set(100_000 + i, i, i);
      for (let i = 0; i < 40; i += 1) assert.equal(table.set(i, i * 31, 5000 + i), i);
      for (let i = 0; i < 20; i += 1) assert.equal(table.delete(i, i * 31), 5000 + i);
      for (let i = 40; i < 50; i += 1) assert.equal(table.delete(i, i * 31), i);
      for (let round = 0; round < 2; round += 1) {
        for (let i = 0; i < entries; i += 1) {
          const gone = i < 20 || (i >= 40 && i < 50);
          assert.equal(table.get(i, i * 31), gone ? -1 : i < 40 ? 5000 + i : i);
        }
        // Changes elsewhere until the move is over.
        for (let i = 0; i < 300; i += 1) table.delete(-1, i);
      }
      assert.equal(table.size, entries + late - 30);
    }
  }
});

test('a million entries in at most 24 MB, all found, all removable', () => {
  const table = new IdTable();
  const count = 1_000_000;
  for (let i = 0; i < count; i += 1) table.set(i >>> 12, Math.imul(i, 0x9e3779b1), i);
  // A few changes more, so that a growth in progress is over.
  for (let i = 0; i < 200_000; i += 1) table.set(0, Math.imul(0, 0x9e3779b1), 0);
  assert.ok(table.bytes <= 24_000_000, `${table.bytes}`);
  let wrong = 0;
  for (let i = 0; i < count; i += 1) if (table.get(i >>> 12, Math.imul(i, 0x9e3779b1)) !== i) wrong += 1;
  assert.equal(wrong, 0);
  for (let i = 0; i < count; i += 2) if (table.delete(i >>> 12, Math.imul(i, 0x9e3779b1)) !== i) wrong += 1;
  for (let i = 0; i < count; i += 1) {
    if (table.get(i >>> 12, Math.imul(i, 0x9e3779b1)) !== (i % 2 === 0 ? -1 : i)) wrong += 1;
  }
  assert.equal(wrong, 0);
  assert.equal(table.size, count / 2);
});
