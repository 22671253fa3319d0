// ISO 8859-5 (Cyrillic) and 8859-8 (Hebrew), data_coding 6 and 7. Both are ranges shifted against Unicode with a few
// exceptions; that is all this file knows.

/** The parts of ISO 8859 with a data_coding of their own besides Latin-1. */
export type Iso8859 = 'iso-8859-5' | 'iso-8859-8';

const unknownCharacter = 0xfffd;

const tables: Readonly<Record<Iso8859, Uint16Array>> = {
  'iso-8859-5': build((octet) => {
    if (octet === 0xa0 || octet === 0xad) return octet;
    if (octet === 0xf0) return 0x2116;
    if (octet === 0xfd) return 0x00a7;
    return octet + 0x0360;
  }),
  'iso-8859-8': build((octet) => {
    if (octet === 0xaa) return 0x00d7;
    if (octet === 0xba) return 0x00f7;
    if (octet === 0xdf) return 0x2017;
    if (octet >= 0xe0 && octet <= 0xfa) return octet + 0x04f0;
    if (octet === 0xfd || octet === 0xfe) return octet + 0x1f11;
    return octet === 0xa1 || octet >= 0xbf ? unknownCharacter : octet;
  }),
};

function build(upper: (octet: number) => number): Uint16Array {
  const table = new Uint16Array(256);
  for (let octet = 0; octet < 256; octet++) table[octet] = octet < 0xa0 ? octet : upper(octet);
  return table;
}

/** Text of `octets`; unassigned octets show as U+FFFD. */
export function decodeIso8859(octets: Uint8Array, part: Iso8859): string {
  const table = tables[part];
  let text = '';
  for (const octet of octets) text += String.fromCharCode(table[octet]!);
  return text;
}

/** Octets of `text`; undefined when a character is missing. */
export function encodeIso8859(text: string, part: Iso8859): Buffer | undefined {
  const table = tables[part];
  const octets = Buffer.allocUnsafe(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const octet = code < 0xa0 ? code : code === unknownCharacter ? -1 : table.indexOf(code, 0xa0);
    if (octet < 0) return undefined;
    octets[i] = octet;
  }
  return octets;
}
