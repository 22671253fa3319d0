// The bare pipeline (`../shared/limit`, beside the repository): the limit that a figure of ours is held against on the same
// machine in the same hour. Absent in most checkouts; then there is no ratio. `node bench/calibrate.ts` prints it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.ts';

export interface Limit {
  readonly lifeCyclesPerSecond: number;
  /** Its own line, as printed. */
  readonly line: string;
}

const RUN_MS = 120_000;

/** Runs it with `messages` life cycles; null when the folder is absent. Rejects when it prints no figure. */
export async function measureLimit(messages: number, window: number): Promise<Limit | null> {
  const script = join(root, '..', 'shared', 'limit', 'run.sh');
  if (!existsSync(script)) return null;
  const child = spawn('bash', [script, String(messages), String(window)], {
    env: { ...process.env, NODE: process.execPath },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it started can be ended with it.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('bash did not start');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const force = setTimeout(() => process.kill(-pid, 'SIGKILL'), RUN_MS);
  await new Promise((done) => child.on('close', done));
  clearTimeout(force);
  return parseLimit(output);
}

/** Its line is `W=2000 200000 msgs full lifecycle in 5.12s = 39062/s; …`. */
export function parseLimit(output: string): Limit {
  const line = output.split('\n').find((one) => /full lifecycle/.test(one)) ?? '';
  const figure = /= (\d+)\/s/.exec(line)?.[1];
  if (figure === undefined) throw new Error(`the bare pipeline printed no figure: ${output.slice(-300)}`);
  return { lifeCyclesPerSecond: Number(figure), line };
}

if (import.meta.main) {
  const limit = await measureLimit(Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 2000));
  process.stdout.write(`${limit === null ? 'the bare pipeline is not here (../shared/limit)' : limit.line}\n`);
}
