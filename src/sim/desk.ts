// The customers' own papers: what they sent, what they were told, what they received. They outlive the customers' crashes and
// are what the checkers compare everything with. Knows nothing of how the gateway works.

/** One message that a customer wants delivered, however often it has to send it. */
export interface Wish {
  readonly number: number;
  readonly account: string;
  readonly destination: string;
  readonly text: string;
  /** registered_delivery: a receipt is wanted. */
  readonly wantsReceipt: boolean;
  /** 0: not in parts made by the customer. */
  readonly parts: number;
  /** Text of one such part, the last one excepted. */
  readonly partOctets: number;
  /** The last of its parts is never sent. */
  readonly torn: boolean;
  /** data_sm, or one of a submit_multi: `multi` tells which are sent together. */
  readonly form: 'submit' | 'data' | 'multi';
  readonly multi: number;
  readonly scheduleMs: number;
  readonly cancels: boolean;
  readonly dueMs: number;
  /** HTTP: the Idempotency-Key of all its tries. */
  readonly key: string;
  /** Submits of it that may have been taken: acknowledged, or never answered. Those of parts count once for the set. */
  tries: number;
  /** Ids by which it was acknowledged; one per part where the customer made parts. */
  readonly ids: string[];
  /** Refused for good with this status or code. */
  refused: string;
  state: 'waiting' | 'asked' | 'done';
}

/** Something that was acknowledged under an id. */
export interface Acknowledged {
  readonly wish: Wish;
  readonly id: string;
  readonly atMs: number;
  /** Terminal receipts as they came, octet for octet; every one must be the same. */
  readonly receipts: Buffer[];
  /** Receipts that the customer took (answered with 0). */
  taken: number;
  cancelConfirmed: boolean;
  /** replace_sm: what was answered. */
  replaced: 'never' | 'asked' | 'yes' | 'no';
  /** Final states that query_sm told. */
  readonly queried: number[];
}

/** One message of a subscriber, as a customer took it. `octets` null: it came by webhook, as `text`. */
export interface TakenMo {
  readonly account: string;
  readonly source: string;
  readonly octets: Buffer | null;
  readonly text: string;
}

export class Desk {
  readonly mos: TakenMo[] = [];
  readonly wishes: Wish[] = [];
  /** By account and id. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Receipts under ids that the customer does not know, with their numbers: the acknowledgement was lost on the way. */
  readonly strangers = new Map<string, Buffer[]>();

  acknowledge(wish: Wish, id: string, atMs: number): Acknowledged {
    const key = `${wish.account} ${id}`;
    const known = this.acknowledged.get(key);
    if (known !== undefined) return known;
    wish.ids.push(id);
    const stranger = `${wish.account} ${id.split('/')[0]}/${id.startsWith('http ') ? '' : wish.destination}`;
    const receipts = this.strangers.get(stranger) ?? [];
    this.strangers.delete(stranger);
    const one: Acknowledged = {
      wish,
      id,
      atMs,
      receipts,
      taken: receipts.length,
      cancelConfirmed: false,
      replaced: 'never',
      queried: [],
    };
    this.acknowledged.set(key, one);
    return one;
  }

  mo(account: string, source: string, octets: Buffer | null, text = ''): void {
    this.mos.push({ account, source, octets, text });
  }

  /** `destination`: the number that it is of; empty where the id says enough. */
  receipt(account: string, id: string, destination: string, octets: Buffer, taken: boolean): void {
    const key = `${account} ${id}/${destination}`;
    const known = this.acknowledged.get(`${account} ${id}`) ?? this.acknowledged.get(key);
    if (known === undefined) {
      const list = this.strangers.get(key);
      if (list === undefined) this.strangers.set(key, [octets]);
      else list.push(octets);
      return;
    }
    known.receipts.push(octets);
    if (taken) known.taken++;
  }
}
