// Prices as the text that is committed: whole units, a point, and four to six digits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { priceText } from '../../src/guard/orderTlvs.ts';

function price(micro: number, currency = 'CHF'): Buffer {
  const value = Buffer.alloc(11);
  value.writeBigUInt64BE(BigInt(micro));
  value.latin1Write(currency, 8);
  return value;
}

test('a price is written to the last micro-unit, with four digits at least', () => {
  assert.equal(priceText(price(55_000)), 'CHF 0.0550');
  assert.equal(priceText(price(0)), 'CHF 0.0000');
  assert.equal(priceText(price(1_000_001, 'EUR')), 'EUR 1.000001');
  assert.equal(priceText(price(12_345_670)), 'CHF 12.34567');
  assert.equal(priceText(Buffer.alloc(10)), '');
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(5_000_000)), (micro) => {
      const text = priceText(price(micro));
      const [whole, fraction] = text.slice(4).split('.') as [string, string];
      assert.ok(fraction.length >= 4 && fraction.length <= 6, text);
      assert.equal(BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0')), BigInt(micro));
      assert.ok(fraction.length === 4 || !fraction.endsWith('0'), text);
    }),
  );
});
