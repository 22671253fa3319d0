// Runs `glaspost` as a person does: as a process of its own, with its exit code and what it writes.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command to its end. */
export function glaspost(
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...environment } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
    child.stdin.end(input);
  });
}

/** A command that stays, with the lines it has written. */
export class Standing {
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  readonly #waiting: { readonly fits: (line: string) => boolean; readonly found: (line: string) => void }[] = [];

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    this.ended = new Promise((done) => child.on('close', (code) => done(code ?? -1)));
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#line(line);
    });
  }

  /** The first line that fits, from `from` on, also one that has come. */
  line(fits: (line: string) => boolean, from = 0): Promise<string> {
    const known = this.lines.slice(from).find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((found, fail) => {
      this.#waiting.push({ fits, found });
      void this.ended.then((code) =>
        fail(new Error(`ended with ${code} before the line came:\n${this.lines.join('\n')}`)),
      );
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child.kill(signal);
    return this.ended;
  }

  #line(line: string): void {
    this.lines.push(line);
    for (const one of this.#waiting.filter(({ fits }) => fits(line))) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.found(line);
    }
  }
}
