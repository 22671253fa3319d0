// PDUs written by hand for the tests of malformed input, and what must be said of them.
import assert from 'node:assert/strict';
import { ByteWriter } from '../../src/base/bytes.ts';
import { type Decoded, decode, type MalformedPdu } from '../../src/smpp/decode.ts';
import { DEFAULT_DECODE, type DecodeOptions } from '../../src/smpp/decodeBody.ts';
import { encode } from '../../src/smpp/encode.ts';
import type { Pdu, Tlv } from '../../src/smpp/pdu.ts';
import { Status, type StatusName } from '../../src/smpp/status.table.ts';

/** A PDU from its parts: strings as latin1, numbers as one octet each. */
export function raw(commandId: number, status: number, ...parts: readonly (string | number | Buffer)[]): Buffer {
  const writer = new ByteWriter();
  writer.u32(0);
  writer.u32(commandId);
  writer.u32(status);
  writer.u32(0x0a0b0c0d);
  for (const part of parts) {
    if (typeof part === 'string') writer.latin1(part);
    else if (typeof part === 'number') writer.u8(part);
    else writer.bytes(part);
  }
  const bytes = Buffer.from(writer.view());
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

export function read(bytes: Buffer, options: Partial<DecodeOptions> = {}): Decoded {
  return decode(bytes, 0, bytes.length, { ...DEFAULT_DECODE, ...options });
}

export function octets(pdu: Pdu): Buffer {
  const writer = new ByteWriter();
  assert.equal(encode(writer, pdu, 0x50).ok, true);
  return Buffer.from(writer.view());
}

export function malformed(
  bytes: Buffer,
  status: StatusName,
  field: string,
  options: Partial<DecodeOptions> = {},
): MalformedPdu {
  const result = read(bytes, options);
  assert.equal(result.kind, 'malformed', JSON.stringify(result));
  const bad = result as MalformedPdu;
  assert.equal(bad.status, Status[status], `status ${bad.status.toString(16)} of ${bad.field}`);
  assert.equal(bad.field, field);
  assert.equal(bad.sequence, bytes.readUInt32BE(12));
  return bad;
}

export function pduOf(bytes: Buffer, options: Partial<DecodeOptions> = {}): Pdu {
  const result = read(bytes, options);
  assert.equal(result.kind, 'pdu', JSON.stringify(result));
  return (result as { pdu: Pdu }).pdu;
}

export const T = (tag: number, ...value: number[]): Tlv => ({ tag, value: Buffer.from(value) });

export interface SubmitParts {
  readonly serviceType?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly schedule?: string;
  readonly validity?: string;
  readonly tail?: readonly number[];
}

/** A submit_sm or deliver_sm written by hand, so that each field can be wrong. */
export function message(commandId: number, parts: SubmitParts): Buffer {
  const {
    serviceType = '\0',
    source = 'A\0',
    destination = '4915\0',
    schedule = '\0',
    validity = '\0',
    tail = [0, 0, 0, 0, 1, 0x41],
  } = parts;
  return raw(commandId, 0, serviceType, 1, 1, source, 1, 1, destination, 0, 0, 0, schedule, validity, ...tail);
}
