// A guard between a scripted supplier and a scripted gateway, over real sockets, on a simulated disk that outlives it.
import { type GuardConfig, type LinkConfig, PLAIN_DIALECT, type UpstreamConfig } from '../../src/guard/config.ts';
import { type Guard, startGuard } from '../../src/guard/guard.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import { createLoop } from '../../src/host/loop.ts';
import { createNet } from '../../src/host/net.ts';
import type { Connection, Listener, Net } from '../../src/port/net.ts';
import type { Spill } from '../../src/port/spill.ts';
import type { World } from '../../src/port/world.ts';
import { openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { openSimPages } from '../../src/sim/pages.ts';
import { openSimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import { SECRET } from './orders.ts';
import { quiet } from './peers.ts';

const crypto = createCrypto();

/** What survives the guard. */
export class Disk {
  readonly journal = new SimJournalDisk();
  readonly spill = new SimSpillDisk();
  /** Records of every batch that ever became durable, trimmed ones too: what a public log would have been made of. */
  readonly history: Buffer[] = [];
  fate: 'durable' | 'full' | 'unknownLost' = 'durable';
  delayMs = 1;
  /** No run file can be written; how often it was tried. */
  runsFail = false;
  runs = 0;
  /** What guards on it have logged. */
  readonly said: string[] = [];
}

export function linkConfig(name: string, port: number, more: Partial<LinkConfig> = {}): LinkConfig {
  return {
    name,
    supplier: { name: `carrier-${name}`, jurisdiction: 'CH' },
    host: '127.0.0.1',
    port,
    tls: null,
    systemId: 'glaspost',
    password: 'secret',
    systemType: '',
    addressRange: '',
    modes: ['trx'],
    window: 50,
    throttlePerSecond: 1000,
    enquireLinkMs: 30_000,
    responseTimerMs: 2000,
    connectTimeoutMs: 1000,
    version: 0x34,
    tlv: 'letter',
    dialect: PLAIN_DIALECT,
    cost: 'CHF 0.0410',
    moUpstream: 'gateway',
    ...more,
  };
}

export const tokenUpstream: UpstreamConfig = {
  mode: 'token',
  name: 'gateway',
  password: 'up',
  tokenSecret: SECRET,
  links: [],
  allowedAddresses: [],
  maxBinds: 20,
  window: 500,
};

export interface RigOptions {
  readonly disk?: Disk;
  readonly links: readonly LinkConfig[];
  readonly upstreams?: readonly UpstreamConfig[];
  readonly more?: Partial<GuardConfig>;
  /** Run files instead of the simulated ones. */
  readonly spill?: Spill;
  /** How far its wall clock is ahead of the machine's. */
  readonly aheadMs?: () => number;
}

export function guardConfig(options: RigOptions): GuardConfig {
  return {
    name: 'guard',
    slot: 0,
    listen: [{ host: '127.0.0.1', port: 0, tls: null, proxies: null }],
    admin: null,
    upstreams: options.upstreams ?? [tokenUpstream],
    links: options.links,
    configHash: Buffer.alloc(32, 7),
    maxOpsInMemory: 10_000,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    ...options.more,
  };
}

export interface Running {
  readonly guard: Guard;
  readonly port: number;
  readonly disk: Disk;
  readonly halts: string[];
  /** Ends it as SIGKILL would: nothing more reaches disk or sockets. */
  kill(): void;
  stop(): Promise<void>;
}

export async function runGuard(options: RigOptions): Promise<Running> {
  const disk = options.disk ?? new Disk();
  const clock = createLoop();
  const { aheadMs } = options;
  const loop = aheadMs === undefined ? clock : { ...clock, now: () => clock.now() + aheadMs() };
  const real = createNet();
  const connections: Connection[] = [];
  const listeners: Listener[] = [];
  const net: Net = {
    async listen(listenOptions, accept) {
      const listener = await real.listen(listenOptions, (connection) => {
        connections.push(connection);
        accept(connection);
      });
      listeners.push(listener);
      return listener;
    },
    connect(connectOptions, handler) {
      const connection = real.connect(connectOptions, handler);
      // The dead connect no more: the socket goes before it stands.
      if (dead) connection.destroy();
      else connections.push(connection);
      return connection;
    },
  };
  let dead = false;
  const journal = openSimJournal(disk.journal, {
    loop,
    fate: () => ({ fate: disk.fate, delayMs: disk.delayMs }),
    keySyncMs: 10,
  });
  if (journal === null) throw new Error('the data is in use');
  const append = journal.append.bind(journal);
  journal.append = (slot, epoch, seq, batch, done) => {
    const records = Buffer.from(batch.records.subarray(0, batch.recordsLength));
    append(slot, epoch, seq, batch, (outcome, returned) => {
      if (outcome === 'durable') disk.history.push(records);
      done(outcome, returned);
    });
  };
  const say = (event: string): void => void disk.said.push(event);
  const flushFate = (): { readonly ok: boolean; readonly delayMs: number } => {
    disk.runs++;
    return { ok: !disk.runsFail, delayMs: 1 };
  };
  const world: World = {
    loop,
    net,
    crypto,
    http: {
      serve: () => Promise.reject(new Error('no http here')),
      post: () => Promise.reject(new Error('no http here')),
    },
    log: { ...quiet, info: say, warn: say, error: say },
    journal,
    pages: () => openSimPages(() => false),
    spill: () => options.spill ?? openSimSpill(disk.spill, { loop, flushFate, readDelayMs: () => 1 }),
  };
  const halts: string[] = [];
  const guard = await startGuard({ world, config: guardConfig(options), onHalt: (reason) => halts.push(reason) });
  return {
    guard,
    port: guard.ports[0] as number,
    disk,
    halts,
    kill() {
      dead = true;
      disk.journal.crash(0, false);
      disk.spill.crash();
      guard.core.halted = true;
      for (const connection of connections) connection.destroy();
      for (const listener of listeners) void listener.close();
    },
    async stop() {
      if (dead) return;
      await guard.stop();
      await journal.close();
      await guard.core.spill.close();
    },
  };
}

/** Waits until `holds`; fails after `limitMs`. Woken by what happens at the ends, and now and then for what happens within. */
export async function until(what: string, holds: () => boolean, limitMs = 8000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
