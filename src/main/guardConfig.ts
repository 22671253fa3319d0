// guard.yaml: how it becomes a GuardConfig, with what must hold across settings. Every fault is told at once.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { E164_MAX_DIGITS, OP_KEPT_MS } from '../base/limits.ts';
import type { ConfigFault } from '../base/result.ts';
import type { DialectConfig, GuardConfig, LinkConfig, UpstreamConfig } from '../guard/config.ts';
import type { BindMode } from '../session/types.ts';
import { checkReferences, groupsOf, listOf, mustKnow, namesOf, textOf } from './configRaw.ts';
import { type ConfigSource, type Faults, readYaml, serverTls } from './configTools.ts';
import { guardSchema, type linkSchema, type upstreamSchema } from './guardSchema.ts';

/** What the entry point needs beside the guard's own configuration. */
export interface LoadedGuard {
  readonly guard: GuardConfig;
  readonly dataFolder: string;
  readonly storageSecret: Buffer;
}

const LANES = { pin: 0, normal: 1, bulk: 2 } as const;
const VERSIONS = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 } as const;
const VERDICTS = { permanent: 'permanent', this_route: 'thisRoute', retry_later: 'retryLater' } as const;
const LOOPBACK = /^(127\.[0-9.]+|::1|localhost)$/;
const TOKEN_SECRET_MIN = 16;

/** Reads and checks guard.yaml; either a configuration or all of its faults. */
export function loadGuardConfig(
  path: string,
  environment: ConfigSource['environment'],
): { readonly loaded: LoadedGuard | null; readonly faults: readonly ConfigFault[] } {
  const { value, raw, faults } = readYaml(path, guardSchema, environment);
  checkNames(faults, raw);
  if (value === null) {
    checkReferences(faults, raw);
    return { loaded: null, faults: faults.list };
  }
  const links = value.links.map((one, i) => link(faults, `links[${i}]`, one));
  const upstreams = value.upstreams.map((one, i) => upstream(faults, `upstreams[${i}]`, one));
  if (value.admin !== undefined && !LOOPBACK.test(value.admin.listen.host)) {
    faults.add('admin.listen', 'must be a loopback address such as 127.0.0.1: the admin is not for a network');
  }
  const guard: GuardConfig = {
    name: value.name,
    slot: value.slot,
    listen: value.listen.map((one, i) => ({
      ...one.address,
      tls: serverTls(faults, `listen[${i}].tls`, one.tls),
      proxies: one.proxies ?? null,
    })),
    admin:
      value.admin === undefined
        ? null
        : { ...value.admin.listen, token: faults.secret('admin.token', value.admin.token) },
    upstreams,
    links,
    configHash: createHash('sha256').update(readFileSync(path)).digest(),
    maxOpsInMemory: value.limits.orders_in_memory,
    maxConnections: value.limits.connections,
    maxConnectionsPerAddress: value.limits.connections_per_address,
  };
  const storageSecret =
    value.storage_secret === undefined
      ? Buffer.alloc(0)
      : Buffer.from(faults.secret('storage_secret', value.storage_secret));
  if (faults.list.length > 0) return { loaded: null, faults: faults.list };
  return { loaded: { guard, dataFolder: faults.resolve(value.data), storageSecret }, faults: [] };
}

/** What refers to something by name, read from the file as it stands. */
function checkNames(faults: Faults, raw: unknown): void {
  const links = namesOf(faults, raw, 'links');
  const upstreams = namesOf(faults, raw, 'upstreams');
  namesOf(faults, raw, 'upstreams', 'system_id');
  for (const { index, group } of groupsOf(raw, 'upstreams')) {
    const at = `upstreams[${index}]`;
    if (textOf(group, 'system_id')?.includes('/') === true)
      faults.add(`${at}.system_id`, 'must not hold a slash: NAME/LINK is how Glaspost gateways bind');
    mustKnow(faults, `${at}.link`, 'link', textOf(group, 'link'), links);
    for (const [k, name] of listOf(group, 'links').entries())
      if (typeof name === 'string') mustKnow(faults, `${at}.links[${k}]`, 'link', name, links);
  }
  for (const { index, group } of groupsOf(raw, 'links'))
    mustKnow(faults, `links[${index}].mo`, 'upstream', textOf(group, 'mo'), upstreams);
}

function link(faults: Faults, at: string, one: z.infer<typeof linkSchema>): LinkConfig {
  const modes: BindMode[] = [];
  for (let i = 0; i < one.binds; i++) {
    if (one.bind_mode === 'trx') modes.push('trx');
    else modes.push('tx', 'rx');
  }
  const pem = (setting: string, file: string | undefined): string | null =>
    file === undefined ? null : faults.file(`${at}.tls.${setting}`, file);
  return {
    name: one.name,
    supplier: one.supplier,
    ...one.address,
    tls:
      one.tls === undefined
        ? null
        : {
            serverName: one.tls.server_name,
            authorities: pem('authorities', one.tls.authorities),
            certificate: pem('certificate', one.tls.certificate),
            key: pem('key', one.tls.key),
            verify: one.tls.verify,
          },
    systemId: one.system_id,
    password: faults.secret(`${at}.password`, one.password),
    systemType: one.system_type,
    addressRange: one.address_range,
    modes,
    window: one.window,
    throttlePerSecond: one.throttle_per_second,
    enquireLinkMs: one.enquire_link,
    responseTimerMs: one.response_timer,
    connectTimeoutMs: one.connect_timeout,
    version: VERSIONS[one.version],
    tlv: one.tlv,
    dialect: dialect(faults, `${at}.dialect`, one.dialect),
    cost: one.cost,
    moUpstream: one.mo ?? null,
  };
}

function dialect(faults: Faults, at: string, one: z.infer<typeof linkSchema>['dialect']): DialectConfig {
  for (const [from, to] of Object.entries(one.sender_rewrites)) {
    if (/^[0-9]+$/.test(to) ? to.length < 3 || to.length > E164_MAX_DIGITS : to.length > 11) {
      faults.add(`${at}.sender_rewrites.${from}`, 'must be 3 to 15 digits or at most 11 characters');
    }
  }
  return {
    respBase: one.resp_base,
    receiptBase: one.receipt_base,
    receiptTimeZoneMinutes: one.receipt_time_zone_minutes,
    receiptWithoutEsmClass: one.receipt_without_esm_class,
    receiptLayout: one.receipt_layout,
    defaultAlphabet: one.default_alphabet,
    errorTable: new Map(Object.entries(one.error_table)),
    statusOverrides: new Map(
      Object.entries(one.status_overrides).map(([key, verdict]) => [Number(key), VERDICTS[verdict]]),
    ),
    acceptedIsFinal: one.accepted_is_final,
    alphanumeric: one.alphanumeric,
    shortCode: one.short_code,
    international: one.international,
    senderRewrites: new Map(Object.entries(one.sender_rewrites)),
    serviceType: one.service_type,
    storeAndForwardBits: one.store_and_forward_bits,
    binary: one.binary,
  };
}

function upstream(faults: Faults, at: string, one: z.infer<typeof upstreamSchema>): UpstreamConfig {
  const common = {
    name: one.name,
    password: faults.secret(`${at}.password`, one.password),
    allowedAddresses: one.allowed_addresses,
    maxBinds: one.max_binds,
    window: one.window,
  };
  if (one.mode === 'token') {
    const tokenSecret = Buffer.from(faults.secret(`${at}.token_secret`, one.token_secret));
    if (tokenSecret.length > 0 && tokenSecret.length < TOKEN_SECRET_MIN) {
      faults.add(`${at}.token_secret`, `must have at least ${TOKEN_SECRET_MIN} characters; it is what proves orders`);
    }
    return { mode: 'token', ...common, tokenSecret, links: one.links };
  }
  if (one.grace >= OP_KEPT_MS) {
    faults.add(`${at}.grace`, 'must be below 72h: so long is an order known after its validity');
  }
  return {
    mode: 'bind',
    ...common,
    systemId: one.system_id,
    link: one.link,
    account: one.account,
    allowedSenders: one.allowed_senders,
    purpose: one.purpose,
    lane: LANES[one.lane],
    defaultValidityMs: one.default_validity,
    graceMs: one.grace,
    defaultAlphabet: one.default_alphabet,
  };
}
