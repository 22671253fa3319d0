// The harness against itself: the load generator bound straight to the operator, which is a message centre too. Tells how
// much of two cores the two take, so that a figure of the whole system can be read. `node bench/harness.ts --seconds 5`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OperatorAccountSetup, writeOperatorConfig } from './configs.ts';
import { round } from './load.ts';
import { OPEN_MAX } from './loadOptions.ts';
import { endWithSignals, fetchHandsets, lastJson, startProgram } from './processes.ts';
import { standardWorkload, Workload } from './workload.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    'warmup-seconds': { type: 'string', default: '2' },
    rate: { type: 'string', default: '0' },
    'max-open': { type: 'string', default: String(OPEN_MAX) },
    'grain-ms': { type: 'string', default: '1' },
    mixed: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

endWithSignals();
const folder = mkdtempSync(join(tmpdir(), 'glaspost-bench-'));
try {
  // Only the accounts are of interest here: no recipients are made in this process.
  const workload = new Workload({ ...standardWorkload, prefixes: 1, recipients: 1 });
  const accounts: OperatorAccountSetup[] = Array.from({ length: standardWorkload.accounts }, (_, index) =>
    workload.account(index),
  );
  const operator = await startProgram(
    'operator',
    [
      'src/main/operator.ts',
      '--config',
      writeOperatorConfig(folder, accounts, Number(values['grain-ms'])),
      '--port',
      '0',
      '--http-port',
      '0',
      '--quiet',
    ],
    'operator listening',
  );
  const port = Number(operator.ready['port']);
  const httpPort = Number(operator.ready['httpPort']);
  const before = operator.usage();
  const load = await startProgram(
    'load',
    [
      'bench/loadMain.ts',
      ...[
        '--port',
        String(port),
        '--seconds',
        values.seconds,
        '--warmup-seconds',
        values['warmup-seconds'],
        '--rate',
        values.rate,
      ],
      ...['--max-open', values['max-open'], '--handsets', `http://127.0.0.1:${httpPort}`, '--quiet'],
      ...(values.mixed ? ['--mixed'] : []),
    ],
    null,
  );
  await load.ended;
  const result = lastJson(load.output()) as { readonly submitted: number };
  const after = operator.usage();
  const summary = await fetchHandsets(httpPort);
  await operator.stop();
  process.stdout.write(
    `${JSON.stringify({ ...result, operatorCpuUs: round((after.cpuMicros - before.cpuMicros) / result.submitted, 2), operatorPeakRssMb: Math.round(after.peakRssBytes / 2 ** 20), summary })}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
