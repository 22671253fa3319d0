// A gateway in a world that the test moves: pipes instead of sockets, a journal and spills that outlive a crash, a guard and a
// customer that do what the test says. Nothing here waits for real time.
import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import { SmppClient } from '../../src/driver/smppClient.ts';
import { listenSmpp } from '../../src/driver/smppServer.ts';
import type { PeerHandler, SmppClientHandler, SmppPeer } from '../../src/driver/types.ts';
import type { AccountConfig, GatewayConfig } from '../../src/gateway/config.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { GatewayServiceImpl } from '../../src/gateway/gatewayService.ts';
import type { Crypto } from '../../src/port/crypto.ts';
import type { HttpPostOutcome } from '../../src/port/http.ts';
import type { World } from '../../src/port/world.ts';
import { type AppendFate, openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { openSimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import { CommandId } from '../../src/smpp/commands.ts';
import {
  type DeliverSm,
  deliverSm,
  NO_TLVS,
  type Pdu,
  type SmFields,
  type SubmitSm,
  submitSm,
  tlv,
  tlvCString,
  tlvU8,
} from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { encodeOutcomes, HopTag, LinkState, type SegmentOutcome } from '../../src/smpp/vendor.ts';
import { peerOptions } from '../driver/owner.ts';
import { ManualLoop, PipeNet, silentLog } from '../driver/world.ts';

const SMPP_PORT = 2775;
const GUARD_PORT = 2700;

export const testCrypto: Crypto = {
  sha256Latin1: (input) => createHash('sha256').update(input, 'latin1').digest('latin1'),
  sha256: (input) => createHash('sha256').update(input).digest(),
  hmacSha256: (key, input) => createHmac('sha256', key).update(input).digest(),
  randomFill: (target) => void randomFillSync(target),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  hashPassword: () => Promise.reject(new Error('not in tests')),
  verifyPassword: () => Promise.resolve(false),
};

export function accountConfig(name: string, changes: Partial<AccountConfig> = {}): AccountConfig {
  return {
    name,
    enabled: true,
    smpp: { systemId: name, passwordHash: `sha256$${createHash('sha256').update('secret').digest('hex')}` },
    apiKeyHashes: [createHash('sha256').update(`key-${name}`).digest('hex')],
    certificateFingerprints: [],
    allowedAddresses: [],
    allowedSenders: [],
    maxBinds: 3,
    window: 50,
    throughput: 0,
    maxSegments: 10,
    priceList: 'standard',
    currency: 'EUR',
    creditLimit: 0,
    chargeOn: 'accepted',
    lane: 'normal',
    defaultValidityMs: 3_600_000,
    graceMs: 600_000,
    onUnknown: 'wait',
    nationalPrefix: null,
    messageIdFormat: 'opaque',
    defaultAlphabet: 'gsm7',
    nationalLanguages: false,
    binary: false,
    legacyBindStatus: false,
    noCreditStatus: 0x45,
    lenientTimes: false,
    receiptText: false,
    webhook: null,
    duplicateWindowMs: 0,
    purpose: '',
    ...changes,
  };
}

export function gatewayConfig(changes: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    name: 'gateway',
    systemId: 'GLASPOST',
    slot: 0,
    smpp: [{ host: 'gw', port: SMPP_PORT, tls: null, proxies: null }],
    http: null,
    adminKeyHashes: [],
    guard: {
      host: 'guard',
      port: GUARD_PORT,
      upstream: 'gw',
      password: 'hop',
      tokenSecret: Buffer.from('token secret'),
      tls: null,
      responseTimerMs: 60_000,
    },
    links: [
      { name: 'alpha', window: 100, receiptParts: 'all' },
      { name: 'beta', window: 100, receiptParts: 'all' },
    ],
    accounts: [accountConfig('acme')],
    priceLists: [
      {
        name: 'standard',
        currency: 'EUR',
        prices: [
          { prefix: '', price: 10_000 },
          { prefix: '49', price: 50_000 },
        ],
      },
    ],
    routes: [
      {
        name: 'all',
        prefix: '',
        account: null,
        sender: null,
        links: [
          { link: 'alpha', weight: 1 },
          { link: 'beta', weight: 1 },
        ],
        mode: 'ordered',
      },
    ],
    moRoutes: [],
    webhookAllowedHosts: [],
    historyDays: 90,
    maxMessages: 100_000,
    maxMemoryBytes: 1 << 28,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    ...changes,
  };
}

/** An order as the guard saw it. */
export interface SeenOrder {
  readonly link: string;
  readonly lane: string;
  readonly op: string;
  readonly flags: number;
  readonly text: string;
  readonly pdu: SubmitSm;
  readonly peer: SmppPeer<number>;
  readonly sequence: number;
}

/** Stands where the guard does: what it answers to an order, the test says. */
export class FakeGuard implements PeerHandler<number> {
  readonly orders: SeenOrder[] = [];
  readonly links = new Map<SmppPeer<number>, { readonly link: string; readonly lane: string }>();
  /** Answers of the gateway to our deliver_sm, by token. */
  readonly taken: { readonly token: number; readonly status: number }[] = [];
  linkStates = new Map<string, number>();
  /** Null: leave it open. */
  answer: (
    order: SeenOrder,
  ) => readonly SegmentOutcome[] | { readonly status: number; readonly retryAfterMs?: number } | null = (order) =>
    Array.from(
      { length: tlvU8(order.pdu, HopTag.segmentCount) ?? 1 },
      () => ({ outcome: 1, verdict: 0, status: 0 }) as const,
    );
  #token = 1;

  bindRequested(peer: SmppPeer<number>, pdu: Pdu): void {
    if (!('systemType' in pdu)) return;
    this.links.set(peer, { link: pdu.systemId.split('/')[1] ?? '', lane: pdu.systemType });
    peer.acceptBind('GUARD');
  }
  bound(peer: SmppPeer<number>): void {
    const name = this.links.get(peer)?.link ?? '';
    this.state(peer, this.linkStates.get(name) ?? LinkState.up);
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'submit_sm') throw new Error(`the guard got ${pdu.command}`);
    const bind = this.links.get(peer);
    const body = tlv(pdu, Tag.messagePayload) ?? Buffer.alloc(0);
    const order: SeenOrder = {
      link: bind?.link ?? '',
      lane: bind?.lane ?? '',
      op: tlv(pdu, HopTag.op)?.toString('hex') ?? '',
      flags: tlvU8(pdu, HopTag.orderFlags) ?? 0,
      text: body.toString('latin1'),
      pdu: { ...pdu, tlvs: pdu.tlvs.map((one) => ({ tag: one.tag, value: Buffer.from(one.value) })) },
      peer,
      sequence: pdu.sequence,
    };
    this.orders.push(order);
    const answer = this.answer(order);
    if (answer !== null) this.respond(order, answer);
  }
  respond(
    order: SeenOrder,
    answer: readonly SegmentOutcome[] | { readonly status: number; readonly retryAfterMs?: number },
  ): void {
    const resp = { command: 'submit_sm_resp', commandId: CommandId.submit_sm_resp, sequence: order.sequence } as const;
    if (Array.isArray(answer)) {
      order.peer.respond(order.sequence, {
        ...resp,
        status: 0,
        messageId: order.op.slice(0, 16),
        tlvs: [{ tag: HopTag.outcome, value: encodeOutcomes(answer as SegmentOutcome[]) }],
      });
      return;
    }
    const { status, retryAfterMs } = answer as { status: number; retryAfterMs?: number };
    const wait = Buffer.alloc(4);
    wait.writeUInt32BE(retryAfterMs ?? 100);
    order.peer.respond(order.sequence, {
      ...resp,
      status,
      messageId: '',
      tlvs: [{ tag: HopTag.retryAfterMs, value: wait }],
    });
  }
  receipt(order: SeenOrder, state: number, segment = 1): number {
    const token = this.#token++;
    order.peer.send(
      deliverSm({
        sourceAddr: order.pdu.destinationAddr,
        destinationAddr: order.pdu.sourceAddr,
        esmClass: 4,
        tlvs: [
          { tag: HopTag.op, value: Buffer.from(order.op, 'hex') },
          { tag: Tag.messageState, value: Buffer.from([state]) },
          { tag: HopTag.segment, value: Buffer.from([segment]) },
        ],
      }),
      token,
    );
    return token;
  }
  state(peer: SmppPeer<number>, state: number): void {
    peer.notify({
      command: 'alert_notification',
      commandId: CommandId.alert_notification,
      status: 0,
      sequence: 0,
      sourceAddrTon: 0,
      sourceAddrNpi: 0,
      sourceAddr: '',
      esmeAddrTon: 0,
      esmeAddrNpi: 0,
      esmeAddr: '',
      tlvs: [{ tag: HopTag.linkState, value: Buffer.from([state]) }],
    });
  }
  setLink(link: string, state: number): void {
    this.linkStates.set(link, state);
    for (const [peer, bind] of this.links) if (bind.link === link && peer.bound) this.state(peer, state);
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.taken.push({ token, status: pdu.status });
  }
  closed(peer: SmppPeer<number>): void {
    this.links.delete(peer);
  }
  failed(): void {}
  outbindRequested(): void {}
  bindRefused(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
}

/** A customer's bind. */
export class Customer implements SmppClientHandler<number> {
  readonly answers = new Map<number, { readonly status: number; readonly id: string }>();
  readonly others: Pdu[] = [];
  readonly receipts: { readonly text: string; readonly state: number; readonly id: string; readonly pdu: DeliverSm }[] =
    [];
  readonly mos: DeliverSm[] = [];
  peer: SmppPeer<number> | null = null;
  refused = -1;
  /** Status of the answer to each deliver_sm; null: none. */
  takes: (pdu: DeliverSm) => number | null = () => 0;
  #token = 1;

  submit(fields: SmFields): number {
    const token = this.#token++;
    const sent = this.peer?.send(
      submitSm({
        sourceAddrTon: 5,
        sourceAddr: 'INFO',
        destAddrTon: 1,
        destAddrNpi: 1,
        destinationAddr: '491700000001',
        registeredDelivery: 1,
        shortMessage: Buffer.from('hello'),
        ...fields,
      }),
      token,
    );
    if (sent === null || sent === undefined) throw new Error('the customer has no room');
    return token;
  }
  send(pdu: Pdu): number {
    const token = this.#token++;
    if (this.peer?.send(pdu, token) === null) throw new Error('the customer has no room');
    return token;
  }
  bound(peer: SmppPeer<number>): void {
    this.peer = peer;
  }
  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.refused = status;
  }
  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'deliver_sm') return;
    const copy = {
      ...pdu,
      shortMessage: Buffer.from(pdu.shortMessage),
      tlvs: pdu.tlvs.map((one) => ({ tag: one.tag, value: Buffer.from(one.value) })),
    };
    if (pdu.esmClass & 0x3c) {
      this.receipts.push({
        text: copy.shortMessage.toString('latin1'),
        state: tlvU8(copy, Tag.messageState) ?? -1,
        id: tlvCString(copy, Tag.receiptedMessageId) ?? '',
        pdu: copy,
      });
    } else this.mos.push(copy);
    const status = this.takes(copy);
    if (status !== null)
      peer.respond(pdu.sequence, {
        command: 'deliver_sm_resp',
        commandId: CommandId.deliver_sm_resp,
        status,
        sequence: 0,
        messageId: '',
        tlvs: NO_TLVS,
      });
  }
  response(_peer: SmppPeer<number>, pdu: Pdu, token: number): void {
    this.answers.set(token, { status: pdu.status, id: 'messageId' in pdu ? pdu.messageId : '' });
    this.others.push(pdu);
  }
  failed(): void {}
  closed(): void {
    this.peer = null;
  }
  bindRequested(): void {}
  outbindRequested(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  waiting(): void {}
}

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

  async startGateway(): Promise<this> {
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
    await this.pass(3000);
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
