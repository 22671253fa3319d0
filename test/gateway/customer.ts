// A customer's bind for gateway tests: remembers every answer, receipt and MO.
import type { SmppClientHandler, SmppPeer } from '../../src/driver/types.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import { type DeliverSm, NO_TLVS, type Pdu, type SmFields, submitSm, tlvCString, tlvU8 } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';

/** A customer's bind. */
export class Customer implements SmppClientHandler<number> {
  readonly answers = new Map<number, { readonly status: number; readonly id: string }>();
  readonly others: Pdu[] = [];
  readonly receipts: { readonly text: string; readonly state: number; readonly id: string; readonly pdu: DeliverSm }[] =
    [];
  readonly mos: DeliverSm[] = [];
  peer: SmppPeer<number> | null = null;
  refused = -1;
  /** Status of the answer to each deliver_sm; null: none. */
  takes: (pdu: DeliverSm) => number | null = () => 0;
  #token = 1;

  submit(fields: SmFields): number {
    const token = this.#token++;
    const sent = this.peer?.send(
      submitSm({
        sourceAddrTon: 5,
        sourceAddr: 'INFO',
        destAddrTon: 1,
        destAddrNpi: 1,
        destinationAddr: '491700000001',
        registeredDelivery: 1,
        shortMessage: Buffer.from('hello'),
        ...fields,
      }),
      token,
    );
    if (sent === null || sent === undefined) throw new Error('the customer has no room');
    return token;
  }
  send(pdu: Pdu): number {
    const token = this.#token++;
    if (this.peer?.send(pdu, token) === null) throw new Error('the customer has no room');
    return token;
  }
  bound(peer: SmppPeer<number>): void {
    this.peer = peer;
  }
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.refused = status;
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'deliver_sm') return;
    const copy = {
      ...pdu,
      shortMessage: Buffer.from(pdu.shortMessage),
      tlvs: pdu.tlvs.map((one) => ({ tag: one.tag, value: Buffer.from(one.value) })),
    };
    if (pdu.esmClass & 0x3c) {
      this.receipts.push({
        text: copy.shortMessage.toString('latin1'),
        state: tlvU8(copy, Tag.messageState) ?? -1,
        id: tlvCString(copy, Tag.receiptedMessageId) ?? '',
        pdu: copy,
      });
    } else this.mos.push(copy);
    const status = this.takes(copy);
    if (status !== null)
      peer.respond(pdu.sequence, {
        command: 'deliver_sm_resp',
        commandId: CommandId.deliver_sm_resp,
        status,
        sequence: 0,
        messageId: '',
        tlvs: NO_TLVS,
      });
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.answers.set(token, { status: pdu.status, id: 'messageId' in pdu ? pdu.messageId : '' });
    this.others.push(pdu);
  }
  failed(): void {}
  closed(): void {
    this.peer = null;
  }
  bindRequested(): void {}
  outbindRequested(_peer?: SmppPeer<number>, _pdu?: Pdu): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  waiting(): void {}
}
