// What becomes of a submit: throttle, outcome, misbehaviour, the response in its time, and the receipt after it.

import { drawDelay, drawWeighted } from './chance.ts';
import { DELIVERED } from './config.ts';
import type { Core } from './core.ts';
import { type FaultName, faultNames } from './faults.ts';
import type { Handsets } from './handsets.ts';
import type { MessageIds } from './ids.ts';
import { MessageFlag, type Messages } from './messages.ts';
import type { Receipts } from './receipts.ts';
import type { Session } from './session.ts';
import type { Wheel } from './wheel.ts';
import { Command, HEADER, Status, SubmitView, skipString, writeHeader } from './wire.ts';

/** Messages that something is still to be done for, in all; beyond it RMSGQFUL. */
const OPEN_MAX = 4_000_000;
/** States kept for query_sm, of the newest messages. A power of two. */
const STATES = 1 << 18;
const QUEUE_FULL = 0x14;
const QUERY_FAILED = 0x67;
const ENROUTE = 1;
/** `receipt-before-response`: how much earlier. */
const EARLY_MS = 20;
const OVERSIZED = 1024 * 1024;

export class Submits {
  readonly #core: Core;
  readonly #messages: Messages;
  readonly #wheel: Wheel;
  readonly #handsets: Handsets;
  readonly #ids: MessageIds;
  readonly #receipts: Receipts;
  readonly #view = new SubmitView();
  readonly #states = new Uint8Array(STATES);
  #lastNumber = 0;

  constructor(core: Core, messages: Messages, wheel: Wheel, handsets: Handsets, ids: MessageIds, receipts: Receipts) {
    this.#core = core;
    this.#messages = messages;
    this.#wheel = wheel;
    this.#handsets = handsets;
    this.#ids = ids;
    this.#receipts = receipts;
  }

  /** A submit_sm or data_sm on a session that may send it. */
  take(session: Session, bytes: Buffer, from: number, to: number, command: number): void {
    const core = this.#core;
    const { account } = session;
    if (account === null) throw new Error('a submit without an account');
    const sequence = bytes.readUInt32BE(from + 12);
    const nowMs = core.loop.monotonic();
    core.counters.submits += 1;
    account.submits += 1;
    account.offered.add(nowMs);
    const { throttle, window } = account.config;
    if (throttle > 0) {
      if (account.admitted.within(nowMs) >= throttle) {
        core.counters.throttled += 1;
        account.throttled += 1;
        session.status(command, Status.throttled, sequence);
        return;
      }
      account.admitted.add(nowMs);
    }
    if (window > 0 && session.unanswered >= window) {
      core.counters.overWindow += 1;
      session.status(command, Status.throttled, sequence);
      return;
    }
    const view = this.#view;
    const fault = view.read(bytes, from, to, command === Command.dataSm);
    if (fault !== 0) {
      core.counters.malformed += 1;
      session.status(command, fault, sequence);
      return;
    }
    if (this.#messages.open >= OPEN_MAX) {
      core.counters.full += 1;
      session.status(command, QUEUE_FULL, sequence);
      return;
    }
    const index = this.#admit(session, sequence, command, bytes, nowMs);
    session.unanswered += 1;
    this.#schedule(index, nowMs + drawDelay(core.behaviour.latency, core.chance));
  }

  /** query_sm: what is known of one of our newest messages (3.4 §4.8). */
  query(session: Session, bytes: Buffer, from: number, to: number): void {
    const sequence = bytes.readUInt32BE(from + 12);
    const end = skipString(bytes, from + HEADER, to);
    if (end < 0) {
      session.status(Command.querySm, Status.invalidLength, sequence);
      return;
    }
    const id = bytes.latin1Slice(from + HEADER, end - 1);
    const number = this.#ids.parse(id);
    if (number <= 0 || number > this.#lastNumber || number <= this.#lastNumber - STATES) {
      session.status(Command.querySm, number < 0 ? Status.invalidMessageId : QUERY_FAILED, sequence);
      return;
    }
    const length = HEADER + id.length + 1 + 3;
    const out = session.out.room(length);
    let at = session.out.length;
    writeHeader(out, at, length, (Command.querySm | Command.response) >>> 0, 0, sequence);
    at += HEADER + out.latin1Write(id, at + HEADER);
    // NUL of the id, empty final_date, message_state, error_code.
    out.set([0, 0, this.#states[number & (STATES - 1)] as number, 0], at);
    session.out.length += length;
    session.touched();
  }

  /** The wheel's hand has reached a message: its response or its receipt is due. */
  fire(index: number): void {
    const { flags } = this.#messages;
    let bits = (flags[index] as number) & ~MessageFlag.scheduled;
    flags[index] = bits;
    const early = (bits & MessageFlag.receiptFirst) !== 0 && (bits & MessageFlag.receiptDue) !== 0;
    if ((bits & MessageFlag.responseDue) !== 0 && !early) {
      flags[index] = bits &= ~MessageFlag.responseDue;
      this.#respond(index);
      if ((bits & MessageFlag.receiptDue) !== 0) this.#schedule(index, this.#messages.receiptAt[index] as number);
      else this.#receipts.releaseIfDone(index);
      return;
    }
    if ((bits & MessageFlag.receiptDue) === 0) throw new Error('a message was woken for nothing');
    flags[index] = bits & ~MessageFlag.receiptDue;
    this.#states[(this.#messages.number[index] as number) & (STATES - 1)] = this.#messages.state[index] as number;
    this.#receipts.queue(index);
    if ((bits & MessageFlag.responseDue) !== 0) this.#schedule(index, this.#core.loop.monotonic() + EARLY_MS);
  }

  /** Puts a message whose receipt was put off back into the wheel. */
  again(index: number, atMs: number): void {
    const { flags } = this.#messages;
    flags[index] = (flags[index] as number) | MessageFlag.receiptDue;
    this.#schedule(index, atMs);
  }

  #schedule(index: number, atMs: number): void {
    const { flags } = this.#messages;
    flags[index] = (flags[index] as number) | MessageFlag.scheduled;
    this.#wheel.add(index, atMs);
    this.#core.wakeBy(atMs);
  }

  /** A row for a well-formed submit, with its fate decided; what the handset gets, it gets now. */
  #admit(session: Session, sequence: number, command: number, bytes: Buffer, nowMs: number): number {
    const core = this.#core;
    const messages = this.#messages;
    const view = this.#view;
    const capacity = messages.capacity;
    const index = messages.take();
    if (messages.capacity !== capacity) this.#wheel.grow(messages.capacity);
    const fault = core.faults.drawForSubmit();
    const status = fault === 'nacks' ? Status.systemError : drawWeighted(core.behaviour.statuses, core.chance);
    const state = fault === 'lies' ? DELIVERED : drawWeighted(core.behaviour.receipts, core.chance);
    let bits: number = MessageFlag.responseDue;
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    messages.session[index] = session.id;
    messages.sequence[index] = sequence;
    messages.command[index] = command;
    messages.number[index] = number;
    messages.account[index] = session.account?.index ?? 0;
    messages.status[index] = status;
    messages.state[index] = state;
    messages.fault[index] = fault === null ? -1 : faultNames.indexOf(fault);
    if (status === 0) {
      core.counters.accepted += 1;
      this.#states[number & (STATES - 1)] = ENROUTE;
      if (state === DELIVERED) {
        if (fault === 'lies') core.counters.dropped += 1;
        else this.#handsets.receive(bytes, view, () => this.#ids.text(number, false), core.loop.now());
      }
      if (fault !== 'no-receipt' && receiptWanted(view.registered, state)) {
        bits |= MessageFlag.receiptDue;
        messages.keepAddresses(index, bytes, view);
        messages.submittedAt[index] = core.loop.now();
        messages.receiptAt[index] = nowMs + drawDelay(core.behaviour.receiptDelay, core.chance);
        if (fault === 'receipt-before-response') bits |= MessageFlag.receiptFirst;
        if (fault === 'receipt-id-in-other-base') bits |= MessageFlag.otherBase;
        if (fault === 'duplicated-receipts') bits |= MessageFlag.repeat;
      }
    } else core.counters.refused += 1;
    messages.flags[index] = bits;
    return index;
  }

  #respond(index: number): void {
    const core = this.#core;
    const messages = this.#messages;
    const session = core.sessions.get(messages.session[index] as number);
    if (session === undefined || session.closing) {
      core.counters.unanswerable += 1;
      return;
    }
    session.unanswered -= 1;
    const faultIndex = messages.fault[index] as number;
    const sequence = messages.sequence[index] as number;
    if (faultIndex >= 0 && this.#misbehave(session, index, faultNames[faultIndex] as FaultName, sequence)) return;
    this.#writeResponse(session, index, sequence);
  }

  #writeResponse(session: Session, index: number, sequence: number): void {
    const messages = this.#messages;
    const status = messages.status[index] as number;
    const command = messages.command[index] as number;
    this.#core.counters.responses += 1;
    if (status !== 0) {
      session.status(command, status, sequence);
      return;
    }
    const number = messages.number[index] as number;
    const length = HEADER + this.#ids.length(number, false) + 1;
    const out = session.out.room(length);
    writeHeader(out, session.out.length, length, (command | Command.response) >>> 0, 0, sequence);
    out[this.#ids.write(out, session.out.length + HEADER, number, false)] = 0;
    session.out.length += length;
    session.touched();
  }

  /** What goes out in place of the response; false: the response goes out after all. */
  #misbehave(session: Session, index: number, fault: FaultName, sequence: number): boolean {
    const { out } = session;
    const response = ((this.#messages.command[index] as number) | Command.response) >>> 0;
    switch (fault) {
      case 'never-answers':
        return true;
      case 'answers-twice':
        this.#writeResponse(session, index, sequence);
        return false;
      case 'wrong-sequence':
        this.#writeResponse(session, index, (sequence ^ 0x40000000) >>> 0);
        return true;
      case 'nacks':
        out.head(Command.genericNack, Status.systemError, sequence);
        break;
      case 'short-pdu': {
        // The header's length is right, so that framing lives; the id has no end.
        out.room(HEADER + 5);
        writeHeader(out.bytes, out.length, HEADER + 5, response, 0, sequence);
        out.bytes.latin1Write('00000', out.length + HEADER);
        out.length += HEADER + 5;
        break;
      }
      case 'oversized-pdu':
        out.room(HEADER);
        writeHeader(out.bytes, out.length, OVERSIZED, response, 0, sequence);
        out.length += HEADER;
        break;
      case 'garbage': {
        const octets = Buffer.allocUnsafe(64);
        for (let i = 0; i < 64; i += 4) octets.writeUInt32BE(this.#core.chance.u32(), i);
        out.raw(octets);
        break;
      }
      case 'disconnect-in-state:submit':
        session.cut();
        return true;
      case 'disconnect-in-state:response':
        this.#writeResponse(session, index, sequence);
        session.close();
        return true;
      default:
        return false;
    }
    session.touched();
    return true;
  }
}

/** registered_delivery (3.4 §5.2.17, 5.0 §4.7.21): 1 both, 2 failures, 3 success. */
function receiptWanted(registered: number, state: number): boolean {
  const asked = registered & 0x03;
  if (asked === 1) return true;
  return asked === 2 ? state !== DELIVERED : asked === 3 && state === DELIVERED;
}
