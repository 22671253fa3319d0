// The order token covers everything that must not change between gateway and guard.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type OrderFacts, OrderTokens } from '../../src/egress/orderToken.ts';

const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('latin1');
const latin1 = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((octets) => Buffer.from(octets).toString('latin1'));

const facts: fc.Arbitrary<OrderFacts> = fc.record({
  op: fc.uint8Array({ minLength: 16, maxLength: 16 }),
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
  body: fc.uint8Array({ maxLength: 900 }),
});

test('two orders have the same token only when they are the same', () => {
  const tokens = new OrderTokens(Buffer.from('a secret'), sha256);
  fc.assert(
    fc.property(facts, facts, fc.constantFrom(...Object.keys(sample())), (one, other, changed) => {
      const field = changed as keyof OrderFacts;
      const altered = { ...one, [field]: other[field] };
      assert.equal(tokens.of(one) === tokens.of(altered), isDeepStrictEqual(one[field], other[field]));
    }),
    { numRuns: 2000 },
  );
});

test('every bit of every number counts', () => {
  const tokens = new OrderTokens(Buffer.from('a secret'), sha256);
  const token = tokens.of(sample());
  for (let bit = 0; bit < 48; bit++) {
    const changed = Number(BigInt(sample().validUntil) ^ (1n << BigInt(bit)));
    assert.notEqual(tokens.of({ ...sample(), validUntil: changed }), token, `bit ${bit}`);
  }
  // A validity has 18 bits, everything else is an octet.
  for (const [field, bits] of [
    ['validitySeconds', 18],
    ['flags', 8],
    ['segmentCount', 8],
    ['dataCoding', 8],
    ['sourceTon', 8],
    ['sourceNpi', 8],
  ] as const)
    for (let bit = 0; bit < bits; bit++)
      assert.notEqual(tokens.of({ ...sample(), [field]: sample()[field] ^ (1 << bit) }), token, `${field}, bit ${bit}`);
});

test('it is HMAC-SHA-256', () => {
  for (const length of [0, 5, 64, 65, 200]) {
    const secret = Buffer.alloc(length, 0x6b);
    let message: Buffer | null = null;
    const tokens = new OrderTokens(secret, (octets) => {
      // A long secret is hashed first.
      if (octets !== secret) message ??= Buffer.from(octets.subarray(64));
      return sha256(octets);
    });
    const token = tokens.of(sample());
    assert.ok(message !== null);
    assert.equal(token, createHmac('sha256', secret).update(message).digest('latin1'));
  }
});

function sample(): OrderFacts {
  return {
    op: Buffer.from('o'.repeat(16)),
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
    body: Buffer.from('a text of some length'),
  };
}
