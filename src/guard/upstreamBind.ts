// A bind of an upstream: who it is, which link and lane class it is for, and its requests and answers. The first handler of
// every connection decides about its bind.
import { BIND_FIELD_MAX_CHARS } from '../base/limits.ts';
import type { PeerHandler, SmppPeer } from '../driver/types.ts';
import { addressAllowed } from '../numbering/cidr.ts';
import type { FailReason } from '../session/types.ts';
import type { Bind, Pdu } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import type { UpstreamConfig } from './config.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import type { Upstream } from './upstreams.ts';

/** Whom a system_id names. */
interface Found {
  readonly upstream: Upstream;
  readonly config: UpstreamConfig;
  readonly link: Link;
}

interface BindRefusal {
  readonly status: number;
  /** For the log. */
  readonly reason: string;
}

const NOBODY: BindRefusal = {
  status: Status.ESME_RINVSYSID,
  reason: 'no upstream has this system_id, or the link behind its slash is not one of its links',
};

/** Decides about binds. One for all connections that have none. */
export class Doorkeeper implements PeerHandler<number> {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  bindRequested(peer: SmppPeer<number>, pdu: Bind): void {
    const core = this.#core;
    const found = this.#find(pdu.systemId);
    const refusal = found === null ? NOBODY : this.#check(peer, pdu, found);
    if (found === null || refusal !== null) {
      core.counters.binds_refused++;
      core.world.log.warn('upstream bind refused', {
        systemId: pdu.systemId.slice(0, BIND_FIELD_MAX_CHARS),
        address: peer.facts.remoteAddress,
        reason: refusal?.reason ?? '',
      });
      peer.refuseBind(refusal?.status ?? Status.ESME_RBINDFAIL);
      return;
    }
    const { upstream, link } = found;
    const bind = new UpstreamBind(core, upstream, link, peer);
    peer.handler = bind;
    upstream.binds.add(bind);
    core.counters.binds_accepted++;
    if (!peer.acceptBind(core.config.name)) upstream.binds.delete(bind);
  }

  /** Null, or why this bind may not stand. */
  #check(peer: SmppPeer<number>, pdu: Bind, found: Found): BindRefusal | null {
    const { sha256, equal } = this.#core.world.crypto;
    const { upstream, config } = found;
    if (this.#core.closedReason !== null) return { status: Status.ESME_RSYSERR, reason: this.#core.closedReason };
    if (!equal(sha256(Buffer.from(pdu.password, 'latin1')), sha256(Buffer.from(config.password))))
      return { status: Status.ESME_RINVPASWD, reason: 'wrong password' };
    if (!addressAllowed(peer.facts.remoteAddress, config.allowedAddresses))
      return { status: Status.ESME_RBINDFAIL, reason: 'not one of its allowed_addresses' };
    if (upstream.binds.size >= config.maxBinds)
      return { status: Status.ESME_RBINDFAIL, reason: 'has max_binds already' };
    return null;
  }

  /** Token mode: `NAME/LINK`. Bind mode: the configured system_id. */
  #find(systemId: string): Found | null {
    const { upstreams, links } = this.#core;
    const slash = systemId.indexOf('/');
    for (const upstream of upstreams.all) {
      const { config } = upstream;
      if (config === null) continue;
      let linkName: string;
      if (config.mode === 'bind') {
        if (config.systemId !== systemId) continue;
        linkName = config.link;
      } else {
        if (slash < 0 || systemId.slice(0, slash) !== upstream.name) continue;
        linkName = systemId.slice(slash + 1);
        if (config.links.length > 0 && !config.links.includes(linkName)) return null;
      }
      const link = links.byName.get(linkName);
      return link === undefined || link.removed ? null : { upstream, config, link };
    }
    return null;
  }

  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind is not expected here');
  }
  oddity(): void {
    this.#core.counters.oddities++;
  }
  bound(): void {}
  bindRefused(): void {}
  request(): void {}
  response(): void {}
  failed(): void {}
  wants(): void {}
  windowOpen(): void {}
  closed(): void {}
}

export class UpstreamBind implements PeerHandler<number> {
  readonly upstream: Upstream;
  readonly link: Link;
  readonly peer: SmppPeer<number>;
  readonly #core: Core;

  constructor(core: Core, upstream: Upstream, link: Link, peer: SmppPeer<number>) {
    this.#core = core;
    this.upstream = upstream;
    this.link = link;
    this.peer = peer;
  }

  /** Bound so that deliver_sm may go to it. */
  get receives(): boolean {
    return this.peer.bound && this.peer.mode !== 'tx';
  }

  bound(): void {
    this.#core.upstreams.tellState(this);
    this.#queue().pump();
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    const { tokens, config } = this.upstream;
    const { upstreams } = this.#core;
    if (pdu.command !== 'submit_sm' || config === null) {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVCMDID);
    } else if (config.mode === 'bind') upstreams.parts.take(peer, this.upstream, config, this.link, pdu);
    else if (tokens !== null) upstreams.orders.take(peer, this.upstream, tokens, this.link, pdu);
  }

  response(_peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    // Late: it has been sent again since; that one's answer counts.
    if (!late) this.#queue().answered(token, pdu.status);
  }

  failed(_peer: SmppPeer<number>, token: number, reason: FailReason): void {
    // What this peer cannot be told at all must not come round for ever.
    if (reason === 'unencodable') this.#queue().answered(token, Status.ESME_RX_P_APPN);
    else this.#queue().again(token);
  }

  windowOpen(): void {
    this.#queue().pump();
  }

  closed(): void {
    this.upstream.binds.delete(this);
    this.#queue().pump();
  }

  #queue() {
    return this.#core.upstreams.queue(this.upstream, this.link);
  }

  oddity(): void {
    this.#core.counters.oddities++;
  }
  bindRequested(): void {}
  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind is not expected here');
  }
  bindRefused(): void {}
  wants(): void {}
}
