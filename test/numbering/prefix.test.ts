// The longest-prefix table against the obvious search.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compilePrefixes, type PrefixEntry } from '../../src/numbering/prefix.ts';

function compiled(entries: readonly PrefixEntry[]) {
  const result = compilePrefixes(entries);
  assert.ok(result.ok);
  return result.value;
}

test('longest prefix wins, nothing fits gives −1', () => {
  const table = compiled([
    ['41', 0],
    ['4179', 1],
    ['417900', 2],
  ]);
  assert.equal(table.lookup('41790000001'), 2);
  assert.equal(table.lookup('41791000001'), 1);
  assert.equal(table.lookup('41440000001'), 0);
  assert.equal(table.lookup('49170000001'), -1);
  assert.equal(table.lookup('4'), -1);
  assert.equal(table.lookup(''), -1);
  assert.equal(table.lookup('41x'), 0);
});

test('the empty prefix is the default and reaches below other prefixes', () => {
  const table = compiled([
    ['', 7],
    ['4179', 1],
  ]);
  assert.equal(table.lookup('41440000001'), 7);
  assert.equal(table.lookup('417'), 7);
  assert.equal(table.lookup('4179'), 1);
  assert.equal(table.lookup(''), 7);
});

test('all faults are named at once', () => {
  const result = compilePrefixes([
    ['+41', 1],
    ['41', -1],
    ['42', 1],
    ['42', 2],
    ['1234567890123456', 1],
  ]);
  assert.ok(!result.ok);
  assert.deepEqual(
    result.error.map((fault) => fault.path),
    ['[0]', '[1]', '[3]', '[4]'],
  );
});

test('agrees with a linear search over random tables', () => {
  const few = fc.string({ unit: fc.constantFrom('1', '2', '3'), maxLength: 6 });
  fc.assert(
    fc.property(fc.uniqueArray(few, { maxLength: 60 }), fc.array(few, { maxLength: 40 }), (prefixes, numbers) => {
      const table = compiled(prefixes.map((prefix, i) => [prefix, i]));
      for (const number of numbers) {
        let best = -1;
        for (const [i, prefix] of prefixes.entries()) {
          if (number.startsWith(prefix) && (best === -1 || prefix.length > prefixes[best]!.length)) best = i;
        }
        assert.equal(table.lookup(number), best);
      }
    }),
  );
});
