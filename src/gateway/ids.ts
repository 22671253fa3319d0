// Message ids: one 128-bit number per message, unique for ever, with several spellings. Layout as UUIDv7: 48 bit milliseconds,
// version 7, 12 bit slot, variant, 30 bit random, 32 bit counter. An id says when, never how much: the counter starts at a
// random value and runs over all accounts of the instance.
// The last 32 bits are alone unique within 4 billion messages, so that SMPP 3.3 peers get 8 characters.
import { writeU32 } from '../base/bytes.ts';
import type { RandomPool } from '../base/random.ts';

const ID_OCTETS = 16;
/** Where the counter stands in an id. */
export const COUNTER_AT = 12;
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

export type MessageIdFormat = 'opaque' | 'hex' | 'dec';

/** Draws ids. One per gateway instance and slot. */
export class IdSource {
  readonly #random: RandomPool;
  readonly #slot: number;
  #counter: number;

  constructor(random: RandomPool, slot: number, counter: number) {
    this.#random = random;
    this.#slot = slot;
    this.#counter = counter >>> 0;
  }

  /** The counter must not run backwards over a restart: recovery hands in every counter it sees. */
  seen(counter: number): void {
    if ((counter - this.#counter) >>> 0 < 0x8000_0000) this.#counter = (counter + 1) >>> 0;
  }

  /** Writes a fresh id to `target` at `offset`. */
  into(target: Buffer, offset: number, nowMs: number): void {
    const high = Math.floor(nowMs / 0x1_0000);
    // 48 bits of milliseconds, then the version and the slot.
    writeU32(target, offset, high);
    writeU32(target, offset + 4, ((nowMs - high * 0x1_0000) << 16) | 0x7000 | (this.#slot & 0x0fff));
    this.#random.into(target, offset + 8, 4);
    target[offset + 8] = 0x80 | ((target[offset + 8] as number) & 0x3f);
    writeU32(target, offset + COUNTER_AT, this.#counter);
    this.#counter = counterAfter(this.#counter);
  }

  /** An id that differs from `first` in its counter only: of messages that were accepted together, in the same turn. */
  beside(target: Buffer, offset: number, first: Buffer): void {
    first.copy(target, offset, 0, COUNTER_AT);
    writeU32(target, offset + COUNTER_AT, this.#counter);
    this.#counter = counterAfter(this.#counter);
  }
}

/** The counter of the id that is drawn next. The first hex digit of the short spelling must not be zero. */
export function counterAfter(counter: number): number {
  return counter >= 0xffff_ffff ? 0x1000_0000 : Math.max(counter + 1, 0x1000_0000);
}

/** Milliseconds in an id. */
export function idTime(id: Buffer): number {
  return id.readUInt32BE(0) * 0x1_0000 + id.readUInt16BE(4);
}

/** `msg_` and 26 characters: the native spelling. */
export function nativeId(id: Buffer, offset = 0): string {
  let text = 'msg_';
  // 128 bits as 26 groups of 5, the first holding 3.
  for (let i = 0; i < 26; i++) {
    const bit = i * 5 - 2;
    let value = 0;
    for (let b = 0; b < 5; b++) {
      const at = bit + b;
      value <<= 1;
      if (at >= 0) value |= ((id[offset + (at >> 3)] as number) >> (7 - (at & 7))) & 1;
    }
    text += CROCKFORD[value];
  }
  return text;
}

/** The spelling towards an SMPP customer. `short`: for peers below 0x34, at most 8 characters. */
export function smppId(id: Buffer, offset: number, format: MessageIdFormat, short: boolean): string {
  if (short) return id.hexSlice(offset + 12, offset + 16);
  if (format === 'dec') return BigInt(`0x${id.hexSlice(offset, offset + ID_OCTETS)}`).toString();
  // Milliseconds in 48 bits begin with exactly one zero digit from 2005 until 2039; ids have none.
  const hex = id.hexSlice(offset, offset + ID_OCTETS);
  return hex.charCodeAt(0) === 0x30 ? hex.slice(1) : hex;
}

/** Any spelling back to 16 octets; null for what is none. Short ones cannot be resolved here. */
export function parseId(text: string): Buffer | null {
  if (/^msg_[0-9a-hjkmnp-tv-z]{26}$/.test(text)) return fromCrockford(text.slice(4));
  if (/^[0-9a-f]{31,32}$/i.test(text) && !/^[0-9]{37,}$/.test(text)) {
    const id = Buffer.from(text.padStart(32, '0'), 'hex');
    return id.length === ID_OCTETS ? id : null;
  }
  if (/^[1-9][0-9]{32,38}$/.test(text)) {
    const hex = BigInt(text).toString(16);
    return hex.length <= 32 ? Buffer.from(hex.padStart(32, '0'), 'hex') : null;
  }
  return null;
}

function fromCrockford(text: string): Buffer | null {
  let value = 0n;
  for (const character of text) {
    const digit = CROCKFORD.indexOf(character);
    if (digit < 0) return null;
    value = (value << 5n) | BigInt(digit);
  }
  if (value >= 1n << 128n) return null;
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
}
