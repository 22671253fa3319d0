// The octets that leave: what was put is what is got, the next order finds nothing of the last, and no order costs new memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PduOctets } from '../../src/guard/pduOctets.ts';

function got(pdus: PduOctets, index: number): Buffer {
  return pdus.block(index).subarray(0, pdus.length(index));
}

test('each segment has its own octets, of any length', () => {
  const pdus = new PduOctets();
  const wanted = [1, 256, 257, 5000, 40].map((length, index) => Buffer.alloc(length, index + 1));
  for (const [index, octets] of wanted.entries()) pdus.put(index, octets, octets.length);
  for (const [index, octets] of wanted.entries()) assert.ok(got(pdus, index).equals(octets), `segment ${index}`);
  (wanted[0] as Buffer).fill(9);
  assert.equal(got(pdus, 0)[0], 1, 'a copy');
});

test('an order that has ended leaves no octet, and its memory serves the next', () => {
  const pdus = new PduOctets();
  const text = Buffer.from('a text that ends here, and more');
  pdus.put(0, text, 21);
  const first = got(pdus, 0);
  assert.equal(first.toString(), 'a text that ends here');
  pdus.clear();
  assert.equal(pdus.length(0), 0);
  assert.ok(first.equals(Buffer.alloc(first.length)));
  pdus.put(0, Buffer.from('the next'), 8);
  const second = got(pdus, 0);
  assert.equal(second.toString(), 'the next');
  assert.deepEqual([second.buffer === first.buffer, second.byteOffset], [true, first.byteOffset]);
});
