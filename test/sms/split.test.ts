// Segmentation and choice of encoding (R16, R17): counts, boundaries, and parts that make the text again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText, plainContext } from '../../src/sms/alphabet.ts';
import { decodeSeptets, defaultTables, fillBits, unpackSeptets } from '../../src/sms/gsm.ts';
import {
  encodeWhole,
  type Plan,
  plainSplit,
  planOctets,
  planText,
  type Split,
  type SplitOptions,
  segmentCount,
  splitOctets,
  splitText,
} from '../../src/sms/split.ts';
import { parseUdh, type Udh } from '../../src/sms/udh.ts';
import { vectorFile, withoutVectors } from './vectorFile.ts';

const wide: SplitOptions = { ...plainSplit, refBits: 16 };

function planned(text: string, options: SplitOptions = plainSplit): Plan {
  const plan = planText(text, options);
  assert.ok(plan.ok);
  return plan.value;
}

function cut(text: string, options: SplitOptions = plainSplit): Split {
  const split = splitText(text, 0x7b, options);
  assert.ok(split.ok);
  return split.value;
}

function header(part: Buffer): Udh {
  const udh = parseUdh(part);
  assert.ok(udh.ok);
  return udh.value;
}

function bodies(split: Split): readonly Buffer[] {
  return split.parts.map((part) => (split.esmUdhi ? part.subarray(header(part).length) : part));
}

/** Units of each part: characters of UCS-2, else octets. */
function unitsOf(split: Split): readonly number[] {
  return bodies(split).map((body) => body.length / (split.dataCoding === 8 ? 2 : 1));
}

test('R16 R17 segmentation of the vectors', { skip: withoutVectors }, () => {
  interface Row {
    readonly name: string;
    readonly text: string;
    readonly alphabet: string;
    readonly udh_bytes: number;
    readonly units_per_segment: readonly number[];
  }
  const { segmentation } = vectorFile('concat.json') as { segmentation: readonly Row[] };
  // These two rows keep surrogates whole only; we keep grapheme clusters whole too, in as many segments.
  const clusters: Readonly<Record<string, readonly number[]>> = {
    'ZWJ family: surrogate safe is a must, grapheme safe is a nicety': [65, 16],
    'keycap/VS16': [66, 7],
  };
  assert.ok(segmentation.length >= 19);
  for (const row of segmentation) {
    const text = row.text === 'a*39015' ? 'a'.repeat(39_015) : row.text;
    const options = row.udh_bytes === 7 ? wide : plainSplit;
    const split = cut(text, options);
    assert.deepEqual(unitsOf(split), clusters[row.name] ?? row.units_per_segment, row.name);
    assert.equal(split.dataCoding, row.alphabet === 'ucs2' ? 8 : 0, row.name);
    assert.equal(planned(text, options).segments, row.units_per_segment.length, row.name);
    if (split.esmUdhi) for (const part of split.parts) assert.equal(header(part).length, row.udh_bytes);
  }
});

test('R17 capacities beside every header of the table', () => {
  const national = (languages: readonly number[], refBits: 8 | 16): SplitOptions => ({
    ...plainSplit,
    languages,
    refBits,
  });
  // "ş" is in the Turkish locking table; "Ё" in none.
  const locking = 'ş'.repeat(600);
  assert.deepEqual(unitsOf(cut(locking, national([1], 8))), [149, 149, 149, 149, 4]);
  assert.deepEqual(unitsOf(cut(locking, national([1], 16))), [148, 148, 148, 148, 8]);
  assert.deepEqual(unitsOf(cut('ş'.repeat(155), national([1], 8))), [155], 'one national element alone');
  // Bengali letters need the locking table, its digits the single shift table.
  const both = `${'ক'.repeat(300)}০`;
  assert.deepEqual(unitsOf(cut(both, national([4], 8))), [146, 146, 10]);
  assert.deepEqual(unitsOf(cut(both, national([4], 16))), [145, 145, 12]);
  const ports = Buffer.from('0605040b8423f0'.replace(/^06/, '06'), 'hex');
  const push = splitOctets(4, Buffer.concat([ports, Buffer.alloc(300, 1)]), true, 9);
  assert.ok(push.ok);
  assert.deepEqual(unitsOf(push.value), [128, 128, 44]);
  for (const part of push.value.parts)
    assert.deepEqual(header(part).ports, { bits: 16, destination: 2948, source: 9200 });
  assert.equal(segmentCount(4, Buffer.concat([ports, Buffer.alloc(133)]), true), 1);
  assert.equal(segmentCount(4, Buffer.concat([ports, Buffer.alloc(134)]), true), 2);
  assert.equal(segmentCount(8, Buffer.concat([ports, Buffer.alloc(132)]), true), 1);
  assert.equal(segmentCount(8, Buffer.concat([ports, Buffer.alloc(134)]), true), 2);
  assert.equal(segmentCount(0, Buffer.concat([ports, Buffer.alloc(152)]), true), 1);
  assert.equal(segmentCount(0, Buffer.concat([ports, Buffer.alloc(153)]), true), 2);
});

test('the cheapest encoding: GSM 7-bit, national only where allowed and cheaper, else UCS-2', () => {
  const turkish = 'ğüşiöç '.repeat(20);
  assert.deepEqual(planned(turkish), { dataCoding: 8, segments: 3, lockingShift: 0, singleShift: 0 });
  assert.deepEqual(planned(turkish, { ...plainSplit, languages: [1] }), {
    dataCoding: 0,
    segments: 1,
    lockingShift: 1,
    singleShift: 0,
  });
  assert.equal(planned('ş', { ...plainSplit, languages: [1] }).dataCoding, 8, 'nothing gained: UCS-2');
  assert.equal(planned('plain text', { ...plainSplit, languages: [1, 6] }).lockingShift, 0);
  const spanish = planned(`${'a'.repeat(100)}á`, { ...plainSplit, languages: [2] });
  assert.deepEqual([spanish.lockingShift, spanish.singleShift, spanish.segments], [0, 2, 1]);
  const spanishToo = { ...plainSplit, languages: [2] };
  assert.equal(planned('á'.repeat(77), spanishToo).singleShift, 2, '154 septets in one segment beat two of UCS-2');
  assert.equal(planned('á'.repeat(80), spanishToo).dataCoding, 8, 'two segments either way: UCS-2');
  assert.deepEqual(planned(''), { dataCoding: 0, segments: 1, lockingShift: 0, singleShift: 0 });
});

test('faults are values', () => {
  assert.deepEqual(planText('a'.repeat(39_016)), { ok: false, error: { code: 'tooManySegments' } });
  assert.deepEqual(planText('a'.repeat(1_000_000)), { ok: false, error: { code: 'tooManySegments' } });
  assert.deepEqual(planText('я'.repeat(67 * 255 + 1)), { ok: false, error: { code: 'tooManySegments' } });
  assert.equal(planned('я'.repeat(67 * 255)).segments, 255);
  assert.deepEqual(planOctets(0x0f, Buffer.alloc(1)), { ok: false, error: { code: 'reservedDataCoding' } });
  assert.deepEqual(planOctets(0, Buffer.from('05000301', 'hex'), true), { ok: false, error: { code: 'badHeader' } });
  const part = Buffer.concat([Buffer.from('0500037b0201', 'hex'), Buffer.alloc(160, 0x61)]);
  assert.deepEqual(planOctets(0, part, true), { ok: false, error: { code: 'partTooLong' } });
  assert.equal(segmentCount(0, part.subarray(0, 159), true), 1, 'a full part of a customer');
  assert.equal(segmentCount(0x0f, part), 0);
});

test("R16 the customer's own part and its header go on as they are", () => {
  const part = Buffer.concat([Buffer.from('0500037b0201', 'hex'), Buffer.alloc(153, 0x61)]);
  assert.deepEqual(splitOctets(0, part, true, 1), { ok: true, value: { dataCoding: 0, esmUdhi: true, parts: [part] } });
});

test('octets of other codings: text keeps line breaks whole, double octets stay together, data is cut anywhere', () => {
  const units = (dataCoding: number, octets: Buffer): readonly number[] => {
    const split = splitOctets(dataCoding, octets, false, 1);
    assert.ok(split.ok);
    return unitsOf(split.value);
  };
  const breakAt = (at: number, length: number): Buffer => {
    const octets = Buffer.alloc(length, 0x61);
    octets.write('\r\n', at, 'latin1');
    return octets;
  };
  assert.deepEqual(units(3, Buffer.alloc(140)), [140]);
  assert.deepEqual(units(3, breakAt(133, 150)), [133, 17]);
  assert.deepEqual(units(4, breakAt(133, 150)), [134, 16]);
  assert.deepEqual(units(1, Buffer.alloc(161, 0x61)), [153, 8]);
  assert.deepEqual(units(5, Buffer.alloc(150)), [134, 16]);
  assert.deepEqual(units(0, breakAt(152, 170)), [152, 18]);
  const escaped = Buffer.alloc(170, 0x61);
  escaped.set([0x1b, 0x0d, 0x0a], 151);
  assert.deepEqual(units(0, escaped), [153, 17], 'behind an escape 0D is no carriage return');
});

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const gsmText = fc
  .array(fc.constantFrom(...'abc XYZ09@£Δñà€[]{}~^|\\\n', '\r\n'), { maxLength: 700, size: 'max' })
  .map((characters) => characters.join(''));
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('я', 'a', '😀', '👨‍👩‍👧‍👦', '🇩🇪', '❤️', 'é', 'கி', '\r\n'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
    { maxLength: 300, size: 'max' },
  )
  .map((parts) => parts.join(''));
const someOptions = fc.record({
  refBits: fc.constantFrom(8 as const, 16 as const),
  languages: fc.subarray([1, 2, 3, 4, 6, 11, 13]),
  packed: fc.boolean(),
});

/** Text of a part, and that it fits: at most 140 octets on the air. */
function textOf(split: Split, part: Buffer, packed: boolean): string {
  const udh = split.esmUdhi ? header(part) : undefined;
  const udhOctets = udh?.length ?? 0;
  const body = part.subarray(udhOctets);
  if (split.dataCoding === 8) {
    assert.ok(part.length <= 140);
    return decodeText('ucs2', body, plainContext)!;
  }
  const fill = fillBits(udhOctets);
  const septets = packed ? unpackSeptets(body, fill) : body;
  assert.ok(packed ? part.length <= 140 : udhOctets + Math.ceil((body.length * 7 + fill) / 8) <= 140);
  return decodeSeptets(septets, udh ?? defaultTables);
}

test('parts put together are the text; none is over 140 octets; nothing that belongs together is cut', () => {
  fc.assert(
    fc.property(fc.oneof(gsmText, anyText), fc.nat(0xffff), someOptions, (text, ref, options) => {
      const split = splitText(text, ref, options);
      assert.ok(split.ok);
      const { parts, esmUdhi } = split.value;
      const texts = parts.map((part) => textOf(split.value, part, options.packed));
      // Packed, a last "@" of a part may be lost to padding: compare the octets of the unpacked form instead.
      if (options.packed) {
        const plain = splitText(text, ref, { ...options, packed: false });
        assert.ok(plain.ok);
        assert.equal(plain.value.parts.length, parts.length);
        assert.equal(plain.value.parts.map((part) => textOf(plain.value, part, false)).join(''), text);
      } else {
        assert.equal(texts.join(''), text);
        const starts = new Set([...graphemes.segment(text)].map((segment) => segment.index));
        let at = 0;
        for (const one of texts.slice(0, -1)) {
          at += one.length;
          assert.ok(starts.has(at), `cut inside a cluster at ${at}`);
        }
      }
      if (parts.length === 1) return;
      assert.ok(esmUdhi);
      const wantedRef = options.refBits === 8 ? ref & 0xff : ref;
      for (const [index, part] of parts.entries()) {
        const wanted = { bits: options.refBits, ref: wantedRef, total: parts.length, seq: index + 1 };
        assert.deepEqual(header(part).concat, wanted);
      }
    }),
    { numRuns: 300 },
  );
});

test('a plan, the whole body and the parts agree on the number of segments', () => {
  fc.assert(
    fc.property(fc.oneof(gsmText, anyText), someOptions, (text, options) => {
      const plan = planned(text, options);
      const whole = encodeWhole(text, plan);
      const counted = planOctets(whole.dataCoding, whole.octets, whole.esmUdhi, options);
      assert.deepEqual(counted, { ok: true, value: plan });
      assert.equal(cut(text, options).parts.length, plan.segments);
      const alone = splitOctets(whole.dataCoding, whole.octets, whole.esmUdhi, 0x7b, options);
      assert.deepEqual(alone, splitText(text, 0x7b, options));
    }),
    { numRuns: 300 },
  );
});

test('a cluster longer than a part is cut between code points', () => {
  const tower = `e${'\u0301'.repeat(100)}`;
  assert.deepEqual(unitsOf(cut(tower)), [67, 34]);
  const flags = `👨${'\u200d👨'.repeat(60)}`;
  for (const body of bodies(cut(flags))) {
    const text = decodeText('ucs2', body, plainContext)!;
    assert.ok(text.isWellFormed());
  }
});

test('any octets in any coding: parts put together are the octets', () => {
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.uint8Array({ maxLength: 1200, size: 'max' }),
      fc.constantFrom(8, 16),
      (dataCoding, octets, bits) => {
        const options = bits === 8 ? plainSplit : wide;
        const body = Buffer.from(octets);
        const split = splitOctets(dataCoding, body, false, 5, options);
        assert.equal(split.ok ? split.value.parts.length : 0, segmentCount(dataCoding, body, false, options));
        if (split.ok) assert.ok(Buffer.concat([...bodies(split.value)]).equals(body));
      },
    ),
    { numRuns: 500 },
  );
});
