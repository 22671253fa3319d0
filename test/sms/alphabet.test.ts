// data_coding by data_coding (R14), and texts through every alphabet that has text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Alphabet,
  classify,
  decodeText,
  defaultOptions,
  encodeText,
  plainContext,
} from '../../src/sms/alphabet.ts';

test('R14 data_coding by data_coding', () => {
  const alphabetOf = (dataCoding: number): string => {
    const coding = classify(dataCoding, defaultOptions);
    if (!coding.ok) return coding.error.code;
    const { alphabet, messageClass, waiting, deleteAfterReading } = coding.value;
    const light = waiting && `${waiting.store ? 'store' : 'discard'} ${waiting.active ? 'on' : 'off'} ${waiting.type}`;
    return [alphabet, messageClass ?? '-', light ?? '-', deleteAfterReading ? 'delete' : '-'].join(' ');
  };
  const wanted: readonly (readonly [number, string])[] = [
    [0x00, 'gsm7 - - -'],
    [0x01, 'ascii - - -'],
    [0x02, 'octets - - -'],
    [0x03, 'latin1 - - -'],
    [0x04, 'octets - - -'],
    [0x05, 'jis-x-0208 - - -'],
    [0x06, 'iso-8859-5 - - -'],
    [0x07, 'iso-8859-8 - - -'],
    [0x08, 'ucs2 - - -'],
    [0x09, 'pictogram - - -'],
    [0x0a, 'iso-2022-jp - - -'],
    [0x0b, 'reservedDataCoding'],
    [0x0c, 'reservedDataCoding'],
    [0x0d, 'jis-x-0212 - - -'],
    [0x0e, 'ks-c-5601 - - -'],
    [0x0f, 'reservedDataCoding'],
    [0x10, 'gsm7 0 - -'],
    [0x13, 'gsm7 3 - -'],
    [0x15, 'octets 1 - -'],
    [0x18, 'ucs2 0 - -'],
    [0x1b, 'ucs2 3 - -'],
    [0x1c, 'reservedDataCoding'],
    [0x20, 'reservedDataCoding'],
    [0x3f, 'reservedDataCoding'],
    [0x40, 'gsm7 - - delete'],
    [0x44, 'octets - - delete'],
    [0x48, 'ucs2 - - delete'],
    [0x52, 'gsm7 2 - delete'],
    [0x58, 'ucs2 0 - delete'],
    [0x80, 'reservedDataCoding'],
    [0xbf, 'reservedDataCoding'],
    [0xc8, 'gsm7 - discard on 0 -'],
    [0xd2, 'gsm7 - store off 2 -'],
    [0xe9, 'ucs2 - store on 1 -'],
    [0xf0, 'gsm7 0 - -'],
    [0xf5, 'octets 1 - -'],
    [0xf8, 'reservedDataCoding'],
    [0xff, 'reservedDataCoding'],
  ];
  for (const [dataCoding, text] of wanted) assert.equal(alphabetOf(dataCoding), text, dataCoding.toString(16));
});

test('R14 what data_coding 0 and 1 mean is a matter of the connection', () => {
  const latin = { defaultAlphabet: 'latin1', ia5IsDefault: true } as const;
  for (const dataCoding of [0, 1]) {
    const coding = classify(dataCoding, latin);
    assert.ok(coding.ok);
    assert.equal(coding.value.alphabet, 'latin1');
  }
  const packed = classify(0xf0, { defaultAlphabet: 'gsm7-packed', ia5IsDefault: false });
  assert.ok(packed.ok);
  assert.equal(packed.value.alphabet, 'gsm7-packed');
});

test('texts in their alphabets, octet for octet', () => {
  const cases: readonly (readonly [Alphabet, string, string])[] = [
    ['gsm7', 'a@€', '61001b65'],
    ['gsm7-packed', 'hellohello', 'e8329bfd4697d9ec37'],
    ['ascii', 'ok~', '6f6b7e'],
    ['latin1', 'Zürich', '5afc72696368'],
    ['iso-8859-5', 'Привет №', 'bfe0d8d2d5e220f0'],
    ['iso-8859-8', 'שלום', 'f9ece5ed'],
    ['ucs2', 'я😀', '044fd83dde00'],
  ];
  for (const [alphabet, text, hex] of cases) {
    assert.equal(encodeText(alphabet, text, plainContext)?.toString('hex'), hex, alphabet);
    assert.equal(decodeText(alphabet, Buffer.from(hex, 'hex'), plainContext), text, alphabet);
  }
  assert.equal(decodeText('ucs2', Buffer.from('044f04', 'hex'), plainContext), 'я\ufffd', 'a lone octet');
  assert.equal(decodeText('jis-x-0208', Buffer.from('3021', 'hex'), plainContext), undefined);
  assert.equal(encodeText('latin1', '€', plainContext), undefined);
  assert.equal(encodeText('ascii', 'é', plainContext), undefined);
});

test('ISO 8859-5 and -8 agree with the platform for every assigned octet', () => {
  for (const alphabet of ['iso-8859-5', 'iso-8859-8'] as const) {
    const decoder = new TextDecoder(alphabet);
    for (let octet = 0; octet < 256; octet++) {
      const octets = Buffer.of(octet);
      const text = decodeText(alphabet, octets, plainContext);
      assert.equal(text, decoder.decode(octets), `${alphabet} ${octet.toString(16)}`);
      if (text !== undefined && text !== '\ufffd') assert.ok(encodeText(alphabet, text, plainContext)?.equals(octets));
    }
  }
});

test('every alphabet gives back the texts that it takes', () => {
  const alphabets = ['gsm7', 'gsm7-packed', 'ascii', 'latin1', 'iso-8859-5', 'iso-8859-8', 'ucs2'] as const;
  const character = fc.oneof(
    fc.constantFrom(...'abcXYZ 0@£¥€[]{}~^|\\éñüÄÖß\n\rЖяѠאבת×÷‗№§'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  const text = fc.array(character, { maxLength: 170, size: 'max' }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(
      fc.constantFrom(...alphabets),
      text,
      fc.constantFrom(0, 4, 6, 7, 9, 12),
      (alphabet, whole, udhOctets) => {
        const context = { ...plainContext, udhOctets };
        const fits = [...whole].filter((one) => encodeText(alphabet, one, context) !== undefined).join('');
        // Where packing leaves seven spare bits, a last "@" cannot be told from them.
        const sent = alphabet === 'gsm7-packed' ? fits.replace(/@+$/, '') : fits;
        const octets = encodeText(alphabet, sent, context);
        assert.ok(octets);
        assert.equal(decodeText(alphabet, octets, context), sent);
      },
    ),
    { numRuns: 500 },
  );
});
