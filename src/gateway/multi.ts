// The messages of one submit_multi: one per destination, all under the id of the first (reference §1.17). How they are marked,
// and how they are found again by that id, open or ended.
import { MULTI_DESTINATIONS_MAX } from '../base/limits.ts';
import type { AcceptFacts } from './accept.ts';
import type { Account } from './accounts.ts';
import { State, worstOf } from './aggregate.ts';
import { type Core, MULTI, messageById } from './core.ts';
import { COUNTER_AT, counterAfter, parseId } from './ids.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import type { MessageStore } from './store.ts';

const ID_OCTETS = 16;
const SHORT_ID = /^[0-9a-f]{8}$/i;

/** The reference of the further messages: names the first one's id. */
export function multiReference(core: Core, first: number): string {
  return MULTI + idOf(core.store, first).toString('hex');
}

/** The same for any message of a submit_multi; empty for another. */
export function multiGroup(store: MessageStore, handle: number): string {
  const flags = store.flags[handle] as number;
  if (flags & MessageFlag.multi) return store.reference(handle);
  return flags & MessageFlag.multiFirst ? MULTI + idOf(store, handle).toString('hex') : '';
}

/** Marks what is being accepted: the first one when `multi` is `MULTI` alone, a further one when it names the first. */
export function markMulti(facts: AcceptFacts, multi: string): void {
  if (multi === MULTI) facts.flags |= MessageFlag.multiFirst;
  else {
    facts.flags |= MessageFlag.multi;
    facts.reference = multi;
  }
}

export function isMulti(core: Core, handle: number): boolean {
  return ((core.store.flags[handle] as number) & (MessageFlag.multi | MessageFlag.multiFirst)) !== 0;
}

/** The id that all of a submit_multi have, when `text` led to the open message by it; null when it led to this one only. */
export function multiId(core: Core, handle: number, text: string): Buffer | null {
  const { store } = core;
  const flags = store.flags[handle] as number;
  if (flags & MessageFlag.multiFirst) return idOf(store, handle);
  const own = idOf(store, handle);
  if ((flags & MessageFlag.multi) === 0 || parseId(text)?.equals(own) === true) return null;
  return Buffer.from(store.reference(handle).slice(MULTI.length), 'hex');
}

/** What is known of one message, for an answer to query_sm. */
export interface Summary {
  readonly id: Buffer;
  readonly account: number;
  readonly source: string;
  /** message_state. */
  readonly state: number;
  /** 0: not final. */
  readonly doneAt: number;
  readonly multiFirst: boolean;
}

export function summaryOf(store: MessageStore, handle: number): Summary {
  const terminal = store.terminal[handle] as number;
  const flags = store.flags[handle] as number;
  const unsent = store.phase[handle] === MessagePhase.waiting && store.attempts[handle] === 0;
  const scheduled = unsent && (flags & MessageFlag.repeated) === 0;
  return {
    id: idOf(store, handle),
    account: store.account[handle] as number,
    source: store.source(handle),
    state: terminal !== 0 ? terminal : scheduled ? State.scheduled : State.enroute,
    doneAt: terminal !== 0 ? (store.doneAt[handle] as number) : 0,
    multiFirst: (flags & MessageFlag.multiFirst) !== 0,
  };
}

/** The open message that `text` itself names for this account, or -1. */
export function openMessage(core: Core, account: Account, text: string): number {
  const id = parseId(text);
  const handle =
    id !== null
      ? messageById(core, id)
      : SHORT_ID.test(text)
        ? (core.byShortId.get(Number.parseInt(text, 16)) ?? -1)
        : -1;
  return handle >= 0 && core.store.account[handle] === account.number ? handle : -1;
}

/** All open messages that this account knows by `text`; of a submit_multi there may be many, whether the first is open or not. */
export function openMessages(core: Core, account: Account, text: string): number[] {
  const { store } = core;
  const own = openMessage(core, account, text);
  if (own >= 0 && ((store.flags[own] as number) & MessageFlag.multiFirst) === 0) return [own];
  const first = own >= 0 ? idOf(store, own) : firstId(core, text);
  const found = own >= 0 ? [own] : [];
  if (first === null) return found;
  const reference = MULTI + first.toString('hex');
  forEachCounter(first.readUInt32BE(COUNTER_AT), (counter) => {
    const handle = messageById(core, withCounter(first, counter));
    if (handle >= 0 && store.account[handle] === account.number && isFurther(store, handle, reference))
      found.push(handle);
  });
  for (const handle of core.multiLate.get(reference) ?? [])
    if (store.account[handle] === account.number && !found.includes(handle)) found.push(handle);
  return found;
}

/** The state that the messages of a submit_multi add up to: not final while one is not, then the worst, of the latest time. */
export async function groupSummary(core: Core, account: Account, first: Buffer, source: string): Promise<Summary> {
  const all = new Map<string, Summary>();
  const open = openMessages(core, account, first.toString('hex'));
  const last = withCounter(first, 0xffff_ffff);
  const ended = await core.history.entries(account.number, last, MULTI_DESTINATIONS_MAX, summaryOf);
  for (const one of ended) if (one.id.compare(first, 0, COUNTER_AT, 0, COUNTER_AT) === 0) all.set(key(one), one);
  for (const handle of open) {
    if (core.store.phase[handle] === MessagePhase.free) continue;
    const one = summaryOf(core.store, handle);
    if (one.id.compare(first, 0, COUNTER_AT, 0, COUNTER_AT) === 0) all.set(key(one), one);
  }
  let states = 0;
  let doneAt = 0;
  for (const one of all.values()) {
    states |= 1 << one.state;
    doneAt = Math.max(doneAt, one.doneAt);
  }
  const scheduled = 1 << State.scheduled;
  const state = states === scheduled ? State.scheduled : State.enroute;
  const final = (states & (scheduled | (1 << State.enroute))) === 0;
  const fixed = { id: first, account: account.number, source, multiFirst: true };
  return final ? { ...fixed, state: worstOf(states), doneAt } : { ...fixed, state, doneAt: 0 };
}

/** The first one's id, as `text` spells it; a short spelling is resolved by an open message of the same submit_multi. */
function firstId(core: Core, text: string): Buffer | null {
  if (!SHORT_ID.test(text)) return parseId(text);
  let found: Buffer | null = null;
  forEachCounter(Number.parseInt(text, 16), (counter) => {
    const handle = core.byShortId.get(counter);
    if (found !== null || handle === undefined) return;
    const reference = core.store.reference(handle);
    if (isFurther(core.store, handle, reference) && reference.endsWith(text.toLowerCase()))
      found = Buffer.from(reference.slice(MULTI.length), 'hex');
  });
  if (found !== null) return found;
  for (const reference of core.multiLate.keys())
    if (reference.endsWith(text.toLowerCase())) return Buffer.from(reference.slice(MULTI.length), 'hex');
  return null;
}

function forEachCounter(first: number, each: (counter: number) => void): void {
  let counter = first;
  for (let i = 1; i < MULTI_DESTINATIONS_MAX; i++) {
    counter = counterAfter(counter);
    each(counter);
  }
}

function isFurther(store: MessageStore, handle: number, reference: string): boolean {
  return ((store.flags[handle] as number) & MessageFlag.multi) !== 0 && store.reference(handle) === reference;
}

function withCounter(first: Buffer, counter: number): Buffer {
  const id = Buffer.from(first);
  id.writeUInt32BE(counter, COUNTER_AT);
  return id;
}

function idOf(store: MessageStore, handle: number): Buffer {
  const at = (store.offset[handle] as number) + Letter.id;
  return Buffer.from(store.buffer(handle).subarray(at, at + ID_OCTETS));
}

function key(one: Summary): string {
  return one.id.toString('latin1');
}
