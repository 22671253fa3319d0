// One customer of the simulated operator while it runs: its binds, its rate, and the receipts and MO messages that wait
// for a bind that can take them.
import type { OperatorAccount } from './config.ts';
import { SecondCounter } from './rate.ts';
import type { Session } from './session.ts';

/** A message towards the customer that no customer's message caused. One entry is one part. */
export interface MoPart {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly esmClass: number;
  readonly dataCoding: number;
  readonly octets: Buffer;
}

export class AccountState {
  readonly config: OperatorAccount;
  readonly index: number;
  /** Bound sessions; those that receive are asked in turn. */
  readonly sessions: Session[] = [];
  /** Every submit, refused ones included. */
  readonly offered = new SecondCounter();
  /** Submits that the throttle let through. */
  readonly admitted = new SecondCounter();
  /** Queue of receipts: first and last message, linked by `Messages.next`; −1: empty. */
  head = -1;
  tail = -1;
  queued = 0;
  readonly mo: MoPart[] = [];
  /** Waits in the operator's list of accounts to be pumped at the end of the turn. */
  pumping = false;
  turn = 0;
  submits = 0;
  throttled = 0;

  constructor(config: OperatorAccount, index: number) {
    this.config = config;
    this.index = index;
  }

  /** A session that can take a deliver_sm now, in turn; null when none can. */
  receiver(): Session | null {
    const { sessions } = this;
    for (let i = 0; i < sessions.length; i += 1) {
      this.turn = (this.turn + 1) % sessions.length;
      const session = sessions[this.turn] as Session;
      if (session.canDeliver) return session;
    }
    return null;
  }
}
