// What `glaspost init` writes: a configuration that works as it is with the simulated operator, and fresh random secrets in
// files of their own. The demo starts from the same files.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface InitPorts {
  readonly smpp: number;
  readonly http: number;
  readonly guard: number;
  readonly guardAdmin: number;
  readonly operator: number;
  readonly operatorHttp: number;
}

export const defaultPorts: InitPorts = {
  smpp: 2775,
  http: 8080,
  guard: 2776,
  guardAdmin: 8081,
  operator: 2777,
  operatorHttp: 8085,
};

/** Names of the secrets, each a file secrets/NAME with mode 0600. */
const secretNames = [
  'account-demo',
  'api-key-demo',
  'admin-key',
  'guard-upstream',
  'order-token',
  'guard-admin',
  'operator-password',
  'storage-gateway',
  'storage-guard',
  'webhook',
] as const;
export type SecretName = (typeof secretNames)[number];

/** SMPP passwords have at most 8 characters in every version before 5.0 (3.4 §5.2.2). */
const SMPP_PASSWORD_OCTETS = 6;
const SECRET_OCTETS = 32;

/** Writes the files into `folder`, which exists and has none of them. Returns the secrets. `webhookUrl`: on this machine. */
export function writeInitFiles(
  folder: string,
  ports: InitPorts,
  webhookUrl: string | null = null,
): Readonly<Record<SecretName, string>> {
  mkdirSync(join(folder, 'secrets'), { mode: 0o700 });
  const secrets = Object.fromEntries(secretNames.map((name) => [name, secretFor(name)])) as Record<SecretName, string>;
  for (const name of secretNames)
    writeFileSync(join(folder, 'secrets', name), `${secrets[name]}\n`, { mode: 0o600, flag: 'wx' });
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o640, flag: 'wx' });
  write('.gitignore', 'secrets/\ndata/\n');
  write('gateway.yaml', gatewayYaml(ports, webhookUrl));
  write('guard.yaml', guardYaml(ports));
  write('operator.yaml', operatorYaml(ports));
  return secrets;
}

function secretFor(name: SecretName): string {
  if (name === 'account-demo' || name === 'operator-password')
    return randomBytes(SMPP_PASSWORD_OCTETS).toString('base64url');
  if (name === 'api-key-demo') return `gp_live_${randomBytes(SECRET_OCTETS).toString('base64url')}`;
  if (name === 'admin-key') return `gp_admin_${randomBytes(SECRET_OCTETS).toString('base64url')}`;
  if (name === 'webhook') return `whsec_${randomBytes(SECRET_OCTETS).toString('base64')}`;
  return randomBytes(SECRET_OCTETS).toString('base64url');
}

function gatewayYaml(ports: InitPorts, webhookUrl: string | null): string {
  return `# The gateway: serves customers. Every setting is described in docs/OPERATING.md.
# Check it with: glaspost config check -c DIR        Take changes while it runs: send SIGHUP to "glaspost up".
name: gateway
data: data/gateway
storage_secret: { file: secrets/storage-gateway }

smpp:
  - listen: 127.0.0.1:${ports.smpp}
http:
  listen: 127.0.0.1:${ports.http}
admin:
  keys: [{ file: secrets/admin-key }]

# The guard alone speaks to suppliers; the gateway gives it orders.
guard:
  address: 127.0.0.1:${ports.guard}
  upstream: gateway
  password: { file: secrets/guard-upstream }
  token_secret: { file: secrets/order-token }
links:
  - name: simulator

accounts:
  - name: demo
    smpp: { system_id: demo, password: { file: secrets/account-demo } }
    api_keys: [{ file: secrets/api-key-demo }]
    price_list: standard
    # Prepaid: glaspost account credit demo 100.00 --reference first
    credit_limit: "0"
    max_binds: 10
    window: 100
${webhookUrl === null ? '' : `    webhook: { url: "${webhookUrl}", secret: { file: secrets/webhook } }\n`}
# Per segment, by the longest prefix of the destination that is listed; "" is everywhere else.
price_lists:
  - name: standard
    currency: EUR
    prices: { "": "0.0500", "49": "0.0650", "41": "0.0410" }

# The first rule that fits names the links, in order.
routes:
  - name: everywhere
    links: [simulator]
${webhookUrl === null ? '' : '\nwebhooks: { allowed_hosts: [127.0.0.1] }\n'}`;
}

function guardYaml(ports: InitPorts): string {
  return `# The guard: alone holds suppliers' credentials, checks every order, journals it, and only then sends.
name: guard
data: data/guard
storage_secret: { file: secrets/storage-guard }

listen:
  - address: 127.0.0.1:${ports.guard}
admin:
  listen: 127.0.0.1:${ports.guardAdmin}
  token: { file: secrets/guard-admin }

upstreams:
  - name: gateway
    mode: token
    password: { file: secrets/guard-upstream }
    token_secret: { file: secrets/order-token }

links:
  - name: simulator
    supplier: { name: Simulated operator, jurisdiction: CH }
    address: 127.0.0.1:${ports.operator}
    system_id: glaspost
    password: { file: secrets/operator-password }
    binds: 1
    window: 200
    throttle_per_second: 2000
    enquire_link: 30s
`;
}

function operatorYaml(ports: InitPorts): string {
  return `# The simulated operator, to try everything without a contract: glaspost operator --config DIR/operator.yaml
listen: 127.0.0.1:${ports.operator}
http: 127.0.0.1:${ports.operatorHttp}
accounts:
  - system_id: glaspost
    password: { file: secrets/operator-password }
behaviour:
  latency: 5-20ms
  receipt-delay: 1s
`;
}
