// The spelling of the guard's ids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idText } from '../../src/guard/core.ts';

test('ids are hexadecimal without a leading zero, whatever their length', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.integer({ min: 2 ** 48, max: 2 ** 52 })), (id) =>
      assert.equal(idText(id), id.toString(16)),
    ),
    { numRuns: 2000 },
  );
  for (const id of [0, 1, 2 ** 24, 2 ** 48 - 1, 2 ** 48, 2 ** 52 - 1, 2 ** 52, Number.MAX_SAFE_INTEGER])
    assert.equal(idText(id), id.toString(16));
});
