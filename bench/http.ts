// How many messages per second the gateway accepts durably over HTTP, the real programs on real sockets, in batches of 100 and
// one by one: with the links at work (everything that is accepted is delivered at the same time, on the same cores), and with
// the operator down (accepting alone).
import { scriptArguments } from './arguments.ts';
import { apiKeyOf } from './configs.ts';
import type { HttpLoadResult } from './httpLoad.ts';
import { round } from './load.ts';
import { tell } from './loadRun.ts';
import { lastJson, startProgram } from './processes.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

const BATCH = 100;
const DRAIN_MS = 120_000;

interface HttpOptions {
  readonly seconds: number;
  readonly connections: number;
  readonly links: 'up' | 'down' | 'both';
  readonly json: boolean;
}

async function runHttp(options: HttpOptions): Promise<number> {
  const results: object[] = [];
  let wrong = 0;
  for (const links of options.links === 'both' ? (['up', 'down'] as const) : [options.links]) {
    const workload = new Workload({ ...standardWorkload, recipients: 1 });
    const stack = await Stack.prepare(workload);
    try {
      if (links === 'up') await stack.startAll();
      else for (const name of ['guard', 'gateway'] as const) await stack.start(name);
      let accepted = 0;
      for (const batch of [BATCH, 1]) {
        const { run, cpuUs } = await measure(stack, workload, batch, options);
        accepted += run.accepted;
        wrong += run.refused;
        const syncs = await stack.syncs();
        const line = {
          links,
          batch,
          accepted_per_second: run.acceptedPerSecond,
          request_p50_ms: run.requestP50Ms,
          request_p99_ms: run.requestP99Ms,
          refused: run.refused,
          gateway_cpu_us: cpuUs,
          gateway_syncs: syncs.gateway,
        };
        results.push(line);
        if (!options.json) process.stdout.write(`${JSON.stringify(line)}\n`);
        if (links === 'up') wrong += await missing(stack, accepted);
      }
    } finally {
      await stack.stop();
    }
  }
  tell({ bench: 'http', connections: options.connections, results, wrong }, options.json);
  return wrong === 0 ? 0 : 1;
}

async function measure(
  stack: Stack,
  workload: Workload,
  batch: number,
  options: HttpOptions,
): Promise<{ readonly run: HttpLoadResult; readonly cpuUs: number }> {
  const gateway = stack.program('gateway');
  const before = gateway.usage().cpuMicros;
  const load = await startProgram(
    'http load',
    [
      'bench/httpLoad.ts',
      ...['--port', String(stack.plan.gatewayHttpPort), '--batch', String(batch), '--seconds', String(options.seconds)],
      ...['--connections', String(options.connections), '--series', String(batch)],
    ],
    null,
    // Keys are no arguments: those can be read by everybody.
    {
      BENCH_API_KEYS: Array.from({ length: 8 }, (_, i) => apiKeyOf(stack.plan, workload.account(i * 6).name)).join(' '),
    },
  );
  if ((await load.ended) !== 0) throw new Error(`generator failed: ${load.errors()}`);
  const run = lastJson(load.output()) as HttpLoadResult;
  return { run, cpuUs: round((gateway.usage().cpuMicros - before) / Math.max(1, run.accepted), 2) };
}

/** Accepted messages that no handset has when nothing is open any more. */
async function missing(stack: Stack, accepted: number): Promise<number> {
  const until = performance.now() + DRAIN_MS;
  let got = 0;
  while (performance.now() < until) {
    got = ((await stack.operator('handsets?summary=1')) as { readonly distinct: number }).distinct;
    if (got >= accepted) return 0;
    await new Promise((go) => setTimeout(go, 200));
  }
  return accepted - got;
}

export function httpMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench http',
    {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '8' },
      connections: { type: 'string', default: '32' },
      links: { type: 'string', default: 'both' },
    },
    args,
  );
  const { links } = values;
  if (links !== 'up' && links !== 'down' && links !== 'both') {
    process.stderr.write('bench http: --links is up, down or both; --help shows how\n');
    return Promise.resolve(2);
  }
  return runHttp({
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    links,
    json: values.json,
  });
}
