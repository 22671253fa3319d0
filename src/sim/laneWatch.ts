// Watches who goes before whom: the gateway's choice where several accounts and lanes wait for one link, and PINs at the guard.
// Reads orders on the hop and what is durable; every bound is one of counts, not of time.
import { LANE_NORMAL_PER_BULK, LANE_QUANTUM_SEGMENTS } from '../base/limits.ts';
import { MessageFlag } from '../gateway/layout.ts';
import { HopTag } from '../smpp/vendor.ts';
import { FOREIGN, GUARD_PORT, VALIDITY_MS } from './configs.ts';
import type { Booked, GatewayBooks } from './gatewayBooks.ts';
import type { GuardBooks } from './guardBooks.ts';
import { PinWatch } from './pinWatch.ts';
import type { SimEnd } from './pipe.ts';
import type { Plan } from './plan.ts';
import { PduScanner, readSm, readTlv } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMIT = 0x04;
const BIND = 0x09;
const NORMAL = 1;
const BULK = 2;
/** Segments of the longest message of an account (configs.ts). */
const LONGEST = 10;
/** A turn, which its last message may overdraw; where the guard gives orders back at that moment, that is not paid from the next. */
const TURN = LANE_QUANTUM_SEGMENTS + LONGEST;
const LANES_APART = LANE_NORMAL_PER_BULK + LONGEST;

/** Segments that have gone to the guard when a message came to wait. */
interface Gone {
  /** What became durable together: while a link has room each of these goes as the gateway hears of it, and nothing waits. */
  readonly batch: Batch;
  /** By account and lane. */
  readonly by: readonly number[];
  /** By lane, as often as they were tried. */
  readonly tries: readonly number[];
}

/** Segments of one batch that have gone, by account and lane. */
interface Batch {
  readonly by: number[];
}

export class LaneWatch {
  readonly #plan: Plan;
  readonly #gateway: GatewayBooks;
  readonly #pins: PinWatch;
  /** With one link only, whose queue everything waits in, and from which nothing goes because it has ended. */
  readonly #judges: boolean;
  readonly #scanners = new Map<SimEnd, PduScanner>();
  /** What had gone when a message came to wait. */
  readonly #waiting = new Map<Booked, Gone>();
  readonly #batches = new Map<Booked, Batch>();
  readonly #seen = new Set<string>();
  readonly #by: number[];
  readonly #tries = [0, 0, 0];
  #life: unknown = null;
  #read = 0;

  constructor(plan: Plan, gateway: GatewayBooks, guard: GuardBooks) {
    this.#plan = plan;
    this.#gateway = gateway;
    this.#pins = new PinWatch(plan, gateway, guard);
    this.#judges = plan.links.length === 1 && plan.more.validityMs === VALIDITY_MS;
    this.#by = this.#none();
  }

  #none(): number[] {
    return new Array<number>(this.#plan.accounts.length * 3).fill(0);
  }

  absorb(): void {
    const batch: Batch = { by: this.#none() };
    for (; this.#read < this.#gateway.inOrder.length; this.#read++) {
      const message = this.#gateway.inOrder[this.#read] as Booked;
      // Parts wait for each other first, and what is scheduled for its time.
      const part = (message.flags & (MessageFlag.joinedParts | MessageFlag.internal)) === MessageFlag.joinedParts;
      if (!this.#judges) continue;
      this.#batches.set(message, batch);
      if (message.lane !== 0 && message.scheduledFor === 0 && !part)
        this.#waiting.set(message, { batch, by: [...this.#by], tries: [...this.#tries] });
    }
    this.#pins.absorb();
  }

  read(end: SimEnd, bytes: Buffer): void {
    if (end.port === GUARD_PORT && end.side === 'server' && end.other?.life.node !== FOREIGN)
      this.#pins.read(end, bytes);
  }

  written(end: SimEnd, bytes: Buffer): void {
    if (end.port !== GUARD_PORT || end.life.node === FOREIGN || end.other?.life.node === FOREIGN) return;
    if (end.side === 'server') {
      this.#pins.answered(end, bytes);
      return;
    }
    if (!this.#judges) return;
    if (end.life !== this.#life) {
      // Another gateway has queues of its own.
      this.#life = end.life;
      this.#waiting.clear();
      this.#seen.clear();
    }
    let scanner = this.#scanners.get(end);
    if (scanner === undefined) this.#scanners.set(end, (scanner = new PduScanner()));
    scanner.feed(bytes, (pdu, command) => {
      // What was under way over a connection that broke comes back, and goes or ends out of turn.
      if (command === BIND) this.#waiting.clear();
      const sm = command === SUBMIT ? readSm(pdu) : null;
      const op = sm === null ? null : readTlv(pdu, sm.tlvs, HopTag.op);
      const message = op === null ? undefined : this.#gateway.byOp.get(op.latin1Slice());
      if (message !== undefined) this.#goes(message, op?.latin1Slice() ?? '');
    });
  }

  /** What the guard gave back goes again by what its first time cost: it counts once. */
  #goes(message: Booked, op: string): void {
    (this.#tries[message.lane] as number) += message.segments;
    if (this.#seen.has(op)) return;
    this.#seen.add(op);
    const before = this.#waiting.get(message);
    this.#waiting.delete(message);
    if (before !== undefined && op === message.ops[0]) this.#judge(message, before);
    const place = this.#place(message.account.name, message.lane);
    (this.#by[place] as number) += message.segments;
    const batch = this.#batches.get(message);
    if (batch !== undefined) (batch.by[place] as number) += message.segments;
  }

  #place(account: string, lane: number): number {
    return this.#plan.accounts.findIndex((one) => one.name === account) * 3 + lane;
  }

  #judge({ account, lane }: Booked, before: Gone): void {
    const gone = (name: string, of: number): number => {
      const place = this.#place(name, of);
      return (this.#by[place] as number) - (before.by[place] as number) - (before.batch.by[place] as number);
    };
    const own = gone(account.name, lane);
    let [normal, bulk] = [0, 0];
    for (const { name } of this.#plan.accounts) {
      normal += gone(name, NORMAL);
      bulk += gone(name, BULK);
      const passed = name === account.name ? 0 : gone(name, lane);
      // As many turns as it had itself, and four: one was begun, one follows, and orders that come back may keep their turn.
      if (passed > (own / LANE_QUANTUM_SEGMENTS + 4) * TURN)
        broken(`${passed} segments of ${name} went before one of ${account.name} that waited, and ${own} of its own`);
    }
    const tries = (of: number): number => (this.#tries[of] as number) - (before.tries[of] as number);
    if (lane === BULK && normal > LANE_NORMAL_PER_BULK * tries(BULK) + LANES_APART)
      broken(`${normal} normal segments went before a bulk message of ${account.name}, and ${bulk} bulk ones`);
    if (lane === NORMAL && bulk > tries(NORMAL) / LANE_NORMAL_PER_BULK + LANES_APART)
      broken(`${bulk} bulk segments went before a normal message of ${account.name}, and ${normal} normal ones`);
  }
}

function broken(detail: string): never {
  throw new LawBroken('6 lanes', detail);
}
