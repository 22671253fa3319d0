// Configuration files of the programs under test, written into a folder of the run. Secrets go into files of their own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface OperatorAccountSetup {
  readonly systemId: string;
  readonly password: string;
}

/** operator.yaml of the standard workload: handsets as digests, answers after 5–20 ms, receipts after 1 s. Its path. */
export function writeOperatorConfig(folder: string, accounts: readonly OperatorAccountSetup[], grainMs = 1): string {
  const path = join(folder, 'operator.yaml');
  writeFileSync(
    path,
    stringify({
      accounts: accounts.map(({ systemId, password }) => ({
        system_id: systemId,
        password: secretFile(folder, `operator-${systemId}`, password),
      })),
      behaviour: { latency: '5-20ms', 'receipt-delay': '1s' },
      handsets: 'counts',
      grain_ms: grainMs,
    }),
  );
  return path;
}

/** A secret in a file of its own beside the configuration; the reference to it. */
export function secretFile(folder: string, name: string, value: string): { readonly file: string } {
  writeFileSync(join(folder, `${name}.secret`), value, { mode: 0o600 });
  return { file: `${name}.secret` };
}
