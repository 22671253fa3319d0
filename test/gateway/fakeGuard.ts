// Stands where the guard does, at the other end of the gateway's binds, and does what the test says.
import type { PeerHandler, SmppPeer } from '../../src/driver/types.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import { deliverSm, type Pdu, type SubmitSm, tlv, tlvU8 } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { encodeOutcomes, HopTag, LinkState, type SegmentOutcome } from '../../src/smpp/vendor.ts';

/** An order as the guard saw it. */
export interface SeenOrder {
  readonly link: string;
  readonly lane: string;
  readonly op: string;
  readonly flags: number;
  readonly text: string;
  readonly pdu: SubmitSm;
  readonly peer: SmppPeer<number>;
  readonly sequence: number;
}

/** Not now; `unknownOp` false: without a word about the op. */
export interface Refusal {
  readonly status: number;
  readonly retryAfterMs?: number;
  readonly unknownOp?: boolean;
}

/** Stands where the guard does: what it answers to an order, the test says. */
export class FakeGuard implements PeerHandler<number> {
  readonly orders: SeenOrder[] = [];
  readonly links = new Map<SmppPeer<number>, { readonly link: string; readonly lane: string }>();
  /** Answers of the gateway to our deliver_sm, by token. */
  readonly taken: { readonly token: number; readonly status: number }[] = [];
  linkStates = new Map<string, number>();
  /** Null: leave it open. */
  answer: (order: SeenOrder) => readonly SegmentOutcome[] | Refusal | null = (order) =>
    Array.from(
      { length: tlvU8(order.pdu, HopTag.segmentCount) ?? 1 },
      () => ({ outcome: 1, verdict: 0, status: 0 }) as const,
    );
  #token = 1;

  bindRequested(peer: SmppPeer<number>, pdu: Pdu): void {
    if (!('systemType' in pdu)) return;
    this.links.set(peer, { link: pdu.systemId.split('/')[1] ?? '', lane: pdu.systemType });
    peer.acceptBind('GUARD');
  }
  bound(peer: SmppPeer<number>): void {
    const name = this.links.get(peer)?.link ?? '';
    this.state(peer, this.linkStates.get(name) ?? LinkState.up);
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'submit_sm') throw new Error(`the guard got ${pdu.command}`);
    const bind = this.links.get(peer);
    const body = tlv(pdu, Tag.messagePayload) ?? Buffer.alloc(0);
    const order: SeenOrder = {
      link: bind?.link ?? '',
      lane: bind?.lane ?? '',
      op: tlv(pdu, HopTag.op)?.toString('hex') ?? '',
      flags: tlvU8(pdu, HopTag.orderFlags) ?? 0,
      text: body.toString('latin1'),
      pdu: { ...pdu, tlvs: pdu.tlvs.map((one) => ({ tag: one.tag, value: Buffer.from(one.value) })) },
      peer,
      sequence: pdu.sequence,
    };
    this.orders.push(order);
    const answer = this.answer(order);
    if (answer !== null) this.respond(order, answer);
  }
  respond(order: SeenOrder, answer: readonly SegmentOutcome[] | Refusal): void {
    const resp = { command: 'submit_sm_resp', commandId: CommandId.submit_sm_resp, sequence: order.sequence } as const;
    if (Array.isArray(answer)) {
      order.peer.respond(order.sequence, {
        ...resp,
        status: 0,
        messageId: order.op.slice(0, 16),
        tlvs: [{ tag: HopTag.outcome, value: encodeOutcomes(answer as SegmentOutcome[]) }],
      });
      return;
    }
    const { status, retryAfterMs, unknownOp } = answer as Refusal;
    const wait = Buffer.alloc(4);
    wait.writeUInt32BE(retryAfterMs ?? 100);
    order.peer.respond(order.sequence, {
      ...resp,
      status,
      messageId: '',
      tlvs: [
        { tag: HopTag.retryAfterMs, value: wait },
        ...(unknownOp === false ? [] : [{ tag: HopTag.unknownOp, value: Buffer.from([1]) }]),
      ],
    });
  }
  receipt(order: SeenOrder, state: number, segment = 1): number {
    const token = this.#token++;
    order.peer.send(
      deliverSm({
        sourceAddr: order.pdu.destinationAddr,
        destinationAddr: order.pdu.sourceAddr,
        esmClass: 4,
        tlvs: [
          { tag: HopTag.op, value: Buffer.from(order.op, 'hex') },
          { tag: Tag.messageState, value: Buffer.from([state]) },
          { tag: HopTag.segment, value: Buffer.from([segment]) },
        ],
      }),
      token,
    );
    return token;
  }
  state(peer: SmppPeer<number>, state: number): void {
    peer.notify({
      command: 'alert_notification',
      commandId: CommandId.alert_notification,
      status: 0,
      sequence: 0,
      sourceAddrTon: 0,
      sourceAddrNpi: 0,
      sourceAddr: '',
      esmeAddrTon: 0,
      esmeAddrNpi: 0,
      esmeAddr: '',
      tlvs: [{ tag: HopTag.linkState, value: Buffer.from([state]) }],
    });
  }
  setLink(link: string, state: number): void {
    this.linkStates.set(link, state);
    for (const [peer, bind] of this.links) if (bind.link === link && peer.bound) this.state(peer, state);
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.taken.push({ token, status: pdu.status });
  }
  closed(peer: SmppPeer<number>): void {
    this.links.delete(peer);
  }
  failed(): void {}
  outbindRequested(): void {}
  bindRefused(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
}
