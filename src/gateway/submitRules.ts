// What follows from an account's configuration for each of its submits: how it writes numbers, which senders it may use, what
// egress/ is to assume. Made once per account, forgotten at a reload.
import type { SubmitPolicy } from '../egress/facts.ts';
import { classifySender, type DialRules, type Sender } from '../numbering/address.ts';
import { type Account, senderAllowed } from './accounts.ts';

/** A source address as classified, and whether the account may use it. */
export interface KnownSender {
  readonly addr: string;
  readonly ton: number;
  readonly npi: number;
  readonly sender: Sender;
  readonly allowed: boolean;
}

export class SubmitRules {
  readonly #policies = new Map<number, SubmitPolicy>();
  readonly #dialRules = new Map<number, DialRules>();
  /** Senders repeat: the last one of each account. */
  readonly #senders = new Map<number, KnownSender>();

  forget(): void {
    this.#policies.clear();
    this.#dialRules.clear();
    this.#senders.clear();
  }

  sender(
    account: Account,
    addr: string,
    ton: number,
    npi: number,
  ): { readonly sender: Sender; readonly allowed: boolean } | null {
    const known = this.#senders.get(account.number);
    if (known !== undefined && known.addr === addr && known.ton === ton && known.npi === npi) return known;
    const sender = classifySender(addr, ton, npi);
    if (!sender.ok) return null;
    const entry = { addr, ton, npi, sender: sender.value, allowed: senderAllowed(account, sender.value.address) };
    this.#senders.set(account.number, entry);
    return entry;
  }

  policy(account: Account): SubmitPolicy {
    let policy = this.#policies.get(account.number);
    if (policy === undefined) {
      const { config } = account;
      policy = {
        binary: config.binary,
        serviceTypes: [],
        replacesPending: true,
        transcodes: true,
        unknownTlvs: 'ignore',
        defaultAlphabet:
          config.defaultAlphabet === 'latin1' ? 'latin1' : config.defaultAlphabet === 'ascii' ? 'ascii' : 'gsm',
      };
      this.#policies.set(account.number, policy);
    }
    return policy;
  }

  dial(account: Account): DialRules {
    let rules = this.#dialRules.get(account.number);
    if (rules === undefined) {
      const { nationalPrefix } = account.config;
      rules = {
        countryCode: nationalPrefix?.country ?? '',
        nationalPrefix: nationalPrefix?.trunk ?? '',
        internationalPrefix: '00',
      };
      this.#dialRules.set(account.number, rules);
    }
    return rules;
  }
}
