// Destinations to E.164 digits and the kinds of senders (reference R19).

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { classifySender, gsmSeptets, INTERNATIONAL_ONLY, normaliseDestination } from '../../src/numbering/address.ts';

const SWISS = { countryCode: '41', nationalPrefix: '0', internationalPrefix: '00' };

function digits(addr: string, ton = 0, npi = 0, rules = SWISS): string {
  const result = normaliseDestination(addr, ton, npi, rules);
  return result.ok ? result.value : `fault:${result.error}`;
}

test('R19 all ways to write one number give the same digits', () => {
  for (const [addr, ton, npi] of [
    ['+41790000001', 0, 0],
    ['0041790000001', 0, 1],
    ['41790000001', 1, 1],
    ['0790000001', 0, 0],
    ['0790000001', 2, 1],
    ['790000001', 2, 8],
    ['+41 79 000-00.01', 1, 1],
    ['+41 (79) 000/0001', 0, 0],
    ['0041790000001', 1, 1],
  ] as const) {
    assert.equal(digits(addr, ton, npi), '41790000001', `${addr} ${ton}/${npi}`);
  }
});

test('R19 what is no international number is refused with its reason', () => {
  assert.equal(digits(''), 'fault:empty');
  assert.equal(digits('+'), 'fault:empty');
  assert.equal(digits('41790x00001'), 'fault:character');
  assert.equal(digits('4179+000001'), 'fault:character');
  assert.equal(digits('411234', 1, 1), 'fault:tooShort');
  assert.equal(digits('4112345678901234', 1, 1), 'fault:tooLong');
  assert.equal(digits('0790000001', 2, 1, INTERNATIONAL_ONLY), 'fault:national');
  assert.equal(digits('0790000001', 1, 1), 'fault:leadingZero');
  assert.equal(digits('000790000001', 1, 1), 'fault:leadingZero');
  assert.equal(digits('41790000001', 5, 0), 'fault:ton');
  assert.equal(digits('41790000001', 1, 3), 'fault:npi');
});

test('a plus sign beats the account rules', () => {
  const american = { countryCode: '1', nationalPrefix: '1', internationalPrefix: '011' };
  assert.equal(digits('01141790000001', 0, 1, american), '41790000001');
  assert.equal(digits('12125550100', 0, 1, american), '12125550100');
  assert.equal(digits('+12125550100', 0, 1, american), '12125550100');
  assert.equal(digits('2125550100', 2, 1, american), '12125550100');
});

test('normalising twice changes nothing, and the result is always 7 to 15 digits', () => {
  const part = fc.constantFrom('+', '0', '00', '41', '7', '9', '1', ' ', '-', '(', 'a');
  const text = fc.array(part, { maxLength: 14 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom(0, 1, 2), (addr, ton) => {
      const first = normaliseDestination(addr, ton, 1, SWISS);
      if (!first.ok) return;
      assert.match(first.value, /^[1-9][0-9]{6,14}$/);
      assert.deepEqual(normaliseDestination(first.value, 1, 1, SWISS), first);
    }),
  );
});

test('R19 senders: names, short codes, numbers', () => {
  const kind = (addr: string, ton: number, npi = 0) => {
    const result = classifySender(addr, ton, npi);
    return result.ok ? `${result.value.kind}:${result.value.address}` : `fault:${result.error}`;
  };
  assert.equal(kind('', 0), 'none:');
  assert.equal(kind('GLASPOST', 5), 'alphanumeric:GLASPOST');
  assert.equal(kind('Glaspost AG', 0), 'alphanumeric:Glaspost AG');
  assert.equal(kind('12345', 5), 'alphanumeric:12345');
  assert.equal(kind('Glaspost AGx', 5), 'fault:tooLong');
  assert.equal(kind('[abcdefghi', 5), 'alphanumeric:[abcdefghi');
  assert.equal(kind('[abcdefghij', 5), 'fault:tooLong');
  assert.equal(kind('   ', 5), 'fault:blank');
  assert.equal(kind('Жук', 5), 'fault:character');
  assert.equal(kind('BANK', 1, 1), 'fault:character');
  assert.equal(kind('12345', 0), 'shortCode:12345');
  assert.equal(kind('12345', 3, 1), 'shortCode:12345');
  assert.equal(kind('12', 0), 'fault:tooShort');
  assert.equal(kind('41790000001', 1, 1), 'international:41790000001');
  assert.equal(kind('+41790000001', 0), 'international:41790000001');
  assert.equal(kind('0041790000001', 0), 'international:41790000001');
  assert.equal(kind('0790000001', 2, 1), 'fault:ton');
  assert.equal(kind('41790000001234567', 1, 1), 'fault:tooLong');
  assert.equal(kind('x', 7), 'fault:ton');
});

test('septets count the extension table twice and refuse what GSM lacks', () => {
  assert.equal(gsmSeptets('Zürich €'), 9);
  assert.equal(gsmSeptets('日本'), -1);
});
