// What the entry points of both programs share: how faults of a configuration and of endpoints are told, and the
// data folder's own secret.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { ConfigFault } from '../base/result.ts';
import { writeFileDurably } from '../host/durable.ts';
import type { Log } from '../port/log.ts';

const STORAGE_KEY_OCTETS = 32;

/**
 * Flags of the runtime for gateway and guard. A young generation of 32 MiB instead of 16: what a message allocates dies within
 * the turn or within a second, and a larger one is collected less often (measured: 7 % less CPU per life cycle).
 */
export const RUNTIME_FLAGS: readonly string[] = ['--max-semi-space-size=32', '--min-semi-space-size=32'];

/**
 * The C library's allocator for gateway and guard: blocks from 128 KiB on are mapped on their own and given back when freed. By
 * default that bound grows to 32 MiB with use, and buffers of megabytes then break up its heap (measured with 1,000,000
 * waiting messages: 300 MB less in both).
 */
export const RUNTIME_ENVIRONMENT: { readonly [name: string]: string } = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_ARENA_MAX: '2',
};

/** To be called before threads are started: they keep little that is young, and the large young generation is the main thread's alone. */
export function smallWorkers(): void {
  setFlagsFromString('--min-semi-space-size=1');
  setFlagsFromString('--max-semi-space-size=4');
}

/** Why the operating system does not let a program listen, and what helps; by the code of its error. */
const LISTEN_FAULTS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program listens there: end it, or choose another port'],
  ['EADDRNOTAVAIL', 'this machine has no such address: choose one of its own, or 0.0.0.0 for all'],
  ['EACCES', 'not permitted: ports below 1024 need a right of their own (CAP_NET_BIND_SERVICE)'],
  ['ENOTFOUND', 'there is no host of this name'],
]);

/** Runs what opens the endpoints of a program. Null: one cannot be had, and `log` says which and why. */
export async function listening<T>(log: Log, open: () => Promise<T>): Promise<T | null> {
  try {
    return await open();
  } catch (error) {
    const { code, address, hostname, port } = error as NodeJS.ErrnoException & {
      readonly address?: string;
      readonly hostname?: string;
      readonly port?: number;
    };
    const reason = LISTEN_FAULTS.get(code ?? '');
    if (reason === undefined) throw error;
    log.error('cannot listen', { host: address ?? hostname ?? '', port: port ?? 0, reason });
    return null;
  }
}

/** One fault per line, each with its place and what would be right. */
export function tellFaults(configPath: string, faults: readonly ConfigFault[]): void {
  process.stderr.write(`${configPath}: ${faults.length} fault${faults.length === 1 ? '' : 's'}\n`);
  for (const fault of faults)
    process.stderr.write(`  ${fault.path === '' ? '(file)' : fault.path}: ${fault.message}\n`);
}

/** Where no storage secret is configured, one is made beside the data: it protects copies of the journal alone. */
export function ownStorageSecret(folder: string): Buffer {
  const path = join(folder, 'storage.key');
  // Nothing is sealed under a secret that a power cut could take away.
  if (!existsSync(path)) writeFileDurably(path, randomBytes(STORAGE_KEY_OCTETS).toString('hex'));
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
}
