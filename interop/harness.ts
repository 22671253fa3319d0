// What every interop suite stands on: a folder of its own, real processes on free loopback ports, bounded waiting, and an
// end by process id. A suite is a function that throws when a peer and ours do not understand each other.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** One suite. `needs`: programs or files of the peers; where one is absent the suite is skipped. */
export interface Suite {
  readonly name: string;
  readonly needs: readonly Need[];
  /** The suite fails when it has not ended by then. */
  readonly timeoutMs: number;
  /** Resolves to a sentence with figures; throws on any difference. */
  run(place: Place): Promise<string>;
}

/** Something of a peer that must be on the machine, and the Debian package that brings it. */
export interface Need {
  readonly what: string;
  readonly debianPackage: string;
  present(): boolean;
}

/** A program on the path, or in the folders where Debian puts servers. */
export function program(what: string, debianPackage: string): Need {
  return { what, debianPackage, present: () => findProgram(what) !== null };
}

/** A file at a fixed place. */
export function file(path: string, debianPackage: string): Need {
  return { what: path, debianPackage, present: () => readable(path) };
}

/** A Perl module. */
export function perlModule(what: string, debianPackage: string): Need {
  const moduleFile = `${what.replaceAll('::', '/')}.pm`;
  const folders = ['/usr/share/perl5', '/usr/lib/x86_64-linux-gnu/perl5', '/usr/local/share/perl'];
  return {
    what: `Perl module ${what}`,
    debianPackage,
    present: () => folders.some((folder) => readable(join(folder, moduleFile))),
  };
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Absolute path of a program, or null. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders.map((folder) => join(folder, name)).find(readable) ?? null;
}

/** `count` different ports that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits until `condition` is true, looking every 25 ms; throws with `what` after `timeoutMs`. */
export async function until(
  what: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${what}`);
    await sleep(25);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** True when something accepts connections on a loopback port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}

/** A process that a suite started; its output goes to a file in the suite's folder. */
export class Running {
  readonly name: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #logPath: string;
  #ended: string | null = null;

  constructor(name: string, child: ChildProcess, logPath: string) {
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    this.name = name;
    this.pid = child.pid;
    this.#child = child;
    this.#logPath = logPath;
    child.once('exit', (code, signal) => {
      this.#ended = signal ?? `exit code ${code}`;
    });
  }

  /** How it ended, or null while it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  /** All that it has written so far, stdout and stderr together. */
  output(): string {
    return readFileSync(this.#logPath, 'utf8');
  }

  /** Waits until it listens on a port; throws when it ends before. */
  async listening(port: number, timeoutMs = 15_000): Promise<void> {
    await until(`${this.name} listening on ${port}`, timeoutMs, () => {
      if (this.#ended !== null) throw new Error(`${this.name} ended (${this.#ended}) before it listened`);
      return listens(port);
    });
  }

  /** Waits until its output has a line like `pattern`; throws when it ends before. */
  async saying(pattern: RegExp, timeoutMs: number): Promise<void> {
    await until(`${this.name} saying ${pattern}`, timeoutMs, () => {
      if (pattern.test(this.output())) return true;
      if (this.#ended !== null) throw new Error(`${this.name} ended (${this.#ended}) before it said ${pattern}`);
      return false;
    });
  }

  /** Waits for the end and gives the exit code, or the signal's name. */
  async end(timeoutMs: number): Promise<string> {
    await until(`the end of ${this.name}`, timeoutMs, () => this.#ended !== null);
    return this.#ended ?? '';
  }

  /** Asks it to end, then makes it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 25_000): Promise<void> {
    if (this.#ended !== null) return;
    this.#child.kill(signal);
    const end = Date.now() + graceMs;
    while (this.#ended === null && Date.now() < end) await sleep(20);
    if (this.#ended === null) this.#child.kill('SIGKILL');
    while (this.#ended === null) await sleep(20);
  }
}

/** A suite's folder and all that runs in it. */
export class Place {
  readonly folder: string;
  readonly #running: Running[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `glaspost-${name}-`));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string | Uint8Array): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Starts a program in the folder. */
  start(
    name: string,
    command: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Running {
    const logPath = this.path(`${name}.out`);
    writeFileSync(logPath, '');
    const log = createWriteStream(logPath, { flags: 'a' });
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('error', (error) => log.write(`${error.message}\n`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const running = new Running(name, child, logPath);
    this.#running.push(running);
    return running;
  }

  /** Runs a program to its end; throws unless it ends with 0. Returns its output. */
  async command(name: string, command: string, args: readonly string[], timeoutMs: number): Promise<string> {
    const running = this.start(name, command, args);
    const end = await running.end(timeoutMs);
    if (end !== 'exit code 0') throw new Error(`${name} ended with ${end}: ${running.output().slice(-2000)}`);
    return running.output();
  }

  /** Something in this process that must be closed with the place, e.g. a listener. */
  onClose(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** The last lines of every process, for the report of a failure. */
  lastWords(lines: number): string {
    return this.#running
      .map(
        (one) =>
          `--- ${one.name} (${one.ended ?? 'running'})\n${one
            .output()
            .trimEnd()
            .split('\n')
            .slice(-lines)
            .map((line) => line.slice(0, 400))
            .join('\n')}`,
      )
      .join('\n');
  }

  /** Ends everything, the last started first, and removes the folder. */
  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    for (const one of this.#running.reverse()) await one.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An HTTP listener on a free port that hands every request's path and query to `take` and answers 200. */
export async function listenHttp(place: Place, take: (url: URL) => void): Promise<number> {
  const server = createHttpServer((request, response) => {
    request.resume();
    take(new URL(request.url ?? '/', 'http://127.0.0.1'));
    response.end('ok');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  place.onClose(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the HTTP listener has no port');
  return address.port;
}

/** Throws a difference as a sentence when the two are not equal. */
export function same(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: found ${a?.slice(0, 600)}, wanted ${b?.slice(0, 600)}`);
}
