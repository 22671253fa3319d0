// The value of the hop's TLV outcome: what is written is read, and nothing else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeOutcomes, encodeOutcomes, type SegmentOutcome } from '../../src/smpp/vendor.ts';

const outcomes: fc.Arbitrary<SegmentOutcome[]> = fc.array(
  fc.record(
    {
      outcome: fc.constantFrom(1, 2, 3, 4),
      verdict: fc.constantFrom(0, 1, 2, 3),
      status: fc.integer({ min: 0, max: 0xffff_ffff }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 255 },
);

test('property: outcomes are read as they were written, and not when octets lack or are too many', () => {
  fc.assert(
    fc.property(outcomes, fc.integer({ min: 1, max: 5 }), (all, octets) => {
      const value = encodeOutcomes(all);
      assert.deepEqual(decodeOutcomes(value), all);
      assert.equal(decodeOutcomes(value.subarray(0, value.length - octets)), null);
      assert.equal(decodeOutcomes(Buffer.concat([value, value.subarray(0, octets)])), null);
    }),
  );
  assert.equal(decodeOutcomes(Buffer.alloc(0)), null);
});

test('classes and verdicts of no table are not read', () => {
  for (const [outcome, verdict] of [
    [0, 0],
    [5, 0],
    [1, 4],
  ] as const)
    assert.equal(decodeOutcomes(Buffer.from([1, 0, 0, 0, 0, 0, outcome, verdict, 0, 0, 0, 0])), null);
});
