// The links of a guard: configuration, dialect, pace, binds and state of each, numbered by name for the length of a run.
// Reports every change of state to the upstreams. Emission is linkQueue.ts's, the life of a bind linkBind.ts's business.
import type { SmppClientApi, SmppClientHandler, SmppClientOptions, SmppPeer } from '../driver/types.ts';
import { FullStoreDetector, Pacer } from '../queue/throttle.ts';
import { statusWords } from '../smpp/status.table.ts';
import { LinkState, linkStateName } from '../smpp/vendor.ts';
import { formerLink, type LinkConfig } from './config.ts';
import type { Core } from './core.ts';
import { compileDialect, type Dialect } from './dialect.ts';
import { LinkBind } from './linkBind.ts';
import { linkClientOptions } from './linkOptions.ts';
import { LinkQueue } from './linkQueue.ts';

/** What an operator of ours has ordered. */
export type LinkOrder = 'run' | 'pause' | 'drain';

export type MakeClient = (options: SmppClientOptions, handler: SmppClientHandler<number>) => SmppClientApi<number>;

export class Link {
  readonly number: number;
  readonly name: string;
  config: LinkConfig;
  /** No longer in the configuration: nothing new, receipts of the past still count. */
  removed = false;
  dialect: Dialect;
  pacer: Pacer;
  readonly fullStore = new FullStoreDetector();
  readonly queue: LinkQueue;
  readonly binds = new Set<LinkBind>();
  order: LinkOrder = 'run';
  /** Wall clock; of an order other than `run` that holds. */
  orderedAt = 0;
  state: number = LinkState.down;
  reason = 'not connected yet';
  /** Status of the last refused bind; 0: none since the last that stood. */
  refusedStatus = 0;
  detail = '';
  /** Ids that matched only by conversion, out of all that matched: the mismatch ratio. */
  matched = 0;
  matchedExactly = 0;
  readonly #core: Core;
  readonly #makeClient: MakeClient;
  #client: SmppClientApi<number> | null = null;
  #ended = false;
  /** Clients that unbind and have not ended. */
  #leaving = 0;
  #left: () => void = () => undefined;
  #reference: number;

  constructor(core: Core, number: number, config: LinkConfig, makeClient: MakeClient) {
    this.#core = core;
    this.#makeClient = makeClient;
    this.number = number;
    this.name = config.name;
    this.config = config;
    this.dialect = compileDialect(config.dialect);
    this.pacer = new Pacer(config.throttlePerSecond);
    this.queue = new LinkQueue(core, this);
    this.#reference = core.random.u32() & 0xffff;
  }

  /** Concatenation reference of the next message. */
  nextReference(): number {
    this.#reference = (this.#reference + 1) & 0xffff;
    return this.#reference;
  }

  get usable(): boolean {
    return this.state === LinkState.up || this.state === LinkState.slow;
  }

  start(): void {
    if (this.#client !== null || this.removed || this.#ended || this.order === 'drain') return;
    const client = this.#makeClient(linkClientOptions(this.config), new FirstHandler(this.#core, this));
    this.#client = client;
    client.start();
  }

  /** Unbinds when every answer is in, and connects no more. */
  stop(done: () => void): void {
    const client = this.#client;
    this.#client = null;
    if (client === null) {
      done();
      return;
    }
    this.#leaving++;
    client.stop(() => {
      this.#leaving--;
      done();
      if (this.#leaving === 0) this.#left();
    });
  }

  /** Stops for good: nothing opens it again. `done`: those that were leaving already, drained or bound anew, have left too. */
  end(done: () => void): void {
    this.#ended = true;
    this.stop(() => undefined);
    if (this.#leaving === 0) done();
    else this.#left = done;
  }

  /** Takes a new configuration. A change of what the binds are made of rebinds; all else holds at once. */
  configure(config: LinkConfig): void {
    const rebinds = JSON.stringify(linkClientOptions(this.config)) !== JSON.stringify(linkClientOptions(config));
    if (config.throttlePerSecond !== this.config.throttlePerSecond) {
      const before = this.pacer;
      this.pacer = new Pacer(config.throttlePerSecond);
      this.pacer.follow(before);
    }
    this.config = config;
    this.dialect = compileDialect(config.dialect);
    this.removed = false;
    if (rebinds && this.#client !== null) this.stop(() => undefined);
    this.start();
    this.review();
  }

  give(order: LinkOrder): void {
    this.order = order;
    if (order === 'drain') this.stop(() => this.review());
    else this.start();
    this.review();
    this.queue.pump();
  }

  /** Looks at everything that decides the state and tells the upstreams what has changed. */
  review(): void {
    const state = this.#judge();
    if (state.state === this.state && state.reason === this.reason) return;
    const changed = state.state !== this.state;
    this.state = state.state;
    this.reason = state.reason;
    if (changed) {
      const { log } = this.#core.world;
      const fields = { link: this.name, state: linkStateName(state.state), reason: state.reason };
      if (this.usable) log.info('link state', fields);
      else log.warn('link state', fields);
    }
    this.#core.upstreams.linkChanged(this);
    if (changed) this.queue.stateChanged();
  }

  #since(): string {
    return `since ${new Date(this.orderedAt).toISOString().slice(0, 16)}Z`;
  }

  #judge(): { readonly state: number; readonly reason: string } {
    if (this.removed) return { state: LinkState.draining, reason: 'removed from the configuration' };
    if (this.order === 'pause')
      return { state: LinkState.paused, reason: `paused by an operator of the guard ${this.#since()}` };
    if (this.order === 'drain')
      return { state: LinkState.draining, reason: `drained by an operator of the guard ${this.#since()}` };
    let senders = 0;
    for (const bind of this.binds) if (bind.sends) senders++;
    if (senders === 0) {
      if (this.refusedStatus !== 0)
        return {
          state: LinkState.refused,
          reason: `the supplier refuses our bind: ${statusWords(this.refusedStatus)}`,
        };
      return { state: LinkState.down, reason: this.detail === '' ? 'not connected' : this.detail };
    }
    const now = this.#core.world.loop.monotonic();
    if (this.pacer.isStalled(now))
      return { state: LinkState.down, reason: 'throttled for a minute without one acceptance' };
    if (this.pacer.rate(now) < this.config.throttlePerSecond)
      return { state: LinkState.slow, reason: 'throttled by the supplier' };
    return { state: LinkState.up, reason: '' };
  }
}

/** What a new connection starts with; its first wish makes it a bind of the link. */
class FirstHandler implements SmppClientHandler<number> {
  readonly #core: Core;
  readonly #link: Link;

  constructor(core: Core, link: Link) {
    this.#core = core;
    this.#link = link;
  }

  wants(peer: SmppPeer<number>, kind: 'bind' | 'enquire_link' | 'unbind', sequence: number): void {
    const bind = new LinkBind(this.#core, this.#link, peer);
    peer.handler = bind;
    bind.wants(peer, kind, sequence);
  }

  waiting(why: 'connect' | 'refused' | 'lost', detail: string, status: number): void {
    this.#link.detail = why === 'connect' ? `cannot connect: ${detail}` : detail;
    if (why === 'refused') this.#link.refusedStatus = status;
    this.#link.review();
  }

  closed(): void {}
  bound(): void {}
  bindRefused(): void {}
  bindRequested(): void {}
  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind is not expected here');
  }
  request(): void {}
  response(): void {}
  failed(): void {}
  windowOpen(): void {}
  oddity(): void {
    this.#core.counters.oddities++;
  }
}

export class Links {
  readonly byNumber: Link[] = [];
  readonly byName = new Map<string, Link>();
  readonly #make: (number: number, config: LinkConfig) => Link;

  constructor(make: (number: number, config: LinkConfig) => Link) {
    this.#make = make;
  }

  get(number: number): Link {
    const link = this.byNumber[number];
    if (link === undefined) throw new Error(`no link number ${number}`);
    return link;
  }

  /** Numbers of names that only the journal knows. */
  numberOf(name: string): number {
    const known = this.byName.get(name);
    if (known !== undefined) return known.number;
    const link = this.#add(formerLink(name));
    link.removed = true;
    return link.number;
  }

  #add(config: LinkConfig): Link {
    const link = this.#make(this.byNumber.length, config);
    this.byNumber.push(link);
    this.byName.set(config.name, link);
    return link;
  }

  /** Takes the configuration; returns the links that are new. */
  configure(configs: readonly LinkConfig[]): Link[] {
    const fresh: Link[] = [];
    const named = new Set(configs.map((one) => one.name));
    for (const link of this.byNumber) {
      if (named.has(link.name) || link.removed) continue;
      link.removed = true;
      link.stop(() => undefined);
      link.review();
    }
    for (const config of configs) {
      const known = this.byName.get(config.name);
      if (known === undefined) fresh.push(this.#add(config));
      else known.configure(config);
    }
    return fresh;
  }
}
