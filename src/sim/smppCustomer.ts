// A customer that speaks SMPP: binds, sends what its desk wishes, sends again what was refused for now or never answered,
// cancels, and takes receipts, each in its own more or less orderly way. One incarnation; the desk outlives it.
import { SmppClient } from '../driver/smppClient.ts';
import type { SmppClientHandler, SmppPeer } from '../driver/types.ts';
import type { Chance } from '../operator/chance.ts';
import type { Log } from '../port/log.ts';
import type { Loop } from '../port/loop.ts';
import type { Net } from '../port/net.ts';
import { messageIdResp } from '../smpp/make.ts';
import type { Pdu, SubmitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import type { Asks } from './asks.ts';
import { clientOptions } from './customerClient.ts';
import type { Desk, Wish } from './desk.ts';
import { MultiAsks } from './multiAsks.ts';
import type { AccountPlan } from './plan.ts';
import { idOf, octetsOf } from './receiptOctets.ts';
import { cancelOf, dataOf, type Manner, submitOf } from './requests.ts';

const LOOK_MS = 40;
const LATER: readonly number[] = [Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL, Status.ESME_RSYSERR];
const MAX_TRIES = 4;

/** What one request of ours was about. `part`: from 1, 0 for a whole message. */
interface Asked {
  readonly wish: Wish;
  readonly part: number;
  readonly cancelId: string;
}

interface PlannedCancel {
  readonly wish: Wish;
  readonly id: string;
  readonly dueMs: number;
}

export interface CustomerWorld {
  readonly loop: Loop;
  readonly net: Net;
  readonly log: Log;
  readonly chance: Chance;
  /** Virtual time, the same for everybody. */
  readonly townMs: () => number;
}

/** What a customer of SMPP is like. */
export type CustomerPlan = Pick<AccountPlan, 'name' | 'binds' | 'split' | 'window' | 'version' | 'resends'>;

export class SmppCustomer implements SmppClientHandler<number> {
  readonly #world: CustomerWorld;
  readonly #plan: CustomerPlan;
  readonly #manner: Manner;
  readonly #desk: Desk;
  readonly #wishes: readonly Wish[];
  readonly #peers: SmppPeer<number>[] = [];
  readonly #asked = new Map<number, Asked>();
  /** Parts of a set that are still to be acknowledged. */
  readonly #partsOpen = new Map<Wish, { readonly reference: number; readonly parts: Set<number> }>();
  /** Parts that are to be sent once more, under the reference that they had. */
  readonly #repeats = new Map<Wish, { readonly reference: number; readonly parts: readonly number[] }>();
  readonly #cancels: PlannedCancel[] = [];
  readonly #orderly: () => boolean;
  readonly #asks: Asks | null;
  readonly #multis: MultiAsks;
  #token = 1;
  #reference = 0;

  /** `orderly`: takes every receipt and answers at once, when faults have stopped. */
  constructor(
    world: CustomerWorld,
    plan: CustomerPlan,
    manner: Manner,
    desk: Desk,
    orderly: () => boolean,
    asks: Asks | null,
  ) {
    this.#asks = asks;
    this.#world = world;
    this.#plan = plan;
    this.#manner = manner;
    this.#desk = desk;
    this.#orderly = orderly;
    this.#wishes = desk.wishes.filter((wish) => wish.account === plan.name);
    this.#multis = new MultiAsks(desk, this.#wishes, {
      later: LATER,
      again: (wish) => this.#unanswered(wish),
      postpone: (wish) => this.#postpone(wish),
    });
  }

  start(): void {
    const { binds, split } = this.#plan;
    const modes = Array.from(
      { length: binds },
      (_, i) => (split ? (i % 2 === 0 ? 'tx' : 'rx') : 'trx') as 'tx' | 'rx' | 'trx',
    );
    if (split && binds === 1) modes.push('rx');
    const client = new SmppClient<number>(this.#world, clientOptions(this.#manner, this.#plan, modes), this);
    client.start();
    for (const wish of this.#wishes) if (wish.state === 'asked') this.#unanswered(wish);
    this.#look();
  }

  #look(): void {
    const now = this.#world.townMs();
    for (const wish of this.#wishes) {
      if (wish.state !== 'waiting' || wish.dueMs > now) continue;
      if (!this.#submit(wish)) break;
    }
    for (let i = 0; i < this.#cancels.length; i++) {
      const one = this.#cancels[i] as PlannedCancel;
      if (one.dueMs > now || !this.#cancel(one.wish, one.id)) continue;
      this.#cancels.splice(i--, 1);
    }
    this.#asks?.look(now, () => this.#sender());
    this.#world.loop.wakeAt(this.#world.loop.monotonic() + LOOK_MS, () => this.#look());
  }

  #sender(): SmppPeer<number> | null {
    return this.#peers.find((peer) => peer.mode !== 'rx' && peer.room > 0) ?? null;
  }

  #submit(wish: Wish): boolean {
    if (wish.parts > 0) return this.#submitParts(wish);
    const peer = this.#sender();
    if (peer === null) return false;
    if (wish.form === 'multi') {
      this.#multis.submit(peer, wish, this.#token++, this.#world.townMs());
      return true;
    }
    wish.tries++;
    wish.state = 'asked';
    this.#send(peer, wish, 0);
    return true;
  }

  #submitParts(wish: Wish): boolean {
    const peer = this.#peers.find((one) => one.mode !== 'rx' && one.room >= wish.parts);
    if (peer === undefined) return false;
    wish.tries++;
    wish.state = 'asked';
    const again = this.#repeats.get(wish);
    if (again === undefined) this.#reference = (this.#reference + 1) & 0xff;
    const parts = again?.parts ?? Array.from({ length: wish.parts - (wish.torn ? 1 : 0) }, (_, i) => i + 1);
    const reference = again?.reference ?? this.#reference;
    this.#repeats.delete(wish);
    this.#partsOpen.set(wish, { reference, parts: new Set(parts) });
    for (const part of parts) this.#send(peer, wish, part);
    return true;
  }

  #send(peer: SmppPeer<number>, wish: Wish, part: number): void {
    const token = this.#token++;
    this.#asked.set(token, { wish, part, cancelId: '' });
    const pdu: SubmitSm = submitOf(wish, part, this.#partsOpen.get(wish)?.reference ?? 0);
    const written = wish.form === 'data' ? dataOf(pdu, wish) : this.#manner.write(pdu, wish, part);
    if (peer.send(written, token) === null) throw new Error('a customer has no room that it had');
  }

  #cancel(wish: Wish, id: string): boolean {
    const peer = this.#sender();
    if (peer === null) return false;
    const token = this.#token++;
    this.#asked.set(token, { wish, part: 0, cancelId: id });
    peer.send(cancelOf(wish, id), token);
    return true;
  }

  response(_peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    if (token < 0) this.#asks?.answered(token, pdu);
    if (this.#multis.answered(token, pdu, late, this.#world.townMs())) return;
    const asked = this.#asked.get(token);
    if (asked === undefined) return;
    if (!late) this.#asked.delete(token);
    const { wish, part, cancelId } = asked;
    if (cancelId !== '') {
      if (pdu.status !== 0) return;
      const one = this.#desk.acknowledged.get(`${wish.account} ${cancelId}`);
      if (one !== undefined) one.cancelConfirmed = true;
      return;
    }
    if (pdu.status === 0 && 'messageId' in pdu) {
      const one = this.#desk.acknowledge(wish, pdu.messageId, this.#world.townMs());
      if (part === 0 && !late) this.#asks?.taken(one, this.#world.townMs());
      if (wish.cancels && part === 0) {
        const dueMs = this.#world.townMs() + this.#world.chance.fraction() * 300;
        this.#cancels.push({ wish, id: pdu.messageId, dueMs });
      }
      if (late) return;
      if (part === 0) wish.state = 'done';
      else this.#partDone(wish, part);
      return;
    }
    if (late) return;
    if (part > 0) {
      wish.refused = `0x${pdu.status.toString(16)}`;
      if (LATER.includes(pdu.status)) this.#partAgain(wish, part);
      else this.#partDone(wish, part);
    } else if (LATER.includes(pdu.status)) {
      wish.tries--;
      wish.state = 'waiting';
      this.#postpone(wish);
    } else {
      wish.tries--;
      wish.refused = `0x${pdu.status.toString(16)}`;
      wish.state = 'done';
    }
  }

  #partDone(wish: Wish, part: number): void {
    const open = this.#partsOpen.get(wish);
    open?.parts.delete(part);
    if (open === undefined || open.parts.size > 0) return;
    this.#partsOpen.delete(wish);
    wish.state = this.#repeats.has(wish) ? 'waiting' : 'done';
    if (wish.state === 'waiting') this.#postpone(wish);
  }

  /** A part had no answer, or one that says later. */
  #partAgain(wish: Wish, part: number): void {
    const reference = this.#partsOpen.get(wish)?.reference;
    if (this.#manner.repeatsParts && this.#plan.resends && reference !== undefined && wish.tries < MAX_TRIES) {
      const parts = this.#repeats.get(wish)?.parts ?? [];
      this.#repeats.set(wish, { reference, parts: [...parts, part] });
    }
    this.#partDone(wish, part);
  }

  #postpone(wish: Wish): void {
    (wish as { dueMs: number }).dueMs = this.#world.townMs() + 200 + this.#world.chance.fraction() * 800;
  }

  failed(_peer: SmppPeer<number>, token: number): void {
    this.#multis.failed(token);
    const asked = this.#asked.get(token);
    if (asked === undefined || asked.cancelId !== '') return;
    if (asked.part > 0) this.#partAgain(asked.wish, asked.part);
    else if (asked.wish.state === 'asked') this.#unanswered(asked.wish);
  }

  #unanswered(wish: Wish): void {
    this.#partsOpen.delete(wish);
    if (this.#plan.resends && wish.parts === 0 && wish.tries < MAX_TRIES) {
      wish.state = 'waiting';
      this.#postpone(wish);
    } else wish.state = 'done';
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    if (pdu.command !== 'deliver_sm') {
      peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVCMDID);
      return;
    }
    const draw = this.#world.chance.fraction();
    const mood = this.#orderly() || draw > 0.1 ? 'takes' : draw < 0.05 ? 'later' : draw < 0.07 ? 'silent' : 'takes';
    if (mood === 'silent') return;
    if ((pdu.esmClass & 0x3c) === 0) {
      if (mood === 'takes') this.#desk.mo(this.#plan.name, pdu.sourceAddr, Buffer.from(pdu.shortMessage));
    } else if (mood === 'takes')
      // The octets of a receipt: all that it says, without the number of this delivery.
      this.#desk.receipt(this.#plan.name, idOf(pdu), pdu.sourceAddr, octetsOf(pdu), true);
    peer.respond(pdu.sequence, messageIdResp('deliver_sm_resp', 0, mood === 'takes' ? 0 : Status.ESME_RX_T_APPN, ''));
  }

  bound(peer: SmppPeer<number>): void {
    this.#peers.push(peer);
  }
  closed(peer: SmppPeer<number>): void {
    const at = this.#peers.indexOf(peer);
    if (at >= 0) this.#peers.splice(at, 1);
  }
  bindRefused(): void {}
  waiting(): void {}
  wants(): void {}
  windowOpen(): void {}
  oddity(): void {}
  bindRequested(): void {}
  outbindRequested(): void {}
}
