// Is a window used to the full: one link of one bind, an operator who answers after 40 ms, window 50. No more than window / round
// trip can pass; how near do we come? A backlog waits all the while, so that nothing but the bind is in the way. The round trip is
// what it is at the operator, from reading a submit to writing its answer (bench/answerTap.ts): timers ring a little late. The
// rest of it, both ways through the kernel and our own turns, counts against us.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ANSWER_TAP_FILE, ANSWER_TAP_PORT, type AnswerDelay } from './answerTap.ts';
import { scriptArguments } from './arguments.ts';
import { round } from './load.ts';
import { Books, runLoad, tell } from './loadRun.ts';
import { root } from './processes.ts';
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
  const workload = new Workload({ ...standardWorkload, recipients: 1 });
  const directAccount = workload.account(0).systemId;
  const stack = await Stack.prepare(workload, ['--latency', `${rttMs}ms`], undefined, {
    ...standardShape,
    links: 1,
    linkWindow: window,
  });
  const books = new Books();
  const tapFile = join(stack.plan.folder, 'answers.json');
  try {
    await stack.start('operator', {
      NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'bench/answerTap.ts')).href}`,
      [ANSWER_TAP_PORT]: String(stack.plan.operatorPort),
      [ANSWER_TAP_FILE]: tapFile,
    });
    await stack.start('guard');
    await stack.start('gateway');
    await stack.linksUp();
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
    await stack.program('operator').stop();
    const answers = JSON.parse(readFileSync(tapFile, 'utf8')) as readonly AnswerDelay[];
    const experiencedMs = delayOf(answers, 'link1');
    const possible = (window * 1000) / experiencedMs;
    tell(
      {
        bench: 'round-trip',
        rtt_ms: rttMs,
        window,
        possible_per_second: Math.round(ideal),
        life_cycles_per_second: result.lifeCyclesPerSecond,
        share: round(result.lifeCyclesPerSecond / ideal, 3),
        answered_after_ms: round(experiencedMs, 2),
        share_of_experienced: round(result.lifeCyclesPerSecond / possible, 3),
        direct_per_second: direct.lifeCyclesPerSecond,
        direct_answered_after_ms: round(delayOf(answers, directAccount), 2),
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

/** The mean delay of the answers to one system_id, in ms. */
function delayOf(answers: readonly AnswerDelay[], systemId: string): number {
  const one = answers.find((delay) => delay.systemId === systemId);
  if (one === undefined || one.answers === 0) throw new Error(`no answers to ${systemId}`);
  return one.sumMs / one.answers;
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
