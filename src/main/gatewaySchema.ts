// The schema of gateway.yaml: settings, defaults, and what would be right. Data only; meaning across settings is in gatewayConfig.ts.
import { z } from 'zod';
import { addressBlock, duration, endpoint, money, octets, secretRef } from './configTools.ts';

/** National language identifiers 1 to 13 in order (TS 23.038 §6.2.1.2.4). */
export const languageNames = [
  'turkish',
  'spanish',
  'portuguese',
  'bengali',
  'gujarati',
  'hindi',
  'kannada',
  'malayalam',
  'oriya',
  'punjabi',
  'tamil',
  'telugu',
  'urdu',
] as const;

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be 1 to 32 letters, digits, dots, hyphens or underscores');
const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits (SHA-256)');
const digits = z.string().regex(/^[0-9]{0,15}$/, 'must be digits of a number, without +');
const serverTls = z.strictObject({
  certificate: z.string(),
  key: z.string(),
  client_authorities: z.string().optional(),
  require_client_certificate: z.boolean().default(false),
});
const lane = z.enum(['pin', 'normal', 'bulk']);

export const accountSchema = z.strictObject({
  name,
  enabled: z.boolean().default(true),
  smpp: z
    .strictObject({
      system_id: z.string().min(1).max(64),
      password: secretRef.optional(),
      password_hash: z.string().startsWith('scrypt$').optional(),
    })
    .refine(
      (value) => (value.password === undefined) !== (value.password_hash === undefined),
      'needs either password (a reference) or password_hash (glaspost account hash)',
    )
    .optional(),
  outbind: z.strictObject({ address: endpoint, system_id: z.string().min(1).max(15), password: secretRef }).optional(),
  api_keys: z.array(z.union([secretRef, z.strictObject({ sha256: hex64 })])).default([]),
  certificate_fingerprints: z.array(hex64).default([]),
  allowed_addresses: z.array(addressBlock).default([]),
  allowed_senders: z.array(z.string().min(1).max(21)).default([]),
  max_binds: z.number().int().min(0).max(1000).default(10),
  window: z.number().int().min(1).max(1000).default(10),
  throughput: z.number().int().min(0).max(100_000).default(0),
  max_segments: z.number().int().min(1).max(255).default(10),
  price_list: name,
  credit_limit: money.default(0),
  charge_on: z.enum(['accepted', 'submission', 'delivered']).default('accepted'),
  lane: lane.default('normal'),
  default_validity: duration.default(48 * 3_600_000),
  grace: duration.default(24 * 3_600_000),
  on_unknown: z.enum(['wait', 'retry']).default('wait'),
  national: z.strictObject({ trunk: digits, country: digits }).optional(),
  message_id_format: z.enum(['opaque', 'hex', 'dec']).default('opaque'),
  default_alphabet: z.enum(['gsm7', 'gsm7-packed', 'latin1', 'ascii']).default('gsm7'),
  national_languages: z.array(z.enum(languageNames)).default([]),
  binary: z.boolean().default(false),
  legacy_bind_status: z.boolean().default(false),
  no_credit_status: z.number().int().min(1).max(0x4ff).default(0x45),
  lenient_times: z.boolean().default(false),
  webhook: z.strictObject({ url: z.url(), secret: secretRef }).optional(),
  duplicate_window: duration.default(0),
  purpose: z.string().max(32).default(''),
  purposes: z.array(z.string().min(1).max(32)).max(20).default([]),
});

export const gatewaySchema = z.strictObject({
  name: name.default('gateway'),
  system_id: z.string().min(1).max(15).default('GLASPOST'),
  slot: z.number().int().min(0).max(4095).default(0),
  data: z.string().default('data/gateway'),
  storage_secret: secretRef.optional(),
  smpp: z
    .array(z.strictObject({ listen: endpoint, tls: serverTls.optional(), proxies: z.array(addressBlock).optional() }))
    .default([]),
  http: z
    .strictObject({ listen: endpoint, tls: z.strictObject({ certificate: z.string(), key: z.string() }).optional() })
    .optional(),
  admin: z.strictObject({ keys: z.array(z.union([secretRef, z.strictObject({ sha256: hex64 })])).min(1) }).optional(),
  guard: z.strictObject({
    address: endpoint,
    upstream: name,
    password: secretRef,
    token_secret: secretRef,
    tls: z
      .strictObject({
        server_name: z.string(),
        authorities: z.string().optional(),
        certificate: z.string().optional(),
        key: z.string().optional(),
        verify: z.boolean().default(true),
      })
      .optional(),
    response_timer: duration.default(60_000),
  }),
  links: z
    .array(
      z.strictObject({
        name,
        window: z.number().int().min(1).max(1000).default(500),
        receipt_parts: z.enum(['all', 'first', 'last']).default('all'),
      }),
    )
    .min(1),
  accounts: z.array(accountSchema).default([]),
  price_lists: z
    .array(
      z
        .strictObject({
          name,
          currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency code such as EUR'),
          prices: z.record(digits, money).optional(),
          file: z.string().optional(),
        })
        .refine((value) => value.prices !== undefined || value.file !== undefined, 'needs prices or file'),
    )
    .default([]),
  routes: z
    .array(
      z.strictObject({
        name: name.optional(),
        prefix: digits.default(''),
        account: name.optional(),
        sender: z.string().optional(),
        mode: z.enum(['ordered', 'weighted']).default('ordered'),
        links: z
          .array(z.union([name, z.strictObject({ link: name, weight: z.number().int().min(1).max(1000).default(1) })]))
          .min(1),
      }),
    )
    .default([]),
  mo: z.array(z.strictObject({ number: z.string().min(1), keyword: z.string().optional(), account: name })).default([]),
  webhooks: z.strictObject({ allowed_hosts: z.array(z.string()).default([]) }).prefault({}),
  history_days: z.number().int().min(1).max(3650).default(90),
  limits: z
    .strictObject({
      messages: z.number().int().min(1000).max(50_000_000).default(5_000_000),
      memory: octets.default(2 * 2 ** 30),
      resident: octets.default(40 * 2 ** 20),
      connections: z.number().int().min(1).max(100_000).default(10_000),
      connections_per_address: z.number().int().min(1).max(100_000).default(1000),
    })
    .prefault({}),
});
