// What one incarnation of a customer sends by submit_multi: wishes of one text together, and what the answer says of each of them.
import type { SmppPeer } from '../driver/types.ts';
import type { Pdu } from '../smpp/pdu.ts';
import type { Desk, Wish } from './desk.ts';
import { multiOf } from './requests.ts';

/** What the customer does with one of them. */
export interface Manners {
  /** Statuses after which it is tried again. */
  readonly later: readonly number[];
  readonly again: (wish: Wish) => void;
  readonly postpone: (wish: Wish) => void;
}

export class MultiAsks {
  readonly #desk: Desk;
  readonly #wishes: readonly Wish[];
  readonly #manners: Manners;
  readonly #asked = new Map<number, readonly Wish[]>();

  constructor(desk: Desk, wishes: readonly Wish[], manners: Manners) {
    this.#desk = desk;
    this.#wishes = wishes;
    this.#manners = manners;
  }

  /** Sends `wish` and what waits to go with it, over a peer with room. */
  submit(peer: SmppPeer<number>, wish: Wish, token: number, nowMs: number): void {
    const together = this.#wishes.filter(
      (one) => one.multi === wish.multi && one.form === 'multi' && one.state === 'waiting' && one.dueMs <= nowMs,
    );
    for (const one of together) {
      one.tries++;
      one.state = 'asked';
    }
    this.#asked.set(token, together);
    if (peer.send(multiOf(together), token) === null) throw new Error('a customer has no room that it had');
  }

  /** False: the token is of another request. */
  answered(token: number, pdu: Pdu, late: boolean, nowMs: number): boolean {
    const together = this.#asked.get(token);
    if (together === undefined) return false;
    if (!late) this.#asked.delete(token);
    const refused = new Map<string, number>();
    if (pdu.command === 'submit_multi_resp')
      for (const one of pdu.unsuccessSmes) refused.set(one.destinationAddr, one.errorStatusCode);
    for (const wish of together) {
      const status = refused.get(wish.destination) ?? pdu.status;
      if (status === 0 && pdu.command === 'submit_multi_resp') {
        const id = together.length > 1 ? `${pdu.messageId}/${wish.destination}` : pdu.messageId;
        this.#desk.acknowledge(wish, id, nowMs);
        if (!late) wish.state = 'done';
      } else if (!late) this.#refused(wish, status);
    }
    return true;
  }

  #refused(wish: Wish, status: number): void {
    wish.tries--;
    if (this.#manners.later.includes(status)) {
      wish.state = 'waiting';
      this.#manners.postpone(wish);
    } else {
      wish.refused = `0x${status.toString(16)}`;
      wish.state = 'done';
    }
  }

  /** No answer came. */
  failed(token: number): void {
    for (const wish of this.#asked.get(token) ?? []) if (wish.state === 'asked') this.#manners.again(wish);
  }
}
