// The table of outstanding requests against a plain model, with numbers that collide, wrap and stay long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NOWHERE, Outstanding, Standing } from '../../src/session/outstanding.ts';

test('property: it finds what a map finds, through growth, deletion and both lists', () => {
  const step = fc.record({
    what: fc.constantFrom('reserve', 'reserve', 'reserve', 'start', 'expire', 'remove'),
    // Consecutive numbers hardly ever meet in the hash; scattered ones do.
    sequence: fc.oneof(
      fc.integer({ min: 1, max: 60 }).map((i) => Math.imul(i, 0x85ebca6b) >>> 1),
      fc.integer({ min: 0x7fffffe0, max: 0x7fffffff }),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 300, size: 'max' }), (steps) => {
      const table = new Outstanding<number>(4);
      const model = new Map<number, { standing: number; dueMs: number }>();
      let nowMs = 0;
      for (const { what, sequence } of steps) {
        nowMs += 3;
        const known = model.get(sequence);
        const place = table.find(sequence);
        assert.equal(place !== NOWHERE, known !== undefined);
        if (what === 'reserve' && known === undefined) {
          table.reserve(sequence, sequence * 2);
          model.set(sequence, { standing: Standing.reserved, dueMs: 0 });
        } else if (what === 'start' && known?.standing === Standing.reserved) {
          table.start(place, 4, nowMs);
          model.set(sequence, { standing: Standing.pending, dueMs: nowMs });
        } else if (what === 'expire' && known?.standing === Standing.pending) {
          table.expire(place, nowMs);
          model.set(sequence, { standing: Standing.late, dueMs: nowMs });
        } else if (what === 'remove' && known !== undefined) {
          table.remove(place);
          model.delete(sequence);
          for (const other of model.keys())
            assert.notEqual(table.find(other), NOWHERE, 'lost by the removal of another');
        }
        const of = (standing: number) => [...model].filter(([, one]) => one.standing === standing);
        assert.equal(table.active, of(Standing.reserved).length + of(Standing.pending).length);
        assert.equal(table.reserved, of(Standing.reserved).length);
        for (const [list, standing] of [
          [table.firstPending, Standing.pending],
          [table.firstLate, Standing.late],
        ] as const) {
          const due = of(standing).map(([, one]) => one.dueMs);
          assert.equal(table.dueMs(list), due.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...due));
        }
      }
      for (const [sequence, { standing }] of model) {
        const place = table.find(sequence);
        assert.equal(table.standing(place), standing);
        assert.equal(table.token(place), sequence * 2);
      }
    }),
    { numRuns: 300 },
  );
});

test('numbers may be ahead of the window, what is written may not', () => {
  const table = new Outstanding<string>(4);
  table.ahead = 2;
  for (const sequence of [1, 2, 3]) table.reserve(sequence, 'ahead');
  assert.deepEqual([table.room(2), table.slots(2)], [1, 2]);
  table.start(table.find(1), 4, 1000);
  assert.deepEqual([table.room(2), table.slots(2)], [1, 1]);
  table.reserve(4, 'ahead');
  table.start(table.find(2), 4, 1000);
  assert.deepEqual([table.room(2), table.slots(2)], [0, 0]);
  table.remove(table.find(1));
  assert.deepEqual([table.room(2), table.slots(2)], [1, 1]);
});
