// Random PDUs of every kind, made from the table of commands. Used by the property tests of this folder.
import fc from 'fast-check';
import { COMMAND_TABLE, type CommandSpec, type FieldSpec } from '../../src/smpp/commands.ts';
import { NO_TLVS, type Pdu, type Tlv } from '../../src/smpp/pdu.ts';
import { TLV_TABLE, type TlvRow } from '../../src/smpp/tlvs.table.ts';

export const u8 = fc.integer({ min: 0, max: 255 });
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** Characters that a c-string may hold: printable ASCII and the upper half of Latin1. */
const character = fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c === 0x7f ? 0x41 : c));

/** At most `octets` with its NUL; the longest is likely. */
export function cstring(octets: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: character, maxLength: octets - 1 }),
    fc.string({ unit: character, minLength: octets - 1, maxLength: octets - 1 }),
  );
}

export const time = fc.constantFrom(
  '',
  '',
  '260101120000004+',
  '260228235959948-',
  '000002000000000R',
  '991231235959000+',
);

export function octets(min: number, max: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes));
}

/** A value that the table permits for this TLV. */
export function tlvValue(row: TlvRow): fc.Arbitrary<Buffer> {
  if (row.type === 'digits')
    return fc.integer({ min: 100_000, max: 999_999 }).map((n) => Buffer.from(`${n}`, 'latin1'));
  if (row.type === 'cstring') {
    const unit = fc.constantFrom(...'0123456789abcdef');
    return fc
      .string({ unit, minLength: row.minLength - 1, maxLength: Math.min(row.maxLength, 40) - 1 })
      .map((text) => Buffer.from(`${text}\0`, 'latin1'));
  }
  // 2 would mean "ported" in dest_addr_np_resolution, which needs two more TLVs.
  if (row.key === 'destAddrNpResolution') return fc.constantFrom(Buffer.from([0]), Buffer.from([1]));
  if (row.type === 'u8')
    return fc.integer({ min: row.minValue, max: Math.min(row.maxValue, 255) }).map((n) => Buffer.from([n]));
  if (row.onlyEnds) return fc.oneof(octets(row.minLength, row.minLength), octets(row.maxLength, row.maxLength));
  return octets(row.minLength, Math.min(row.maxLength, 60));
}

/** TLVs that belong to this PDU, its required ones first, and vendors' own. */
function tlvs(spec: CommandSpec): fc.Arbitrary<readonly Tlv[]> {
  if (spec.fields.length === 0 && !spec.isResponse) return fc.constant(NO_TLVS);
  const rows = TLV_TABLE.filter((row) => (row.groups & spec.groups) !== 0);
  const one = (row: TlvRow): fc.Arbitrary<Tlv> => tlvValue(row).map((value) => ({ tag: row.tag, value }));
  const vendor: fc.Arbitrary<Tlv> = fc
    .tuple(fc.integer({ min: 0x1400, max: 0x3fff }), octets(0, 40))
    .map(([tag, value]) => ({ tag, value }));
  const required = fc.tuple(...TLV_TABLE.filter((row) => spec.requiredTags.includes(row.tag)).map(one));
  const any = fc.array(rows.length === 0 ? vendor : fc.oneof(vendor, ...rows.map(one)), { maxLength: 6 });
  return fc
    .tuple(required, any)
    .map(([first, rest]) => (first.length + rest.length === 0 ? NO_TLVS : [...first, ...rest]));
}

function value(field: FieldSpec): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'u8':
      return u8;
    case 'u32':
      return u32;
    case 'cstring':
      return cstring(field.max);
    case 'time':
    case 'date':
      return time;
    case 'message':
      return octets(0, 254);
    case 'destinations':
      return fc.array(
        fc.oneof(
          fc.record(
            { destFlag: fc.constant(1), destAddrTon: u8, destAddrNpi: u8, destinationAddr: cstring(21) },
            { noNullPrototype: true },
          ),
          fc.record({ destFlag: fc.constant(2), dlName: cstring(21) }, { noNullPrototype: true }),
        ),
        { minLength: 1, maxLength: 20 },
      );
    case 'unsuccess':
      return fc.array(
        fc.record(
          { destAddrTon: u8, destAddrNpi: u8, destinationAddr: cstring(21), errorStatusCode: u32 },
          { noNullPrototype: true },
        ),
        { maxLength: 20 },
      );
  }
}

/** Combinations that 3.4 §5.2.12 forbids are taken apart: the text stands once, and UDHI does not meet sar or ports. */
function legal(draft: Record<string, unknown>): Record<string, unknown> {
  const list = draft['tlvs'] as readonly Tlv[];
  const text = draft['shortMessage'] as Buffer | undefined;
  if (text !== undefined && list.some((one) => one.tag === 0x0424)) draft['shortMessage'] = text.subarray(0, 0);
  if (typeof draft['esmClass'] === 'number' && list.some((one) => one.tag >= 0x020a && one.tag <= 0x020f))
    draft['esmClass'] &= ~0x40;
  return draft;
}

/** A legal PDU of this row that every version from 5.0 on takes. */
export function pduOf(spec: CommandSpec): fc.Arbitrary<Pdu> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of spec.fields) fields[field.name] = value(field);
  return fc
    .tuple(fc.record(fields), spec.isResponse ? u32 : fc.constant(0), u32, tlvs(spec))
    .map(([body, status, sequence, list]) => {
      const draft = { command: spec.name, commandId: spec.id, status, sequence, ...body, tlvs: list };
      return legal(draft) as unknown as Pdu;
    });
}

/** A legal PDU of any kind. */
export const anyPdu: fc.Arbitrary<Pdu> = fc.oneof(...COMMAND_TABLE.map(pduOf));
