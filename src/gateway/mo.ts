// Mobile-originated messages: taken durably from the guard, routed to an account by number and keyword, and handed over by
// SMPP as they came, or joined and decoded by webhook. What has no route is refused upwards, never answered OK and dropped.
import { MO_OFFERED_MS, MO_OPEN_MAX, MO_SEEN_MAX } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { type DeliverSm, deliverSm, tlv } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag } from '../smpp/vendor.ts';
import type { Account } from './accounts.ts';
import { DELIVER_DONE } from './answers.ts';
import type { MoRouteConfig } from './config.ts';
import type { Core } from './core.ts';
import { readMo, textOf, userDataOf, writeMo } from './moRecord.ts';
import { RecordType, readU64 } from './records.ts';

/** One MO message that an account has not taken yet. Few at a time, so objects. */
export interface MoMessage {
  readonly number: number;
  readonly account: number;
  readonly link: number;
  readonly at: number;
  readonly eventNumber: number;
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly source: string;
  readonly destTon: number;
  readonly destNpi: number;
  readonly destination: string;
  readonly esmClass: number;
  readonly dataCoding: number;
  readonly userData: Buffer;
  homeSeq: number;
  sent: boolean;
}

export class Mo {
  readonly #core: Core;
  readonly #waiting = new Map<number, MoMessage>();
  /** What SMPP customers are to get: durable ones only, and none that goes by webhook. */
  readonly #perAccount = new Map<number, MoMessage[]>();
  readonly #seen = new Set<string>();
  #next = 1;
  #routes: readonly MoRouteConfig[] = [];
  /** Takes MO of accounts with a webhook; set by webhooks.ts. */
  toWebhook: ((account: Account, mo: MoMessage) => void) | null = null;

  /** One queue is handed over at a time. */
  #pumping = false;

  constructor(core: Core) {
    this.#core = core;
  }

  configure(routes: readonly MoRouteConfig[]): void {
    this.#routes = routes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  take(peer: SmppPeer<number>, link: number, pdu: DeliverSm): void {
    const core = this.#core;
    core.counters.mo_in++;
    const event = tlv(pdu, HopTag.eventNumber);
    const eventNumber = event?.length === 8 ? readU64(event, 0) : 0;
    const key = `${link}/${eventNumber}`;
    if (eventNumber !== 0 && this.#seen.has(key)) {
      core.log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, DELIVER_DONE));
      return;
    }
    const { userData, esmClass } = userDataOf(pdu);
    const account = this.#route(pdu, esmClass, userData);
    if (account === null) {
      core.counters.mo_refused++;
      core.world.log.warn('MO without a route', { link: core.links.get(link).name });
      peer.respondStatus(pdu.sequence, CommandId.deliver_sm, Status.ESME_RX_R_APPN);
      return;
    }
    if (this.#waiting.size >= MO_OPEN_MAX) {
      peer.respondStatus(pdu.sequence, CommandId.deliver_sm, Status.ESME_RMSGQFUL);
      return;
    }
    const mo: MoMessage = {
      number: this.#next++,
      account: account.number,
      link,
      at: core.world.loop.now(),
      eventNumber,
      sourceTon: pdu.sourceAddrTon,
      sourceNpi: pdu.sourceAddrNpi,
      source: pdu.sourceAddr,
      destTon: pdu.destAddrTon,
      destNpi: pdu.destAddrNpi,
      destination: pdu.destinationAddr,
      esmClass,
      dataCoding: pdu.dataCoding,
      userData,
      homeSeq: 0,
      sent: false,
    };
    this.journal(mo);
    this.#remember(mo);
    core.log.after(core.answers.ready, core.answers.put(peer, pdu.sequence, DELIVER_DONE));
    core.afterCommit(() => this.#ready(mo));
  }

  /** Writes it (again): also what cleaning does with old ones. */
  journal(mo: MoMessage): void {
    const { log } = this.#core;
    const w = log.begin(RecordType.mo);
    writeMo(w, mo, log.secret(mo.userData));
    log.end();
    mo.homeSeq = log.seq;
    log.live(mo.homeSeq, 1);
    log.secretLive(mo.homeSeq, 1);
  }

  /** A record of recovery; a later one of the same number replaces it. */
  restore(seq: number, records: Buffer, start: number, secrets: Buffer | null): void {
    this.#next = Math.max(this.#next, readU64(records, start) + 1);
    const mo = readMo(records, start, secrets);
    if (mo === null) {
      // Handed over, its text is gone: the guard may not know yet, and tell of it again.
      this.#see(records.readUInt16BE(start + 10), readU64(records, start + 20));
      return;
    }
    const before = this.#waiting.get(mo.number);
    if (before !== undefined) this.#forget(before);
    mo.homeSeq = seq;
    this.#core.log.live(seq, 1);
    this.#core.log.secretLive(seq, 1);
    this.#remember(mo);
  }

  restoreHanded(records: Buffer, start: number): void {
    const mo = this.#waiting.get(readU64(records, start));
    if (mo !== undefined) this.#forget(mo);
  }

  /** After recovery: everything that waits may go. */
  start(): void {
    for (const mo of [...this.#waiting.values()]) this.#ready(mo);
  }

  /** Those whose record stands in one of `seqs`: to be written again. */
  inBatches(seqs: ReadonlySet<number>): MoMessage[] {
    return [...this.#waiting.values()].filter((mo) => seqs.has(mo.homeSeq));
  }

  pump(account: Account): void {
    const queue = this.#perAccount.get(account.number);
    if (queue === undefined || account.receivers.length === 0 || this.#pumping) return;
    if (account.handNotBefore > this.#core.world.loop.monotonic()) return;
    // What a peer cannot be given at all leaves the queue from within `send`.
    this.#pumping = true;
    for (let i = 0; i < queue.length; ) {
      const mo = queue[i] as MoMessage;
      if (!mo.sent) {
        const peer = account.receivers.find((one) => one.room > 0);
        if (peer === undefined) break;
        mo.sent = true;
        if (peer.send(this.#pdu(mo), -mo.number) === null) {
          mo.sent = false;
          break;
        }
      }
      if (queue[i] === mo) i++;
    }
    this.#pumping = false;
  }

  answered(number: number, status: number): void {
    const mo = this.#waiting.get(number);
    if (mo === undefined) return;
    mo.sent = false;
    const account = this.#core.accounts.get(mo.account);
    if (status === 0 || status === Status.ESME_RX_P_APPN || status === Status.ESME_RX_R_APPN) {
      this.handed(mo);
      this.pump(account);
      return;
    }
    const { handover, world } = this.#core;
    account.handNotBefore = world.loop.monotonic() + 1000;
    world.loop.wakeAt(account.handNotBefore, () => {
      this.pump(account);
      // Receipts wait for the same time.
      handover.pump(account);
    });
  }

  handed(mo: MoMessage): void {
    const { log, counters } = this.#core;
    counters.mo_handed++;
    const w = log.begin(RecordType.moHanded);
    w.u64(mo.number);
    log.end();
    this.#forget(mo);
  }

  /** What nobody took for a week ends. */
  expire(nowMs: number): void {
    for (const mo of this.#waiting.values()) {
      if (mo.at + MO_OFFERED_MS > nowMs) return;
      this.handed(mo);
    }
  }

  #ready(mo: MoMessage): void {
    const account = this.#core.accounts.get(mo.account);
    if (account.config.webhook !== null) {
      this.toWebhook?.(account, mo);
      return;
    }
    const queue = this.#perAccount.get(mo.account);
    if (queue === undefined) this.#perAccount.set(mo.account, [mo]);
    else queue.push(mo);
    this.pump(account);
  }

  #remember(mo: MoMessage): void {
    this.#waiting.set(mo.number, mo);
    this.#see(mo.link, mo.eventNumber);
  }

  #see(link: number, eventNumber: number): void {
    if (eventNumber === 0) return;
    this.#seen.add(`${link}/${eventNumber}`);
    if (this.#seen.size > MO_SEEN_MAX)
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
  }

  #forget(mo: MoMessage): void {
    const { log } = this.#core;
    this.#waiting.delete(mo.number);
    const queue = this.#perAccount.get(mo.account);
    const at = queue?.indexOf(mo) ?? -1;
    if (at >= 0) queue?.splice(at, 1);
    log.live(mo.homeSeq, -1);
    log.secretLive(mo.homeSeq, -1);
  }

  #route(pdu: DeliverSm, esmClass: number, userData: Buffer): Account | null {
    let word: string | null = null;
    for (const route of this.#routes) {
      const number = pdu.destinationAddr.replace(/^\+/, '');
      const fits = route.number.endsWith('*')
        ? number.startsWith(route.number.slice(0, -1))
        : number === route.number.replace(/^\+/, '');
      if (!fits) continue;
      if (route.keyword !== null) {
        word ??= firstWord(esmClass, pdu.dataCoding, userData);
        if (word !== route.keyword) continue;
      }
      const account = this.#core.accounts.byName.get(route.account);
      if (account !== undefined && !account.removed) return account;
    }
    return null;
  }

  #pdu(mo: MoMessage): DeliverSm {
    const long = mo.userData.length > 254;
    return deliverSm({
      sourceAddrTon: mo.sourceTon,
      sourceAddrNpi: mo.sourceNpi,
      sourceAddr: mo.source,
      destAddrTon: mo.destTon,
      destAddrNpi: mo.destNpi,
      destinationAddr: mo.destination,
      esmClass: mo.esmClass & 0x40,
      dataCoding: mo.dataCoding,
      ...(long ? { tlvs: [{ tag: Tag.messagePayload, value: mo.userData }] } : { shortMessage: mo.userData }),
    });
  }
}

function firstWord(esmClass: number, dataCoding: number, userData: Buffer): string {
  return (textOf(esmClass, dataCoding, userData) ?? '').trim().split(/\s+/, 1)[0]?.toUpperCase() ?? '';
}

export function takeMo(core: Core, peer: SmppPeer<number>, link: number, pdu: DeliverSm): void {
  core.mo.take(peer, link, pdu);
}

/** Tokens of MO are negative numbers. */
export function moAnswered(core: Core, token: number, status: number): void {
  core.mo.answered(-token, status);
}
