// Samples of every PDU kind and every TLV of the tables in src/smpp, drawn from a seed, with the octets of each field as
// the standard wants them. What tshark reads is compared with these octets.
import { COMMAND_TABLE, type CommandSpec, type FieldSpec } from '../../src/smpp/commands.ts';
import type { Pdu, Tlv } from '../../src/smpp/pdu.ts';
import { Tag, TLV_TABLE, type TlvRow } from '../../src/smpp/tlvs.table.ts';

/** One field as it must stand on the wire: its name in the standard, and its octets in hex. */
export interface WireField {
  readonly name: string;
  readonly hex: string;
  /** An empty c-string: tshark shows some of these and leaves out others. */
  readonly empty?: true;
}

export interface Sample {
  readonly pdu: Pdu;
  readonly spec: CommandSpec;
  /** Body fields in order, lists flattened. */
  readonly fields: readonly WireField[];
  readonly tlvs: readonly WireField[];
}

/** A small generator (mulberry32), so that a difference can be seen again. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `below` − 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  }

  from<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error('drew from an empty list');
    return found;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Printable ASCII, at most `max` characters. */
  text(max: number): string {
    return Array.from({ length: this.below(max + 1) }, () => String.fromCharCode(0x20 + this.below(0x5f))).join('');
  }
}

/** camelCase → the standard's snake_case. */
function standardName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const hex = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');
const cstring = (text: string): string => `${Buffer.from(text, 'latin1').toString('hex')}00`;
const textField = (name: string, text: string): WireField =>
  text === '' ? { name, hex: '00', empty: true } : { name, hex: cstring(text) };

/** Without UDHI (bit 6): a reader takes a text that claims a header apart. Texts with one are drawn by `withHeader`. */
const esmClasses = [0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x10, 0x18, 0x20, 0x80];

/** esm_class with UDHI and a text that begins with a concatenation header (3GPP TS 23.040 §9.2.3.24.1). */
const withHeader = { esmClass: 0x43, header: Buffer.from('0500031f0201', 'hex') };

const times = ['', '260131235959000+', '991231000000948-', '000007000000000R', '000000120000000R'];

interface Drawn {
  readonly value: unknown;
  readonly wire: readonly WireField[];
}

function address(draw: Draw): { readonly value: Record<string, unknown>; readonly wire: readonly WireField[] } {
  const value = { destAddrTon: draw.below(7), destAddrNpi: draw.below(19), destinationAddr: draw.text(20) };
  const wire = [
    { name: 'dest_addr_ton', hex: hex(value.destAddrTon, 1) },
    { name: 'dest_addr_npi', hex: hex(value.destAddrNpi, 1) },
    textField('destination_addr', value.destinationAddr),
  ];
  return { value, wire };
}

function message(value: Buffer): Drawn {
  const length = { name: 'sm_length', hex: hex(value.length, 1) };
  const text = { name: 'short_message', hex: value.toString('hex') };
  return { value, wire: value.length === 0 ? [length] : [length, text] };
}

function drawField(draw: Draw, field: FieldSpec): Drawn {
  const name = standardName(field.name);
  switch (field.kind) {
    case 'u8': {
      const value = field.name === 'esmClass' ? draw.from(esmClasses) : draw.below(256);
      return { value, wire: [{ name, hex: hex(value, 1) }] };
    }
    case 'u32': {
      const value = draw.below(2 ** 32);
      return { value, wire: [{ name, hex: hex(value, 4) }] };
    }
    case 'cstring': {
      const value = draw.text(field.max - 1);
      return { value, wire: [textField(name, value)] };
    }
    case 'time':
    case 'date': {
      const value = draw.from(field.kind === 'date' ? times.slice(0, 3) : times);
      return { value, wire: [textField(name, value)] };
    }
    case 'message': {
      return message(draw.bytes(draw.from([0, 1, 140, 160, 254])));
    }
    case 'destinations': {
      const entries = Array.from({ length: 1 + draw.below(4) }, () => {
        if (draw.below(2) === 0) {
          const dlName = draw.text(20);
          return { value: { destFlag: 2, dlName }, wire: [textField('dl_name', dlName)] };
        }
        const one = address(draw);
        return { value: { destFlag: 1, ...one.value }, wire: one.wire };
      });
      return { value: entries.map((entry) => entry.value), wire: entries.flatMap((entry) => entry.wire) };
    }
    case 'unsuccess': {
      const entries = Array.from({ length: draw.below(4) }, () => {
        const one = address(draw);
        const errorStatusCode = draw.from([0x0b, 0x14, 0x58, 0x45]);
        const status = { name: 'error_status_code', hex: hex(errorStatusCode, 4) };
        return { value: { ...one.value, errorStatusCode }, wire: [...one.wire, status] };
      });
      return { value: entries.map((entry) => entry.value), wire: entries.flatMap((entry) => entry.wire) };
    }
  }
}

/** Values whose inner structure a reader may insist on; for all others any octets of the right length will do. */
const structured: ReadonlyMap<number, readonly string[]> = new Map([
  [Tag.broadcastEndTime, [cstring('260131235959000+'), cstring('991231000000948-')]],
  [Tag.callbackNum, ['010101343931373031', '00020a31323334']],
  [Tag.sourceNodeId, [Buffer.from('123456').toString('hex')]],
  [Tag.destNodeId, [Buffer.from('000001').toString('hex')]],
  [Tag.destAddrNpCountry, ['0031']],
  // tshark knows the form of SMPP 3.4 alone: one octet.
  [Tag.msValidity, ['00', '01', '03']],
]);

function drawTlv(draw: Draw, row: TlvRow): Tlv {
  const given = structured.get(row.tag);
  if (given !== undefined) return { tag: row.tag, value: Buffer.from(draw.from(given), 'hex') };
  switch (row.type) {
    case 'u8':
    case 'bits':
      return {
        tag: row.tag,
        value: Buffer.of(row.minValue + draw.below(Math.min(row.maxValue, 255) - row.minValue + 1)),
      };
    case 'u16':
      return { tag: row.tag, value: draw.bytes(2) };
    case 'u32':
      return { tag: row.tag, value: draw.bytes(4) };
    case 'cstring': {
      const text = draw.text(row.maxLength - 1).padEnd(row.minLength - 1, 'x');
      return { tag: row.tag, value: Buffer.from(`${text}\0`, 'latin1') };
    }
    case 'octets':
    case 'digits': {
      const span = Math.min(row.maxLength, 300) - row.minLength;
      const length = row.onlyEnds ? draw.from([row.minLength, row.maxLength]) : row.minLength + draw.below(span + 1);
      return { tag: row.tag, value: draw.bytes(length) };
    }
  }
}

/** A response that refuses and says no more: no body at all (SMPP 3.4 §4.4.2). */
function refusal(spec: CommandSpec, sequence: number): Sample {
  const empty = (field: FieldSpec): unknown => (field.kind === 'unsuccess' ? [] : field.kind.startsWith('u') ? 0 : '');
  const values = Object.fromEntries(spec.fields.map((field) => [field.name, empty(field)]));
  const pdu = { command: spec.name, commandId: spec.id, status: 0x58, sequence, ...values, tlvs: [] } as unknown as Pdu;
  return { pdu, spec, fields: [], tlvs: [] };
}

function rowsOf(spec: CommandSpec): TlvRow[] {
  if (spec.fields.length === 0 || tlvsUnread.has(spec.name)) return [];
  return TLV_TABLE.filter((row) => (row.groups & spec.groups) !== 0 && !misread.includes(row.tag));
}

/** Draws all fields; where the text stands in message_payload, short_message is empty (SMPP 3.4 §5.3.2.32). */
function drawFields(
  draw: Draw,
  spec: CommandSpec,
  hasPayload: boolean,
): { readonly field: FieldSpec; readonly drawn: Drawn }[] {
  const udhi = spec.fields.some((field) => field.name === 'esmClass') && !hasPayload && draw.below(4) === 0;
  return spec.fields.map((field) => {
    if (field.name === 'esmClass' && udhi) {
      const wire = [{ name: 'esm_class', hex: hex(withHeader.esmClass, 1) }];
      return { field, drawn: { value: withHeader.esmClass, wire } };
    }
    if (field.kind === 'message' && (udhi || hasPayload)) {
      const text = hasPayload ? Buffer.alloc(0) : Buffer.concat([withHeader.header, draw.bytes(120)]);
      return { field, drawn: message(text) };
    }
    return { field, drawn: drawField(draw, field) };
  });
}

function sample(draw: Draw, spec: CommandSpec, sequence: number, tlvs: readonly Tlv[]): Sample {
  // tshark does not look behind the header of a refusal.
  const status = spec.isResponse && spec.fields.length === 0 ? draw.from([0, 0, 0, 0x0b, 0x45, 0x58]) : 0;
  const drawn = drawFields(
    draw,
    spec,
    tlvs.some((tlv) => tlv.tag === Tag.messagePayload),
  );
  const values = Object.fromEntries(drawn.map(({ field, drawn: { value } }) => [field.name, value]));
  // The table names the properties of every PDU, so what is built from it is one.
  const pdu = { command: spec.name, commandId: spec.id, status, sequence, ...values, tlvs } as unknown as Pdu;
  const wireTlvs = tlvs.map(({ tag, value }) => ({ name: hex(tag, 2), hex: value.toString('hex') }));
  return { pdu, spec, fields: drawn.flatMap(({ drawn: { wire } }) => wire), tlvs: wireTlvs };
}

/** What tshark 4.0 itself reads wrong: broadcast_rep_num as one octet (SMPP 5.0 §4.8.4 has two), and then all after it. */
const misread: readonly number[] = [Tag.broadcastRepNum];

/** Answers in which tshark looks for no TLVs; nor does it where there is no body before them. */
const tlvsUnread: ReadonlySet<string> = new Set(['query_sm_resp', 'deliver_sm_resp']);

/** For every PDU kind: `perKind` samples with some of its TLVs, and one sample for each TLV that it may carry. */
export function drawSamples(seed: number, perKind: number): Sample[] {
  const draw = new Draw(seed);
  const samples: Sample[] = [];
  const add = (spec: CommandSpec, tlvs: readonly Tlv[]): void => {
    samples.push(sample(draw, spec, samples.length + 1, tlvs));
  };
  for (const spec of COMMAND_TABLE) {
    const rows = rowsOf(spec);
    const required = spec.requiredTags
      .filter((tag) => !misread.includes(tag))
      .map((tag) => {
        const row = rows.find((one) => one.tag === tag);
        if (row === undefined) throw new Error(`${spec.name} requires a TLV that it does not take`);
        return row;
      });
    const drawAll = (list: readonly TlvRow[]): Tlv[] => list.map((row) => drawTlv(draw, row));
    for (let i = 0; i < perKind; i += 1) {
      const some = rows.filter((row) => !required.includes(row) && draw.below(8) === 0);
      add(spec, drawAll([...required, ...some]));
    }
    if (spec.isResponse && spec.fields.length > 0) samples.push(refusal(spec, samples.length + 1));
    for (const row of rows) add(spec, drawAll(required.includes(row) ? required : [...required, row]));
  }
  return samples;
}
