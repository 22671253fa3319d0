// Times (R18) and versions (R3).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAbsolute, formatRelative, parseTime, type SmppTime, toAbsoluteMs } from '../../src/smpp/time.ts';
import {
  answeredVersion,
  fallbackVersion,
  knowsTransceiver,
  messageIdMaxChars,
  readVersion,
  shortMessageMaxOctets,
  takesTlvs,
} from '../../src/smpp/version.ts';

const vectors = new URL('../../../shared/vectors/times.json', import.meta.url);

interface TimeVector {
  readonly v: string;
  readonly kind: SmppTime['kind'];
  readonly utc?: string;
  readonly Y?: number;
  readonly M?: number;
  readonly D?: number;
  readonly h?: number;
  readonly m?: number;
  readonly s?: number;
}

test('vectors: times.json', { skip: !existsSync(vectors) && 'vectors are not present' }, () => {
  const rows = JSON.parse(readFileSync(vectors, 'utf8')) as readonly TimeVector[];
  assert.ok(rows.length >= 15);
  for (const row of rows) {
    const time = parseTime(row.v);
    assert.equal(time.kind, row.kind, row.v);
    if (time.kind === 'absolute') assert.equal(time.utcMs, Date.parse(row.utc as string), row.v);
    if (time.kind === 'relative') {
      const { years, months, days, hours, minutes, seconds } = time;
      assert.deepEqual(
        [years, months, days, hours, minutes, seconds],
        [row.Y ?? 0, row.M ?? 0, row.D ?? 0, row.h ?? 0, row.m ?? 0, row.s ?? 0],
        row.v,
      );
    }
  }
});

test('every absolute time that is written is read as the same moment, in every zone', () => {
  const earliest = Date.UTC(1938, 0, 2);
  const latest = Date.UTC(2037, 11, 30);
  fc.assert(
    fc.property(
      fc.integer({ min: earliest / 100, max: latest / 100 }),
      fc.integer({ min: -48, max: 48 }),
      (tenths, quarters) => {
        const text = formatAbsolute(tenths * 100, quarters) as string;
        assert.match(text, /^\d{15}[+-]$/);
        assert.deepEqual(parseTime(text), { kind: 'absolute', utcMs: tenths * 100 });
        // The zone's own clock, by an independent calendar.
        const local = new Date(tenths * 100 + quarters * 900_000).toISOString();
        assert.equal(text.slice(0, 12), local.replace(/[-T:]/g, '').slice(2, 14));
      },
    ),
  );
});

test('what two digits or the zone cannot say is null', () => {
  assert.equal(formatAbsolute(Date.UTC(2038, 0, 1)), null);
  assert.equal(formatAbsolute(Date.UTC(1937, 11, 31)), null);
  assert.equal(formatAbsolute(Date.UTC(2050, 0, 1), 0, 60), '500101000000000+');
  assert.equal(formatAbsolute(0, 49), null);
  assert.equal(formatAbsolute(Number.NaN), null);
  assert.equal(formatRelative(100 * 86_400_000), null);
  assert.equal(formatRelative(Number.NaN), null);
});

test('the pivot year is a setting', () => {
  assert.deepEqual(parseTime('400101000000000+'), { kind: 'absolute', utcMs: Date.UTC(1940, 0, 1) });
  assert.deepEqual(parseTime('400101000000000+', { pivotYear: 60 }), { kind: 'absolute', utcMs: Date.UTC(2040, 0, 1) });
});

test('impossible dates are invalid, the leap day only in leap years', () => {
  assert.equal(parseTime('240229000000000+').kind, 'absolute');
  for (const text of [
    '230229000000000+',
    '260431000000000+',
    '260100000000000+',
    '260001000000000+',
    '260101240000000+',
    '260101006000000+',
    '260101000060000+',
  ]) {
    assert.deepEqual(parseTime(text), { kind: 'invalid', reason: 'calendar' });
  }
  assert.deepEqual(parseTime('26010100000000x+'), { kind: 'invalid', reason: 'digits' });
  assert.deepEqual(parseTime('260101000000000Z'), { kind: 'invalid', reason: 'sign' });
});

test('twelve characters are UTC for the lenient only', () => {
  assert.deepEqual(parseTime('260101120000'), { kind: 'invalid', reason: 'length' });
  assert.deepEqual(parseTime('260101120000', { lenient: true }), { kind: 'absolute', utcMs: Date.UTC(2026, 0, 1, 12) });
  assert.equal(parseTime('261301120000', { lenient: true }).kind, 'invalid');
});

test('relative times: calendar years and months, then days to seconds', () => {
  const now = Date.UTC(2024, 0, 31, 10, 0, 0, 123);
  const at = (text: string): number | null => toAbsoluteMs(parseTime(text), now);
  assert.equal(at('000100000000000R'), Date.UTC(2024, 1, 29, 10, 0, 0, 123));
  assert.equal(at('010100000000000R'), Date.UTC(2025, 1, 28, 10, 0, 0, 123));
  assert.equal(at('001200000000000R'), Date.UTC(2025, 0, 31, 10, 0, 0, 123));
  assert.equal(at('000002030405999R'), now + ((2 * 24 + 3) * 3600 + 4 * 60 + 5) * 1000);
  assert.equal(at('000000000000000R'), null, 'the default of the MC');
  assert.equal(at(''), null);
  assert.equal(at('bad'), null);
  assert.equal(at('260101120000004+'), Date.UTC(2026, 0, 1, 11));
});

test('a duration that is written is read as itself, rounded up to seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5, max: 100 * 86_400_000 - 1000 }),
      fc.integer({ min: 0, max: 4e12 }),
      (duration, now) => {
        const text = formatRelative(duration) as string;
        assert.equal(toAbsoluteMs(parseTime(text), now), now + Math.max(1, Math.ceil(duration / 1000)) * 1000);
      },
    ),
  );
});

test('any text parses to a value', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }),
      fc.boolean(),
      (text, lenient) => void toAbsoluteMs(parseTime(text, { lenient }), 0),
    ),
  );
});

test('R3 versions', () => {
  assert.deepEqual(
    [0, 0x32, 0x33, 0x34, 0x35, 0x4f, 0x50, 0x51, 0xff].map(readVersion),
    [0x33, 0x33, 0x33, 0x34, 0x34, 0x34, 0x50, 0x50, 0x50],
  );
  assert.deepEqual(
    [takesTlvs(0x33), takesTlvs(0x34), knowsTransceiver(0x33), knowsTransceiver(0x34)],
    [false, true, false, true],
  );
  assert.deepEqual([messageIdMaxChars(0x33), messageIdMaxChars(0x34)], [8, 64]);
  assert.deepEqual([shortMessageMaxOctets(0x34), shortMessageMaxOctets(0x50)], [254, 255]);
  assert.deepEqual(answeredVersion(0x50, undefined, 'always'), { version: 0x50, takesTlvs: true });
  assert.deepEqual(answeredVersion(0x50, undefined, 'letter'), { version: 0x50, takesTlvs: false });
  assert.deepEqual(answeredVersion(0x50, 0x34, 'letter'), { version: 0x34, takesTlvs: true });
  assert.deepEqual(answeredVersion(0x50, 0x34, 'never'), { version: 0x34, takesTlvs: false });
  assert.deepEqual(answeredVersion(0x34, 0x33, 'always'), { version: 0x33, takesTlvs: false });
  assert.deepEqual(
    [fallbackVersion(0x50, null), fallbackVersion(0x50, 0x03), fallbackVersion(0x50, 0x0d)],
    [0x34, 0x34, 0x34],
  );
  assert.deepEqual([fallbackVersion(0x50, 0x0e), fallbackVersion(0x34, null)], [null, null]);
});
