// Waiting for what other processes do, and ports for them.
import { createServer } from 'node:net';

const WAIT_MS = 30_000;

/** Asks until the answer is true; fails with `what` when it takes too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = WAIT_MS): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come in ${limitMs} ms: ${what}`);
    await new Promise((go) => setTimeout(go, 25));
  }
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  return Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.once('error', fail);
          server.once('listening', () => {
            const address = server.address();
            server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
          });
        }),
    ),
  );
}
