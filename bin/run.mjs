// `node bin/run.mjs <script.ts> [args]`: installs what is missing, then runs the script under the pinned Node.
// The scripts of package.json start here, so that a fresh clone needs no step before them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, execScript, root, SetupError, withSetupErrors } from './ensure.mjs';

await withSetupErrors(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) throw new SetupError('usage: node bin/run.mjs <script.ts> [args]');
  const path = join(root, script);
  if (!existsSync(path)) throw new SetupError(`there is no ${script} in this checkout`);
  ensureInstalled(true);
  execScript(path, args);
});
