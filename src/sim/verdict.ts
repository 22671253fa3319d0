// The laws that can only be judged when everything has come to rest: nothing lost, one end and its receipt for each, no end that
// was invented, copies at the handsets, and every unit of money accounted for.
import { nativeId } from '../gateway/ids.ts';
import { MessageFlag } from '../gateway/layout.ts';
import type { BalanceView, MessageView } from '../gateway/service.ts';
import type { HandsetMessage } from '../operator/handsets.ts';
import { OutcomeClass } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import { judgeQueries, textsOf } from './asks.ts';
import type { Desk } from './desk.ts';
import { judgeEnds } from './ends.ts';
import type { Booked, GatewayBooks } from './gatewayBooks.ts';
import type { GuardBooks } from './guardBooks.ts';
import type { AccountPlan, Plan } from './plan.ts';
import { LawBroken } from './trace.ts';

const DELIVERED = 2;
const DELETED = 4;
const UNKNOWN = 7;
/** In this time what the guard has is told to the gateway, whatever lies between. */
const UPWARD_MS = 60_000;
/** message_state by the words of the history. */
const STATES: { readonly [word: string]: number } = {
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  unknown: 7,
  rejected: 8,
};
const WORDS = ['', '', 'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD'];

export interface Scene {
  readonly plan: Plan;
  readonly desk: Desk;
  readonly gateway: GatewayBooks;
  readonly guard: GuardBooks;
  readonly handsets: ReadonlyMap<string, readonly HandsetMessage[]>;
  readonly balance: (account: AccountPlan) => BalanceView;
}

export function judge(scene: Scene): void {
  for (const message of scene.gateway.messages.values()) {
    if (message.ended === null)
      broken('4 one terminal state', `message ${message.customerId} of ${message.account.name} never ended`);
    if (message.ended.state === DELIVERED) reallyDelivered(scene, message);
  }
  judgeEnds(scene.gateway, scene.desk);
  judgeQueries(scene.desk.acknowledged, (key) => scene.gateway.byCustomerId.get(key)?.ended?.state ?? 0);
  receiptsArrive(scene);
  receipts(scene);
  copies(scene);
  for (const account of scene.plan.accounts) money(scene, account);
}

/** DELIVRD is said only of what an operator said it of, every segment of it. */
function reallyDelivered(scene: Scene, message: Booked): void {
  const carrier = message.carrier ?? message;
  const op = scene.guard.ops.get(carrier.ops.at(-1) ?? '');
  for (let segment = 1; segment <= carrier.segments; segment++) {
    if (op?.segments.get(segment)?.state !== DELIVERED) {
      broken(
        '4 no invented DELIVRD',
        `message ${message.customerId} is DELIVRD, segment ${segment} of its last attempt is not`,
      );
    }
  }
}

function receipts(scene: Scene): void {
  for (const one of scene.desk.acknowledged.values()) {
    const { wish, id } = one;
    const message = scene.gateway.byCustomerId.get(`${wish.account} ${id}`);
    if (message === undefined)
      broken('1 nothing is lost', `${wish.account} has the id ${id}, which no durable message has`);
    if (message.destination !== wish.destination)
      broken('1 nothing is lost', `${id} is another message than the one acknowledged`);
    for (const receipt of one.receipts) {
      if (!receipt.equals(one.receipts[0] as Buffer))
        broken(
          '4 receipts are the same',
          `two receipts of ${id} differ: ${one.receipts[0]?.latin1Slice()} / ${receipt.latin1Slice()}`,
        );
    }
    const state = message.ended?.state ?? 0;
    const told = message.account.way === 'http' ? message.account.webhook : wish.wantsReceipt;
    if (told && one.taken === 0)
      broken('4 a receipt at least once', `${wish.account} never got the receipt of ${id} (state ${state})`);
    if (!told && one.receipts.length > 0)
      broken('4 a receipt at least once', `${wish.account} got a receipt of ${id}, which it did not want`);
    const word = message.account.way === 'http' ? '' : `stat:${WORDS[state]}`;
    if (told && !one.receipts[0]?.latin1Slice().includes(word))
      broken('4 receipts are the same', `the receipt of ${id} is not of its state ${WORDS[state]}`);
    if (!one.cancelConfirmed) continue;
    if (state !== DELETED)
      broken('4 one terminal state', `${id} was cancelled with success and ended in state ${state}`);
    for (const op of message.ops) {
      for (const segment of scene.guard.ops.get(op)?.segments.values() ?? []) {
        if (segment.emitted && !segment.again && segment.outcomes[0] !== OutcomeClass.refused)
          broken('4 one terminal state', `${id} was cancelled with success, and had left`);
      }
    }
  }
}

/** A receipt that the guard acknowledged reaches the segment whose id it names, and all of them together their message. */
function receiptsArrive(scene: Scene): void {
  const clocksJump = scene.plan.faults.some(({ fault }) => fault.kind === 'clock');
  for (const message of scene.gateway.messages.values()) {
    const op = scene.guard.ops.get(message.ops.at(-1) ?? '');
    if (op === undefined) continue;
    let told = 0;
    let toldAt = 0;
    for (const segment of op.segments.values()) {
      if (segment.state !== 0 && segment.state !== UNKNOWN) told++;
      toldAt = Math.max(toldAt, segment.stateAt);
      const key = `${op.link} ${indexKey(segment.remoteId)} ${op.recipient}`;
      if (segment.remoteId === '' || segment.state !== 0) continue;
      if (scene.guard.acknowledged.has(key) && !scene.guard.orphans.has(key))
        broken(
          '4 a receipt at least once',
          `a receipt of ${op.link} for id ${segment.remoteId} was acknowledged and forgotten`,
        );
    }
    // Who was told of every segment well within the deadline does not end as unknown; a clock that jumps may end it at once.
    if (told === op.total && !clocksJump && message.ended?.state === UNKNOWN && toldAt + UPWARD_MS < message.ended.at)
      broken(
        '4 a receipt at least once',
        `message ${message.customerId} ended as unknown, and ${op.link} told of all its segments`,
      );
  }
}

/** No more messages than were asked for; at the handsets no more than left, and what arrives is what was written. */
function copies(scene: Scene): void {
  const made = new Map<string, number>();
  const left = new Map<string, number>();
  for (const message of scene.gateway.messages.values()) {
    if (!(message.flags & MessageFlag.internal))
      made.set(message.destination, (made.get(message.destination) ?? 0) + 1);
    for (const op of message.ops) {
      const booked = scene.guard.ops.get(op);
      const emitted = booked === undefined ? 0 : [...booked.segments.values()].filter((one) => one.emitted).length;
      if (booked !== undefined && emitted === booked.total)
        left.set(message.destination, (left.get(message.destination) ?? 0) + 1);
    }
  }
  for (const wish of scene.desk.wishes) {
    const { destination } = wish;
    const most = wish.tries * Math.max(1, wish.parts);
    if ((made.get(destination) ?? 0) > most)
      broken(
        '7 no duplicates',
        `${wish.account} asked ${most} times for ${destination}, ${made.get(destination)} messages were made`,
      );
    const arrived = scene.handsets.get(destination) ?? [];
    if (arrived.length > (left.get(destination) ?? 0))
      broken(
        '7 no duplicates',
        `${destination} received ${arrived.length} messages, ${left.get(destination) ?? 0} left`,
      );
    for (const { text } of arrived) {
      if (!textsOf(wish, scene.desk.acknowledged).includes(text))
        broken(
          '1 nothing is lost',
          `${destination} received another text than was sent: ${JSON.stringify(text)} / ${JSON.stringify(wish.text)}`,
        );
    }
  }
}

/** What the books must say, from the outcomes that are durable alone. */
function money(scene: Scene, account: AccountPlan): void {
  let charged = 0;
  for (const message of scene.gateway.messages.values()) {
    if (message.account !== account || message.carrier !== null) continue;
    charged += chargedSegments(message) * message.price;
  }
  const { balance, held, creditLimit } = scene.balance(account);
  const credit = scene.gateway.credits.get(account.name) ?? 0;
  if (held !== 0) broken('5 money', `${account.name} still has ${held} held when everything has ended`);
  if (balance !== credit - charged)
    broken('5 money', `${account.name} has ${balance}; ${credit} paid in, ${charged} charged by its outcomes`);
  if (balance < -creditLimit) broken('5 money', `${account.name} is below its limit: ${balance}`);
}

function chargedSegments(message: Booked): number {
  const { chargeOn } = message.account;
  if (chargeOn === 'delivered') {
    if (message.ended?.state === DELIVERED) return message.segments;
    let delivered = 0;
    const op = message.ops.at(-1) ?? '';
    for (let i = 0; i < message.segments; i++) if (message.receipts.get(`${op}${i}`) === DELIVERED) delivered++;
    return delivered;
  }
  let charge = 0;
  for (const outcomes of message.outcomes.values()) {
    for (const { outcome } of outcomes) {
      if (outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown) charge++;
      else if (outcome === OutcomeClass.refused && chargeOn === 'submission') charge++;
    }
  }
  return Math.min(charge, message.segments);
}

/** After the restart every acknowledged message can still be asked for, in the state that it ended in. */
export async function stillKnown(
  desk: Desk,
  gateway: GatewayBooks,
  ask: (account: AccountPlan, id: string) => Promise<MessageView | null>,
): Promise<void> {
  for (const [key, message] of gateway.byCustomerId) {
    if (!desk.acknowledged.has(key)) continue;
    const view = await ask(message.account, nativeId(Buffer.from(message.id, 'hex')));
    if (view === null) broken('1 nothing is lost', `${key} is not known any more`);
    if (!view.final || STATES[view.state] !== message.ended?.state)
      broken('4 one terminal state', `${key} ended in state ${message.ended?.state}, its history says ${view.state}`);
  }
}

/** What is still open, in words. */
export function openOf(desk: Desk, gateway: GatewayBooks): string {
  const all = [...gateway.messages.values()];
  const open = all.filter((message) => message.ended === null).length;
  const unhanded = all.filter((message) => message.ended !== null && !message.handed).length;
  const wishes = desk.wishes.filter((wish) => wish.state !== 'done').length;
  return `${open} messages are open, ${unhanded} not handed over, ${wishes} wishes not done`;
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
