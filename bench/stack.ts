// Operator, guard and gateway as one system under test, each a process of its own: started in order, restarted one by
// one, measured and stopped. Benches and the crash suite drive it.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkAccounts, type StackPlan, writeGatewayConfig, writeGuardConfig, writeOperatorConfig } from './configs.ts';
import type { LoadResult } from './loadOptions.ts';
import { type Program, startProgram } from './processes.ts';
import type { Workload } from './workload.ts';

export type ProgramName = 'operator' | 'guard' | 'gateway';

/** Money of one account as the gateway tells it, in micro-units. */
export interface AccountMoney {
  readonly account: string;
  readonly balance: number;
  readonly held: number;
}

/** What may differ from the standard workload's system. */
export interface StackShape {
  readonly links: number;
  readonly linkWindow: number;
  /** See StackPlan. */
  readonly linkThrottles: readonly number[] | null;
}

export const standardShape: StackShape = { links: 4, linkWindow: 1000, linkThrottles: null };

const READY: { readonly [name in ProgramName]: string } = {
  operator: 'operator listening',
  guard: 'ready',
  gateway: 'ready',
};
const LINKS_UP_MS = 30_000;

export class Stack {
  readonly plan: StackPlan;
  readonly #programs = new Map<ProgramName, Program>();
  readonly #arguments: { readonly [name in ProgramName]: readonly string[] };

  private constructor(plan: StackPlan, args: { readonly [name in ProgramName]: readonly string[] }) {
    this.plan = plan;
    this.#arguments = args;
  }

  /** Writes the configurations of a fresh system into a folder of its own under `parent`. Nothing runs yet. */
  static async prepare(
    workload: Workload,
    operatorArguments: readonly string[] = [],
    parent: string = tmpdir(),
    shape: StackShape = standardShape,
  ): Promise<Stack> {
    const ports = await freePorts(6);
    const plan: StackPlan = {
      folder: mkdtempSync(join(parent, 'glaspost-bench-')),
      operatorPort: ports[0] as number,
      operatorHttpPort: ports[1] as number,
      guardPort: ports[2] as number,
      guardAdminPort: ports[3] as number,
      gatewayPort: ports[4] as number,
      gatewayHttpPort: ports[5] as number,
      ...shape,
      adminKey: randomBytes(24).toString('hex'),
      apiKeySeed: randomBytes(24).toString('hex'),
      guardToken: randomBytes(24).toString('hex'),
    };
    // The first customer may bind there directly too: what the generator and the operator alone can do.
    const operatorAccounts = [...linkAccounts(plan), workload.account(0)];
    return new Stack(plan, {
      operator: [
        'src/main/operator.ts',
        ...['--config', writeOperatorConfig(plan.folder, operatorAccounts)],
        ...['--port', String(plan.operatorPort), '--http-port', String(plan.operatorHttpPort), '--quiet'],
        ...operatorArguments,
      ],
      guard: ['src/main/guard.ts', writeGuardConfig(plan)],
      gateway: ['src/main/gateway.ts', writeGatewayConfig(plan, workload)],
    });
  }

  /** Starts one program and waits until it says that it is ready. */
  async start(name: ProgramName, environment: { readonly [name: string]: string } = {}): Promise<Program> {
    const program = await startProgram(name, this.#arguments[name], READY[name], environment);
    this.#programs.set(name, program);
    return program;
  }

  /** Starts one program without waiting for it: it may be killed before it is ready. */
  async launch(name: ProgramName, environment: { readonly [name: string]: string } = {}): Promise<Program> {
    const program = await startProgram(name, this.#arguments[name], null, environment);
    this.#programs.set(name, program);
    return program;
  }

  async startAll(): Promise<void> {
    for (const name of ['operator', 'guard', 'gateway'] as const) await this.start(name);
    await this.linksUp();
  }

  program(name: ProgramName): Program {
    const program = this.#programs.get(name);
    if (program === undefined) throw new Error(`${name} does not run`);
    return program;
  }

  /** Waits until the gateway sees every link up. */
  async linksUp(): Promise<void> {
    const until = Date.now() + LINKS_UP_MS;
    for (;;) {
      const links = ((await this.admin('links')) as { readonly data: readonly { readonly state: string }[] }).data;
      if (links.length === this.plan.links && links.every(({ state }) => state === 'up')) return;
      if (Date.now() > until)
        throw new Error(
          `links did not come up: ${JSON.stringify(links)}; guard: ${this.program('guard').output().slice(-2000)}`,
        );
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** GET of the gateway's admin API. */
  async admin(path: string): Promise<unknown> {
    return JSON.parse(await this.adminText(path));
  }

  /** The same for what is no JSON. */
  async adminText(path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.plan.gatewayHttpPort}/api/v1/admin/${path}`, {
      headers: { authorization: `Bearer ${this.plan.adminKey}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  }

  /** GET of the operator's HTTP side. */
  async operator(path: string): Promise<unknown> {
    return (await fetch(`http://127.0.0.1:${this.plan.operatorHttpPort}/${path}`)).json();
  }

  /** Balances and holds of all accounts. */
  async money(): Promise<AccountMoney[]> {
    const { data } = (await this.admin('accounts')) as {
      readonly data: readonly {
        readonly account: string;
        readonly balance: { readonly amount: string };
        readonly held: { readonly amount: string };
      }[];
    };
    return data.map(({ account, balance, held }) => ({
      account,
      balance: micros(balance.amount),
      held: micros(held.amount),
    }));
  }

  /** Syncs of both journals since their programs' starts; null for one that does not tell. */
  async syncs(): Promise<{ readonly gateway: number | null; readonly guard: number | null }> {
    const status = (await this.admin('status')) as { readonly journal: { readonly syncs: number } };
    return { gateway: status.journal.syncs, guard: await this.#guardSyncs() };
  }

  /** Everything that the handsets received, by digest (Tally.compare). */
  async handsets(): Promise<Buffer> {
    return Buffer.from(
      await (await fetch(`http://127.0.0.1:${this.plan.operatorHttpPort}/handsets/digests`)).arrayBuffer(),
    );
  }

  /** Stops what runs, gateway first, and removes the folder unless `keep`. */
  async stop(keep = false): Promise<void> {
    for (const name of ['gateway', 'guard', 'operator'] as const) await this.#programs.get(name)?.stop();
    if (!keep) rmSync(this.plan.folder, { recursive: true, force: true });
  }

  async #guardSyncs(): Promise<number | null> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.plan.guardAdminPort}/metrics`, {
        headers: { authorization: `Bearer ${this.plan.guardToken}` },
      });
      const line = /^\w*journal_syncs(?:_total)?(?:\{[^}]*\})? ([0-9.e+]+)$/m.exec(await answer.text());
      return line === null ? null : Number(line[1]);
    } catch (error) {
      // A guard without an admin port is a figure less, no failed bench.
      if (error instanceof TypeError) return null;
      throw error;
    }
  }
}

/** Micro-units by which the gateway's money differs from what the generator was to be charged, over all accounts. */
export function balanceError(
  money: readonly AccountMoney[],
  result: Pick<LoadResult, 'chargedByAccount' | 'held'>,
): number {
  let error = 0;
  let held = 0;
  for (const account of money) {
    error += Math.abs(-account.balance - (result.chargedByAccount[account.account] ?? 0));
    held += account.held;
  }
  return error + Math.abs(held - result.held);
}

/** "-12.345678" → −12345678. */
export function micros(amount: string): number {
  const negative = amount.startsWith('-');
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const value = Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'));
  return negative ? -value : value;
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((done, fail) => {
          const server = createServer();
          server.once('error', fail);
          server.listen(0, '127.0.0.1', () => done(server));
        }),
    ),
  );
  return Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done) => {
          const address = server.address();
          server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
        }),
    ),
  );
}
