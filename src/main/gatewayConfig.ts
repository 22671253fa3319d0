// gateway.yaml: its schema, its defaults, and how it becomes a GatewayConfig. Every fault is told at once.

import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { LETTER_PAGE_BYTES } from '../base/limits.ts';
import type { ConfigFault } from '../base/result.ts';
import type { AccountConfig, GatewayConfig, PriceListConfig, SmppListenerConfig } from '../gateway/config.ts';
import { NO_CURRENCY } from '../ledger/price.ts';
import { checkReferences, groupOf, groupsOf, listOf, mustKnow, namesOf, type RawGroup, textOf } from './configRaw.ts';
import { type ConfigSource, type Faults, microUnits, readYaml, type secretRef, serverTls } from './configTools.ts';
import { type accountSchema, gatewaySchema, languageNames } from './gatewaySchema.ts';

/** What the entry point needs beside the gateway's own configuration. */
export interface LoadedGateway {
  readonly gateway: GatewayConfig;
  readonly dataFolder: string;
  readonly storageSecret: Buffer;
}

/** Reads and checks gateway.yaml; either a configuration or all of its faults. */
export function loadGatewayConfig(
  path: string,
  environment: ConfigSource['environment'],
): { readonly loaded: LoadedGateway | null; readonly faults: readonly ConfigFault[] } {
  const { value, raw, faults } = readYaml(path, gatewaySchema, environment);
  checkNames(faults, raw);
  if (value === null) {
    checkReferences(faults, raw);
    return { loaded: null, faults: faults.list };
  }
  const keyHash = (at: string, key: z.infer<typeof accountSchema>['api_keys'][number]): string =>
    'sha256' in key ? key.sha256 : sha256Hex(faults.secret(at, key));
  const pem = (at: string, file: string | undefined): string | null =>
    file === undefined ? null : faults.file(at, file);

  const listeners: SmppListenerConfig[] = value.smpp.map((one, i) => ({
    ...one.listen,
    tls: serverTls(faults, `smpp[${i}].tls`, one.tls),
    proxies: one.proxies ?? null,
  }));

  const priceLists: PriceListConfig[] = value.price_lists.map((list, i) => ({
    name: list.name,
    currency: list.currency,
    prices: [
      ...Object.entries(list.prices ?? {}).map(([prefix, price]) => ({ prefix, price })),
      ...(list.file === undefined ? [] : readPriceFile(faults, `price_lists[${i}].file`, list.file)),
    ],
  }));
  const currencies = new Map(priceLists.map((list) => [list.name, list.currency]));

  const accounts: AccountConfig[] = value.accounts.map((one, i) => ({
    name: one.name,
    enabled: one.enabled,
    smpp:
      one.smpp === undefined
        ? null
        : {
            systemId: one.smpp.system_id,
            passwordHash:
              one.smpp.password_hash ??
              `sha256$${sha256Hex(faults.secret(`accounts[${i}].smpp.password`, one.smpp.password ?? { env: '' }))}`,
          },
    outbind:
      one.outbind === undefined
        ? null
        : {
            ...one.outbind.address,
            systemId: one.outbind.system_id,
            password: faults.secret(`accounts[${i}].outbind.password`, one.outbind.password),
          },
    apiKeyHashes: one.api_keys.map((key, k) => keyHash(`accounts[${i}].api_keys[${k}]`, key)),
    certificateFingerprints: one.certificate_fingerprints,
    allowedAddresses: one.allowed_addresses,
    allowedSenders: one.allowed_senders,
    maxBinds: one.max_binds,
    window: one.window,
    throughput: one.throughput,
    maxSegments: one.max_segments,
    priceList: one.price_list,
    currency: currencies.get(one.price_list) ?? NO_CURRENCY,
    creditLimit: one.credit_limit,
    chargeOn: one.charge_on,
    lane: one.lane,
    defaultValidityMs: one.default_validity,
    graceMs: one.grace,
    onUnknown: one.on_unknown,
    nationalPrefix: one.national ?? null,
    messageIdFormat: one.message_id_format,
    defaultAlphabet: one.default_alphabet,
    languages: one.national_languages.map((language) => languageNames.indexOf(language) + 1),
    binary: one.binary,
    legacyBindStatus: one.legacy_bind_status,
    noCreditStatus: one.no_credit_status,
    lenientTimes: one.lenient_times,
    webhook:
      one.webhook === undefined
        ? null
        : { url: one.webhook.url, secret: webhookSecret(faults, `accounts[${i}].webhook.secret`, one.webhook.secret) },
    duplicateWindowMs: one.duplicate_window,
    purpose: one.purpose,
    purposes: one.purposes,
  }));

  const keyOwners = new Map<string, string>();
  for (const [i, one] of accounts.entries()) {
    for (const [k, hash] of one.apiKeyHashes.entries()) {
      const owner = keyOwners.get(hash);
      if (owner !== undefined && hash !== sha256Hex(''))
        faults.add(
          `accounts[${i}].api_keys[${k}]`,
          `is the same key as one of account "${owner}"; a key names one account`,
        );
      keyOwners.set(hash, one.name);
    }
  }
  if (value.smpp.length === 0 && value.http === undefined)
    faults.add('smpp', 'customers need a way in: smpp with at least one listen, or http');

  const gateway: GatewayConfig = {
    name: value.name,
    systemId: value.system_id,
    slot: value.slot,
    smpp: listeners,
    http:
      value.http === undefined
        ? null
        : {
            ...value.http.listen,
            tls:
              value.http.tls === undefined
                ? null
                : {
                    certificate: faults.file('http.tls.certificate', value.http.tls.certificate),
                    key: faults.file('http.tls.key', value.http.tls.key),
                  },
          },
    adminKeyHashes: (value.admin?.keys ?? []).map((key, k) => keyHash(`admin.keys[${k}]`, key)),
    guard: {
      ...value.guard.address,
      upstream: value.guard.upstream,
      password: faults.secret('guard.password', value.guard.password),
      tokenSecret: Buffer.from(faults.secret('guard.token_secret', value.guard.token_secret)),
      tls:
        value.guard.tls === undefined
          ? null
          : {
              serverName: value.guard.tls.server_name,
              authorities: pem('guard.tls.authorities', value.guard.tls.authorities),
              certificate: pem('guard.tls.certificate', value.guard.tls.certificate),
              key: pem('guard.tls.key', value.guard.tls.key),
              verify: value.guard.tls.verify,
            },
      responseTimerMs: value.guard.response_timer,
    },
    links: value.links.map((link) => ({ name: link.name, window: link.window, receiptParts: link.receipt_parts })),
    accounts,
    priceLists,
    routes: value.routes.map((route, i) => ({
      name: route.name ?? `route-${i + 1}`,
      prefix: route.prefix,
      account: route.account ?? null,
      sender: route.sender ?? null,
      links: route.links.map((link) => (typeof link === 'string' ? { link, weight: 1 } : link)),
      mode: route.mode,
    })),
    moRoutes: value.mo.map((route) => ({
      number: route.number,
      keyword: route.keyword?.toUpperCase() ?? null,
      account: route.account,
    })),
    webhookAllowedHosts: value.webhooks.allowed_hosts,
    historyDays: value.history_days,
    maxMessages: value.limits.messages,
    maxMemoryBytes: value.limits.memory,
    residentBytes: value.limits.resident,
    pageBytes: LETTER_PAGE_BYTES,
    maxConnections: value.limits.connections,
    maxConnectionsPerAddress: value.limits.connections_per_address,
  };
  const storageSecret =
    value.storage_secret === undefined
      ? Buffer.alloc(0)
      : Buffer.from(faults.secret('storage_secret', value.storage_secret));
  return {
    loaded: faults.list.length === 0 ? { gateway, dataFolder: faults.resolve(value.data), storageSecret } : null,
    faults: faults.list,
  };
}

/** What refers to something by name, read from the file as it stands. */
function checkNames(faults: Faults, raw: unknown): void {
  const links = namesOf(faults, raw, 'links');
  const accounts = namesOf(faults, raw, 'accounts');
  const lists = namesOf(faults, raw, 'price_lists');
  const systemIds = new Set<string>();
  for (const { index, group } of groupsOf(raw, 'accounts')) {
    mustKnow(faults, `accounts[${index}].price_list`, 'price list', textOf(group, 'price_list'), lists);
    const systemId = textOf(groupOf(group, 'smpp'), 'system_id');
    if (systemId === undefined) continue;
    if (systemIds.has(systemId))
      faults.add(`accounts[${index}].smpp.system_id`, `"${systemId}" stands twice; each account needs its own`);
    systemIds.add(systemId);
  }
  for (const { index, group } of groupsOf(raw, 'routes')) {
    mustKnow(faults, `routes[${index}].account`, 'account', textOf(group, 'account'), accounts);
    for (const [k, link] of listOf(group, 'links').entries()) {
      const name = typeof link === 'string' ? link : textOf(link as RawGroup, 'link');
      mustKnow(faults, `routes[${index}].links[${k}]`, 'link', name, links);
    }
  }
  for (const { index, group } of groupsOf(raw, 'mo'))
    mustKnow(faults, `mo[${index}].account`, 'account', textOf(group, 'account'), accounts);
}

/** CSV: `prefix,price` per line, an optional heading. */
function readPriceFile(faults: Faults, path: string, file: string): { prefix: string; price: number }[] {
  const prices: { prefix: string; price: number }[] = [];
  const lines = faults.file(path, file).split(/\r?\n/);
  lines.forEach((line, i) => {
    if (line.trim() === '' || (i === 0 && line.toLowerCase().startsWith('prefix'))) return;
    const [prefix = '', price = ''] = line.split(',').map((cell) => cell.trim());
    if (!/^[0-9]{0,15}$/.test(prefix) || !/^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(price)) {
      faults.add(path, `line ${i + 1} of ${file} must be PREFIX,PRICE, for example 4917,0.0650`);
      return;
    }
    prices.push({ prefix, price: microUnits(price) });
  });
  return prices;
}

function webhookSecret(faults: Faults, path: string, ref: z.infer<typeof secretRef>): string {
  const secret = faults.secret(path, ref);
  if (secret !== '' && !/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret))
    faults.add(path, 'must be whsec_ and 24 to 64 octets in base64 (Standard Webhooks)');
  return secret;
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
