// Blank against visible: our tables against the Unicode data of the runtime.

import assert from 'node:assert/strict';
import test from 'node:test';
import { hasVisible } from '../../src/egress/visible.ts';

function ucs2(point: number): boolean {
  const octets = Buffer.from(String.fromCodePoint(point), 'utf16le').swap16();
  return hasVisible(octets, 0, octets.length, 8, 'gsm');
}

test('every character that Unicode calls space, control, format, ignorable or private is blank', () => {
  const blank = /[\p{White_Space}\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;
  const visible: string[] = [];
  for (let point = 0; point < 0x110000; point += 1) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    // Prepended marks of numbers (Arabic, Kaithi) are format characters with a shape of their own; we call them blank too.
    if (blank.test(String.fromCodePoint(point)) && ucs2(point)) visible.push(point.toString(16));
  }
  assert.deepEqual(visible, []);
});

test('letters, digits, punctuation and symbols are visible, fillers and the empty braille cell apart', () => {
  const shown = /[\p{L}\p{N}\p{P}\p{S}]/u;
  const fillers = new Set([0x115f, 0x1160, 0x2800, 0x3164, 0xffa0]);
  const blank: string[] = [];
  for (let point = 0; point < 0xe0000; point += 1) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    if (shown.test(String.fromCodePoint(point)) && !ucs2(point) && !fillers.has(point)) blank.push(point.toString(16));
  }
  assert.deepEqual(blank, []);
});

test('half a surrogate pair and half a unit show nothing', () => {
  for (const hex of ['d83d', 'de00', 'd83d0020', '00', 'd83dd83d']) {
    const octets = Buffer.from(hex, 'hex');
    assert.equal(hasVisible(octets, 0, octets.length, 8, 'gsm'), false, hex);
  }
  assert.equal(hasVisible(Buffer.from('d83d0041', 'hex'), 0, 4, 8, 'gsm'), true);
});

test('octets of the three default alphabets', () => {
  const shown = (octet: number, alphabet: 'gsm' | 'latin1' | 'ascii') =>
    hasVisible(Buffer.from([octet]), 0, 1, 0, alphabet);
  const blanks = (alphabet: 'gsm' | 'latin1' | 'ascii') =>
    Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => !shown(octet, alphabet)).length;
  assert.equal(blanks('gsm'), 128 + 4);
  assert.equal(blanks('ascii'), 256 - 94);
  assert.equal(blanks('latin1'), 33 + 1 + 32 + 2);
  assert.equal(shown(0x00, 'gsm'), true);
  assert.equal(shown(0x00, 'latin1'), false);
});
