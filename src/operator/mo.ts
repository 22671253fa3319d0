// MO messages: what subscribers send to the customer's numbers, on demand or made up at a rate.

import type { Alarm } from '../port/loop.ts';
import { splitText } from '../sms/split.ts';
import type { AccountState, MoPart } from './account.ts';
import type { Core } from './core.ts';
import type { Receipts } from './receipts.ts';

/** How often made-up messages are made; several at once at high rates. */
const ROUND_MS = 50;
/** Parts that wait for an account without a bind; beyond it made-up ones are not made. */
const WAITING_MAX = 100_000;
const UDHI = 0x40;

export class Mo {
  readonly #core: Core;
  readonly #receipts: Receipts;
  #nextId = 0;
  #reference = 0;
  #rate = 0;
  #owed = 0;
  #made = 0;
  #alarm: Alarm | null = null;

  constructor(core: Core, receipts: Receipts) {
    this.#core = core;
    this.#receipts = receipts;
  }

  /** Sends `text` from a subscriber to a customer's number; the number of parts, or why not. */
  send(
    from: string,
    to: string,
    text: string,
    systemId: string | null,
  ): { readonly parts: number } | { readonly fault: string } {
    const { accounts, accountList } = this.#core;
    const account =
      systemId === null
        ? (accountList.find((one) => one.sessions.length > 0) ?? accountList[0])
        : accounts.get(systemId);
    if (account === undefined) return { fault: `no account "${systemId}"` };
    if (!/^[0-9A-Za-z ]{1,20}$/.test(from) || !/^[0-9A-Za-z ]{1,20}$/.test(to))
      return { fault: 'from and to are 1 to 20 digits or letters' };
    if (account.mo.length >= WAITING_MAX) return { fault: 'too many messages wait for this account' };
    this.#reference = (this.#reference + 1) & 0xff;
    const split = splitText(text, this.#reference);
    if (!split.ok) return { fault: `text cannot be sent: ${split.error.code}` };
    for (const octets of split.value.parts) {
      this.#queue(account, {
        id: this.#nextId,
        from,
        to,
        esmClass: split.value.esmUdhi ? UDHI : 0,
        dataCoding: split.value.dataCoding,
        octets,
      });
      this.#nextId += 1;
    }
    return { parts: split.value.parts.length };
  }

  /** Made-up messages per second, over all accounts; 0: none. */
  setRate(perSecond: number): void {
    this.#rate = perSecond;
    this.#owed = 0;
    if (perSecond > 0 && this.#alarm === null) this.#round();
  }

  stop(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #queue(account: AccountState, part: MoPart): void {
    this.#receipts.queueMo(account, part);
  }

  #round(): void {
    this.#alarm = null;
    if (this.#rate === 0) return;
    this.#owed += (this.#rate * ROUND_MS) / 1000;
    const { accountList, chance, loop } = this.#core;
    for (; this.#owed >= 1; this.#owed -= 1) {
      const account = accountList[this.#made % accountList.length];
      this.#made += 1;
      if (account === undefined || account.mo.length >= WAITING_MAX) continue;
      const from = `4479${String(chance.below(100_000_000)).padStart(8, '0')}`;
      this.send(from, '12345', `INFO ${this.#made}`, account.config.systemId);
    }
    this.#alarm = loop.wakeAt(loop.monotonic() + ROUND_MS, () => this.#round());
  }
}
