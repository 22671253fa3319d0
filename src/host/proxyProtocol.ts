// The head of the PROXY protocol, versions 1 and 2, as a pure function over the first octets of a connection (R9).
// Sockets, deadlines and who may send one are net.ts's business.
import { isIPv4, isIPv6 } from 'node:net';

export type ProxyHead =
  /** More octets are needed. */
  | { readonly code: 'more' }
  /** Not a head, or one that cannot be used. */
  | { readonly code: 'bad'; readonly detail: string }
  /** A health check of the proxy itself (v2 LOCAL): the socket's own address counts. `length`: octets of the head. */
  | { readonly code: 'local'; readonly length: number }
  | {
      readonly code: 'proxied';
      readonly length: number;
      readonly sourceAddress: string;
      readonly sourcePort: number;
      readonly destinationAddress: string;
      readonly destinationPort: number;
    };

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const MORE: ProxyHead = { code: 'more' };
/** "PROXY UNKNOWN" with two full IPv6 addresses, CR LF included. */
const V1_MAX = 107;
/** Addresses and TLVs of version 2; no proxy that is meant here comes near it. */
const V2_BODY_MAX = 2048;

/** Reads the head from the first octets; it never looks beyond what the head itself claims. */
export function readProxyHead(bytes: Buffer): ProxyHead {
  if (bytes.length === 0) return MORE;
  if (bytes[0] === 0x50) return readV1(bytes);
  const seen = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.compare(SIGNATURE, 0, seen, 0, seen) !== 0) return bad('no PROXY head');
  return bytes.length < 16 ? MORE : readV2(bytes);
}

function readV1(bytes: Buffer): ProxyHead {
  const seen = Math.min(bytes.length, 6);
  if (bytes.latin1Slice(0, seen) !== 'PROXY '.slice(0, seen)) return bad('no PROXY head');
  const end = bytes.subarray(0, V1_MAX).indexOf('\r\n', 0, 'latin1');
  if (end < 0) return bytes.length >= V1_MAX ? bad('v1 line too long') : MORE;
  const words = bytes.latin1Slice(0, end).split(' ');
  const length = end + 2;
  const [, family, sourceAddress = '', destinationAddress = '', sourcePort = '', destinationPort = ''] = words;
  if (family === 'UNKNOWN') return { code: 'local', length };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null;
  if (isAddress === null || words.length !== 6) return bad('v1 line');
  if (!isAddress(sourceAddress) || !isAddress(destinationAddress)) return bad('v1 address');
  if (!isPort(sourcePort) || !isPort(destinationPort)) return bad('v1 port');
  return {
    code: 'proxied',
    length,
    sourceAddress,
    sourcePort: Number(sourcePort),
    destinationAddress,
    destinationPort: Number(destinationPort),
  };
}

function readV2(bytes: Buffer): ProxyHead {
  const bodyLength = bytes.readUInt16BE(14);
  const length = 16 + bodyLength;
  if (bytes[12] !== 0x20 && bytes[12] !== 0x21) return bad('v2 version or command');
  if (bodyLength > V2_BODY_MAX) return bad('v2 head too long');
  if (bytes.length < length) return MORE;
  if (bytes[12] === 0x20) return { code: 'local', length };
  const family = bytes[13];
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return bad('v2 family');
  if (bodyLength < 2 * size + 4) return bad('v2 addresses cut short');
  return {
    code: 'proxied',
    length,
    sourceAddress: address(bytes, 16, size),
    sourcePort: bytes.readUInt16BE(16 + 2 * size),
    destinationAddress: address(bytes, 16 + size, size),
    destinationPort: bytes.readUInt16BE(18 + 2 * size),
  };
}

function address(bytes: Buffer, at: number, size: number): string {
  if (size === 4) return bytes.subarray(at, at + 4).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(at + i).toString(16));
  return canonicalAddress(groups.join(':'));
}

/** One spelling per address: IPv4-mapped IPv6 as IPv4, other IPv6 lower case and compressed (RFC 5952). */
export function canonicalAddress(text: string): string {
  const mapped = /^(?:::ffff:|0:0:0:0:0:ffff:)(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  if (mapped !== null) return mapped[1] as string;
  if (!isIPv6(text)) return text;
  const host = new URL(`http://[${text.split('%')[0]}]/`).hostname.slice(1, -1);
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (hex === null) return host;
  const high = Number.parseInt(hex[1] as string, 16);
  const low = Number.parseInt(hex[2] as string, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function bad(detail: string): ProxyHead {
  return { code: 'bad', detail };
}
