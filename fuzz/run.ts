// `npm run fuzz -- --json --pdus 10000000`: spoilt PDUs against the running system, beside a customer in order.
import { parseArgs } from 'node:util';
import { endWithSignals } from '../bench/processes.ts';
import { runLive } from './live.ts';

const help = `npm run fuzz -- [--json] [--pdus 1000000] [--seed N] [--keep]

  --pdus N     spoilt PDUs in all: 85 % at the gateway, 10 % at the guard as upstreams, 5 % at the guard as a supplier
  --seed N     of all dice (default 1)
  --keep       leaves the run's folder (data, configuration) for a look
`;

const { values } = parseArgs({
  options: {
    pdus: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function live(): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const result = await runLive({
    pdus: Number(values.pdus),
    seed: Number(values.seed),
    keep: values.keep,
    progress: values.json ? () => {} : say,
    tell: say,
  });
  process.stdout.write(`${JSON.stringify(result, null, values.json ? 0 : 2)}\n`);
  return result.crashes + result.deaf === 0 ? 0 : 1;
}

endWithSignals();
if (values.help) process.stdout.write(help);
else process.exit(await live());
