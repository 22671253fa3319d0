// Reading and building of user data headers (R16), well and badly formed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildUdh, parseUdh, type Udh } from '../../src/sms/udh.ts';
import { vectorFile, withoutVectors } from './vectorFile.ts';

interface UdhVector {
  readonly udh: string;
  readonly invalid?: boolean;
  readonly ref?: number;
  readonly total?: number;
  readonly seq?: number;
  readonly ports?: readonly number[];
  readonly locking_shift?: number;
  readonly single_shift?: number;
}

function parsed(hex: string): Udh {
  const result = parseUdh(Buffer.from(hex, 'hex'));
  assert.ok(result.ok, hex);
  return result.value;
}

test('R16 headers of the vectors', { skip: withoutVectors }, () => {
  const { udh: rows } = vectorFile('concat.json') as { udh: readonly UdhVector[] };
  assert.ok(rows.length >= 15);
  for (const row of rows) {
    const result = parseUdh(Buffer.from(row.udh, 'hex'));
    if (row.invalid) {
      assert.equal(result.ok ? result.value.concat : undefined, undefined, row.udh);
      continue;
    }
    assert.ok(result.ok, row.udh);
    const { concat, ports, lockingShift, singleShift } = result.value;
    assert.equal(concat?.ref, row.ref, row.udh);
    assert.equal(concat?.total, row.total, row.udh);
    assert.equal(concat?.seq, row.seq, row.udh);
    assert.deepEqual(ports && [ports.destination, ports.source], row.ports, row.udh);
    assert.equal(lockingShift, row.locking_shift ?? 0, row.udh);
    assert.equal(singleShift, row.single_shift ?? 0, row.udh);
  }
});

test('R16 a concatenation with total 0, seq 0 or seq over total is ignored, the element stays known', () => {
  for (const hex of ['0500037b0003', '0500037b0200', '0500037b0203', '0608041234ff00', '060804123400ff']) {
    const udh = parsed(hex);
    assert.equal(udh.concat, undefined, hex);
    assert.equal(udh.elements.length, 1, hex);
  }
});

test('R16 of repeated and mutually exclusive elements the last valid one counts', () => {
  assert.deepEqual(parsed('0b00030102010804123403 02'.replace(' ', '')).concat, {
    bits: 16,
    ref: 0x1234,
    total: 3,
    seq: 2,
  });
  assert.deepEqual(parsed('0a0003010201000307 0000'.replace(' ', '')).concat, { bits: 8, ref: 1, total: 2, seq: 1 });
  assert.deepEqual(parsed('0a0504158200000402f0f1').ports, { bits: 8, destination: 0xf0, source: 0xf1 });
});

test('R16 a header whose element runs over is ignored whole, yet its length holds', () => {
  const udh = parsed('0700037b0201050461626364');
  assert.deepEqual([udh.length, udh.concat, udh.elements.length, udh.malformed], [8, undefined, 0, true]);
  assert.equal(parsed('0100').malformed, true, 'an identifier without length');
  for (const hex of ['', '0500037b02', 'ff']) {
    assert.deepEqual(parseUdh(Buffer.from(hex, 'hex')), { ok: false, error: { code: 'truncated' } });
  }
});

test('elements of wrong length and of unknown kinds are kept and mean nothing', () => {
  const udh = parsed('0c000201020a01aa2501 63708101'.replace(' ', ''));
  assert.equal(udh.malformed, true);
  const sound = parsed('0d000201020a01aa250163700101');
  assert.deepEqual(
    sound.elements.map((element) => [element.iei, element.data.toString('hex')]),
    [
      [0, '0102'],
      [0x0a, 'aa'],
      [0x25, '63'],
      [0x70, '01'],
    ],
  );
  assert.deepEqual([sound.concat, sound.lockingShift], [undefined, 0]);
});

test('built headers read back, unknown elements included', () => {
  const concat = fc.oneof(
    fc.record({ bits: fc.constant(8 as const), ref: fc.nat(0xff), total: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ bits: fc.constant(16 as const), ref: fc.nat(0xffff), total: fc.integer({ min: 1, max: 255 }) }),
  );
  const ports = fc.oneof(
    fc.record(
      { bits: fc.constant(8 as const), destination: fc.nat(0xff), source: fc.nat(0xff) },
      { noNullPrototype: true },
    ),
    fc.record(
      { bits: fc.constant(16 as const), destination: fc.nat(0xffff), source: fc.nat(0xffff) },
      { noNullPrototype: true },
    ),
  );
  const others = fc.array(
    fc.record(
      {
        iei: fc.integer({ min: 0x70, max: 0x7f }),
        data: fc.uint8Array({ maxLength: 20 }).map((a) => Buffer.from(a)),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 4 },
  );
  const shift = fc.nat(13);
  fc.assert(
    fc.property(
      concat,
      ports,
      shift,
      shift,
      others,
      fc.uint8Array(),
      (one, two, lockingShift, singleShift, rest, body) => {
        const whole = { concat: { ...one, seq: one.total }, ports: two, lockingShift, singleShift, others: rest };
        const header = buildUdh(whole);
        const result = parseUdh(Buffer.concat([header, body]));
        assert.ok(result.ok);
        const udh = result.value;
        assert.equal(udh.length, header.length);
        assert.deepEqual([udh.concat, udh.ports], [whole.concat, whole.ports]);
        assert.deepEqual([udh.lockingShift, udh.singleShift], [lockingShift, singleShift]);
        assert.deepEqual(
          udh.elements.filter((element) => element.iei >= 0x70),
          rest,
        );
      },
    ),
  );
  assert.equal(buildUdh({}).length, 0);
  assert.equal(buildUdh({ concat: { bits: 8, ref: 0x17b, total: 2, seq: 1 } }).toString('hex'), '0500037b0201');
});

test('no octets make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40, size: 'max' }), (octets) => {
      const result = parseUdh(Buffer.from(octets));
      if (result.ok) assert.ok(result.value.length <= octets.length);
    }),
    { numRuns: 2000 },
  );
});
