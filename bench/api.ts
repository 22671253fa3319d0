// The HTTP API alone: one-by-one POSTs over sockets against a service in memory, so that the figure is the price of HTTP, JSON,
// validation and routing. Server and load run in a process each. `node bench/api.ts [--seconds 5] [--json]`.
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApi } from '../src/api/api.ts';
import { createCrypto } from '../src/host/crypto.ts';
import { createHttp } from '../src/host/http.ts';
import { createLoop } from '../src/host/loop.ts';
import { apiKey, MemoryService } from '../test/api/memoryService.ts';

const CONNECTIONS = 32;
/** Time in which the server's code gets hot. */
const WARM_UP_MS = 4000;

const body = JSON.stringify({
  to: '+4915112345678',
  from: 'Glaspost',
  text: 'Your parcel will be delivered today between 10 and 12.',
  reference: 'order-4711',
});

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, json: { type: 'boolean' }, serve: { type: 'boolean' } },
});
if (values.serve === true) await serve();
else await measure(Number(values.seconds));

/** The server: tells its port, and its CPU time whenever a line comes in. */
async function serve(): Promise<void> {
  const service = new MemoryService();
  service.keep = false;
  const api = createApi(service, {
    loop: createLoop(),
    crypto: createCrypto(),
    secret: Buffer.alloc(32),
    version: '0',
  });
  const { port } = await createHttp().serve({ host: '127.0.0.1', port: 0, tls: null }, api);
  process.stdout.write(`${port}\n`);
  process.stdin.on('data', () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${user + system}\n`);
  });
  process.stdin.on('end', () => process.exit(0));
}

async function measure(seconds: number): Promise<void> {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), '--serve'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await nextLine(server);
  const load = startLoad(port);
  await new Promise((done) => setTimeout(done, WARM_UP_MS));
  const [cpuBefore, countBefore, startedMs] = [await ask(server), load.answered(), performance.now()];
  await new Promise((done) => setTimeout(done, seconds * 1000));
  const [cpuAfter, countAfter, endedMs] = [await ask(server), load.answered(), performance.now()];
  load.stop();
  server.stdin?.end();
  const requests = countAfter - countBefore;
  const cpuUs = (cpuAfter - cpuBefore) / requests;
  const result = {
    requests_per_second: Math.round((requests / (endedMs - startedMs)) * 1000),
    cpu_us: Math.round(cpuUs * 10) / 10,
    per_core_per_second: Math.round(1e6 / cpuUs),
    failed: load.failed(),
  };
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify(result)}\n`
      : `${result.requests_per_second} requests/s; ${result.cpu_us} µs of CPU each, all threads: ${result.per_core_per_second}/s on one core; ${result.failed} failed\n`,
  );
}

async function ask(server: ChildProcess): Promise<number> {
  server.stdin?.write('\n');
  return nextLine(server);
}

function nextLine(server: ChildProcess): Promise<number> {
  return new Promise((done) => server.stdout?.once('data', (line: Buffer) => done(Number(line.toString()))));
}

/** Closed loop: every connection sends its next request when the answer to the last one is there. */
function startLoad(port: number): { answered(): number; failed(): number; stop(): void } {
  const request = `POST /api/v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  let answered = 0;
  let failed = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    let input = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => {
      input += chunk.toString('latin1');
      const head = input.indexOf('\r\n\r\n');
      const length = /content-length: ([0-9]+)/i.exec(input)?.[1];
      if (head < 0 || length === undefined || input.length < head + 4 + Number(length)) return;
      if (!input.startsWith('HTTP/1.1 202 ')) failed += 1;
      answered += 1;
      input = '';
      socket.write(request);
    });
    return socket;
  });
  return {
    answered: () => answered,
    failed: () => failed,
    stop: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
