// Who gives orders: the upstreams by configuration, numbered by name for the length of a run, with their binds and what waits
// to go up to each of them over each link. Reports link states. What a bind may do is upstreamBind.ts's.
import { OrderTokens } from '../egress/orderToken.ts';
import { CommandId } from '../smpp/commands.ts';
import type { AlertNotification, Tlv } from '../smpp/pdu.ts';
import { HopTag } from '../smpp/vendor.ts';
import type { Answers } from './answers.ts';
import type { UpstreamConfig } from './config.ts';
import type { Core } from './core.ts';
import type { Link } from './links.ts';
import type { Mo } from './mo.ts';
import type { Orders } from './orders.ts';
import type { PartReceipts } from './partReceipts.ts';
import type { PartsIn } from './partsIn.ts';
import type { PartsOut } from './partsOut.ts';
import { UpQueue } from './upQueue.ts';
import type { UpstreamBind } from './upstreamBind.ts';

const REASON_OCTETS = 120;

export interface Upstream {
  readonly number: number;
  readonly name: string;
  /** Null: only the journal knows it. */
  config: UpstreamConfig | null;
  /** Null in bind mode. */
  tokens: OrderTokens | null;
  readonly binds: Set<UpstreamBind>;
  /** By link number. */
  readonly queues: (UpQueue | undefined)[];
}

export class Upstreams {
  readonly #core: Core;
  readonly #byNumber: Upstream[] = [];
  readonly #byName = new Map<string, Upstream>();
  // Rooms that need the whole; set once by guard.ts.
  answers!: Answers;
  orders!: Orders;
  mo!: Mo;
  parts!: PartsIn;
  partsOut!: PartsOut;
  partReceipts!: PartReceipts;

  constructor(core: Core) {
    this.#core = core;
  }

  get all(): readonly Upstream[] {
    return this.#byNumber;
  }

  get(number: number): Upstream {
    const upstream = this.#byNumber[number];
    if (upstream === undefined) throw new Error(`no upstream number ${number}`);
    return upstream;
  }

  byName(name: string): Upstream | undefined {
    return this.#byName.get(name);
  }

  numberOf(name: string): number {
    return this.#known(name).number;
  }

  #known(name: string): Upstream {
    let upstream = this.#byName.get(name);
    if (upstream === undefined) {
      upstream = { number: this.#byNumber.length, name, config: null, tokens: null, binds: new Set(), queues: [] };
      this.#byNumber.push(upstream);
      this.#byName.set(name, upstream);
    }
    return upstream;
  }

  /** Takes the configuration; binds of upstreams that are gone, or whose credentials changed, are ended. */
  configure(configs: readonly UpstreamConfig[]): void {
    const named = new Set<string>();
    for (const config of configs) {
      named.add(config.name);
      const upstream = this.#known(config.name);
      const before = upstream.config;
      upstream.config = config;
      upstream.tokens =
        config.mode === 'token' ? new OrderTokens(config.tokenSecret, this.#core.world.crypto.sha256Octets) : null;
      if (before !== null && identity(before) !== identity(config))
        for (const bind of upstream.binds) bind.peer.unbind();
    }
    for (const upstream of this.#byNumber) {
      if (named.has(upstream.name)) continue;
      upstream.config = null;
      upstream.tokens = null;
      for (const bind of upstream.binds) bind.peer.unbind();
    }
  }

  queue(upstream: Upstream, link: Link): UpQueue {
    let queue = upstream.queues[link.number];
    if (queue === undefined) {
      queue = new UpQueue(this.#core, upstream, link);
      upstream.queues[link.number] = queue;
    }
    return queue;
  }

  /** A segment's final state is durable and may go up. */
  receipt(handle: number, segment: number): void {
    const { sent, links } = this.#core;
    const upstream = this.get(sent.upstream(handle));
    if (sent.extended(handle)) this.partReceipts.receipt(upstream, handle, segment);
    else this.queue(upstream, links.get(sent.link(handle))).add(handle * 256 + segment);
  }

  /** Tells every bind of this link its state. */
  linkChanged(link: Link): void {
    for (const upstream of this.#byNumber) {
      for (const bind of upstream.binds) if (bind.link === link) this.tellState(bind);
    }
  }

  tellState(bind: UpstreamBind): void {
    // A transmitter is told nothing: alert_notification is for receivers (SMPP 3.4 §2.2).
    if (bind.upstream.config?.mode !== 'token' || !bind.receives) return;
    const { link } = bind;
    const tlvs: Tlv[] = [
      { tag: HopTag.linkState, value: Buffer.from([link.state]) },
      { tag: HopTag.reason, value: Buffer.from(link.reason.slice(0, REASON_OCTETS)) },
    ];
    const pdu: AlertNotification = {
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
      tlvs,
    };
    bind.peer.notify(pdu);
  }
}

/** What a bind depends on. */
function identity(config: UpstreamConfig): string {
  const own =
    config.mode === 'token'
      ? config.tokenSecret.toString('hex') + config.links.join()
      : `${config.systemId}/${config.link}`;
  return `${config.mode} ${config.password.length} ${config.password} ${own}`;
}
