// Joins the parts of long MO messages for webhooks: octets first, then the text; what stays incomplete goes as it is after a
// while, part by part. SMPP customers get parts as they came and join themselves.
import { MO_JOIN_SETS_MAX, MO_JOIN_WAIT_MS } from '../base/limits.ts';
import { parseUdh } from '../sms/udh.ts';
import type { Account } from './accounts.ts';
import type { MoMessage } from './mo.ts';
import { textOf } from './moRecord.ts';

const UDHI = 0x40;

interface OpenSet {
  readonly account: Account;
  readonly parts: (MoMessage | undefined)[];
  readonly expiresAt: number;
}

export class MoJoiner {
  readonly #sets = new Map<string, OpenSet>();
  readonly #deliver: (account: Account, parts: readonly MoMessage[], text: string | null) => void;

  constructor(deliver: (account: Account, parts: readonly MoMessage[], text: string | null) => void) {
    this.#deliver = deliver;
  }

  take(account: Account, mo: MoMessage, nowMs: number): void {
    const udh = (mo.esmClass & UDHI) === 0 ? null : parseUdh(mo.userData);
    const concat = udh?.ok ? udh.value.concat : undefined;
    if (concat === undefined || concat.total < 2 || this.#sets.size >= MO_JOIN_SETS_MAX) {
      this.#single(account, mo);
      return;
    }
    const key = `${mo.account}/${mo.link}/${mo.source}/${mo.destination}/${concat.bits}/${concat.ref}/${concat.total}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = {
        account,
        parts: new Array<MoMessage | undefined>(concat.total).fill(undefined),
        expiresAt: nowMs + MO_JOIN_WAIT_MS,
      };
      this.#sets.set(key, set);
    }
    const there = set.parts[concat.seq - 1];
    if (there !== undefined) {
      this.#single(account, mo);
      return;
    }
    set.parts[concat.seq - 1] = mo;
    const parts = set.parts.filter((part) => part !== undefined);
    if (parts.length < concat.total) return;
    this.#sets.delete(key);
    this.#deliver(account, parts, joinedText(parts));
  }

  expire(nowMs: number): void {
    for (const [key, set] of this.#sets) {
      if (set.expiresAt > nowMs) return;
      this.#sets.delete(key);
      for (const part of set.parts) if (part !== undefined) this.#single(set.account, part);
    }
  }

  #single(account: Account, mo: MoMessage): void {
    this.#deliver(account, [mo], textOf(mo.esmClass, mo.dataCoding, mo.userData));
  }
}

/** National tables are those of the first part; its header stands for all. */
function joinedText(parts: readonly MoMessage[]): string | null {
  const first = parts[0] as MoMessage;
  const pieces = parts.map((part, i) => {
    if (i === 0) return part.userData;
    const udh = parseUdh(part.userData);
    return udh.ok ? part.userData.subarray(udh.value.length) : part.userData;
  });
  return textOf(first.esmClass, first.dataCoding, Buffer.concat(pieces));
}
