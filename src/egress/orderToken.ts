// The order token (design §3): the gateway's proof, over everything that must not change on the way, that it gave this order.
// Both programs compute it here. HMAC-SHA-256 made of two one-shot hashes, because a keyed object per message costs four
// times as much.
import { NO_BYTES } from '../base/bytes.ts';
import type { Draft } from '../base/draft.ts';
import { type HashOctets, ScratchOctets } from '../base/scratchOctets.ts';

/** What the token covers. Strings are latin1, one character per octet. */
export interface OrderFacts {
  /** 16 octets. */
  readonly op: Uint8Array;
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
  readonly body: Uint8Array;
}

/** Facts to be filled again and again. */
export function blankFacts(): Draft<OrderFacts> {
  return {
    op: NO_BYTES,
    link: '',
    sourceTon: 0,
    sourceNpi: 0,
    source: '',
    destination: '',
    dataCoding: 0,
    udhi: false,
    segmentCount: 0,
    validitySeconds: 0,
    validUntil: 0,
    flags: 0,
    body: NO_BYTES,
  };
}

const BLOCK_OCTETS = 64;
const HIGH = 0x1_0000_0000;
const INNER = 0x36;
const OUTER = 0x5c;

/** Computes tokens under one secret (any length). One instance is used again and again. */
export class OrderTokens {
  readonly #sha256: HashOctets;
  readonly #inner: ScratchOctets;
  readonly #outer: ScratchOctets;

  constructor(secret: Buffer, sha256: HashOctets) {
    this.#sha256 = sha256;
    const key = secret.length > BLOCK_OCTETS ? Buffer.from(sha256(secret), 'latin1') : secret;
    this.#inner = new ScratchOctets(padded(key, INNER));
    this.#outer = new ScratchOctets(padded(key, OUTER));
  }

  /** The token: 32 octets as a latin1 string. Every part but the last carries its length, so no two orders read alike. */
  of(facts: OrderFacts): string {
    const { validUntil } = facts;
    const untilHigh = Math.floor(validUntil / HIGH);
    const message = this.#inner
      .restart()
      .bytes(facts.op)
      .u8(facts.dataCoding)
      .u8(facts.udhi ? 1 : 0)
      .u8(facts.segmentCount)
      .u8(facts.sourceTon)
      .u8(facts.sourceNpi)
      .u32(facts.validitySeconds)
      .u32(untilHigh)
      .u32(validUntil - untilHigh * HIGH)
      .u8(facts.flags)
      .u8(facts.link.length)
      .u8(facts.source.length)
      .u8(facts.destination.length)
      .latin1(facts.link)
      .latin1(facts.source)
      .latin1(facts.destination)
      .bytes(facts.body);
    return this.#sha256(this.#outer.restart().latin1(this.#sha256(message.view())).view());
  }
}

function padded(key: Buffer, pad: number): string {
  let block = '';
  for (let i = 0; i < BLOCK_OCTETS; i++) block += String.fromCharCode((i < key.length ? (key[i] as number) : 0) ^ pad);
  return block;
}
