// Reassembly of parts (R16): order, duplicates, reused references, limits and expiry.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText, plainContext } from '../../src/sms/alphabet.ts';
import { Joiner, type JoinKey, type JoinLimits } from '../../src/sms/join.ts';
import { splitText } from '../../src/sms/split.ts';
import { parseUdh } from '../../src/sms/udh.ts';

const limits: JoinLimits = { openSets: 100, octets: 100_000, waitMs: 300_000, rememberMs: 60_000 };
const start = 1_790_000_000_000;

function key(total: number, ref = 7): JoinKey {
  return { group: 'acme', source: 'INFO', destination: '491700000001', kind: 8, ref, total };
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

test('R16 parts in any order become one message, with the marks in the order of places', () => {
  const joiner = new Joiner<string>(limits);
  assert.deepEqual(joiner.offer(key(3), 3, octets('c'), 'm3', start), { code: 'waiting' });
  assert.deepEqual(joiner.offer(key(3), 1, octets('a'), 'm1', start + 1), { code: 'waiting' });
  assert.equal(joiner.openSets, 1);
  const outcome = joiner.offer(key(3), 2, octets('b'), 'm2', start + 2);
  assert.ok(outcome.code === 'complete');
  assert.equal(outcome.joined.octets.toString('latin1'), 'abc');
  assert.deepEqual(outcome.joined.tags, ['m1', 'm2', 'm3']);
  assert.deepEqual(outcome.joined.missing, []);
  assert.equal(joiner.openSets, 0);
});

test('R16 a part sent again changes nothing, before and after the message is whole', () => {
  const joiner = new Joiner<string>(limits);
  joiner.offer(key(2), 1, octets('a'), 'm1', start);
  assert.deepEqual(joiner.offer(key(2), 1, octets('a'), 'again', start), { code: 'duplicate', first: 'm1' });
  assert.equal(joiner.offer(key(2), 2, octets('b'), 'm2', start).code, 'complete');
  assert.deepEqual(joiner.offer(key(2), 2, octets('b'), 'again', start + 59_999), { code: 'duplicate', first: 'm2' });
  assert.deepEqual(joiner.offer(key(2), 2, octets('b'), 'new', start + 60_000), { code: 'waiting' }, 'forgotten');
});

test('R16 another text under the same key is a new message', () => {
  const joiner = new Joiner<string>(limits);
  joiner.offer(key(2), 1, octets('a'), 'old1', start);
  assert.deepEqual(joiner.offer(key(2), 1, octets('x'), 'new1', start), { code: 'waiting' });
  assert.equal(joiner.openSets, 2);
  const old = joiner.offer(key(2), 2, octets('b'), 'old2', start);
  assert.ok(old.code === 'complete');
  assert.deepEqual(old.joined.tags, ['old1', 'old2'], 'the older message is filled first');
  const young = joiner.offer(key(2), 2, octets('y'), 'new2', start);
  assert.ok(young.code === 'complete');
  assert.equal(young.joined.octets.toString('latin1'), 'xy');
});

test('keys that differ in anything do not mix', () => {
  const joiner = new Joiner<number>(limits);
  const base = key(2);
  const others: readonly JoinKey[] = [
    { ...base, group: 'acmf' },
    { ...base, source: 'INFA' },
    { ...base, destination: '491700000002' },
    { ...base, group: 'acm', source: 'eINFO' },
    { ...base, source: 'INF', destination: 'O491700000001' },
    { ...base, kind: 16 },
    { ...base, kind: 'sar' },
    { ...base, ref: 8 },
    { ...base, total: 3 },
  ];
  joiner.offer(base, 1, octets('a'), 0, start);
  for (const [index, other] of others.entries()) {
    assert.equal(joiner.offer(other, 2, octets('b'), index, start).code, 'waiting', JSON.stringify(other));
  }
  assert.equal(joiner.openSets, 1 + others.length);
});

test('R16 a set whose time is over is given up with what there is of it, oldest first', () => {
  const joiner = new Joiner<string>(limits);
  joiner.offer(key(3, 1), 3, octets('c'), 'c', start);
  joiner.offer(key(3, 1), 1, octets('a'), 'a', start + 200_000);
  joiner.offer(key(2, 2), 2, octets('z'), 'z', start + 10);
  assert.equal(joiner.nextExpiryMs(), start + 300_000);
  assert.deepEqual(joiner.expire(start + 299_999), []);
  const given = joiner.expire(start + 300_010);
  assert.deepEqual(
    given.map((one) => [one.octets.toString('latin1'), one.tags, one.missing]),
    [
      ['ac', ['a', 'c'], [2]],
      ['z', ['z'], [1]],
    ],
  );
  assert.deepEqual([joiner.openSets, joiner.octets, joiner.nextExpiryMs()], [0, 0, undefined]);
  assert.equal(joiner.offer(key(3, 1), 2, octets('b'), 'late', start + 300_011).code, 'waiting', 'begins anew');
});

test('limits refuse and lose nothing; what is only remembered makes way', () => {
  const joiner = new Joiner<number>({ ...limits, openSets: 2, octets: 10 });
  assert.equal(joiner.offer(key(2, 1), 1, octets('1234'), 1, start).code, 'waiting');
  assert.equal(joiner.offer(key(2, 1), 2, octets('5678'), 2, start).code, 'complete');
  assert.equal(joiner.octets, 8);
  assert.equal(joiner.offer(key(2, 2), 1, octets('123456'), 3, start).code, 'waiting', 'the remembered set makes way');
  assert.equal(joiner.octets, 6);
  assert.equal(joiner.offer(key(2, 3), 1, octets('12345'), 4, start).code, 'full', 'octets');
  assert.equal(joiner.offer(key(2, 3), 1, octets('1'), 4, start).code, 'waiting');
  assert.equal(joiner.offer(key(2, 4), 1, octets('1'), 5, start).code, 'full', 'open sets');
  assert.equal(joiner.offer(key(2, 2), 2, octets('7'), 6, start).code, 'complete', 'an open set may still be filled');
  for (const [total, seq] of [
    [0, 1],
    [2, 0],
    [2, 3],
    [256, 1],
    [2, Number.NaN],
  ] as const) {
    assert.equal(joiner.offer(key(total), seq, octets(''), 0, start).code, 'badPart', `${seq}/${total}`);
  }
});

test('R16 octets are joined before they are decoded: a pair cut by a peer is whole again', () => {
  const joiner = new Joiner<number>(limits);
  joiner.offer(key(2), 1, Buffer.from('044fd83d', 'hex'), 1, start);
  const outcome = joiner.offer(key(2), 2, Buffer.from('de00044f', 'hex'), 2, start);
  assert.ok(outcome.code === 'complete');
  assert.equal(decodeText('ucs2', outcome.joined.octets, plainContext), 'я😀я');
});

test('what is split is joined again, in any order, with duplicates, among other messages', () => {
  const text = fc.array(fc.constantFrom('a', '€', 'я', '😀', '\r\n'), { minLength: 161, maxLength: 600, size: 'max' });
  const scenario = fc
    .array(
      text.map((one) => one.join('')),
      { minLength: 1, maxLength: 4 },
    )
    .chain((texts) => {
      const parts = texts.flatMap((one, ref) => {
        const split = splitText(one, ref);
        assert.ok(split.ok);
        return split.value.parts.map((part) => ({ ref, part }));
      });
      return fc.record({
        texts: fc.constant(texts),
        order: fc.shuffledSubarray([...parts, ...parts], { minLength: parts.length * 2, maxLength: parts.length * 2 }),
      });
    });
  fc.assert(
    fc.property(scenario, ({ texts, order }) => {
      const joiner = new Joiner<number>(limits);
      const whole = new Map<number, Buffer>();
      for (const { ref, part } of order) {
        const udh = parseUdh(part);
        assert.ok(udh.ok && udh.value.concat);
        const { seq, total } = udh.value.concat;
        const outcome = joiner.offer(key(total, ref), seq, part.subarray(udh.value.length), ref, start);
        if (outcome.code === 'complete') {
          assert.ok(!whole.has(ref), 'once only');
          whole.set(ref, outcome.joined.octets);
        } else assert.ok(outcome.code === 'waiting' || outcome.code === 'duplicate');
      }
      for (const [ref, one] of texts.entries()) {
        const alphabet = /[я😀]/u.test(one) ? 'ucs2' : 'gsm7';
        assert.equal(decodeText(alphabet, whole.get(ref)!, plainContext), one);
      }
      assert.equal(joiner.openSets, 0);
    }),
    { numRuns: 60 },
  );
});
