// One seed from beginning to end: the town is built, lives through its faults, comes to rest and is judged. After every event
// the laws are looked at. Deterministic: nothing here asks for real time or randomness.
import type { GatewayServiceImpl } from '../gateway/gatewayService.ts';
import type { MessageView } from '../gateway/service.ts';
import { Chance } from '../operator/chance.ts';
import { type Bug, NO_BUG } from './bugs.ts';
import { FOREIGN } from './configs.ts';
import { Desk } from './desk.ts';
import { textsLeft } from './ends.ts';
import { planFaults } from './faults.ts';
import { judgeForeign, untoldForeign } from './foreignLaws.ts';
import { GatewayBooks } from './gatewayBooks.ts';
import { GuardBooks } from './guardBooks.ts';
import type { Life } from './life.ts';
import { Timeline } from './loop.ts';
import { judgeGatewayMemory, judgeGuardMemory } from './memoryLaw.ts';
import { MoBooks } from './moLaws.ts';
import { judgeMoney } from './moneyLaw.ts';
import { Wire } from './net.ts';
import { crashNode, makeNode, type Node, startNode, type Town } from './nodes.ts';
import { Operate } from './operate.ts';
import { type AccountPlan, drawPlan, type Plan, WIDEST, type Width } from './plan.ts';
import { Programs, type RunningGateway } from './programs.ts';
import { asBroken, LawBroken, Trace } from './trace.ts';
import { judge, openOf, stillKnown } from './verdict.ts';
import { Watches } from './watches.ts';
import { drawForeignWishes, drawWishes } from './wishes.ts';

/** Virtual time after the faults in which everything must have come to rest: validity, grace, clock jumps, webhook retries. */
const REST_MS = 3 * 3_600_000;
const LOOK_MS = 500;
/** Awaits between two events: more than any chain of promises in the programs is long. */
const MICROTASKS = 10;
const DONE = Promise.resolve();
/** Events without time passing: more is a program that runs in circles. */
const ONE_MOMENT_MAX = 50_000;

/** Rejections that nobody handles are told when all microtasks have run: taken before the real timers are out of reach. */
const immediate = setImmediate;

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
  show: ((line: string) => unknown) | null = null,
  width: Width = WIDEST,
): Promise<RunResult> {
  return new Run(drawPlan(seed, width), bug, show).run();
}

class Run {
  readonly #timeline = new Timeline();
  readonly #town: Town;
  readonly #nodes = new Map<string, Node>();
  readonly #desk = new Desk();
  readonly #gatewayBooks: GatewayBooks;
  readonly #guardBooks: GuardBooks;
  readonly #mo: MoBooks;
  readonly #watch: Watches;
  readonly #programs: Programs;
  #failure: unknown = null;
  #rested = false;
  #balances: readonly string[] | null = null;

  constructor(plan: Plan, bug: Bug, show: ((line: string) => unknown) | null) {
    const { seed } = plan;
    const chance = new Chance(seed ^ 0x7a57);
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
      postFate: () => this.#programs.postFate(),
      onPost: (post, taken) => this.#programs.posted(post, taken),
      wrapJournal: (node, journal, life) =>
        bug.journal(node, journal, (run) => this.#timeline.plan(this.#timeline.nowMs, life, 'soon', run)),
    };
    this.#town = town;
    this.#desk.wishes.push(...drawWishes(plan));
    const programs = new Programs(town, this.#desk, bug, {
      fail: this.#fail,
      answeredHttp: (id, askedMs) => this.#watch.answeredHttp(id, askedMs),
      accountOf: (id) => this.#gatewayBooks.messages.get(id.slice('http '.length))?.account.name ?? '',
    });
    this.#programs = programs;
    this.#node(
      'gateway',
      (life) => programs.bootGateway(life),
      () => (programs.gateway = null),
    );
    this.#node(
      'guard',
      (life) => programs.bootGuard(life),
      () => (programs.guard = null),
    );
    for (const link of plan.links)
      this.#node(
        link.name,
        (life) => programs.bootOperator(life, link),
        () => programs.harvest(link.name),
      );
    for (const account of plan.accounts) this.#node(account.name, (life) => programs.bootCustomer(life, account));
    const { foreign } = plan.more;
    if (foreign !== null) {
      programs.foreignDesk.wishes.push(...drawForeignWishes(plan, foreign));
      this.#node(FOREIGN, (life) => programs.bootForeign(life, foreign));
    }
    this.#mo = new MoBooks(plan.accounts);
    this.#gatewayBooks = new GatewayBooks(
      this.#nodes.get('gateway')?.journal as Node['journal'],
      plan.accounts,
      this.#mo,
    );
    this.#guardBooks = new GuardBooks(
      this.#nodes.get('guard')?.journal as Node['journal'],
      this.#gatewayBooks,
      this.#mo,
      plan,
    );
    this.#watch = new Watches(this.#timeline, trace, plan, this.#gatewayBooks, this.#guardBooks, this.#mo);
    town.wire.tap = this.#watch;
  }

  #node(name: string, boot: (life: Life) => void, gone: () => void = () => undefined): void {
    this.#nodes.set(name, makeNode(name, this.#nodes.size, boot, gone));
  }

  async run(): Promise<RunResult> {
    const { trace, plan, faults } = this.#town;
    let broken: RunResult['broken'] = null;
    process.on('unhandledRejection', this.#fail);
    try {
      for (const node of this.#nodes.values()) startNode(this.#town, node);
      for (const wish of plan.more.mo)
        this.#timeline.plan(wish.atMs, null, 'subscriber', () => this.#programs.writes(wish));
      planFaults(this.#town, () => this.#programs.settle());
      new Operate(this.#town, this.#programs, this.#fail).plan();
      this.#look();
      await this.#live();
      judge({
        plan,
        desk: this.#desk,
        gateway: this.#gatewayBooks,
        guard: this.#guardBooks,
        handsets: this.#programs.handsets,
        balance: (account) => this.#balance(account),
      });
      this.#mo.judge(plan, this.#desk);
      judgeForeign(plan, this.#programs.foreignDesk, this.#guardBooks, this.#programs.handsets);
    } catch (error) {
      broken = asBroken(error);
      trace.line('town', `LAW BROKEN: ${broken.law}: ${broken.detail}`);
    }
    for (const node of this.#nodes.values()) node.life?.end();
    await new Promise<void>((resolve) => immediate(resolve));
    process.off('unhandledRejection', this.#fail);
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
    const { trace, plan } = this.#town;
    let [lastMs, inOneMoment] = [0, 0];
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
      for (let i = 0; i < MICROTASKS; i++) await DONE;
      if (this.#failure !== null) throw this.#failure;
      this.#watch.absorb();
      const running = this.#running();
      if (running !== null) {
        judgeMoney(running, plan.accounts);
        judgeGatewayMemory(running, plan, this.#gatewayBooks.parts);
      }
      const { guard } = this.#programs;
      if (guard?.life.alive) judgeGuardMemory(guard, plan);
    }
  }

  #running(): RunningGateway | null {
    const { gateway } = this.#programs;
    return gateway?.life.alive === true ? gateway : null;
  }

  #balance(account: AccountPlan): ReturnType<GatewayServiceImpl['balance']> {
    const running = this.#running();
    if (running === null) throw new LawBroken('9 it comes to rest', 'no gateway runs at the end');
    return running.service.balance({ name: account.name, index: this.#town.plan.accounts.indexOf(account) });
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
  };

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
    const running = this.#running();
    if (running === null) return false;
    if (this.#desk.wishes.some((wish) => wish.state !== 'done')) return false;
    return running.service.status().openMessages === 0 && this.#mo.unrest === null && this.#othersRest() === null;
  }

  #othersRest(): string | null {
    const { foreignDesk } = this.#programs;
    if (foreignDesk.wishes.some((wish) => wish.state !== 'done')) return 'another gateway still sends';
    return untoldForeign(foreignDesk, this.#guardBooks) ?? textsLeft(this.#nodes);
  }

  #again(): void {
    this.#balances = this.#books();
    for (const link of this.#town.plan.links) this.#programs.harvest(link.name);
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
    const ask = (account: AccountPlan, id: string) => this.#view(account, id);
    stillKnown(this.#desk, this.#gatewayBooks, ask).then(() => {
      this.#rested = true;
    }, this.#fail);
  }

  async #view(account: AccountPlan, id: string): Promise<MessageView | null> {
    const index = this.#town.plan.accounts.indexOf(account);
    return (await this.#running()?.service.message({ name: account.name, index }, id)) ?? null;
  }

  #books(): string[] {
    return this.#town.plan.accounts.map((account) => JSON.stringify(this.#balance(account)));
  }

  #unrest(): string {
    const status = this.#running()?.service.status().openMessages ?? 'not running';
    return `hours after the last fault ${openOf(this.#desk, this.#gatewayBooks)}; gateway: ${status}; ${this.#othersRest() ?? this.#mo.unrest ?? ''}`;
  }
}
