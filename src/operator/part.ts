// One received part: its place in a long message, and what its data_coding means. TS 23.040 §9.2.3.24, TS 23.038 clause 4.
import { defaultTables, type GsmTables } from '../sms/gsm.ts';
import type { SubmitView } from './wire.ts';

/** A part as it is kept for people to look at. */
export interface Part {
  readonly at: number;
  /** The message_id that was given to the sender. */
  readonly id: string;
  readonly from: string;
  readonly esmClass: number;
  readonly dataCoding: number;
  readonly reference: number;
  readonly total: number;
  readonly sequence: number;
  readonly tables: GsmTables;
  /** User data header, UDHL included; empty when there is none. */
  readonly udh: Buffer;
  readonly octets: Buffer;
}

/** Place of a part; total 1 for a message of one part. `textFrom` is behind the header. */
export interface PartHead {
  reference: number;
  total: number;
  sequence: number;
  textFrom: number;
  tables: GsmTables;
}

const UDHI = 0x40;

export function readPartHead(bytes: Buffer, submit: SubmitView): PartHead {
  const head: PartHead = { reference: 0, total: 1, sequence: 1, textFrom: submit.textFrom, tables: defaultTables };
  if ((submit.esmClass & UDHI) !== 0 && submit.textTo > submit.textFrom) {
    const end = Math.min(submit.textTo, submit.textFrom + 1 + (bytes[submit.textFrom] as number));
    head.textFrom = end;
    let lockingShift = 0;
    let singleShift = 0;
    for (let at = submit.textFrom + 1; at + 1 < end; ) {
      const element = bytes[at] as number;
      const length = bytes[at + 1] as number;
      const data = at + 2;
      if (data + length > end) break;
      if (element === 0x00 && length === 3)
        place(head, bytes[data] as number, bytes[data + 1] as number, bytes[data + 2] as number);
      if (element === 0x08 && length === 4)
        place(head, bytes.readUInt16BE(data), bytes[data + 2] as number, bytes[data + 3] as number);
      if (element === 0x24 && length === 1) singleShift = bytes[data] as number;
      if (element === 0x25 && length === 1) lockingShift = bytes[data] as number;
      at = data + length;
    }
    if (lockingShift !== 0 || singleShift !== 0) head.tables = { lockingShift, singleShift };
  } else if (submit.sarTotal > 1) place(head, submit.sarReference, submit.sarTotal, submit.sarSequence);
  return head;
}

function place(head: PartHead, reference: number, total: number, sequence: number): void {
  if (total === 0 || sequence === 0 || sequence > total) return;
  head.reference = reference;
  head.total = total;
  head.sequence = sequence;
}

export type TextKind = 'gsm7' | 'ucs2' | 'latin1' | 'octets';

/** What a handset takes the user data for. */
export function textKind(dataCoding: number, defaultIsLatin1: boolean): TextKind {
  if (dataCoding === 0) return defaultIsLatin1 ? 'latin1' : 'gsm7';
  if (dataCoding === 8) return 'ucs2';
  if (dataCoding === 1 || dataCoding === 3) return 'latin1';
  const group = dataCoding & 0xf0;
  if (group === 0xf0) return (dataCoding & 0x04) !== 0 ? 'octets' : 'gsm7';
  if (group === 0xc0 || group === 0xd0) return 'gsm7';
  if (group === 0xe0) return 'ucs2';
  if (dataCoding >= 0x10 && dataCoding < 0x80) {
    const alphabet = dataCoding & 0x0c;
    return alphabet === 0x08 ? 'ucs2' : alphabet === 0x04 ? 'octets' : 'gsm7';
  }
  return 'octets';
}
