// Looks for a mark that stands in every text of a test, in everything it could be written as: plain, UTF-16, GSM septets packed at
// any bit, hex and base64. A text that holds its mark every few characters cannot be there without one of these.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** In every text, several times. Letters and digits only, so that it is one octet per character in each alphabet. */
export const MARK = 'Qv7ZkXw2Jb';

/** A text of its own for each number, the mark never further than some 20 characters away. */
export function markedText(number: number): string {
  return `${MARK} ${number.toString(36).padStart(6, '0')} ${MARK} dear customer ${MARK} code ${number * 7919} ${MARK}`;
}

export interface Needle {
  readonly form: string;
  readonly octets: Buffer;
}

/** All forms of `text` that are looked for. */
export function needles(text: string): Needle[] {
  const plain = Buffer.from(text, 'latin1');
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  const found: Needle[] = [
    { form: 'ASCII', octets: plain },
    { form: 'UTF-16LE', octets: little },
    { form: 'UTF-16BE', octets: big },
  ];
  const packed = Array.from({ length: 8 }, (_, bit) => ({ bit, octets: packedAt(plain, bit) }));
  for (const { bit, octets } of packed) found.push({ form: `septets at bit ${bit}`, octets });
  for (const [form, octets] of [
    ['ASCII', plain],
    ['UTF-16BE', big],
    ['septets', (packed[0] as { octets: Buffer }).octets],
  ] as const) {
    const hex = octets.toString('hex');
    found.push({ form: `hex of ${form}`, octets: Buffer.from(hex) });
    found.push({ form: `HEX of ${form}`, octets: Buffer.from(hex.toUpperCase()) });
    for (let before = 0; before < 3; before++) {
      for (const alphabet of ['base64', 'base64url'] as const)
        found.push({ form: `${alphabet} of ${form}, ${before}`, octets: base64At(octets, before, alphabet) });
    }
  }
  return found;
}

/** GSM septets, least bit first (TS 23.038 §6.1.2.1), with `bit` bits before them; octets that hold other bits too left out. */
export function packedAt(septets: Uint8Array, bit: number): Buffer {
  const bits: number[] = new Array<number>(bit).fill(0);
  for (const septet of septets) for (let i = 0; i < 7; i++) bits.push((septet >> i) & 1);
  const octets: number[] = [];
  for (let at = bit === 0 ? 0 : 8; at + 8 <= bits.length; at += 8)
    octets.push(bits.slice(at, at + 8).reduce((value, one, i) => value | (one << i), 0));
  return Buffer.from(octets);
}

/** The characters that do not depend on what stands around. */
function base64At(octets: Buffer, before: number, alphabet: 'base64' | 'base64url'): Buffer {
  const padded = Buffer.concat([Buffer.alloc(before), octets]);
  const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString(alphabet);
  return Buffer.from(whole.slice(Math.ceil((before * 8) / 6)));
}

export interface Place {
  readonly name: string;
  readonly octets: Buffer;
}

/** Every file below a folder. */
export function filesOf(folder: string): Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: relative(folder, path), octets: readFileSync(path) }));
}

/** Where a needle stands, as sentences; empty when nowhere. */
export function leaks(places: readonly Place[], wanted: readonly Needle[]): string[] {
  const found: string[] = [];
  for (const { name, octets } of places) {
    // A journal's reserve: sixteen megabytes of zeros.
    if (octets.equals(Buffer.alloc(octets.length))) continue;
    for (const needle of wanted) {
      const at = octets.indexOf(needle.octets);
      if (at >= 0) found.push(`${needle.form} in ${name} at ${at}`);
    }
  }
  return found;
}
