// `npm run fuzz -- --json --pdus 10000000`: spoilt PDUs against the running system, beside a customer in order. With --only it runs
// fuzzers of single formats within this process.
import { scriptArguments } from '../bench/arguments.ts';
import { endWithSignals } from '../bench/processes.ts';
import { sendHex } from './hex.ts';
import { runLive } from './live.ts';
import { targets } from './targets/all.ts';
import { runTarget } from './targets/target.ts';

const help = `npm run fuzz -- [--json] [--pdus 1000000] [--seed 1] [--keep]
npm run fuzz -- --only NAME[,NAME…]|all [--cases 100000] [--case N] [--seed 1] [--json]
npm run fuzz -- --hex OCTETS

  --pdus N     spoilt PDUs in all: 85 % at the gateway, 10 % at the guard as upstreams, 5 % at the guard as a supplier
  --seed N     of all dice
  --keep       leaves the run's folder (data, configuration) for a look
  --only       formats: ${targets.map(({ name }) => name).join(', ')}
  --case N     this case alone, as a failure has told it
  --hex        sends these octets on a bound session of a fresh gateway and tells what came of it
`;

const values = scriptArguments('fuzz', {
  pdus: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string' },
  cases: { type: 'string', default: '100000' },
  case: { type: 'string', default: '-1' },
  hex: { type: 'string' },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

/** Long enough for a supplier that answers late, short enough to wait for the ends of it all. */
const LIFETIMES = { validityS: 60, graceS: 15 };

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function live(): Promise<number> {
  // SIGTERM ends the sending and lets the rest be told; a second one, or SIGINT, ends everything at once.
  const early = new AbortController();
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => {
    early.abort();
    process.once('SIGTERM', () => process.exit(143));
  });
  const result = await runLive({
    pdus: Number(values.pdus),
    seed: Number(values.seed),
    lifetimes: LIFETIMES,
    keep: values.keep,
    signal: early.signal,
    progress: values.json ? () => {} : say,
    tell: say,
  });
  process.stdout.write(`${JSON.stringify(result, null, values.json ? 0 : 2)}\n`);
  return result.crashes + result.deaf === 0 ? 0 : 1;
}

async function formats(names: readonly string[]): Promise<number> {
  const chosen = targets.filter(({ name }) => names.includes(name) || names.includes('all'));
  const unknown = names.filter((name) => name !== 'all' && !targets.some((target) => target.name === name));
  if (unknown.length > 0 || chosen.length === 0) {
    say(`fuzz: no format "${unknown.join(', ')}"; see --help`);
    return 2;
  }
  let failed = 0;
  const cases: Record<string, number> = {};
  for (const target of chosen) {
    const from = performance.now();
    try {
      await runTarget(target, Number(values.cases), Number(values.seed), Number(values.case));
      if (!values.json)
        say(`${target.name}: ${values.cases} cases in ${((performance.now() - from) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed++;
      say(`${(error as Error).message}\n${((error as Error).cause as Error).stack}`);
    }
    cases[target.name] = Number(values.cases);
  }
  process.stdout.write(`${JSON.stringify({ cases, failed })}\n`);
  return failed === 0 ? 0 : 1;
}

if (values.help) process.stdout.write(help);
else if (values.hex !== undefined) {
  endWithSignals();
  process.exit(await sendHex(Buffer.from(values.hex, 'hex'), say));
} else process.exit(await (values.only === undefined ? live() : formats(values.only.split(','))));
