// Entry of the gateway program: reads gateway.yaml, opens the world, runs until it is told to stop. Exit codes: 0 stopped,
// 1 failed, 2 configuration.
import { createApi } from '../api/api.ts';
import { Gateway } from '../gateway/gateway.ts';
import { GatewayServiceImpl } from '../gateway/gatewayService.ts';
import { createLog } from '../host/log.ts';
import type { HttpListener } from '../port/http.ts';
import { version } from './cliTools.ts';
import { openDataFolder } from './dataFolder.ts';
import { loadGatewayConfig } from './gatewayConfig.ts';
import { listening, smallWorkers, tellFaults } from './programs.ts';

/** Runs the gateway of one configuration file; resolves with the exit code. */
export async function runGateway(configPath: string): Promise<number> {
  const log = createLog('info').child({ program: 'gateway' });
  const { loaded, faults } = loadGatewayConfig(configPath, process.env);
  if (loaded === null) {
    tellFaults(configPath, faults);
    return 2;
  }
  smallWorkers();
  const owned = await openDataFolder('gateway', loaded.dataFolder, loaded.storageSecret, log);
  if (owned === null) return 1;
  const { world } = owned;
  const halted = Promise.withResolvers<number>();
  const gateway = new Gateway(world, loaded.gateway, () => halted.resolve(1));
  const service = new GatewayServiceImpl(gateway);
  const api = createApi(service, {
    loop: world.loop,
    crypto: world.crypto,
    secret: world.crypto.hmacSha256(owned.storageSecret, Buffer.from('glaspost api')),
    version: version(),
  });
  const opened = await listening(log, async (): Promise<{ readonly http: HttpListener | null }> => {
    let http: HttpListener | null = null;
    if (loaded.gateway.http !== null) {
      const { host, port, tls } = loaded.gateway.http;
      http = await world.http.serve({ host, port, tls }, api);
      log.info('HTTP listening', { host, port: http.port });
    }
    await gateway.start();
    return { http };
  });
  if (opened === null) return 1;
  log.info('ready', { smpp: gateway.customers.ports.map(String) });

  const stopping = Promise.withResolvers<number>();
  const stop = (): void => stopping.resolve(0);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('SIGHUP', () => reload(configPath, gateway, log.error));
  const code = await Promise.race([stopping.promise, halted.promise]);
  if (code !== 0) return code;
  log.info('stopping');
  await opened.http?.close();
  await gateway.stop();
  await owned.close();
  log.info('stopped');
  return 0;
}

function reload(
  configPath: string,
  gateway: Gateway,
  error: (event: string, fields?: { readonly [name: string]: readonly string[] }) => void,
): void {
  const { loaded, faults } = loadGatewayConfig(configPath, process.env);
  const found = loaded === null ? faults : gateway.reload(loaded.gateway);
  if (found.length > 0)
    error('the configuration was not taken; the old one stays', {
      faults: found.map((fault) => `${fault.path}: ${fault.message}`),
    });
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write('usage: gateway.ts CONFIG\n');
    process.exit(2);
  }
  // The exit code must hold even with a socket or worker still open: a halted gateway ends now.
  process.exit(await runGateway(path));
}
