#!/usr/bin/env node
// The command `glaspost`: runs src/main/cli.ts under the pinned Node, which it installs first where it is missing.
import { join } from 'node:path';
import { ensureInstalled, execScript, root, withSetupErrors } from './ensure.mjs';

await withSetupErrors(async () => {
  ensureInstalled(false);
  execScript(join(root, 'src', 'main', 'cli.ts'), process.argv.slice(2));
});
