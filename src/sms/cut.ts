// Where user data may be cut into parts: never inside an escape pair, a surrogate pair or a character of several
// octets, and not inside a grapheme cluster unless the cluster alone fills more than a part. Works on octets as sent.

import { decodeSeptets, escapeSeptet, type GsmTables } from './gsm.ts';

/** How octets of a data_coding make characters. */
export type Unit = 'septet' | 'octet' | 'text octet' | 'ucs2' | 'octet pair';

/** Immutable and without state between calls; one locale, since clusters do not depend on it. */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Ends of the parts of `octets` from `from` on, each at most `capacity` octets; the last one is the length. */
export function cutPoints(
  octets: Buffer,
  from: number,
  unit: Unit,
  capacity: number,
  tables: GsmTables,
): readonly number[] {
  if (unit === 'ucs2') return cutUcs2(octets, from, capacity);
  if (unit === 'septet' && (tables.lockingShift !== 0 || tables.singleShift !== 0)) {
    return cutNational(octets, from, capacity, tables);
  }
  const ends: number[] = [];
  let start = from;
  while (octets.length - start > capacity) {
    let end = start + capacity;
    if (unit === 'septet') end = backToCharacter(octets, start, end);
    else if (unit === 'octet pair') end -= capacity % 2;
    else if (unit === 'text octet' && isLineBreak(octets, end)) end--;
    ends.push(end);
    start = end;
  }
  ends.push(octets.length);
  return ends;
}

/** `end`, or one less if that would part an escape from its code or a carriage return from its line feed. */
function backToCharacter(octets: Buffer, start: number, end: number): number {
  if (escapesBefore(octets, start, end) % 2 === 1) return end - 1;
  // A carriage return behind an escape is the second half of a pair, and no carriage return.
  return isLineBreak(octets, end) && escapesBefore(octets, start, end - 1) % 2 === 0 ? end - 1 : end;
}

/** Escapes in a row right before `end`: odd means that the last one still wants its code. */
function escapesBefore(octets: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && octets[at - 1] === escapeSeptet) at--;
  return end - at;
}

function isLineBreak(octets: Buffer, at: number): boolean {
  return octets[at - 1] === carriageReturn && octets[at] === lineFeed;
}

function cutUcs2(octets: Buffer, from: number, capacity: number): readonly number[] {
  const units = Math.floor((octets.length - from) / 2);
  const text = Buffer.from(octets.subarray(from, from + units * 2))
    .swap16()
    .toString('utf16le');
  const capacityUnits = Math.floor(capacity / 2);
  const ends: number[] = [];
  let start = 0;
  while (octets.length - from - start * 2 > capacity) {
    start = boundary(text, start, start + capacityUnits);
    ends.push(from + start * 2);
  }
  ends.push(octets.length);
  return ends;
}

function cutNational(octets: Buffer, from: number, capacity: number, tables: GsmTables): readonly number[] {
  const body = octets.subarray(from);
  const starts = new Uint32Array(body.length);
  const text = decodeSeptets(body, tables, starts);
  const ends: number[] = [];
  let start = 0;
  let offset = 0;
  while (body.length - offset > capacity) {
    let end = start;
    while (end < text.length && starts[end]! <= offset + capacity) end++;
    start = boundary(text, start, end - 1);
    offset = starts[start]!;
    ends.push(from + offset);
  }
  ends.push(octets.length);
  return ends;
}

/** The latest place at or before `end`, after `start`, where `text` may be cut. */
function boundary(text: string, start: number, end: number): number {
  const before = text.charCodeAt(end - 1);
  const after = text.charCodeAt(end);
  // Below U+0300 and between plain Cyrillic letters nothing joins, but for CR LF; the segmenter is a hundred times slower.
  if (isPlain(before) && isPlain(after) && !(before === carriageReturn && after === lineFeed)) return end;
  const cluster = graphemes.segment(text).containing(end);
  if (cluster === undefined || cluster.index > start) return cluster?.index ?? end;
  return isLowSurrogate(after) && isHighSurrogate(before) && end - 1 > start ? end - 1 : end;
}

function isPlain(code: number): boolean {
  return code < 0x300 || (code >= 0x400 && code < 0x483);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
