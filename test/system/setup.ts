// What the programs of a system test are told: their secrets, and settings with one account, one link and one price, on top of
// which a test says what it wants different.

export type Settings = { readonly [name: string]: unknown };

/** What differs from the common stack. Settings replace those of the same name at the top of their file. */
export interface Setup {
  readonly gateway?: Settings;
  readonly guard?: Settings;
  /** On top of the guard's only link. */
  readonly link?: Settings;
  readonly operator?: readonly string[];
  /** More accounts; each has its own name for system_id, and `secretOf(name)` for password. */
  readonly accounts?: readonly Settings[];
}

/** Every secret that stands in a configuration; none may be seen in any output. */
export const secrets = {
  HOP: 'hop-password-of-the-test',
  TOKEN: 'token-secret-of-the-test-0123456789',
  OPERATOR: 'op-pw-x',
  ADMIN: 'admin-key-of-the-test',
  GUARD_ADMIN: 'guard-admin-token-of-the-test',
  WEBHOOK: 'whsec_c3lzdGVtIHRlc3Qgd2ViaG9vayBzZWNyZXQgMzIgb2N0ZXRz',
} as const;

/** Within SMPP's nine octets. */
export function secretOf(account: string): string {
  return `pw.${account}`.slice(0, 8);
}

export function keyOf(account: string): string {
  return `gp_test_key_of_${account}`;
}

/** Where everything of one stack listens. */
export type StackPorts = {
  readonly [name in 'operator' | 'operatorHttp' | 'guard' | 'guardAdmin' | 'smpp' | 'http']: number;
};

/** gateway.yaml */
export function gatewaySettings(ports: StackPorts, setup: Setup): Settings {
  return {
    name: 'gw',
    data: 'gateway-data',
    smpp: [{ listen: `127.0.0.1:${ports.smpp}` }],
    http: { listen: `127.0.0.1:${ports.http}` },
    admin: { keys: [{ env: 'SYSTEM_ADMIN' }] },
    guard: {
      address: `127.0.0.1:${ports.guard}`,
      upstream: 'gw',
      password: { env: 'SYSTEM_HOP' },
      token_secret: { env: 'SYSTEM_TOKEN' },
    },
    links: [{ name: 'alpha' }],
    price_lists: [{ name: 'std', currency: 'EUR', prices: { '': '0.05' } }],
    accounts: accountsOf(setup),
    routes: [{ prefix: '49', links: ['alpha'] }],
    ...setup.gateway,
  };
}

/** guard.yaml */
export function guardSettings(ports: StackPorts, setup: Setup): Settings {
  return {
    name: 'guard',
    data: 'guard-data',
    listen: [{ address: `127.0.0.1:${ports.guard}` }],
    admin: { listen: `127.0.0.1:${ports.guardAdmin}`, token: { env: 'SYSTEM_GUARD_ADMIN' } },
    upstreams: [
      {
        mode: 'token',
        name: 'gw',
        password: { env: 'SYSTEM_HOP' },
        token_secret: { env: 'SYSTEM_TOKEN' },
        links: ['alpha'],
      },
    ],
    links: [
      {
        name: 'alpha',
        supplier: { name: 'Operator', jurisdiction: 'CH' },
        address: `127.0.0.1:${ports.operator}`,
        system_id: 'op',
        password: { env: 'SYSTEM_OPERATOR' },
        window: 500,
        throttle_per_second: 100_000,
        ...setup.link,
      },
    ],
    ...setup.guard,
  };
}

/** The account `acme`, and those of the test. */
export function accountsOf(setup: Setup): Settings[] {
  return [{ name: 'acme', credit_limit: '100000' }, ...(setup.accounts ?? [])].map((account) => {
    const name = account['name'] as string;
    return {
      smpp: { system_id: name, password: { env: `SYSTEM_PW_${name}` } },
      api_keys: [{ env: `SYSTEM_KEY_${name}` }],
      price_list: 'std',
      window: 500,
      ...account,
    };
  });
}
