// Carries the effects of a peer's session to its writer, its keeper and its owner. No decisions of its own but the version.
import type { BindMode, FailReason, Oddity, OwnRequest, SessionEnd, SessionSink } from '../session/types.ts';
import { type Pdu, tlvU8 } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { answeredVersion, lowerVersion, readVersion, takesTlvs } from '../smpp/version.ts';
import type { PeerWriter } from './peerWriter.ts';
import type { ConnectionPeer } from './smppPeer.ts';
import type { PeerOptions } from './types.ts';

/** What SmppServer and SmppClient do around a peer. */
export interface PeerKeeper<T> {
  /** MC: a bind came. False: refuse it unseen. */
  admits(peer: ConnectionPeer<T>, systemId: string): boolean;
  /** MC: how long the answer to this failed bind has to wait. */
  refusalDelayMs(peer: ConnectionPeer<T>, systemId: string): number;
  /** Before the owner's `bound`. */
  stands(peer: ConnectionPeer<T>): void;
  /** ESME: before the owner's `bindRefused`. */
  refused(peer: ConnectionPeer<T>, status: number): void;
  /** ESME: the connection that we opened stands. */
  connected(peer: ConnectionPeer<T>): void;
  /** Before the owner's `closed`. */
  gone(peer: ConnectionPeer<T>, reason: SessionEnd, detail: string): void;
}

export class PeerSink<T> implements SessionSink<Pdu, T> {
  readonly #peer: ConnectionPeer<T>;
  readonly #writer: PeerWriter;
  readonly #keeper: PeerKeeper<T>;
  readonly #options: PeerOptions;

  constructor(peer: ConnectionPeer<T>, writer: PeerWriter, keeper: PeerKeeper<T>, options: PeerOptions) {
    this.#peer = peer;
    this.#writer = writer;
    this.#keeper = keeper;
    this.#options = options;
  }

  writeHead(commandId: number, status: number, sequence: number): void {
    this.#writer.head(commandId, status, sequence);
  }

  writeBind(mode: BindMode, sequence: number): void {
    const fields = this.#peer.bindFields;
    if (fields === null) throw new Error('a bind without fields');
    const fault = this.#writer.bind(mode, fields, this.#options.interfaceVersion, sequence);
    if (fault !== '') this.#peer.close(fault);
  }

  onBind(pdu: Pdu): void {
    if (!('interfaceVersion' in pdu)) throw new Error('a bind without version');
    const theirs = readVersion(pdu.interfaceVersion);
    this.#peer.speak(lowerVersion(readVersion(this.#options.interfaceVersion), theirs), takesTlvs(theirs));
    this.#peer.systemId = pdu.systemId;
    if (this.#keeper.admits(this.#peer, pdu.systemId)) this.#peer.handler.bindRequested(this.#peer, pdu);
    else this.#peer.refuseBind(Status.ESME_RBINDFAIL);
  }

  onOutbind(pdu: Pdu): void {
    this.#peer.handler.outbindRequested(this.#peer, pdu);
  }

  onBindAnswer(pdu: Pdu): void {
    if (!this.#peer.bound) {
      this.#keeper.refused(this.#peer, pdu.status);
      this.#peer.handler.bindRefused(this.#peer, pdu.status);
      return;
    }
    const ours = readVersion(this.#options.interfaceVersion);
    const answered = answeredVersion(ours, tlvU8(pdu, Tag.scInterfaceVersion), this.#options.tlv);
    this.#peer.speak(answered.version, answered.takesTlvs);
    this.#keeper.stands(this.#peer);
    this.#peer.handler.bound(this.#peer, pdu);
  }

  onRequest(pdu: Pdu): void {
    this.#peer.handler.request(this.#peer, pdu);
  }

  onResponse(pdu: Pdu, token: T, late: boolean): void {
    this.#peer.handler.response(this.#peer, pdu, token, late);
  }

  onFailed(token: T, reason: FailReason, status: number): void {
    this.#peer.handler.failed(this.#peer, token, reason, status);
  }

  onWants(kind: OwnRequest, sequence: number): void {
    this.#peer.handler.wants(this.#peer, kind, sequence);
  }

  onWindowOpen(): void {
    this.#peer.handler.windowOpen(this.#peer);
  }

  onOddity(kind: Oddity, commandId: number): void {
    this.#peer.handler.oddity(this.#peer, kind, commandId);
  }

  onEnd(reason: SessionEnd): void {
    this.#peer.ended(reason);
  }
}
