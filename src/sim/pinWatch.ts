// Watches PINs at the guard: from the moment in which it has read a PIN's order, no more messages of other lanes begin on that
// link before it than had their numbers, or may have had. Judged over give-backs too, as long as nothing stood in its way.
import { HopTag, LinkState, OrderFlag } from '../smpp/vendor.ts';
import type { GatewayBooks } from './gatewayBooks.ts';
import type { GuardBooks } from './guardBooks.ts';
import type { SimEnd } from './pipe.ts';
import type { LinkPlan, Plan } from './plan.ts';
import { behind, cstring, PduScanner, readSm, readTlv } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMIT = 0x04;
const RESPONSE = 0x80000000;
const BIND = 0x09;
const ALERT = 0x102;
/** TLVs of an alert_notification without addresses. */
const ALERT_TLVS = 22;
const LATER: readonly number[] = [0x58, 0x14];
const HELD = /at its rate|windows of the link/;
const PIN = 0;
/** INTENTs are written at most nine tenths of a window ahead of it, and for at most this part of a second at the link's rate. */
const AHEAD = 1.9;
const AHEAD_SECONDS = 0.5;

interface Line {
  readonly read: PduScanner;
  readonly written: PduScanner;
  link: string;
  /** Orders for PINs that have no answer, by their number. */
  readonly orders: Map<number, string>;
}

interface WaitingPin {
  readonly end: SimEnd;
  readonly link: string;
  /** Messages that had begun on the link: of other lanes, PINs. */
  readonly others: number;
  readonly pins: number;
}

interface Begun {
  others: number;
  pins: number;
}

export class PinWatch {
  readonly #plan: Plan;
  /** Somebody sends PINs. */
  readonly #judges: boolean;
  readonly #gateway: GatewayBooks;
  readonly #guard: GuardBooks;
  readonly #lines = new Map<SimEnd, Line>();
  /** By op. */
  readonly #waiting = new Map<string, WaitingPin>();
  readonly #begun = new Map<string, Begun>();
  readonly #states = new Map<string, number>();
  #read = 0;

  constructor(plan: Plan, gateway: GatewayBooks, guard: GuardBooks) {
    this.#plan = plan;
    this.#judges = plan.accounts.some((account) => account.lane === 'pin');
    this.#gateway = gateway;
    this.#guard = guard;
  }

  /** What the guard reads from a gateway at `end`. */
  read(end: SimEnd, bytes: Buffer): void {
    const line = this.#judges ? this.#line(end) : null;
    line?.read.feed(bytes, (pdu, command, _status, sequence) => {
      if (command === BIND) line.link = cstring(pdu, 16).split('/')[1] ?? '';
      const sm = command === SUBMIT ? readSm(pdu) : null;
      if (sm === null || readTlv(pdu, sm.tlvs, HopTag.lane)?.[0] !== PIN) return;
      const op = readTlv(pdu, sm.tlvs, HopTag.op)?.latin1Slice() ?? '';
      const flags = readTlv(pdu, sm.tlvs, HopTag.orderFlags)?.[0] ?? 0;
      if ((flags & OrderFlag.askOnly) !== 0 || this.#guard.ops.has(op)) return;
      line.orders.set(sequence, op);
      const known = this.#waiting.get(op);
      if (known?.end === end) return;
      const { others, pins } = this.#of(line.link);
      this.#waiting.set(op, { end, link: line.link, others, pins });
    });
  }

  /** What the guard writes to a gateway at `end`. */
  answered(end: SimEnd, bytes: Buffer): void {
    const line = this.#judges ? this.#line(end) : null;
    line?.written.feed(bytes, (pdu, command, status, sequence) => {
      if (command === RESPONSE + SUBMIT) {
        const op = line.orders.get(sequence);
        line.orders.delete(sequence);
        if (op !== undefined && !isHeld(pdu, status)) this.#waiting.delete(op);
      } else if (command === ALERT) this.#state(line.link, readTlv(pdu, ALERT_TLVS, HopTag.linkState)?.[0] ?? 0);
    });
  }

  /** What waits for a link that goes down starts anew when it is back. */
  #state(link: string, state: number): void {
    this.#states.set(link, state);
    if (state === LinkState.up || state === LinkState.slow) return;
    for (const [op, pin] of this.#waiting) if (pin.link === link) this.#waiting.delete(op);
  }

  /** Messages that have begun since the last call. */
  absorb(): void {
    for (; this.#read < this.#guard.begun.length; this.#read++) {
      const { op, link } = this.#guard.begun[this.#read] as { readonly op: string; readonly link: string };
      const begun = this.#of(link);
      const message = this.#gateway.byOp.get(op);
      if ((message?.lane ?? this.#plan.more.foreign?.lane) === PIN) {
        begun.pins++;
        this.#waiting.delete(op);
      } else {
        begun.others++;
        this.#judge(link, begun);
      }
    }
  }

  #judge(link: string, begun: Begun): void {
    const plan = this.#plan.links.find((one) => one.name === link);
    for (const [op, pin] of this.#waiting) {
      if (pin.link !== link || plan === undefined) continue;
      const message = this.#gateway.byOp.get(op);
      if (message === undefined || message.ended !== null || message.ops.at(-1) !== op || troubled(pin.end)) {
        this.#waiting.delete(op);
        continue;
      }
      const passed = begun.others - pin.others;
      const most = ahead(plan) * (1 + begun.pins - pin.pins);
      if (passed > most)
        throw new LawBroken(
          '6 lanes',
          `${passed} messages of other lanes began on ${link} before a PIN that the guard had read, ${most} may have had their numbers`,
        );
    }
  }

  #of(link: string): Begun {
    let begun = this.#begun.get(link);
    if (begun === undefined) this.#begun.set(link, (begun = { others: 0, pins: 0 }));
    return begun;
  }

  #line(end: SimEnd): Line {
    let line = this.#lines.get(end);
    if (line === undefined) {
      line = { read: new PduScanner(), written: new PduScanner(), link: '', orders: new Map() };
      this.#lines.set(end, line);
    }
    return line;
  }
}

/** Given back because others are before it, and not because the guard can take nothing at all. */
function isHeld(pdu: Buffer, status: number): boolean {
  if (!LATER.includes(status)) return false;
  const reason = readTlv(pdu, behind(pdu, 16), HopTag.reason);
  return HELD.test(reason?.latin1Slice() ?? '');
}

/** Messages that may have their numbers when a PIN comes. */
function ahead({ binds, split, window, throttle }: LinkPlan): number {
  const byWindow = (split ? 1 : binds) * Math.floor(AHEAD * window);
  return Math.min(byWindow, Math.ceil(throttle * AHEAD_SECONDS) + 2);
}

/** The connection of the PINs is not what it should be: others may be better off. */
function troubled(end: SimEnd): boolean {
  const { other } = end;
  return (
    end.closed || end.blackHole || end.stalled || other === null || other.closed || other.blackHole || other.stalled
  );
}
