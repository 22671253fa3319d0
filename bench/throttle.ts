// Do the links keep their limits, and use them? Real processes under more load than the limits let through, long messages among
// it; measured at the guard's writes, beneath everything that is ours (bench/writeTap.ts): the fullest second of each link
// against its limit, and the mean over the interval against it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { scriptArguments } from './arguments.ts';
import { round } from './load.ts';
import { startLoad, tell } from './loadRun.ts';
import { root } from './processes.ts';
import { Stack } from './stack.ts';
import { standardWorkload, Workload } from './workload.ts';
import { TAP_FILE, TAP_PORT, type TappedLink } from './writeTap.ts';

const WARM_UP_SECONDS = 4;
/** The generator goes on for so long behind the interval, so that every link has something to send until its end. */
const SPARE_SECONDS = 2;

interface ThrottleOptions {
  readonly limits: readonly number[];
  readonly seconds: number;
  readonly json: boolean;
  readonly keep: boolean;
}

async function runThrottle(options: ThrottleOptions): Promise<number> {
  const { limits, seconds } = options;
  const sum = limits.reduce((all, one) => all + one, 0);
  const shape = { links: limits.length, linkWindow: 1000, linkThrottles: limits };
  const stack = await Stack.prepare(new Workload({ ...standardWorkload, recipients: 1 }), [], undefined, shape);
  const tapFile = join(stack.plan.folder, 'writes.json');
  try {
    await stack.start('operator');
    await stack.start('guard', {
      NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'bench/writeTap.ts')).href}`,
      [TAP_PORT]: String(stack.plan.operatorPort),
      [TAP_FILE]: tapFile,
    });
    await stack.start('gateway');
    await stack.linksUp();
    const load = await startLoad(stack, {
      seconds: seconds + SPARE_SECONDS,
      warmupSeconds: WARM_UP_SECONDS,
      // Seconds of all links together wait, so that none runs dry while another does not.
      maxOpen: 6 * sum,
      mixed: true,
      drainSeconds: 0,
    });
    if ((await load.ended) !== 0) throw new Error(`load generator failed: ${load.errors()}`);
    const cpu = stack.program('guard').usage().cpuMicros;
    await stack.program('guard').stop();
    const tapped = JSON.parse(readFileSync(tapFile, 'utf8')) as readonly TappedLink[];
    const links = limits.map((limit, index) =>
      judge(limit, seconds, tapped.find(({ link }) => link === `link${index + 1}`) ?? null),
    );
    const figures = {
      bench: 'throttle',
      seconds,
      segments: links.reduce((all, one) => all + one.segments, 0),
      worst_over_limit: Math.max(...links.map((one) => one.fullest_second_minus_limit)),
      least_share_of_limit: Math.min(...links.map((one) => one.mean_over_limit)),
      guard_cpu_us_per_segment: round(cpu / links.reduce((all, one) => all + one.segments, 1), 1),
      links,
    };
    tell(figures, options.json);
    return figures.worst_over_limit <= 1 && figures.least_share_of_limit >= 0.98 ? 0 : 1;
  } finally {
    await stack.stop(options.keep);
  }
}

function judge(limit: number, seconds: number, tapped: TappedLink | null) {
  const times = [...(tapped?.times ?? [])].sort((a, b) => a - b);
  const from = (times[0] ?? 0) + WARM_UP_SECONDS * 1000;
  const to = from + seconds * 1000;
  const within = times.filter((at) => at >= from && at < to).length;
  return {
    limit,
    segments: times.length,
    fullest_second_minus_limit: fullestSecond(times) - limit,
    mean_over_limit: round(within / seconds / limit, 4),
    not_taken_at_once: tapped?.late ?? 0,
  };
}

/** The most writes in any window [t, t + 1 s), the warm-up included. */
function fullestSecond(times: readonly number[]): number {
  let most = 0;
  for (let to = 0, from = 0; to < times.length; to += 1) {
    while ((times[to] as number) - (times[from] as number) >= 1000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

export function throttleMain(args: readonly string[]): Promise<number> {
  const values = scriptArguments(
    'bench throttle',
    {
      json: { type: 'boolean', default: false },
      limits: { type: 'string', default: '200,1000,5000' },
      seconds: { type: 'string', default: '60' },
      keep: { type: 'boolean', default: false },
    },
    args,
  );
  return runThrottle({
    limits: values.limits.split(',').map(Number),
    seconds: Number(values.seconds),
    json: values.json,
    keep: values.keep,
  });
}
