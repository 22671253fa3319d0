// The gateway: makes the rooms, recovers, opens the doors, and closes them again (design §3). Floor 3: the world comes in as
// an argument; what people and customers ask for is in gatewayService.ts and customers.ts.
import { ByteWriter } from '../base/bytes.ts';
import { RandomPool } from '../base/random.ts';
import type { ConfigFault } from '../base/result.ts';
import { CommitLog, type CommitState } from '../driver/commit.ts';
import { tokenKey } from '../egress/orderToken.ts';
import { Ledger } from '../ledger/ledger.ts';
import { compilePrices, type PriceBook } from '../ledger/price.ts';
import type { World } from '../port/world.ts';
import { IdTable } from '../queue/idTable.ts';
import { TokenBucket } from '../queue/throttle.ts';
import { Timers } from '../queue/timers.ts';
import { compileRoutes, type RouteTable } from '../routing/table.ts';
import { CommandId } from '../smpp/commands.ts';
import { NO_TLVS } from '../smpp/pdu.ts';
import { admitted } from './accept.ts';
import { Accounts } from './accounts.ts';
import { Answers, CANCEL_DONE, REPLACE_DONE } from './answers.ts';
import type { GatewayConfig } from './config.ts';
import type { Core, GatewayCounters } from './core.ts';
import { Customers } from './customers.ts';
import { Dispatch } from './dispatch.ts';
import { Ending } from './ending.ts';
import { Handover } from './handover.ts';
import { History } from './history.ts';
import { Housekeeping } from './housekeeping.ts';
import { Idempotency } from './idempotency.ts';
import { IdSource } from './ids.ts';
import { Links } from './links.ts';
import { Mo } from './mo.ts';
import { Parts } from './parts.ts';
import { RecordType } from './records.ts';
import { Recovery, type SavedState } from './recover.ts';
import { MessagePhase, MessageStore } from './store.ts';
import { Submits } from './submit.ts';
import { connectLinks } from './upstream.ts';
import { Webhooks } from './webhooks.ts';

const FIRST_CAPACITY = 1 << 14;
const RANDOM_POOL_BYTES = 1 << 16;
const EPOCH = 1;

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
  #stateSeq = 0;

  constructor(world: World, config: GatewayConfig, onHalt: (reason: HaltReason) => void) {
    this.#onHalt = onHalt;
    this.startedAt = world.loop.now();
    const core = this.#makeCore(world, config);
    this.core = core;
    core.dispatch = new Dispatch(core);
    core.ending = new Ending(core);
    core.handover = new Handover(core);
    core.mo = new Mo(core);
    this.submits = new Submits(core);
    core.parts = new Parts(core, (account, dataCoding, octets) => this.submits.visible(account, dataCoding, octets));
    this.customers = new Customers(core, this.submits);
    this.idempotency = new Idempotency(core);
    this.#webhooks = new Webhooks(core);
    this.#housekeeping = new Housekeeping(core, this.#webhooks, (seqs) => {
      if (seqs.has(this.#stateSeq)) this.#journalState();
      this.idempotency.clean(seqs);
    });
  }

  /** Recovers and opens; resolves when customers may bind. Rejects when the configuration or the journal does not allow it. */
  async start(): Promise<void> {
    const { core } = this;
    const from = core.world.loop.monotonic();
    const recovery = new Recovery(
      core,
      (state, seq) => this.#restore(state, seq),
      (answer, seq) => this.idempotency.restore(answer, seq),
    );
    await new Promise<void>((resolve) => {
      core.log.recover(
        (seq, records, secrets) => recovery.batch(seq, records, secrets),
        () => resolve(),
      );
    });
    const faults = this.#apply(core.config);
    if (faults.length > 0) throw new Error(faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '));
    core.closedReason = null;
    const open = recovery.finish();
    core.log.recovered();
    core.mo.start();
    core.world.log.info('recovered', {
      openMessages: open,
      milliseconds: Math.round(core.world.loop.monotonic() - from),
    });
    connectLinks(core);
    await this.customers.listen(core.config.smpp);
    this.#housekeeping.start();
  }

  /** Takes a new configuration without dropping a session; all faults at once, and nothing changed if there are any. */
  reload(config: GatewayConfig): readonly ConfigFault[] {
    const { core } = this;
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

  #makeCore(world: World, config: GatewayConfig): Core {
    const accounts = new Accounts((perSecond, burst) => {
      const bucket = new TokenBucket(perSecond, burst, world.loop.monotonic());
      return {
        take: (segments, nowMs) =>
          bucket.take(nowMs, segments) ? 0 : Math.max(1, bucket.availableAt(nowMs, segments) - nowMs),
      };
    });
    const links = new Links(FIRST_CAPACITY);
    const names = {
      account: (number: number) => accounts.byNumber[number]?.name ?? `#${number}`,
      link: (number: number) => links.byNumber[number]?.name ?? null,
      currency: (number: number) => accounts.byNumber[number]?.config.currency ?? 'XXX',
    };
    const random = new RandomPool((target) => world.crypto.randomFill(target), RANDOM_POOL_BYTES);
    const runs: (() => void)[] = [];
    const log = new CommitLog({
      journal: world.journal,
      loop: world.loop,
      slot: config.slot,
      epoch: EPOCH,
      onOutcome: (state) => this.#commitState(state),
    });
    const runNext = (): void => runs.shift()?.();
    const noPrices = compilePrices([]);
    const noRoutes = compileRoutes({ links: [], accounts: [], rules: [] });
    if (!noPrices.ok || !noRoutes.ok) throw new Error('empty tables must compile');
    const core = {
      world,
      config,
      store: new MessageStore(FIRST_CAPACITY, config.maxMessages, config.maxMemoryBytes),
      log,
      ledger: new Ledger(),
      accounts,
      links,
      prices: noPrices.value,
      routes: noRoutes.value,
      random,
      idSource: new IdSource(random, config.slot, 0x1000_0000 + (random.u32() >>> 4)),
      byId: new IdTable(FIRST_CAPACITY),
      byOp: new IdTable(FIRST_CAPACITY),
      byShortId: new Map(),
      timers: new Timers(FIRST_CAPACITY),
      history: new History(world.spill('history'), names),
      names,
      counters: zeroCounters(),
      tokenKey: tokenKey(config.guard.tokenSecret, world.crypto.sha256Latin1),
      scratch: new ByteWriter(4096),
      closing: [],
      answers: new Answers((peer, sequence, kind) => {
        if (kind === CANCEL_DONE) peer.respondStatus(sequence, CommandId.cancel_sm, 0);
        else if (kind === REPLACE_DONE) peer.respondStatus(sequence, CommandId.replace_sm, 0);
        else
          peer.respond(sequence, {
            command: 'deliver_sm_resp',
            commandId: CommandId.deliver_sm_resp,
            status: 0,
            sequence,
            messageId: '',
            tlvs: NO_TLVS,
          });
      }),
      retryDurable: (handle) => {
        const { store, timers } = core;
        if (store.phase[handle] !== MessagePhase.waiting) return;
        const nowMs = world.loop.now();
        timers.set(
          handle,
          Math.max(nowMs, Math.min(store.dueAt[handle] as number, store.validUntil[handle] as number)),
        );
      },
      replaceDurable: (handle) => admitted(core, handle, world.loop.now()),
      afterCommit: (run) => {
        runs.push(run);
        log.after(runNext, 0);
      },
      closedReason: 'the gateway is starting',
    } as Omit<Core, 'dispatch' | 'handover' | 'ending' | 'parts' | 'mo'> as Core;
    return core;
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
    core.config = config;
    // Numbers of accounts and links are those of the run time, which the compiled tables speak.
    const compiled = this.#compile(config);
    if (!compiled.ok) return compiled.faults;
    core.prices = compiled.prices;
    core.routes = compiled.routes;
    core.mo.configure(config.moRoutes);
    if (fresh.length > 0 || freshLinks || this.#stateSeq === 0) this.#journalState();
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

  #restore(state: SavedState, seq: number): void {
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
    core.ledger = Ledger.restore(state.ledger);
    this.#stateAt(seq);
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
      ledger: core.ledger.snapshot(),
    };
    const w = core.log.begin(RecordType.state);
    const json = Buffer.from(JSON.stringify(state));
    w.bytes(json);
    core.log.end();
    this.#stateAt(core.log.seq);
  }

  #stateAt(seq: number): void {
    if (this.#stateSeq > 0) this.core.log.live(this.#stateSeq, -1);
    this.core.log.live(seq, 1);
    this.#stateSeq = seq;
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

function zeroCounters(): GatewayCounters {
  return {
    accepted_messages: 0,
    accepted_segments: 0,
    refused_messages: 0,
    orders: 0,
    orders_repeated: 0,
    outcomes_accepted: 0,
    outcomes_refused: 0,
    outcomes_unknown: 0,
    retries: 0,
    receipts_in: 0,
    receipts_ignored: 0,
    receipts_handed: 0,
    receipts_failed: 0,
    ended_delivered: 0,
    ended_other: 0,
    mo_in: 0,
    mo_refused: 0,
    mo_handed: 0,
    binds_accepted: 0,
    binds_refused: 0,
    malformed_pdus: 0,
  };
}
