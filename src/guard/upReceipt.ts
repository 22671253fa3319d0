// A receipt as it goes up to a Glaspost gateway: our text, normalised ids, and the hop's TLVs. Form only.
import type { DeliverSm, Tlv } from '../smpp/pdu.ts';
import { deliverSm } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag } from '../smpp/vendor.ts';
import { stateOfValue } from '../sms/messageState.ts';
import { formatReceipt, type MinuteCache } from '../sms/receipt.ts';
import { type Core, idText } from './core.ts';

const RECEIPT_CLASS = 0x04;
const DELIVERED = 2;

export function upReceipt(core: Core, token: number, minutes: MinuteCache): DeliverSm {
  const { sent } = core;
  const handle = Math.floor(token / 256);
  const segment = token % 256;
  const id = idText(sent.guardId(handle));
  const state = sent.state(handle, segment);
  const rawError = sent.rawError(handle, segment);
  const receivedAt = sent.receivedAt(handle, segment);
  const tlvs: Tlv[] = [
    { tag: Tag.receiptedMessageId, value: cstring(id) },
    { tag: Tag.messageState, value: octet(state) },
    { tag: HopTag.op, value: Buffer.from(sent.op(handle), 'latin1') },
    { tag: HopTag.segment, value: octet(segment + 1) },
    { tag: HopTag.eventNumber, value: u64(sent.eventNumber(handle, segment)) },
    { tag: HopTag.receivedAt, value: u64(receivedAt) },
  ];
  if (rawError !== '') tlvs.push({ tag: HopTag.rawError, value: Buffer.from(rawError, 'latin1') });
  return deliverSm({
    sourceAddrTon: 1,
    sourceAddrNpi: 1,
    sourceAddr: sent.destination(handle),
    destAddrTon: sent.sourceTon(handle),
    destAddrNpi: sent.sourceNpi(handle),
    destinationAddr: sent.source(handle),
    esmClass: RECEIPT_CLASS,
    shortMessage: receiptText(
      id,
      1,
      state === DELIVERED ? 1 : 0,
      sent.submittedAt(handle),
      receivedAt,
      state,
      rawError,
      minutes,
    ),
    tlvs,
  });
}

/** The text of a receipt of ours as octets. */
export function receiptText(
  id: string,
  sub: number,
  dlvrd: number,
  submitMs: number,
  doneMs: number,
  state: number,
  rawError: string,
  minutes: MinuteCache,
): Buffer {
  const text = formatReceipt(
    { id, sub, dlvrd, submitMs, doneMs, state: stateOfValue(state) ?? 7, err: rawError === '' ? '000' : rawError },
    minutes,
  );
  return Buffer.from(text, 'latin1');
}

export function octet(value: number): Buffer {
  const b = Buffer.allocUnsafe(1);
  b[0] = value;
  return b;
}

export function u64(value: number): Buffer {
  const b = Buffer.allocUnsafe(8);
  b.writeUInt32BE(Math.floor(value / 0x1_0000_0000), 0);
  b.writeUInt32BE(value % 0x1_0000_0000, 4);
  return b;
}

export function cstring(text: string): Buffer {
  const b = Buffer.allocUnsafe(text.length + 1);
  b.latin1Write(text, 0);
  b[text.length] = 0;
  return b;
}
