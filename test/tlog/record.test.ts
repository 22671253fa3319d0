// Records and counter cells octet for octet, and refusal of those that mean nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inclusionPath, leafHash, verifyInclusion } from '../../src/tlog/merkle.ts';
import {
  type CounterCell,
  decodeCell,
  decodeRecord,
  encodeCell,
  encodeRecord,
  type LeafRecord,
  recordsRoot,
  resultClass,
} from '../../src/tlog/record.ts';
import { fromHex, sha256, toHex } from './hash.ts';

const root = fromHex('ab'.repeat(32));
const accepted: LeafRecord = { intent: 0x0102, class: resultClass.accepted, segment: 3, minute: 0x01c73875, root };

test('a record, octet for octet', () => {
  const octets = encodeRecord('result', accepted);
  assert.equal(toHex(octets), `0000000000000102010301c73875${'ab'.repeat(32)}`);
  assert.equal(octets.length, 46);
  assert.deepEqual(decodeRecord('result', octets), accepted);
  const declined = { ...accepted, intent: undefined, class: resultClass.declined };
  assert.match(toHex(encodeRecord('result', declined)), /^f{16}05/);
  assert.deepEqual(decodeRecord('result', encodeRecord('result', declined)), declined);
});

test('records that mean nothing are refused', () => {
  const bad: readonly (readonly ['result' | 'dlr', LeafRecord])[] = [
    ['result', { ...accepted, class: 0 }],
    ['result', { ...accepted, class: 7 }],
    ['dlr', { ...accepted, class: 6 }],
    ['result', { ...accepted, intent: undefined }],
    ['result', { ...accepted, class: resultClass.declined }],
    ['dlr', { ...accepted, intent: undefined, class: 5 }],
    ['result', { ...accepted, root: 'short' }],
  ];
  for (const [kind, record] of bad) assert.throws(() => encodeRecord(kind, record));
  assert.equal(decodeRecord('result', ''), undefined);
  assert.equal(decodeRecord('result', `${encodeRecord('result', accepted)}\0`), undefined);
  assert.equal(
    decodeRecord('dlr', fromHex(`0020000000000000010301c73875${'ab'.repeat(32)}`)),
    undefined,
    'beyond 2^53',
  );
});

test('octets are one record or none', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('result', 'dlr'),
      fc.uint8Array({ minLength: 46, maxLength: 46 }),
      fc.nat(7),
      (kind, raw, first) => {
        raw[8] = first;
        if (first < 4) raw.fill(0, 0, 2);
        const octets = Buffer.from(raw).toString('latin1');
        const record = decodeRecord(kind, octets);
        if (record !== undefined) assert.equal(encodeRecord(kind, record), octets);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a record is shown without its neighbours', () => {
  const records = [1, 2, 3, 4, 5].map((segment) => encodeRecord('result', { ...accepted, segment }));
  const batch = recordsRoot(sha256, records);
  const leaves = records.map((record) => leafHash(sha256, record));
  assert.ok(verifyInclusion(sha256, 3, 5, leaves[3]!, inclusionPath(sha256, leaves, 3), batch));
  assert.ok(!verifyInclusion(sha256, 3, 5, leaves[2]!, inclusionPath(sha256, leaves, 3), batch));
});

test('a counter cell, octet for octet', () => {
  const cell: CounterCell = {
    salt: fromHex('5a'.repeat(16)),
    session: fromHex('a1a2a3a4a5a6a7a8'),
    opcode: 4,
    status: 0x58,
    count: 2 ** 33,
    firstSeq: 1,
    lastSeq: 900,
  };
  const octets = encodeCell(cell);
  assert.equal(toHex(octets), `${'5a'.repeat(16)}a1a2a3a4a5a6a7a8000000040000005800000002000000000000000100000384`);
  assert.deepEqual(decodeCell(octets), cell);
  assert.equal(decodeCell(octets.slice(1)), undefined);
  assert.throws(() => encodeCell({ ...cell, count: -1 }));
});
