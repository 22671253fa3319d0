// Configurations that gateway tests start from.
import { createHash } from 'node:crypto';
import type { AccountConfig, GatewayConfig } from '../../src/gateway/config.ts';

export const SMPP_PORT = 2775;
export const GUARD_PORT = 2700;

export function accountConfig(name: string, changes: Partial<AccountConfig> = {}): AccountConfig {
  return {
    name,
    enabled: true,
    smpp: { systemId: name, passwordHash: `sha256$${createHash('sha256').update('secret').digest('hex')}` },
    outbind: null,
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
    languages: [],
    binary: false,
    legacyBindStatus: false,
    noCreditStatus: 0x45,
    lenientTimes: false,
    webhook: null,
    duplicateWindowMs: 0,
    purpose: '',
    purposes: [],
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
    residentBytes: 1 << 24,
    pageBytes: 1 << 18,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    ...changes,
  };
}
