// gateway.yaml: its schema, its defaults, and how it becomes a GatewayConfig. Every fault is told at once.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ConfigFault } from '../base/result.ts';
import type { AccountConfig, GatewayConfig, PriceListConfig, SmppListenerConfig } from '../gateway/config.ts';
import { type ConfigSource, type Faults, microUnits, readYaml, type secretRef } from './configTools.ts';
import { type accountSchema, gatewaySchema } from './gatewaySchema.ts';

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
  const { value, faults } = readYaml(path, gatewaySchema, environment);
  if (value === null) return { loaded: null, faults: faults.list };
  const keyHash = (at: string, key: z.infer<typeof accountSchema>['api_keys'][number]): string =>
    'sha256' in key ? key.sha256 : sha256Hex(faults.secret(at, key));
  const pem = (at: string, file: string | undefined): string | null =>
    file === undefined ? null : faults.file(at, file);

  const listeners: SmppListenerConfig[] = value.smpp.map((one, i) => ({
    ...one.listen,
    tls:
      one.tls === undefined
        ? null
        : {
            certificate: faults.file(`smpp[${i}].tls.certificate`, one.tls.certificate),
            key: faults.file(`smpp[${i}].tls.key`, one.tls.key),
            clientAuthorities: pem(`smpp[${i}].tls.client_authorities`, one.tls.client_authorities),
            requireClientCertificate: one.tls.require_client_certificate,
          },
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
  checkNames(faults, value);

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
    apiKeyHashes: one.api_keys.map((key, k) => keyHash(`accounts[${i}].api_keys[${k}]`, key)),
    certificateFingerprints: one.certificate_fingerprints,
    allowedAddresses: one.allowed_addresses,
    allowedSenders: one.allowed_senders,
    maxBinds: one.max_binds,
    window: one.window,
    throughput: one.throughput,
    maxSegments: one.max_segments,
    priceList: one.price_list,
    currency: currencies.get(one.price_list) ?? 'XXX',
    creditLimit: one.credit_limit,
    chargeOn: one.charge_on,
    lane: one.lane,
    defaultValidityMs: one.default_validity,
    graceMs: one.grace,
    onUnknown: one.on_unknown,
    nationalPrefix: one.national ?? null,
    messageIdFormat: one.message_id_format,
    defaultAlphabet: one.default_alphabet,
    nationalLanguages: one.national_languages,
    binary: one.binary,
    legacyBindStatus: one.legacy_bind_status,
    noCreditStatus: one.no_credit_status,
    lenientTimes: one.lenient_times,
    receiptText: false,
    webhook:
      one.webhook === undefined
        ? null
        : { url: one.webhook.url, secret: webhookSecret(faults, `accounts[${i}].webhook.secret`, one.webhook.secret) },
    duplicateWindowMs: one.duplicate_window,
    purpose: one.purpose,
  }));

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

function checkNames(faults: Faults, value: z.infer<typeof gatewaySchema>): void {
  const known = (list: readonly { readonly name: string }[], path: string): Set<string> => {
    const names = new Set<string>();
    list.forEach((one, i) => {
      if (names.has(one.name)) faults.add(`${path}[${i}].name`, `"${one.name}" stands twice; names must differ`);
      names.add(one.name);
    });
    return names;
  };
  const links = known(value.links, 'links');
  const accounts = known(value.accounts, 'accounts');
  const lists = known(value.price_lists, 'price_lists');
  const systemIds = new Set<string>();
  const some = (names: Set<string>): string =>
    names.size === 0 ? 'none is defined' : `known: ${[...names].slice(0, 8).join(', ')}`;
  value.accounts.forEach((one, i) => {
    if (!lists.has(one.price_list))
      faults.add(`accounts[${i}].price_list`, `no price list "${one.price_list}"; ${some(lists)}`);
    if (one.smpp === undefined) return;
    if (systemIds.has(one.smpp.system_id))
      faults.add(`accounts[${i}].smpp.system_id`, `"${one.smpp.system_id}" stands twice; each account needs its own`);
    systemIds.add(one.smpp.system_id);
  });
  value.routes.forEach((route, i) => {
    if (route.account !== undefined && !accounts.has(route.account))
      faults.add(`routes[${i}].account`, `no account "${route.account}"; ${some(accounts)}`);
    route.links.forEach((link, k) => {
      const linkName = typeof link === 'string' ? link : link.link;
      if (!links.has(linkName)) faults.add(`routes[${i}].links[${k}]`, `no link "${linkName}"; ${some(links)}`);
    });
  });
  value.mo.forEach((route, i) => {
    if (!accounts.has(route.account))
      faults.add(`mo[${i}].account`, `no account "${route.account}"; ${some(accounts)}`);
  });
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
