// A receipt as it goes up to a Glaspost gateway: our text, normalised ids, and the hop's TLVs. Form only.
import type { Draft } from '../base/draft.ts';
import { ScratchOctets } from '../base/scratchOctets.ts';
import { type DeliverSm, deliverSm, type Tlv } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { blankTlv, putU64 } from '../smpp/tlvValues.ts';
import { HopTag } from '../smpp/vendor.ts';
import { messageState, stateOfValue } from '../sms/messageState.ts';
import { ReceiptWriter } from '../sms/receipt.ts';
import { type Core, idText } from './core.ts';

const RECEIPT_CLASS = 0x04;
const NO_ERROR = '000';

/** Makes receipts in one place: each is valid until the next one is made. */
export class UpReceipts {
  readonly #core: Core;
  readonly #pdu: Draft<DeliverSm> = deliverSm({ sourceAddrTon: 1, sourceAddrNpi: 1, esmClass: RECEIPT_CLASS });
  readonly #texts = new ReceiptWriter();
  readonly #id = new ScratchOctets('');
  readonly #state = blankTlv(Tag.messageState, 1);
  readonly #op = blankTlv(HopTag.op, 16);
  readonly #segment = blankTlv(HopTag.segment, 1);
  readonly #eventNumber = blankTlv(HopTag.eventNumber, 8);
  readonly #receivedAt = blankTlv(HopTag.receivedAt, 8);

  constructor(core: Core) {
    this.#core = core;
  }

  /** `token`: handle · 256 + segment from 0. */
  make(token: number): DeliverSm {
    const { sent } = this.#core;
    const handle = Math.floor(token / 256);
    const segment = token - handle * 256;
    const id = idText(sent.guardId(handle));
    const state = sent.state(handle, segment);
    const rawError = sent.rawError(handle, segment);
    const receivedAt = sent.receivedAt(handle, segment);
    this.#state.value[0] = state;
    this.#op.value.latin1Write(sent.op(handle), 0);
    this.#segment.value[0] = segment + 1;
    putU64(this.#eventNumber.value, sent.eventNumber(handle, segment));
    putU64(this.#receivedAt.value, receivedAt);
    const tlvs: Tlv[] = [
      { tag: Tag.receiptedMessageId, value: this.#id.restart().latin1(id).u8(0).view() },
      this.#state,
      this.#op,
      this.#segment,
      this.#eventNumber,
      this.#receivedAt,
    ];
    if (rawError !== '') tlvs.push({ tag: HopTag.rawError, value: Buffer.from(rawError, 'latin1') });
    const pdu = this.#pdu;
    pdu.sourceAddr = sent.destination(handle);
    pdu.destAddrTon = sent.sourceTon(handle);
    pdu.destAddrNpi = sent.sourceNpi(handle);
    pdu.destinationAddr = sent.source(handle);
    pdu.shortMessage = this.text(id, sent.submittedAt(handle), receivedAt, state, rawError);
    pdu.tlvs = tlvs;
    return pdu;
  }

  /** The text of one segment's receipt. Valid until the next one is written. */
  text(id: string, submitMs: number, doneMs: number, state: number, rawError: string): Buffer {
    return this.#texts.write({
      id,
      sub: 1,
      dlvrd: state === messageState.delivered ? 1 : 0,
      submitMs,
      doneMs,
      state: stateOfValue(state) ?? messageState.unknown,
      err: rawError === '' ? NO_ERROR : rawError,
    });
  }
}
