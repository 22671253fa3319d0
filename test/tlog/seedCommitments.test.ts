// What is derived in place from a seed is what the formats of commitment.ts give.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodySalt, bodyValue, commit, field, fieldsSeed } from '../../src/tlog/commitment.ts';
import { SeedCommitments } from '../../src/tlog/seedCommitments.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('latin1');

test('the seed of the salts and the commitment to the body are those of the formats, message after message', () => {
  const commitments = new SeedCommitments((octets) => createHash('sha256').update(octets).digest('latin1'));
  const octets = fc.uint8Array({ maxLength: 1200 });
  const seeds = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((one) => Buffer.from(one).toString('latin1'));
  fc.assert(
    fc.property(seeds, fc.nat(255), octets, fc.nat(20), (seed, dataCoding, text, header) => {
      const from = Math.min(header, text.length);
      const value = bodyValue(dataCoding, Buffer.from(text.subarray(from)));
      assert.equal(commitments.fieldsSeed(seed), fieldsSeed(sha256, seed));
      assert.equal(
        commitments.body(seed, dataCoding, text, from),
        commit(sha256, field.body, bodySalt(sha256, seed), value),
      );
    }),
    { numRuns: 300 },
  );
});
