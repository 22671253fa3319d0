// `npm run interop`: runs every suite with the real peers that this machine has, one after the other, and counts.
import { parseArgs } from 'node:util';
import { readable } from '../bench/arguments.ts';
import { Place, type Suite, sleep } from './harness.ts';
import { suites } from './suites.ts';

const HELP = `npm run interop -- [--json] [--no-skips] [WORD …]

  --json       progress on standard error, one line of JSON at the end of standard output
  --no-skips   an absent peer is a failure, as in CI; else its suites are skipped by name
  WORD         only suites whose name has one of the words: ${suites.map((suite) => suite.name).join(', ')}
`;

interface Skip {
  readonly suite: string;
  readonly reason: string;
}

async function runSuite(suite: Suite, say: (line: string) => void): Promise<boolean> {
  const place = new Place(suite.name);
  const interrupted = (): void => {
    void place.close().then(() => process.exit(130));
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const started = Date.now();
  const took = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  try {
    const late = sleep(suite.timeoutMs).then(() => {
      throw new Error(`not done after ${suite.timeoutMs / 1000} s`);
    });
    const report = await Promise.race([suite.run(place), late]);
    say(`✔ ${suite.name}: ${report} (${took()})`);
    return true;
  } catch (error) {
    say(`✖ ${suite.name} (${took()})\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    say(place.lastWords(15));
    return false;
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await place.close();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = readable('interop', () =>
    parseArgs({
      options: { json: { type: 'boolean' }, 'no-skips': { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: true,
    }),
  );
  if (values.help === true) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const say = (line: string): void => {
    (values.json === true ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const chosen = suites.filter(
    (suite) => positionals.length === 0 || positionals.some((word) => suite.name.includes(word)),
  );
  const skipped: Skip[] = [];
  let passed = 0;
  let failed = 0;
  for (const [index, suite] of chosen.entries()) {
    const absent = suite.needs.filter((need) => !need.present());
    if (absent.length === 0) {
      say(`▶ [${index + 1}/${chosen.length}] ${suite.name}`);
      if (await runSuite(suite, say)) passed += 1;
      else failed += 1;
      continue;
    }
    const reason = absent.map((need) => `${need.what} is absent (Debian package ${need.debianPackage})`).join(', ');
    if (values['no-skips'] === true) {
      say(`✖ ${suite.name}: ${reason}, and --no-skips forbids to skip it`);
      failed += 1;
    } else {
      say(`﹣ ${suite.name}: skipped: ${reason}`);
      skipped.push({ suite: suite.name, reason });
    }
  }
  if (chosen.length === 0) {
    say('✖ no suite has such a name');
    failed += 1;
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify({ passed, failed, skipped })}\n`);
  else say(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  // A suite that ran out of time may still wait for something; nothing of it matters any more.
  process.exit(failed === 0 ? 0 : 1);
}

await main();
