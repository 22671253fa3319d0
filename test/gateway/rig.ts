// A gateway in a world that the test moves: pipes instead of sockets, a journal and spills that outlive a crash, a guard and a
// customer that do what the test says. Nothing here waits for real time.
import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { GatewayConfig } from '../../src/gateway/config.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { GatewayServiceImpl } from '../../src/gateway/gatewayService.ts';
import type { Crypto } from '../../src/port/crypto.ts';
import type { HttpPostOutcome } from '../../src/port/http.ts';
import type { World } from '../../src/port/world.ts';
import { type AppendFate, openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { openSimPages } from '../../src/sim/pages.ts';
import { openSimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import { peerOptions } from '../driver/owner.ts';
import { ManualLoop, PipeNet, silentLog } from '../driver/world.ts';

import { GUARD_PORT, gatewayConfig, SMPP_PORT } from './configs.ts';
import { Customer } from './customer.ts';
import { FakeGuard } from './fakeGuard.ts';

export const testCrypto: Crypto = {
  sha256Octets: (octets) => createHash('sha256').update(octets).digest('latin1'),
  sha256: (input) => createHash('sha256').update(input).digest(),
  hmacSha256: (key, input) => createHmac('sha256', key).update(input).digest(),
  randomFill: (target) => void randomFillSync(target),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  hashPassword: () => Promise.reject(new Error('not in tests')),
  verifyPassword: () => Promise.resolve(false),
};

export class Rig {
  readonly loop = new ManualLoop();
  readonly net = new PipeNet(this.loop);
  readonly disk = new SimJournalDisk();
  readonly spills = new Map<string, SimSpillDisk>();
  readonly posts: {
    readonly url: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }[] = [];
  postOutcome: HttpPostOutcome = { code: 'answered', status: 200, retryAfterMs: null };
  guard = new FakeGuard();
  fate: AppendFate = 'durable';
  commitMs = 1;
  halted: string | null = null;
  config: GatewayConfig;
  gateway: Gateway | null = null;

  constructor(config: GatewayConfig = gatewayConfig()) {
    this.config = config;
  }

  get core() {
    if (this.gateway === null) throw new Error('no gateway runs');
    return this.gateway.core;
  }
  get service(): GatewayServiceImpl {
    if (this.gateway === null) throw new Error('no gateway runs');
    return new GatewayServiceImpl(this.gateway);
  }

  async start(): Promise<this> {
    await listenSmpp<number>(
      { loop: this.loop, net: this.net, log: silentLog },
      {
        listen: {
          host: '',
          port: GUARD_PORT,
          tls: null,
          proxies: null,
          maxConnectionsPerAddress: 99,
          maxConnections: 99,
        },
        peer: { ...peerOptions, window: 1000, inboundWindow: 500 },
        maxUnbound: 99,
        acceptsPerSecond: 1000,
        outbinds: false,
      },
      this.guard,
    );
    return this.startGateway();
  }

  async startGateway(passMs = 3000): Promise<this> {
    const journal = openSimJournal(this.disk, {
      loop: this.loop,
      fate: () => ({ fate: this.fate, delayMs: this.commitMs }),
      keySyncMs: 1000,
    });
    if (journal === null) throw new Error('the journal is open');
    const world: World = {
      loop: this.loop,
      net: this.net,
      crypto: testCrypto,
      log: silentLog,
      journal,
      http: {
        serve: () => Promise.reject(new Error('no HTTP here')),
        post: (options) => {
          this.posts.push(options);
          return Promise.resolve(this.postOutcome);
        },
      },
      pages: () => openSimPages(() => false),
      spill: (name) => {
        const disk = this.spills.get(name) ?? new SimSpillDisk();
        this.spills.set(name, disk);
        return openSimSpill(disk, {
          loop: this.loop,
          flushFate: () => ({ ok: true, delayMs: 5 }),
          readDelayMs: () => 1,
        });
      },
    };
    this.gateway = new Gateway(world, this.config, (reason) => {
      this.halted = reason;
    });
    const started = this.gateway.start();
    await this.pass(passMs);
    await started;
    return this;
  }

  /** The gateway dies in the middle of things: connections break, what was not durable is lost. */
  crash(stored = 0): void {
    for (const pipe of this.net.pipes) pipe.cut();
    this.net.pipes.length = 0;
    this.disk.crash(stored, false);
    for (const spill of this.spills.values()) spill.crash();
    this.loop.forget();
    this.gateway = null;
  }

  async customer(
    name = 'acme',
    password = 'secret',
    mode: 'trx' | 'tx' | 'rx' = 'trx',
    version = 0x34,
    takes: Customer['takes'] = () => 0,
  ): Promise<Customer> {
    const customer = new Customer();
    customer.takes = takes;
    const client = new SmppClient<number>(
      { loop: this.loop, net: this.net, log: silentLog },
      {
        connect: { host: 'gw', port: SMPP_PORT, connectTimeoutMs: 1000, tls: null },
        peer: { ...peerOptions, interfaceVersion: version, window: 50, inboundWindow: 50 },
        bind: { systemId: name, password, systemType: '', addrTon: 0, addrNpi: 0, addressRange: '' },
        modes: [mode],
        reconnectMinMs: 1000,
        reconnectMaxMs: 5000,
        refusedMinMs: 3_600_000,
        refusedMaxMs: 3_600_000,
      },
      customer,
    );
    client.start();
    await this.pass(50);
    return customer;
  }

  /** Lets time pass in steps, with room for promises between them. */
  async pass(ms: number): Promise<void> {
    const step = Math.max(1, Math.min(25, ms));
    for (let passed = 0; passed < ms; passed += step) {
      this.loop.pass(step);
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.loop.settle();
    }
  }

  async credit(amount: number, reference = 'first', name = 'acme'): Promise<void> {
    const credited = this.service.credit(name, amount, reference);
    await this.pass(20);
    await credited;
  }
}
