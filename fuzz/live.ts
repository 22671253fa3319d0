// The live fuzz: spoilt PDUs at the gateway's customers' port, at the guard's upstreams' port and, as a supplier, at the guard's
// links, beside a customer in order; and what is left of the programs afterwards.
import { performance } from 'node:perf_hooks';
import type { LoadResult } from '../bench/loadOptions.ts';
import { lastJson, type Program, startProgram } from '../bench/processes.ts';
import { Chance } from '../src/operator/chance.ts';
import { Composer } from './compose.ts';
import { Drain } from './drain.ts';
import { Group } from './group.ts';
import { ClientSlots, type Credentials, type Fuzzing, sleep } from './session.ts';
import { CustomerSource, SupplierSource, UpstreamSource } from './sources.ts';
import { FuzzingSupplier } from './supplier.ts';
import { ACCOUNTS, fuzzAccount, type Lifetimes, ORDERS, orderLink, PARTS, type Standing, System } from './system.ts';

export interface LiveOptions {
  readonly pdus: number;
  readonly seed: number;
  readonly lifetimes: Lifetimes;
  readonly keep: boolean;
  /** Aborted: no more is sent; what was sent is brought to its end and told. */
  readonly signal?: AbortSignal;
  readonly progress: (line: string) => void;
  /** What failed, with the octets that repeat it. */
  readonly tell: (line: string) => void;
}

export interface LiveResult {
  readonly pdus: number;
  readonly crashes: number;
  readonly deaf: number;
  readonly [figure: string]: number;
}

/** Shares of the PDUs; the rest goes to the gateway. */
const UPSTREAM_SHARE = 0.1;
const SUPPLIER_SHARE = 0.05;
const CUSTOMER_SLOTS = 24;
const UPSTREAM_SLOTS = 4;
const STRANGERS_OF_HUNDRED = 10;
/** So much of the run comes before the memory is looked at that everything has been used once. */
const WARM_SHARE = 0.1;
const PROGRESS_MS = 10_000;
const SETTLE_MS = 3_000;
const GONE_S = 30;
/** Beyond the lifetimes: answers that the supplier owes, receipts on their way. */
const SUPPLIER_MS = 10_000;
const HEALTHY_RATE = 50;
const MB = 2 ** 20;

export async function runLive(options: LiveOptions): Promise<LiveResult> {
  const from = performance.now();
  let stopped = false;
  const upstreamQuota = Math.floor(options.pdus * UPSTREAM_SHARE);
  const supplierQuota = Math.floor(options.pdus * SUPPLIER_SHARE);
  const customers = new Group('customers', options.pdus - upstreamQuota - supplierQuota, options.tell);
  const upstreams = new Group('upstreams', upstreamQuota, options.tell);
  const suppliers = new Group('suppliers', supplierQuota, options.tell);
  const groups = [customers, upstreams, suppliers];
  const composer = new Composer();
  const fuzzing: Fuzzing = {
    seed: options.seed,
    composer,
    groups,
    stopped: () => stopped || options.signal?.aborted === true,
  };
  const chance = new Chance(options.seed);
  const customerSource = new CustomerSource(options.seed, chance);
  const supplier = new FuzzingSupplier(fuzzing, suppliers, new SupplierSource(customerSource.all));
  const system = await System.prepare(await supplier.listen(), options.lifetimes);
  let healthy: Program | null = null;
  try {
    await system.start();
    const { stack } = system;
    const { gatewayPort, guardPort } = stack.plan;
    let crashes = 0;
    for (const name of ['gateway', 'guard'] as const) {
      void stack.program(name).ended.then((code) => {
        if (stopped) return;
        crashes++;
        stopped = true;
        options.tell(
          `CRASH: ${name} ended with ${code} (seed ${options.seed}): ${stack.program(name).errors().slice(-3000)}`,
        );
        for (const group of groups) group.reportInFlight('on its way');
      });
    }
    healthy = await startProgram(
      'healthy',
      ['fuzz/healthyMain.ts', '--port', String(gatewayPort), '--rate', String(HEALTHY_RATE)],
      'submitting',
    );
    const gatewaySlots = new ClientSlots(fuzzing, customers, gatewayPort, customerSource);
    const runs: Promise<void>[] = [supplier.run()];
    for (let i = 0; i < CUSTOMER_SLOTS; i++)
      runs.push(gatewaySlots.run(fuzzAccount(i % ACCOUNTS), addressOf(i), STRANGERS_OF_HUNDRED));
    const upstreamRuns: readonly [Credentials, string | null][] = [
      [ORDERS, orderLink],
      [PARTS, null],
    ];
    for (const [credentials, link] of upstreamRuns) {
      const slots = new ClientSlots(
        fuzzing,
        upstreams,
        guardPort,
        new UpstreamSource(customerSource.all, link, chance),
      );
      for (let i = 0; i < UPSTREAM_SLOTS; i++)
        runs.push(slots.run(credentials, `127.0.202.${1 + i}`, STRANGERS_OF_HUNDRED));
    }
    const all = Promise.all(runs);
    const watch = new Watch(system, groups, options, from);
    await watch.until(all, fuzzing.stopped);
    await all;
    supplier.close();
    if (crashes === 0) await drained(system, options);
    const fuzzSeconds = watch.seconds;
    const before = watch.standing;
    const healthyResult = await finish(healthy);
    healthy = null;
    const counted = groups.reduce((sum, group) => sum + group.counted, 0);
    const sumOf = (key: 'deaf' | 'garbled' | 'cutShort' | 'sessions' | 'refused'): number =>
      groups.reduce((sum, group) => sum + group[key], 0);
    const figures = {
      pdus: Math.min(counted, options.pdus),
      crashes,
      deaf: sumOf('deaf'),
      garbled: sumOf('garbled'),
      cut_short: sumOf('cutShort'),
      sessions: sumOf('sessions'),
      not_opened: sumOf('refused'),
      to_gateway: customers.counted,
      to_guard_upstream: upstreams.counted,
      to_guard_supplier: suppliers.counted,
      seconds: Math.round(fuzzSeconds),
      pdus_per_second: Math.round(counted / fuzzSeconds),
      ...healthyFigures(healthyResult),
      ...(crashes === 0 ? await afterwards(system, before) : {}),
      seed: options.seed,
    };
    stopped = true;
    return figures;
  } finally {
    stopped = true;
    supplier.close();
    healthy?.kill();
    await system.stack.stop(options.keep);
    if (options.keep) options.tell(`kept ${system.stack.plan.folder}`);
  }
}

/** Of a customer's slot: loopback has room for all. */
const addressOf = (slot: number): string => `127.0.201.${1 + slot}`;

/** Tells how far it is, and looks at the programs once they are warm. */
class Watch {
  standing: Standing | null = null;
  seconds = 0;
  readonly #system: System;
  readonly #groups: readonly Group[];
  readonly #options: LiveOptions;
  readonly #from: number;

  constructor(system: System, groups: readonly Group[], options: LiveOptions, from: number) {
    this.#system = system;
    this.#groups = groups;
    this.#options = options;
    this.#from = from;
  }

  async until(all: Promise<unknown>, stopped: () => boolean): Promise<void> {
    const from = performance.now();
    let over = false;
    void all.then(() => {
      over = true;
    });
    let toldAt = from;
    while (!over && !stopped()) {
      await Promise.race([all, sleep(200)]);
      const counted = this.#groups.reduce((sum, { counted: one }) => sum + one, 0);
      if (this.standing === null && counted >= this.#options.pdus * WARM_SHARE)
        this.standing = await this.#system.standing();
      if (performance.now() - toldAt < PROGRESS_MS) continue;
      toldAt = performance.now();
      const state = this.#groups.map(
        ({ name, counted: one, deaf, cutShort }) => `${name} ${one} (${deaf} deaf, ${cutShort} cut short)`,
      );
      const seconds = ((performance.now() - this.#from) / 1000).toFixed(0).padStart(5);
      this.#options.progress(`${seconds} s  ${counted} PDUs: ${state.join(', ')}`);
    }
    this.seconds = (performance.now() - from) / 1000;
  }
}

/** Takes all receipts of the fuzzing customers, and waits until what they sent has ended. */
async function drained(system: System, options: LiveOptions): Promise<void> {
  options.progress('all sent; waiting for the ends of what was accepted');
  const receivers = new Drain(system.stack.plan.gatewayPort);
  await receivers.open(
    Array.from({ length: ACCOUNTS }, (_, i) => ({ credentials: fuzzAccount(i), address: addressOf(i) })),
  );
  const lifeMs = (options.lifetimes.validityS + options.lifetimes.graceS) * 1000;
  const from = performance.now();
  const until = from + lifeMs * 1.5 + SUPPLIER_MS;
  for (let cancelled = false; performance.now() < until; ) {
    await sleep(1000);
    const { open, waiting } = await system.openAccounts();
    if (open === 0 && waiting === 0) break;
    if (!cancelled && performance.now() > from + lifeMs) {
      cancelled = true;
      await system.cancelAll();
    }
  }
  receivers.close();
  await sleep(SETTLE_MS);
}

async function finish(program: Program): Promise<LoadResult> {
  process.kill(program.pid, 'SIGTERM');
  await program.ended;
  const result = lastJson(program.output()) as Partial<LoadResult>;
  if (result.refused === undefined) throw new Error('the customer in order was ended before it could count');
  return result as LoadResult;
}

function healthyFigures(result: LoadResult): { readonly [name: string]: number } {
  return {
    healthy_messages: result.submitted,
    healthy_p99_ms: result.submitP99Ms,
    healthy_max_ms: result.submitMaxMs,
    healthy_lost: result.unknown + result.unterminated + Object.values(result.refused).reduce((a, b) => a + b, 0),
    healthy_reconnects: result.reconnects,
  };
}

async function afterwards(system: System, before: Standing | null): Promise<{ readonly [name: string]: number }> {
  let after = await system.standing();
  // A busy machine needs its time to see that all have gone.
  for (let left = GONE_S; left > 0 && after.binds > 0; left--) {
    await sleep(1000);
    after = await system.standing();
  }
  const money = await system.openAccounts();
  const start = before ?? after;
  const more = (name: 'gateway' | 'guard'): number => Math.round((after[name].rssBytes - start[name].rssBytes) / MB);
  return {
    leaked_mb: Math.max(0, more('gateway')) + Math.max(0, more('guard')),
    gateway_mb: Math.round(after.gateway.rssBytes / MB),
    guard_mb: Math.round(after.guard.rssBytes / MB),
    gateway_files: after.gatewayFiles,
    guard_files: after.guardFiles,
    open_sessions: after.binds,
    open_messages: money.open,
    waiting_receipts: money.waiting,
    held: money.held,
    money_error: money.odd,
  };
}
