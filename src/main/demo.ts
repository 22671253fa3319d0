// `npm run demo`: gateway, guard and a simulated operator as real processes; messages over SMPP and HTTP; progress; and a
// summary that compares what customers were told, what handsets received, and what it cost.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, type WriteStream } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { amountMicros } from '../api/values.ts';
import { Client } from './client.ts';
import { CommandError, Exit, readArguments, say, tell } from './cliTools.ts';
import { type Reckoning, reckon } from './demoCheck.ts';
import { DemoHttp } from './demoHttp.ts';
import { DemoLedger } from './demoLedger.ts';
import { type DemoMessage, demoMessages } from './demoMessages.ts';
import { DemoSmpp } from './demoSmpp.ts';
import { type InitPorts, writeInitFiles } from './initFiles.ts';
import { Supervisor } from './supervisor.ts';

const HELP = `npm run demo: the main job, seen working

  npm run demo -- [--messages N] [--json] [--keep]

  --messages N   how many, 1 to 50000 (default 1000); 40 % over HTTP, the rest over SMPP;
                 10 % of three parts, 5 % UCS-2, 5 % UCS-2 of two parts
  --json         one line of JSON on standard output at the end, nothing else
  --keep         keeps the folder with configuration, data and logs

A gateway, a guard and a simulated operator are started as processes of their own in a temporary folder; the operator
answers after 5 to 20 ms and sends a receipt after a second. Exit code 0 when every message was delivered once, with a
receipt, at its price; 1 when anything is off; 130 after Ctrl-C.
`;

/** Nothing happened for this long: what is missing will not come. */
const SILENCE_MS = 20_000;
const START_MS = 30_000;
const PROGRESS_MS = 200;
const CREDIT = '100000.00';

class Interrupted extends Error {}

/** The exit code. */
export async function demoMain(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    messages: { type: 'string' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) {
    say(HELP.trimEnd());
    return Exit.ok;
  }
  const count = Number(values.messages ?? 1000);
  if (!Number.isInteger(count) || count < 1 || count > 50_000)
    throw new CommandError('--messages must be 1 to 50000', Exit.usage);
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-demo-'));
  const demo = new Demo(folder, demoMessages(count), values.json !== true);
  const interrupt = (): void => demo.interrupt();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let keep = values.keep === true;
  try {
    const result = await demo.run();
    const { faults, ...figures } = result;
    const sound =
      faults.length === 0 &&
      result.lost === 0 &&
      result.duplicated === 0 &&
      result.balance_error === 0 &&
      result.accepted === count;
    keep ||= !sound;
    if (values.json === true) say(JSON.stringify(figures));
    else demo.summary(result);
    for (const fault of faults) tell(`demo: ${fault}`);
    return sound ? Exit.ok : Exit.failed;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    keep = true;
    if (!(error instanceof CommandError)) throw error;
    tell(`demo: ${error.message}`);
    return error.exitCode;
  } finally {
    await demo.stop();
    if (keep) tell(`demo: configuration, data and logs are in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

class Demo {
  readonly #folder: string;
  readonly #messages: readonly DemoMessage[];
  /** Tells what it does; progress goes to standard error. */
  readonly #talks: boolean;
  readonly #ledger = new DemoLedger();
  readonly #started = performance.now();
  readonly #interrupted = Promise.withResolvers<never>();
  readonly #http = new DemoHttp(this.#ledger);
  #isInterrupted = false;
  #smpp: DemoSmpp | null = null;
  #supervisor: Supervisor | null = null;
  #operator: ChildProcess | null = null;
  #log: WriteStream | null = null;

  constructor(folder: string, messages: readonly DemoMessage[], talks: boolean) {
    this.#folder = folder;
    this.#messages = messages;
    this.#talks = talks;
    this.#interrupted.promise.catch(() => undefined);
  }

  interrupt(): void {
    if (this.#isInterrupted) this.#supervisor?.kill();
    this.#isInterrupted = true;
    this.#interrupted.reject(new Interrupted());
  }

  run(): Promise<Reckoning & { readonly seconds: number }> {
    return Promise.race([this.#run(), this.#interrupted.promise]);
  }

  async #run(): Promise<Reckoning & { readonly seconds: number }> {
    const ports = await freePorts();
    const secrets = writeInitFiles(this.#folder, ports, await this.#http.listen());
    this.#log = createWriteStream(join(this.#folder, 'programs.log'));
    this.#tell(`starting a simulated operator, the guard and the gateway in ${this.#folder}`);
    await Promise.all([this.#startOperator(), this.#startPrograms()]);
    const admin = new Client(`http://127.0.0.1:${ports.http}`, secrets['admin-key'], 'gateway');
    await admin.call('POST', '/api/v1/admin/accounts/demo/credits', { amount: CREDIT, reference: 'demo' });
    const over = (way: DemoMessage['way']): DemoMessage[] => this.#messages.filter((one) => one.way === way);
    this.#tell(
      `sending ${over('smpp').length} messages over SMPP (port ${ports.smpp}) and ${over('http').length} over HTTP (port ${ports.http})`,
    );
    this.#ledger.lastMs = performance.now();
    this.#smpp = new DemoSmpp(ports.smpp, secrets['account-demo'], over('smpp'), this.#ledger);
    this.#smpp.start();
    this.#http.connect(ports.http, secrets['api-key-demo'], secrets.webhook);
    await Promise.all([this.#http.send(over('http'), () => this.#isInterrupted), this.#allDone()]);
    const { json } = await admin.call('GET', '/api/v1/admin/accounts/demo');
    const account = json as { balance: { amount: string }; held: { amount: string } };
    const money = {
      creditedMicros: amountMicros(CREDIT),
      balanceMicros: amountMicros(account.balance.amount),
      heldMicros: amountMicros(account.held.amount),
    };
    const { faults, ...figures } = await reckon(this.#ledger, this.#messages, ports.operatorHttp, money);
    return { ...figures, seconds: Math.round((performance.now() - this.#started) / 100) / 10, faults };
  }

  async stop(): Promise<void> {
    this.#isInterrupted = true;
    await this.#smpp?.stop();
    await this.#supervisor?.stop();
    this.#http.close();
    const operator = this.#operator;
    if (operator !== null && operator.exitCode === null && operator.signalCode === null) {
      const closed = new Promise((done) => operator.once('close', done));
      operator.kill('SIGTERM');
      await closed;
    }
    this.#log?.end();
  }

  summary(result: Reckoning & { readonly seconds: number }): void {
    const count = (kind: DemoMessage['kind']): number =>
      this.#ledger.entries.filter((one) => one.message.kind === kind).length;
    const segments = this.#ledger.entries.reduce((sum, one) => sum + one.message.segments, 0);
    const price = this.#ledger.entries.reduce((sum, one) => sum + one.message.price, 0) / 1e6;
    const verdict = (good: boolean): string => (good ? '✔' : '✖');
    say(`
  ${verdict(result.accepted === this.#messages.length)} accepted    ${result.accepted} messages, ${segments} segments (${count('long')} long, ${count('ucs2')} UCS-2, ${count('long ucs2')} long UCS-2)
  ${verdict(result.lost === 0)} delivered   ${result.delivered} on the right handset, word for word, with a receipt; ${result.lost} lost
  ${verdict(result.duplicated === 0)} duplicated  ${result.duplicated}
  ${verdict(result.balance_error === 0)} charged     ${price.toFixed(4)} EUR by the price list; the account is off by ${result.balance_error}
    took        ${result.seconds} s`);
  }

  async #startOperator(): Promise<void> {
    const script = fileURLToPath(new URL('./operator.ts', import.meta.url));
    const args = [script, '--config', join(this.#folder, 'operator.yaml'), '--quiet'];
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#operator = child;
    child.stderr.on('data', (chunk: Buffer) => this.#log?.write(chunk));
    await new Promise<void>((done, fail) => {
      child.stdout.once('data', () => done());
      child.once('close', () => fail(new CommandError('the simulated operator could not start')));
    });
  }

  async #startPrograms(): Promise<void> {
    const supervisor = new Supervisor(
      [
        { name: 'guard', configPath: join(this.#folder, 'guard.yaml') },
        { name: 'gateway', configPath: join(this.#folder, 'gateway.yaml') },
      ],
      {
        line: (_program, line) => this.#log?.write(`${line}\n`),
        event: (text, fields) => this.#log?.write(`${JSON.stringify({ event: text, ...fields })}\n`),
      },
    );
    this.#supervisor = supervisor;
    supervisor.start();
    const failed = supervisor.ended.then(() =>
      Promise.reject(new CommandError('a program could not start; see programs.log')),
    );
    const late = wait(START_MS, undefined, { ref: false }).then(() =>
      Promise.reject(new CommandError('the programs were not ready in time; see programs.log')),
    );
    failed.catch(() => undefined);
    late.catch(() => undefined);
    await Promise.race([supervisor.ready(), failed, late]);
  }

  /** Resolves when every message has ended for its customer, or nothing happens any more. */
  async #allDone(): Promise<void> {
    const total = this.#messages.length;
    const ledger = this.#ledger;
    for (;;) {
      this.#progress();
      if (this.#isInterrupted || ledger.receipts + ledger.refusals >= total) break;
      if (performance.now() - ledger.lastMs > SILENCE_MS) {
        ledger.note(`nothing happened for ${SILENCE_MS / 1000} s`);
        break;
      }
      await wait(PROGRESS_MS);
    }
    if (this.#talks && process.stderr.isTTY) process.stderr.write('\n');
  }

  #progress(): void {
    if (!process.stderr.isTTY || !this.#talks) return;
    const total = this.#messages.length;
    const { entries, receipts } = this.#ledger;
    const filled = Math.round((receipts / total) * 30);
    process.stderr.write(
      `\r  [${'█'.repeat(filled)}${'·'.repeat(30 - filled)}] accepted ${entries.length}, receipts ${receipts} of ${total} `,
    );
  }

  #tell(text: string): void {
    if (this.#talks) tell(text);
  }
}

/** Ports that were free a moment ago. */
async function freePorts(): Promise<InitPorts> {
  const names = ['smpp', 'http', 'guard', 'guardAdmin', 'operator', 'operatorHttp'] as const;
  const servers = await Promise.all(
    names.map(async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as unknown as InitPorts;
}

async function main(): Promise<number> {
  try {
    return await demoMain(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    tell(`demo: ${error.message}`);
    return error.exitCode;
  }
}

if (import.meta.main) process.exit(await main());
