// A guard between a scripted supplier and a scripted gateway, over real sockets, on a simulated disk that outlives it.
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { PeerHandler, PeerOptions, SmppClientHandler, SmppPeer, SmppServer } from '../../src/driver/types.ts';
import { orderToken, tokenKey } from '../../src/egress/orderToken.ts';
import { type GuardConfig, type LinkConfig, PLAIN_DIALECT, type UpstreamConfig } from '../../src/guard/config.ts';
import { type Guard, startGuard } from '../../src/guard/guard.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import { createLoop } from '../../src/host/loop.ts';
import { createNet } from '../../src/host/net.ts';
import type { Log } from '../../src/port/log.ts';
import type { Connection, Listener, Net } from '../../src/port/net.ts';
import type { World } from '../../src/port/world.ts';
import { defaultTimers } from '../../src/session/defaults.ts';
import { openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { openSimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import { messageIdResp } from '../../src/smpp/make.ts';
import {
  type AlertNotification,
  type DeliverSm,
  deliverSm,
  type MessageIdResp,
  type Pdu,
  type SubmitSm,
  submitSm,
  type Tlv,
} from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { decodeOutcomes, HopTag, type SegmentOutcome } from '../../src/smpp/vendor.ts';

export const SECRET = Buffer.from('test token secret');
const crypto = createCrypto();

export const peerOptions: PeerOptions = {
  emission: 'direct',
  interfaceVersion: 0x50,
  window: 100,
  inboundWindow: 1000,
  timers: { ...defaultTimers, responseMs: 5000 },
  maxPduBytes: 70_000,
  tlv: 'always',
};

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };

/** What survives the guard. */
export class Disk {
  readonly journal = new SimJournalDisk();
  readonly spill = new SimSpillDisk();
  /** Records of every batch that ever became durable, trimmed ones too: what a public log would have been made of. */
  readonly history: Buffer[] = [];
  fate: 'durable' | 'full' | 'unknownLost' = 'durable';
  delayMs = 1;
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
  const loop = createLoop();
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
  const world: World = {
    loop,
    net,
    crypto,
    http: {
      serve: () => Promise.reject(new Error('no http here')),
      post: () => Promise.reject(new Error('no http here')),
    },
    log: quiet,
    journal,
    spill: () => openSimSpill(disk.spill, { loop, flushFate: () => ({ ok: true, delayMs: 1 }), readDelayMs: () => 1 }),
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

/** A message centre that answers by script. */
export class Supplier implements PeerHandler<number> {
  server: SmppServer<number> | null = null;
  readonly submits: SubmitSm[] = [];
  readonly sequences: number[] = [];
  readonly peers: SmppPeer<number>[] = [];
  readonly answers: { readonly token: number; readonly status: number }[] = [];
  readonly commands: string[] = [];
  #next = 1;
  onSubmit: (peer: SmppPeer<number>, pdu: SubmitSm) => void = (peer, pdu) =>
    this.accept(peer, pdu, (this.#next++).toString());
  onBind: (peer: SmppPeer<number>) => void = (peer) => peer.acceptBind('mc');
  #waiters: (() => void)[] = [];

  async open(port = 0): Promise<number> {
    this.server = await listenSmpp(
      { loop: createLoop(), net: createNet(), log: quiet },
      {
        listen: { host: '127.0.0.1', port, tls: null, proxies: null, maxConnectionsPerAddress: 50, maxConnections: 50 },
        peer: { ...peerOptions, interfaceVersion: 0x34 },
        maxUnbound: 50,
        acceptsPerSecond: 1000,
        outbinds: false,
      },
      this,
    );
    return this.server.port;
  }

  accept(peer: SmppPeer<number>, pdu: SubmitSm, id: string): void {
    peer.respond(pdu.sequence, messageIdResp('submit_sm_resp', 0, 0, id));
  }

  receipt(
    peer: SmppPeer<number>,
    id: string,
    word: string,
    from: string,
    token = 0,
    more: Partial<DeliverSm> = {},
  ): void {
    const text = `id:${id} sub:001 dlvrd:001 submit date:2611250800 done date:2611250801 stat:${word} err:000 text:`;
    peer.send(
      deliverSm({
        sourceAddr: from,
        sourceAddrTon: 1,
        sourceAddrNpi: 1,
        destinationAddr: 'Glaspost',
        esmClass: 4,
        shortMessage: Buffer.from(text),
        ...more,
      }),
      token,
    );
  }

  bindRequested(peer: SmppPeer<number>, pdu: Pdu): void {
    this.commands.push(pdu.command);
    this.onBind(peer);
  }
  bound(peer: SmppPeer<number>): void {
    this.peers.push(peer);
    this.#wake();
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'submit_sm') return;
    this.sequences.push(pdu.sequence);
    this.submits.push({ ...pdu, shortMessage: Buffer.from(pdu.shortMessage) });
    this.onSubmit(peer, pdu);
    this.#wake();
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.answers.push({ token, status: pdu.status });
    this.#wake();
  }
  closed(peer: SmppPeer<number>): void {
    const at = this.peers.indexOf(peer);
    if (at >= 0) this.peers.splice(at, 1);
    this.#wake();
  }
  failed(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  bindRefused(): void {}
  outbindRequested(): void {}

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

export interface OrderSpec {
  readonly op: string;
  readonly text?: string;
  readonly to?: string;
  readonly segments?: number;
  readonly validitySeconds?: number;
  readonly tlvs?: readonly Tlv[];
  readonly dataCoding?: number;
  readonly badToken?: boolean;
  readonly flags?: number;
  readonly lane?: number;
}

export function order(link: string, spec: OrderSpec): SubmitSm {
  const op = spec.op.padEnd(16, '.').slice(0, 16);
  const body = Buffer.from(spec.text ?? 'hello from the gateway', 'latin1');
  const segments = spec.segments ?? 1;
  const validitySeconds = spec.validitySeconds ?? 3600;
  const destination = spec.to ?? '41790000001';
  const token = orderToken(
    tokenKey(spec.badToken ? Buffer.from('other') : SECRET, crypto.sha256Latin1),
    {
      op,
      link,
      sourceTon: 5,
      sourceNpi: 0,
      source: 'Glaspost',
      destination,
      dataCoding: spec.dataCoding ?? 0,
      udhi: false,
      segmentCount: segments,
      validitySeconds,
      bodyDigest: crypto.sha256Latin1(body.toString('latin1')),
    },
    crypto.sha256Latin1,
  );
  const h = Math.floor(validitySeconds / 3600);
  const two = (n: number): string => String(n).padStart(2, '0');
  return submitSm({
    sourceAddrTon: 5,
    sourceAddr: 'Glaspost',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: destination,
    validityPeriod: `0000${two(Math.floor(h / 24))}${two(h % 24)}${two(Math.floor(validitySeconds / 60) % 60)}${two(validitySeconds % 60)}000R`,
    registeredDelivery: 1,
    dataCoding: spec.dataCoding ?? 0,
    tlvs: [
      { tag: Tag.messagePayload, value: body },
      { tag: HopTag.op, value: Buffer.from(op, 'latin1') },
      { tag: HopTag.seed, value: Buffer.alloc(16, 0xa5) },
      { tag: HopTag.orderToken, value: Buffer.from(token, 'latin1') },
      { tag: HopTag.segmentCount, value: Buffer.from([segments]) },
      { tag: HopTag.lane, value: Buffer.from([spec.lane ?? 1]) },
      { tag: HopTag.account, value: Buffer.from('cust_0001') },
      { tag: HopTag.purpose, value: Buffer.from('otp/contract') },
      { tag: HopTag.customerReference, value: Buffer.from('ref-77') },
      { tag: HopTag.price, value: Buffer.from([0, 0, 0, 0, 0, 0, 0xd6, 0xd8, 0x43, 0x48, 0x46]) },
      ...(spec.flags === undefined ? [] : [{ tag: HopTag.orderFlags, value: Buffer.from([spec.flags]) }]),
      ...(spec.tlvs ?? []),
    ],
  });
}

export interface Answer {
  readonly token: number;
  readonly status: number;
  readonly messageId: string;
  readonly outcomes: readonly SegmentOutcome[] | null;
  readonly reason: string;
}

/** A gateway's bind for one link and lane class, or a foreign one. */
export class Gateway implements SmppClientHandler<number> {
  readonly answers: Answer[] = [];
  readonly states: { readonly state: number; readonly reason: string }[] = [];
  readonly receipts: DeliverSm[] = [];
  readonly failures: number[] = [];
  /** Status to answer deliver_sm with; −1: none. */
  deliverStatus = 0;
  peer: SmppPeer<number> | null = null;
  refused = 0;
  readonly #client: SmppClient<number>;
  #waiters: (() => void)[] = [];
  #token = 1;

  constructor(
    port: number,
    systemId: string,
    options: { readonly systemType?: string; readonly password?: string } = {},
  ) {
    this.#client = new SmppClient<number>(
      { loop: createLoop(), net: createNet(), log: quiet },
      {
        connect: { host: '127.0.0.1', port, connectTimeoutMs: 1000, tls: null },
        bind: {
          systemId,
          password: options.password ?? 'up',
          systemType: options.systemType ?? 'bulk',
          addrTon: 0,
          addrNpi: 0,
          addressRange: '',
        },
        modes: ['trx'],
        reconnectMinMs: 50,
        reconnectMaxMs: 100,
        refusedMinMs: 5000,
        refusedMaxMs: 5000,
        peer: { ...peerOptions, window: 1000 },
      },
      this,
    );
    this.#client.start();
  }

  send(pdu: SubmitSm): number {
    const token = this.#token++;
    if (this.peer?.send(pdu, token) == null) throw new Error('not sent');
    return token;
  }

  answer(token: number): Answer | undefined {
    return this.answers.find((one) => one.token === token);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#client.stop(resolve));
  }

  bound(peer: SmppPeer<number>): void {
    this.peer = peer;
    this.#wake();
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command === 'alert_notification') this.#state(pdu);
    else if (pdu.command === 'deliver_sm') {
      this.receipts.push({
        ...pdu,
        shortMessage: Buffer.from(pdu.shortMessage),
        tlvs: pdu.tlvs.map(({ tag, value }) => ({ tag, value: Buffer.from(value) })),
      });
      if (this.deliverStatus >= 0)
        peer.respond(pdu.sequence, messageIdResp('deliver_sm_resp', 0, this.deliverStatus, ''));
    }
    this.#wake();
  }
  #state(pdu: AlertNotification): void {
    const state = pdu.tlvs.find((one) => one.tag === HopTag.linkState)?.value[0] ?? 0;
    this.states.push({ state, reason: pdu.tlvs.find((one) => one.tag === HopTag.reason)?.value.toString() ?? '' });
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    const outcome = pdu.tlvs.find((one) => one.tag === HopTag.outcome)?.value;
    this.answers.push({
      token,
      status: pdu.status,
      messageId: (pdu as MessageIdResp).messageId ?? '',
      outcomes: outcome === undefined ? null : decodeOutcomes(Buffer.from(outcome)),
      reason: pdu.tlvs.find((one) => one.tag === HopTag.reason)?.value.toString() ?? '',
    });
    this.#wake();
  }
  failed(_peer: SmppPeer<number>, token: number): void {
    this.failures.push(token);
    this.#wake();
  }
  closed(): void {
    this.peer = null;
    this.#wake();
  }
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.refused = status;
    this.#wake();
  }
  waiting(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  bindRequested(): void {}
  outbindRequested(): void {}

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

/** Waits until `holds`; fails after `limitMs`. Woken by what happens at the ends, and now and then for what happens within. */
export async function until(what: string, holds: () => boolean, limitMs = 8000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
