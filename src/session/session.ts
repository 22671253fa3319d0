// The SMPP session as a pure machine, either side (R1, R2, R4–R8). PDUs, the clock and the owner's wishes come in as calls,
// everything else goes out through the sink. It knows heads only: bodies are the codec's, meaning is the owner's.
// One per connection. What the peer sends is handled in inbound.ts; here: state, timers, windows, the owner's calls.
import { LATE_FACTOR, WINDOW_MAX } from '../base/limits.ts';
import { checkSendable, Status } from './operationTable.ts';
import { NOWHERE, Outstanding, Standing } from './outstanding.ts';
import { OwnRequests } from './ownRequests.ts';
import { SequenceNumbers } from './sequence.ts';
import { after, NEVER, SessionClock } from './sessionClock.ts';
import type { BindMode, FailReason, PduHead, SessionEnd, SessionOptions, SessionSink, SessionState } from './types.ts';

const RESPONSE = 0x80000000;

/** `P`: decoded PDU. `T`: what the owner remembers with each request. All times are milliseconds of one monotonic clock. */
export class Session<P extends PduHead, T> {
  readonly options: SessionOptions;
  readonly sink: SessionSink<P, T>;
  readonly requests: Outstanding<T>;
  readonly own: OwnRequests<P, T>;
  readonly clock: SessionClock;
  state: SessionState = 'open';
  mode: BindMode | null = null;
  boundAtMs = 0;
  /** MC: the bind that waits for the owner; -1: none. */
  openBind = -1;
  openBindCommandId = 0;
  /** Requests of the peer's not answered yet. */
  inWork = 0;
  readonly #numbers: SequenceNumbers;
  /** Somebody found no room, or the last of it was taken: `settle` owes the owner a word. */
  starved = false;
  /** What an orderly end is called. */
  orderly: SessionEnd = 'unbound';
  #silentEnquiries = 0;

  constructor(options: SessionOptions, sink: SessionSink<P, T>, nowMs: number, firstSequence = 1) {
    if (options.window < 1 || options.window > WINDOW_MAX) throw new RangeError(`window ${options.window}`);
    if (options.inboundWindow < 1) throw new RangeError(`inbound window ${options.inboundWindow}`);
    this.options = { ...options };
    this.sink = sink;
    this.requests = new Outstanding<T>(options.window * 2);
    this.own = new OwnRequests<P, T>(options, sink);
    this.#numbers = new SequenceNumbers(firstSequence);
    this.clock = new SessionClock(options, nowMs);
  }

  /** Requests may be made. */
  get bound(): boolean {
    return this.state === 'tx' || this.state === 'rx' || this.state === 'trx';
  }

  /** Numbers that may be taken: free slots of the outgoing window, and those ahead of it. */
  get room(): number {
    return this.bound ? this.requests.room(this.options.window) : 0;
  }

  /** Of the requests that have a number, so many may be written now. */
  get slots(): number {
    return this.state === 'closed' ? 0 : this.requests.slots(this.options.window);
  }

  /** Other windows from now on; what is in flight or in work beyond them only drains. */
  setWindows(window: number, inboundWindow: number): void {
    this.options.window = Math.max(1, Math.min(WINDOW_MAX, window));
    this.options.inboundWindow = Math.max(1, inboundWindow);
  }

  /** Tells the owner of room that has come; once per turn, after its input. */
  settle(): void {
    if (!this.starved || this.room <= 0) return;
    this.starved = false;
    this.sink.onWindowOpen();
  }

  /** ESME: bind. */
  bind(mode: BindMode, nowMs: number): void {
    if (this.state === 'closed') return;
    if (this.options.role !== 'esme' || (this.state !== 'open' && this.state !== 'outbound'))
      throw new Error(`bind in state ${this.state}`);
    this.clock.initDueMs = NEVER;
    this.own.bindMode = mode;
    this.own.start('bind', this.#numbers.take(this.requests, this.own), nowMs);
  }

  /** MC: the number for an outbind on this connection; the bind must follow in time (SMPP 3.4 §2.2.1). */
  outbind(nowMs: number): number {
    if (this.options.role !== 'mc' || this.state !== 'open') throw new Error(`outbind in state ${this.state}`);
    this.enterOutbound(nowMs);
    return this.#numbers.take(this.requests, this.own);
  }

  /** MC: the open bind has been answered with 0. */
  accept(nowMs: number): void {
    const commandId = this.openBindCommandId;
    this.#closeBind();
    this.enterBound(commandId === 2 ? 'tx' : commandId === 1 ? 'rx' : 'trx', nowMs);
  }

  /** MC: answers the open bind with `status` and ends. */
  refuse(status: number, reason: SessionEnd = 'refused'): void {
    this.sink.writeHead(this.openBindCommandId + RESPONSE, status, this.openBind);
    this.#closeBind();
    this.end(reason);
  }

  /** Takes the next number; 0: no room or not bound. */
  reserve(token: T): number {
    if (this.room <= 0) {
      this.starved = true;
      return 0;
    }
    const sequence = this.#numbers.take(this.requests, this.own);
    this.requests.reserve(sequence, token);
    if (this.room <= 0) this.starved = true;
    return sequence;
  }

  /** A reserved request is being written now. False: it is no longer reserved, nothing must be written. */
  emitted(sequence: number, commandId: number, nowMs: number): boolean {
    const place = this.requests.find(sequence);
    if (place === NOWHERE || this.requests.standing(place) !== Standing.reserved) return false;
    checkSendable(commandId, true, this.options.role, this.mode);
    this.requests.start(place, commandId, after(nowMs, this.options.timers.responseMs));
    this.clock.trafficMs = nowMs;
    return true;
  }

  /** An emitted request did not leave after all. */
  withdraw(sequence: number, reason: FailReason, nowMs: number): void {
    this.fail(this.requests.find(sequence), reason, 0);
    this.advance(nowMs);
  }

  /** Gives a reserved slot back. */
  abandon(sequence: number, nowMs: number): void {
    const place = this.requests.find(sequence);
    if (place === NOWHERE || this.requests.standing(place) !== Standing.reserved) return;
    this.requests.remove(place);
    this.advance(nowMs);
  }

  /** The number for a PDU that has no answer (alert_notification); 0: not bound. */
  notify(commandId: number, nowMs: number): number {
    if (!this.bound) return 0;
    checkSendable(commandId, false, this.options.role, this.mode);
    this.clock.trafficMs = nowMs;
    return this.#numbers.take(this.requests, this.own);
  }

  /** Whether an answer to a request of the peer's may still be written; counts it. */
  answered(): boolean {
    if (this.state === 'closed') return false;
    if (this.inWork === 0) throw new Error('an answer without an open request');
    this.inWork--;
    return true;
  }

  /** Starts nothing new; unbinds when what is in flight has been answered or the drain timer has ended (R8). */
  unbind(nowMs: number): void {
    if (this.bound) {
      this.state = 'unbinding';
      const { drainMs, unbindMs } = this.options.timers;
      this.clock.drainDueMs = after(nowMs, drainMs);
      // Also bounds an unbind that waits for leave.
      this.clock.leaveDueMs = after(nowMs, drainMs + unbindMs);
      this.advance(nowMs);
    } else if (this.mode === null && this.state !== 'closed') {
      this.end('stopped');
    }
  }

  /** Ends at once: fails everything outstanding, then `sink.end`. */
  end(reason: SessionEnd): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (let place = this.requests.firstPending; place !== NOWHERE; place = this.requests.firstPending)
      this.fail(place, 'closed', 0);
    this.#dropReserved();
    this.sink.onEnd(reason);
  }

  // Time.

  /** When `tick` is wanted next; Infinity: never. */
  deadline(): number {
    if (this.state === 'closed') return NEVER;
    const { requests, clock, own } = this;
    const dueMs = Math.min(
      clock.dueMs,
      own.dueMs,
      requests.dueMs(requests.firstPending),
      requests.dueMs(requests.firstLate),
    );
    if (!this.bound) return dueMs;
    return Math.min(dueMs, clock.inactiveDueMs, own.isOpen('enquire_link') ? NEVER : clock.enquireDueMs);
  }

  /** Everything that has fallen due. */
  tick(nowMs: number): void {
    const { requests, options, clock } = this;
    for (let place = requests.firstPending; requests.dueMs(place) <= nowMs; place = requests.firstPending) {
      const token = requests.token(place);
      requests.expire(place, requests.dueMs(place) + (LATE_FACTOR - 1) * options.timers.responseMs);
      this.sink.onFailed(token, 'timeout', 0);
    }
    for (let place = requests.firstLate; requests.dueMs(place) <= nowMs; place = requests.firstLate)
      requests.remove(place);
    if (this.state === 'closed') return;
    const over = this.own.overdue(nowMs);
    if (clock.initDueMs <= nowMs) this.end('sessionInit');
    else if (clock.decisionDueMs <= nowMs) this.refuse(Status.systemError, 'undecided');
    else if (clock.partialDueMs <= nowMs) this.end('partial');
    else if (clock.stalledDueMs <= nowMs) this.end('stalled');
    else if (over === 'bind') this.end('bindTimeout');
    else if (over === 'unbind' || clock.leaveDueMs <= nowMs) this.end('unbindTimeout');
    else if (over === 'enquire_link') this.#silence(nowMs);
    else if (this.bound) this.#idle(nowMs);
    this.advance(nowMs);
  }

  #silence(nowMs: number): void {
    this.own.close('enquire_link');
    if (++this.#silentEnquiries >= 2) this.end('dead');
    else if (this.bound) this.own.start('enquire_link', this.#numbers.take(this.requests, this.own), nowMs);
  }

  #idle(nowMs: number): void {
    if (this.clock.inactiveDueMs <= nowMs) {
      this.orderly = 'inactive';
      this.unbind(nowMs);
    } else if (this.clock.enquireDueMs <= nowMs && !this.own.isOpen('enquire_link')) {
      this.own.start('enquire_link', this.#numbers.take(this.requests, this.own), nowMs);
    }
  }

  /** Any PDU proves life. */
  heard(nowMs: number): void {
    this.clock.heardMs = nowMs;
    this.#silentEnquiries = 0;
    this.own.heard();
  }

  enterOutbound(nowMs: number): void {
    this.state = 'outbound';
    this.clock.initDueMs = after(nowMs, this.options.timers.sessionInitMs);
  }

  enterBound(mode: BindMode, nowMs: number): void {
    this.state = mode;
    this.mode = mode;
    this.boundAtMs = nowMs;
    this.clock.trafficMs = nowMs;
  }

  enterDeciding(commandId: number, sequence: number, nowMs: number): void {
    this.openBind = sequence;
    this.openBindCommandId = commandId;
    this.clock.initDueMs = NEVER;
    this.clock.decisionDueMs = after(nowMs, this.options.timers.bindDecisionMs);
  }

  /** The peer has unbound: what has not been written never will be, the rest has a short time. */
  enterUnbound(nowMs: number): void {
    this.state = 'unbound';
    this.clock.drainDueMs = NEVER;
    this.clock.leaveDueMs = after(nowMs, this.options.timers.unbindMs);
    if (!this.own.isWritten('unbind')) this.own.close('unbind');
    this.own.close('enquire_link');
    this.#dropReserved();
  }

  /** Goes on with an end that waited for answers. */
  advance(nowMs: number): void {
    if ((this.state !== 'unbinding' && this.state !== 'unbound') || this.own.isOpen('unbind')) return;
    const idle = this.requests.active === 0 && this.inWork === 0;
    if (this.state === 'unbound') {
      if (idle) this.end(this.orderly);
    } else if (idle || this.clock.drainDueMs <= nowMs) {
      this.clock.drainDueMs = NEVER;
      this.own.start('unbind', this.#numbers.take(this.requests, this.own), nowMs);
    }
  }

  fail(place: number, reason: FailReason, status: number): void {
    const token = this.requests.token(place);
    this.requests.remove(place);
    this.sink.onFailed(token, reason, status);
  }

  #dropReserved(): void {
    const { requests } = this;
    for (let at = requests.anyReserved(); at !== NOWHERE; at = requests.anyReserved()) this.fail(at, 'notSent', 0);
  }

  #closeBind(): void {
    if (this.openBind < 0) throw new Error('no open bind');
    this.openBind = -1;
    this.clock.decisionDueMs = NEVER;
  }
}
