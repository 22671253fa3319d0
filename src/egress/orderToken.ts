// The order token (design §3): the gateway's proof, over everything that must not change on the way, that it gave this order.
// Both programs compute it here. HMAC-SHA-256 made of two one-shot hashes over latin1 strings, because a keyed object per
// message costs four times as much.

/** SHA-256 of a latin1 string as a latin1 string. */
export type Sha256Latin1 = (input: string) => string;

/** What the token covers. Strings are latin1, one character per octet. */
export interface OrderFacts {
  /** 16 octets. */
  readonly op: string;
  readonly link: string;
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly source: string;
  readonly destination: string;
  readonly dataCoding: number;
  /** The body begins with a header (esm_class 0x40). */
  readonly udhi: boolean;
  readonly segmentCount: number;
  /** Relative, whole seconds. */
  readonly validitySeconds: number;
  /** Real end of validity, ms since the epoch: after it the order must not be emitted. */
  readonly validUntil: number;
  /** TLV orderFlags. */
  readonly flags: number;
  /** SHA-256 of the body's octets, 32 characters. */
  readonly bodyDigest: string;
}

const BLOCK_OCTETS = 64;
const HIGH = 0x1_0000_0000;

/** A key made ready: HMAC's two padded blocks. */
export interface TokenKey {
  readonly inner: string;
  readonly outer: string;
}

/** Prepares a secret (any length) for `orderToken`. */
export function tokenKey(secret: Buffer, sha256: Sha256Latin1): TokenKey {
  const raw = secret.latin1Slice(0, secret.length);
  const key = raw.length > BLOCK_OCTETS ? sha256(raw) : raw;
  let inner = '';
  let outer = '';
  for (let i = 0; i < BLOCK_OCTETS; i++) {
    const octet = i < key.length ? key.charCodeAt(i) : 0;
    inner += String.fromCharCode(octet ^ 0x36);
    outer += String.fromCharCode(octet ^ 0x5c);
  }
  return { inner, outer };
}

/** The token: 32 octets as a latin1 string. Every variable part carries its length, so no two orders read alike. */
export function orderToken(key: TokenKey, facts: OrderFacts, sha256: Sha256Latin1): string {
  const untilHigh = Math.floor(facts.validUntil / HIGH);
  const untilLow = facts.validUntil % HIGH;
  const message =
    facts.op +
    facts.bodyDigest +
    String.fromCharCode(
      facts.dataCoding,
      facts.udhi ? 1 : 0,
      facts.segmentCount,
      facts.sourceTon,
      facts.sourceNpi,
      (facts.validitySeconds >>> 24) & 0xff,
      (facts.validitySeconds >>> 16) & 0xff,
      (facts.validitySeconds >>> 8) & 0xff,
      facts.validitySeconds & 0xff,
      (untilHigh >>> 8) & 0xff,
      untilHigh & 0xff,
      untilLow >>> 24,
      (untilLow >>> 16) & 0xff,
      (untilLow >>> 8) & 0xff,
      untilLow & 0xff,
      facts.flags,
      facts.link.length,
      facts.source.length,
      facts.destination.length,
    ) +
    facts.link +
    facts.source +
    facts.destination;
  return sha256(key.outer + sha256(key.inner + message));
}
