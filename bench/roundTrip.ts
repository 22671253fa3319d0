// Is a window used to the full: one link of one bind, an operator who answers after 40 ms, window 50. No more than window / round
// trip can pass; how near do we come? A backlog waits all the while, so that nothing but the bind is in the way.
import { scriptArguments } from './arguments.ts';
import { round } from './load.ts';
import { Books, runLoad, tell } from './loadRun.ts';
import { Stack, standardShape } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';

interface RoundTripOptions {
  readonly seconds: number;
  readonly rttMs: number;
  readonly window: number;
  readonly json: boolean;
}

async function runRoundTrip(options: RoundTripOptions): Promise<number> {
  const { rttMs, window, seconds } = options;
  const ideal = (window * 1000) / rttMs;
  const stack = await Stack.prepare(
    new Workload({ ...standardWorkload, recipients: 1 }),
    ['--latency', `${rttMs}ms`],
    undefined,
    { ...standardShape, links: 1, linkWindow: window },
  );
  const books = new Books();
  try {
    await stack.startAll();
    // Three times what the receipts' second holds back, so that there is always something to send.
    const result = await runLoad(stack, { seconds, warmupSeconds: 3, maxOpen: Math.ceil(ideal * 3), compare: true });
    books.add(result);
    // The yardstick: the same window in the generator's hand, without gateway and guard between.
    const direct = await runLoad(stack, {
      seconds: Math.min(seconds, 5),
      warmupSeconds: 1,
      direct: true,
      binds: 1,
      window,
      maxOpen: Math.ceil(ideal * 3),
      series: 1,
    });
    const balance_error = await books.error(stack);
    tell(
      {
        bench: 'round-trip',
        rtt_ms: rttMs,
        window,
        possible_per_second: Math.round(ideal),
        life_cycles_per_second: result.lifeCyclesPerSecond,
        share: round(result.lifeCyclesPerSecond / ideal, 3),
        direct_per_second: direct.lifeCyclesPerSecond,
        ratio_to_direct: round(result.lifeCyclesPerSecond / direct.lifeCyclesPerSecond, 3),
        lost: books.lost,
        balance_error,
      },
      options.json,
    );
    return books.lost === 0 && balance_error === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

export function roundTripMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench round-trip',
    {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '10' },
      'rtt-ms': { type: 'string', default: '40' },
      window: { type: 'string', default: '50' },
    },
    args,
  );
  return runRoundTrip({
    seconds: Number(values.seconds),
    rttMs: Number(values['rtt-ms']),
    window: Number(values.window),
    json: values.json,
  });
}
