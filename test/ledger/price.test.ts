// Price lists: exact decimals, longest prefix, all faults with their places.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compilePrices, formatMicros, parseMicros } from '../../src/ledger/price.ts';

test('decimals are read exactly or not at all', () => {
  assert.equal(parseMicros('0.0550'), 55_000);
  assert.equal(parseMicros(0.055), 55_000);
  assert.equal(parseMicros('12'), 12_000_000);
  assert.equal(parseMicros('0.000001'), 1);
  assert.equal(parseMicros('0.0000010'), 1);
  for (const bad of ['', '-1', '0.0000001', '1e3', '01', '.5', '1.', '1,5', 'NaN', 1e-7, Number.NaN]) {
    assert.equal(parseMicros(bad), null, String(bad));
  }
});

test('written amounts are read back', () => {
  assert.equal(formatMicros(55_000), '0.055');
  assert.equal(formatMicros(-1_500_000), '-1.50');
  assert.equal(formatMicros(0), '0.00');
  fc.assert(fc.property(fc.nat(2 ** 40), (micros) => assert.equal(parseMicros(formatMicros(micros)), micros)));
});

test('a price per segment by longest prefix; none means refused', () => {
  const book = compilePrices([
    {
      name: 'retail',
      currency: 'CHF',
      prices: [
        { prefix: '41', price: '0.0550' },
        { prefix: '4179', price: 0 },
      ],
    },
  ]);
  assert.ok(book.ok);
  const list = book.value.list('retail');
  assert.ok(list !== null);
  assert.equal(list.perSegment('41440000001'), 55_000);
  assert.equal(list.perSegment('41790000001'), 0);
  assert.equal(list.perSegment('49170000001'), -1);
  assert.equal(book.value.list('other'), null);
});

test('all faults at once', () => {
  const book = compilePrices([
    { name: 'a', currency: 'chf', prices: [{ prefix: '+41', price: '0.1' }] },
    {
      name: 'a',
      currency: 'EUR',
      prices: [
        { prefix: '41', price: 'x' },
        { prefix: '41', price: '1' },
      ],
    },
  ]);
  assert.ok(!book.ok);
  const paths = book.error.map((fault) => fault.path);
  assert.deepEqual(paths, ['[0].currency', '[0].prices[0]', '[1].name', '[1].prices[0].price', '[1].prices[1]']);
});
