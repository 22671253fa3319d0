// Commitments and roots against the worked example, salts, and openings under mutation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bodySalt,
  bodyValue,
  commit,
  field,
  fieldSalt,
  fieldsRoot,
  fieldsSeed,
  type Opening,
  type OrderValues,
  openedRoot,
  orderRoot,
  routeRoot,
  saltsOf,
  senderValue,
  textValue,
  verifyOpenings,
} from '../../src/tlog/commitment.ts';
import { fromHex, sha256, toHex } from './hash.ts';

const salt = (octet: string): string => fromHex(octet.repeat(16));

/** The worked example: value, salt octet and commitment by field. */
const example: readonly (readonly [number: number, value: string, saltOctet: string, commitment: string])[] = [
  [0x01, '41790000001', 'a1', 'e2dc6f6bf5ece4c879dc1536e8fd9c36f8c77b1611ce53216997f44d9477f684'],
  [0x02, senderValue(5, 0, 'Glaspost'), 'a2', 'd03064ec59e165d97c31c750bfd20bba00fe40f0378417cf20f4e5993487826e'],
  [
    0x03,
    bodyValue(0, Buffer.from('Your code is 482913')),
    'a3',
    '9487f2aa085117be1f6a9e5d021418af968030a595cb493681416212f3375a90',
  ],
  [0x04, 'cust_0001', 'a4', '2e95c6f579b956a815fdefce6286c790a213ab4b351f9c073cec41512de01fc9'],
  [0x05, 'otp/contract', 'a5', '2fbd4c3e54d19010d89ade253b2781d5abefaa100af3ac2a89d08c93e4e07058'],
  [0x06, 'ref-77', 'a6', '9144c69bdcece63c6b6f5a9dea58052eaa9737519cf724fb82625e37d6f30448'],
  [0x07, 'CHF 0.0550', 'a7', '8e4b04d7f9d4b58fb57e79d8c62cba724430e2a2f11b82e5933127e4cca2a5df'],
  [0x11, 'carrier-7', 'b1', 'af32db4cd703373b64e715a5b75d32bb592d489afcec858d62d9f3320e0f133e'],
  [0x13, 'CHF 0.0410', 'b3', 'e70fbcd246a03d161392698837a3ee6c54e7f48d035f90a1c2a106a0c2c08f81'],
];

const exampleOrderRoot = '82f6a2b051b3385ad6cb43dbc01df9bbf1c94a294b12eb4bc0eea3e110aea839';
const exampleRouteRoot = '59e56f948708d28d6144a62126cd795393f72fb3e61ae9b195dcd6d9cd7b7ef0';

function openings(from: number, to: number): readonly Opening[] {
  return example
    .filter(([number]) => number >= from && number <= to)
    .map(([number, value, octet]) => ({ field: number, salt: salt(octet), value }));
}

test('the worked example, bit for bit', () => {
  for (const [number, value, octet, wanted] of example) {
    assert.equal(toHex(commit(sha256, number, salt(octet), value)), wanted, number.toString(16));
  }
  assert.equal(toHex(openedRoot(sha256, openings(0x01, 0x07))), exampleOrderRoot);
  assert.equal(toHex(openedRoot(sha256, openings(0x11, 0x13))), exampleRouteRoot);
  const open = [
    { field: field.supplier, salt: salt('d1'), value: 'carrier-7' },
    { field: field.endpoints, salt: salt('d2'), value: '192.0.2.10:40112>198.51.100.5:2775' },
  ];
  assert.equal(toHex(openedRoot(sha256, open)), '76f99fef1b70de664d6b0210e6d9004a0698a4265f7dd2e672043967aa0ceb74');
});

const seed = fromHex('000102030405060708090a0b0c0d0e0f');
const values: OrderValues = {
  recipient: '41790000001',
  sender: senderValue(5, 0, 'Glaspost'),
  body: bodyValue(0, Buffer.from('Your code is 482913')),
  customer: 'cust_0001',
  purpose: 'otp/contract',
  customerReference: '',
  customerPrice: 'CHF 0.0550',
};

test('salts: one seed per message, one salt per field, the body on its own', () => {
  const salts = saltsOf(sha256, seed);
  assert.equal(salts.fieldsSeed, fieldsSeed(sha256, seed));
  assert.equal(salts.bodySalt, bodySalt(sha256, seed));
  assert.equal(salts.fieldsSeed, sha256(`glaspost/fields${seed}`).slice(0, 16));
  assert.equal(salts.bodySalt, sha256(`glaspost/body${seed}`).slice(0, 16));
  const all = [...Object.values(field)].filter((number) => number !== field.body);
  const derived = all.map((number) => fieldSalt(sha256, number, salts.fieldsSeed));
  assert.equal(derived[0], sha256(`\x53\x01${salts.fieldsSeed}`).slice(0, 16));
  assert.equal(new Set([...derived, salts.bodySalt, salts.fieldsSeed, seed]).size, all.length + 3);
  for (const one of derived) assert.equal(one.length, 16);
});

test('the roots of an order are those of its openings; every value and either salt counts', () => {
  const salts = saltsOf(sha256, seed);
  const list = Object.values(values).map((value, index) => {
    const number = index + 1;
    return { field: number, value, salt: number === 3 ? salts.bodySalt : fieldSalt(sha256, number, salts.fieldsSeed) };
  });
  const root = orderRoot(sha256, salts, values);
  assert.equal(root, openedRoot(sha256, list));
  const route = routeRoot(sha256, salts.fieldsSeed, { supplier: 'carrier-7', cost: 'CHF 0.0410' });
  assert.equal(
    route,
    fieldsRoot(sha256, salts.fieldsSeed, [
      [0x11, 'carrier-7'],
      [0x13, 'CHF 0.0410'],
    ]),
  );
  for (const key of Object.keys(values) as (keyof OrderValues)[]) {
    assert.notEqual(orderRoot(sha256, salts, { ...values, [key]: `${values[key]}x` }), root, key);
  }
  assert.notEqual(orderRoot(sha256, { ...salts, bodySalt: salt('00') }, values), root);
  assert.notEqual(orderRoot(sha256, { ...salts, fieldsSeed: salt('00') }, values), root);
});

test('an opening proves its field, and no mutation of it does', () => {
  const list = openings(0x01, 0x07);
  const pairs = list
    .map((one) => String.fromCharCode(one.field) + commit(sha256, one.field, one.salt, one.value))
    .join('');
  const root = openedRoot(sha256, list);
  const fields = [1, 2, 3, 4, 5, 6, 7];
  for (const one of list) assert.ok(verifyOpenings(sha256, root, pairs, fields, [one]));
  assert.ok(verifyOpenings(sha256, root, pairs, fields, []));
  fc.assert(
    fc.property(fc.nat(6), fc.nat(4), fc.nat(230), fc.nat(7), (which, kind, at, bit) => {
      const one = list[which]!;
      const flip = (octets: string, place: number): string =>
        octets.slice(0, place) + String.fromCharCode(octets.charCodeAt(place) ^ (1 << bit)) + octets.slice(place + 1);
      const verify = (r: string, p: string, f: readonly number[], o: Opening): boolean =>
        verifyOpenings(sha256, r, p, f, [o]);
      if (kind === 0) assert.ok(!verify(flip(root, at % 32), pairs, fields, one));
      if (kind === 1) assert.ok(!verify(root, flip(pairs, at % pairs.length), fields, one));
      if (kind === 2)
        assert.ok(!verify(root, pairs, fields, { ...one, value: flip(one.value, at % one.value.length) }));
      if (kind === 3) assert.ok(!verify(root, pairs, fields, { ...one, salt: flip(one.salt, at % 16) }));
      if (kind === 4) assert.ok(!verify(root, pairs, fields, { ...one, field: ((which + 1 + (at % 6)) % 7) + 1 }));
    }),
    { numRuns: 2000 },
  );
  const [first] = list as [Opening];
  assert.ok(!verifyOpenings(sha256, root, pairs, [1, 2, 3, 4, 5, 6], [first]), 'another list of fields');
  assert.ok(!verifyOpenings(sha256, root, pairs, [2, 1, 3, 4, 5, 6, 7], [first]));
  assert.ok(!verifyOpenings(sha256, root, pairs, fields, [{ ...first, field: 0x11 }]), 'a field that is not there');
  const shifted = { ...first, salt: first.salt + first.value[0]!, value: first.value.slice(1) };
  assert.ok(!verifyOpenings(sha256, root, pairs, fields, [shifted]), 'octets moved from value to salt');
});

test('lists out of order are a mistake of ours', () => {
  assert.throws(() =>
    fieldsRoot(sha256, salt('00'), [
      [2, ''],
      [1, ''],
    ]),
  );
  assert.throws(() => openedRoot(sha256, [{ field: 1, salt: 'short', value: '' }]));
  const twice = { field: 1, salt: salt('00'), value: '' };
  assert.throws(() => openedRoot(sha256, [twice, twice]));
});

test('text is committed as the octets of its UTF-8 NFC form', () => {
  assert.equal(toHex(textValue('ref-77')), '7265662d3737');
  assert.equal(toHex(textValue('é')), 'c3a9');
  assert.equal(toHex(textValue('e\u0301')), 'c3a9');
});
