// Network addresses and blocks of them: allow-lists of customers, proxies and webhooks. Text in, yes or no out.

/** Is `address` (IPv4, IPv6, or IPv4 written as IPv6) in one of `blocks`? An empty list allows all. */
export function addressAllowed(address: string, blocks: readonly string[]): boolean {
  if (blocks.length === 0) return true;
  return inBlocks(address, blocks);
}

/** Is `address` in one of `blocks` (`10.0.0.0/8`, `2001:db8::/32`, or single addresses)? What is no address is in none. */
export function inBlocks(address: string, blocks: readonly string[]): boolean {
  const octets = parseAddress(address);
  if (octets === null) return false;
  return blocks.some((block) => {
    const [text = '', length] = block.split('/');
    const network = parseAddress(text);
    if (network === null || network.length !== octets.length) return false;
    const bits = length === undefined ? network.length * 8 : /^[0-9]{1,3}$/.test(length) ? Number(length) : -1;
    return bits >= 0 && bits <= network.length * 8 && sameBits(octets, network, bits);
  });
}

/** The octets of an address: 4 or 16, IPv4-mapped IPv6 as 4; null for what is none. */
export function parseAddress(text: string): readonly number[] | null {
  const plain = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const bare = plain.split('%')[0] as string;
  if (!bare.includes(':')) return parseIpv4(bare);
  const octets = parseIpv6(bare);
  if (octets === null) return null;
  const mapped = octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  return mapped ? octets.slice(12) : octets;
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255))
    return null;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | null {
  let source = text;
  const tail: number[] = [];
  const lastColon = source.lastIndexOf(':');
  if (source.includes('.')) {
    const ipv4 = parseIpv4(source.slice(lastColon + 1));
    if (ipv4 === null) return null;
    tail.push(...ipv4);
    source = source.slice(0, lastColon + 1);
    if (!source.endsWith('::')) source = source.slice(0, -1);
  }
  const halves = source.split('::');
  if (halves.length > 2) return null;
  const groups = (half: string): number[] | null => {
    if (half === '') return [];
    const octets: number[] = [];
    for (const group of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
    }
    return octets;
  };
  const head = groups(halves[0] as string);
  const rest = halves.length === 2 ? groups(halves[1] as string) : [];
  if (head === null || rest === null) return null;
  const missing = 16 - head.length - rest.length - tail.length;
  if (missing < 0 || (halves.length === 1 && missing !== 0)) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...rest, ...tail];
}

function sameBits(a: readonly number[], b: readonly number[], bits: number): boolean {
  for (let i = 0; i < bits; i += 8) {
    const mask = bits - i >= 8 ? 0xff : (0xff << (8 - (bits - i))) & 0xff;
    if (((a[i >> 3] as number) & mask) !== ((b[i >> 3] as number) & mask)) return false;
  }
  return true;
}
