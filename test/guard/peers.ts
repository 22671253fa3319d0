// The ends around a guard under test: a supplier and a gateway, scripted, over real sockets.
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { PeerHandler, PeerOptions, SmppClientHandler, SmppPeer, SmppServer } from '../../src/driver/types.ts';
import { createLoop } from '../../src/host/loop.ts';
import { createNet } from '../../src/host/net.ts';
import type { Log } from '../../src/port/log.ts';
import { defaultTimers } from '../../src/session/defaults.ts';
import type { BindMode } from '../../src/session/types.ts';
import { messageIdResp } from '../../src/smpp/make.ts';
import {
  type AlertNotification,
  type DeliverSm,
  deliverSm,
  type MessageIdResp,
  type Pdu,
  type SubmitSm,
} from '../../src/smpp/pdu.ts';
import { decodeOutcomes, HopTag, type SegmentOutcome } from '../../src/smpp/vendor.ts';

export const peerOptions: PeerOptions = {
  emission: 'direct',
  interfaceVersion: 0x50,
  window: 100,
  inboundWindow: 1000,
  timers: { ...defaultTimers, responseMs: 5000 },
  maxPduBytes: 70_000,
  tlv: 'always',
};

export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };

/** A message centre that answers by script. */
export class Supplier implements PeerHandler<number> {
  server: SmppServer<number> | null = null;
  readonly submits: SubmitSm[] = [];
  readonly sequences: number[] = [];
  readonly peers: SmppPeer<number>[] = [];
  readonly answers: { readonly token: number; readonly status: number }[] = [];
  readonly commands: string[] = [];
  #next = 1;
  onSubmit: (peer: SmppPeer<number>, pdu: SubmitSm) => void = (peer, pdu) =>
    this.accept(peer, pdu, (this.#next++).toString());
  onBind: (peer: SmppPeer<number>) => void = (peer) => peer.acceptBind('mc');
  #waiters: (() => void)[] = [];

  async open(port = 0): Promise<number> {
    this.server = await listenSmpp(
      { loop: createLoop(), net: createNet(), log: quiet },
      {
        listen: { host: '127.0.0.1', port, tls: null, proxies: null, maxConnectionsPerAddress: 50, maxConnections: 50 },
        peer: { ...peerOptions, interfaceVersion: 0x34 },
        maxUnbound: 50,
        acceptsPerSecond: 1000,
        outbinds: false,
      },
      this,
    );
    return this.server.port;
  }

  accept(peer: SmppPeer<number>, pdu: SubmitSm, id: string): void {
    peer.respond(pdu.sequence, messageIdResp('submit_sm_resp', 0, 0, id));
  }

  receipt(
    peer: SmppPeer<number>,
    id: string,
    word: string,
    from: string,
    token = 0,
    more: Partial<DeliverSm> = {},
  ): void {
    const text = `id:${id} sub:001 dlvrd:001 submit date:2611250800 done date:2611250801 stat:${word} err:000 text:`;
    peer.send(
      deliverSm({
        sourceAddr: from,
        sourceAddrTon: 1,
        sourceAddrNpi: 1,
        destinationAddr: 'Glaspost',
        esmClass: 4,
        shortMessage: Buffer.from(text),
        ...more,
      }),
      token,
    );
  }

  bindRequested(peer: SmppPeer<number>, pdu: Pdu): void {
    this.commands.push(pdu.command);
    this.onBind(peer);
  }
  bound(peer: SmppPeer<number>): void {
    this.peers.push(peer);
    this.#wake();
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'submit_sm') return;
    this.sequences.push(pdu.sequence);
    this.submits.push({ ...pdu, shortMessage: Buffer.from(pdu.shortMessage) });
    this.onSubmit(peer, pdu);
    this.#wake();
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.answers.push({ token, status: pdu.status });
    this.#wake();
  }
  closed(peer: SmppPeer<number>): void {
    const at = this.peers.indexOf(peer);
    if (at >= 0) this.peers.splice(at, 1);
    this.#wake();
  }
  failed(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  bindRefused(): void {}
  outbindRequested(): void {}

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

export interface Answer {
  readonly token: number;
  readonly status: number;
  readonly messageId: string;
  readonly outcomes: readonly SegmentOutcome[] | null;
  readonly reason: string;
  /** A refusal that says: no record of this op. */
  readonly unknownOp: boolean;
}

/** A gateway's bind for one link and lane class, or a foreign one. */
export class Gateway implements SmppClientHandler<number> {
  readonly answers: Answer[] = [];
  readonly states: { readonly state: number; readonly reason: string }[] = [];
  readonly receipts: DeliverSm[] = [];
  readonly failures: number[] = [];
  /** Status to answer deliver_sm with; −1: none. */
  deliverStatus = 0;
  peer: SmppPeer<number> | null = null;
  refused = 0;
  readonly #client: SmppClient<number>;
  #waiters: (() => void)[] = [];
  #token = 1;

  constructor(
    port: number,
    systemId: string,
    options: { readonly systemType?: string; readonly password?: string; readonly mode?: BindMode } = {},
  ) {
    this.#client = new SmppClient<number>(
      { loop: createLoop(), net: createNet(), log: quiet },
      {
        connect: { host: '127.0.0.1', port, connectTimeoutMs: 1000, tls: null },
        bind: {
          systemId,
          password: options.password ?? 'up',
          systemType: options.systemType ?? 'bulk',
          addrTon: 0,
          addrNpi: 0,
          addressRange: '',
        },
        modes: [options.mode ?? 'trx'],
        reconnectMinMs: 50,
        reconnectMaxMs: 100,
        refusedMinMs: 5000,
        refusedMaxMs: 5000,
        peer: { ...peerOptions, window: 1000 },
      },
      this,
    );
    this.#client.start();
  }

  send(pdu: SubmitSm): number {
    const token = this.#token++;
    if (this.peer?.send(pdu, token) == null) throw new Error('not sent');
    return token;
  }

  answer(token: number): Answer | undefined {
    return this.answers.find((one) => one.token === token);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#client.stop(resolve));
  }

  bound(peer: SmppPeer<number>): void {
    this.peer = peer;
    this.#wake();
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command === 'alert_notification') this.#state(pdu);
    else if (pdu.command === 'deliver_sm') {
      this.receipts.push({
        ...pdu,
        shortMessage: Buffer.from(pdu.shortMessage),
        tlvs: pdu.tlvs.map(({ tag, value }) => ({ tag, value: Buffer.from(value) })),
      });
      if (this.deliverStatus >= 0)
        peer.respond(pdu.sequence, messageIdResp('deliver_sm_resp', 0, this.deliverStatus, ''));
    }
    this.#wake();
  }
  #state(pdu: AlertNotification): void {
    const state = pdu.tlvs.find((one) => one.tag === HopTag.linkState)?.value[0] ?? 0;
    this.states.push({ state, reason: pdu.tlvs.find((one) => one.tag === HopTag.reason)?.value.toString() ?? '' });
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    const outcome = pdu.tlvs.find((one) => one.tag === HopTag.outcome)?.value;
    this.answers.push({
      token,
      status: pdu.status,
      messageId: (pdu as MessageIdResp).messageId ?? '',
      outcomes: outcome === undefined ? null : decodeOutcomes(Buffer.from(outcome)),
      reason: pdu.tlvs.find((one) => one.tag === HopTag.reason)?.value.toString() ?? '',
      unknownOp: pdu.tlvs.some((one) => one.tag === HopTag.unknownOp),
    });
    this.#wake();
  }
  failed(_peer: SmppPeer<number>, token: number): void {
    this.failures.push(token);
    this.#wake();
  }
  closed(): void {
    this.peer = null;
    this.#wake();
  }
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.refused = status;
    this.#wake();
  }
  waiting(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  bindRequested(): void {}
  outbindRequested(): void {}

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
