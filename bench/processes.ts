// Programs as processes of their own: started, watched, measured from /proc, and ended by their own process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ENVIRONMENT, RUNTIME_FLAGS } from '../src/main/programs.ts';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** CPU and memory of one process, all its threads included. */
export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

export interface Program {
  readonly name: string;
  readonly pid: number;
  /** The line that told it was ready; empty when it was not waited for. */
  readonly ready: ReadyLine;
  /** Everything written to standard output so far, and the end of standard error. */
  output(): string;
  errors(): string;
  /** Resolves with exit code or signal when the process has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
  usage(): Usage;
  /** SIGTERM, then, after 10 s, SIGKILL. */
  stop(): Promise<void>;
  kill(): void;
}

const ERRORS_KEPT = 20_000;
const OUTPUT_KEPT = 4_000_000;
const STOP_MS = 10_000;

/** What runs now: none of it may outlive this process. */
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Lets SIGINT and SIGTERM end this process through 'exit', so that what it started ends with it. */
export function endWithSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

/** A line of JSON on standard output, as programs log. */
export interface ReadyLine {
  readonly event?: string;
  readonly [name: string]: unknown;
}

/**
 * Starts `args` (a script and its arguments, from the repository's root) under this Node. Resolves when a line of JSON
 * with this event has come (null: at once), and rejects when the process ends before.
 */
export async function startProgram(
  name: string,
  args: readonly string[],
  readyEvent: string | null,
  environment: { readonly [name: string]: string } = {},
): Promise<Program> {
  const child = spawn(process.execPath, [...RUNTIME_FLAGS, ...args], {
    cwd: root,
    env: { ...RUNTIME_ENVIRONMENT, ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  let output = '';
  let errors = '';
  const ended = new Promise<number | NodeJS.Signals>((done) =>
    child.on('close', (code, signal) => done(code ?? signal ?? -1)),
  );
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-ERRORS_KEPT);
  });
  const readyLine = new Promise<ReadyLine>((done, fail) => {
    let partial = '';
    let found = readyEvent === null;
    child.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      output += text;
      // Seldom: each cut copies megabytes.
      if (output.length > 2 * OUTPUT_KEPT) output = output.slice(-OUTPUT_KEPT);
      if (found) return;
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      const line = lines
        .filter((one) => one.startsWith('{'))
        .map((one) => JSON.parse(one) as ReadyLine)
        .find((one) => one.event === readyEvent);
      if (line === undefined) return;
      found = true;
      done(line);
    });
    child.on('error', fail);
    void ended.then((code) => fail(new Error(`${name} ended with ${code} before it was ready: ${errors || output}`)));
  });
  // A process that is not waited for may end without that line.
  readyLine.catch(() => {});
  const ready: ReadyLine = readyEvent === null ? {} : await readyLine;
  const pid = pidOf(child);
  return {
    name,
    pid,
    ready,
    output: () => output,
    errors: () => errors,
    ended,
    usage: () => usageOf(pid),
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(force);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** From /proc: user and system time of all threads, resident memory now and at its highest. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command's name stands in parentheses and may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = (label: string): number =>
    Number(new RegExp(`^${label}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  // USER_HZ is 100 on every Linux that Node runs on: ticks of 10 ms.
  return {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * 10_000,
    rssBytes: kilobytes('VmRSS') * 1024,
    peakRssBytes: kilobytes('VmHWM') * 1024,
  };
}

/** The last line of `text` that is a JSON object. */
export function lastJson(text: string): unknown {
  const line = text
    .trimEnd()
    .split('\n')
    .findLast((one) => one.startsWith('{'));
  if (line === undefined) throw new Error(`no JSON in: ${text.slice(-500)}`);
  return JSON.parse(line);
}

export async function fetchHandsets(httpPort: number): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${httpPort}/handsets?summary=1`)).json();
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('process did not start');
  return child.pid;
}
