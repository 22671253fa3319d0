// Writes any PDU by the table of commands: the reference for the quick paths of encode.ts, and the one place that says why
// a PDU cannot be written.
import type { ByteWriter } from '../base/bytes.ts';
import { PDU_BYTES_MAX } from '../base/limits.ts';
import { err, type Result } from '../base/result.ts';
import type { CommandSpec, FieldSpec } from './commands.ts';
import { isTime } from './decodeBody.ts';
import type { Destination, Pdu, Tlv, UnsuccessSme } from './pdu.ts';
import { isText } from './text.ts';
import { Tag } from './tlvs.table.ts';

export interface EncodeOptions {
  /** Longest system_id, password, system_type and address_range in characters, where a supplier needs more than the standard's. */
  readonly bindFieldMaxChars?: number;
}

/** Why a PDU was not written. */
export interface EncodeError {
  readonly code:
    | 'tooLong' // more characters, octets or entries than `limit`
    | 'tooFew' // no destination
    | 'character' // a control character, or one outside Latin1
    | 'time' // neither empty nor 16 characters of a time
    | 'range' // a number that does not fit its octets
    | 'version' // the connection's version has no such request, or needs a TLV for its text
    | 'pduTooLong';
  /** The property at fault. */
  readonly field: string;
  /** The limit where there is one, else 0. */
  readonly limit: number;
}

/** The one successful result. */
export const ENCODED: Result<undefined, never> = Object.freeze({ ok: true, value: undefined });

/** Octets of TLVs; −1 when one has a tag or a length that does not fit. */
export function tlvsSize(tlvs: readonly Tlv[]): number {
  let size = 0;
  for (let i = 0; i < tlvs.length; i++) {
    const one = tlvs[i] as Tlv;
    if (one.value.length > 0xffff || one.tag >>> 16 !== 0) return -1;
    size += 4 + one.value.length;
  }
  return size > PDU_BYTES_MAX - 1024 ? -1 : size;
}

/** Appends TLVs that `tlvsSize` has found right. */
export function writeTlvs(writer: ByteWriter, tlvs: readonly Tlv[]): void {
  for (let i = 0; i < tlvs.length; i++) {
    const { tag, value } = tlvs[i] as Tlv;
    writer.u16(tag);
    writer.u16(value.length);
    writer.bytes(value);
  }
}

/** Whether the text itself stands in a TLV, so that leaving TLVs out would lose it. */
export function needsTlvs(pdu: Pdu): boolean {
  return pdu.tlvs.length > 0 && pdu.tlvs.some((one) => one.tag === Tag.messagePayload);
}

/** Appends `pdu`; after an error the writer is as it was. */
export function encodeBody(
  writer: ByteWriter,
  spec: CommandSpec,
  pdu: Pdu,
  version: number,
  options: EncodeOptions,
): Result<undefined, EncodeError> {
  const start = writer.length;
  const error = write(writer, spec, pdu, version, options);
  if (error !== null) {
    writer.length = start;
    return err(error);
  }
  const length = writer.length - start;
  if (length > PDU_BYTES_MAX) {
    writer.length = start;
    return err(fault('pduTooLong', 'tlvs', PDU_BYTES_MAX));
  }
  writer.buffer.writeUInt32BE(length, start);
  return ENCODED;
}

function write(
  writer: ByteWriter,
  spec: CommandSpec,
  pdu: Pdu,
  version: number,
  options: EncodeOptions,
): EncodeError | null {
  // A response answers what the peer has sent, so its version is the peer's business.
  if (!spec.isResponse && version < spec.since) return fault('version', 'command', spec.since);
  if (version < 0x34 && needsTlvs(pdu)) return fault('version', 'tlvs', 0x34);
  if (pdu.status >>> 0 !== pdu.status) return fault('range', 'status', 0xffff_ffff);
  if (pdu.sequence >>> 0 !== pdu.sequence) return fault('range', 'sequence', 0xffff_ffff);
  const tlvs = version < 0x34 ? [] : pdu.tlvs;
  if (tlvsSize(tlvs) < 0) return fault('tooLong', 'tlvs', 0xffff);
  writer.u32(0);
  writer.u32(spec.id);
  writer.u32(pdu.status);
  writer.u32(pdu.sequence);
  const values = pdu as unknown as Readonly<Record<string, unknown>>;
  if (spec.isResponse && pdu.status !== 0 && tlvs.length === 0 && spec.fields.every((one) => isEmpty(values[one.name])))
    return null;
  for (const field of spec.fields) {
    const error = writeField(writer, field, values[field.name], version, options);
    if (error !== null) return error;
  }
  writeTlvs(writer, tlvs);
  return null;
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
}

function fault(code: EncodeError['code'], field: string, limit = 0): EncodeError {
  return { code, field, limit };
}

function writeField(
  writer: ByteWriter,
  field: FieldSpec,
  value: unknown,
  version: number,
  options: EncodeOptions,
): EncodeError | null {
  switch (field.kind) {
    case 'u8':
    case 'u32':
      return writeNumber(writer, field.name, value as number, field.kind === 'u8' ? 0xff : 0xffff_ffff);
    case 'time':
    case 'date':
      if (!isTime(value as string)) return fault('time', field.name, 16);
      writer.cstring(value as string);
      return null;
    case 'message':
      return writeMessage(writer, field.name, value as Buffer, version);
    case 'destinations':
      return writeDestinations(writer, value as readonly Destination[], version);
    case 'unsuccess':
      return writeUnsuccess(writer, value as readonly UnsuccessSme[]);
    case 'cstring':
      return writeText(writer, field.name, value as string, maxOctets(field, version, options));
  }
}

function maxOctets(field: FieldSpec, version: number, options: EncodeOptions): number {
  if (field.name === 'messageId' && version < 0x34) return 9;
  const bindField =
    field.name === 'systemId' ||
    field.name === 'password' ||
    field.name === 'systemType' ||
    field.name === 'addressRange';
  return bindField ? Math.max(field.max, (options.bindFieldMaxChars ?? 0) + 1) : field.max;
}

function writeNumber(writer: ByteWriter, name: string, value: number, max: 0xff | 0xffff_ffff): EncodeError | null {
  if (!(value >= 0 && value <= max)) return fault('range', name, max);
  if (max === 0xff) writer.u8(value);
  else writer.u32(value);
  return null;
}

function writeText(writer: ByteWriter, name: string, text: string, max: number): EncodeError | null {
  if (text.length >= max) return fault('tooLong', name, max - 1);
  if (!isText(text)) return fault('character', name);
  writer.cstring(text);
  return null;
}

function writeMessage(writer: ByteWriter, name: string, text: Buffer, version: number): EncodeError | null {
  const max = version < 0x50 ? 254 : 255;
  if (text.length > max) return fault('tooLong', name, max);
  writer.u8(text.length);
  writer.bytes(text);
  return null;
}

function writeAddress(
  writer: ByteWriter,
  one: { destAddrTon: number; destAddrNpi: number; destinationAddr: string },
): EncodeError | null {
  return (
    writeNumber(writer, 'destAddrTon', one.destAddrTon, 0xff) ??
    writeNumber(writer, 'destAddrNpi', one.destAddrNpi, 0xff) ??
    writeText(writer, 'destinationAddr', one.destinationAddr, 21)
  );
}

function writeDestinations(writer: ByteWriter, list: readonly Destination[], version: number): EncodeError | null {
  const max = version < 0x50 ? 254 : 255;
  if (list.length === 0) return fault('tooFew', 'destinations', 1);
  if (list.length > max) return fault('tooLong', 'destinations', max);
  writer.u8(list.length);
  for (const one of list) {
    writer.u8(one.destFlag);
    const error = one.destFlag === 1 ? writeAddress(writer, one) : writeText(writer, 'dlName', one.dlName, 21);
    if (error !== null) return error;
  }
  return null;
}

function writeUnsuccess(writer: ByteWriter, list: readonly UnsuccessSme[]): EncodeError | null {
  if (list.length > 255) return fault('tooLong', 'unsuccessSmes', 255);
  writer.u8(list.length);
  for (const one of list) {
    const error = writeAddress(writer, one) ?? writeNumber(writer, 'errorStatusCode', one.errorStatusCode, 0xffff_ffff);
    if (error !== null) return error;
  }
  return null;
}
