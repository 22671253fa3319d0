// Operator, guard and gateway as processes of their own for the system tests: a folder and free ports for each stack, everything
// that they write kept whole in files, ended by process id. What a test wants different it says in `Setup`.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import {
  accountsOf,
  gatewaySettings,
  guardSettings,
  keyOf,
  type Setup,
  type StackPorts,
  secretOf,
  secrets,
} from './setup.ts';
import { freePorts, until } from './wait.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export type ProgramName = 'operator' | 'guard' | 'gateway';
const READY: { readonly [name in ProgramName]: string } = {
  operator: 'operator listening',
  guard: 'ready',
  gateway: 'ready',
};
const STOP_MS = 10_000;

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly out: string;
  readonly err: string;
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface AccountMoney {
  readonly balance: { readonly amount: string };
  readonly held: { readonly amount: string };
  readonly open_messages: number;
  readonly waiting_receipts: number;
  readonly binds: number;
}

export class Stack {
  readonly folder: string;
  readonly ports: StackPorts;
  /** Folders that are small disks of their own; given back at the end. */
  readonly mounts: string[] = [];
  readonly #setup: Setup;
  readonly #running = new Map<ProgramName, Running>();
  readonly #environment: { readonly [name: string]: string };
  #starts = 0;

  private constructor(folder: string, ports: readonly number[], setup: Setup) {
    this.folder = folder;
    this.#setup = setup;
    const [operator = 0, operatorHttp = 0, guard = 0, guardAdmin = 0, smpp = 0, http = 0] = ports;
    this.ports = { operator, operatorHttp, guard, guardAdmin, smpp, http };
    const environment: { [name: string]: string } = {};
    for (const [name, value] of Object.entries(secrets)) environment[`SYSTEM_${name}`] = value;
    for (const account of accountsOf(setup)) {
      const name = account['name'] as string;
      environment[`SYSTEM_PW_${name}`] = secretOf(name);
      environment[`SYSTEM_KEY_${name}`] = keyOf(name);
    }
    this.#environment = environment;
  }

  /** Writes the configurations into a folder of its own; nothing runs yet. */
  static async prepare(setup: Setup = {}): Promise<Stack> {
    const folder = mkdtempSync(join(tmpdir(), 'glaspost-system-'));
    const stack = new Stack(folder, await freePorts(6), setup);
    mkdirSync(join(folder, 'logs'));
    stack.configure();
    return stack;
  }

  /** All three, up to the links. */
  static async run(setup: Setup = {}): Promise<Stack> {
    const stack = await Stack.prepare(setup);
    try {
      await Promise.all([stack.start('operator'), stack.start('guard'), stack.start('gateway')]);
      await stack.linkUp();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** Writes the configurations (again), with `more` on top. */
  configure(more: Pick<Setup, 'gateway' | 'guard'> = {}): void {
    const setup = {
      ...this.#setup,
      gateway: { ...this.#setup.gateway, ...more.gateway },
      guard: { ...this.#setup.guard, ...more.guard },
    };
    writeFileSync(this.path('gateway.yaml'), stringify(gatewaySettings(this.ports, setup)));
    writeFileSync(this.path('guard.yaml'), stringify(guardSettings(this.ports, setup)));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Starts one program; resolves when it has said that it is ready. */
  async start(name: ProgramName, config = `${name}.yaml`): Promise<Running> {
    const running = this.spawn(name, config);
    this.#running.set(name, running);
    await until(`${name} is ready`, async () => {
      const ended = running.child.exitCode ?? running.child.signalCode;
      const text = readFileSync(running.out, 'utf8');
      if (text.includes(`"event":"${READY[name]}"`)) return true;
      if (ended !== null) throw new Error(`${name} ended with ${ended}: ${readFileSync(running.err, 'utf8')}${text}`);
      return false;
    });
    return running;
  }

  /** Starts a program and does not wait; its end is the test's business. */
  spawn(name: ProgramName, config = `${name}.yaml`): Running {
    const { ports } = this;
    const args =
      name === 'operator'
        ? [
            ...['--port', String(ports.operator), '--http-port', String(ports.operatorHttp)],
            ...['--system-id', 'op', '--password-env', 'SYSTEM_OPERATOR', '--receipt-delay', '20ms', '--quiet'],
            ...(this.#setup.operator ?? []),
          ]
        : [this.path(config)];
    const stem = this.path('logs', `${++this.#starts}-${name}`);
    const out = openSync(`${stem}.out`, 'w');
    const err = openSync(`${stem}.err`, 'w');
    const child = spawn(process.execPath, [`src/main/${name}.ts`, ...args], {
      cwd: root,
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', out, err],
    });
    closeSync(out);
    closeSync(err);
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    const ended = new Promise<number | NodeJS.Signals>((done) =>
      child.on('close', (code, signal) => done(code ?? signal ?? -1)),
    );
    return { pid: child.pid, child, out: `${stem}.out`, err: `${stem}.err`, ended };
  }

  running(name: ProgramName): Running {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    return running;
  }

  /** SIGKILL, and its end. */
  async kill(name: ProgramName): Promise<void> {
    const running = this.running(name);
    this.#running.delete(name);
    running.child.kill('SIGKILL');
    await running.ended;
  }

  /** SIGTERM; the exit code. */
  async end(name: ProgramName): Promise<number | NodeJS.Signals> {
    const running = this.running(name);
    this.#running.delete(name);
    running.child.kill('SIGTERM');
    const force = setTimeout(() => running.child.kill('SIGKILL'), STOP_MS);
    const code = await running.ended;
    clearTimeout(force);
    return code;
  }

  /** Stops what runs and removes the folder. */
  async stop(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.end(name);
    for (const mount of this.mounts) spawnSync('umount', [mount]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything that any program of this stack has written, by file. */
  outputs(): { readonly name: string; readonly octets: Buffer }[] {
    return readdirSync(this.path('logs')).map((name) => ({ name, octets: readFileSync(this.path('logs', name)) }));
  }

  async linkUp(state = 'up'): Promise<void> {
    await until(`the link is ${state}`, async () => {
      const { data } = (await this.admin('links')).body as { readonly data: readonly { readonly state: string }[] };
      return data.length > 0 && data.every((link) => link.state === state);
    });
  }

  /** The gateway's admin API. */
  async admin(path: string, method = 'GET', body?: unknown): Promise<Answer> {
    return this.http(`/api/v1/admin/${path}`, { method, key: secrets.ADMIN, body });
  }

  /** The gateway's API as a customer; `raw` instead of `body` for what is no JSON. */
  async http(
    path: string,
    options: { readonly method?: string; readonly key?: string; readonly body?: unknown; readonly raw?: string } = {},
  ): Promise<Answer> {
    const { method = 'GET', key, body, raw } = options;
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answered = await answer.text();
    const json = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, text: answered, body: json ? JSON.parse(answered) : null };
  }

  async account(name: string): Promise<AccountMoney> {
    return (await this.admin(`accounts/${name}`)).body as AccountMoney;
  }

  /** Metrics of gateway and guard, as text. */
  async metrics(): Promise<string> {
    const guard = await fetch(`http://127.0.0.1:${this.ports.guardAdmin}/metrics`, {
      headers: { authorization: `Bearer ${secrets.GUARD_ADMIN}` },
    });
    return (await this.http('/metrics')).text + (await guard.text());
  }

  /** What the handsets received: whole messages, distinct ones. */
  async handsets(): Promise<{ readonly messages: number; readonly distinct: number; readonly duplicates: number }> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.operatorHttp}/handsets?summary=1`);
    return (await answer.json()) as { messages: number; distinct: number; duplicates: number };
  }

  /** A subscriber's message to us. */
  async mo(from: string, to: string, text: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.operatorHttp}/mo`, {
      method: 'POST',
      body: JSON.stringify({ from, to, text }),
    });
    if (!answer.ok) throw new Error(`operator: ${await answer.text()}`);
  }

  /** Changes how the operator behaves. */
  async behave(settings: { readonly [name: string]: string }): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.operatorHttp}/settings`, {
      method: 'PATCH',
      body: JSON.stringify(settings),
    });
    if (!answer.ok) throw new Error(`operator: ${await answer.text()}`);
  }

  /** Resident memory of a program now, in octets. */
  memory(name: ProgramName): number {
    const status = readFileSync(`/proc/${this.running(name).pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}
