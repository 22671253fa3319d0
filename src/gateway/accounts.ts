// The accounts at run time: configuration, money account, throughput, binds and what waits for them. One object per account;
// its number is stable for ever (records carry it), also over reloads and renamed files.

import type { SmppPeer } from '../driver/types.ts';
import { NO_CURRENCY } from '../ledger/price.ts';
import { Quota } from '../queue/quota.ts';
import type { AccountConfig } from './config.ts';

export interface Account {
  readonly number: number;
  readonly name: string;
  config: AccountConfig;
  /** No longer in the configuration: nothing new, what is open ends as it would. */
  removed: boolean;
  suspended: boolean;
  /** Of its throughput; null: no limit. */
  quota: Quota | null;
  /** Compiled sender patterns; null: any. */
  senders: readonly RegExp[] | null;
  readonly binds: Set<SmppPeer<number>>;
  /** Bound as RX or TRX, in the order of binding; receipts go round. */
  readonly receivers: SmppPeer<number>[];
  nextReceiver: number;
  /** Receipts to hand over, oldest first: a list through `store.next`. */
  handHead: number;
  handTail: number;
  waitingReceipts: number;
  /** Not before this time: the customer answered "try later". Monotonic milliseconds. */
  handNotBefore: number;
  handBackOffMs: number;
  /** Not before this time another outbind. */
  outbindNotBefore: number;
  openMessages: number;
}

/** All accounts by number, name, system_id and key. */
export class Accounts {
  readonly byNumber: Account[] = [];
  readonly byName = new Map<string, Account>();
  readonly bySystemId = new Map<string, Account>();
  /** By SHA-256 of the key, one character per octet. */
  readonly byKeyHash = new Map<string, Account>();

  /** A number seen in the journal: the name may have no configuration any more. */
  restore(number: number, name: string): void {
    if (this.byNumber[number] !== undefined) return;
    const account = emptyAccount(number, name);
    this.byNumber[number] = account;
    this.byName.set(name, account);
  }

  /** Takes the configuration; returns the accounts that got a number just now, to be journalled. */
  configure(configs: readonly AccountConfig[]): Account[] {
    const fresh: Account[] = [];
    this.bySystemId.clear();
    this.byKeyHash.clear();
    for (const account of this.byNumber) if (account !== undefined) account.removed = true;
    for (const config of configs) {
      let account = this.byName.get(config.name);
      if (account === undefined) {
        account = emptyAccount(this.byNumber.length, config.name);
        this.byNumber.push(account);
        this.byName.set(config.name, account);
        fresh.push(account);
      }
      account.config = config;
      account.removed = false;
      if (config.throughput === 0) account.quota = null;
      else if (account.quota === null) account.quota = new Quota(config.throughput);
      else account.quota.setRate(config.throughput);
      account.senders = config.allowedSenders.length === 0 ? null : config.allowedSenders.map(senderPattern);
      if (config.smpp !== null) this.bySystemId.set(config.smpp.systemId, account);
      for (const hash of config.apiKeyHashes) this.byKeyHash.set(Buffer.from(hash, 'hex').toString('latin1'), account);
    }
    return fresh;
  }

  get(number: number): Account {
    const account = this.byNumber[number];
    if (account === undefined) throw new Error(`no account number ${number}`);
    return account;
  }
}

/** May this account send as `sender`? The empty sender is never registered. */
export function senderAllowed(account: Account, sender: string): boolean {
  if (sender === '') return false;
  const { senders } = account;
  if (senders === null) return true;
  for (const pattern of senders) if (pattern.test(sender)) return true;
  return false;
}

/** `*` and `?` as a regular expression made by us, never by a peer. */
function senderPattern(pattern: string): RegExp {
  let source = '';
  for (const character of pattern) {
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else source += character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return new RegExp(`^${source}$`);
}

function emptyAccount(number: number, name: string): Account {
  return {
    number,
    name,
    config: NO_CONFIG,
    removed: true,
    suspended: false,
    quota: null,
    senders: null,
    binds: new Set(),
    receivers: [],
    nextReceiver: 0,
    handHead: -1,
    handTail: -1,
    waitingReceipts: 0,
    handNotBefore: 0,
    handBackOffMs: 0,
    outbindNotBefore: 0,
    openMessages: 0,
  };
}

/** Of an account that the journal knows and the configuration does not. */
const NO_CONFIG: AccountConfig = Object.freeze({
  name: '',
  enabled: false,
  smpp: null,
  outbind: null,
  apiKeyHashes: [],
  certificateFingerprints: [],
  allowedAddresses: [],
  allowedSenders: [],
  maxBinds: 0,
  window: 1,
  throughput: 0,
  maxSegments: 1,
  priceList: '',
  currency: NO_CURRENCY,
  creditLimit: 0,
  chargeOn: 'accepted',
  lane: 'bulk',
  defaultValidityMs: 48 * 3_600_000,
  graceMs: 24 * 3_600_000,
  onUnknown: 'wait',
  nationalPrefix: null,
  messageIdFormat: 'opaque',
  defaultAlphabet: 'gsm7',
  languages: [],
  binary: false,
  legacyBindStatus: false,
  noCreditStatus: 0x45,
  lenientTimes: false,
  webhook: null,
  duplicateWindowMs: 0,
  purpose: '',
  purposes: [],
});
