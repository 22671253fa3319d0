// The 7-bit alphabets of TS 23.038 as code: text to septets and back, one septet per octet ("unpacked", SMPP's usual
// form) or packed eight to seven octets with fill bits (§6.1.2.1). Tables come from gsm.tables.ts.

import { southAsianLocking, southAsianSingle, type TableSource, tableSources } from './gsm.tables.ts';

/** The pair of tables in force, as national language identifiers 0…13; 0 is the default alphabet and its extension. */
export interface GsmTables {
  readonly lockingShift: number;
  readonly singleShift: number;
}

/** Default alphabet with its extension table. */
export const defaultTables: GsmTables = { lockingShift: 0, singleShift: 0 };

/** The escape to the single shift table. */
export const escapeSeptet = 0x1b;

/** Highest national language identifier with tables (TS 23.038 §6.2.1.2.4). */
export const highestLanguage = 13;

/** Whether language `id` has a locking table of its own; Spanish (2) has a single shift table only. */
export function hasLockingTable(id: number): boolean {
  return id >= 1 && id <= highestLanguage && id !== 2;
}

const unassigned = 0xffff;
const unknownCharacter = 0xfffd;
const space = 0x20;
const notEncodable = 0xff;
/** One above the highest code point of any table, U+221E. */
const codePoints = 0x2220;

interface Language {
  /** Code point by septet, `unassigned` where there is none. */
  readonly main: Uint16Array;
  readonly shift: Uint16Array;
  /** Septet by code point, `notEncodable` where there is none. */
  readonly mainSeptets: Uint8Array;
  readonly shiftSeptets: Uint8Array;
}

function lay(table: Uint16Array, runs: string): void {
  for (const run of runs.split(' ')) {
    const match = /^([0-9a-f]{2}):([0-9a-f]{4})(?:\+(\d+))?$/.exec(run);
    if (match === null) continue;
    const septet = Number.parseInt(match[1]!, 16);
    const first = Number.parseInt(match[2]!, 16);
    for (let i = 0; i < Number(match[3] ?? 1); i++) table[septet + i] = first + i;
  }
}

function invert(table: Uint16Array): Uint8Array {
  const septets = new Uint8Array(codePoints).fill(notEncodable);
  // From the top down, so that the lowest septet of a character that stands twice is the one that is sent.
  for (let septet = 127; septet >= 0; septet--) {
    const code = table[septet]!;
    if (code !== unassigned) septets[code] = septet;
  }
  return septets;
}

function build(source: TableSource): Language {
  const main = new Uint16Array(128).fill(unassigned);
  const shift = new Uint16Array(128).fill(unassigned);
  if (source.base === 'default') {
    lay(main, tableSources[0]!.locking);
    lay(shift, tableSources[0]!.single);
  } else if (source.base === 'south Asian') {
    lay(main, southAsianLocking);
    lay(shift, southAsianSingle);
  }
  lay(main, source.locking);
  lay(shift, source.single);
  return { main, shift, mainSeptets: invert(main), shiftSeptets: invert(shift) };
}

const languages: readonly Language[] = tableSources.map(build);
/** Septets that a character of the default alphabet takes, 0 for others; indexed by code unit below `defaultCosts.length`. */
const defaultCosts = costs(languages[0]!);

function costs(language: Language): Uint8Array {
  const table = new Uint8Array(0x20ad);
  for (let code = 0; code < table.length; code++) {
    if (language.mainSeptets[code] !== notEncodable) table[code] = 1;
    else if (language.shiftSeptets[code] !== notEncodable) table[code] = 2;
  }
  return table;
}

function language(id: number): Language {
  return languages[id] ?? languages[0]!;
}

/** A character that is not ASCII of one septet each. A compiled pattern scans more than twice as fast as a loop over a table. */
const otherThanPlain = /[^\n\r !-Z_a-z]/;

/** Septets that `text` takes in the default alphabet with its extension; -1 if a character is missing there. Hot path. */
export function defaultSeptets(text: string): number {
  if (!otherThanPlain.test(text)) return text.length;
  let septets = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const cost = code < 0x20ad ? defaultCosts[code]! : 0;
    if (cost === 0) return -1;
    septets += cost;
  }
  return septets;
}

/** Septets that `text` takes under `tables`; -1 if a character is missing there. */
export function countSeptets(text: string, tables: GsmTables): number {
  if (tables.lockingShift === 0 && tables.singleShift === 0) return defaultSeptets(text);
  const main = language(tables.lockingShift).mainSeptets;
  const shift = language(tables.singleShift).shiftSeptets;
  let septets = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= codePoints) return -1;
    if (main[code] !== notEncodable) septets++;
    else if (shift[code] !== notEncodable) septets += 2;
    else return -1;
  }
  return septets;
}

/** `text` as unpacked septets; undefined if a character is missing in `tables`. */
export function encodeSeptets(text: string, tables: GsmTables): Buffer | undefined {
  const count = countSeptets(text, tables);
  if (count < 0) return undefined;
  const main = language(tables.lockingShift).mainSeptets;
  const shift = language(tables.singleShift).shiftSeptets;
  const septets = Buffer.allocUnsafe(count);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const septet = main[code]!;
    if (septet !== notEncodable) septets[at++] = septet;
    else {
      septets[at++] = escapeSeptet;
      septets[at++] = shift[code]!;
    }
  }
  return septets;
}

/**
 * Text of unpacked septets. An extension code that the single shift table lacks shows the main table's character, an
 * escape after an escape (or at the very end) a space (TS 23.038 §6.2.1.1); octets above 7F and unassigned septets of
 * a national table show U+FFFD. `starts`, when given, receives the offset of each character; it holds one entry per
 * octet at least.
 */
export function decodeSeptets(septets: Uint8Array, tables: GsmTables, starts?: Uint32Array): string {
  const { main } = language(tables.lockingShift);
  const { shift } = language(tables.singleShift);
  const units = Buffer.allocUnsafe(septets.length * 2);
  let count = 0;
  for (let i = 0; i < septets.length; i++) {
    if (starts !== undefined) starts[count] = i;
    let septet = septets[i]!;
    let code = septet < 0x80 ? main[septet]! : unknownCharacter;
    if (septet === escapeSeptet) {
      septet = i + 1 < septets.length ? septets[++i]! : escapeSeptet;
      code = septet < 0x80 ? shift[septet]! : unknownCharacter;
      if (septet === escapeSeptet) code = space;
      else if (code === unassigned) code = main[septet]!;
    }
    if (code === unassigned) code = unknownCharacter;
    units[count * 2] = code & 0xff;
    units[count * 2 + 1] = code >> 8;
    count++;
  }
  return units.toString('utf16le', 0, count * 2);
}

/** Bits between a header of `udhOctets` (0: none) and the first packed septet (TS 23.038 §6.1.2.1.1). */
export function fillBits(udhOctets: number): number {
  return (7 - ((udhOctets * 8) % 7)) % 7;
}

/** Octets that `septets` packed septets take after `fill` bits. */
export function packedOctets(septets: number, fill: number): number {
  return Math.ceil((septets * 7 + (septets === 0 ? 0 : fill)) / 8);
}

/** Packs septets after `fill` zero bits. Spare bits at the end are zero (§6.1.2.1). */
export function packSeptets(septets: Uint8Array, fill: number): Buffer {
  const packed = Buffer.alloc(packedOctets(septets.length, fill));
  let bit = fill;
  for (const septet of septets) {
    const at = bit >> 3;
    const shifted = (septet & 0x7f) << (bit & 7);
    packed[at]! |= shifted & 0xff;
    if (shifted > 0xff) packed[at + 1] = shifted >> 8;
    bit += 7;
  }
  return packed;
}

/**
 * Unpacks what follows `fill` bits. SMPP says octets, not septets: where the last septet could be seven spare bits
 * (all zero, ending with its octet) it is taken for padding, so a final "@" there is lost; give `count` if it is known.
 */
export function unpackSeptets(packed: Uint8Array, fill: number, count?: number): Buffer {
  const bits = packed.length * 8 - fill;
  const most = Math.max(0, Math.floor(bits / 7));
  const septets = Buffer.allocUnsafe(Math.min(count ?? most, most));
  let bit = fill;
  for (let i = 0; i < septets.length; i++) {
    const at = bit >> 3;
    septets[i] = ((packed[at]! | ((packed[at + 1] ?? 0) << 8)) >> (bit & 7)) & 0x7f;
    bit += 7;
  }
  const ambiguous = count === undefined && most > 0 && bits % 7 === 0 && septets[most - 1] === 0;
  return ambiguous ? septets.subarray(0, most - 1) : septets;
}
