// Test vectors that lie beside the repository, not in it: `../shared/vectors` from its root. Absent: tests skip, visibly.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');

/** For the `skip` option of a test: false when the vectors are here, else the reason. */
export const withoutVectors: string | false = existsSync(folder) ? false : 'no vectors beside the repository';

/** The parsed vector file `name`. */
export function vectorFile(name: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
}
