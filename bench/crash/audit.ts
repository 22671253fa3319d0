// The reckoning of the crash test: the customers' list against the operator's list of what handsets got, and both against
// what the gateway says it did (call detail records, balances). The gateway's word alone proves nothing here.
import { readFileSync } from 'node:fs';
import { type AccountMoney, micros } from '../stack.ts';
import { canonicalId, type Message, type MessageList, State } from './list.ts';

/** One line of the operator's log: when a handset got which whole message. */
export type Arrivals = ReadonlyMap<string, readonly number[]>;

/** A call detail record, by canonical message id. */
export interface Cdr {
  readonly account: string;
  readonly state: string;
  readonly chargedMicros: number;
}

export interface Audit {
  readonly messages: number;
  readonly acked: number;
  readonly lost: number;
  readonly unterminated: number;
  readonly duplicates: number;
  readonly unknown: number;
  readonly unmarkedDuplicates: number;
  readonly balanceError: number;
  /** Ids of messages that arrived more than once. */
  readonly doubled: readonly string[];
  /** Messages that ended UNKNOWN, with their arrival (ms since the epoch); null: none arrived. */
  readonly unknowns: readonly { readonly id: string; readonly arrivedAt: number | null }[];
  /** Segments that were charged, over all accounts. */
  readonly chargedSegments: number;
  readonly faults: readonly string[];
}

export function readArrivals(path: string): Arrivals {
  const arrivals = new Map<string, number[]>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const [at, , digest] = line.split(' ');
    if (digest === undefined) continue;
    const key = `${Number.parseInt(digest.slice(0, 8), 16)} ${Number.parseInt(digest.slice(8), 16)}`;
    const times = arrivals.get(key);
    if (times === undefined) arrivals.set(key, [Number(at)]);
    else times.push(Number(at));
  }
  return arrivals;
}

/** The gateway's CSV; a second line of one id is a fault. */
export function readCdrs(csv: string, faults: string[]): Map<string, Cdr> {
  const records = new Map<string, Cdr>();
  for (const line of csv.split('\r\n').slice(1)) {
    const cells = line.split(',');
    const [written, account, , , , , , state, , , charged] = cells;
    if (written === undefined || account === undefined || state === undefined || charged === undefined) continue;
    const id = canonicalId(written);
    if (records.has(id)) faults.push(`two call detail records of ${id}`);
    records.set(id, { account, state, chargedMicros: micros(charged) });
  }
  return records;
}

const WORDS: { readonly [state: number]: string } = {
  [State.delivered]: 'delivered',
  [State.expired]: 'expired',
  [State.deleted]: 'deleted',
  [State.undeliverable]: 'undeliverable',
  [State.unknown]: 'unknown',
  [State.rejected]: 'rejected',
};

/** Least and most segments that a message with this end may be charged, as its customer and the handset can know. */
function chargeable(message: Message, retrying: boolean): readonly [number, number] {
  const { state, segments } = message;
  switch (state) {
    case State.delivered:
      return [segments, segments];
    case State.undeliverable:
    case State.unknown:
      // Some segments may have been refused or not have left; of a single one that is another end.
      return retrying ? [0, segments] : [1, segments];
    default:
      return retrying ? [0, segments] : [0, 0];
  }
}

export interface AuditInput {
  readonly list: MessageList;
  readonly arrivals: Arrivals;
  readonly cdrs: ReadonlyMap<string, Cdr>;
  readonly money: readonly AccountMoney[];
  readonly accountName: (index: number) => string;
  /** Account that sends again what is unknown. */
  readonly retrying: number;
  /** Ids that the gateway marks as possible duplicates. */
  readonly marked: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
}

export async function audit(input: AuditInput): Promise<Audit> {
  const { list, arrivals, cdrs } = input;
  const faults = [...list.faults];
  const expected = new Map<string, number>();
  const doubled: string[] = [];
  const unknowns: { readonly id: string; readonly arrivedAt: number | null }[] = [];
  let lost = 0;
  let unterminated = 0;
  let duplicates = 0;
  let chargedSegments = 0;
  let chargeFaults = 0;
  let ours = 0;
  for (const [number, message] of list.messages.entries()) {
    const times = arrivals.get(message.text) ?? [];
    const retrying = message.account === input.retrying;
    const name = `message ${message.id ?? `number ${number}`}`;
    if (times.length > 0) ours += 1;
    if (message.answer === 'refused' && (times.length > 0 || message.state !== 0))
      faults.push(`${name} was refused and sent all the same`);
    if (message.answer === 'open') faults.push(`${name} has no answer, and its connection did not end`);
    if (message.state === 0) {
      // Not acknowledged, but sent: it was accepted, and its customer is owed a receipt.
      if (message.answer === 'acked' || times.length > 0) unterminated += 1;
      if (message.answer === 'acked' && times.length === 0) lost += 1;
      continue;
    }
    if (message.state === State.delivered && times.length === 0) lost += 1;
    if (times.length > 0 && message.state !== State.delivered && message.state !== State.unknown && !retrying)
      faults.push(`${name} ended ${WORDS[message.state] ?? message.state}, and its handset has it`);
    if (times.length > 1) {
      duplicates += times.length - 1;
      doubled.push(message.id as string);
    }
    if (message.state === State.unknown) unknowns.push({ id: message.id as string, arrivedAt: times[0] ?? null });
    const account = input.accountName(message.account);
    const record = cdrs.get(canonicalId(message.id as string));
    if (record === undefined || record.account !== account || record.state !== WORDS[message.state]) {
      faults.push(`${name} (${WORDS[message.state]}) has the record ${JSON.stringify(record ?? null)}`);
      continue;
    }
    const [least, most] = chargeable(message, retrying);
    const charged = Math.min(most * message.price, Math.max(least * message.price, record.chargedMicros));
    if (charged !== record.chargedMicros || charged % message.price !== 0) {
      chargeFaults += Math.abs(charged - record.chargedMicros);
      faults.push(
        `${name} (${WORDS[message.state]}, ${message.segments} segments of ${message.price}) was charged ${record.chargedMicros}`,
      );
    }
    chargedSegments += charged / message.price;
    expected.set(account, (expected.get(account) ?? 0) + charged);
  }
  for (const id of cdrs.keys())
    if (!list.knows(id)) faults.push(`a call detail record of ${id}, which no customer has heard of`);
  if (ours !== arrivals.size) faults.push(`${arrivals.size - ours} messages at handsets that nobody sent`);
  let balanceError = chargeFaults;
  for (const { account, balance, held } of input.money) {
    balanceError += Math.abs(-balance - (expected.get(account) ?? 0)) + Math.abs(held);
  }
  const marked = doubled.length === 0 ? new Set<string>() : await input.marked(doubled);
  return {
    messages: list.messages.length,
    acked: list.acked,
    lost,
    unterminated,
    duplicates,
    unknown: unknowns.length,
    unmarkedDuplicates: doubled.filter((id) => !marked.has(id)).length,
    balanceError,
    doubled,
    unknowns,
    chargedSegments,
    faults,
  };
}
