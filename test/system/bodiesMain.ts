// `npm run bodies`: the long form. 10,000 texts, others that live on among them, and the bound of 120 s. One line of JSON at
// the end with `--json`; then "1 passed, 0 failed, 0 skipped" for .ci/run.
import { scriptArguments } from '../../bench/arguments.ts';
import { proveBodies } from './bodies.ts';

const TEXTS = 10_000;
const LIVING_ONE_IN = 100;
const BOUND_MS = 120_000;

const { json, help } = scriptArguments('bodies', { json: { type: 'boolean' }, help: { type: 'boolean' } });
if (help === true) {
  process.stdout.write(`npm run bodies -- [--json]

  10,000 messages are sent: all texts open from a raw copy of the data folder taken while they live, none from one taken
  120 s after their end. Some four minutes; --json ends with one line of JSON.
`);
  process.exit(0);
}
const say = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const result = await proveBodies({ texts: TEXTS, livingOneIn: LIVING_ONE_IN, boundMs: BOUND_MS, say });
  say(`${result.opened_before} opened while they lived, ${result.opened_after} after their end`);
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : '1 passed, 0 failed, 0 skipped\n');
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stdout.write(json === true ? '{"failed":1}\n' : '0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
}
