// The system under the crash test: a stack of operator, guard and gateway whose data folders may lose power, with the
// configuration that lets every message end within a run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { secretFile } from '../configs.ts';
import type { Program } from '../processes.ts';
import { Stack } from '../stack.ts';
import type { Workload } from '../workload.ts';
import { Disk, type DiskOptions } from './disk.ts';

export type Victim = 'gateway' | 'guard';

/** Unanswered segments per link, so that the number of those that a kill of the guard may leave unknown has a bound. */
export const LINK_WINDOW = 100;
/** How long messages live: what is unknown waits for its end, and so does the run. */
export interface Lifetimes {
  readonly validityS: number;
  readonly graceS: number;
}

/** Accounts by number: all but two send over SMPP and wait for what is unknown. */
export interface Roles {
  /** Over SMPP; sends again what is unknown. */
  readonly retrying: number;
  readonly http: number;
}

export interface Prepared {
  readonly stack: Stack;
  readonly disks: { readonly [name in Victim]: Disk | null };
  readonly handsetLog: string;
  readonly apiKey: string;
}

/** Writes configurations into a folder below `parent`. `library` null: no disk loses power. */
export async function prepareSystem(
  parent: string,
  workload: Workload,
  roles: Roles,
  lifetimes: Lifetimes,
  seed: number,
  library: string | null,
  diskOptions: Pick<DiskOptions, 'syncDelayMs' | 'trace'> = {},
): Promise<Prepared> {
  const handsetLog = join(parent, 'handsets.log');
  const operator = [
    '--receipts',
    'DELIVRD=95,UNDELIV=5',
    '--statuses',
    '0=9990,0x58=5,0x08=5',
    '--receipt-delay',
    '300ms-1500ms',
  ];
  const stack = await Stack.prepare(
    workload,
    [...operator, '--handset-log', handsetLog, '--seed', String(seed)],
    parent,
  );
  const { folder } = stack.plan;
  const apiKey = `gp_${workload.account(roles.http).password}${workload.account(roles.retrying).password}`;
  const key = secretFile(folder, 'api', apiKey);
  edit(join(folder, 'gateway.yaml'), (config) => {
    (config['accounts'] as { [name: string]: unknown }[]).forEach((account, i) => {
      if (i === roles.retrying) account['on_unknown'] = 'retry';
      if (i === roles.http) account['api_keys'] = [key];
    });
  });
  edit(join(folder, 'guard.yaml'), (config) => {
    for (const link of config['links'] as { [name: string]: unknown }[]) link['window'] = LINK_WINDOW;
  });
  writeLifetimes(folder, lifetimes);
  const disk = (name: Victim): Disk | null => {
    if (library === null) return null;
    const beside = join(folder, `${name}-disk`);
    mkdirSync(beside);
    return new Disk({ ...diskOptions, library, root: join(folder, `${name}-data`), beside });
  };
  return { stack, disks: { gateway: disk('gateway'), guard: disk('guard') }, handsetLog, apiKey };
}

/** Of messages that are accepted from now on: read again by a gateway that runs. */
export async function changeLifetimes(stack: Stack, lifetimes: Lifetimes): Promise<void> {
  writeLifetimes(stack.plan.folder, lifetimes);
  const gateway = stack.program('gateway');
  process.kill(gateway.pid, 'SIGHUP');
  while (!gateway.output().includes('"event":"configuration reloaded"')) await new Promise((go) => setTimeout(go, 20));
}

function writeLifetimes(folder: string, { validityS, graceS }: Lifetimes): void {
  edit(join(folder, 'gateway.yaml'), (config) => {
    for (const account of config['accounts'] as { [name: string]: unknown }[]) {
      account['default_validity'] = `${validityS}s`;
      account['grace'] = `${graceS}s`;
    }
  });
}

function edit(path: string, change: (config: { [name: string]: unknown }) => void): void {
  const config = parse(readFileSync(path, 'utf8')) as { [name: string]: unknown };
  change(config);
  writeFileSync(path, stringify(config));
}

/** Resolves when the program says that it is ready; rejects when it has ended before, or after `limitMs`. */
export async function whenReady(program: Program, limitMs: number): Promise<void> {
  let ended: number | NodeJS.Signals | null = null;
  void program.ended.then((code) => {
    ended = code;
  });
  const until = performance.now() + limitMs;
  while (!program.output().includes('"event":"ready"')) {
    if (ended !== null) throw new Error(`${program.name} ended with ${ended}: ${tail(program)}`);
    if (performance.now() > until)
      throw new Error(`${program.name} is not ready after ${limitMs} ms: ${tail(program)}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

export function tail(program: Program): string {
  return `${program.errors().slice(-1500)} ${program.output().slice(-1500)}`;
}
