// Configurations of the simulated programs, made from a plan. Values as main/ would have read them.
import { createHash } from 'node:crypto';
import type { AccountConfig, GatewayConfig } from '../gateway/config.ts';
import { type GuardConfig, type LinkConfig, PLAIN_DIALECT, type UpstreamConfig } from '../guard/config.ts';
import { defaultBehaviour, defaultConfig, type OperatorConfig } from '../operator/config.ts';
import { moPrefix } from './moPlan.ts';
import type { AccountPlan, LinkPlan, Plan } from './plan.ts';

export const GATEWAY_PORT = 2775;
export const GUARD_PORT = 2700;
export const PASSWORD = 'secret';
export const SENDER = 'INFO';
export const CURRENCY = 'EUR';
/** The system_id of another SMS gateway, and its name as an upstream and a node. */
export const FOREIGN = 'foreign';
export const PRICE = 10_000;
export const VALIDITY_MS = 600_000;
export const GRACE_MS = 120_000;
export const FOREIGN_VALIDITY_MS = 600_000;
export const FOREIGN_GRACE_MS = 60_000;
const SECRET = Buffer.from('token secret of the simulation');
const RESPONSE_MS = 5000;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function apiKey(account: string): string {
  return `key-${account}`;
}

function account(plan: AccountPlan, validityMs: number): AccountConfig {
  return {
    name: plan.name,
    enabled: true,
    smpp: plan.way === 'smpp' ? { systemId: plan.name, passwordHash: `sha256$${sha256(PASSWORD)}` } : null,
    outbind: null,
    apiKeyHashes: [sha256(apiKey(plan.name))],
    certificateFingerprints: [],
    allowedAddresses: [],
    allowedSenders: [],
    maxBinds: 4,
    window: plan.window,
    throughput: plan.throughput,
    maxSegments: 10,
    languages: [],
    priceList: 'standard',
    currency: CURRENCY,
    creditLimit: plan.creditLimit,
    chargeOn: plan.chargeOn,
    lane: plan.lane,
    defaultValidityMs: validityMs,
    graceMs: GRACE_MS,
    onUnknown: plan.onUnknown,
    nationalPrefix: null,
    messageIdFormat: plan.idFormat,
    defaultAlphabet: 'gsm7',
    binary: false,
    legacyBindStatus: false,
    noCreditStatus: 0x45,
    lenientTimes: false,
    webhook: plan.webhook ? { url: `https://${plan.name}.example/hook`, secret: 'whsec_c2ltdWxhdGlvbg==' } : null,
    duplicateWindowMs: 0,
    purpose: '',
    purposes: [],
  };
}

export function gatewayConfig(plan: Plan): GatewayConfig {
  return {
    name: 'gateway',
    systemId: 'GLASPOST',
    slot: 0,
    smpp: [{ host: 'gateway', port: GATEWAY_PORT, tls: null, proxies: null }],
    http: null,
    adminKeyHashes: [],
    guard: {
      host: 'guard',
      port: GUARD_PORT,
      upstream: 'gw',
      password: 'hop',
      tokenSecret: SECRET,
      tls: null,
      responseTimerMs: 15_000,
    },
    links: plan.links.map((link) => ({ name: link.name, window: 100, receiptParts: 'all' })),
    accounts: plan.accounts.map((one) => account(one, plan.more.validityMs)),
    priceLists: [{ name: 'standard', currency: CURRENCY, prices: [{ prefix: '', price: PRICE }] }],
    routes: [
      {
        name: 'all',
        prefix: '',
        account: null,
        sender: null,
        links: plan.links.map((link) => ({ link: link.name, weight: 1 })),
        mode: plan.weighted ? 'weighted' : 'ordered',
      },
    ],
    moRoutes:
      plan.more.mo.length === 0
        ? []
        : plan.accounts.map(({ name }) => ({ number: `${moPrefix(plan, name)}*`, keyword: null, account: name })),
    webhookAllowedHosts: [],
    historyDays: 90,
    maxMessages: plan.gatewayMessages,
    maxMemoryBytes: 1 << 26,
    residentBytes: 1 << 14,
    pageBytes: 1 << 13,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
  };
}

function link(plan: LinkPlan, mo: boolean): LinkConfig {
  return {
    name: plan.name,
    supplier: { name: `carrier ${plan.name}`, jurisdiction: 'CH' },
    host: plan.name,
    port: plan.port,
    tls: null,
    systemId: 'glaspost',
    password: PASSWORD,
    systemType: '',
    addressRange: '',
    modes: plan.split ? ['tx', 'rx'] : new Array<'trx'>(plan.binds).fill('trx'),
    window: plan.window,
    throttlePerSecond: plan.throttle,
    enquireLinkMs: 10_000,
    responseTimerMs: RESPONSE_MS,
    connectTimeoutMs: 3000,
    version: 0x34,
    tlv: 'letter',
    dialect: { ...PLAIN_DIALECT, respBase: plan.ids, receiptBase: plan.ids },
    cost: 'EUR 0.0080',
    moUpstream: mo ? 'gw' : null,
  };
}

function foreignUpstreams(plan: Plan): readonly UpstreamConfig[] {
  const { foreign } = plan.more;
  if (foreign === null) return [];
  return [
    {
      mode: 'bind',
      name: FOREIGN,
      systemId: FOREIGN,
      password: PASSWORD,
      link: foreign.link,
      account: FOREIGN,
      allowedSenders: [SENDER],
      purpose: '',
      lane: foreign.lane,
      defaultValidityMs: FOREIGN_VALIDITY_MS,
      graceMs: FOREIGN_GRACE_MS,
      defaultAlphabet: 'gsm7',
      allowedAddresses: [],
      maxBinds: 4,
      window: 50,
    },
  ];
}

export function guardConfig(plan: Plan): GuardConfig {
  return {
    name: 'guard',
    slot: 0,
    listen: [{ host: 'guard', port: GUARD_PORT, tls: null, proxies: null }],
    admin: null,
    upstreams: [
      {
        mode: 'token',
        name: 'gw',
        password: 'hop',
        tokenSecret: SECRET,
        links: [],
        allowedAddresses: [],
        maxBinds: 20,
        window: 500,
      },
      ...foreignUpstreams(plan),
    ],
    links: plan.links.map((one) => link(one, plan.more.mo.length > 0)),
    configHash: Buffer.alloc(32, 7),
    maxOpsInMemory: plan.guardOps,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
  };
}

/** `orderly`: no misbehaviour any more, at the end of a run. */
export function operatorConfig(plan: Plan, link: LinkPlan, incarnation: number, orderly: boolean): OperatorConfig {
  return {
    ...defaultConfig,
    host: link.name,
    port: link.port,
    http: null,
    accounts: [{ systemId: 'glaspost', password: PASSWORD, throttle: link.operatorThrottle, window: 0, maxBinds: 10 }],
    behaviour: {
      ...defaultBehaviour,
      latency: { kind: 'lognormal', medianMs: 10, sigma: 1, maxMs: 2000 },
      receiptDelay: { kind: 'uniform', fromMs: 5, toMs: orderly ? 2000 : link.receiptMaxMs },
      statuses: [
        { value: 0, weight: 1 - link.refusals },
        { value: 0x0b, weight: link.refusals / 4 },
        { value: 0x45, weight: link.refusals / 4 },
        { value: 0x14, weight: link.refusals / 4 },
        { value: 0x08, weight: link.refusals / 4 },
      ],
      receipts: [
        { value: 2, weight: 1 - link.failures },
        { value: 5, weight: link.failures / 2 },
        { value: 8, weight: link.failures / 2 },
      ],
      faults: orderly ? {} : link.misbehaviour,
    },
    messageIds: link.ids,
    enquireLinkMs: 20_000,
    deliverTimeoutMs: 10_000,
    deliverWindow: 50,
    seed: plan.seed * 16 + incarnation,
  };
}
