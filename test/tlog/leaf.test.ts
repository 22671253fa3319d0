// Entries against the worked example, every type both ways, and refusal of all that is no entry.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeLeaf,
  encodeLeaf,
  type Leaf,
  type LeafFault,
  leafFlag,
  noHash,
  noOp,
  noSession,
} from '../../src/tlog/leaf.ts';
import {
  decodeExtension,
  type Extension,
  encodeExtension,
  type LeafType,
  leafType,
} from '../../src/tlog/leafExtension.ts';
import { leafHash } from '../../src/tlog/merkle.ts';
import { fromHex, sha256, toHex } from './hash.ts';

const blank: Omit<Leaf, 'type'> = {
  flags: 0,
  span: 0,
  op: noOp,
  minute: 0x01c73875,
  session: noSession,
  seq: 0,
  opcode: 0,
  ref: undefined,
  start: 0,
  prev: noHash,
  extension: '',
  roots: [],
};
const session = fromHex('a1a2a3a4a5a6a7a8');
const openRoot = fromHex('76f99fef1b70de664d6b0210e6d9004a0698a4265f7dd2e672043967aa0ceb74');
const order = fromHex('82f6a2b051b3385ad6cb43dbc01df9bbf1c94a294b12eb4bc0eea3e110aea839');
const route = fromHex('59e56f948708d28d6144a62126cd795393f72fb3e61ae9b195dcd6d9cd7b7ef0');
const openHash = fromHex('aa483d1de27c0f83fde34499425eb3b5a56c2d23e33832c6f8b8a5bef800b11f');

const sessionOpen: Leaf = {
  ...blank,
  type: leafType.sessionOpen,
  span: 1,
  session,
  seq: 1,
  opcode: 9,
  roots: [openRoot],
};
const intent: Leaf = {
  ...blank,
  type: leafType.intent,
  span: 1,
  op: fromHex('00112233445566778899aabbccddeeff'),
  session,
  seq: 2,
  opcode: 4,
  prev: openHash,
  roots: [order, route],
};

test('the worked example, bit for bit', () => {
  const open = encodeLeaf(sessionOpen);
  assert.equal(open.length, 122);
  const openHex =
    `01040001${'00'.repeat(16)}01c73875a1a2a3a4a5a6a7a80000000100000009${'ff'.repeat(8)}${'00'.repeat(8)}` +
    `${'00'.repeat(32)}0000${toHex(openRoot)}`;
  assert.equal(toHex(open), openHex);
  assert.equal(leafHash(sha256, open), openHash);
  const entry = encodeLeaf(intent);
  assert.equal(entry.length, 154);
  const intentHex =
    `0110000100112233445566778899aabbccddeeff01c73875a1a2a3a4a5a6a7a80000000200000004${'ff'.repeat(8)}` +
    `${'00'.repeat(8)}${toHex(openHash)}0000${toHex(order)}${toHex(route)}`;
  assert.equal(toHex(entry), intentHex);
  assert.deepEqual(decodeLeaf(open), { ok: true, value: sessionOpen });
  assert.deepEqual(decodeLeaf(entry), { ok: true, value: intent });
});

const hash = (octet: string): string => fromHex(octet.repeat(32));

/** One good extension of each type. */
const extensions: readonly Extension[] = [
  {
    type: leafType.start,
    measurement: hash('01'),
    configHash: hash('02'),
    quoteHash: noHash,
    policyChange: undefined,
    guardId: 'guard-01',
  },
  {
    type: leafType.start,
    measurement: hash('01'),
    configHash: hash('02'),
    quoteHash: hash('03'),
    policyChange: 77,
    guardId: 'guard-01',
  },
  { type: leafType.heartbeat, openIntents: 4, openBinds: 2, pdusSoFar: 2 ** 40 + 5 },
  {
    type: leafType.recovery,
    ranges: [
      { session, first: 3, last: 9 },
      { session: 'SESSION2', first: 1, last: 1 },
    ],
  },
  { type: leafType.recovery, ranges: [] },
  { type: leafType.sessionOpen },
  { type: leafType.sessionClose, lastSeq: 12, cause: 1, octetsOut: 900, octetsIn: 800 },
  { type: leafType.intent },
  { type: leafType.result, records: 1024, recordsRoot: hash('04') },
  { type: leafType.dlr, records: 1, recordsRoot: hash('05') },
  { type: leafType.lookup },
  { type: leafType.read },
  { type: leafType.change, note: 'a signed note' },
  { type: leafType.counter, startMinute: 0x01c73875, minutes: 15, cells: 3, cellsRoot: hash('06') },
  { type: leafType.erasure, fields: [{ index: 5, root: 0, field: 3 }], basis: 2 },
];

function leafOf(extension: Extension): Leaf {
  const octets = encodeExtension(extension);
  const { type } = extension;
  switch (type) {
    case leafType.sessionOpen:
      return sessionOpen;
    case leafType.intent:
      return intent;
    case leafType.sessionClose:
      return { ...blank, type, session, prev: openHash, extension: octets };
    case leafType.lookup:
      return { ...intent, type, flags: leafFlag.quorumBeforeEgress, extension: octets };
    case leafType.read:
      return { ...blank, type, op: intent.op, ref: 5, extension: octets, roots: [order] };
    case leafType.erasure:
      return { ...blank, type, extension: octets, roots: [order] };
    case leafType.change:
      return { ...blank, type, ref: 3, extension: octets };
    default:
      return { ...blank, type, extension: octets };
  }
}

test('every type is read back as it was written, its extension too', () => {
  assert.equal(new Set(extensions.map((extension) => extension.type)).size, 13);
  for (const extension of extensions) {
    const leaf = leafOf(extension);
    const entry = encodeLeaf(leaf);
    const read = decodeLeaf(entry);
    assert.deepEqual(read, { ok: true, value: leaf });
    assert.equal(encodeLeaf(leaf), entry);
    assert.deepEqual(decodeExtension(leaf.type, leaf.extension), extension);
  }
});

test('sizes of the extensions', () => {
  const octets = (type: LeafType): number =>
    encodeExtension(extensions.find((extension) => extension.type === type)!).length;
  assert.deepEqual(
    [
      leafType.start,
      leafType.heartbeat,
      leafType.recovery,
      leafType.sessionClose,
      leafType.result,
      leafType.counter,
    ].map(octets),
    [112, 16, 34, 21, 34, 40],
  );
  assert.equal(octets(leafType.erasure), 13);
});

test('what is no entry is refused with its reason, when written and when read', () => {
  const cases: readonly (readonly [LeafFault['code'], Leaf])[] = [
    ['flags', { ...intent, flags: 8 }],
    ['flags', { ...intent, type: leafType.lookup }],
    ['span', { ...intent, span: 0, seq: 0, opcode: 0 }],
    [
      'span',
      {
        ...leafOf({ type: leafType.heartbeat, openIntents: 0, openBinds: 0, pdusSoFar: 0 }),
        span: 1,
        seq: 1,
        opcode: 4,
      },
    ],
    ['op', { ...sessionOpen, op: intent.op }],
    ['session', { ...intent, session: noSession }],
    ['session', { ...leafOf(extensions[2]!), session }],
    ['seq', { ...intent, seq: 0 }],
    ['seq', { ...intent, seq: 0x8000_0000 }],
    ['seq', { ...leafOf(extensions[6]!), seq: 4 }],
    ['opcode', { ...intent, opcode: 0 }],
    ['ref', { ...sessionOpen, ref: 4 }],
    ['prev', { ...sessionOpen, prev: openHash }],
    ['prev', { ...leafOf(extensions[2]!), prev: openHash }],
    ['extension', { ...intent, extension: 'x' }],
    ['extension', { ...leafOf(extensions[8]!), extension: fromHex('0000') + hash('04') }],
    ['extension', { ...leafOf(extensions[8]!), extension: fromHex('0401') + hash('04') }],
    ['extension', { ...leafOf(extensions[12]!), extension: '' }],
    ['extension', { ...leafOf(extensions[12]!), extension: 'x'.repeat(8193) }],
  ];
  for (const [code, leaf] of cases) assert.throws(() => encodeLeaf(leaf), new RegExp(`: ${code}$`), code);

  const good = encodeLeaf(intent);
  const put = (at: number, octets: string): string => good.slice(0, at) + octets + good.slice(at + octets.length);
  const reads: readonly (readonly [LeafFault['code'], string])[] = [
    ['length', ''],
    ['length', good.slice(0, 89)],
    ['length', good.slice(0, -1)],
    ['length', `${good}\0`],
    ['length', put(88, '\x00\x01')],
    ['version', put(0, '\x02')],
    ['type', put(1, '\x13')],
    ['flags', put(2, '\x08')],
    ['span', put(3, '\0')],
    ['session', put(24, noSession)],
    ['seq', put(32, '\xff')],
    ['opcode', put(36, '\0\0\0\0')],
    ['ref', put(40, '\x00\x20\x00\x00\x00\x00\x00\x00')],
    ['start', put(48, '\xff')],
  ];
  for (const [code, entry] of reads) {
    const read = decodeLeaf(entry);
    assert.deepEqual(read, { ok: false, error: { code } }, code);
  }
  assert.ok(decodeLeaf(put(40, '\x00\x1f\xff\xff\xff\xff\xff\xff')).ok, 'the highest exact index');
  assert.equal(encodeLeaf({ ...intent, opcode: 0xf000_0001, seq: 0 }).length, 154, 'HTTP suppliers have no numbers');
});

test('the largest entries: 65,535 octets pass, more do not', () => {
  const ranges = Array.from({ length: 4091 }, (_, i) => ({ session, first: i + 1, last: i + 1 }));
  const extension = (count: number): string =>
    encodeExtension({ type: leafType.recovery, ranges: ranges.slice(0, count) });
  const entry = encodeLeaf({ ...blank, type: leafType.recovery, extension: extension(4090) });
  assert.ok(entry.length <= 65_535);
  assert.ok(decodeLeaf(entry).ok);
  assert.throws(() => encodeLeaf({ ...blank, type: leafType.recovery, extension: extension(4091) }), /length/);
});

test('a mutated entry is another entry or none: never the same meaning, never another hash of the same octets', () => {
  const pristine = extensions.map((extension) => leafOf(extension));
  fc.assert(
    fc.property(fc.nat(pristine.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, place, mask) => {
      const leaf = pristine[which]!;
      const entry = encodeLeaf(leaf);
      const at = place % entry.length;
      const mutated = entry.slice(0, at) + String.fromCharCode(entry.charCodeAt(at) ^ mask) + entry.slice(at + 1);
      assert.notEqual(leafHash(sha256, mutated), leafHash(sha256, entry));
      const read = decodeLeaf(mutated);
      if (!read.ok) return;
      assert.notDeepEqual(read.value, leaf);
      assert.equal(encodeLeaf(read.value), mutated, 'one order of octets per meaning');
    }),
    { numRuns: 10_000 },
  );
});

test('no octets make the reader throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(leafType)),
      fc.uint8Array({ maxLength: 260, size: 'max' }),
      (type, octets) => {
        const text = Buffer.from(octets).toString('latin1');
        decodeLeaf(text);
        decodeLeaf(`\x01${String.fromCharCode(type)}${text}`);
        const extension = decodeExtension(type, text);
        if (extension !== undefined) assert.equal(encodeExtension(extension), text);
      },
    ),
    { numRuns: 3000 },
  );
});
