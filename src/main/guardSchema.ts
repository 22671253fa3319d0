// The schema of guard.yaml: settings, defaults, and what would be right. Data only; meaning across settings is in guardConfig.ts.
import { z } from 'zod';
import { BIND_GRACE_MS } from '../base/limits.ts';
import { addressBlock, duration, endpoint, secretRef } from './configTools.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be 1 to 32 letters, digits, dots, hyphens or underscores');
const serverTls = z.strictObject({
  certificate: z.string(),
  key: z.string(),
  client_authorities: z.string().optional(),
  require_client_certificate: z.boolean().default(false),
});
const clientTls = z.strictObject({
  server_name: z.string(),
  authorities: z.string().optional(),
  certificate: z.string().optional(),
  key: z.string().optional(),
  verify: z.boolean().default(true),
});
const tonNpi = z.strictObject({ ton: z.number().int().min(0).max(6), npi: z.number().int().min(0).max(1) });
const idBase = z.enum(['text', 'dec', 'hex']);
const alphabet = z.enum(['gsm7', 'gsm7-packed', 'latin1', 'ascii']);
const status = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{1,8}|[0-9]{1,9})$/, 'must be a command_status such as 0x0B or 11')
  .transform(Number);

export const linkSchema = z.strictObject({
  name,
  supplier: z.strictObject({
    name: z.string().min(1).max(64),
    jurisdiction: z.string().regex(/^[A-Z]{2}$/, 'must be a country code such as CH'),
  }),
  address: endpoint,
  tls: clientTls.optional(),
  system_id: z.string().min(1).max(64),
  password: secretRef,
  system_type: z.string().max(64).default(''),
  address_range: z.string().max(40).default(''),
  bind_mode: z.enum(['trx', 'tx+rx']).default('trx'),
  binds: z.number().int().min(1).max(32).default(1),
  window: z.number().int().min(1).max(1000).default(10),
  throttle_per_second: z.number().int().min(1).max(100_000).default(100),
  enquire_link: duration.default(30_000),
  response_timer: duration.default(30_000),
  connect_timeout: duration.default(10_000),
  version: z.enum(['3.3', '3.4', '5.0']).default('3.4'),
  tlv: z.enum(['always', 'letter', 'never']).default('letter'),
  dialect: z
    .strictObject({
      resp_base: idBase.default('text'),
      receipt_base: idBase.default('text'),
      receipt_time_zone_minutes: z.number().int().min(-720).max(840).default(0),
      receipt_without_esm_class: z.boolean().default(false),
      receipt_layout: z.enum(['labels', 'csv']).default('labels'),
      default_alphabet: alphabet.default('gsm7'),
      error_table: z.record(z.string().max(16), z.string().max(16)).default({}),
      status_overrides: z.record(status, z.enum(['permanent', 'this_route', 'retry_later'])).default({}),
      accepted_is_final: z.boolean().default(false),
      alphanumeric: tonNpi.default({ ton: 5, npi: 0 }),
      short_code: tonNpi.default({ ton: 0, npi: 0 }),
      international: tonNpi.default({ ton: 1, npi: 1 }),
      sender_rewrites: z.record(z.string().min(1).max(20), z.string().min(1).max(20)).default({}),
      service_type: z.string().max(5).default(''),
      store_and_forward_bits: z.boolean().default(false),
      binary: z.boolean().default(false),
    })
    .prefault({}),
  cost: z.string().max(32).default(''),
  mo: name.optional(),
});

const common = {
  name,
  password: secretRef,
  allowed_addresses: z.array(addressBlock).default([]),
  max_binds: z.number().int().min(1).max(1000).default(100),
  window: z.number().int().min(1).max(1000).default(1000),
};

export const upstreamSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('token'), ...common, token_secret: secretRef, links: z.array(name).default([]) }),
  z.strictObject({
    mode: z.literal('bind'),
    ...common,
    system_id: z.string().min(1).max(64),
    link: name,
    account: z.string().min(1).max(64),
    allowed_senders: z.array(z.string().min(1).max(21)).min(1, 'needs at least one sender; `*` allows any'),
    purpose: z.string().max(64).default(''),
    lane: z.enum(['pin', 'normal', 'bulk']).default('normal'),
    default_validity: duration.default(48 * 3_600_000),
    grace: duration.default(BIND_GRACE_MS),
    default_alphabet: alphabet.default('gsm7'),
  }),
]);

export const guardSchema = z.strictObject({
  name: z.string().min(1).max(15).default('guard'),
  slot: z.number().int().min(0).max(4095).default(0),
  data: z.string().default('data/guard'),
  storage_secret: secretRef.optional(),
  listen: z
    .array(z.strictObject({ address: endpoint, tls: serverTls.optional(), proxies: z.array(addressBlock).optional() }))
    .min(1, 'needs at least one address for gateways to bind to'),
  admin: z.strictObject({ listen: endpoint, token: secretRef }).optional(),
  upstreams: z.array(upstreamSchema).min(1, 'needs at least one upstream'),
  links: z.array(linkSchema).min(1, 'needs at least one link'),
  limits: z
    .strictObject({
      orders_in_memory: z.number().int().min(10_000).max(20_000_000).default(110_000),
      connections: z.number().int().min(1).max(10_000).default(500),
      connections_per_address: z.number().int().min(1).max(10_000).default(500),
    })
    .prefault({}),
});
