// Whether a text shows anything on a handset: blank messages are acknowledged but not seen, which makes them silent
// probes (transparency §5.1, content). Works on octets, without the codec of sms/.

import { DATA_CODING_ASCII, DATA_CODING_BINARY, DATA_CODING_GSM, DATA_CODING_UCS2 } from './allowTables.ts';
import type { DefaultAlphabet } from './facts.ts';

/**
 * True if the user data after its header holds at least one visible character; for binary, at least one octet.
 * `start` and `end` bound the octets without the UDH. GSM text is unpacked, one septet per octet.
 */
export function hasVisible(
  bytes: Uint8Array,
  start: number,
  end: number,
  dataCoding: number,
  defaultAlphabet: DefaultAlphabet,
): boolean {
  if (dataCoding === DATA_CODING_BINARY) return end > start;
  if (dataCoding === DATA_CODING_UCS2) return ucs2Visible(bytes, start, end);
  const gsm = dataCoding === DATA_CODING_GSM && defaultAlphabet === 'gsm';
  const ascii = dataCoding === DATA_CODING_ASCII || (dataCoding === DATA_CODING_GSM && defaultAlphabet === 'ascii');
  for (let i = start; i < end; i += 1) {
    const octet = bytes[i]!;
    if (gsm ? gsmVisible(octet) : latinVisible(octet, ascii)) return true;
  }
  return false;
}

/** Space, line feed, carriage return and escape are blank; escape with any of them too (form feed, space). */
function gsmVisible(septet: number): boolean {
  return septet < 128 && septet !== 0x20 && septet !== 0x0a && septet !== 0x0d && septet !== 0x1b;
}

function latinVisible(octet: number, ascii: boolean): boolean {
  if (octet <= 0x20 || octet === 0x7f) return false;
  // C1 controls, no-break space and soft hyphen show nothing.
  return octet < 0x80 || (!ascii && octet > 0xa0 && octet !== 0xad);
}

function ucs2Visible(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i + 1 < end; i += 2) {
    const unit = bytes[i]! * 256 + bytes[i + 1]!;
    if (unit >= 0xdc00 && unit <= 0xdfff) continue;
    if (unit >= 0xd800 && unit <= 0xdbff) {
      if (i + 3 >= end) return false;
      const low = bytes[i + 2]! * 256 + bytes[i + 3]!;
      if (low < 0xdc00 || low > 0xdfff) continue;
      i += 2;
      const point = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
      if (supplementaryVisible(point)) return true;
    } else if (!isBlank(unit)) {
      return true;
    }
  }
  return false;
}

/** Tags and variation selectors (E0000–E0FFF), format controls of single scripts, private planes and non-characters show nothing. */
function supplementaryVisible(point: number): boolean {
  if (point >= 0xe0000) return false;
  if (point >= 0x1d173 && point <= 0x1d17a) return false;
  if (point === 0x110bd || point === 0x110cd || (point >= 0x13430 && point <= 0x1343f)) return false;
  if (point >= 0x1bca0 && point <= 0x1bca3) return false;
  return (point & 0xfffe) !== 0xfffe;
}

/** White space, controls, format characters, fillers, selectors, private use and non-characters of the basic plane. */
function isBlank(unit: number): boolean {
  if (unit <= 0x20 || (unit >= 0x7f && unit <= 0xa0)) return true;
  if (unit < 0x034f) return unit === 0xad;
  if (unit >= 0x2000 && unit <= 0x206f) {
    return unit <= 0x200f || (unit >= 0x2028 && unit <= 0x202f) || unit >= 0x205f;
  }
  if (unit >= 0xe000 && unit <= 0xf8ff) return true;
  if (unit >= 0xfff0) return unit !== 0xfffc && unit !== 0xfffd;
  if (unit >= 0xfe00 && unit <= 0xfe0f) return true;
  if (unit >= 0xfdd0 && unit <= 0xfdef) return true;
  return BLANKS.has(unit);
}

const BLANKS: ReadonlySet<number> = new Set([
  0x034f, 0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x061c, 0x06dd, 0x070f, 0x0890, 0x0891, 0x08e2, 0x115f,
  0x1160, 0x1680, 0x17b4, 0x17b5, 0x180b, 0x180c, 0x180d, 0x180e, 0x180f, 0x2800, 0x3000, 0x3164, 0xfeff, 0xffa0,
]);
