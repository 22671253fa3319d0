// The two PDUs of the load generator: the submit_sm that it writes and the deliver_sm that it reads.
import { Digest } from '../src/operator/digest.ts';
import { Command, HEADER, type Outbox, skipString, writeHeader } from '../src/operator/wire.ts';
import { stateNames } from './tally.ts';
import type { Draft, Workload } from './workload.ts';

const PAYLOAD_TLV = 0x0424;
/** Longer texts go into message_payload: what short_message holds (3.4 §4.4.1). */
const SHORT_MESSAGE_MAX = 254;

/** One submit_sm that asks for a receipt. */
export function writeSubmit(
  out: Outbox,
  sequence: number,
  draft: Draft,
  workload: Workload,
  sender: string,
  validity: string,
  priority = 0,
): void {
  const digits = workload.digitCount(draft.recipient);
  const payload = draft.length > SHORT_MESSAGE_MAX;
  const length =
    HEADER + 1 + 3 + sender.length + 3 + digits + 4 + validity.length + 1 + 5 + (payload ? 4 : 0) + draft.length;
  const bytes = out.room(length);
  let at = out.length;
  writeHeader(bytes, at, length, Command.submitSm, 0, sequence);
  at += HEADER;
  bytes[at] = 0;
  bytes[at + 1] = 5;
  bytes[at + 2] = 0;
  at += 3;
  for (let i = 0; i < sender.length; i += 1) bytes[at + i] = sender.charCodeAt(i);
  at += sender.length;
  bytes[at] = 0;
  bytes[at + 1] = 1;
  bytes[at + 2] = 1;
  at = workload.writeDigits(draft.recipient, bytes, at + 3);
  // NUL, esm_class, protocol_id, priority_flag, schedule_delivery_time.
  for (let i = 0; i < 5; i += 1) bytes[at + i] = 0;
  bytes[at + 3] = priority;
  at += 5;
  if (validity.length > 0) at += bytes.latin1Write(validity, at);
  bytes[at] = 0;
  bytes[at + 1] = 1;
  bytes[at + 2] = 0;
  bytes[at + 3] = draft.dataCoding;
  bytes[at + 4] = 0;
  bytes[at + 5] = payload ? 0 : draft.length;
  at += 6;
  if (payload) {
    bytes.writeUInt16BE(PAYLOAD_TLV, at);
    bytes.writeUInt16BE(draft.length, at + 2);
    at += 4;
  }
  draft.octets.copy(bytes, at, 0, draft.length);
  out.length += length;
}

/** A deliver_sm as far as the generator needs it; one instance is used over and over. */
export class ReceiptView {
  isReceipt = false;
  /** Digest of the message id. */
  readonly id = new Digest();
  /** message_state; 0 when nothing tells it. */
  state = 0;
  /** Where the source address stands. */
  sourceFrom = 0;
  sourceTo = 0;

  read(bytes: Buffer, from: number, to: number): void {
    let at = skipString(bytes, from + HEADER, to);
    this.sourceFrom = at + 2;
    at = skipString(bytes, this.sourceFrom, to);
    this.sourceTo = at - 1;
    at = skipString(bytes, at + 2, to);
    this.isReceipt = ((bytes[at] as number) & 0x3c) === 0x04;
    if (!this.isReceipt) return;
    at = skipString(bytes, skipString(bytes, at + 3, to), to) + 4;
    const textFrom = at + 1;
    const textTo = textFrom + (bytes[at] as number);
    this.state = 0;
    let hasId = false;
    for (let tlv = textTo; tlv + 4 <= to; ) {
      const tag = bytes.readUInt16BE(tlv);
      const length = bytes.readUInt16BE(tlv + 2);
      if (tag === 0x001e) {
        digestOctets(this.id, bytes, tlv + 4, tlv + 4 + length - 1);
        hasId = true;
      } else if (tag === 0x0427) this.state = bytes[tlv + 4] as number;
      tlv += 4 + length;
    }
    if (!hasId || this.state === 0) this.#readText(bytes.latin1Slice(textFrom, textTo), hasId);
  }

  /** What the TLVs do not tell stands in the text (3.4 App. B). */
  #readText(text: string, hasId: boolean): void {
    const id = /(?:^|\s)id:(\S+)/i.exec(text)?.[1];
    const word = /\sstat:(\S+)/i.exec(text)?.[1]?.toUpperCase();
    if (!hasId && id !== undefined) digestOctets(this.id, Buffer.from(id, 'latin1'), 0, id.length);
    if (this.state !== 0 || word === undefined) return;
    this.state = Number(Object.keys(stateNames).find((key) => stateNames[Number(key)] === word) ?? 0);
  }
}

/** The digest of some octets, as that of a message id. */
export function digestOctets(digest: Digest, bytes: Buffer, from: number, to: number): void {
  digest.start();
  for (let i = from; i < to; i += 1) digest.unit(bytes[i] as number);
  digest.finish();
}
