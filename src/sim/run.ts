// One seed from beginning to end: the town is built, lives through its faults, comes to rest and is judged. After every event
// the laws are looked at. Deterministic: nothing here asks for real time or randomness.
import { Gateway } from '../gateway/gateway.ts';
import { GatewayServiceImpl } from '../gateway/gatewayService.ts';
import { Guard } from '../guard/guard.ts';
import { Chance } from '../operator/chance.ts';
import type { HandsetMessage } from '../operator/handsets.ts';
import { Operator } from '../operator/operator.ts';
import type { World } from '../port/world.ts';
import { type Bug, NO_BUG } from './bugs.ts';
import { gatewayConfig, guardConfig, operatorConfig } from './configs.ts';
import { Desk } from './desk.ts';
import { haltNode, planFaults } from './faults.ts';
import { GatewayBooks } from './gatewayBooks.ts';
import { GuardBooks } from './guardBooks.ts';
import { HttpCustomer, httpId } from './httpCustomer.ts';
import type { Life } from './life.ts';
import { createSimLog } from './log.ts';
import { Timeline } from './loop.ts';
import { Wire } from './net.ts';
import { count, crashNode, loopOf, makeNode, type Node, startNode, type Town, worldOf } from './nodes.ts';
import { type AccountPlan, drawPlan, type LinkPlan } from './plan.ts';
import { SmppCustomer } from './smppCustomer.ts';
import { LawBroken, Trace } from './trace.ts';
import { judge } from './verdict.ts';
import { WireWatch } from './wireWatch.ts';
import { drawWishes } from './wishes.ts';

/** Virtual time after the faults in which everything must have come to rest: validity, grace, clock jumps, webhook retries. */
const REST_MS = 3 * 3_600_000;
const LOOK_MS = 500;
/** Awaits between two events: more than any chain of promises in the programs is long. */
const MICROTASKS = 10;
/** Events without time passing: more is a program that runs in circles. */
const ONE_MOMENT_MAX = 50_000;

/** Rejections that nobody handles are told when all microtasks have run: taken before the real timers are out of reach. */
const immediate = setImmediate;
const macrotask = (): Promise<void> => new Promise((resolve) => immediate(resolve));

export interface RunResult {
  readonly seed: number;
  readonly messages: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly trace: string;
  /** Null: every law held. */
  readonly broken: { readonly law: string; readonly detail: string } | null;
}

export async function runSeed(
  seed: number,
  bug: Bug = NO_BUG,
  show: ((line: string) => void) | null = null,
): Promise<RunResult> {
  return new Run(seed, bug, show).run();
}

class Run {
  readonly #bug: Bug;
  readonly #timeline = new Timeline();
  readonly #town: Town;
  readonly #nodes = new Map<string, Node>();
  readonly #desk = new Desk();
  readonly #gatewayBooks: GatewayBooks;
  readonly #guardBooks: GuardBooks;
  readonly #watch: WireWatch;
  readonly #handsets = new Map<string, HandsetMessage[]>();
  readonly #operators = new Map<string, Operator>();
  readonly #hooks: Chance;
  #gateway: {
    readonly gateway: Gateway;
    readonly service: GatewayServiceImpl;
    readonly life: Life;
    ready: boolean;
  } | null = null;
  #failure: unknown = null;
  #rested = false;
  #balances: readonly string[] | null = null;

  constructor(seed: number, bug: Bug, show: ((line: string) => void) | null) {
    this.#bug = bug;
    const plan = drawPlan(seed);
    const chance = new Chance(seed ^ 0x7a57);
    this.#hooks = new Chance(seed ^ 0x400c);
    const trace = new Trace(this.#timeline, show);
    const town: Town = {
      plan,
      timeline: this.#timeline,
      wire: new Wire(this.#timeline, new Chance(seed ^ 0x3117), plan.weather),
      trace,
      chance,
      nodes: this.#nodes,
      faults: new Map(),
      calm: false,
      webhooksFailUntilMs: 0,
      postFate: () => this.#postFate(),
      onPost: (post, taken) => this.#posted(post.body, taken),
      wrapJournal: (node, journal, life) =>
        bug.journal(node, journal, (run) => this.#timeline.plan(this.#timeline.nowMs, life, 'soon', run)),
    };
    this.#town = town;
    this.#desk.wishes.push(...drawWishes(plan));
    this.#node(
      'gateway',
      (life) => this.#bootGateway(life),
      () => (this.#gateway = null),
    );
    this.#node(
      'guard',
      (life) => this.#bootGuard(life),
      () => undefined,
    );
    for (const link of plan.links)
      this.#node(
        link.name,
        (life) => this.#bootOperator(life, link),
        () => this.#harvest(link.name),
      );
    for (const account of plan.accounts)
      this.#node(
        account.name,
        (life) => this.#bootCustomer(life, account),
        () => undefined,
      );
    this.#gatewayBooks = new GatewayBooks(this.#nodes.get('gateway')?.journal as Node['journal'], plan.accounts);
    this.#guardBooks = new GuardBooks(this.#nodes.get('guard')?.journal as Node['journal'], this.#gatewayBooks);
    this.#watch = new WireWatch(this.#timeline, trace, plan, this.#gatewayBooks, this.#guardBooks);
    town.wire.tap = this.#watch;
  }

  #node(name: string, boot: (life: Life) => void, gone: () => void): void {
    this.#nodes.set(name, makeNode(name, this.#nodes.size, boot, gone));
  }

  async run(): Promise<RunResult> {
    const { trace, plan, faults } = this.#town;
    let broken: RunResult['broken'] = null;
    process.on('unhandledRejection', this.#rejected);
    try {
      for (const node of this.#nodes.values()) startNode(this.#town, node);
      planFaults(this.#town, () => this.#settle());
      this.#look();
      await this.#live();
      judge({
        plan,
        desk: this.#desk,
        gateway: this.#gatewayBooks,
        guard: this.#guardBooks,
        handsets: this.#handsets,
        balance: (account) => this.#balance(account),
      });
    } catch (error) {
      broken = asBroken(error);
      trace.line('town', `LAW BROKEN: ${broken.law}: ${broken.detail}`);
    }
    for (const node of this.#nodes.values()) node.life?.end();
    await macrotask();
    process.off('unhandledRejection', this.#rejected);
    if (broken === null && this.#failure !== null) broken = asBroken(this.#failure);
    return {
      seed: plan.seed,
      messages: this.#gatewayBooks.messages.size,
      events: trace.events,
      virtualMs: Math.round(this.#timeline.nowMs),
      faults,
      trace: trace.digest(),
      broken,
    };
  }

  async #live(): Promise<void> {
    const { trace } = this.#town;
    let lastMs = 0;
    let inOneMoment = 0;
    while (!this.#rested) {
      const event = this.#timeline.next();
      if (event === null) throw new LawBroken('9 it comes to rest', 'nothing will ever happen again');
      if (event.life !== null && !event.life.step()) continue;
      trace.event(event.kind, event.life?.node ?? '');
      if (this.#timeline.nowMs > lastMs) {
        lastMs = this.#timeline.nowMs;
        inOneMoment = 0;
      } else if (++inOneMoment > ONE_MOMENT_MAX) {
        throw new LawBroken(
          '9 it comes to rest',
          `${ONE_MOMENT_MAX} events in one moment, the last is "${event.kind}" of ${event.life?.node ?? 'the town'}`,
        );
      }
      event.run();
      for (let i = 0; i < MICROTASKS; i++) await null;
      if (this.#failure !== null) throw this.#failure;
      this.#gatewayBooks.absorb();
      this.#guardBooks.absorb();
      this.#money();
    }
  }

  /** No balance below its limit, at any moment; the books sum to zero. */
  #money(): void {
    const running = this.#gateway;
    if (running === null || !running.ready || !running.life.alive) return;
    for (const account of this.#town.plan.accounts) {
      const { balance, held, creditLimit } = this.#balance(account);
      if (balance - held < -creditLimit && held >= 0)
        throw new LawBroken(
          '5 money',
          `${account.name}: ${balance} with ${held} held is below the limit ${-creditLimit}`,
        );
      if (held < 0) throw new LawBroken('5 money', `${account.name} holds ${held}`);
    }
    for (const { currency } of running.gateway.core.config.priceLists) {
      if (running.gateway.core.ledger.sum(currency) !== 0)
        throw new LawBroken('5 money', `the books of ${currency} do not sum to zero`);
    }
  }

  #balance(account: AccountPlan): ReturnType<GatewayServiceImpl['balance']> {
    const running = this.#gateway;
    if (running === null) throw new LawBroken('9 it comes to rest', 'no gateway runs at the end');
    return running.service.balance({ name: account.name, index: this.#town.plan.accounts.indexOf(account) });
  }

  readonly #rejected = (error: unknown): void => this.#fail(error);

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #bootGateway(life: Life): void {
    const node = this.#nodes.get('gateway') as Node;
    const world = worldOf(this.#town, node, life);
    const gateway = new Gateway(world, gatewayConfig(this.#town.plan), (reason) => haltNode(this.#town, node, reason));
    const running = { gateway, service: new GatewayServiceImpl(gateway), life, ready: false };
    gateway.start().then(
      () => {
        if (!life.alive) return;
        running.ready = true;
        this.#gateway = running;
        this.#bug.gateway(gateway);
        for (const account of this.#town.plan.accounts) this.#pay(running.service, account);
      },
      (error: unknown) => {
        if (life.alive) this.#fail(error);
      },
    );
  }

  #pay(service: GatewayServiceImpl, account: AccountPlan): void {
    service.credit(account.name, account.credit, 'first payment').then(
      () => undefined,
      (error: unknown) => this.#fail(error),
    );
  }

  #bootGuard(life: Life): void {
    const node = this.#nodes.get('guard') as Node;
    const world: World = worldOf(this.#town, node, life);
    const guard = new Guard({
      world,
      config: guardConfig(this.#town.plan),
      onHalt: (reason) => haltNode(this.#town, node, reason),
    });
    this.#bug.guard(guard);
    guard.start().then(
      () => undefined,
      (error: unknown) => {
        if (life.alive) this.#fail(error);
      },
    );
  }

  #bootOperator(life: Life, link: LinkPlan): void {
    const node = this.#nodes.get(link.name) as Node;
    const { trace, wire, plan } = this.#town;
    const { loop } = loopOf(this.#town, node, life);
    const log = createSimLog((line) => trace.line(node.name, line));
    const http = {
      serve: () => Promise.reject(new Error('no HTTP here')),
      post: () => Promise.reject(new Error('no HTTP here')),
    };
    const config = operatorConfig(plan, link, life.number, this.#town.calm);
    const operator = new Operator({ loop, net: wire.netOf(life, node.address), http, log }, config, null);
    this.#operators.set(link.name, operator);
    operator.start().then(
      () => undefined,
      (error: unknown) => this.#fail(error),
    );
  }

  #bootCustomer(life: Life, account: AccountPlan): void {
    const node = this.#nodes.get(account.name) as Node;
    const { wire, trace, timeline } = this.#town;
    const { loop, chance } = loopOf(this.#town, node, life);
    if (account.way === 'http') {
      const find = () => {
        const running = this.#gateway;
        if (running === null || !running.life.alive || wire.parted('gateway', account.name)) return null;
        return { service: running.service, life: running.life, lossy: this.#town.calm ? 0 : 0.05 };
      };
      new HttpCustomer({ timeline, life, chance }, account, this.#desk, find, (id) => {
        this.#gatewayBooks.absorb();
        this.#watch.answeredHttp(id);
      }).start();
      return;
    }
    const world = {
      loop,
      chance,
      net: wire.netOf(life, node.address),
      log: createSimLog((line) => trace.line(node.name, line)),
      townMs: () => timeline.nowMs,
    };
    new SmppCustomer(world, account, this.#desk, () => this.#town.calm).start();
  }

  /** What the handsets of an operator have received, before its memory is gone. */
  #harvest(link: string): void {
    const operator = this.#operators.get(link);
    this.#operators.delete(link);
    for (const number of operator?.handsets.numbers(100_000) ?? []) {
      const list = this.#handsets.get(number) ?? [];
      list.push(...(operator?.handsets.look(number)?.messages ?? []));
      this.#handsets.set(number, list);
    }
  }

  #postFate(): ReturnType<Town['postFate']> {
    const failing = this.#town.timeline.nowMs < this.#town.webhooksFailUntilMs && !this.#town.calm;
    const delayMs = 5 + this.#hooks.fraction() * 100;
    if (!failing || this.#hooks.fraction() < 0.3)
      return { arrives: true, outcome: { code: 'answered', status: 200, retryAfterMs: null }, delayMs };
    count(this.#town, 'webhook failed');
    return this.#hooks.fraction() < 0.5
      ? { arrives: true, outcome: { code: 'failed', detail: 'the answer was lost' }, delayMs }
      : { arrives: false, outcome: { code: 'answered', status: 503, retryAfterMs: null }, delayMs };
  }

  #posted(body: string, taken: boolean): void {
    const { type, data } = JSON.parse(body) as { type: string; data: { id: string } };
    const account = this.#gatewayBooks.messages.get(httpId(data.id).slice('http '.length))?.account.name ?? '';
    this.#town.trace.line('town', `webhook ${type} ${data.id} to ${account}`);
    this.#desk.receipt(account, httpId(data.id), Buffer.from(body), taken);
  }

  #settle(): void {
    for (const link of this.#town.plan.links) {
      this.#operators.get(link.name)?.setBehaviour(operatorConfig(this.#town.plan, link, 0, true).behaviour);
    }
  }

  /** Now and then: has everything come to rest? Then gateway and guard are started once more, and the books must be the same. */
  #look(): void {
    const { timeline, plan } = this.#town;
    timeline.plan(timeline.nowMs + LOOK_MS, null, 'look', () => {
      if (timeline.nowMs > plan.faultsEndMs + REST_MS) throw new LawBroken('9 it comes to rest', this.#unrest());
      if (!this.#town.calm || !this.#quiet()) this.#look();
      else if (this.#balances === null) this.#again();
      else this.#compare();
    });
  }

  #quiet(): boolean {
    const running = this.#gateway;
    if (running === null || !running.ready || !running.life.alive) return false;
    if (this.#desk.wishes.some((wish) => wish.state !== 'done')) return false;
    return running.service.status().openMessages === 0;
  }

  #again(): void {
    this.#balances = this.#books();
    for (const link of this.#town.plan.links) this.#harvest(link.name);
    for (const name of ['gateway', 'guard']) {
      const node = this.#nodes.get(name) as Node;
      node.power = false;
      if (node.life !== null) crashNode(this.#town, node, node.life);
    }
    this.#look();
  }

  #compare(): void {
    const after = this.#books();
    after.forEach((line, i) => {
      if (line !== this.#balances?.[i])
        throw new LawBroken('5 money', `the books before a restart say ${this.#balances?.[i]}, after it ${line}`);
    });
    this.#rested = true;
  }

  #books(): string[] {
    return this.#town.plan.accounts.map((account) => JSON.stringify(this.#balance(account)));
  }

  #unrest(): string {
    const open = [...this.#gatewayBooks.messages.values()].filter((message) => message.ended === null).length;
    const unhanded = [...this.#gatewayBooks.messages.values()].filter(
      (message) => message.ended !== null && !message.handed,
    ).length;
    const wishes = this.#desk.wishes.filter((wish) => wish.state !== 'done').length;
    return `hours after the last fault ${open} messages are open, ${unhanded} not handed over, ${wishes} wishes not done; gateway: ${JSON.stringify(this.#gateway?.service.status().openMessages ?? 'not running')}`;
  }
}

function asBroken(error: unknown): { readonly law: string; readonly detail: string } {
  if (error instanceof LawBroken) return { law: error.law, detail: error.message };
  return {
    law: '10 no program fails',
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
