// The programs of the town and how each is made in its world: the very code of production, with a simulated world around it.
// Knows what runs now; what it should do is judged elsewhere.
import type { GatewayConfig } from '../gateway/config.ts';
import { Gateway } from '../gateway/gateway.ts';
import { GatewayServiceImpl } from '../gateway/gatewayService.ts';
import type { GuardConfig } from '../guard/config.ts';
import { Guard } from '../guard/guard.ts';
import { Chance } from '../operator/chance.ts';
import type { HandsetMessage } from '../operator/handsets.ts';
import { Operator } from '../operator/operator.ts';
import type { World } from '../port/world.ts';
import { Asks } from './asks.ts';
import type { Bug } from './bugs.ts';
import { FOREIGN, FOREIGN_VALIDITY_MS, gatewayConfig, guardConfig, operatorConfig } from './configs.ts';
import { Desk } from './desk.ts';
import { haltNode } from './faults.ts';
import type { SimPost } from './http.ts';
import { HttpCustomer, httpId } from './httpCustomer.ts';
import type { Life } from './life.ts';
import { createSimLog } from './log.ts';
import type { MoWish } from './moPlan.ts';
import type { ForeignPlan } from './more.ts';
import { count, loopOf, type Node, type Town, worldOf } from './nodes.ts';
import { type Change, changedGateway, changedGuard } from './operations.ts';
import type { AccountPlan, LinkPlan } from './plan.ts';
import { foreignManner, plainManner } from './requests.ts';
import { SmppCustomer } from './smppCustomer.ts';

/** What the run wants to hear. */
export interface ProgramHooks {
  fail(error: unknown): void;
  /** An HTTP answer with this id leaves the gateway; the request came at `askedMs`, null if it was answered before. */
  answeredHttp(id: string, askedMs: number | null): void;
  accountOf(id: string): string;
}

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly service: GatewayServiceImpl;
  readonly life: Life;
}

export interface RunningGuard {
  readonly guard: Guard;
  readonly life: Life;
}

export class Programs {
  /** The gateway that has recovered and opened its doors; null: none. */
  gateway: RunningGateway | null = null;
  guard: RunningGuard | null = null;
  /** As the files are now. */
  #gatewayConfig: GatewayConfig;
  #guardConfig: GuardConfig;
  /** What handsets have received, of operators that are gone. */
  readonly handsets = new Map<string, HandsetMessage[]>();
  /** The papers of another SMS gateway. */
  readonly foreignDesk = new Desk();
  readonly #operators = new Map<string, Operator>();
  readonly #town: Town;
  readonly #desk: Desk;
  readonly #bug: Bug;
  readonly #hooks: ProgramHooks;
  readonly #chance: Chance;

  constructor(town: Town, desk: Desk, bug: Bug, hooks: ProgramHooks) {
    this.#town = town;
    this.#desk = desk;
    this.#bug = bug;
    this.#hooks = hooks;
    this.#chance = new Chance(town.plan.seed ^ 0x400c);
    this.#gatewayConfig = gatewayConfig(town.plan);
    this.#guardConfig = guardConfig(town.plan);
  }

  /** A file of configuration is changed, and the program is told if it runs. */
  change(node: 'gateway' | 'guard', change: Change): void {
    if (node === 'guard') this.#guardConfig = changedGuard(guardConfig(this.#town.plan), change);
    else this.#gatewayConfig = changedGateway(gatewayConfig(this.#town.plan), change);
    this.#reload(node);
  }

  #reload(node: 'gateway' | 'guard'): void {
    const { gateway, guard } = this;
    if (node === 'guard') {
      if (guard?.life.step()) guard.guard.reload(this.#guardConfig);
    } else if (gateway?.life.step()) {
      for (const fault of gateway.gateway.reload(this.#gatewayConfig))
        throw new Error(`${fault.path}: ${fault.message}`);
    }
  }

  bootGateway(life: Life): void {
    const node = this.#town.nodes.get('gateway') as Node;
    const world = worldOf(this.#town, node, life);
    const config = this.#gatewayConfig;
    const gateway = new Gateway(world, config, (reason) => haltNode(this.#town, node, reason));
    const running = { gateway, service: new GatewayServiceImpl(gateway), life };
    gateway.start().then(
      () => {
        if (!life.alive) return;
        this.gateway = running;
        this.#bug.gateway(gateway);
        if (config !== this.#gatewayConfig) this.#reload('gateway');
        for (const account of this.#town.plan.accounts) this.#pay(running.service, account);
      },
      (error: unknown) => {
        if (life.alive) this.#hooks.fail(error);
      },
    );
  }

  #pay(service: GatewayServiceImpl, account: AccountPlan): void {
    service.credit(account.name, account.credit, 'first payment').then(
      () => undefined,
      (error: unknown) => this.#hooks.fail(error),
    );
  }

  bootGuard(life: Life): void {
    const node = this.#town.nodes.get('guard') as Node;
    const world: World = worldOf(this.#town, node, life);
    const config = this.#guardConfig;
    const guard = new Guard({
      world,
      config,
      onHalt: (reason) => haltNode(this.#town, node, reason),
    });
    this.#bug.guard(guard);
    guard.start().then(
      () => {
        if (!life.alive) return;
        this.guard = { guard, life };
        if (config !== this.#guardConfig) this.#reload('guard');
      },
      (error: unknown) => {
        if (life.alive) this.#hooks.fail(error);
      },
    );
  }

  bootOperator(life: Life, link: LinkPlan): void {
    const node = this.#town.nodes.get(link.name) as Node;
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
      (error: unknown) => this.#hooks.fail(error),
    );
  }

  bootCustomer(life: Life, account: AccountPlan): void {
    const node = this.#town.nodes.get(account.name) as Node;
    const { wire, trace, timeline } = this.#town;
    const { loop, chance } = loopOf(this.#town, node, life);
    if (account.way === 'http') {
      const find = () => {
        const running = this.gateway;
        if (running === null || !running.life.alive || wire.parted('gateway', account.name)) return null;
        return { service: running.service, life: running.life, lossy: this.#town.calm ? 0 : 0.05 };
      };
      new HttpCustomer({ timeline, life, chance }, account, this.#desk, find, (id, askedMs) =>
        this.#hooks.answeredHttp(id, askedMs),
      ).start();
      return;
    }
    const world = {
      loop,
      chance,
      net: wire.netOf(life, node.address),
      log: createSimLog((line) => trace.line(node.name, line)),
      townMs: () => timeline.nowMs,
    };
    const { asks } = this.#town.plan.more;
    const asking = asks === null ? null : new Asks(asks, new Chance(chance.u32()));
    new SmppCustomer(world, account, plainManner(account.name), this.#desk, () => this.#town.calm, asking).start();
  }

  /** Another SMS gateway, in front of the guard. */
  bootForeign(life: Life, plan: ForeignPlan): void {
    const node = this.#town.nodes.get(FOREIGN) as Node;
    const { wire, trace, timeline } = this.#town;
    const { loop, chance } = loopOf(this.#town, node, life);
    const log = createSimLog((line) => trace.line(node.name, line));
    const world = { loop, chance, net: wire.netOf(life, node.address), log, townMs: () => timeline.nowMs };
    const manner = foreignManner(plan.habits, FOREIGN_VALIDITY_MS, () => loop.now());
    new SmppCustomer(world, plan, manner, this.foreignDesk, () => this.#town.calm, null).start();
  }

  /** What the handsets of an operator have received, before its memory is gone. */
  harvest(link: string): void {
    const operator = this.#operators.get(link);
    this.#operators.delete(link);
    for (const number of operator?.handsets.numbers(100_000) ?? []) {
      const list = this.handsets.get(number) ?? [];
      list.push(...(operator?.handsets.look(number)?.messages ?? []));
      this.handsets.set(number, list);
    }
  }

  postFate(): ReturnType<Town['postFate']> {
    const failing = this.#town.timeline.nowMs < this.#town.webhooksFailUntilMs && !this.#town.calm;
    const delayMs = 5 + this.#chance.fraction() * 100;
    if (!failing || this.#chance.fraction() < 0.3)
      return { arrives: true, outcome: { code: 'answered', status: 200, retryAfterMs: null }, delayMs };
    count(this.#town, 'webhook failed');
    return this.#chance.fraction() < 0.5
      ? { arrives: true, outcome: { code: 'failed', detail: 'the answer was lost' }, delayMs }
      : { arrives: false, outcome: { code: 'answered', status: 503, retryAfterMs: null }, delayMs };
  }

  posted({ url, body }: SimPost, taken: boolean): void {
    const { type, data } = JSON.parse(body) as { type: string; data: { id: string; from: string; text: string } };
    if (type === 'inbound.received') {
      const name = new URL(url).hostname.split('.', 1)[0] ?? '';
      this.#town.trace.line('town', `webhook ${type} from ${data.from} to ${name}`);
      if (taken) this.#desk.mo(name, data.from, null, data.text);
      return;
    }
    const account = this.#hooks.accountOf(httpId(data.id));
    this.#town.trace.line('town', `webhook ${type} ${data.id} to ${account}`);
    this.#desk.receipt(account, httpId(data.id), '', Buffer.from(body), taken);
  }

  /** A subscriber writes to a customer; an operator that is down hears nothing. */
  writes({ link, from, to, text }: MoWish): void {
    count(this.#town, 'message of a subscriber');
    this.#operators.get(link)?.mo.send(from, to, text, null);
  }

  settle(): void {
    for (const link of this.#town.plan.links) {
      this.#operators.get(link.name)?.setBehaviour(operatorConfig(this.#town.plan, link, 0, true).behaviour);
    }
  }
}
