// The shapes of all PDUs as one union discriminated by `command`, and what reads and makes them. Fields in the order of
// the wire (SMPP 3.4 §4, 5.0 §4.1–4.6); the octets themselves are decode's and encode's business.
import { NO_BYTES, readU16, readU32 } from '../base/bytes.ts';

/** One TLV: `value` without the four octets of tag and length. */
export interface Tlv {
  readonly tag: number;
  readonly value: Buffer;
}

/** The TLVs of a PDU that has none, shared. */
export const NO_TLVS: readonly Tlv[] = Object.freeze([]);

/**
 * What every PDU has. Strings are latin1 without their NUL. A `Buffer` inside a decoded PDU is a view into the
 * connection's input: valid until the handler returns, so copy what must live longer.
 */
export interface PduHead {
  readonly commandId: number;
  /** command_status; 0 in requests. */
  status: number;
  /** sequence_number; the sender's session fills it in. */
  sequence: number;
  /** In the order of the wire, unknown and repeated ones included. */
  readonly tlvs: readonly Tlv[];
}

interface SourceAddress {
  readonly sourceAddrTon: number;
  readonly sourceAddrNpi: number;
  readonly sourceAddr: string;
}

interface DestinationAddress {
  readonly destAddrTon: number;
  readonly destAddrNpi: number;
  readonly destinationAddr: string;
}

/** From esm_class to short_message; sm_length is the length of `shortMessage`. */
interface MessageFields {
  readonly esmClass: number;
  readonly protocolId: number;
  readonly priorityFlag: number;
  readonly scheduleDeliveryTime: string;
  readonly validityPeriod: string;
  readonly registeredDelivery: number;
  readonly replaceIfPresentFlag: number;
  readonly dataCoding: number;
  readonly smDefaultMsgId: number;
  readonly shortMessage: Buffer;
}

/** §4.1.1–4.1.5. */
export interface Bind extends PduHead {
  readonly command: 'bind_receiver' | 'bind_transmitter' | 'bind_transceiver';
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly interfaceVersion: number;
  readonly addrTon: number;
  readonly addrNpi: number;
  readonly addressRange: string;
}

export interface BindResp extends PduHead {
  readonly command: 'bind_receiver_resp' | 'bind_transmitter_resp' | 'bind_transceiver_resp';
  readonly systemId: string;
}

export interface Outbind extends PduHead {
  readonly command: 'outbind';
  readonly systemId: string;
  readonly password: string;
}

/** PDUs without a body. */
export interface HeaderOnly extends PduHead {
  readonly command:
    | 'unbind'
    | 'unbind_resp'
    | 'enquire_link'
    | 'enquire_link_resp'
    | 'generic_nack'
    | 'cancel_sm_resp'
    | 'replace_sm_resp'
    | 'cancel_broadcast_sm_resp';
}

export interface SubmitSm extends PduHead, SourceAddress, DestinationAddress, MessageFields {
  readonly command: 'submit_sm';
  readonly serviceType: string;
}

export interface DeliverSm extends PduHead, SourceAddress, DestinationAddress, MessageFields {
  readonly command: 'deliver_sm';
  readonly serviceType: string;
}

/** A destination of submit_multi: an address, or the name of a distribution list. */
export type Destination =
  | ({ readonly destFlag: 1 } & DestinationAddress)
  | { readonly destFlag: 2; readonly dlName: string };

export interface SubmitMulti extends PduHead, SourceAddress, MessageFields {
  readonly command: 'submit_multi';
  readonly serviceType: string;
  readonly destinations: readonly Destination[];
}

/** A destination that submit_multi did not reach, and why. */
export interface UnsuccessSme extends DestinationAddress {
  readonly errorStatusCode: number;
}

export interface SubmitMultiResp extends PduHead {
  readonly command: 'submit_multi_resp';
  readonly messageId: string;
  readonly unsuccessSmes: readonly UnsuccessSme[];
}

/** Responses whose body is a message id; '' where the peer gave none. */
export interface MessageIdResp extends PduHead {
  readonly command:
    | 'submit_sm_resp'
    | 'deliver_sm_resp'
    | 'data_sm_resp'
    | 'broadcast_sm_resp'
    | 'query_broadcast_sm_resp';
  readonly messageId: string;
}

/** Text only in TLV message_payload. */
export interface DataSm extends PduHead, SourceAddress, DestinationAddress {
  readonly command: 'data_sm';
  readonly serviceType: string;
  readonly esmClass: number;
  readonly registeredDelivery: number;
  readonly dataCoding: number;
}

export interface QuerySm extends PduHead, SourceAddress {
  readonly command: 'query_sm' | 'query_broadcast_sm';
  readonly messageId: string;
}

export interface QuerySmResp extends PduHead {
  readonly command: 'query_sm_resp';
  readonly messageId: string;
  /** Read with 0, 12 or 16 characters, written with 0 or 16 (R18). */
  readonly finalDate: string;
  readonly messageState: number;
  readonly errorCode: number;
}

export interface CancelSm extends PduHead, SourceAddress, DestinationAddress {
  readonly command: 'cancel_sm';
  readonly serviceType: string;
  readonly messageId: string;
}

export interface ReplaceSm extends PduHead, SourceAddress {
  readonly command: 'replace_sm';
  readonly messageId: string;
  readonly scheduleDeliveryTime: string;
  readonly validityPeriod: string;
  readonly registeredDelivery: number;
  readonly smDefaultMsgId: number;
  readonly shortMessage: Buffer;
}

export interface AlertNotification extends PduHead, SourceAddress {
  readonly command: 'alert_notification';
  readonly esmeAddrTon: number;
  readonly esmeAddrNpi: number;
  readonly esmeAddr: string;
}

export interface BroadcastSm extends PduHead, SourceAddress {
  readonly command: 'broadcast_sm';
  readonly serviceType: string;
  readonly messageId: string;
  readonly priorityFlag: number;
  readonly scheduleDeliveryTime: string;
  readonly validityPeriod: string;
  readonly replaceIfPresentFlag: number;
  readonly dataCoding: number;
  readonly smDefaultMsgId: number;
}

export interface CancelBroadcastSm extends PduHead, SourceAddress {
  readonly command: 'cancel_broadcast_sm';
  readonly serviceType: string;
  readonly messageId: string;
}

export type Pdu =
  | Bind
  | BindResp
  | Outbind
  | HeaderOnly
  | SubmitSm
  | DeliverSm
  | SubmitMulti
  | SubmitMultiResp
  | MessageIdResp
  | DataSm
  | QuerySm
  | QuerySmResp
  | CancelSm
  | ReplaceSm
  | AlertNotification
  | BroadcastSm
  | CancelBroadcastSm;

/** The standard's name of a PDU. */
export type CommandName = Pdu['command'];

/** The value of the first TLV with this tag: of repeated ones the first counts (R23). */
export function tlv(pdu: PduHead, tag: number): Buffer | undefined {
  const tlvs = pdu.tlvs;
  for (let i = 0; i < tlvs.length; i++) if ((tlvs[i] as Tlv).tag === tag) return (tlvs[i] as Tlv).value;
  return undefined;
}

/** A TLV of one octet; undefined when it is absent or of another length. */
export function tlvU8(pdu: PduHead, tag: number): number | undefined {
  const value = tlv(pdu, tag);
  return value?.length === 1 ? value[0] : undefined;
}

/** A TLV of two octets; undefined when it is absent or of another length. */
export function tlvU16(pdu: PduHead, tag: number): number | undefined {
  const value = tlv(pdu, tag);
  return value?.length === 2 ? readU16(value, 0) : undefined;
}

/** A TLV of four octets; undefined when it is absent or of another length. */
export function tlvU32(pdu: PduHead, tag: number): number | undefined {
  const value = tlv(pdu, tag);
  return value?.length === 4 ? readU32(value, 0) : undefined;
}

/** A TLV as a latin1 string up to its first NUL; many peers leave the NUL away. */
export function tlvCString(pdu: PduHead, tag: number): string | undefined {
  const value = tlv(pdu, tag);
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return value.latin1Slice(0, end < 0 ? value.length : end);
}

/** Fields of a submit_sm or deliver_sm that differ from the defaults: numbers 0, strings and text empty. */
export type SmFields = Partial<Omit<SubmitSm, 'command' | 'commandId'>>;

/** A submit_sm with defaults. */
export function submitSm(fields: SmFields): SubmitSm {
  return shortMessage('submit_sm', 0x04, fields);
}

/** A deliver_sm with defaults. */
export function deliverSm(fields: SmFields): DeliverSm {
  return shortMessage('deliver_sm', 0x05, fields);
}

// Property order equals decode's, so that all PDUs of a kind share one hidden class.
function shortMessage<C extends 'submit_sm' | 'deliver_sm'>(command: C, commandId: number, fields: SmFields) {
  return {
    command,
    commandId,
    status: fields.status ?? 0,
    sequence: fields.sequence ?? 0,
    serviceType: fields.serviceType ?? '',
    sourceAddrTon: fields.sourceAddrTon ?? 0,
    sourceAddrNpi: fields.sourceAddrNpi ?? 0,
    sourceAddr: fields.sourceAddr ?? '',
    destAddrTon: fields.destAddrTon ?? 0,
    destAddrNpi: fields.destAddrNpi ?? 0,
    destinationAddr: fields.destinationAddr ?? '',
    esmClass: fields.esmClass ?? 0,
    protocolId: fields.protocolId ?? 0,
    priorityFlag: fields.priorityFlag ?? 0,
    scheduleDeliveryTime: fields.scheduleDeliveryTime ?? '',
    validityPeriod: fields.validityPeriod ?? '',
    registeredDelivery: fields.registeredDelivery ?? 0,
    replaceIfPresentFlag: fields.replaceIfPresentFlag ?? 0,
    dataCoding: fields.dataCoding ?? 0,
    smDefaultMsgId: fields.smDefaultMsgId ?? 0,
    shortMessage: fields.shortMessage ?? NO_BYTES,
    tlvs: fields.tlvs ?? NO_TLVS,
  };
}
