// What a customer asks of its messages and does to them after they were taken: query_sm, replace_sm. What it was told stands in
// the desk's papers; judged here when everything is at rest.
import type { SmppPeer } from '../driver/types.ts';
import type { Chance } from '../operator/chance.ts';
import { CommandId } from '../smpp/commands.ts';
import { NO_TLVS, type Pdu, type QuerySm, type ReplaceSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { SENDER } from './configs.ts';
import type { Acknowledged, Wish } from './desk.ts';
import type { AsksPlan } from './more.ts';
import { LawBroken } from './trace.ts';

/** message_state that nothing follows. */
const FINAL: readonly number[] = [2, 3, 4, 5, 7, 8];
const SHORT_OCTETS = 160;

interface Ask {
  readonly kind: 'query' | 'replace';
  readonly one: Acknowledged;
  readonly dueMs: number;
}

export class Asks {
  readonly #plan: AsksPlan;
  readonly #chance: Chance;
  readonly #due: Ask[] = [];
  readonly #open = new Map<number, Ask>();
  #token = -1;

  constructor(plan: AsksPlan, chance: Chance) {
    this.#plan = plan;
    this.#chance = chance;
  }

  /** A whole message was taken. */
  taken(one: Acknowledged, nowMs: number): void {
    const { queries, replaced, withinMs } = this.#plan;
    if (this.#chance.fraction() < queries)
      for (let n = 1 + this.#chance.below(3); n > 0; n--) this.#later('query', one, nowMs, withinMs);
    if (one.wish.text.length <= SHORT_OCTETS && this.#chance.fraction() < replaced)
      this.#later('replace', one, nowMs, 300);
  }

  #later(kind: Ask['kind'], one: Acknowledged, nowMs: number, withinMs: number): void {
    this.#due.push({ kind, one, dueMs: nowMs + this.#chance.fraction() * withinMs });
  }

  /** Asks what is due, as long as `sender` has somebody. */
  look(nowMs: number, sender: () => SmppPeer<number> | null): void {
    for (let i = 0; i < this.#due.length; i++) {
      const ask = this.#due[i] as Ask;
      if (ask.dueMs > nowMs) continue;
      const peer = sender();
      if (peer === null) return;
      this.#due.splice(i--, 1);
      const token = this.#token--;
      this.#open.set(token, ask);
      if (ask.kind === 'replace') ask.one.replaced = 'asked';
      peer.send(ask.kind === 'query' ? queryOf(ask.one.id) : replaceOf(ask.one), token);
    }
  }

  answered(token: number, pdu: Pdu): void {
    const ask = this.#open.get(token);
    if (ask === undefined) return;
    this.#open.delete(token);
    const { one, kind } = ask;
    if (kind === 'replace') {
      one.replaced = pdu.status === 0 ? 'yes' : 'no';
      return;
    }
    // Ids of SMPP 3.3 are too short to be found in the history.
    if (pdu.status === Status.ESME_RINVMSGID && one.id.length > 8)
      broken('1 nothing is lost', `${one.id} was taken, and query_sm knows it not`);
    if (pdu.command !== 'query_sm_resp' || pdu.status !== 0) return;
    if (FINAL.includes(pdu.messageState)) one.queried.push(pdu.messageState);
  }
}

/** The text that takes the place of the first. */
export function otherText(wish: Wish): string {
  return `Instead of ${wish.number}`;
}

/** What may arrive at the handset of a wish. */
export function textsOf(wish: Wish, acknowledged: ReadonlyMap<string, Acknowledged>): readonly string[] {
  const [id] = wish.ids;
  const replaced = wish.ids.map((one) => acknowledged.get(`${wish.account} ${one}`)?.replaced ?? 'never');
  if (id !== undefined && wish.tries === 1 && replaced.length === 1) {
    if (replaced[0] === 'yes') return [otherText(wish)];
    if (replaced[0] !== 'asked') return [wish.text];
  }
  return replaced.includes('yes') || replaced.includes('asked') ? [wish.text, otherText(wish)] : [wish.text];
}

/** A final state that was told is the one in which the message ended. */
export function judgeQueries(acknowledged: ReadonlyMap<string, Acknowledged>, stateOf: (key: string) => number): void {
  for (const [key, { queried }] of acknowledged)
    for (const state of queried)
      if (state !== stateOf(key))
        broken('4 one terminal state', `query_sm told state ${state} of ${key}, which ended in ${stateOf(key)}`);
}

function queryOf(messageId: string): QuerySm {
  return {
    command: 'query_sm',
    commandId: CommandId.query_sm,
    status: 0,
    sequence: 0,
    messageId,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: SENDER,
    tlvs: NO_TLVS,
  };
}

function replaceOf({ wish, id }: Acknowledged): ReplaceSm {
  return {
    command: 'replace_sm',
    commandId: CommandId.replace_sm,
    status: 0,
    sequence: 0,
    messageId: id,
    sourceAddrTon: 5,
    sourceAddrNpi: 0,
    sourceAddr: SENDER,
    scheduleDeliveryTime: '',
    validityPeriod: '',
    registeredDelivery: wish.wantsReceipt ? 1 : 0,
    smDefaultMsgId: 0,
    shortMessage: Buffer.from(otherText(wish), 'latin1'),
    tlvs: NO_TLVS,
  };
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
