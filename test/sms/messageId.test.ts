// Matching of message ids (R26) against real mismatching pairs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type IdBase, indexKey, lookupKeys, type MatchRank, matchRank, normalForms } from '../../src/sms/messageId.ts';
import { vectorFile, withoutVectors } from './vectorFile.ts';

test('R26 every pair of the vectors matches, by the rank that its relation names', { skip: withoutVectors }, () => {
  interface Pair {
    readonly submit_resp_id: string;
    readonly receipt_id: string;
    readonly relation: 'resp_hex_dlr_dec' | 'resp_dec_dlr_hex' | 'equal' | 'case';
  }
  const relations: Readonly<Record<Pair['relation'], readonly [IdBase, IdBase, MatchRank]>> = {
    resp_hex_dlr_dec: ['hex', 'dec', 2],
    resp_dec_dlr_hex: ['dec', 'hex', 2],
    equal: ['text', 'text', 0],
    case: ['text', 'text', 1],
  };
  const pairs = vectorFile('msgid_pairs.json') as readonly Pair[];
  assert.ok(pairs.length >= 8);
  for (const { submit_resp_id, receipt_id, relation } of pairs) {
    const [respBase, receiptBase, rank] = relations[relation];
    assert.equal(matchRank(submit_resp_id, receipt_id, respBase, receiptBase), rank, submit_resp_id);
    assert.ok(lookupKeys(receipt_id, respBase, receiptBase).includes(indexKey(submit_resp_id)), submit_resp_id);
  }
});

test('R26 an id is a number only when the whole string is one of its base', () => {
  assert.deepEqual(normalForms('0972660181', 'hex', 'dec'), {
    exact: '0972660181',
    folded: '0972660181',
    converted: '39f99dd5',
    trimmed: '972660181',
  });
  for (const id of ['12ab', '', ' 7', '0x7', '7 ', '-1', '１', 'SAR-1-2', '1e3']) {
    assert.equal(normalForms(id, 'hex', 'dec').converted, undefined, id);
  }
  assert.equal(normalForms('00B8BE1G', 'dec', 'hex').converted, undefined);
  assert.equal(normalForms('1'.repeat(65), 'dec', 'hex').converted, undefined, 'no number is that long');
  assert.equal(
    normalForms('171026125222636445993424531920', 'hex', 'dec').converted,
    BigInt('171026125222636445993424531920').toString(16),
  );
  assert.equal(normalForms('0000', 'text', 'text').trimmed, '0');
});

test('R26 an exact id wins over a converted one, whatever the settings say', () => {
  assert.equal(matchRank('00B8BE19', '00B8BE19', 'hex', 'dec'), 0);
  assert.equal(matchRank('00B8BE19', 'b8be19', 'text', 'text'), 3);
  assert.equal(matchRank('12345678', '12345678', 'hex', 'dec'), 0);
  assert.equal(matchRank('0e999f21-81ef', 'e999f21-81ee', 'text', 'text'), undefined);
  assert.equal(matchRank('39f99dd5', '972660181', 'text', 'text'), undefined, 'no conversion unless configured');
});

test('whatever ranks is found by its keys, and nothing else is', () => {
  const base = fc.constantFrom<IdBase>('text', 'dec', 'hex');
  const id = fc.oneof(
    fc.bigInt({ min: 0n, max: 1n << 100n }).map(String),
    fc.bigInt({ min: 0n, max: 1n << 100n }).map((value) => value.toString(16)),
    fc.stringMatching(/^[0aA1fF-]{1,6}$/),
  );
  const variant = fc.constantFrom(
    (one: string) => one,
    (one: string) => one.toUpperCase(),
    (one: string) => `00${one}`,
    (one: string) => (/^\d+$/.test(one) ? BigInt(one).toString(16) : one),
    (one: string) => (/^[0-9a-f]+$/i.test(one) ? BigInt(`0x${one}`).toString() : one),
  );
  fc.assert(
    fc.property(id, id, variant, base, base, (one, other, change, respBase, receiptBase) => {
      for (const receipt of [change(one), other]) {
        const found = lookupKeys(receipt, respBase, receiptBase).includes(indexKey(one));
        assert.equal(found, matchRank(one, receipt, respBase, receiptBase) !== undefined, `${one} ${receipt}`);
      }
    }),
    { numRuns: 2000 },
  );
});
