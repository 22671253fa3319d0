// The octets that leave: what was put is what is got, the next order finds nothing of the last, and no order costs new memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PduOctets } from '../../src/guard/pduOctets.ts';

test('each segment has its own octets, of any length', () => {
  const pdus = new PduOctets();
  const wanted = [1, 256, 257, 5000, 40].map((length, index) => Buffer.alloc(length, index + 1));
  for (const [index, octets] of wanted.entries()) pdus.put(index, octets);
  for (const [index, octets] of wanted.entries()) assert.ok(pdus.get(index)?.equals(octets), `segment ${index}`);
  (wanted[0] as Buffer).fill(9);
  assert.equal(pdus.get(0)?.[0], 1, 'a copy');
});

test('an order that has ended leaves no octet, and its memory serves the next', () => {
  const pdus = new PduOctets();
  pdus.put(0, Buffer.from('a text that ends here'));
  const first = pdus.get(0) as Buffer;
  pdus.clear();
  assert.equal(pdus.get(0), undefined);
  assert.ok(first.equals(Buffer.alloc(first.length)));
  pdus.put(0, Buffer.from('the next'));
  const second = pdus.get(0) as Buffer;
  assert.equal(second.toString(), 'the next');
  assert.deepEqual([second.buffer === first.buffer, second.byteOffset], [true, first.byteOffset]);
});
