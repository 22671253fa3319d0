// The SMPP side towards customers: who may bind, and which room answers which operation. Every recognised request gets its
// own response with its own number.

import { CUSTOMERS_ACCEPTED_PER_SECOND, CUSTOMERS_UNBOUND_MAX, PDU_BYTES_MAX } from '../base/limits.ts';
import { listenSmpp } from '../driver/smppServer.ts';
import type { PeerHandler, SmppPeer, SmppServer } from '../driver/types.ts';
import { addressAllowed } from '../numbering/cidr.ts';
import { defaultTimers } from '../session/defaults.ts';
import type { FailReason } from '../session/types.ts';
import type { Bind, Pdu } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import type { Account } from './accounts.ts';
import type { SmppListenerConfig } from './config.ts';
import type { Core } from './core.ts';
import { moAnswered } from './mo.ts';
import { cancelSm, querySm } from './operations.ts';
import { dataSm, submitMulti } from './otherSubmits.ts';
import { replaceSm } from './replace.ts';
import type { Submits } from './submit.ts';

/** An ESME that does not bind after an outbind is called again no sooner. */
const OUTBIND_EVERY_MS = 30_000;
const OUTBIND_CONNECT_MS = 5000;
/** MO tokens are negative, receipts' tokens are not. */
const FIRST_RECEIPT_TOKEN = 0;

export class Customers implements PeerHandler<number> {
  readonly #core: Core;
  readonly #submits: Submits;
  readonly #accountOf = new Map<SmppPeer<number>, Account>();
  readonly #servers: SmppServer<number>[] = [];

  constructor(core: Core, submits: Submits) {
    this.#core = core;
    this.#submits = submits;
  }

  async listen(listeners: readonly SmppListenerConfig[]): Promise<void> {
    const { config, world } = this.#core;
    for (const listener of listeners) {
      const server = await listenSmpp<number>(
        world,
        {
          listen: {
            host: listener.host,
            port: listener.port,
            tls: listener.tls,
            proxies: listener.proxies,
            maxConnections: config.maxConnections,
            maxConnectionsPerAddress: config.maxConnectionsPerAddress,
          },
          peer: {
            emission: 'direct',
            interfaceVersion: 0x50,
            window: 10,
            inboundWindow: 1000,
            timers: defaultTimers,
            maxPduBytes: PDU_BYTES_MAX,
            tlv: 'always',
            // Each account says whether 12 characters are a time; submit.ts asks it.
            lenientTimes: true,
          },
          maxUnbound: Math.min(CUSTOMERS_UNBOUND_MAX, Math.ceil(config.maxConnections / 2)),
          acceptsPerSecond: CUSTOMERS_ACCEPTED_PER_SECOND,
          outbinds: false,
          counts: this.#core.counters,
        },
        this,
      );
      this.#servers.push(server);
      world.log.info('SMPP listening', { host: listener.host, port: server.port, tls: listener.tls !== null });
    }
  }

  /** Once a second: accounts with receipts, an outbind address and no receiver are called (SMPP 3.4 §2.2.1). */
  callOut(nowMonotonicMs: number): void {
    const server = this.#servers[0];
    if (server === undefined) return;
    for (const account of this.#core.accounts.byNumber) {
      const { outbind } = account.config;
      if (outbind === null || account.removed || account.receivers.length > 0 || account.waitingReceipts === 0)
        continue;
      if (nowMonotonicMs < account.outbindNotBefore) continue;
      account.outbindNotBefore = nowMonotonicMs + OUTBIND_EVERY_MS;
      const { host, port, systemId, password } = outbind;
      server.outbind({ host, port, connectTimeoutMs: OUTBIND_CONNECT_MS, tls: null }, systemId, password);
    }
  }

  get ports(): readonly number[] {
    return this.#servers.map((server) => server.port);
  }

  get bindCount(): number {
    return this.#accountOf.size;
  }

  /** After a reload: new certificates for the listeners that stand; accounts that may no longer be bound are unbound. */
  configure(listeners: readonly SmppListenerConfig[]): void {
    this.#servers.forEach((server, i) => {
      const tls = listeners[i]?.tls;
      if (tls !== null && tls !== undefined) server.renewTls(tls);
    });
    for (const [peer, account] of this.#accountOf)
      if (account.removed || !account.config.enabled || account.config.smpp === null) peer.unbind();
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  bindRequested(peer: SmppPeer<number>, pdu: Bind): void {
    const core = this.#core;
    const account = core.accounts.bySystemId.get(pdu.systemId);
    const passwordHash = account?.config.smpp?.passwordHash ?? NOBODY;
    verifyPassword(core, pdu.password, passwordHash).then(
      (right) => this.#decideBind(peer, pdu, account, right),
      (error: unknown) => {
        core.world.log.error('password check failed', { error: String(error) });
        peer.refuseBind(Status.ESME_RSYSERR);
      },
    );
  }

  #decideBind(peer: SmppPeer<number>, pdu: Bind, account: Account | undefined, right: boolean): void {
    const core = this.#core;
    const refusal = this.#refusal(peer, account, right);
    if (refusal !== null || account === undefined) {
      core.counters.binds_refused++;
      core.world.log.warn('bind refused', {
        systemId: pdu.systemId.slice(0, 16),
        address: peer.facts.remoteAddress,
        reason: refusal?.reason ?? '',
      });
      peer.refuseBind(refusal?.status ?? Status.ESME_RBINDFAIL);
      return;
    }
    peer.setWindows(account.config.window, account.config.window);
    account.binds.add(peer);
    this.#accountOf.set(peer, account);
    if (!peer.acceptBind(core.config.systemId)) {
      this.#forget(peer);
      return;
    }
  }

  bound(peer: SmppPeer<number>): void {
    const core = this.#core;
    const account = this.#accountOf.get(peer);
    if (account === undefined) return;
    core.counters.binds_accepted++;
    core.world.log.info('customer bound', {
      account: account.name,
      mode: peer.mode ?? '',
      address: peer.facts.remoteAddress,
      tls: peer.facts.tls,
    });
    if (peer.mode === 'rx' || peer.mode === 'trx') {
      account.receivers.push(peer);
      core.handover.pump(account);
      core.mo.pump(account);
    }
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    const account = this.#accountOf.get(peer);
    if (account === undefined) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVBNDSTS);
      return;
    }
    switch (pdu.command) {
      case 'submit_sm':
        this.#submits.submitSm(peer, account, pdu);
        return;
      case 'data_sm':
        dataSm(this.#submits, peer, account, pdu);
        return;
      case 'submit_multi':
        submitMulti(this.#core, this.#submits, peer, account, pdu);
        return;
      case 'query_sm':
        querySm(this.#core, peer, account, pdu);
        return;
      case 'cancel_sm':
        cancelSm(this.#core, peer, account, pdu);
        return;
      case 'replace_sm':
        replaceSm(this.#core, peer, account, pdu);
        return;
      default:
        // broadcast_* are read, checked by decode, and not offered (§1.17).
        peer.respondStatus(
          pdu.sequence,
          pdu.commandId,
          peer.version >= 0x50 ? Status.ESME_RPROHIBITED : Status.ESME_RINVCMDID,
        );
    }
  }

  response(_peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    // Late: the receipt was taken back into the queue when its timer ran out; it goes out once more.
    if (late) return;
    if (token < FIRST_RECEIPT_TOKEN) moAnswered(this.#core, token, pdu.status);
    else this.#core.handover.answered(token, pdu.status);
  }

  failed(_peer: SmppPeer<number>, token: number, reason: FailReason): void {
    // What this peer cannot be told at all must not come round for ever.
    if (reason === 'unencodable') {
      if (token < FIRST_RECEIPT_TOKEN) moAnswered(this.#core, token, Status.ESME_RX_P_APPN);
      else this.#core.handover.answered(token, Status.ESME_RX_P_APPN);
    } else if (token < FIRST_RECEIPT_TOKEN) moAnswered(this.#core, token, Status.ESME_RX_T_APPN);
    else this.#core.handover.unanswered(token);
  }

  windowOpen(peer: SmppPeer<number>): void {
    const account = this.#accountOf.get(peer);
    if (account === undefined) return;
    this.#core.handover.pump(account);
    this.#core.mo.pump(account);
  }

  oddity(): void {
    this.#core.counters.malformed_pdus++;
  }

  closed(peer: SmppPeer<number>, reason: string, detail: string): void {
    const account = this.#accountOf.get(peer);
    this.#forget(peer);
    if (account !== undefined) this.#core.world.log.info('customer gone', { account: account.name, reason, detail });
  }

  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind on a server port');
  }
  bindRefused(): void {}
  wants(): void {}

  #forget(peer: SmppPeer<number>): void {
    const account = this.#accountOf.get(peer);
    if (account === undefined) return;
    this.#accountOf.delete(peer);
    account.binds.delete(peer);
    const at = account.receivers.indexOf(peer);
    if (at >= 0) account.receivers.splice(at, 1);
  }

  /** Why not; null: it may. The reason is for our log, the status says as little as R2 allows. */
  #refusal(
    peer: SmppPeer<number>,
    account: Account | undefined,
    right: boolean,
  ): { readonly status: number; readonly reason: string } | null {
    const core = this.#core;
    if (core.closedReason !== null) return { status: Status.ESME_RSYSERR, reason: core.closedReason };
    if (account === undefined) return { status: Status.ESME_RBINDFAIL, reason: 'unknown system_id' };
    const { config } = account;
    const legacy = config.legacyBindStatus;
    if (!right) return { status: legacy ? Status.ESME_RINVPASWD : Status.ESME_RBINDFAIL, reason: 'wrong password' };
    if (!config.enabled || account.removed) return { status: Status.ESME_RBINDFAIL, reason: 'account disabled' };
    if (!addressAllowed(peer.facts.remoteAddress, config.allowedAddresses))
      return { status: Status.ESME_RBINDFAIL, reason: 'address not allowed' };
    const { certificateFingerprint } = peer.facts;
    if (
      config.certificateFingerprints.length > 0 &&
      (certificateFingerprint === null || !config.certificateFingerprints.includes(certificateFingerprint))
    ) {
      return { status: Status.ESME_RBINDFAIL, reason: 'client certificate not of this account' };
    }
    if (account.binds.size >= config.maxBinds) return { status: Status.ESME_RBINDFAIL, reason: 'bind limit reached' };
    return null;
  }
}

/** `sha256$` stands for a password that is a secret by reference: there is no hash of it on disk that could be guessed at. */
async function verifyPassword(core: Core, password: string, stored: string): Promise<boolean> {
  const { crypto } = core.world;
  if (!stored.startsWith('sha256$')) return crypto.verifyPassword(password, stored);
  return crypto.equal(crypto.sha256(Buffer.from(password, 'utf8')), Buffer.from(stored.slice('sha256$'.length), 'hex'));
}

/** A hash that no password has: unknown ids take as long as wrong passwords. */
const NOBODY = `sha256$${'0'.repeat(64)}`;
