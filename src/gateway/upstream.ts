// The binds to the guard: one client per link and lane class, orders out, answers, receipts, MO and link states in.

import { PDU_BYTES_MAX } from '../base/limits.ts';
import { SmppClient } from '../driver/smppClient.ts';
import type { SmppClientHandler, SmppPeer } from '../driver/types.ts';
import { defaultTimers } from '../session/defaults.ts';
import type { FailReason } from '../session/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { type AlertNotification, type DeliverSm, type Pdu, tlv, tlvU8, tlvU32 } from '../smpp/pdu.ts';
import { Status, statusWords } from '../smpp/status.table.ts';
import { decodeOutcomes, HopTag, LinkState, linkStateName, OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import { handleOf } from './dispatch.ts';
import { MessageFlag, MessagePhase } from './layout.ts';
import { LaneClass, type Link } from './links.ts';
import { takeMo } from './mo.ts';
import type { OrderWindow } from './orderWindow.ts';
import { takeOutcome } from './outcomes.ts';
import { takeReceipt } from './receiptsIn.ts';

const CLASS_NAMES = ['pin', 'bulk'] as const;
/** When the guard names no time itself. */
const RETRY_AFTER_MS = 200;
/** The guard is ours and near: it is looked for all the time. */
const RECONNECT_MAX_MS = 1000;
const RECEIPT_TYPE_BITS = 0x3c;

/** Starts the binds of every link that has none. */
export function connectLinks(core: Core): void {
  for (const link of core.links.byNumber) {
    if (link.removed || link.clients.length > 0) continue;
    for (const laneClass of [LaneClass.pin, LaneClass.bulk]) {
      const { guard } = core.config;
      const client = new SmppClient<number>(
        core.world,
        {
          connect: { host: guard.host, port: guard.port, connectTimeoutMs: 5000, tls: guard.tls },
          bind: {
            systemId: `${guard.upstream}/${link.name}`,
            password: guard.password,
            systemType: CLASS_NAMES[laneClass] as string,
            addrTon: 0,
            addrNpi: 0,
            addressRange: '',
          },
          modes: ['trx'],
          reconnectMinMs: 200,
          reconnectMaxMs: RECONNECT_MAX_MS,
          refusedMinMs: 2000,
          refusedMaxMs: 30_000,
          peer: {
            emission: 'direct',
            interfaceVersion: 0x50,
            window: link.config.window,
            inboundWindow: 1000,
            timers: { ...defaultTimers, responseMs: guard.responseTimerMs },
            maxPduBytes: PDU_BYTES_MAX,
            tlv: 'always',
          },
        },
        new UpstreamHandler(core, link, laneClass),
      );
      link.clients.push(client);
      client.start();
    }
  }
}

class UpstreamHandler implements SmppClientHandler<number> {
  readonly #core: Core;
  readonly #link: Link;
  readonly #class: number;

  constructor(core: Core, link: Link, laneClass: number) {
    this.#core = core;
    this.#link = link;
    this.#class = laneClass;
  }

  bound(peer: SmppPeer<number>): void {
    this.#link.peers[this.#class] = peer;
    this.#link.notBefore[this.#class] = 0;
    this.#link.windows[this.#class]?.open();
    this.#core.world.log.info('guard bound', { link: this.#link.name, lane: CLASS_NAMES[this.#class] as string });
    this.#core.dispatch.linkChanged(this.#link);
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    switch (pdu.command) {
      case 'alert_notification':
        this.#linkState(pdu);
        return;
      case 'deliver_sm':
        if (this.#core.closedReason !== null || !this.#core.log.accepting)
          peer.respondStatus(pdu.sequence, CommandId.deliver_sm, Status.ESME_RX_T_APPN);
        else if (isReceipt(pdu)) takeReceipt(this.#core, peer, this.#link.number, pdu);
        else takeMo(this.#core, peer, this.#link.number, pdu);
        return;
      default:
        peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVCMDID);
    }
  }

  response(peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    const core = this.#core;
    const window = this.#link.windows[this.#class] as OrderWindow;
    if (pdu.status === Status.ESME_RTHROTTLED || pdu.status === Status.ESME_RMSGQFUL) window.refused(peer.inFlight);
    else window.answered();
    const handle = handleOf(core, token);
    // Late: the order was repeated under the same op since; the guard answers that one from its record.
    if (late || handle < 0 || core.store.phase[handle] !== MessagePhase.ordered) return;
    const value = tlv(pdu, HopTag.outcome);
    const nowMs = core.world.loop.now();
    if (value !== undefined) {
      const outcomes = decodeOutcomes(value);
      if (outcomes !== null && outcomes.length === core.store.segments[handle]) {
        takeOutcome(core, handle, this.#linkOf(pdu), outcomes, nowMs);
        core.dispatch.pump(this.#link, this.#class);
        return;
      }
      core.world.log.error('guard answered with outcomes that do not fit the order', { link: this.#link.name });
    }
    if (
      pdu.status === Status.ESME_RTHROTTLED ||
      pdu.status === Status.ESME_RMSGQFUL ||
      pdu.status === Status.ESME_RSYSERR
    ) {
      const unknownOp = tlv(pdu, HopTag.unknownOp) !== undefined;
      core.dispatch.notNow(handle, this.#class, tlvU32(pdu, HopTag.retryAfterMs) ?? RETRY_AFTER_MS, unknownOp);
      return;
    }
    // Declined before anything was emitted: the policy, the token, or a form that the guard does not take.
    core.world.log.warn('guard declined an order', {
      link: this.#link.name,
      status: statusWords(pdu.status),
      reason: text(tlv(pdu, HopTag.reason)),
    });
    const status = pdu.status === 0 ? Status.ESME_RUNKNOWNERR : pdu.status;
    const declined = { outcome: OutcomeClass.notEmitted, verdict: OutcomeVerdict.permanent, status } as const;
    takeOutcome(
      core,
      handle,
      this.#link.number,
      new Array<typeof declined>(core.store.segments[handle] as number).fill(declined),
      nowMs,
    );
    core.dispatch.pump(this.#link, this.#class);
  }

  /** A repeated order may go over another link than the one that had it: the guard says which that was. */
  #linkOf(pdu: Pdu): number {
    const value = tlv(pdu, HopTag.link);
    if (value === undefined) return this.#link.number;
    const name = text(value);
    return this.#core.links.byNumber.find((link) => link.name === name)?.number ?? this.#link.number;
  }

  failed(_peer: SmppPeer<number>, token: number, reason: FailReason): void {
    const core = this.#core;
    const handle = handleOf(core, token);
    if (handle < 0 || core.store.phase[handle] !== MessagePhase.ordered) return;
    if (reason === 'notSent' && ((core.store.flags[handle] as number) & MessageFlag.repeated) === 0)
      core.dispatch.notNow(handle, this.#class, 0, true);
    else {
      core.dispatch.noAnswer(handle);
      // On a connection that stands, nothing else may come to send it again.
      core.dispatch.pump(this.#link, this.#class);
    }
  }

  windowOpen(): void {
    this.#core.dispatch.pump(this.#link, this.#class);
  }

  closed(peer: SmppPeer<number>): void {
    if (this.#link.peers[this.#class] !== peer) return;
    this.#link.peers[this.#class] = null;
    if (this.#link.peers.every((one) => one === null)) {
      this.#core.links.health.state[this.#link.number] = 0;
      this.#link.reason = 'not connected to the guard';
    }
    this.#core.world.log.warn('guard connection lost', {
      link: this.#link.name,
      lane: CLASS_NAMES[this.#class] as string,
    });
    this.#core.dispatch.linkChanged(this.#link);
  }

  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.#link.reason = `the guard refuses our bind: ${statusWords(status)}`;
    this.#core.world.log.error('guard refused the bind', { link: this.#link.name, status: statusWords(status) });
  }

  waiting(why: 'connect' | 'refused' | 'lost', detail: string, status: number): void {
    if (why === 'lost' || status !== 0) return;
    const { guard } = this.#core.config;
    const reason = `cannot reach the guard at ${guard.host}:${guard.port}: ${detail}`;
    // Tried every second over every bind: said when it changes.
    if (this.#link.reason === reason) return;
    this.#link.reason = reason;
    this.#core.world.log.warn('cannot reach the guard', { link: this.#link.name, reason });
  }
  bindRequested(): void {}
  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind from the guard');
  }
  wants(): void {}
  oddity(): void {
    this.#core.counters.malformed_pdus++;
  }

  #linkState(pdu: AlertNotification): void {
    const state = tlvU8(pdu, HopTag.linkState);
    if (state === undefined || state < LinkState.up || state > LinkState.refused) return;
    const core = this.#core;
    const before = core.links.health.state[this.#link.number];
    core.links.health.state[this.#link.number] = state;
    this.#link.reason = text(tlv(pdu, HopTag.reason));
    if (before === state) return;
    const fields = { link: this.#link.name, state: linkStateName(state), reason: this.#link.reason };
    if (state === LinkState.up || state === LinkState.slow) core.world.log.info('link state', fields);
    else core.world.log.warn('link state', fields);
    for (const window of this.#link.windows) window.open();
    core.dispatch.linkChanged(this.#link);
  }
}

function isReceipt(pdu: DeliverSm): boolean {
  return (pdu.esmClass & RECEIPT_TYPE_BITS) !== 0;
}

function text(value: Buffer | undefined): string {
  return value === undefined ? '' : value.utf8Slice(0, Math.min(value.length, 120)).replaceAll('\0', '');
}
