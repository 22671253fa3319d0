// From a PDU to octets at the end of a writer. The four kinds that make up the traffic have quick paths; they write only
// what is in order and leave all else to encodeBody, which also says what is wrong.
import type { ByteWriter } from '../base/bytes.ts';
import type { Result } from '../base/result.ts';
import { CommandId, type CommandSpec, commandSpec } from './commands.ts';
import { isTime } from './decodeBody.ts';
import {
  ENCODED,
  type EncodeError,
  type EncodeOptions,
  encodeBody,
  needsTlvs,
  tlvsSize,
  writeTlvs,
} from './encodeBody.ts';
import type { DeliverSm, MessageIdResp, Pdu, SubmitSm } from './pdu.ts';
import { putText } from './text.ts';

const STANDARD: EncodeOptions = Object.freeze({});

/**
 * Appends one PDU. `version` is the connection's: below 0x34 TLVs are left out, and what cannot go without them, ids of more
 * than 8 characters and requests that the version does not have are errors (R3). After an error the writer is as it was.
 */
export function encode(
  writer: ByteWriter,
  pdu: Pdu,
  version = 0x34,
  options: EncodeOptions = STANDARD,
): Result<undefined, EncodeError> {
  let done = false;
  switch (pdu.command) {
    case 'submit_sm':
    case 'deliver_sm':
      done = quickMessage(writer, pdu, version);
      break;
    case 'submit_sm_resp':
    case 'deliver_sm_resp':
      done = quickMessageId(writer, pdu, version);
      break;
  }
  return done ? ENCODED : encodeByTable(writer, pdu, version, options);
}

/** As `encode`, without the quick paths. */
export function encodeByTable(
  writer: ByteWriter,
  pdu: Pdu,
  version = 0x34,
  options: EncodeOptions = STANDARD,
): Result<undefined, EncodeError> {
  // Every `command` of the union has a row; the table is typed by that.
  return encodeBody(writer, commandSpec(CommandId[pdu.command]) as CommandSpec, pdu, version, options);
}

/** Appends a PDU without body: unbind, enquire_link, generic_nack, refusals. */
export function encodeHead(writer: ByteWriter, commandId: number, status: number, sequence: number): void {
  writer.ensure(16);
  writer.length = putHead(writer.buffer, writer.length, 16, commandId, status, sequence);
}

function putHead(b: Buffer, at: number, length: number, commandId: number, status: number, sequence: number): number {
  b[at] = length >>> 24;
  b[at + 1] = length >>> 16;
  b[at + 2] = length >>> 8;
  b[at + 3] = length;
  b[at + 4] = commandId >>> 24;
  b[at + 5] = commandId >>> 16;
  b[at + 6] = commandId >>> 8;
  b[at + 7] = commandId;
  b[at + 8] = status >>> 24;
  b[at + 9] = status >>> 16;
  b[at + 10] = status >>> 8;
  b[at + 11] = status;
  b[at + 12] = sequence >>> 24;
  b[at + 13] = sequence >>> 16;
  b[at + 14] = sequence >>> 8;
  b[at + 15] = sequence;
  return at + 16;
}

function isU32(value: number): boolean {
  return value >>> 0 === value;
}

/** Mandatory octets of a submit_sm at their longest without text: header, 11 single octets, service_type, addresses, times, sm_length. */
const MESSAGE_MAX = 16 + 11 + 6 + 2 * 21 + 2 * 17 + 1;

/** True: written. False: something is wrong or unusual, and the writer's length has not moved. */
function quickMessage(writer: ByteWriter, pdu: SubmitSm | DeliverSm, version: number): boolean {
  const text = pdu.shortMessage;
  const octets = text.length;
  const tlvs = version < 0x34 ? 0 : tlvsSize(pdu.tlvs);
  const numbers =
    pdu.sourceAddrTon |
    pdu.sourceAddrNpi |
    pdu.destAddrTon |
    pdu.destAddrNpi |
    pdu.esmClass |
    pdu.protocolId |
    pdu.priorityFlag;
  const more = pdu.registeredDelivery | pdu.replaceIfPresentFlag | pdu.dataCoding | pdu.smDefaultMsgId;
  if ((numbers | more) >>> 8 !== 0 || octets > 254 || tlvs < 0 || !isU32(pdu.status) || !isU32(pdu.sequence))
    return false;
  if (version < 0x34 && needsTlvs(pdu)) return false;
  writer.ensure(MESSAGE_MAX + octets + tlvs);
  const b = writer.buffer;
  const start = writer.length;
  let at = putText(b, start + 16, pdu.serviceType, 6);
  if (at < 0) return false;
  b[at] = pdu.sourceAddrTon;
  b[at + 1] = pdu.sourceAddrNpi;
  at = putText(b, at + 2, pdu.sourceAddr, 21);
  if (at < 0) return false;
  b[at] = pdu.destAddrTon;
  b[at + 1] = pdu.destAddrNpi;
  at = putText(b, at + 2, pdu.destinationAddr, 21);
  if (at < 0) return false;
  b[at] = pdu.esmClass;
  b[at + 1] = pdu.protocolId;
  b[at + 2] = pdu.priorityFlag;
  at = putTime(b, at + 3, pdu.scheduleDeliveryTime);
  if (at < 0) return false;
  at = putTime(b, at, pdu.validityPeriod);
  if (at < 0) return false;
  b[at] = pdu.registeredDelivery;
  b[at + 1] = pdu.replaceIfPresentFlag;
  b[at + 2] = pdu.dataCoding;
  b[at + 3] = pdu.smDefaultMsgId;
  b[at + 4] = octets;
  putHead(
    b,
    start,
    at + 5 - start + octets + tlvs,
    pdu.command === 'submit_sm' ? 0x04 : 0x05,
    pdu.status,
    pdu.sequence,
  );
  writer.length = at + 5;
  writer.bytes(text);
  if (tlvs > 0) writeTlvs(writer, pdu.tlvs);
  return true;
}

function putTime(b: Buffer, at: number, text: string): number {
  if (text === '') {
    b[at] = 0;
    return at + 1;
  }
  return isTime(text) ? putText(b, at, text, 17) : -1;
}

function quickMessageId(writer: ByteWriter, pdu: MessageIdResp, version: number): boolean {
  const id = pdu.messageId;
  // A refusal without id and TLVs has no body at all (3.4 §4.4.2).
  if (id === '' && pdu.status !== 0) return false;
  const tlvs = version < 0x34 ? 0 : tlvsSize(pdu.tlvs);
  if (tlvs < 0 || !isU32(pdu.status) || !isU32(pdu.sequence)) return false;
  writer.ensure(16 + 65 + tlvs);
  const b = writer.buffer;
  const start = writer.length;
  const at = putText(b, start + 16, id, version < 0x34 ? 9 : 65);
  if (at < 0) return false;
  const commandId = pdu.command === 'submit_sm_resp' ? CommandId.submit_sm_resp : CommandId.deliver_sm_resp;
  putHead(b, start, at - start + tlvs, commandId, pdu.status, pdu.sequence);
  writer.length = at;
  if (tlvs > 0) writeTlvs(writer, pdu.tlvs);
  return true;
}
