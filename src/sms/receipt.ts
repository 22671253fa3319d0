// Delivery receipts: reading the texts that message centres send, settling text against TLVs, and writing our own
// (SMPP 3.4 Appendix B, where the text is only an example; R24). Ids and error codes are strings throughout.

import { RECEIPT_ERR_MAX, RECEIPT_OCTETS_MAX } from '../base/limits.ts';
import { ScratchOctets } from '../base/scratchOctets.ts';
import { type MessageState, stateOfValue, stateOfWord, stateWord } from './messageState.ts';
import { type ReceiptDates, readReceiptDate } from './receiptDate.ts';

/** What a receipt's text says. A label that is missing or unreadable leaves its field undefined, never fails the rest. */
export interface ReceiptText {
  readonly id: string | undefined;
  readonly sub: string | undefined;
  readonly dlvrd: string | undefined;
  /** The dates as written, up to the next space, and as ms since the epoch where they can be read. */
  readonly submitDate: string | undefined;
  readonly doneDate: string | undefined;
  readonly submitMs: number | undefined;
  readonly doneMs: number | undefined;
  /** The word behind `stat:` as written; undefined when the label is missing. */
  readonly stat: string | undefined;
  /** From `stat`, or from a bare state word before `text:` when there is no such label. */
  readonly state: MessageState | undefined;
  /** Digits, hex or letters, at most 16 characters. */
  readonly err: string | undefined;
  /** All that follows `text:`. */
  readonly text: string | undefined;
}

/** How one carrier's comma-separated receipts are laid out. */
export interface CsvLayout {
  /** Meaning of the status field, by its text. */
  readonly states: Readonly<Record<string, MessageState>>;
  /** Position of the message id; undefined when the texts carry none. */
  readonly idField: number | undefined;
}

/** The seven-field layout seen in the field: status, its time, accepted time, error, destination, originator, reserved. */
export const csvLayout: CsvLayout = { states: { '00': 2 }, idField: undefined };

/** The text of a receipt from its octets: trailing NULs dropped, Latin-1 unless `dataCoding` says UCS-2. */
export function receiptOctetsToText(octets: Buffer, dataCoding: number): string {
  if ((dataCoding & 0x0f) === 0x08 && octets.length % 2 === 0) {
    return dropNuls(Buffer.from(octets).swap16().toString('utf16le'));
  }
  return dropNuls(octets.toString('latin1'));
}

function dropNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Positions of the labels in one text, right after their colon; -1 while not seen. */
interface Labels {
  id: number;
  sub: number;
  dlvrd: number;
  submit: number;
  done: number;
  stat: number;
  err: number;
  text: number;
}

/** Reads a receipt of the Appendix B kind: labels in any order and case, any may lack, the first of each counts. */
export function parseReceipt(raw: string, dates: ReceiptDates): ReceiptText {
  const text = dropNuls(raw);
  const labels: Labels = { id: -1, sub: -1, dlvrd: -1, submit: -1, done: -1, stat: -1, err: -1, text: -1 };
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) noteLabel(text, colon, labels);
  const submitDate = token(text, labels.submit);
  const doneDate = token(text, labels.done);
  const stat = token(text, labels.stat);
  return {
    id: token(text, labels.id) || undefined,
    sub: token(text, labels.sub),
    dlvrd: token(text, labels.dlvrd),
    submitDate,
    doneDate,
    submitMs: submitDate === undefined ? undefined : readReceiptDate(submitDate, dates),
    doneMs: doneDate === undefined ? undefined : readReceiptDate(doneDate, dates),
    stat,
    state: stat === undefined ? bareState(text, labels.text) : stateOfWord(stat),
    err: token(text, labels.err)?.slice(0, RECEIPT_ERR_MAX),
    text: labels.text < 0 ? undefined : text.slice(labels.text),
  };
}

/** Records which label, if any, ends at `colon`. Told apart by the letter before the colon, then compared whole. */
function noteLabel(text: string, colon: number, labels: Labels): void {
  const from = colon + 1;
  switch (text.charCodeAt(colon - 1) | 0x20) {
    case 0x64: // d
      if (labels.id < 0 && isLabel(text, colon, 'id')) labels.id = from;
      else if (labels.dlvrd < 0 && isLabel(text, colon, 'dlvrd')) labels.dlvrd = from;
      return;
    case 0x62: // b
      if (labels.sub < 0 && isLabel(text, colon, 'sub')) labels.sub = from;
      return;
    case 0x65: // e
      if (labels.submit < 0 && isLabel(text, colon, 'submit date')) labels.submit = from;
      else if (labels.done < 0 && isLabel(text, colon, 'done date')) labels.done = from;
      return;
    case 0x74: // t
      if (labels.stat < 0 && isLabel(text, colon, 'stat')) labels.stat = from;
      else if (labels.text < 0 && isLabel(text, colon, 'text')) labels.text = from;
      return;
    case 0x72: // r
      if (labels.err < 0 && isLabel(text, colon, 'err')) labels.err = from;
      return;
  }
}

/** Whether `label` (lower case) stands right before `colon` and begins a word. */
function isLabel(text: string, colon: number, label: string): boolean {
  const start = colon - label.length;
  if (start < 0 || (start > 0 && text.charCodeAt(start - 1) > 0x20)) return false;
  for (let i = 0; i < label.length; i++) {
    const wanted = label.charCodeAt(i);
    const found = text.charCodeAt(start + i);
    if (found !== wanted && (wanted === 0x20 || (found | 0x20) !== wanted)) return false;
  }
  return true;
}

/** Characters from `from` up to white space; undefined when the label was not seen. */
function token(text: string, from: number): string | undefined {
  if (from < 0) return undefined;
  let end = from;
  while (end < text.length && text.charCodeAt(end) > 0x20) end++;
  return text.slice(from, end);
}

/** A state word that stands alone before `text:`: some centres leave the label out. */
function bareState(text: string, textFrom: number): MessageState | undefined {
  const head = textFrom < 0 ? text : text.slice(0, textFrom);
  for (const word of head.split(/\s+/)) {
    const state = word.length >= 6 ? stateOfWord(word) : undefined;
    if (state !== undefined) return state;
  }
  return undefined;
}

/** Reads a comma-separated receipt. Such texts are read only where a supplier's settings say so. */
export function parseCsvReceipt(raw: string, dates: ReceiptDates, layout: CsvLayout = csvLayout): ReceiptText {
  const fields = dropNuls(raw).split(',');
  const stat = fields[0];
  const doneDate = fields[1];
  const submitDate = fields[2];
  return {
    id: (layout.idField === undefined ? undefined : fields[layout.idField]) || undefined,
    sub: undefined,
    dlvrd: undefined,
    submitDate,
    doneDate,
    submitMs: submitDate === undefined ? undefined : readReceiptDate(submitDate, dates),
    doneMs: doneDate === undefined ? undefined : readReceiptDate(doneDate, dates),
    stat,
    state: stat === undefined || !Object.hasOwn(layout.states, stat) ? undefined : layout.states[stat],
    err: fields[3] ? fields[3].slice(0, RECEIPT_ERR_MAX) : undefined,
    text: undefined,
  };
}

/** TLVs of a receipt PDU, already taken out of it; undefined where absent. */
export interface ReceiptTlvs {
  /** receipted_message_id, 0x001E. */
  readonly receiptedMessageId: string | undefined;
  /** message_state, 0x0427, raw. */
  readonly messageState: number | undefined;
  /** network_error_code, 0x0423: type of network and code. */
  readonly networkErrorType: number | undefined;
  readonly networkErrorCode: number | undefined;
}

/** A receipt settled from both sources. */
export interface Receipt {
  readonly id: string | undefined;
  readonly state: MessageState | undefined;
  readonly err: string | undefined;
  readonly doneMs: number | undefined;
  readonly networkErrorType: number | undefined;
  readonly networkErrorCode: number | undefined;
  /** What text and TLVs contradict each other in; the TLV won. */
  readonly contradictions: readonly ('id' | 'state')[];
}

const ZERO = 0x30;
const agreed: readonly ('id' | 'state')[] = [];

/** Settles text and TLVs: the TLV wins, either alone suffices (R24). A reserved message_state counts as absent. */
export function mergeReceipt(text: ReceiptText | undefined, tlvs: ReceiptTlvs): Receipt {
  const tlvId = tlvs.receiptedMessageId || undefined;
  const tlvState = tlvs.messageState === undefined ? undefined : stateOfValue(tlvs.messageState);
  const idDiffers = tlvId !== undefined && text?.id !== undefined && tlvId !== text.id;
  const stateDiffers = tlvState !== undefined && text?.state !== undefined && tlvState !== text.state;
  let contradictions = agreed;
  if (idDiffers) contradictions = stateDiffers ? ['id', 'state'] : ['id'];
  else if (stateDiffers) contradictions = ['state'];
  return {
    id: tlvId ?? text?.id,
    state: tlvState ?? text?.state,
    err: text?.err,
    doneMs: text?.doneMs,
    networkErrorType: tlvs.networkErrorType,
    networkErrorCode: tlvs.networkErrorCode,
    contradictions,
  };
}

/** What a receipt of ours says. Times in ms since the epoch; `err` is at most 16 printable characters. */
export interface OwnReceipt {
  readonly id: string;
  readonly sub: number;
  readonly dlvrd: number;
  readonly submitMs: number;
  readonly doneMs: number;
  readonly state: MessageState;
  readonly err: string;
  /** The first characters of the message; empty by default, because texts live as short as they can. */
  readonly text?: string;
}

/**
 * Writes receipts of ours into one place. Receipts come in runs of the same minutes, so the texts of the last two are kept.
 */
export class ReceiptWriter {
  readonly #out = new ScratchOctets('id:');
  #submitMinute = -1;
  #submitText = '';
  #doneMinute = -1;
  #doneText = '';

  /** Appendix B's form with UTC dates, at most 254 octets, Latin-1; the id stays whole. Valid until the next is written. */
  write(receipt: OwnReceipt): Buffer {
    const submitMinute = Math.floor(receipt.submitMs / 60_000);
    if (submitMinute !== this.#submitMinute) {
      this.#submitText = minuteText(submitMinute);
      this.#submitMinute = submitMinute;
    }
    const doneMinute = Math.floor(receipt.doneMs / 60_000);
    if (doneMinute !== this.#doneMinute) {
      this.#doneText = minuteText(doneMinute);
      this.#doneMinute = doneMinute;
    }
    const out = this.#out.restart().latin1(receipt.id).latin1(' sub:');
    three(out, receipt.sub);
    out.latin1(' dlvrd:');
    three(out, receipt.dlvrd);
    out.latin1(' submit date:').latin1(this.#submitText).latin1(' done date:').latin1(this.#doneText);
    out.latin1(' stat:').latin1(stateWord(receipt.state)).latin1(' err:').latin1(receipt.err).latin1(' text:');
    if (receipt.text !== undefined) out.latin1(receipt.text.slice(0, RECEIPT_OCTETS_MAX - out.length));
    return out.view();
  }
}

/** Three digits; 999 stands for more. */
function three(out: ScratchOctets, value: number): void {
  const shown = Math.min(value, 999);
  const tens = Math.floor(shown / 10);
  const hundreds = Math.floor(shown / 100);
  out
    .u8(ZERO + hundreds)
    .u8(ZERO + tens - hundreds * 10)
    .u8(ZERO + shown - tens * 10);
}

/** YYMMDDhhmm in UTC of a minute since the epoch. */
function minuteText(minute: number): string {
  const iso = new Date(minute * 60_000).toISOString();
  return iso.slice(2, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16);
}
