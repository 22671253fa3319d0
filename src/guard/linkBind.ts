// One session with a supplier: its pseudonym and numbers, the leaf before each request of its own, answers to submits,
// and what the supplier sends. Law 2 holds here: nothing is emitted before its record is durable.
import type { PeerHandler, SmppPeer } from '../driver/types.ts';
import type { BindMode, FailReason, OwnRequest, SessionEnd } from '../session/types.ts';
import { CommandId } from '../smpp/commands.ts';
import { type Pdu, tlvU8 } from '../smpp/pdu.ts';
import { Status, statusWords } from '../smpp/status.table.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import { Deque } from './deque.ts';
import { haltsBind, isThrottle, refusalVerdict } from './dialect.ts';
import type { Link } from './links.ts';
import { type Op, SegmentState } from './op.ts';
import { RecordType } from './records.ts';
import { CloseCause, writeOwnIntent, writeSessionClose, writeSessionOpen } from './runRecords.ts';

/** A session is left long before its numbers would wrap (design §7). */
const REBIND_AT_SEQUENCE = 0x7000_0000;
const REMOTE_ID_MAX = 65;

export class LinkBind implements PeerHandler<number> {
  readonly peer: SmppPeer<number>;
  /** Pseudonym, 8 octets. */
  readonly session: string;
  lastSequence = 0;
  /** A message of which more segments are to be numbered: nothing else is, over this bind. */
  sending: Op | null = null;
  /** Tokens of segments whose INTENT is durable, in order of their numbers. */
  readonly ready = new Deque<number>();
  /** Monotonic time of the last submit, to tell throttle answers of one event apart. */
  emittedAt = 0;
  readonly #core: Core;
  readonly #link: Link;
  #opened = false;
  /** Where in the output each submit ends that is not known to be written. */
  readonly #unwritten: number[] = [];
  /** A segment whose answer is being timed; −1: none. */
  #timed = -1;
  #timedAt = 0;

  constructor(core: Core, link: Link, peer: SmppPeer<number>) {
    this.#core = core;
    this.#link = link;
    this.peer = peer;
    this.session = core.random.latin1(8);
  }

  get open(): boolean {
    return this.peer.bound;
  }

  /** Bound so that it may submit. */
  get sends(): boolean {
    return this.peer.bound && this.peer.mode !== 'rx';
  }

  emit(op: Op, segment: number): boolean {
    this.#core.counters.pdus_out++;
    const { pdus } = op;
    if (!this.peer.emitBytes(op.sequences[segment] as number, pdus.block(segment), pdus.length(segment))) return false;
    if (this.#timed < 0) {
      this.#timed = op.handle * 256 + segment;
      this.#timedAt = this.emittedAt;
    }
    this.#unwritten.push(this.peer.octetsTaken + this.peer.waitingBytes);
    return true;
  }

  /** The pace counts a submit when the operating system has all of it, which for a supplier that reads slowly is much later. */
  outputWritten(peer: SmppPeer<number>): void {
    const unwritten = this.#unwritten;
    if (unwritten.length === 0) return;
    const taken = peer.octetsTaken;
    let written = unwritten.length;
    if ((unwritten[written - 1] as number) > taken) written = unwritten.findIndex((end) => end > taken);
    this.#written(written);
  }

  #written(segments: number): void {
    if (segments === 0) return;
    if (segments === this.#unwritten.length) this.#unwritten.length = 0;
    else this.#unwritten.splice(0, segments);
    this.#link.queue.written(segments);
  }

  wants(peer: SmppPeer<number>, kind: OwnRequest, sequence: number): void {
    const { log, world, counters, halted } = this.#core;
    if (halted) return;
    this.lastSequence = sequence;
    if (kind === 'bind') {
      this.#opened = true;
      counters.sessions_opened++;
      const { facts } = peer;
      const w = log.begin(RecordType.sessionOpen);
      writeSessionOpen(w, {
        at: world.loop.now(),
        session: this.session,
        sequence,
        opcode: bindCommand(peer.binding),
        fieldsSeed: this.#core.random.latin1(16),
        link: this.#link.name,
        supplier: this.#link.config.supplier.name,
        endpoints: `${facts.localAddress}:${facts.localPort}>${facts.remoteAddress}:${facts.remotePort}`,
      });
    } else {
      const w = log.begin(RecordType.ownIntent);
      const opcode = kind === 'unbind' ? CommandId.unbind : CommandId.enquire_link;
      writeOwnIntent(w, { at: world.loop.now(), session: this.session, sequence, opcode });
    }
    log.end();
    log.after(() => {
      if (this.#core.halted) return;
      counters.pdus_out++;
      peer.emit(sequence, null);
    }, 0);
    log.urgent();
  }

  bound(_peer: SmppPeer<number>): void {
    this.#link.binds.add(this);
    this.#link.refusedStatus = 0;
    this.#link.review();
    this.#link.queue.pump();
  }

  bindRefused(_peer: SmppPeer<number>, status: number): void {
    this.#link.refusedStatus = status;
    this.#core.world.log.error('supplier refused our bind', { link: this.#link.name, status: statusWords(status) });
    this.#link.review();
  }

  request(peer: SmppPeer<number>, pdu: Pdu): void {
    switch (pdu.command) {
      case 'deliver_sm':
      case 'data_sm':
        this.#core.receipts.take(this.#link, peer, pdu);
        return;
      case 'alert_notification':
        this.#core.counters.alerts_dropped++;
        return;
      default:
        peer.respondStatus(pdu.sequence, pdu.commandId, Status.ESME_RINVCMDID);
    }
  }

  response(peer: SmppPeer<number>, pdu: Pdu, token: number, late: boolean): void {
    const link = this.#link;
    const { outcomes } = this.#core;
    const congestion = pdu.tlvs.length === 0 ? undefined : tlvU8(pdu, Tag.congestionState);
    const now = this.#core.world.loop.monotonic();
    if (token === this.#timed) {
      this.#timed = -1;
      link.queue.answerTook(this, now - this.#timedAt);
    }
    if (congestion !== undefined) link.pacer.onCongestion(now, congestion);
    const remoteId = pdu.command === 'submit_sm_resp' ? pdu.messageId.slice(0, REMOTE_ID_MAX) : '';
    const handle = Math.floor(token / 256);
    const segment = token % 256;
    const op = this.#core.ops.get(handle);
    const { status } = pdu;
    if (status === 0) link.pacer.onAccepted();
    else this.#refused(op, status, now);
    if (late || op === null || op.states[segment] === SegmentState.done) {
      this.#core.receipts.late.take(link, handle, segment, status, remoteId);
    } else if (status === 0) {
      outcomes.finish(op, segment, OutcomeClass.accepted, OutcomeVerdict.none, 0, remoteId);
    } else if (!isThrottle(status) || !outcomes.again(op, segment, status)) {
      const verdict = refusalVerdict(link.config.dialect, status, tlvU8(pdu, Tag.deliveryFailureReason));
      outcomes.finish(op, segment, OutcomeClass.refused, verdict, status, '');
    }
    if (this.lastSequence >= REBIND_AT_SEQUENCE) peer.unbind();
    link.queue.pump();
  }

  /** A throttle slows the link, a fault of our bind ends the bind. */
  #refused(op: Op | null, status: number, now: number): void {
    const link = this.#link;
    if (isThrottle(status)) {
      this.#core.counters.throttled++;
      const full = status === Status.ESME_RMSGQFUL;
      if (full && !(op !== null && link.fullStore.note(destinationKey(op.recipient), now))) return;
      link.pacer.onThrottled(now, this.emittedAt, this.#core.random.fraction());
      link.review();
    } else if (haltsBind(status)) {
      this.#core.world.log.error('supplier says that our bind is at fault', {
        link: link.name,
        status: statusWords(status),
      });
      this.peer.unbind();
    }
  }

  failed(_peer: SmppPeer<number>, token: number, reason: FailReason, status: number): void {
    const link = this.#link;
    const { outcomes } = this.#core;
    const op = this.#core.ops.get(Math.floor(token / 256));
    const segment = token % 256;
    if (token === this.#timed) this.#timed = -1;
    if (op === null || op.states[segment] === SegmentState.done) return;
    if (reason === 'notSent' || reason === 'unencodable') {
      outcomes.finish(op, segment, OutcomeClass.notEmitted, OutcomeVerdict.retryLater, Status.ESME_RSYSERR, '');
    } else if (reason === 'nack') {
      const verdict = refusalVerdict(link.config.dialect, status, undefined);
      outcomes.finish(op, segment, OutcomeClass.refused, verdict, status, '');
    } else {
      if (reason === 'timeout') this.#core.receipts.late.await(op.handle);
      outcomes.finish(op, segment, OutcomeClass.unknown, OutcomeVerdict.none, 0, '');
    }
    link.queue.pump();
  }

  windowOpen(): void {
    this.#link.queue.pump();
  }

  oddity(): void {
    this.#core.counters.oddities++;
  }

  closed(peer: SmppPeer<number>, reason: SessionEnd, detail: string): void {
    const { log, world, halted } = this.#core;
    const link = this.#link;
    link.binds.delete(this);
    // What of them has left has left before now.
    this.#written(this.#unwritten.length);
    const { sending } = this;
    this.sending = null;
    if (sending !== null) this.#core.outcomes.unbegun(sending);
    if (this.#opened && !halted) {
      const w = log.begin(RecordType.sessionClose);
      writeSessionClose(w, {
        at: world.loop.now(),
        session: this.session,
        lastSequence: this.lastSequence,
        cause: causeOf(reason),
        octetsOut: peer.octetsOut,
        octetsIn: peer.octetsIn,
      });
      log.end();
    }
    link.queue.pump();
    link.detail = `session ended: ${reason}${detail === '' ? '' : ` (${detail})`}`;
    link.review();
  }

  bindRequested(peer: SmppPeer<number>): void {
    peer.close('a supplier does not bind here');
  }

  outbindRequested(peer: SmppPeer<number>): void {
    peer.close('outbind is not expected here');
  }
}

function bindCommand(mode: BindMode | null): number {
  return mode === 'tx'
    ? CommandId.bind_transmitter
    : mode === 'rx'
      ? CommandId.bind_receiver
      : CommandId.bind_transceiver;
}

function causeOf(reason: SessionEnd): number {
  switch (reason) {
    case 'unbound':
      return CloseCause.unbound;
    case 'refused':
      return CloseCause.refused;
    case 'transport':
    case 'dead':
      return CloseCause.lost;
    case 'stopped':
      return CloseCause.stopped;
    default:
      return CloseCause.protocol;
  }
}

/** A number that tells destinations apart. */
function destinationKey(digits: string): number {
  return Number(digits);
}
