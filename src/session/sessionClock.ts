// The deadlines of one session that belong to no single request (R4), as values: set, cleared, compared. No effects.
import type { SessionOptions } from './types.ts';

/** No deadline. */
export const NEVER = Number.POSITIVE_INFINITY;

/** A deadline; a timer of 0 never ends. */
export function after(nowMs: number, waitMs: number): number {
  return waitMs > 0 ? nowMs + waitMs : NEVER;
}

export class SessionClock {
  readonly #options: SessionOptions;
  /** The last PDU of the peer's, and the last message PDU of either side. */
  heardMs: number;
  trafficMs: number;
  /** A bind must come; the owner must decide on it; what is in flight must be answered; the connection must end. */
  initDueMs: number;
  decisionDueMs = NEVER;
  drainDueMs = NEVER;
  leaveDueMs = NEVER;
  #partialDueMs = NEVER;
  #stalledDueMs = NEVER;

  constructor(options: SessionOptions, nowMs: number) {
    this.#options = options;
    this.heardMs = nowMs;
    this.trafficMs = nowMs;
    const waits = options.role === 'mc' || options.acceptOutbind;
    this.initDueMs = waits ? after(nowMs, options.timers.sessionInitMs) : NEVER;
  }

  /** Whether part of a PDU waits for the rest; counted from the first time. */
  partial(waiting: boolean, nowMs: number): void {
    if (!waiting) this.#partialDueMs = NEVER;
    else if (this.#partialDueMs === NEVER) this.#partialDueMs = after(nowMs, this.#options.timers.partialPduMs);
  }

  /** Whether the peer has stopped taking what we write; counted from the first time. */
  stalled(waiting: boolean, nowMs: number): void {
    if (!waiting) this.#stalledDueMs = NEVER;
    else if (this.#stalledDueMs === NEVER) this.#stalledDueMs = after(nowMs, this.#options.timers.stalledWriteMs);
  }

  get partialDueMs(): number {
    return this.#partialDueMs;
  }

  get stalledDueMs(): number {
    return this.#stalledDueMs;
  }

  get enquireDueMs(): number {
    return after(this.heardMs, this.#options.timers.enquireLinkMs);
  }

  /** MC only (3.4 §7.2 inactivity_timer). */
  get inactiveDueMs(): number {
    return this.#options.role === 'mc' ? after(this.trafficMs, this.#options.timers.inactivityMs) : NEVER;
  }

  /** The first of those that hold in every state. */
  get dueMs(): number {
    const setUp = Math.min(this.initDueMs, this.decisionDueMs, this.drainDueMs, this.leaveDueMs);
    return Math.min(setUp, this.#partialDueMs, this.#stalledDueMs);
  }
}
