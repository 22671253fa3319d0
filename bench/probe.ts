// Loaded into a program under test before its own code (NODE_OPTIONS=--import=…): upon SIGUSR2 it writes a line of JSON with the octets
// that V8 has allocated on the main thread's heap since the start. The program itself knows nothing of it.
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { lastJson, type Program } from './processes.ts';

const EVENT = 'probe';
const ANSWER_MS = 10_000;

/** What a program is started with. */
export const probed: { readonly [name: string]: string } = {
  NODE_OPTIONS: `--import=${pathToFileURL(import.meta.filename).href}`,
  GLASPOST_PROBE: '1',
};

if (process.env['GLASPOST_PROBE'] === '1' && isMainThread)
  process.on('SIGUSR2', () => {
    const allocatedBytes = getHeapStatistics().total_allocated_bytes;
    process.stdout.write(`${JSON.stringify({ event: EVENT, allocatedBytes })}\n`);
  });

/** Octets allocated by a probed program so far. */
export async function allocatedBytes(program: Program): Promise<number> {
  const from = program.output().length;
  process.kill(program.pid, 'SIGUSR2');
  const until = performance.now() + ANSWER_MS;
  while (performance.now() < until) {
    const line = program
      .output()
      .slice(from)
      .split('\n')
      .find((one) => one.endsWith('}') && one.includes(`"event":"${EVENT}"`));
    if (line !== undefined) return (lastJson(line) as { readonly allocatedBytes: number }).allocatedBytes;
    await new Promise((go) => setTimeout(go, 10));
  }
  throw new Error(`${program.name} does not answer its probe`);
}
