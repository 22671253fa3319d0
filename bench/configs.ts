// Configuration files of the programs under test, written into a folder of the run. Secrets go into files of their own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Workload } from './workload.ts';

/** Between the gateway and the guard of a bench; both run on this machine for its time only. */
const TOKEN_SECRET = 'bench token secret of 32 octets!';

export interface OperatorAccountSetup {
  readonly systemId: string;
  readonly password: string;
}

/** operator.yaml of the standard workload: handsets as digests, answers after 5–20 ms, receipts after 1 s. Its path. */
export function writeOperatorConfig(folder: string, accounts: readonly OperatorAccountSetup[], grainMs = 1): string {
  const path = join(folder, 'operator.yaml');
  writeFileSync(
    path,
    stringify({
      accounts: accounts.map(({ systemId, password }) => ({
        system_id: systemId,
        password: secretFile(folder, `operator-${systemId}`, password),
      })),
      behaviour: { latency: '5-20ms', 'receipt-delay': '1s' },
      handsets: 'counts',
      grain_ms: grainMs,
    }),
  );
  return path;
}

/** A secret in a file of its own beside the configuration; the reference to it. */
export function secretFile(folder: string, name: string, value: string): { readonly file: string } {
  writeFileSync(join(folder, `${name}.secret`), value, { mode: 0o600 });
  return { file: `${name}.secret` };
}

/** Where everything of one run listens, and the secrets between the programs. */
export interface StackPlan {
  readonly folder: string;
  readonly operatorPort: number;
  readonly operatorHttpPort: number;
  readonly guardPort: number;
  readonly guardAdminPort: number;
  readonly gatewayPort: number;
  readonly gatewayHttpPort: number;
  readonly links: number;
  /** Unanswered submits of the guard per link's bind. */
  readonly linkWindow: number;
  /** Limit and weight of each link, in their order; null: no limit that is reached, and equal parts. */
  readonly linkThrottles: readonly number[] | null;
  readonly adminKey: string;
  /** Key of every account for the HTTP API: `apiKeyOf`. */
  readonly apiKeySeed: string;
  readonly guardToken: string;
}

/** The API key of one account. */
export function apiKeyOf(plan: StackPlan, account: string): string {
  return `${plan.apiKeySeed}-${account}`;
}

/** The operator's accounts: one per link of the guard. */
export function linkAccounts(plan: StackPlan): OperatorAccountSetup[] {
  return Array.from({ length: plan.links }, (_, index) => ({
    systemId: `link${index + 1}`,
    password: `pw-link${index + 1}`,
  }));
}

/** guard.yaml: the standard workload's links, each an account of the one operator. Its path. */
export function writeGuardConfig(plan: StackPlan): string {
  const path = join(plan.folder, 'guard.yaml');
  writeFileSync(
    path,
    stringify({
      name: 'guard',
      data: 'guard-data',
      listen: [{ address: `127.0.0.1:${plan.guardPort}` }],
      admin: {
        listen: `127.0.0.1:${plan.guardAdminPort}`,
        token: secretFile(plan.folder, 'guard-admin', plan.guardToken),
      },
      upstreams: [
        {
          mode: 'token',
          name: 'gateway',
          password: secretFile(plan.folder, 'hop', 'hop-password'),
          token_secret: secretFile(plan.folder, 'token', TOKEN_SECRET),
        },
      ],
      links: linkAccounts(plan).map(({ systemId, password }, index) => ({
        name: systemId,
        supplier: { name: `Supplier ${systemId}`, jurisdiction: 'CH' },
        address: `127.0.0.1:${plan.operatorPort}`,
        system_id: systemId,
        password: secretFile(plan.folder, systemId, password),
        window: plan.linkWindow,
        throttle_per_second: plan.linkThrottles?.[index] ?? 100_000,
      })),
    }),
  );
  return path;
}

/** gateway.yaml: the workload's accounts and prices, postpaid, links by their weight. Its path. */
export function writeGatewayConfig(plan: StackPlan, workload: Workload): string {
  const path = join(plan.folder, 'gateway.yaml');
  const prices = ['prefix,price'];
  for (const [prefix, price] of workload.prices) prices.push(`${prefix},${(price / 1_000_000).toFixed(6)}`);
  writeFileSync(join(plan.folder, 'prices.csv'), `${prices.join('\n')}\n`);
  const links = linkAccounts(plan).map(({ systemId }) => systemId);
  writeFileSync(
    path,
    stringify({
      name: 'gateway',
      data: 'gateway-data',
      smpp: [{ listen: `127.0.0.1:${plan.gatewayPort}` }],
      http: { listen: `127.0.0.1:${plan.gatewayHttpPort}` },
      admin: { keys: [secretFile(plan.folder, 'admin', plan.adminKey)] },
      guard: {
        address: `127.0.0.1:${plan.guardPort}`,
        upstream: 'gateway',
        password: { file: 'hop.secret' },
        token_secret: { file: 'token.secret' },
      },
      links: links.map((name) => ({ name, window: 1000 })),
      price_lists: [{ name: 'bench', currency: 'EUR', file: 'prices.csv' }],
      accounts: Array.from({ length: workload.options.accounts }, (_, index) => workload.account(index)).map(
        ({ name, systemId, password }) => ({
          name,
          smpp: { system_id: systemId, password: secretFile(plan.folder, `customer-${name}`, password) },
          api_keys: [secretFile(plan.folder, `key-${name}`, apiKeyOf(plan, name))],
          window: 1000,
          max_binds: 50,
          price_list: 'bench',
          credit_limit: '100000000',
        }),
      ),
      routes: [{ mode: 'weighted', links: links.map((link, index) => ({ link, weight: weightOf(plan, index) })) }],
    }),
  );
  return path;
}

/** Weights go up to 1000. */
function weightOf(plan: StackPlan, index: number): number {
  const throttles = plan.linkThrottles;
  return throttles === null
    ? 1
    : Math.max(1, Math.round((1000 * (throttles[index] as number)) / Math.max(...throttles)));
}
