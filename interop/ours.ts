// Glaspost itself as the suites run it: through the command `glaspost`, with configuration files and secrets in the suite's
// folder, real journals, and free ports. Where one of its programs does not start, the suite fails.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePorts, type Place, type Running } from './harness.ts';

const glaspost = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'glaspost.mjs');

function start(place: Place, name: string, args: readonly string[]): Running {
  return place.start(name, process.execPath, [glaspost, ...args]);
}

/** A reference to a secret that stands in a file of the place. */
function secret(place: Place, name: string, value: string): { readonly file: string } {
  place.write(`${name}.secret`, `${value}\n`);
  return { file: `${name}.secret` };
}

/** A supplier as the guard's link needs it. */
export interface Supplier {
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  /** How it writes message ids in responses, and in receipts where that differs. */
  readonly idBase: 'text' | 'hex' | 'dec';
  readonly receiptIdBase?: 'text' | 'hex' | 'dec';
}

/** Where and as whom a peer binds to us. */
export interface BindTo {
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** The simulated operator, as a supplier, with what its handsets got at `httpPort`. */
export async function startOperator(place: Place): Promise<Supplier & { readonly httpPort: number }> {
  const [port = 0, httpPort = 0] = await freePorts(2);
  const supplier = { port, systemId: 'op', password: 'oppass', idBase: 'text' } as const;
  const config = {
    listen: `127.0.0.1:${port}`,
    http: `127.0.0.1:${httpPort}`,
    accounts: [{ system_id: supplier.systemId, password: secret(place, 'operator', supplier.password) }],
    behaviour: { latency: '5-20ms', 'receipt-delay': '200ms' },
    handsets: 'texts',
  };
  const operator = start(place, 'operator', ['operator', '--config', place.write('operator.yaml', stringify(config))]);
  await operator.listening(port);
  return { ...supplier, httpPort };
}

const tokenSecret = 'interop-order-token-secret-0123456789';
const upstreamPassword = 'interop-upstream';

/** guard.yaml with one link, `out`, to the supplier. */
function writeGuardConfig(place: Place, port: number, supplier: Supplier, upstream: object): void {
  const link = {
    name: 'out',
    supplier: { name: 'Peer', jurisdiction: 'CH' },
    address: `127.0.0.1:${supplier.port}`,
    system_id: supplier.systemId,
    password: secret(place, 'link', supplier.password),
    window: 20,
    throttle_per_second: 1000,
    enquire_link: '5s',
    dialect: { resp_base: supplier.idBase, receipt_base: supplier.receiptIdBase ?? supplier.idBase },
  };
  const config = {
    data: 'data/guard',
    listen: [{ address: `127.0.0.1:${port}` }],
    upstreams: [upstream],
    links: [link],
  };
  place.write('guard.yaml', stringify(config));
}

export interface Glaspost {
  /** The one customer account. */
  readonly customer: BindTo;
  /** What `glaspost trace` prints for a message id. */
  trace(messageId: string): Promise<string>;
}

/** Starts gateway and guard with `glaspost up` and waits until both are ready. */
export async function startGlaspost(place: Place, { supplier }: { supplier: Supplier }): Promise<Glaspost> {
  const [smppPort = 0, httpPort = 0, guardPort = 0] = await freePorts(3);
  const customer = { port: smppPort, username: 'customer', password: 'secret12' };
  const upstream = {
    mode: 'token',
    name: 'gateway',
    password: secret(place, 'upstream', upstreamPassword),
    token_secret: secret(place, 'token', tokenSecret),
  };
  writeGuardConfig(place, guardPort, supplier, upstream);
  const config = {
    data: 'data/gateway',
    smpp: [{ listen: `127.0.0.1:${smppPort}` }],
    http: { listen: `127.0.0.1:${httpPort}` },
    admin: { keys: [secret(place, 'admin', 'gp_admin_interop-interop-interop-interop-interop')] },
    guard: {
      address: `127.0.0.1:${guardPort}`,
      upstream: 'gateway',
      password: secret(place, 'upstream', upstreamPassword),
      token_secret: secret(place, 'token', tokenSecret),
    },
    links: [{ name: 'out' }],
    accounts: [
      {
        name: 'customer',
        smpp: { system_id: customer.username, password: secret(place, 'customer', customer.password) },
        price_list: 'standard',
        credit_limit: '1000',
        window: 100,
      },
    ],
    price_lists: [{ name: 'standard', currency: 'EUR', prices: { '': '0.0500' } }],
    routes: [{ name: 'everywhere', links: ['out'] }],
  };
  place.write('gateway.yaml', stringify(config));
  const up = start(place, 'glaspost', ['up', '-c', place.folder]);
  await up.saying(/"program":"guard".*"event":"ready"/, 30_000);
  await up.saying(/"program":"gateway".*"event":"ready"/, 30_000);
  return {
    customer,
    trace: (messageId) =>
      place.command('trace', process.execPath, [glaspost, 'trace', '-c', place.folder, messageId], 10_000),
  };
}

/** Starts the guard alone, in bind mode for one upstream that is not Glaspost. */
export async function startGuardAlone(
  place: Place,
  { supplier }: { supplier: Supplier },
): Promise<{ readonly upstream: BindTo }> {
  const [port = 0] = await freePorts(1);
  const upstream = { port, username: 'kannel', password: 'secret12' };
  writeGuardConfig(place, port, supplier, {
    mode: 'bind',
    name: 'other-gateway',
    system_id: upstream.username,
    password: secret(place, 'upstream', upstream.password),
    link: 'out',
    account: 'other-gateway',
    allowed_senders: ['INFO'],
  });
  const guard = start(place, 'guard', ['guard', '-c', place.folder]);
  await guard.saying(/"event":"ready"/, 30_000);
  return { upstream };
}
