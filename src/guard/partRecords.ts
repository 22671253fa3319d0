// Records of bind mode: parts as another gateway sent them, and what became of them; and the list of parts that an order
// answers for, as it stands in its letter. Form only.
import type { ByteWriter } from '../base/bytes.ts';
import { putText, RECORD_VERSION, type RecordReader } from './recordReader.ts';

/** How a part says that it is one of several: not at all, by a header of 8 or 16 bits, by sar_*. */
export type JoinKind = 0 | 8 | 16 | 'sar';
const SAR = 1;

/** A customer-made part or whole message, acknowledged on its own. */
export interface PartFields {
  readonly id: number;
  readonly at: number;
  readonly upstream: string;
  readonly link: string;
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly source: string;
  readonly recipient: string;
  readonly dataCoding: number;
  readonly kind: JoinKind;
  readonly ref: number;
  readonly total: number;
  /** From 1. */
  readonly place: number;
  readonly lockingShift: number;
  readonly singleShift: number;
  /** registered_delivery & 3: 0 none, 1 any final state, 2 failures only. */
  readonly asked: number;
  /** Not before, and not after; ms since the epoch. */
  readonly dueAt: number;
  readonly validUntil: number;
}

export function writePart(w: ByteWriter, part: PartFields, secretOffset: number, octets: number): void {
  w.u8(RECORD_VERSION);
  w.u64(part.id);
  w.u64(part.at);
  putText(w, part.upstream);
  putText(w, part.link);
  w.u8(part.sourceTon);
  w.u8(part.sourceNpi);
  putText(w, part.source);
  putText(w, part.recipient);
  w.u8(part.dataCoding);
  w.u8(part.kind === 'sar' ? SAR : part.kind);
  w.u16(part.ref);
  w.u8(part.total);
  w.u8(part.place);
  w.u8(part.lockingShift);
  w.u8(part.singleShift);
  w.u8(part.asked);
  w.u64(part.dueAt);
  w.u64(part.validUntil);
  w.u32(secretOffset);
  w.u16(octets);
}

export function readPart(r: RecordReader): {
  readonly part: PartFields;
  readonly secretOffset: number;
  readonly octets: number;
} {
  const id = r.u64();
  const at = r.u64();
  const upstream = r.text();
  const link = r.text();
  const sourceTon = r.u8();
  const sourceNpi = r.u8();
  const source = r.text();
  const recipient = r.text();
  const dataCoding = r.u8();
  const kindOctet = r.u8();
  const kind: JoinKind = kindOctet === SAR ? 'sar' : kindOctet === 8 || kindOctet === 16 ? kindOctet : 0;
  const part: PartFields = {
    id,
    at,
    upstream,
    link,
    sourceTon,
    sourceNpi,
    source,
    recipient,
    dataCoding,
    kind,
    ref: r.u16(),
    total: r.u8(),
    place: r.u8(),
    lockingShift: r.u8(),
    singleShift: r.u8(),
    asked: r.u8(),
    dueAt: r.u64(),
    validUntil: r.u64(),
  };
  return { part, secretOffset: r.u32(), octets: r.u16() };
}

/** ordered: the parts leave under `op`. ended: they ended without an order; their receipts stand in the OP record of `op`. */
export const DoneKind = { ordered: 1, ended: 2 } as const;

export interface PartsDone {
  readonly op: string;
  readonly kind: number;
  /** As `extensionOf` makes it. */
  readonly extension: string;
}

export function writePartsDone(w: ByteWriter, done: PartsDone): void {
  w.u8(RECORD_VERSION);
  w.latin1(done.op);
  w.u8(done.kind);
  w.u16(done.extension.length);
  w.latin1(done.extension);
}

export function readPartsDone(r: RecordReader): PartsDone {
  const op = r.latin1(16);
  const kind = r.u8();
  return { op, kind, extension: r.latin1(r.u16()) };
}

const OCTETS = 9;

/** Parts as they stand in an order's letter: id u64 and what receipt was asked. Never empty. */
export function extensionOf(parts: readonly { readonly id: number; readonly asked: number }[]): string {
  const b = Buffer.allocUnsafe(parts.length * OCTETS);
  for (const [i, part] of parts.entries()) {
    b.writeUInt32BE(Math.floor(part.id / 0x1_0000_0000), i * OCTETS);
    b.writeUInt32BE(part.id % 0x1_0000_0000, i * OCTETS + 4);
    b[i * OCTETS + 8] = part.asked;
  }
  return b.latin1Slice(0, b.length);
}

export function partsOf(extension: string): { readonly id: number; readonly asked: number }[] {
  const b = Buffer.from(extension, 'latin1');
  const parts: { readonly id: number; readonly asked: number }[] = [];
  for (let at = 0; at + OCTETS <= b.length; at += OCTETS) {
    parts.push({ id: b.readUInt32BE(at) * 0x1_0000_0000 + b.readUInt32BE(at + 4), asked: b[at + 8] as number });
  }
  return parts;
}
