// The order token covers everything that must not change between gateway and guard.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type OrderFacts, orderToken, tokenKey } from '../../src/egress/orderToken.ts';

const sha256 = (input: string): string => createHash('sha256').update(input, 'latin1').digest('latin1');
const latin1 = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((octets) => Buffer.from(octets).toString('latin1'));
const exactly = (octets: number) =>
  fc.uint8Array({ minLength: octets, maxLength: octets }).map((one) => Buffer.from(one).toString('latin1'));

const facts: fc.Arbitrary<OrderFacts> = fc.record({
  op: exactly(16),
  link: latin1(64),
  sourceTon: fc.nat(7),
  sourceNpi: fc.nat(15),
  source: latin1(20),
  destination: latin1(20),
  dataCoding: fc.nat(255),
  udhi: fc.boolean(),
  segmentCount: fc.integer({ min: 1, max: 255 }),
  validitySeconds: fc.integer({ min: 300, max: 259_200 }),
  validUntil: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  flags: fc.nat(255),
  bodyDigest: exactly(32),
});

test('two orders have the same token only when they are the same', () => {
  const key = tokenKey(Buffer.from('a secret'), sha256);
  fc.assert(
    fc.property(facts, facts, fc.constantFrom(...Object.keys(sample())), (one, other, changed) => {
      const field = changed as keyof OrderFacts;
      const altered = { ...one, [field]: other[field] };
      assert.equal(orderToken(key, one, sha256) === orderToken(key, altered, sha256), one[field] === other[field]);
    }),
    { numRuns: 2000 },
  );
});

test('every bit of the end of validity and of the flags counts', () => {
  const key = tokenKey(Buffer.from('a secret'), sha256);
  const token = orderToken(key, sample(), sha256);
  for (let bit = 0; bit < 48; bit++) {
    const changed = Number(BigInt(sample().validUntil) ^ (1n << BigInt(bit)));
    assert.notEqual(orderToken(key, { ...sample(), validUntil: changed }, sha256), token, `bit ${bit}`);
  }
  for (let bit = 0; bit < 8; bit++)
    assert.notEqual(orderToken(key, { ...sample(), flags: sample().flags ^ (1 << bit) }, sha256), token);
});

test('it is HMAC-SHA-256', () => {
  for (const length of [0, 5, 64, 65, 200]) {
    const secret = Buffer.alloc(length, 0x6b);
    let message = '';
    const token = orderToken(tokenKey(secret, sha256), sample(), (input) => {
      if (message === '') message = input.slice(64);
      return sha256(input);
    });
    assert.equal(token, createHmac('sha256', secret).update(message, 'latin1').digest('latin1'));
  }
});

function sample(): OrderFacts {
  return {
    op: 'o'.repeat(16),
    link: 'alpha',
    sourceTon: 5,
    sourceNpi: 0,
    source: 'INFO',
    destination: '491700000001',
    dataCoding: 0,
    udhi: false,
    segmentCount: 1,
    validitySeconds: 300,
    validUntil: 1_700_000_000_123,
    flags: 0,
    bodyDigest: 'd'.repeat(32),
  };
}
