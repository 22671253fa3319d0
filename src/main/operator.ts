// `glaspost operator`: the simulated operator as a program of its own, over Node's sockets.
import { closeSync, openSync, writeSync } from 'node:fs';
import { createHttp } from '../host/http.ts';
import { createLog } from '../host/log.ts';
import { createLoop } from '../host/loop.ts';
import { createNet } from '../host/net.ts';
import { type HandsetLog, Operator } from '../operator/operator.ts';
import type { Loop } from '../port/loop.ts';
import { operatorHelp, readOperatorArguments } from './operatorConfig.ts';

/**
 * Runs until SIGINT or SIGTERM; the exit code. The first line on standard output is JSON with the ports:
 * `{"event":"operator listening","port":2775,"httpPort":8085}`.
 */
export async function operatorMain(args: readonly string[]): Promise<number> {
  const read = readOperatorArguments(args, process.env);
  if (read.kind === 'help') {
    process.stdout.write(operatorHelp);
    return 0;
  }
  if (read.kind === 'faults') {
    for (const fault of read.faults)
      process.stderr.write(`operator: ${fault.path === '' ? '' : `${fault.path}: `}${fault.message}\n`);
    return 2;
  }
  const { config, handsetLog, quiet } = read.start;
  const loop = createLoop();
  const file = handsetLog === null ? null : openHandsetLog(handsetLog, loop);
  const operator = new Operator(
    { loop, net: createNet(loop.input), http: createHttp(), log: createLog('info') },
    config,
    file?.log ?? null,
  );
  let ports: { readonly port: number; readonly httpPort: number | null };
  try {
    ports = await operator.start();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw error;
    process.stderr.write(`operator: cannot listen: ${message}; choose --port and --http-port\n`);
    return 1;
  }
  process.stdout.write(
    `${JSON.stringify({ event: 'operator listening', port: ports.port, httpPort: ports.httpPort, pid: process.pid })}\n`,
  );
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
  await operator.stop();
  file?.close();
  if (!quiet) process.stdout.write(`${JSON.stringify({ event: 'operator stopped', ...operator.status() })}\n`);
  return 0;
}

/** Lines gathered up to this size, or for this long, before they are written. */
const LOG_BYTES = 64 * 1024;
const LOG_WAIT_MS = 100;

/** Appends `milliseconds number digest parts` per whole message. */
function openHandsetLog(path: string, loop: Loop): { readonly log: HandsetLog; readonly close: () => void } {
  const descriptor = openSync(path, 'a');
  let lines = '';
  let waiting = false;
  const write = (): void => {
    waiting = false;
    if (lines.length > 0) writeSync(descriptor, lines);
    lines = '';
  };
  return {
    log: (number, digest, parts) => {
      const high = digest.high.toString(16).padStart(8, '0');
      const low = digest.low.toString(16).padStart(8, '0');
      lines += `${loop.now()} ${number} ${high}${low} ${parts}\n`;
      if (lines.length > LOG_BYTES) write();
      else if (!waiting) {
        waiting = true;
        loop.wakeAt(loop.monotonic() + LOG_WAIT_MS, write);
      }
    },
    close: () => {
      write();
      closeSync(descriptor);
    },
  };
}

if (import.meta.main) process.exitCode = await operatorMain(process.argv.slice(2));
