// The customer in order, a process of its own: submits steadily until SIGTERM, drains, and prints one line of
// JSON about what it saw.
import { parseArgs } from 'node:util';
import { Load } from '../bench/load.ts';
import { standardLoad } from '../bench/loadOptions.ts';
import { healthyWorkload } from './system.ts';

const HOURS_MS = 6 * 3_600_000;

const { values } = parseArgs({
  options: { port: { type: 'string', default: '2775' }, rate: { type: 'string', default: '50' } },
});
const load = new Load({
  ...standardLoad,
  workload: healthyWorkload,
  port: Number(values.port),
  binds: 1,
  window: 500,
  rate: Number(values.rate),
  warmupMs: 0,
  // The tally makes room for as many; SIGTERM ends it before.
  measureMs: HOURS_MS,
  drainMs: 60_000,
});
await load.connect();
load.begin();
process.stdout.write(`${JSON.stringify({ event: 'submitting' })}\n`);
await new Promise<void>((done) => process.once('SIGTERM', () => done()));
load.end();
await load.drain();
load.stop();
const result = load.result(0);
process.stdout.write(`${JSON.stringify({ event: 'done', ...result })}\n`);
process.exit(0);
