// The user data header: reading and building (TS 23.040 §9.2.3.24). Only the header's octets live here; what a
// concatenation or a national table means for the text is the business of join.ts, split.ts and gsm.ts.

import { err, ok, type Result } from '../base/result.ts';

/** Information element identifiers that this gateway understands (TS 23.040 §9.2.3.24). */
export const iei = {
  concat8: 0x00,
  ports8: 0x04,
  ports16: 0x05,
  concat16: 0x08,
  singleShift: 0x24,
  lockingShift: 0x25,
} as const;

/** Place of one part in a long message. `bits` is the width of the reference; 1 ≤ seq ≤ total ≤ 255. */
export interface Concat {
  readonly bits: 8 | 16;
  readonly ref: number;
  readonly total: number;
  readonly seq: number;
}

/** Application ports. `bits` is their width on the wire. */
export interface Ports {
  readonly bits: 8 | 16;
  readonly destination: number;
  readonly source: number;
}

/** An information element as it stood, without its identifier and length. */
export interface Element {
  readonly iei: number;
  readonly data: Buffer;
}

/** A header as read. Absent parts are undefined; a national table that is not named is 0, the default alphabet. */
export interface Udh {
  /** Octets that the header takes, UDHL included. */
  readonly length: number;
  readonly concat: Concat | undefined;
  readonly ports: Ports | undefined;
  /** National language identifier of the locking table, 0…13 (TS 23.038 §6.2.1.2.4). */
  readonly lockingShift: number;
  /** National language identifier of the single shift table, 0…13. */
  readonly singleShift: number;
  /** Every element in its order, the ones above and those of other kinds too; empty when `malformed`. */
  readonly elements: readonly Element[];
  /** An element ran over the end of the header: no element counts (R16), the length still does. */
  readonly malformed: boolean;
}

/** `truncated`: UDHL points past the end of the user data, so nothing says where the text begins. */
export type UdhFault = { readonly code: 'truncated' };

const none: readonly Element[] = [];
const highestLanguage = 13;

/**
 * Reads the header at the start of `userData`. A concatenation with total 0, seq 0 or seq > total is ignored; of
 * repeated or mutually exclusive elements the last valid one counts (TS 23.040 §9.2.3.24).
 */
export function parseUdh(userData: Buffer): Result<Udh, UdhFault> {
  if (userData.length === 0) return err({ code: 'truncated' });
  const end = userData[0]! + 1;
  if (end > userData.length) return err({ code: 'truncated' });
  let concat: Concat | undefined;
  let ports: Ports | undefined;
  let lockingShift = 0;
  let singleShift = 0;
  const elements: Element[] = [];
  let at = 1;
  while (at < end) {
    const length = at + 1 < end ? userData[at + 1]! : end;
    const from = at + 2;
    if (from + length > end) {
      const udh = { length: end, concat: undefined, ports: undefined, lockingShift: 0, singleShift: 0 };
      return ok({ ...udh, elements: none, malformed: true });
    }
    const id = userData[at]!;
    const data = userData.subarray(from, from + length);
    elements.push({ iei: id, data });
    concat = readConcat(id, data) ?? concat;
    ports = readPorts(id, data) ?? ports;
    if (length === 1 && data[0]! <= highestLanguage) {
      if (id === iei.lockingShift) lockingShift = data[0]!;
      else if (id === iei.singleShift) singleShift = data[0]!;
    }
    at = from + length;
  }
  return ok({ length: end, concat, ports, lockingShift, singleShift, elements, malformed: false });
}

function readConcat(id: number, data: Buffer): Concat | undefined {
  const bits = id === iei.concat8 && data.length === 3 ? 8 : id === iei.concat16 && data.length === 4 ? 16 : undefined;
  if (bits === undefined) return undefined;
  const total = data[data.length - 2]!;
  const seq = data[data.length - 1]!;
  if (total === 0 || seq === 0 || seq > total) return undefined;
  return { bits, ref: bits === 8 ? data[0]! : data.readUInt16BE(0), total, seq };
}

function readPorts(id: number, data: Buffer): Ports | undefined {
  if (id === iei.ports8 && data.length === 2) return { bits: 8, destination: data[0]!, source: data[1]! };
  if (id === iei.ports16 && data.length === 4) {
    return { bits: 16, destination: data.readUInt16BE(0), source: data.readUInt16BE(2) };
  }
  return undefined;
}

/** What a header to be built shall hold. `others` are written as they are, after everything else. */
export interface UdhParts {
  readonly concat?: Concat;
  readonly lockingShift?: number;
  readonly singleShift?: number;
  readonly ports?: Ports;
  readonly others?: readonly Element[];
}

/** The header for `parts`, UDHL included; concatenation first, because some handsets look only there. Empty when nothing is asked. */
export function buildUdh(parts: UdhParts): Buffer {
  const octets: number[] = [0];
  const { concat, ports, lockingShift = 0, singleShift = 0, others = none } = parts;
  if (concat !== undefined) {
    if (concat.bits === 8) octets.push(iei.concat8, 3, concat.ref & 0xff, concat.total, concat.seq);
    else octets.push(iei.concat16, 4, (concat.ref >> 8) & 0xff, concat.ref & 0xff, concat.total, concat.seq);
  }
  if (lockingShift !== 0) octets.push(iei.lockingShift, 1, lockingShift);
  if (singleShift !== 0) octets.push(iei.singleShift, 1, singleShift);
  if (ports !== undefined) {
    if (ports.bits === 8) octets.push(iei.ports8, 2, ports.destination, ports.source);
    else {
      const { destination, source } = ports;
      octets.push(iei.ports16, 4, destination >> 8, destination & 0xff, source >> 8, source & 0xff);
    }
  }
  for (const element of others) octets.push(element.iei, element.data.length, ...element.data);
  if (octets.length === 1) return Buffer.alloc(0);
  if (octets.length > 256) throw new RangeError('a user data header holds at most 255 octets of elements');
  octets[0] = octets.length - 1;
  return Buffer.from(octets);
}
