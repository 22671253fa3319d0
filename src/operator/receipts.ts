// Receipts and MO messages on their way to the customer: queued per account, sent over any bind of it that receives, and
// kept until they are acknowledged.
import type { AccountState, MoPart } from './account.ts';
import { receiptStates } from './config.ts';
import type { Core } from './core.ts';
import type { MessageIds } from './ids.ts';
import { MessageFlag, type Messages } from './messages.ts';
import type { Session } from './session.ts';
import { Command, HEADER, Status, writeHeader } from './wire.ts';

/** Answers that ask for the receipt once more, later: RX_T_APPN, RMSGQFUL, RSYSERR, RTHROTTLED. */
const TRY_AGAIN: readonly number[] = [0x64, 0x14, Status.systemError, Status.throttled];
const TRIES_MAX = 20;
const AGAIN_MIN_MS = 500;
const AGAIN_MAX_MS = 30_000;
/** Entries of a session's window at and below this are MO parts: −3 − id. */
const MO_BASE = -3;

export class Receipts {
  /** Puts a message back into the wheel. */
  again: (index: number, atMs: number) => void = () => {};
  readonly #core: Core;
  readonly #messages: Messages;
  readonly #ids: MessageIds;
  readonly #words = new Map<number, string>(receiptStates.map(({ state, word }) => [state, word]));
  readonly #moInFlight = new Map<number, { readonly part: MoPart; readonly account: AccountState }>();
  #minute = -1;
  #minuteText = '';
  #submitMinute = -1;
  #submitMinuteText = '';

  constructor(core: Core, messages: Messages, ids: MessageIds) {
    this.#core = core;
    this.#messages = messages;
    this.#ids = ids;
    core.pump = (account) => this.#pump(account);
  }

  /** The receipt of `index` goes out as soon as a bind can take it. */
  queue(index: number): void {
    const { next, flags } = this.#messages;
    const account = this.#core.accountList[this.#messages.account[index] as number] as AccountState;
    flags[index] = (flags[index] as number) | MessageFlag.queued;
    next[index] = -1;
    if (account.tail < 0) account.head = index;
    else next[account.tail] = index;
    account.tail = index;
    account.queued += 1;
    this.#core.pumpLater(account);
  }

  queueMo(account: AccountState, part: MoPart): void {
    account.mo.push(part);
    this.#core.pumpLater(account);
  }

  /** A deliver_sm was answered. */
  delivered(entry: number, status: number): void {
    if (entry <= MO_BASE) {
      this.#moDelivered(entry, status);
      return;
    }
    const { flags, tries } = this.#messages;
    flags[entry] = (flags[entry] as number) & ~MessageFlag.inFlight;
    if (status === 0) {
      this.#core.counters.receiptsAcknowledged += 1;
      if (((flags[entry] as number) & MessageFlag.repeat) !== 0) {
        flags[entry] = (flags[entry] as number) & ~MessageFlag.repeat;
        this.queue(entry);
        return;
      }
    } else if (TRY_AGAIN.includes(status) && (tries[entry] as number) < TRIES_MAX) {
      tries[entry] = (tries[entry] as number) + 1;
      const waitMs = Math.min(AGAIN_MAX_MS, AGAIN_MIN_MS * 2 ** ((tries[entry] as number) - 1));
      // A response that is still due has the wheel; the receipt then follows at once.
      if (((flags[entry] as number) & MessageFlag.scheduled) !== 0) {
        this.queue(entry);
        return;
      }
      this.again(entry, this.#core.loop.monotonic() + waitMs);
      return;
    } else this.#core.counters.receiptsRefused += 1;
    this.releaseIfDone(entry);
  }

  /** A deliver_sm ended without an answer: it goes out again over the next bind. */
  undelivered(entry: number): void {
    this.#core.counters.redelivered += 1;
    if (entry <= MO_BASE) {
      const mo = this.#moInFlight.get(MO_BASE - entry);
      if (mo === undefined) throw new Error('an MO part was in flight and is not known');
      this.#moInFlight.delete(MO_BASE - entry);
      this.queueMo(mo.account, mo.part);
      return;
    }
    const { flags } = this.#messages;
    flags[entry] = (flags[entry] as number) & ~MessageFlag.inFlight;
    this.queue(entry);
  }

  /** Gives the row back when nothing is left to be done for it. */
  releaseIfDone(index: number): void {
    const { responseDue, receiptDue, scheduled, queued, inFlight } = MessageFlag;
    if (((this.#messages.flags[index] as number) & (responseDue | receiptDue | scheduled | queued | inFlight)) === 0) {
      this.#messages.release(index);
    }
  }

  #pump(account: AccountState): void {
    const { next, flags } = this.#messages;
    while (account.mo.length > 0) {
      const session = account.receiver();
      if (session === null) return;
      this.#sendMo(session, account, account.mo.shift() as MoPart);
    }
    while (account.head >= 0) {
      const index = account.head;
      const own = this.#core.sessions.get(this.#messages.session[index] as number);
      const session = own?.canDeliver === true ? own : account.receiver();
      if (session === null) return;
      account.head = next[index] as number;
      if (account.head < 0) account.tail = -1;
      account.queued -= 1;
      flags[index] = ((flags[index] as number) & ~MessageFlag.queued) | MessageFlag.inFlight;
      this.#send(session, index);
      if (this.#core.faults.draw('disconnect-in-state:receipt')) session.close();
    }
  }

  #send(session: Session, index: number): void {
    const core = this.#core;
    const messages = this.#messages;
    const state = messages.state[index] as number;
    const number = messages.number[index] as number;
    const other = ((messages.flags[index] as number) & MessageFlag.otherBase) !== 0;
    const word = this.#words.get(state) ?? 'UNKNOWN';
    const tail = ` sub:001 dlvrd:${state === 2 ? '001' : '000'} submit date:${this.#submitDate(messages.submittedAt[index] as number)} done date:${this.#doneDate()} stat:${word} err:${state === 2 ? '000' : '001'} text:`;
    const idLength = this.#ids.length(number, other);
    const textLength = 3 + idLength + tail.length;
    // service_type, addresses, nine octets up to sm_default_msg_id with two empty times, sm_length, text, 0x001E, 0x0427.
    const length = HEADER + 1 + messages.addressOctets(index) + 9 + 1 + textLength + 4 + idLength + 1 + 5;
    const bytes = session.out.room(length);
    let at = session.out.length;
    writeHeader(bytes, at, length, Command.deliverSm, 0, session.takeSequence(index, core.loop.monotonic()));
    at += HEADER;
    bytes[at] = 0;
    at = messages.writeSwapped(index, bytes, at + 1);
    bytes[at] = 0x04;
    for (let i = 1; i < 9; i += 1) bytes[at + i] = 0;
    bytes[at + 9] = textLength;
    at += 10;
    bytes[at] = 0x69;
    bytes[at + 1] = 0x64;
    bytes[at + 2] = 0x3a;
    at = this.#ids.write(bytes, at + 3, number, other);
    at += bytes.latin1Write(tail, at);
    bytes[at] = 0x00;
    bytes[at + 1] = 0x1e;
    bytes[at + 2] = 0x00;
    bytes[at + 3] = idLength + 1;
    at = this.#ids.write(bytes, at + 4, number, other);
    bytes[at] = 0;
    bytes[at + 1] = 0x04;
    bytes[at + 2] = 0x27;
    bytes[at + 3] = 0x00;
    bytes[at + 4] = 0x01;
    bytes[at + 5] = state;
    session.out.length += length;
    core.counters.receipts += 1;
    session.touched();
  }

  #sendMo(session: Session, account: AccountState, part: MoPart): void {
    const length = HEADER + 1 + 6 + part.from.length + part.to.length + 9 + 1 + part.octets.length;
    const bytes = session.out.room(length);
    let at = session.out.length;
    const sequence = session.takeSequence(MO_BASE - part.id, this.#core.loop.monotonic());
    writeHeader(bytes, at, length, Command.deliverSm, 0, sequence);
    bytes[at + HEADER] = 0;
    at = writeAddress(bytes, at + HEADER + 1, part.from);
    at = writeAddress(bytes, at, part.to);
    bytes.fill(0, at, at + 9);
    bytes[at] = part.esmClass;
    bytes[at + 7] = part.dataCoding;
    bytes[at + 9] = part.octets.length;
    part.octets.copy(bytes, at + 10);
    session.out.length += length;
    this.#moInFlight.set(part.id, { part, account });
    this.#core.counters.mo += 1;
    session.touched();
  }

  #moDelivered(entry: number, status: number): void {
    const mo = this.#moInFlight.get(MO_BASE - entry);
    if (mo === undefined) throw new Error('an MO part was in flight and is not known');
    this.#moInFlight.delete(MO_BASE - entry);
    if (status === 0) this.#core.counters.moAcknowledged += 1;
    else if (TRY_AGAIN.includes(status)) {
      const { loop } = this.#core;
      loop.wakeAt(loop.monotonic() + AGAIN_MIN_MS, () => this.queueMo(mo.account, mo.part));
    } else this.#core.counters.moRefused += 1;
  }

  #doneDate(): string {
    const minute = Math.floor(this.#core.loop.now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#minuteText = minuteText(minute);
    }
    return this.#minuteText;
  }

  #submitDate(atMs: number): string {
    const minute = Math.floor(atMs / 60_000);
    if (minute !== this.#submitMinute) {
      this.#submitMinute = minute;
      this.#submitMinuteText = minuteText(minute);
    }
    return this.#submitMinuteText;
  }
}

/** YYMMDDhhmm, UTC. */
function minuteText(minute: number): string {
  const digits = new Date(minute * 60_000).toISOString().replace(/[^0-9]/g, '');
  return digits.slice(2, 12);
}

/** International number, or short code or word with TON 0 or 5. */
function writeAddress(bytes: Buffer, at: number, address: string): number {
  const digits = /^[0-9]+$/.test(address);
  const international = digits && address.length >= 7;
  bytes[at] = international ? 1 : digits ? 0 : 5;
  bytes[at + 1] = international ? 1 : 0;
  const end = at + 2 + bytes.latin1Write(address, at + 2);
  bytes[end] = 0;
  return end + 1;
}
