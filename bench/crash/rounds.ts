// The rounds of the crash test: load, kill, perhaps a power cut, restart, and at the end of each program's rounds everything
// drained and reckoned up (audit.ts).
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chance } from '../../src/operator/chance.ts';
import type { Program } from '../processes.ts';
import { Workload } from '../workload.ts';
import type { Audit } from './audit.ts';
import { Customers } from './customers.ts';
import { HttpCustomer } from './httpCustomer.ts';
import { MessageList } from './list.ts';
import { reckon, tellTraces } from './reckon.ts';
import {
  changeLifetimes,
  LINK_WINDOW,
  type Lifetimes,
  type Prepared,
  prepareSystem,
  tail,
  type Victim,
  whenReady,
} from './system.ts';

export interface RoundsOptions {
  readonly folder: string;
  readonly seed: number;
  /** Per program. */
  readonly rounds: number;
  readonly rate: number;
  /** null: no power cuts. */
  readonly library: string | null;
  readonly say: (line: string) => void;
}

export interface Figures {
  readonly rounds: number;
  readonly power_cuts: number;
  readonly messages: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly unterminated: number;
  readonly duplicates: number;
  readonly unknown: number;
  readonly unmarked_duplicates: number;
  readonly balance_error: number;
  readonly repeated_receipts: number;
  readonly repeated_requests: number;
}

const ACCOUNTS = 8;
const ROLES = { retrying: 6, http: 7 };
const BINDS = 8;
const HTTP_RATE = 50;
/** Drafts of the HTTP customer are numbered from here: texts of their own. */
const HTTP_DRAFTS = 500_000_000;
const READY_MS = 60_000;
/** Longest time from the start of a round to its kill, counted from readiness. */
const ROUND_MS = 3000;
/** One in so many rounds kills a program that is still starting. */
const EARLY_ONE_IN = 5;
const EARLY_MS = 1500;
/** Under kills of the gateway no deadline may pass by itself: whatever ends unknown then is a fault. */
const PATIENT: Lifetimes = { validityS: 600, graceS: 60 };
/** Under kills of the guard: open over several of them; a short form cannot wait so long for what is unknown. */
const LONG: Lifetimes = { validityS: 60, graceS: 30 };
const SHORT: Lifetimes = { validityS: 10, graceS: 6 };
const SHORT_ROUNDS = 3;
const DRAIN_MS = 45_000;
/** What was open on a link when the guard was killed had arrived at the operator shortly before. */
const OPEN_MS = 3000;

export class Rounds {
  readonly faults: string[] = [];
  readonly #options: RoundsOptions;
  readonly #workload: Workload;
  readonly #chance: Chance;
  readonly #list = new MessageList();
  readonly #killsOfGuard: number[] = [];
  #system: Prepared | null = null;
  #customers: Customers | null = null;
  #http: HttpCustomer | null = null;
  #done = 0;
  #cuts = 0;
  #audit: Audit | null = null;
  #before: { readonly duplicates: number; readonly unknown: number } = { duplicates: 0, unknown: 0 };

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#workload = new Workload({
      seed: options.seed,
      accounts: ACCOUNTS,
      prefixes: 500,
      recipients: 200_000,
      mixed: true,
      series: 0,
    });
  }

  async start(): Promise<void> {
    const { folder, seed, library, rate } = this.#options;
    const system = await prepareSystem(folder, this.#workload, ROLES, PATIENT, seed, library);
    this.#system = system;
    const { stack, disks } = system;
    await stack.start('operator');
    await stack.start('guard', disks.guard?.environment);
    await stack.start('gateway', disks.gateway?.environment);
    await stack.linksUp();
    const { gatewayPort: port, gatewayHttpPort } = stack.plan;
    const smpp = { port, binds: BINDS, accounts: ROLES.http, window: 50, rate: rate - HTTP_RATE };
    this.#customers = new Customers(smpp, this.#workload, this.#list);
    const http = { port: gatewayHttpPort, account: ROLES.http, apiKey: system.apiKey, rate: HTTP_RATE };
    this.#http = new HttpCustomer(http, this.#workload, this.#list, HTTP_DRAFTS);
  }

  async stop(): Promise<void> {
    this.#customers?.stop();
    this.#http?.stop();
    if (this.#system === null) return;
    const { stack } = this.#system;
    await stack.stop(true);
    for (const name of ['gateway', 'guard', 'operator'] as const) keepLog(this.#options.folder, stack.program(name));
  }

  /** All rounds of one program, then everything drained and reckoned up. */
  async phase(victim: Victim): Promise<void> {
    const { rounds, say } = this.#options;
    const { stack } = this.#started;
    if (victim === 'guard') await changeLifetimes(stack, rounds > SHORT_ROUNDS ? LONG : SHORT);
    this.#send(true);
    let program = stack.program(victim);
    for (let round = 0; round < rounds; round += 1) {
      const early = round > 0 && this.#chance.below(EARLY_ONE_IN) === 0;
      if (early) await sleep(this.#chance.below(EARLY_MS));
      else {
        await whenReady(program, READY_MS);
        await sleep(200 + this.#chance.below(ROUND_MS));
      }
      program = await this.#kill(
        victim,
        program,
        round % 2 === 1,
        `${victim} ${round + 1}/${rounds}${early ? ' while starting' : ''}`,
      );
    }
    await whenReady(program, READY_MS);
    // Some more load on what came back.
    await sleep(1000);
    this.#send(false);
    say(`${victim}: draining`);
    await this.#drain(program, DRAIN_MS + (victim === 'guard' ? (LONG.validityS + LONG.graceS) * 1000 : 0));
    await this.#reckon(victim);
  }

  figures(): Figures {
    const sum = this.#audit;
    if (sum === null) throw new Error('nothing was reckoned up');
    return {
      rounds: this.#done,
      power_cuts: this.#cuts,
      messages: sum.messages,
      acknowledged: sum.acked,
      lost: sum.lost,
      unterminated: sum.unterminated,
      duplicates: sum.duplicates,
      unknown: sum.unknown,
      unmarked_duplicates: sum.unmarkedDuplicates,
      balance_error: sum.balanceError,
      repeated_receipts: this.#list.repeats,
      repeated_requests: this.#http?.repeated ?? 0,
    };
  }

  async #kill(victim: Victim, program: Program, cut: boolean, name: string): Promise<Program> {
    const { stack, disks } = this.#started;
    const disk = disks[victim];
    program.kill();
    const how = await program.ended;
    keepLog(this.#options.folder, program);
    if (how !== 'SIGKILL') this.faults.push(`${name}: the program had ended by itself with ${how}: ${tail(program)}`);
    if (victim === 'gateway') this.#list.gatewayKills.push(performance.now());
    else this.#killsOfGuard.push(Date.now());
    const cuts = cut && disk !== null;
    if (cuts) {
      disk.cutPower();
      this.#cuts += 1;
    }
    this.#done += 1;
    const { messages, unterminated } = this.#list;
    this.#options.say(`${name}${cuts ? ', power cut' : ''}: ${messages.length} messages, ${unterminated} open`);
    return stack.launch(victim, disk?.environment);
  }

  async #drain(program: Program, waitMs: number): Promise<void> {
    const list = this.#list;
    const until = performance.now() + waitMs;
    let quietSince = performance.now();
    let seen = -1;
    // Messages whose acknowledgement was lost are owed receipts too: some silence after the last one.
    while (performance.now() < until) {
      await sleep(500);
      await this.#http?.look();
      const now = performance.now();
      const state = list.ended + list.messages.reduce((sum, one) => sum + (one.state === 0 ? 0 : 1), 0);
      if (state !== seen) quietSince = now;
      seen = state;
      if (list.unterminated === 0 && this.#http?.open === 0 && (await this.#idle()) && now - quietSince > 1000) return;
    }
    this.#options.say(`not drained: ${list.unterminated} open, HTTP batches ${this.#http?.open}: ${tail(program)}`);
  }

  /** Nothing is open at the gateway. */
  async #idle(): Promise<boolean> {
    const status = (await this.#started.stack.admin('status')) as { readonly open_messages: number };
    return status.open_messages === 0;
  }

  async #reckon(victim: Victim): Promise<void> {
    const { stack } = this.#started;
    const accountName = (index: number): string => this.#workload.account(index).name;
    const found = await reckon(this.#started, this.#list, accountName, ROLES.retrying);
    this.#audit = found;
    this.faults.push(...found.faults);
    this.#list.faults.length = 0;
    if (!(await this.#idle())) this.faults.push(`the gateway still has open messages after the ${victim} rounds`);
    const duplicates = found.duplicates - this.#before.duplicates;
    const unknown = found.unknown - this.#before.unknown;
    if (victim === 'gateway') {
      if (duplicates > 0) this.faults.push(`kills of the gateway made ${duplicates} duplicates`);
      if (unknown > 0) this.faults.push(`kills of the gateway made ${unknown} messages unknown`);
      await tellTraces(stack, found.unknowns, this.#options.say);
      const status = (await stack.operator('status')) as { readonly counters: { readonly accepted: number } };
      if (status.counters.accepted !== found.chargedSegments)
        this.faults.push(
          `the operator accepted ${status.counters.accepted} segments, ${found.chargedSegments} were charged`,
        );
    } else {
      const most = this.#killsOfGuard.length * stack.plan.links * LINK_WINDOW;
      if (unknown + duplicates > most)
        this.faults.push(`${unknown} unknown and ${duplicates} twice: more than the links hold, ${most}`);
      const elsewhere = found.unknowns.filter(
        ({ arrivedAt: at }) =>
          at !== null && !this.#killsOfGuard.some((kill) => at > kill - OPEN_MS && at <= kill + 100),
      );
      if (elsewhere.length > 0)
        this.faults.push(`${elsewhere.length} unknown messages had not been open at a kill of the guard`);
      await tellTraces(stack, elsewhere, this.#options.say);
    }
    this.#before = { duplicates: found.duplicates, unknown: found.unknown };
    this.#options.say(
      `${victim}: ${JSON.stringify({ ...found, doubled: found.doubled.length, unknowns: found.unknowns.length, faults: found.faults.length })}`,
    );
  }

  #send(sending: boolean): void {
    this.#customers?.send(sending);
    this.#http?.send(sending);
  }

  get #started(): Prepared {
    if (this.#system === null) throw new Error('not started');
    return this.#system;
  }
}

/** What it wrote, for those who look for the cause of a fault. */
function keepLog(folder: string, program: Program): void {
  appendFileSync(
    join(folder, `${program.name}.log`),
    `${program.output()}${program.errors()}--- ${program.pid} ended\n`,
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}
