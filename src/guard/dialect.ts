// A supplier's habits: how an order becomes the PDUs that this supplier takes, checked octet by octet against the egress
// policy, and how its answers and receipts are read. Everything above this room sees one perfect SMSC.
import type { ByteWriter } from '../base/bytes.ts';
import type { Decision, EmissionContext, EmissionFacts, EmissionPolicy } from '../egress/facts.ts';
import { checkEmission, deny } from '../egress/policy.ts';
import { reparse } from '../egress/reparse.ts';
import { formatValidity } from '../egress/validity.ts';
import { encode } from '../smpp/encode.ts';
import { type DataSm, type DeliverSm, type SubmitSm, submitSm, tlv, tlvCString, tlvU8 } from '../smpp/pdu.ts';
import { Status, submitVerdict } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { OutcomeVerdict, type OutcomeVerdictValue } from '../smpp/vendor.ts';
import { encodeText, plainContext } from '../sms/alphabet.ts';
import { decodeSeptets, defaultTables } from '../sms/gsm.ts';
import {
  mergeReceipt,
  parseCsvReceipt,
  parseReceipt,
  type Receipt,
  type ReceiptText,
  receiptOctetsToText,
} from '../sms/receipt.ts';
import { type SplitOptions, splitOctets } from '../sms/split.ts';
import { parseUdh } from '../sms/udh.ts';
import type { SeedCommitments } from '../tlog/seedCommitments.ts';
import type { DialectConfig } from './config.ts';
import type { PduOctets } from './pduOctets.ts';

const SHORT_CODE_DIGITS = 8;
const UDHI = 0x40;
const STORE_AND_FORWARD = 0x03;
const TYPE_BITS = 0x3c;
const RECEIPT = 0x04;
const INTERMEDIATE = 0x20;

/** A link's dialect made ready for use. */
export interface Dialect {
  readonly config: DialectConfig;
  readonly policy: EmissionPolicy;
  readonly split: SplitOptions;
  readonly utcOffsetMs: number;
}

export function compileDialect(config: DialectConfig): Dialect {
  const { defaultAlphabet } = config;
  return {
    config,
    policy: {
      binary: config.binary,
      messagePayload: false,
      storeAndForward: config.storeAndForwardBits,
      serviceType: config.serviceType,
      defaultAlphabet: defaultAlphabet === 'latin1' || defaultAlphabet === 'ascii' ? defaultAlphabet : 'gsm',
    },
    split: { refBits: 8, languages: [], packed: defaultAlphabet === 'gsm7-packed' },
    utcOffsetMs: config.receiptTimeZoneMinutes * 60_000,
  };
}

/** What an order says about the PDUs to be made. */
export interface Wanted {
  readonly senderTon: number;
  readonly senderNpi: number;
  readonly sender: string;
  readonly recipient: string;
  readonly dataCoding: number;
  readonly total: number;
}

/** What every order uses again. One per guard. */
export interface EmissionScratch {
  readonly writer: ByteWriter;
  readonly facts: EmissionFacts;
  readonly commitments: SeedCommitments;
}

const FITS: Decision = { allowed: true };

/**
 * Makes the octets of an order's PDUs into `pdus`, and reads each back. `body` may be a view of the request.
 * Denied: nothing may leave; a count of segments other than the order's is told as `concatenation`.
 */
export function makePdus(
  dialect: Dialect,
  wanted: Wanted,
  body: Buffer,
  udhi: boolean,
  reference: number,
  validitySeconds: number,
  scratch: EmissionScratch,
  pdus: PduOctets,
): Decision {
  const { config } = dialect;
  const split = splitOctets(wanted.dataCoding, body, udhi, reference, dialect.split);
  if (!split.ok)
    return deny(split.error.code === 'reservedDataCoding' ? 'dataCoding' : 'contentLength', wanted.dataCoding);
  const { parts } = split.value;
  if (parts.length !== wanted.total) return deny('concatenation', parts.length);
  const sender = config.senderRewrites.get(wanted.sender) ?? config.senderRewrites.get('*') ?? wanted.sender;
  const rule =
    sender !== wanted.sender
      ? senderKind(config, sender)
      : wanted.senderTon === 5
        ? config.alphanumeric
        : senderKind(config, sender);
  const esmClass = (split.value.esmUdhi ? UDHI : 0) | (config.storeAndForwardBits ? STORE_AND_FORWARD : 0);
  const validityPeriod = formatValidity(validitySeconds);
  for (let i = 0; i < parts.length; i++) {
    const shortMessage = convert(config, wanted.dataCoding, parts[i] as Buffer, split.value.esmUdhi);
    if (shortMessage === null) return deny('dataCoding', wanted.dataCoding);
    const pdu = submitSm({
      serviceType: config.serviceType,
      sourceAddrTon: rule.ton,
      sourceAddrNpi: rule.npi,
      sourceAddr: sender,
      destAddrTon: 1,
      destAddrNpi: 1,
      destinationAddr: wanted.recipient,
      esmClass,
      validityPeriod,
      registeredDelivery: 1,
      dataCoding: wanted.dataCoding,
      shortMessage,
    });
    const decision = checkOctets(dialect, pdu, sender, wanted.recipient, i + 1, parts.length, scratch);
    if (!decision.allowed) return decision;
    // These very octets leave; only their sequence_number is written into them.
    pdus.put(i, scratch.writer.buffer, scratch.writer.length);
  }
  return FITS;
}

function checkOctets(
  dialect: Dialect,
  pdu: SubmitSm,
  sender: string,
  recipient: string,
  segment: number,
  total: number,
  scratch: EmissionScratch,
): Decision {
  const { writer, facts } = scratch;
  writer.reset();
  // The session gives the number; any valid one stands for it here.
  pdu.sequence = 1;
  if (!encode(writer, pdu).ok) return deny('contentLength');
  if (reparse(writer.buffer, 0, writer.length, facts) !== null) return deny('commandId');
  const context: EmissionContext = {
    sourceAddr: sender,
    destinationAddr: recipient,
    sourceRegistered: true,
    segment,
    segmentTotal: total,
    contentVisible: total > 1 || dialect.split.packed,
  };
  if (!sameBody(facts, pdu.shortMessage)) return deny('contentLength');
  return checkEmission(facts, dialect.policy, context);
}

function sameBody(facts: EmissionFacts, octets: Buffer): boolean {
  const length = facts.userDataEnd - facts.userDataStart;
  if (length !== octets.length) return false;
  for (let i = 0; i < length; i++) if (facts.bytes[facts.userDataStart + i] !== octets[i]) return false;
  return true;
}

function senderKind(config: DialectConfig, sender: string): { readonly ton: number; readonly npi: number } {
  if (!/^[0-9]+$/.test(sender)) return config.alphanumeric;
  return sender.length <= SHORT_CODE_DIGITS ? config.shortCode : config.international;
}

/** A segment's octets as the supplier reads data_coding 0; null when it has no such character. */
function convert(config: DialectConfig, dataCoding: number, part: Buffer, udhi: boolean): Buffer | null {
  const alphabet = config.defaultAlphabet;
  if (dataCoding !== 0 || alphabet === 'gsm7' || alphabet === 'gsm7-packed') return part;
  let from = 0;
  if (udhi) {
    const udh = parseUdh(part);
    if (!udh.ok || udh.value.lockingShift !== 0 || udh.value.singleShift !== 0) return null;
    from = udh.value.length;
  }
  const text = encodeText(alphabet, decodeSeptets(part.subarray(from), defaultTables), plainContext);
  if (text === undefined) return null;
  return from === 0 ? text : Buffer.concat([part.subarray(0, from), text]);
}

/** What a supplier's refusal means for the message (reference §1.9), with the link's overrides. */
export function refusalVerdict(
  config: DialectConfig,
  status: number,
  failureReason: number | undefined,
): OutcomeVerdictValue {
  const override = config.statusOverrides.get(status);
  if (override !== undefined) return OutcomeVerdict[override];
  switch (submitVerdict(status, failureReason)) {
    case 'final':
      return OutcomeVerdict.permanent;
    case 'route':
      return OutcomeVerdict.thisRoute;
    default:
      return OutcomeVerdict.retryLater;
  }
}

/** The bind itself is at fault: rebind. */
export function haltsBind(status: number): boolean {
  return submitVerdict(status) === 'halt';
}

/** Is this deliver_sm or data_sm a receipt of this supplier (R24)? */
export function isReceipt(config: DialectConfig, pdu: DeliverSm | DataSm): boolean {
  const type = pdu.esmClass & TYPE_BITS;
  if (type === RECEIPT || type === INTERMEDIATE) return true;
  if (type !== 0 || !config.receiptWithoutEsmClass) return false;
  if (tlv(pdu, Tag.receiptedMessageId) !== undefined && tlv(pdu, Tag.messageState) !== undefined) return true;
  const text = parseReceipt(octetsText(pdu), { nowMs: 0, utcOffsetMs: 0, twelveDigits: 'YYMMDDhhmmss' });
  return text.id !== undefined && text.state !== undefined;
}

export function isIntermediate(pdu: DeliverSm | DataSm): boolean {
  return (pdu.esmClass & TYPE_BITS) === INTERMEDIATE;
}

/** Reads a receipt; never fails, fields that cannot be read are undefined. */
export function readReceipt(dialect: Dialect, pdu: DeliverSm | DataSm, nowMs: number): Receipt {
  const { config } = dialect;
  const octets = octetsText(pdu);
  let text: ReceiptText | undefined;
  if (octets !== '') {
    const dates = { nowMs, utcOffsetMs: dialect.utcOffsetMs, twelveDigits: 'YYMMDDhhmmss' } as const;
    text = config.receiptLayout === 'csv' ? parseCsvReceipt(octets, dates) : parseReceipt(octets, dates);
  }
  const network = tlv(pdu, Tag.networkErrorCode);
  return mergeReceipt(text, {
    receiptedMessageId: tlvCString(pdu, Tag.receiptedMessageId),
    messageState: tlvU8(pdu, Tag.messageState),
    networkErrorType: network?.length === 3 ? network[0] : undefined,
    networkErrorCode: network?.length === 3 ? network.readUInt16BE(1) : undefined,
  });
}

function octetsText(pdu: DeliverSm | DataSm): string {
  const octets = tlv(pdu, Tag.messagePayload) ?? (pdu.command === 'deliver_sm' ? pdu.shortMessage : undefined);
  if (octets === undefined || octets.length === 0) return '';
  // A header before the text of a receipt says which part it is for; the id says so too.
  const udhi = (pdu.esmClass & UDHI) !== 0 && octets.length > (octets[0] as number);
  return receiptOctetsToText(udhi ? octets.subarray((octets[0] as number) + 1) : octets, pdu.dataCoding);
}

/** The error text that goes up. */
export function errorText(config: DialectConfig, receipt: Receipt): string {
  const raw = receipt.err ?? (receipt.networkErrorCode === undefined ? '' : String(receipt.networkErrorCode));
  return (config.errorTable.get(raw) ?? raw).slice(0, 16);
}

/** Temporary by the supplier: it was certainly not accepted. */
export function isThrottle(status: number): boolean {
  return status === Status.ESME_RTHROTTLED || status === Status.ESME_RMSGQFUL;
}
