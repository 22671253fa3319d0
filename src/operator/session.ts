// One connection of the simulated operator: framing, bind, unbind, enquire_link, the window of deliver_sm, and the
// misbehaviours that concern the connection as a whole. What is in a submit or a receipt is not its business.
import type { CloseReason, Connection, ConnectionHandler } from '../port/net.ts';
import type { AccountState } from './account.ts';
import type { Core } from './core.ts';
import { Command, Frames, HEADER, Outbox, Status, skipString, writeHeader } from './wire.ts';

/** Bytes waiting for the operating system above which nothing more is read: the peer must read first. */
const WAITING_MAX = 4 * 1024 * 1024;

/** Of every enquire_link: one is out at a time, and any octet of the peer's answers it. Far from where deliver_sm counts. */
const ENQUIRE_SEQUENCE = 0x70000000;

/** What a session tells of PDUs that are not its own business. */
export interface SessionOwner {
  submit(session: Session, bytes: Buffer, from: number, to: number, command: number): void;
  query(session: Session, bytes: Buffer, from: number, to: number): void;
  /** The answer to the deliver_sm that carried `entry`. */
  delivered(session: Session, entry: number, status: number): void;
  /** deliver_sm that ended without an answer. */
  undelivered(session: Session, entry: number): void;
}

export class Session implements ConnectionHandler {
  readonly id: number;
  account: AccountState | null = null;
  /** Submits without a response. */
  unanswered = 0;
  readonly out = new Outbox();
  /** In the operator's list of sessions to be flushed at the end of the turn. */
  dirty = false;
  /** Closed after what is in `out` has been written. */
  closing = false;
  gone = false;
  readonly #core: Core;
  readonly #owner: SessionOwner;
  readonly #connection: Connection;
  readonly #frames = new Frames();
  #transmits = false;
  #receives = false;
  #binding = false;
  #blocked = false;
  #slow = false;
  #lastHeard: number;
  #openedAt: number;
  #enquiries = 0;
  #nextSequence = 1;
  #inFlight = 0;
  /** By sequence number modulo their length: what the deliver_sm carried (−1: free), its number, when it was sent. */
  readonly #entries: Int32Array;
  readonly #sequences: Uint32Array;
  readonly #sentAt: Float64Array;

  constructor(id: number, core: Core, owner: SessionOwner, connection: Connection) {
    this.id = id;
    this.#core = core;
    this.#owner = owner;
    this.#connection = connection;
    this.#lastHeard = this.#openedAt = core.loop.monotonic();
    let ring = 2;
    while (ring < core.config.deliverWindow * 2) ring *= 2;
    this.#entries = new Int32Array(ring).fill(-1);
    this.#sequences = new Uint32Array(ring);
    this.#sentAt = new Float64Array(ring);
  }

  get remoteAddress(): string {
    return this.#connection.facts.remoteAddress;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether a deliver_sm may be written now. */
  get canDeliver(): boolean {
    return (
      this.#receives &&
      !this.closing &&
      !this.#blocked &&
      this.#inFlight < this.#core.config.deliverWindow &&
      (this.#entries[this.#nextSequence & (this.#entries.length - 1)] as number) === -1
    );
  }

  /** The next number of our own, remembered with what the deliver_sm carries. Only when `canDeliver`. */
  takeSequence(entry: number, nowMs: number): number {
    const sequence = this.#nextSequence;
    this.#nextSequence = sequence === 0x7fffffff ? 1 : sequence + 1;
    const slot = sequence & (this.#entries.length - 1);
    this.#entries[slot] = entry;
    this.#sequences[slot] = sequence;
    this.#sentAt[slot] = nowMs;
    this.#inFlight += 1;
    return sequence;
  }

  /** Something was added to `out`. */
  touched(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.#core.flushLater(this);
  }

  /** Writes what has been gathered. */
  flush(): void {
    this.dirty = false;
    if (this.gone) return;
    if (this.out.length > 0) {
      const room = this.#connection.write(this.out.bytes.subarray(0, this.out.length));
      this.out.length = 0;
      if (!room) {
        this.#blocked = true;
        if (this.#connection.waitingBytes > WAITING_MAX) this.#connection.pause();
      }
    }
    if (this.closing) this.#connection.end();
  }

  /** Closes after what has been gathered is written. */
  close(): void {
    this.closing = true;
    this.touched();
  }

  /** Closes at once, as a crash would. */
  cut(): void {
    if (this.gone) return;
    this.closing = true;
    this.#connection.destroy();
  }

  status(command: number, status: number, sequence: number): void {
    this.out.head((command | Command.response) >>> 0, status, sequence);
    this.touched();
  }

  opened(): void {}

  bytes(bytes: Buffer): void {
    if (this.closing) return;
    this.#lastHeard = this.#core.loop.monotonic();
    if (this.#slow) this.#pace(bytes.length);
    this.#frames.feed(
      bytes,
      (buffer, from, to) => {
        this.#pdu(buffer, from, to);
        return !this.closing;
      },
      () => {
        this.#core.counters.badLength += 1;
        this.out.head(Command.genericNack, Status.invalidLength, 0);
        this.close();
      },
    );
  }

  drained(): void {
    this.#blocked = false;
    if (!this.#slow) this.#connection.resume();
    if (this.account !== null) this.#core.pumpLater(this.account);
  }

  closed(_reason: CloseReason): void {
    this.gone = true;
    this.closing = true;
    this.#leave();
    for (let slot = 0; slot < this.#entries.length; slot += 1) {
      const entry = this.#entries[slot] as number;
      if (entry === -1) continue;
      this.#entries[slot] = -1;
      this.#owner.undelivered(this, entry);
    }
    this.#core.sessions.delete(this.id);
  }

  /** Once a second: what is overdue. */
  sweep(nowMs: number): void {
    const { sessionInitMs, enquireLinkMs, deliverTimeoutMs } = this.#core.config;
    if (this.closing) return;
    if (this.account === null && !this.#binding) {
      if (nowMs - this.#openedAt > sessionInitMs) this.close();
      return;
    }
    if (enquireLinkMs > 0 && nowMs - this.#lastHeard > enquireLinkMs * (this.#enquiries + 1)) {
      if (this.#enquiries === 2) return this.cut();
      this.#enquiries += 1;
      this.out.head(Command.enquireLink, 0, ENQUIRE_SEQUENCE);
      this.touched();
    }
    if (this.#inFlight === 0) return;
    for (let slot = 0; slot < this.#entries.length; slot += 1) {
      const entry = this.#entries[slot] as number;
      if (entry === -1 || nowMs - (this.#sentAt[slot] as number) < deliverTimeoutMs) continue;
      this.#entries[slot] = -1;
      this.#inFlight -= 1;
      this.#owner.undelivered(this, entry);
    }
  }

  #pdu(bytes: Buffer, from: number, to: number): void {
    const command = bytes.readUInt32BE(from + 4);
    if (this.#enquiries > 0) this.#enquiries = 0;
    const sequence = bytes.readUInt32BE(from + 12);
    switch (command) {
      case Command.submitSm:
      case Command.dataSm:
        if (this.#transmits) this.#owner.submit(this, bytes, from, to, command);
        else this.status(command, Status.invalidBindState, sequence);
        return;
      case (Command.deliverSm | Command.response) >>> 0:
      case (Command.dataSm | Command.response) >>> 0:
      case Command.genericNack:
        this.#answered(sequence, bytes.readUInt32BE(from + 8));
        return;
      case Command.enquireLink:
        this.status(command, 0, sequence);
        return;
      case Command.bindReceiver:
      case Command.bindTransmitter:
      case Command.bindTransceiver:
        this.#bind(command, bytes, from, to, sequence);
        return;
      case Command.unbind:
        if (this.#core.faults.draw('disconnect-in-state:unbind')) return this.cut();
        if (this.account === null) return this.status(command, Status.invalidBindState, sequence);
        this.status(command, 0, sequence);
        this.close();
        return;
      case Command.querySm:
        if (this.#transmits) this.#owner.query(this, bytes, from, to);
        else this.status(command, Status.invalidBindState, sequence);
        return;
      case Command.cancelSm:
        return this.status(command, this.#transmits ? Status.cancelFailed : Status.invalidBindState, sequence);
      case Command.replaceSm:
        return this.status(command, this.#transmits ? Status.replaceFailed : Status.invalidBindState, sequence);
      default:
        // Unknown responses are dropped, unknown requests refused (3.4 §3.3).
        if ((command & Command.response) !== 0) return;
        this.out.head(Command.genericNack, Status.invalidCommand, sequence);
        this.touched();
    }
  }

  #answered(sequence: number, status: number): void {
    const slot = sequence & (this.#entries.length - 1);
    const entry = this.#entries[slot] as number;
    if (entry === -1 || this.#sequences[slot] !== sequence) {
      this.#core.counters.unexpectedResponses += 1;
      return;
    }
    this.#entries[slot] = -1;
    this.#inFlight -= 1;
    this.#owner.delivered(this, entry, status);
    if (this.account !== null) this.#core.pumpLater(this.account);
  }

  #bind(command: number, bytes: Buffer, from: number, to: number, sequence: number): void {
    if (this.account !== null || this.#binding) return this.status(command, Status.alreadyBound, sequence);
    const core = this.#core;
    const idEnd = skipString(bytes, from + HEADER, to);
    const passwordEnd = idEnd < 0 ? -1 : skipString(bytes, idEnd, to);
    const typeEnd = passwordEnd < 0 ? -1 : skipString(bytes, passwordEnd, to);
    if (typeEnd < 0 || typeEnd + 3 > to) return this.status(command, Status.invalidLength, sequence);
    const account = core.accounts.get(bytes.latin1Slice(from + HEADER, idEnd - 1));
    const password = bytes.latin1Slice(idEnd, passwordEnd - 1);
    const version = bytes[typeEnd] as number;
    if (core.faults.draw('disconnect-in-state:bind')) return this.cut();
    let refusal = 0;
    if (account === undefined) refusal = Status.invalidSystemId;
    else if (account.config.password !== password) refusal = Status.invalidPassword;
    else if (account.sessions.length >= account.config.maxBinds) refusal = Status.bindFailed;
    if (refusal !== 0 || account === undefined) {
      core.counters.refusedBinds += 1;
      this.status(command, refusal, sequence);
      return this.close();
    }
    const accept = (): void => {
      if (this.closing) return;
      this.#binding = false;
      this.account = account;
      account.sessions.push(this);
      this.#transmits = command !== Command.bindReceiver;
      this.#receives = command !== Command.bindTransmitter;
      this.#writeBindResponse(command, sequence, version >= 0x34);
      core.counters.binds += 1;
      if (core.faults.draw('reads-slowly')) this.#slow = true;
      if (core.faults.draw('disconnect-in-state:bound')) this.close();
      core.pumpLater(account);
    };
    if (!core.faults.draw('accepts-slowly')) return accept();
    this.#binding = true;
    core.loop.wakeAt(core.loop.monotonic() + core.behaviour.slowAcceptMs, accept);
  }

  #writeBindResponse(command: number, sequence: number, withVersion: boolean): void {
    const { systemId } = this.#core.config;
    const length = HEADER + systemId.length + 1 + (withVersion ? 5 : 0);
    const bytes = this.out.room(length);
    let at = this.out.length;
    writeHeader(bytes, at, length, (command | Command.response) >>> 0, 0, sequence);
    at += HEADER + bytes.latin1Write(systemId, at + HEADER);
    bytes[at] = 0;
    // sc_interface_version 3.4 (3.4 §5.3.2.25)
    if (withVersion) bytes.set([0x02, 0x10, 0x00, 0x01, 0x34], at + 1);
    this.out.length += length;
    this.touched();
  }

  /** `reads-slowly`: no more reading until the bytes just read would have come at the slow rate. */
  #pace(count: number): void {
    this.#connection.pause();
    const waitMs = (count / this.#core.behaviour.slowReadBytesPerSecond) * 1000;
    this.#core.loop.wakeAt(this.#core.loop.monotonic() + waitMs, () => {
      if (!this.gone) this.#connection.resume();
    });
  }

  #leave(): void {
    const { account } = this;
    if (account === null) return;
    const at = account.sessions.indexOf(this);
    if (at >= 0) account.sessions.splice(at, 1);
    this.#core.pumpLater(account);
  }
}
