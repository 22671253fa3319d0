// What a data_coding says (SMPP 3.4 §5.2.19, 5.0 §4.7.7, TS 23.038 §4; R14) and the text of octets under it. The
// 7-bit alphabets themselves are in gsm.ts, ISO 8859-5 and -8 in iso8859.ts.

import { err, ok, type Result } from '../base/result.ts';
import {
  decodeSeptets,
  defaultTables,
  encodeSeptets,
  fillBits,
  type GsmTables,
  packSeptets,
  unpackSeptets,
} from './gsm.ts';
import { decodeIso8859, encodeIso8859 } from './iso8859.ts';

/** Alphabets that octets may be in. Text comes out of all but the last five, which are handed on as they are. */
export type Alphabet =
  | 'gsm7'
  | 'gsm7-packed'
  | 'ascii'
  | 'latin1'
  | 'iso-8859-5'
  | 'iso-8859-8'
  | 'ucs2'
  | 'octets'
  | 'jis-x-0208'
  | 'jis-x-0212'
  | 'iso-2022-jp'
  | 'pictogram'
  | 'ks-c-5601';

/** What a connection means by data_coding 0. 5.0 advises senders to avoid it, everybody uses it. */
export type DefaultAlphabet = 'gsm7' | 'gsm7-packed' | 'ascii' | 'latin1';

/** Readings that differ from peer to peer. */
export interface AlphabetOptions {
  readonly defaultAlphabet: DefaultAlphabet;
  /** The peer sends data_coding 1 (IA5) where it means 0. */
  readonly ia5IsDefault: boolean;
}

/** Ours: data_coding 0 is GSM 7-bit, one septet per octet. */
export const defaultOptions: AlphabetOptions = { defaultAlphabet: 'gsm7', ia5IsDefault: false };

/** A data_coding taken apart. */
export interface Coding {
  readonly alphabet: Alphabet;
  /** 0 flash, 1 handset, 2 SIM, 3 terminal equipment; undefined when none is given. */
  readonly messageClass: 0 | 1 | 2 | 3 | undefined;
  /** Message waiting group: keep the text or not, light on or off, and 0 voice mail, 1 fax, 2 e-mail, 3 other. */
  readonly waiting: { readonly store: boolean; readonly active: boolean; readonly type: 0 | 1 | 2 | 3 } | undefined;
  /** 0x40–0x7F: marked for deletion after reading. */
  readonly deleteAfterReading: boolean;
}

/** A data_coding without meaning: command_status 0x104, ESME_RINVDCS. */
export type CodingFault = { readonly code: 'reservedDataCoding' };

const byValue: Readonly<Record<number, Alphabet>> = {
  2: 'octets',
  3: 'latin1',
  4: 'octets',
  5: 'jis-x-0208',
  6: 'iso-8859-5',
  7: 'iso-8859-8',
  8: 'ucs2',
  9: 'pictogram',
  10: 'iso-2022-jp',
  13: 'jis-x-0212',
  14: 'ks-c-5601',
};

const byGroup = ['gsm7', 'octets', 'ucs2'] as const;

/** What `dataCoding` says on a connection with `options`. */
export function classify(dataCoding: number, options: AlphabetOptions): Result<Coding, CodingFault> {
  const group = dataCoding >> 4;
  const low = (dataCoding & 3) as 0 | 1 | 2 | 3;
  if (group >= 0xc && group <= 0xe) {
    const waiting = { store: group !== 0xc, active: (dataCoding & 8) !== 0, type: low };
    return coding(group === 0xe ? 'ucs2' : gsmForm(options), undefined, waiting, false);
  }
  if (group === 0xf && (dataCoding & 8) === 0) {
    return coding((dataCoding & 4) === 0 ? gsmForm(options) : 'octets', low, undefined, false);
  }
  if (dataCoding < 0 || dataCoding >= 0x80) return err({ code: 'reservedDataCoding' });
  const value = dataCoding & 0x3f;
  const deletion = dataCoding >= 0x40;
  if (value === 0) return coding(options.defaultAlphabet, undefined, undefined, deletion);
  if (value === 1)
    return coding(options.ia5IsDefault ? options.defaultAlphabet : 'ascii', undefined, undefined, deletion);
  if (value < 0x10) {
    const alphabet = byValue[value];
    return alphabet === undefined
      ? err({ code: 'reservedDataCoding' })
      : coding(alphabet, undefined, undefined, deletion);
  }
  // 0x1C–0x1F name no alphabet; 0x20 and above are compressed (TS 23.042), which nobody uses.
  const alphabet = value < 0x20 ? byGroup[(value >> 2) & 3] : undefined;
  if (alphabet === undefined) return err({ code: 'reservedDataCoding' });
  return coding(alphabet === 'gsm7' ? gsmForm(options) : alphabet, low, undefined, deletion);
}

/** GSM groups mean the 7-bit alphabet even to a peer whose data_coding 0 is Latin-1; packed only to one that packs. */
function gsmForm(options: AlphabetOptions): Alphabet {
  return options.defaultAlphabet === 'gsm7-packed' ? 'gsm7-packed' : 'gsm7';
}

function coding(
  alphabet: Alphabet,
  messageClass: Coding['messageClass'],
  waiting: Coding['waiting'],
  deleteAfterReading: boolean,
): Result<Coding, CodingFault> {
  return ok({ alphabet, messageClass, waiting, deleteAfterReading });
}

/** What is known about octets besides their alphabet. */
export interface TextContext {
  /** National tables named by the header. */
  readonly tables: GsmTables;
  /** Octets of the header before the text, which set the fill bits of packed septets; the octets given exclude it. */
  readonly udhOctets: number;
}

/** No header, default tables. */
export const plainContext: TextContext = { tables: defaultTables, udhOctets: 0 };

/** Text of `octets`; undefined for alphabets that are handed on raw. What a table lacks shows as U+FFFD. */
export function decodeText(alphabet: Alphabet, octets: Buffer, context: TextContext): string | undefined {
  switch (alphabet) {
    case 'gsm7':
      return decodeSeptets(octets, context.tables);
    case 'gsm7-packed':
      return decodeSeptets(unpackSeptets(octets, fillBits(context.udhOctets)), context.tables);
    case 'ascii':
      return decodeAscii(octets);
    case 'latin1':
      return octets.toString('latin1');
    case 'iso-8859-5':
    case 'iso-8859-8':
      return decodeIso8859(octets, alphabet);
    case 'ucs2':
      return decodeUcs2(octets);
    default:
      return undefined;
  }
}

/** `text` in `alphabet`; undefined when a character is missing there or the alphabet is a raw one. */
export function encodeText(alphabet: Alphabet, text: string, context: TextContext): Buffer | undefined {
  switch (alphabet) {
    case 'gsm7':
      return encodeSeptets(text, context.tables);
    case 'gsm7-packed': {
      const septets = encodeSeptets(text, context.tables);
      return septets === undefined ? undefined : packSeptets(septets, fillBits(context.udhOctets));
    }
    case 'ascii':
      return encodeBelow(text, 0x80);
    case 'latin1':
      return encodeBelow(text, 0x100);
    case 'iso-8859-5':
    case 'iso-8859-8':
      return encodeIso8859(text, alphabet);
    case 'ucs2':
      return encodeUcs2(text);
    default:
      return undefined;
  }
}

/** UTF-16BE, which is what UCS-2 is in practice; a last lone octet shows as U+FFFD. */
export function decodeUcs2(octets: Buffer): string {
  const even = octets.length & ~1;
  const text = Buffer.from(octets.subarray(0, even)).swap16().toString('utf16le');
  return even === octets.length ? text : `${text}\ufffd`;
}

/** UTF-16BE of any text, lone surrogates included. */
export function encodeUcs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function decodeAscii(octets: Buffer): string {
  let text = '';
  for (const octet of octets) text += octet < 0x80 ? String.fromCharCode(octet) : '\ufffd';
  return text;
}

function encodeBelow(text: string, limit: number): Buffer | undefined {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= limit) return undefined;
  return Buffer.from(text, 'latin1');
}
