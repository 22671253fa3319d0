// Entry of the guard program: reads guard.yaml, opens the world, runs until it is told to stop. Exit codes: 0 stopped,
// 1 failed (a journal that cannot be trusted among it), 2 configuration.
import { startGuard } from '../guard/guard.ts';
import { createLog } from '../host/log.ts';
import { openDataFolder } from './dataFolder.ts';
import { loadGuardConfig } from './guardConfig.ts';
import { listening, smallWorkers, tellFaults } from './programs.ts';

/** Runs the guard of one configuration file; resolves with the exit code. */
export async function runGuard(configPath: string): Promise<number> {
  const log = createLog('info').child({ program: 'guard' });
  const { loaded, faults } = loadGuardConfig(configPath, process.env);
  if (loaded === null) {
    tellFaults(configPath, faults);
    return 2;
  }
  smallWorkers();
  const owned = await openDataFolder('guard', loaded.dataFolder, loaded.storageSecret, log);
  if (owned === null) return 1;
  const { world } = owned;
  const halted = Promise.withResolvers<number>();
  const start = () => startGuard({ world, config: loaded.guard, onHalt: () => halted.resolve(1) });
  const guard = await listening(log, start);
  if (guard === null) return 1;
  log.info('ready', { smpp: guard.ports.map(String), admin: guard.adminPort });

  const stopping = Promise.withResolvers<number>();
  const stop = (): void => stopping.resolve(0);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => {
    const again = loadGuardConfig(configPath, process.env);
    if (again.loaded !== null) guard.reload(again.loaded.guard);
    else
      log.error('the configuration was not taken; the old one stays', {
        faults: again.faults.map((one) => `${one.path}: ${one.message}`),
      });
  });
  const code = await Promise.race([stopping.promise, halted.promise]);
  if (code !== 0) return code;
  log.info('stopping');
  await guard.stop();
  await owned.close();
  log.info('stopped');
  return 0;
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write('usage: guard.ts CONFIG\n');
    process.exit(2);
  }
  // The exit code must hold even with a socket or worker still open: a halted guard ends now.
  process.exit(await runGuard(path));
}
