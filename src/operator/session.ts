// One connection of the simulated operator: framing, bind, unbind, enquire_link, the window of deliver_sm, and the
// misbehaviours that concern the connection as a whole. What is in a submit or a receipt is not its business.
import type { CloseReason, Connection, ConnectionHandler } from '../port/net.ts';
import type { AccountState } from './account.ts';
import type { Core } from './core.ts';
import { DeliverWindow } from './deliverWindow.ts';
import { Command, Frames, Outbox, readBind, Status } from './wire.ts';

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
  readonly #window: DeliverWindow;

  constructor(id: number, core: Core, owner: SessionOwner, connection: Connection) {
    this.id = id;
    this.#core = core;
    this.#owner = owner;
    this.#connection = connection;
    this.#lastHeard = this.#openedAt = core.loop.monotonic();
    this.#window = new DeliverWindow(core.config.deliverWindow);
  }

  get remoteAddress(): string {
    return this.#connection.facts.remoteAddress;
  }

  /** deliver_sm without an answer. */
  get inFlight(): number {
    return this.#window.count;
  }

  /** Whether a deliver_sm may be written now. */
  get canDeliver(): boolean {
    return this.#receives && !this.closing && !this.#blocked && this.#window.hasRoom;
  }

  /** The next number of our own, remembered with what the deliver_sm carries. Only when `canDeliver`. */
  takeSequence(entry: number, nowMs: number): number {
    return this.#window.take(entry, nowMs);
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
    this.#enquiries = 0;
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
    this.#window.expire(Number.POSITIVE_INFINITY, (entry) => this.#owner.undelivered(this, entry));
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
      if (this.#enquiries === 2) {
        this.cut();
        return;
      }
      this.#enquiries += 1;
      this.out.head(Command.enquireLink, 0, ENQUIRE_SEQUENCE);
      this.touched();
    }
    this.#window.expire(nowMs - deliverTimeoutMs, (entry) => this.#owner.undelivered(this, entry));
  }

  #pdu(bytes: Buffer, from: number, to: number): void {
    const command = bytes.readUInt32BE(from + 4);
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
        if (this.#core.faults.draw('disconnect-in-state:unbind')) {
          this.cut();
          return;
        }
        if (this.account === null) {
          this.status(command, Status.invalidBindState, sequence);
          return;
        }
        this.status(command, 0, sequence);
        this.close();
        return;
      case Command.querySm:
        if (this.#transmits) this.#owner.query(this, bytes, from, to);
        else this.status(command, Status.invalidBindState, sequence);
        return;
      case Command.cancelSm:
      case Command.replaceSm: {
        const failed = command === Command.cancelSm ? Status.cancelFailed : Status.replaceFailed;
        this.status(command, this.#transmits ? failed : Status.invalidBindState, sequence);
        return;
      }
      default:
        // Unknown responses are dropped, unknown requests refused (3.4 §3.3).
        if ((command & Command.response) !== 0) return;
        this.out.head(Command.genericNack, Status.invalidCommand, sequence);
        this.touched();
    }
  }

  #answered(sequence: number, status: number): void {
    const entry = this.#window.settle(sequence);
    if (entry === -1) {
      this.#core.counters.unexpectedResponses += 1;
      return;
    }
    this.#owner.delivered(this, entry, status);
    if (this.account !== null) this.#core.pumpLater(this.account);
  }

  #bind(command: number, bytes: Buffer, from: number, to: number, sequence: number): void {
    if (this.account !== null || this.#binding) {
      this.status(command, Status.alreadyBound, sequence);
      return;
    }
    const core = this.#core;
    const fields = readBind(bytes, from, to);
    if (fields === null) {
      this.status(command, Status.invalidLength, sequence);
      return;
    }
    const account = core.accounts.get(fields.systemId);
    if (core.faults.draw('disconnect-in-state:bind')) {
      this.cut();
      return;
    }
    let refusal = 0;
    if (account === undefined) refusal = Status.invalidSystemId;
    else if (account.config.password !== fields.password) refusal = Status.invalidPassword;
    else if (account.sessions.length >= account.config.maxBinds) refusal = Status.bindFailed;
    if (refusal !== 0 || account === undefined) {
      core.counters.refusedBinds += 1;
      this.status(command, refusal, sequence);
      this.close();
      return;
    }
    const accept = (): void => {
      if (this.closing) return;
      this.#binding = false;
      this.account = account;
      account.sessions.push(this);
      this.#transmits = command !== Command.bindReceiver;
      this.#receives = command !== Command.bindTransmitter;
      this.out.bindResponse(command, sequence, core.config.systemId, fields.version >= 0x34);
      this.touched();
      core.counters.binds += 1;
      if (core.faults.draw('reads-slowly')) this.#slow = true;
      if (core.faults.draw('disconnect-in-state:bound')) this.close();
      core.pumpLater(account);
    };
    if (!core.faults.draw('accepts-slowly')) {
      accept();
      return;
    }
    this.#binding = true;
    core.loop.wakeAt(core.loop.monotonic() + core.behaviour.slowAcceptMs, accept);
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
