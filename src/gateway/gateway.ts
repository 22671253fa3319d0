// The gateway: makes the rooms, recovers, opens the doors, and closes them again (design §3). Floor 3: the world comes in as
// an argument; what people and customers ask for is in gatewayService.ts and customers.ts.
import type { ConfigFault } from '../base/result.ts';
import type { CommitState } from '../driver/commit.ts';
import { readRecords } from '../driver/records.ts';
import { Ledger } from '../ledger/ledger.ts';
import { compilePrices, type PriceBook } from '../ledger/price.ts';
import type { World } from '../port/world.ts';
import { compileRoutes, type RouteTable } from '../routing/table.ts';
import type { GatewayConfig } from './config.ts';
import type { Core } from './core.ts';
import { Customers } from './customers.ts';
import { Dispatch } from './dispatch.ts';
import { Ending } from './ending.ts';
import { Handover } from './handover.ts';
import { Housekeeping } from './housekeeping.ts';
import { Idempotency } from './idempotency.ts';
import { makeCore } from './makeCore.ts';
import { Mo } from './mo.ts';
import { Parts } from './parts.ts';
import { RecordType } from './records.ts';
import { Recovery } from './recover.ts';
import { readState, type SavedState } from './saved.ts';
import { Submits } from './submit.ts';
import { connectLinks } from './upstream.ts';
import { Webhooks } from './webhooks.ts';

/** Why the gateway cannot go on: its journal failed or was taken over. The program ends (design §5.1). */
export type HaltReason = 'journal unknown' | 'journal fenced';

export class Gateway {
  readonly core: Core;
  readonly customers: Customers;
  readonly submits: Submits;
  readonly idempotency: Idempotency;
  readonly startedAt: number;
  readonly #housekeeping: Housekeeping;
  readonly #webhooks: Webhooks;
  readonly #onHalt: (reason: HaltReason) => void;
  /**
   * Batches with the books and names, oldest first. Records speak in the numbers of those before them, so the log may begin
   * only at one of these: each lives until nothing else does between it and the next.
   */
  readonly #states: number[] = [];

  constructor(world: World, config: GatewayConfig, onHalt: (reason: HaltReason) => void) {
    this.#onHalt = onHalt;
    this.startedAt = world.loop.now();
    const core = makeCore(world, config, (state) => this.#commitState(state));
    this.core = core;
    core.dispatch = new Dispatch(core);
    core.ending = new Ending(core);
    core.handover = new Handover(core);
    core.mo = new Mo(core);
    this.submits = new Submits(core);
    core.parts = new Parts(core, (account, planned) => this.submits.visible(account, planned));
    this.customers = new Customers(core, this.submits);
    this.idempotency = new Idempotency(core);
    this.#webhooks = new Webhooks(core);
    this.#housekeeping = new Housekeeping(
      core,
      this.#webhooks,
      (seqs) => {
        if (seqs.has(this.#states.at(-1) ?? 0)) this.#journalState();
        this.idempotency.clean(seqs);
      },
      (nowMonotonicMs) => {
        this.customers.callOut(nowMonotonicMs);
        this.#releaseStates();
      },
    );
  }

  /** Recovers and opens; resolves when customers may bind. Rejects when the configuration or the journal does not allow it. */
  async start(): Promise<void> {
    const { core } = this;
    const from = core.world.loop.monotonic();
    const recovery = new Recovery(
      core,
      (state, seq) => {
        this.#restore(state);
        this.#stateAt(seq);
      },
      (answer, seq) => this.idempotency.restore(answer, seq),
    );
    core.store.unbounded = true;
    await new Promise<void>((resolve) => {
      core.log.recover(
        (seq, records, secrets) => {
          if (this.#states.length === 0) this.#foresee(records);
          recovery.batch(seq, records, secrets);
        },
        () => resolve(),
      );
    });
    const began = this.#states.length > 0;
    const faults = this.#apply(core.config);
    if (faults.length > 0) throw new Error(faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '));
    // Customers' seconds go on over a restart; how much of the last one was used is not known any more.
    if (began) for (const { quota } of core.accounts.byNumber) quota?.afterUnknownPast(core.world.loop.monotonic());
    core.closedReason = null;
    const open = recovery.finish();
    core.store.unbounded = false;
    core.log.recovered();
    core.mo.start();
    await this.submits.duplicates.restore();
    core.world.log.info('recovered', {
      openMessages: open,
      milliseconds: Math.round(core.world.loop.monotonic() - from),
    });
    connectLinks(core);
    await this.customers.listen(core.config.smpp);
    this.#housekeeping.start();
  }

  /**
   * Takes a new configuration without dropping a session; all faults at once, and nothing changed if there are any. A gateway that
   * stops takes none any more.
   */
  reload(config: GatewayConfig): readonly ConfigFault[] {
    const { core } = this;
    if (core.closedReason !== null) return [];
    const faults = this.#apply(config);
    if (faults.length > 0) return faults;
    core.dispatch.forgetCache();
    this.submits.forgetCaches();
    this.customers.configure(config.smpp);
    connectLinks(core);
    core.world.log.info('configuration reloaded');
    return [];
  }

  /** Takes nothing new, lets go of customers and guard in order, makes everything durable. */
  async stop(): Promise<void> {
    const { core } = this;
    core.closedReason = 'the gateway is stopping';
    this.#webhooks.stop();
    await this.customers.close();
    await Promise.all(
      core.links.byNumber.flatMap((link) =>
        link.clients.map((client) => new Promise<void>((resolve) => client.stop(resolve))),
      ),
    );
    await new Promise<void>((resolve) => this.#housekeeping.flush(resolve));
    await new Promise<void>((resolve) => core.afterCommit(resolve));
    this.#housekeeping.stop();
  }

  /** Checks everything, then takes it. */
  #apply(config: GatewayConfig): readonly ConfigFault[] {
    const { core } = this;
    const checked = this.#compile(config);
    if (!checked.ok) return checked.faults;
    const faults: ConfigFault[] = [];
    config.accounts.forEach((account, i) => {
      const known = core.ledger.indexOf(account.name);
      if (known >= 0 && core.ledger.view(known).currency !== account.currency) {
        faults.push({
          path: `accounts[${i}].price_list`,
          message: `account "${account.name}" has a balance in ${core.ledger.view(known).currency}; its price list must be in that currency`,
        });
      }
    });
    if (faults.length > 0) return faults;
    const fresh = core.accounts.configure(config.accounts);
    for (const account of core.accounts.byNumber) {
      if (!account.removed) core.ledger.open(account.name, account.config.currency, account.config.creditLimit);
    }
    const freshLinks = core.links.configure(config.links);
    const freshPurposes = core.purposes.configure(config.accounts);
    core.config = config;
    // Numbers of accounts and links are those of the run time, which the compiled tables speak.
    const compiled = this.#compile(config);
    if (!compiled.ok) return compiled.faults;
    core.prices = compiled.prices;
    core.routes = compiled.routes;
    core.mo.configure(config.moRoutes);
    if (fresh.length > 0 || freshLinks || freshPurposes || this.#states.length === 0) this.#journalState();
    return [];
  }

  #compile(
    config: GatewayConfig,
  ):
    | { readonly ok: true; readonly prices: PriceBook; readonly routes: RouteTable }
    | { readonly ok: false; readonly faults: readonly ConfigFault[] } {
    const { core } = this;
    const prices = compilePrices(
      config.priceLists.map((list) => ({
        ...list,
        prices: list.prices.map((one) => ({ prefix: one.prefix, price: decimal(one.price) })),
      })),
    );
    const links = core.links.byNumber.map((link) => link.name);
    for (const link of config.links) if (!links.includes(link.name)) links.push(link.name);
    const accounts = core.accounts.byNumber.map((account) => account.name);
    for (const account of config.accounts) if (!accounts.includes(account.name)) accounts.push(account.name);
    const routes = compileRoutes({
      links,
      accounts,
      rules: config.routes.map((route) => ({
        name: route.name,
        prefixes: [route.prefix],
        ...(route.account === null ? {} : { accounts: [route.account] }),
        ...(route.sender === null ? {} : { senders: [route.sender] }),
        mode: route.mode,
        links: route.links,
      })),
    });
    if (prices.ok && routes.ok) return { ok: true, prices: prices.value, routes: routes.value };
    const faults: ConfigFault[] = [];
    if (!prices.ok)
      for (const fault of prices.error) faults.push({ path: `price_lists${fault.path}`, message: fault.message });
    if (!routes.ok) faults.push(...routes.error);
    return { ok: false, faults };
  }

  /** The first batch that is kept may begin with records that were written before its names, in the same turn. */
  #foresee(records: Buffer): void {
    readRecords(records, (type, start, end) => {
      if (type === RecordType.state) this.#restore(readState(records, start, end));
    });
  }

  #restore(state: SavedState): void {
    const { core } = this;
    state.accounts.forEach((saved, number) => {
      core.accounts.restore(number, saved.name);
      const account = core.accounts.get(number);
      account.suspended = saved.suspended;
      const config = core.config.accounts.find((one) => one.name === saved.name);
      account.config = config ?? { ...account.config, name: saved.name, currency: saved.currency };
    });
    state.links.forEach((name, number) => {
      const link = core.links.restore(number, name);
      const config = core.config.links.find((one) => one.name === name);
      if (config !== undefined) link.config = config;
    });
    core.purposes.restore(state.purposes ?? []);
    core.ledger = Ledger.restore(state.ledger);
    core.times.seen(state.time ?? 0);
  }

  /** The books and the names, as they stand after everything written before. */
  #journalState(): void {
    const { core } = this;
    const state: SavedState = {
      accounts: core.accounts.byNumber.map((account) => ({
        name: account.name,
        currency: account.config.currency,
        suspended: account.suspended,
      })),
      links: core.links.byNumber.map((link) => link.name),
      purposes: core.purposes.names,
      ledger: core.ledger.snapshot(),
      time: core.times.latest,
    };
    const w = core.log.begin(RecordType.state);
    const json = Buffer.from(JSON.stringify(state));
    w.bytes(json);
    core.log.end();
    this.#stateAt(core.log.seq);
  }

  #stateAt(seq: number): void {
    this.core.log.live(seq, 1);
    this.#states.push(seq);
  }

  #releaseStates(): void {
    const { log } = this.core;
    for (let [oldest, next] = this.#states; oldest !== undefined && next !== undefined; [oldest, next] = this.#states) {
      if (oldest !== next && !log.livesAlone(oldest, next)) return;
      log.live(oldest, -1);
      this.#states.shift();
    }
  }

  #commitState(state: CommitState): void {
    const { log } = this.core.world;
    switch (state) {
      case 'full':
        log.error('the disk is full: nothing new is taken; what was taken is kept');
        return;
      case 'room':
        log.info('the disk has room again');
        return;
      case 'fenced':
      case 'unknown':
        this.core.closedReason = 'the journal failed';
        log.error('the journal failed: the gateway stops', { state });
        this.#onHalt(state === 'fenced' ? 'journal fenced' : 'journal unknown');
    }
  }
}

/** Prices arrive in micro-units; the price book reads decimals. */
function decimal(micro: number): string {
  return `${Math.floor(micro / 1_000_000)}.${String(micro % 1_000_000).padStart(6, '0')}`;
}
