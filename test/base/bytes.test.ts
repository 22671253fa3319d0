// The octet writer: what is written is what is read, across growth.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter, fromHex, readU16, readU32, readU64, toHex } from '../../src/base/bytes.ts';

test('numbers, octets and strings, across growth from nothing', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('u8' as const), n: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('u16' as const), n: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ kind: fc.constant('u32' as const), n: fc.integer({ min: 0, max: 0xffff_ffff }) }),
    fc.record({ kind: fc.constant('u64' as const), n: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 60 }), start: fc.nat(10) }),
    fc.record({
      kind: fc.constant('text' as const),
      text: fc.string({ maxLength: 60, unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)) }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const writer = new ByteWriter(0);
      const expected: Buffer[] = [];
      for (const one of steps) {
        if (one.kind === 'u8') writer.u8(one.n);
        else if (one.kind === 'u16') writer.u16(one.n);
        else if (one.kind === 'u32') writer.u32(one.n);
        else if (one.kind === 'u64') writer.u64(one.n);
        else if (one.kind === 'bytes') writer.bytes(Buffer.from(one.bytes), Math.min(one.start, one.bytes.length));
        else writer.cstring(one.text);
        expected.push(reference(one));
      }
      assert.equal(toHex(writer.view()), Buffer.concat(expected).toString('hex'));
      assert.equal(writer.length, writer.view().length);
    }),
  );
});

type Step =
  | { kind: 'u8' | 'u16' | 'u32' | 'u64'; n: number }
  | { kind: 'bytes'; bytes: Uint8Array; start: number }
  | { kind: 'text'; text: string };

/** The same by Node.js' own writers. */
function reference(one: Step): Buffer {
  const eight = Buffer.alloc(8);
  switch (one.kind) {
    case 'bytes':
      return Buffer.from(one.bytes.subarray(Math.min(one.start, one.bytes.length)));
    case 'text':
      return Buffer.from(`${one.text}\0`, 'latin1');
    case 'u64':
      eight.writeBigUInt64BE(BigInt(one.n));
      return eight;
    default: {
      const size = one.kind === 'u8' ? 1 : one.kind === 'u16' ? 2 : 4;
      eight.writeUIntBE(one.n, 0, size);
      return eight.subarray(0, size);
    }
  }
}

test('readers', () => {
  const bytes = Buffer.from('00ffee80000001001fffffffffffff', 'hex');
  assert.equal(readU16(bytes, 1), 0xffee);
  assert.equal(readU32(bytes, 3), 0x80000001);
  assert.equal(readU64(bytes, 7), Number.MAX_SAFE_INTEGER);
});

test('u64 refuses what is no whole number of 53 bits', () => {
  const writer = new ByteWriter();
  for (const bad of [-1, 1.5, 2 ** 53, Number.NaN]) assert.throws(() => writer.u64(bad), RangeError);
});

test('reset keeps the room: no allocation in steady state', () => {
  const writer = new ByteWriter(16);
  writer.latin1('x'.repeat(100));
  const grown = writer.buffer;
  for (let i = 0; i < 50; i++) {
    writer.reset();
    writer.latin1('y'.repeat(100));
    assert.equal(writer.buffer, grown);
  }
  assert.equal(writer.view().buffer, grown.buffer, 'view does not copy');
});

test('hexadecimal', () => {
  assert.equal(toHex(new Uint8Array([0, 171, 255])), '00abff');
  assert.deepEqual(fromHex('00aBfF'), Buffer.from([0, 171, 255]));
  assert.deepEqual(fromHex(''), Buffer.alloc(0));
  for (const bad of ['0', 'zz', '0 ', '0x']) assert.equal(fromHex(bad), null);
});
