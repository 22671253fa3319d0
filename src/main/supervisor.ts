// Parent of the gateway and the guard: starts both, shows what they write, starts each again alone when it ends, with back-off,
// and ends both in order. A program that never became ready is not started over and over: its fault is told instead.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ENVIRONMENT, RUNTIME_FLAGS } from './programs.ts';

/** First wait before a program is started again; doubled at every quick end. */
const RESTART_MIN_MS = 250;
const RESTART_MAX_MS = 10_000;
/** A program that ran this long was well: the next restart comes quickly. */
const STEADY_MS = 30_000;
/** From SIGTERM to SIGKILL: an orderly end waits for open answers. */
const STOP_MS = 20_000;
/** In the programs' environment: end when standard input does, that is, when the parent is gone. */
export const SUPERVISED = 'GLASPOST_SUPERVISED';

export interface ProgramSpec {
  readonly name: 'gateway' | 'guard';
  readonly configPath: string;
}

interface Supervised {
  readonly spec: ProgramSpec;
  child: ChildProcess | null;
  /** It has said "ready" once since the supervisor began. */
  everReady: boolean;
  startedMs: number;
  waitMs: number;
  readonly readyListeners: (() => void)[];
}

export interface SupervisorEvents {
  /** One line that a program wrote. */
  line(program: string, line: string): void;
  /** Something that the supervisor did or saw. */
  event(text: string, fields: { readonly [name: string]: string | number }): void;
}

export class Supervisor {
  readonly #programs: Supervised[];
  readonly #events: SupervisorEvents;
  readonly #ended = Promise.withResolvers<number>();
  #stopping = false;

  /** `specs` in the order of their start; they end in the opposite one. */
  constructor(specs: readonly ProgramSpec[], events: SupervisorEvents) {
    this.#events = events;
    this.#programs = specs.map((spec) => ({
      spec,
      child: null,
      everReady: false,
      startedMs: 0,
      waitMs: RESTART_MIN_MS,
      readyListeners: [],
    }));
  }

  /** Resolves with an exit code when `stop` is through, or when a program cannot be started at all. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  start(): void {
    for (const program of this.#programs) this.#spawn(program);
  }

  /** Resolves when every program has been ready once. */
  async ready(): Promise<void> {
    for (const program of this.#programs) {
      if (!program.everReady) await new Promise<void>((done) => program.readyListeners.push(done));
    }
  }

  /** SIGHUP for both: read the configuration again. */
  reload(): void {
    for (const { child } of this.#programs) child?.kill('SIGHUP');
  }

  /** Ends the programs one after the other, the last started first, so that the gateway has its guard until its end. */
  async stop(code = 0): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const program of [...this.#programs].reverse()) await this.#end(program);
    this.#ended.resolve(code);
  }

  /** Ends both at once and at once: for a second Ctrl-C. */
  kill(): void {
    for (const { child } of this.#programs) child?.kill('SIGKILL');
  }

  #spawn(program: Supervised): void {
    const { name, configPath } = program.spec;
    const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
    program.startedMs = performance.now();
    // A group of its own: Ctrl-C reaches the supervisor alone, which ends both in order.
    const child = spawn(process.execPath, [...RUNTIME_FLAGS, cli, name, '-c', configPath], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...RUNTIME_ENVIRONMENT, ...process.env, [SUPERVISED]: '1' },
    });
    program.child = child;
    // The pipe exists to end with us; nothing is written into it.
    child.stdin?.on('error', () => undefined);
    if (child.stdout !== null) this.#lines(program, child.stdout);
    if (child.stderr !== null) this.#lines(program, child.stderr);
    child.on('error', (error) => this.#events.event('cannot start', { child: name, reason: error.message }));
    child.on('close', (code, signal) => this.#closed(program, code, signal));
    this.#events.event('started', { child: name, pid: child.pid ?? 0 });
  }

  #lines(program: Supervised, stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#events.line(program.spec.name, line);
        if (!program.everReady && line.includes('"event":"ready"')) {
          program.everReady = true;
          for (const listener of program.readyListeners.splice(0)) listener();
        }
      }
    });
    stream.on('end', () => {
      if (rest !== '') this.#events.line(program.spec.name, rest);
    });
  }

  #closed(program: Supervised, code: number | null, signal: NodeJS.Signals | null): void {
    program.child = null;
    const { name } = program.spec;
    const reason = signal ?? `exit code ${code}`;
    if (this.#stopping) {
      this.#events.event('ended', { child: name, reason });
      return;
    }
    if (!program.everReady && signal === null) {
      this.#events.event('could not start; see above', { child: name, reason });
      void this.stop(code === 0 ? 1 : (code ?? 1));
      return;
    }
    if (performance.now() - program.startedMs > STEADY_MS) program.waitMs = RESTART_MIN_MS;
    this.#events.event('ended, will be started again', { child: name, reason, afterMs: program.waitMs });
    const waitMs = program.waitMs;
    program.waitMs = Math.min(waitMs * 2, RESTART_MAX_MS);
    void wait(waitMs).then(() => {
      if (!this.#stopping) this.#spawn(program);
    });
  }

  async #end(program: Supervised): Promise<void> {
    const { child } = program;
    if (child === null) return;
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    child.kill('SIGTERM');
    const force = setTimeout(() => {
      this.#events.event('does not end, killed', { child: program.spec.name });
      child.kill('SIGKILL');
    }, STOP_MS);
    await closed;
    clearTimeout(force);
  }
}
