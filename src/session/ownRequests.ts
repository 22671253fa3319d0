// The three requests that a session makes by itself: bind, enquire_link, unbind. At most one of each is open. Their numbers,
// their timers and, in `asked` mode, the wait for leave to write them. Nothing about messages.
import { Command, Status } from './operationTable.ts';
import type { BindMode, OwnRequest, PduHead, SessionOptions, SessionSink } from './types.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** One of the three; `sequence` 0: none open. */
interface Slot {
  sequence: number;
  written: boolean;
  dueMs: number;
}

export class OwnRequests<P extends PduHead, T> {
  readonly #options: SessionOptions;
  readonly #sink: SessionSink<P, T>;
  readonly #bind: Slot = { sequence: 0, written: false, dueMs: NEVER };
  readonly #enquire: Slot = { sequence: 0, written: false, dueMs: NEVER };
  readonly #unbind: Slot = { sequence: 0, written: false, dueMs: NEVER };
  /** The enquire_link that any other PDU has answered; its own response is still no surprise. */
  #settledEnquire = 0;
  bindMode: BindMode = 'trx';

  constructor(options: SessionOptions, sink: SessionSink<P, T>) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Opens one under a fresh number: asks for leave in `asked` mode, else writes. */
  start(kind: OwnRequest, sequence: number, nowMs: number): void {
    const slot = this.#slot(kind);
    if (slot.sequence !== 0) throw new Error(`a second ${kind} while one is open`);
    slot.sequence = sequence;
    slot.written = false;
    slot.dueMs = NEVER;
    if (this.#options.emission === 'asked') this.#sink.onWants(kind, sequence);
    else this.emit(sequence, nowMs);
  }

  /** Writes the one with this number and starts its timer; false: not open, or written before. */
  emit(sequence: number, nowMs: number): boolean {
    const kind = this.kindOf(sequence);
    if (kind === null) return false;
    const slot = this.#slot(kind);
    if (slot.written) return false;
    slot.written = true;
    const timers = this.#options.timers;
    const waitMs = kind === 'bind' ? timers.bindMs : kind === 'unbind' ? timers.unbindMs : timers.enquireLinkResponseMs;
    slot.dueMs = waitMs > 0 ? nowMs + waitMs : NEVER;
    if (kind === 'bind') this.#sink.writeBind(this.bindMode, sequence);
    else if (kind === 'unbind') this.#sink.writeHead(Command.unbind, Status.ok, sequence);
    else this.#sink.writeHead(Command.enquireLink, Status.ok, sequence);
    return true;
  }

  /** Which of the three has this number. */
  kindOf(sequence: number): OwnRequest | null {
    if (sequence === 0) return null;
    if (sequence === this.#enquire.sequence) return 'enquire_link';
    if (sequence === this.#bind.sequence) return 'bind';
    return sequence === this.#unbind.sequence ? 'unbind' : null;
  }

  /** Whether one is open, written or waiting for leave. */
  isOpen(kind: OwnRequest): boolean {
    return this.#slot(kind).sequence !== 0;
  }

  isWritten(kind: OwnRequest): boolean {
    const slot = this.#slot(kind);
    return slot.sequence !== 0 && slot.written;
  }

  /** Closes one: answered, given up, or no longer wanted. */
  close(kind: OwnRequest): void {
    const slot = this.#slot(kind);
    slot.sequence = 0;
    slot.written = false;
    slot.dueMs = NEVER;
  }

  /** The peer lives: an enquire_link on its way has done its work. One that waits for leave has its leaf and goes on. */
  heard(): void {
    if (!this.#enquire.written) return;
    this.#settledEnquire = this.#enquire.sequence;
    this.close('enquire_link');
  }

  /** Whether this is the answer to an enquire_link that was settled by any PDU, itself included. */
  isEnquireAnswer(sequence: number): boolean {
    return sequence !== 0 && sequence === this.#settledEnquire;
  }

  get dueMs(): number {
    return Math.min(this.#bind.dueMs, this.#enquire.dueMs, this.#unbind.dueMs);
  }

  /** The one whose timer has ended, or null. */
  overdue(nowMs: number): OwnRequest | null {
    if (this.#bind.dueMs <= nowMs) return 'bind';
    if (this.#unbind.dueMs <= nowMs) return 'unbind';
    return this.#enquire.dueMs <= nowMs ? 'enquire_link' : null;
  }

  #slot(kind: OwnRequest): Slot {
    return kind === 'bind' ? this.#bind : kind === 'unbind' ? this.#unbind : this.#enquire;
  }
}
