// Which addresses a webhook may go to: customers name the URLs, so that nothing inside our own network may answer to one
// (server-side request forgery). The address that was checked is the one that is connected to.
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** IANA special-purpose registries (RFC 6890), multicast, and the metadata services of clouds outside those. */
const FORBIDDEN_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Those that wrap an IPv4 address (mapped, NAT64, Teredo, 6to4) are forbidden whole: nobody's webhook needs them. */
const FORBIDDEN_V6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

// Two lists: in one, Node would hold every IPv4 address for a mapped one and forbid them all.
const forbiddenV4 = listOf(FORBIDDEN_V4, 'ipv4');
const forbiddenV6 = listOf(FORBIDDEN_V6, 'ipv6');

function listOf(nets: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, family);
  return list;
}

/** Whether nothing outside may have us connect to `address` (IPv4 or IPv6 text). */
export function isForbiddenAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return forbiddenV4.check(address, 'ipv4');
    case 6:
      return forbiddenV6.check(address, 'ipv6');
    default:
      return true;
  }
}

export type ResolvedTarget =
  | { readonly code: 'resolved'; readonly address: string }
  | { readonly code: 'forbidden'; readonly detail: string }
  | { readonly code: 'failed'; readonly detail: string };

/** All addresses of a name; replaced in tests. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/**
 * Resolves the host of `url` once. One forbidden address among several forbids the name, since which of them a
 * connection would take is the attacker's choice. `allowedHosts` holds names or addresses, with or without `:port`.
 */
export async function resolveTarget(
  url: URL,
  allowedHosts: readonly string[],
  resolve: Resolve,
): Promise<ResolvedTarget> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { code: 'forbidden', detail: `scheme ${url.protocol} is not http or https` };
  if (url.username !== '' || url.password !== '') return { code: 'forbidden', detail: 'credentials in the URL' };
  const hostname = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const listed = allowedHosts.some(
    (host) => host.toLowerCase() === hostname || host.toLowerCase() === url.host.toLowerCase(),
  );
  let addresses: readonly string[];
  if (isIP(hostname) !== 0) addresses = [hostname];
  else {
    try {
      addresses = await resolve(hostname);
    } catch (error) {
      return { code: 'failed', detail: `name not resolved: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  const bad = listed ? undefined : addresses.find(isForbiddenAddress);
  if (bad !== undefined)
    return {
      code: 'forbidden',
      detail: `${hostname} is ${bad}, which is not a public address; list the host to allow it`,
    };
  const [address] = addresses;
  return address === undefined ? { code: 'failed', detail: 'name has no address' } : { code: 'resolved', address };
}
