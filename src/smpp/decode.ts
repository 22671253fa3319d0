// From the octets of one PDU to a value: a PDU, a malformed one with the status of its answer, or an unknown one (R6).
// The four kinds that make up the traffic have quick paths; they take only what is in order and leave all else to decodeBody.
import { NO_BYTES, readU32 } from '../base/bytes.ts';
import { CommandId, type CommandSpec, commandSpec, RESPONSE_BIT } from './commands.ts';
import {
  type BodyFault,
  DEFAULT_DECODE,
  type DecodeOptions,
  decodeBody,
  isTime,
  type MalformedReason,
  takesBrokenTlvs,
} from './decodeBody.ts';
import { checkTlvs, cutTlvs } from './decodeTlvs.ts';
import { type DeliverSm, type MessageIdResp, NO_TLVS, type Pdu, type SubmitSm } from './pdu.ts';
import { findEnd, readText } from './text.ts';

const SUBMIT_SM = commandSpec(CommandId.submit_sm) as CommandSpec;
const DELIVER_SM = commandSpec(CommandId.deliver_sm) as CommandSpec;

export interface DecodedPdu {
  readonly kind: 'pdu';
  readonly pdu: Pdu;
}

/** Framed and known, but not to be understood. */
export interface MalformedPdu {
  readonly kind: 'malformed';
  readonly commandId: number;
  readonly sequence: number;
  readonly isResponse: boolean;
  /**
   * The command_id to answer with: the request's own response, generic_nack for requests that have none; 0 for responses,
   * which are never answered.
   */
  readonly answerId: number;
  /** command_status of that answer. */
  readonly status: number;
  /** command_status that the PDU itself carried. */
  readonly carriedStatus: number;
  readonly reason: MalformedReason;
  /** The field at fault, or `0x` and the tag of the TLV at fault. */
  readonly field: string;
}

/** A command_id of no row: a request is answered with generic_nack ESME_RINVCMDID and its number, a response not at all. */
export interface UnknownPdu {
  readonly kind: 'unknown';
  readonly commandId: number;
  readonly sequence: number;
  readonly isResponse: boolean;
  readonly carriedStatus: number;
}

export type Decoded = DecodedPdu | MalformedPdu | UnknownPdu;

/**
 * Decodes `buffer[offset, offset + length)`, one whole PDU as cut by `FrameReader` (`length` ≥ 16). Buffers inside the PDU
 * are views into `buffer`. Never throws on any octets.
 */
export function decode(
  buffer: Buffer,
  offset: number,
  length: number,
  options: DecodeOptions = DEFAULT_DECODE,
): Decoded {
  const commandId = readU32(buffer, offset + 4);
  let pdu: Pdu | null = null;
  switch (commandId) {
    case CommandId.submit_sm:
    case CommandId.deliver_sm:
      pdu = quickMessage(buffer, offset, offset + length, commandId, options);
      break;
    case CommandId.submit_sm_resp:
    case CommandId.deliver_sm_resp:
      pdu = quickMessageId(buffer, offset, offset + length, commandId);
      break;
  }
  if (pdu !== null) return { kind: 'pdu', pdu };
  return decodeByTable(buffer, offset, length, options);
}

/** As `decode`, without the quick paths. */
export function decodeByTable(
  buffer: Buffer,
  offset: number,
  length: number,
  options: DecodeOptions = DEFAULT_DECODE,
): Decoded {
  const commandId = readU32(buffer, offset + 4);
  const sequence = readU32(buffer, offset + 12);
  const carriedStatus = readU32(buffer, offset + 8);
  const spec = commandSpec(commandId);
  if (spec === undefined)
    return { kind: 'unknown', commandId, sequence, isResponse: commandId >= RESPONSE_BIT, carriedStatus };
  const body = decodeBody(spec, buffer, offset, length, options);
  if ('command' in body) return { kind: 'pdu', pdu: body };
  const { status, reason, field }: BodyFault = body;
  const { isResponse } = spec;
  const answerId = isResponse ? 0 : spec.responseId === 0 ? CommandId.generic_nack : spec.responseId;
  return { kind: 'malformed', commandId, sequence, isResponse, answerId, status, carriedStatus, reason, field };
}

/** submit_sm or deliver_sm with nothing wrong; null: let decodeBody look at it. */
function quickMessage(
  b: Buffer,
  offset: number,
  end: number,
  commandId: 0x04 | 0x05,
  options: DecodeOptions,
): SubmitSm | DeliverSm | null {
  const serviceAt = offset + 16;
  const serviceEnd = findEnd(b, serviceAt, end, 6);
  if (serviceEnd < 0) return null;
  // Ton and npi lie before each address; when they are beyond the end, so is the address, and findEnd says so.
  const sourceAt = serviceEnd + 3;
  const sourceEnd = findEnd(b, sourceAt, end, 21);
  if (sourceEnd < 0) return null;
  const destAt = sourceEnd + 3;
  const destEnd = findEnd(b, destAt, end, 21);
  if (destEnd < 0) return null;
  const at = destEnd + 1;
  const scheduleAt = at + 3;
  const scheduleEnd = findEnd(b, scheduleAt, end, 17);
  if (scheduleEnd < 0) return null;
  const validityAt = scheduleEnd + 1;
  const validityEnd = findEnd(b, validityAt, end, 17);
  const rest = validityEnd + 1;
  const textAt = rest + 5;
  if (validityEnd < 0 || textAt > end) return null;
  const textLength = b[rest + 4] as number;
  const textEnd = textAt + textLength;
  if (textEnd > end || textLength > 254) return null;
  const scheduleDeliveryTime = readText(b, scheduleAt, scheduleEnd);
  const validityPeriod = readText(b, validityAt, validityEnd);
  const esmClass = b[at] as number;
  const submitted = commandId === CommandId.submit_sm;
  if (
    submitted &&
    !(isTime(scheduleDeliveryTime, options.lenientTimes) && isTime(validityPeriod, options.lenientTimes))
  )
    return null;
  let tlvs = NO_TLVS;
  if (textEnd < end) {
    const lenient = takesBrokenTlvs(options);
    const cut = cutTlvs(b, textEnd, end, lenient);
    if (!('length' in cut)) return null;
    if (!lenient && checkTlvs(submitted ? SUBMIT_SM : DELIVER_SM, cut, esmClass, textLength) !== null) return null;
    tlvs = cut;
  }
  return {
    command: submitted ? 'submit_sm' : 'deliver_sm',
    commandId,
    status: readU32(b, offset + 8),
    sequence: readU32(b, offset + 12),
    serviceType: readText(b, serviceAt, serviceEnd),
    sourceAddrTon: b[serviceEnd + 1] as number,
    sourceAddrNpi: b[serviceEnd + 2] as number,
    sourceAddr: readText(b, sourceAt, sourceEnd),
    destAddrTon: b[sourceEnd + 1] as number,
    destAddrNpi: b[sourceEnd + 2] as number,
    destinationAddr: readText(b, destAt, destEnd),
    esmClass,
    protocolId: b[at + 1] as number,
    priorityFlag: b[at + 2] as number,
    scheduleDeliveryTime,
    validityPeriod,
    registeredDelivery: b[rest] as number,
    replaceIfPresentFlag: b[rest + 1] as number,
    dataCoding: b[rest + 2] as number,
    smDefaultMsgId: b[rest + 3] as number,
    shortMessage: textLength === 0 ? NO_BYTES : b.subarray(textAt, textEnd),
    tlvs,
  };
}

/** submit_sm_resp or deliver_sm_resp with a whole message_id; null: let decodeBody look at it. */
function quickMessageId(
  b: Buffer,
  offset: number,
  end: number,
  commandId: 0x80000004 | 0x80000005,
): MessageIdResp | null {
  const at = offset + 16;
  const idEnd = findEnd(b, at, end, 65);
  if (idEnd < 0) return null;
  let tlvs = NO_TLVS;
  if (idEnd + 1 < end) {
    const cut = cutTlvs(b, idEnd + 1, end, true);
    if (!('length' in cut)) return null;
    tlvs = cut;
  }
  return {
    command: commandId === CommandId.submit_sm_resp ? 'submit_sm_resp' : 'deliver_sm_resp',
    commandId,
    status: readU32(b, offset + 8),
    sequence: readU32(b, offset + 12),
    messageId: readText(b, at, idEnd),
    tlvs,
  };
}
