// Orders that wait for their link and have not begun: two queues, PINs first, with the segments in each. Nothing of them is
// journalled, so they can be given back.
import { Deque } from './deque.ts';
import type { Op } from './op.ts';

const PIN = 0;
/** An order that found no window for so long is given back. A PIN stays: on its way back and here again it would be overtaken. */
const WAIT_MAX_MS = 500;
const WAIT_PIN_MAX_MS = 5000;

/** How long an order may wait before it begins; gateways wait longer for an answer. */
export function waitMaxMs(lane: number): number {
  return lane === PIN ? WAIT_PIN_MAX_MS : WAIT_MAX_MS;
}

/** A throttled segment of a message that has partly left. */
export interface Again {
  readonly op: Op;
  readonly segment: number;
  readonly status: number;
}

/** Why an order is not taken now. */
export interface Held {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number;
}

export class WaitingOrders {
  readonly #pins = new Deque<Op>();
  readonly #others = new Deque<Op>();
  #pinSegments = 0;
  #otherSegments = 0;

  /** Segments of all. */
  get segments(): number {
    return this.#pinSegments + this.#otherSegments;
  }

  /** Segments that go before a new order of `lane`. */
  ahead(lane: number): number {
    return lane === PIN ? this.#pinSegments : this.segments;
  }

  /** Segments in the queue of `lane`. */
  of(lane: number): number {
    return lane === PIN ? this.#pinSegments : this.#otherSegments;
  }

  add(op: Op): void {
    if (op.lane === PIN) {
      this.#pins.push(op);
      this.#pinSegments += op.total;
    } else {
      this.#others.push(op);
      this.#otherSegments += op.total;
    }
  }

  /** The next to go. */
  peek(): Op | undefined {
    return this.#pins.peek() ?? this.#others.peek();
  }

  /** Takes the next to go. */
  shift(): Op | undefined {
    const pin = this.#pins.shift();
    if (pin !== undefined) {
      this.#pinSegments -= pin.total;
      return pin;
    }
    const other = this.#others.shift();
    if (other !== undefined) this.#otherSegments -= other.total;
    return other;
  }

  /** Takes one that has waited until `now`; undefined when none has. */
  shiftOld(now: number): Op | undefined {
    const pin = this.#pins.peek();
    if (pin !== undefined && pin.queueUntil <= now) return this.shift();
    const other = this.#others.peek();
    if (other === undefined || other.queueUntil > now) return undefined;
    this.#others.shift();
    this.#otherSegments -= other.total;
    return other;
  }
}
