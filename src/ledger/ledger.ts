// The books: every customer's money in integer micro-units of a currency, moved in pairs so that each currency sums to
// zero at every moment (design, law 5.5). Knows no message, journal or price; the caller journals each movement first.

import { err, ok, type Result } from '../base/result.ts';

/** Where money can stand. Customer accounts have `available` and `held`; `cash` and `revenue` are the house's, per currency. */
type House = { cash: number; revenue: number };

type Account = {
  readonly name: string;
  readonly currency: string;
  creditLimit: number;
  available: number;
  held: number;
};

/** Why a movement was refused; nothing moved. */
export type LedgerFault =
  | { readonly code: 'insufficient'; readonly available: number; readonly creditLimit: number }
  | { readonly code: 'referenceReused'; readonly amount: number }
  | { readonly code: 'amount' };

/** The state of one account, in micro-units. `balance` = available + held: what is the customer's until it is charged. */
export type AccountView = {
  readonly name: string;
  readonly currency: string;
  readonly balance: number;
  readonly available: number;
  readonly held: number;
  readonly creditLimit: number;
};

/** Everything the books hold, for a snapshot; plain data in a stable order. */
export type LedgerSnapshot = {
  readonly accounts: readonly {
    name: string;
    currency: string;
    creditLimit: number;
    available: number;
    held: number;
  }[];
  readonly houses: readonly { currency: string; cash: number; revenue: number }[];
  readonly credits: readonly { account: number; reference: string; amount: number }[];
};

/** Accounts are addressed by the index that `open` returns, so that a message keeps four octets for it. */
export class Ledger {
  readonly #accounts: Account[] = [];
  readonly #byName = new Map<string, number>();
  readonly #houses = new Map<string, House>();
  /** Amount per account and reference: the same reference with the same amount is the same credit. */
  readonly #credits = new Map<string, number>();

  /** Opens an account, or finds it and takes over a new limit. The currency of an account never changes: another one throws. */
  open(name: string, currency: string, creditLimit: number): number {
    checkAmount(creditLimit, 0);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const account = this.#accounts[known]!;
      if (account.currency !== currency) throw new Error('currency of an account cannot change');
      account.creditLimit = creditLimit;
      return known;
    }
    const index = this.#accounts.length;
    this.#accounts.push({ name, currency, creditLimit, available: 0, held: 0 });
    this.#byName.set(name, index);
    if (!this.#houses.has(currency)) this.#houses.set(currency, { cash: 0, revenue: 0 });
    return index;
  }

  /** Index of an account, or −1. */
  indexOf(name: string): number {
    return this.#byName.get(name) ?? -1;
  }

  /** The state of an account. */
  view(account: number): AccountView {
    const { name, currency, available, held, creditLimit } = this.#get(account);
    return { name, currency, balance: available + held, available, held, creditLimit };
  }

  /** Would `hold` succeed? Available money may go down to minus the credit limit. */
  canHold(account: number, amount: number): boolean {
    const { available, creditLimit } = this.#get(account);
    return Number.isSafeInteger(amount) && amount >= 0 && available - amount >= -creditLimit;
  }

  /** Sets `amount` aside for a message: available → held. False: not enough, nothing moved. */
  hold(account: number, amount: number): boolean {
    checkAmount(amount, 0);
    if (!this.canHold(account, amount)) return false;
    this.#move(account, -amount, amount, 0, 0);
    return true;
  }

  /**
   * Ends a hold of `held`: `charge` of it (the segments that count) goes to revenue, the rest back. Charging in steps is
   * several calls, each with its own part of the hold.
   */
  settle(account: number, held: number, charge: number): void {
    checkAmount(held, 0);
    checkAmount(charge, 0);
    if (charge > held) throw new Error('ledger: charge exceeds its hold');
    this.#release(account, held);
    this.#move(account, held - charge, -held, 0, charge);
  }

  /** Ends a hold without a charge: held → available. */
  void(account: number, held: number): void {
    this.settle(account, held, 0);
  }

  /**
   * Puts a hold back at recovery, whatever the limit is now: the message was accepted under the limit of its time.
   */
  restoreHold(account: number, amount: number): void {
    checkAmount(amount, 0);
    this.#move(account, -amount, amount, 0, 0);
  }

  /**
   * Books a payment: cash → available. `reference` makes it idempotent per account: repeated with the same amount it
   * answers `repeated` and moves nothing, with another amount it is refused. A negative amount is a correction and may
   * not take the account below its limit.
   */
  credit(account: number, amount: number, reference: string): Result<'booked' | 'repeated', LedgerFault> {
    const { available, creditLimit } = this.#get(account);
    if (!Number.isSafeInteger(amount) || amount === 0 || reference === '') return err({ code: 'amount' });
    const key = creditKey(account, reference);
    const before = this.#credits.get(key);
    if (before !== undefined)
      return before === amount ? ok('repeated') : err({ code: 'referenceReused', amount: before });
    if (!Number.isSafeInteger(available + amount)) return err({ code: 'amount' });
    if (amount < 0 && available + amount < -creditLimit) return err({ code: 'insufficient', available, creditLimit });
    this.#move(account, amount, 0, -amount, 0);
    this.#credits.set(key, amount);
    return ok('booked');
  }

  /** Sum over all accounts and house accounts of a currency: always 0. */
  sum(currency: string): number {
    const house = this.#houses.get(currency);
    let total = house === undefined ? 0 : house.cash + house.revenue;
    for (const account of this.#accounts) if (account.currency === currency) total += account.available + account.held;
    return total;
  }

  /** The house's side of a currency: cash is minus what customers paid in, revenue what was charged. */
  house(currency: string): { readonly cash: number; readonly revenue: number } {
    const { cash, revenue } = this.#houses.get(currency) ?? { cash: 0, revenue: 0 };
    return { cash, revenue };
  }

  /** Copies the books. */
  snapshot(): LedgerSnapshot {
    const credits: { account: number; reference: string; amount: number }[] = [];
    for (const [key, amount] of this.#credits) {
      const cut = key.indexOf('/');
      credits.push({ account: Number(key.slice(0, cut)), reference: key.slice(cut + 1), amount });
    }
    return {
      accounts: this.#accounts.map((account) => ({ ...account })),
      houses: [...this.#houses].map(([currency, house]) => ({ currency, ...house })),
      credits,
    };
  }

  /** Books from a snapshot; account indices stay. Throws if the copy does not balance. */
  static restore(snapshot: LedgerSnapshot): Ledger {
    const ledger = new Ledger();
    for (const { name, currency, creditLimit, available, held } of snapshot.accounts) {
      const account = ledger.#accounts[ledger.open(name, currency, creditLimit)]!;
      account.available = available;
      account.held = held;
    }
    for (const { currency, cash, revenue } of snapshot.houses) ledger.#houses.set(currency, { cash, revenue });
    for (const { account, reference, amount } of snapshot.credits) {
      ledger.#credits.set(creditKey(account, reference), amount);
    }
    for (const currency of ledger.#houses.keys()) {
      if (ledger.sum(currency) !== 0) throw new Error('ledger: snapshot does not balance');
    }
    return ledger;
  }

  #get(account: number): Account {
    const found = this.#accounts[account];
    if (found === undefined) throw new RangeError('ledger: unknown account');
    return found;
  }

  #release(account: number, held: number): void {
    if (this.#get(account).held < held) throw new Error('ledger: more released than held');
  }

  /** The one place where money moves: four legs that sum to zero, all checked before any is written. */
  #move(index: number, available: number, held: number, cash: number, revenue: number): void {
    const account = this.#get(index);
    const house = this.#houses.get(account.currency)!;
    const legs = available + held + cash + revenue;
    const newAvailable = account.available + available;
    const newHeld = account.held + held;
    const newCash = house.cash + cash;
    const newRevenue = house.revenue + revenue;
    const safe =
      Number.isSafeInteger(newAvailable) &&
      Number.isSafeInteger(newHeld) &&
      Number.isSafeInteger(newCash) &&
      Number.isSafeInteger(newRevenue);
    if (legs !== 0 || !safe) throw new RangeError('ledger: movement out of balance or out of range');
    account.available = newAvailable;
    account.held = newHeld;
    house.cash = newCash;
    house.revenue = newRevenue;
  }
}

function creditKey(account: number, reference: string): string {
  return `${account}/${reference}`;
}

function checkAmount(amount: number, min: number): void {
  if (!Number.isSafeInteger(amount) || amount < min) throw new RangeError('ledger: amount is no integer in range');
}
