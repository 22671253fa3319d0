// One run of a story: operators, guard, gateway and customers in one process on virtual time, nothing left to chance, at most one
// thing that goes wrong. Who stopped is started again, as a supervisor does. Says what happened; what should have, the tables say.
import { Gateway } from '../../src/gateway/gateway.ts';
import { GatewayServiceImpl } from '../../src/gateway/gatewayService.ts';
import { Guard } from '../../src/guard/guard.ts';
import { Chance } from '../../src/operator/chance.ts';
import { Operator } from '../../src/operator/operator.ts';
import { GatewayBooks } from '../../src/sim/gatewayBooks.ts';
import { GuardBooks } from '../../src/sim/guardBooks.ts';
import type { SimPost } from '../../src/sim/http.ts';
import { Life } from '../../src/sim/life.ts';
import { createSimLog } from '../../src/sim/log.ts';
import { Timeline } from '../../src/sim/loop.ts';
import { MoBooks } from '../../src/sim/moLaws.ts';
import { Wire } from '../../src/sim/net.ts';
import { Trace } from '../../src/sim/trace.ts';
import { WireWatch } from '../../src/sim/wireWatch.ts';
import { loopOf, type Machine, makeMachine, type Surroundings, worldOf } from './machine.ts';
import { RecordsKept } from './recordsKept.ts';
import type { Setting } from './setting.ts';
import type { Tripwire } from './trip.ts';
import { WireNotes } from './wireNotes.ts';

/** Awaits between two events: more than any chain of promises in the programs is long. */
const MICROTASKS = 10;
const DONE = Promise.resolve();
/** As the supervisor's first wait, and the program's own start. */
const RESTART_MS = 300;
/** A timeline is never quiet: programs beat. So many events in one moment are a program that runs in circles. */
const ONE_MOMENT_MAX = 20_000;

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly service: GatewayServiceImpl;
  readonly life: Life;
}

export class Town implements Surroundings {
  readonly timeline = new Timeline();
  readonly wire: Wire;
  readonly setting: Setting;
  readonly tripwire: Tripwire | null;
  readonly machines = new Map<string, Machine>();
  readonly operators = new Map<string, Operator>();
  readonly gatewayRecords: RecordsKept;
  readonly guardRecords: RecordsKept;
  /** Null in settings where no gateway of ours stands before the guard. */
  readonly gatewayBooks: GatewayBooks | null;
  readonly posts: SimPost[] = [];
  /** Programs that ended, with why, in order. */
  readonly ends: string[] = [];
  readonly notes: WireNotes;
  gateway: RunningGateway | null = null;
  guard: Guard | null = null;
  /** The run is over but for the last restart. */
  over = false;
  readonly #guardBooks: GuardBooks | null;
  readonly #show: ((line: string) => void) | null;
  /** Programs that were asked something, with how much has no answer yet. */
  readonly #asked = new Map<Life, number>();
  #failure: unknown = null;

  constructor(setting: Setting, tripwire: Tripwire | null, show: ((line: string) => void) | null = null) {
    this.setting = setting;
    this.tripwire = tripwire;
    this.#show = show;
    this.wire = new Wire(this.timeline, new Chance(1), setting.plan.weather);
    this.#machine('gateway', (life) => this.#bootGateway(life));
    this.#machine('guard', (life) => this.#bootGuard(life));
    for (const link of setting.plan.links) this.#machine(link.name, (life) => this.#bootOperator(life, link.name));
    const gatewayDisk = this.machine('gateway').journal;
    const guardDisk = this.machine('guard').journal;
    this.gatewayRecords = new RecordsKept(gatewayDisk);
    this.guardRecords = new RecordsKept(guardDisk);
    const links = new Map(setting.plan.links.map((link) => [link.port, link.name]));
    if (setting.gateway === null) {
      this.gatewayBooks = null;
      this.#guardBooks = null;
      this.notes = new WireNotes(links, this.guardRecords, null);
      this.wire.tap = this.notes;
      return;
    }
    // The simulation's own checkers watch every run: a law that breaks fails the row, whatever its columns say.
    const mo = new MoBooks(setting.plan.accounts);
    this.gatewayBooks = new GatewayBooks(gatewayDisk, setting.plan.accounts, mo);
    this.#guardBooks = new GuardBooks(guardDisk, this.gatewayBooks, mo, setting.plan);
    const trace = new Trace(this.timeline, show);
    const watch = new WireWatch(this.timeline, trace, setting.plan, this.gatewayBooks, this.#guardBooks, mo);
    this.notes = new WireNotes(links, this.guardRecords, watch);
    this.wire.tap = this.notes;
  }

  machine(name: string): Machine {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  #machine(name: string, boot: (life: Life) => void): void {
    this.machines.set(name, makeMachine(name, this.machines.size, boot));
  }

  /** Operators first, as in life; then guard and gateway. */
  start(): void {
    for (const link of this.setting.plan.links) this.boot(this.machine(link.name));
    this.boot(this.machine('guard'));
    if (this.setting.gateway !== null) this.boot(this.machine('gateway'));
  }

  /** A machine of its own for a customer: it never fails. */
  customer(name: string): { readonly life: Life; readonly machine: Machine } {
    this.#machine(name, () => undefined);
    const machine = this.machine(name);
    this.boot(machine);
    return { life: machine.life as Life, machine };
  }

  boot(machine: Machine): void {
    const life = new Life(machine.name, machine.incarnations++, this.timeline.nowMs, () => undefined);
    machine.life = life;
    this.onLine(machine, 'starts');
    this.wire.up.add(machine.name);
    this.wire.changed();
    machine.boot(life);
  }

  /** Ends it now; it is started again as its supervisor would. */
  readonly kill = (machine: Machine, life: Life, power: boolean): void => {
    if (machine.life !== life) return;
    this.#note(machine, power ? 'loses power' : 'dies');
    this.#end(machine, life, power, machine.journal.pending.length);
  };

  /** As `kill`, by the story. */
  restart(machine: Machine, life: Life): void {
    this.#end(machine, life, false, machine.journal.pending.length);
  }

  #end(machine: Machine, life: Life, power: boolean, stored: number): void {
    machine.life = null;
    life.end();
    if (machine.name === 'gateway') this.gateway = null;
    if (power) this.wire.up.delete(machine.name);
    for (const line of [...this.wire.lines]) {
      for (const end of [line, line.other]) if (end?.life === life) end.dies(power);
    }
    machine.journal.crash(stored, power);
    for (const spill of machine.spills.values()) spill.crash();
    this.timeline.plan(this.timeline.nowMs + RESTART_MS, null, 'restart', () => this.boot(machine));
  }

  #halt(machine: Machine, life: Life, reason: string): void {
    if (machine.life !== life) return;
    this.onLine(machine, reason);
    this.#note(machine, 'halts');
    // A journal that failed stores nothing more.
    this.timeline.plan(this.timeline.nowMs + 1, null, 'halted', () => {
      if (machine.life === life) this.#end(machine, life, false, 0);
    });
  }

  #note(machine: Machine, what: string): void {
    this.onLine(machine, what);
    if (!this.over) this.ends.push(`${machine.name} ${what}`);
  }

  readonly onPost = (post: SimPost): void => {
    this.posts.push(post);
  };

  readonly onLine = (machine: Machine, line: string): void => {
    this.#show?.(`${this.timeline.nowMs.toFixed(2).padStart(10)} ${machine.name.padEnd(9)} ${line}`);
  };

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets time pass until `holds`, at most so long; whether it came to hold. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.timeline.nowMs + limitMs;
    let [lastMs, inOneMoment] = [0, 0];
    while (!holds()) {
      const event = this.timeline.next();
      if (event === null) throw new Error('nothing will ever happen again');
      if (event.life !== null && !event.life.step()) continue;
      if (this.timeline.nowMs > lastMs) [lastMs, inOneMoment] = [this.timeline.nowMs, 0];
      else if (++inOneMoment > ONE_MOMENT_MAX) throw new Error(`a program runs in circles: ${event.kind}`);
      event.run();
      if (this.#awaits(event.kind)) for (let i = 0; i < MICROTASKS; i++) await DONE;
      if (this.#failure !== null) throw this.#failure;
      this.gatewayRecords.absorb();
      this.guardRecords.absorb();
      this.gatewayBooks?.absorb(this.timeline.nowMs);
      this.#guardBooks?.absorb(this.timeline.nowMs);
      if (this.timeline.nowMs >= endMs) return holds();
    }
    return true;
  }

  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /**
   * Promises may have come to be settled: what the network or a webhook brings, and everything while somebody waits for an answer.
   * Most events are alarms in which nothing of the kind can happen; under the test runner each promise costs.
   */
  #awaits(kind: string): boolean {
    if (kind !== 'alarm' && kind !== 'turn') return true;
    for (const life of this.#asked.keys()) {
      if (life.alive) return true;
      this.#asked.delete(life);
    }
    return false;
  }

  /** Settles when the promise does; the answer of a gateway that has died reaches nobody. */
  answerOf<T>(life: Life, asked: Promise<T>, then: (answer: T) => void): void {
    this.#asked.set(life, (this.#asked.get(life) ?? 0) + 1);
    asked.then(
      (answer) => {
        const left = (this.#asked.get(life) ?? 0) - 1;
        if (left > 0) this.#asked.set(life, left);
        else this.#asked.delete(life);
        if (life.alive) then(answer);
      },
      (error: unknown) => this.fail(error),
    );
  }

  #bootGateway(life: Life): void {
    const machine = this.machine('gateway');
    const { gateway: config } = this.setting;
    if (config === null) return;
    const gateway = new Gateway(worldOf(this, machine, life), config, (reason) => this.#halt(machine, life, reason));
    const running = { gateway, service: new GatewayServiceImpl(gateway), life };
    this.answerOf(life, gateway.start(), () => {
      this.gateway = running;
    });
  }

  #bootGuard(life: Life): void {
    const machine = this.machine('guard');
    const guard = new Guard({
      world: worldOf(this, machine, life),
      config: this.setting.guard,
      onHalt: (reason) => this.#halt(machine, life, reason),
    });
    this.guard = guard;
    this.answerOf(life, guard.start(), () => undefined);
  }

  #bootOperator(life: Life, name: string): void {
    const config = this.setting.operators.get(name);
    if (config === undefined) throw new Error(`no operator ${name}`);
    const machine = this.machine(name);
    const none = { serve: unreachable, post: unreachable };
    const operator = new Operator(
      {
        loop: loopOf(this, machine, life),
        net: this.wire.netOf(life, machine.address),
        http: none,
        log: createSimLog((line) => this.onLine(machine, line)),
      },
      config,
      null,
    );
    this.operators.set(name, operator);
    this.answerOf(life, operator.start(), () => undefined);
  }
}

function unreachable(): Promise<never> {
  return Promise.reject(new Error('no HTTP here'));
}
