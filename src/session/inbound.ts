// What a peer may send and what follows from it: the rules of R1, R6 and R7 applied to a session. Everything that comes off
// the wire goes through here, well-formed or not.
import { BAD_PDU_SPAN_MS, BAD_PDUS_MAX, MISUSE_BEFORE_BIND_MAX } from '../base/limits.ts';
import { Command, isLegal, type Operation, operationOf, Status } from './operationTable.ts';
import { NOWHERE, Standing } from './outstanding.ts';
import type { Session } from './session.ts';
import type { PduHead } from './types.ts';

const RESPONSE = 0x80000000;

/** Wrong and unreadable PDUs of one session. */
export class Inbound<P extends PduHead, T> {
  readonly #session: Session<P, T>;
  #misuse = 0;
  /** When the last few unreadable PDUs came, oldest first. */
  readonly #bad: number[] = [];
  /** Refused with 0x58, answers not yet taken by the peer. */
  #refused = 0;

  constructor(session: Session<P, T>) {
    this.#session = session;
  }

  /**
   * No further PDU must be read. MC: twice the window is in work or refused and not yet taken by the peer. ESME: the
   * window is full; many suppliers take a refused deliver_sm for final, so they feel TCP instead of a status.
   */
  get full(): boolean {
    const { role, inboundWindow } = this.#session.options;
    return this.#session.inWork + this.#refused >= (role === 'mc' ? 2 * inboundWindow : inboundWindow);
  }

  /** Everything written has left: refusals no longer count. */
  flushed(): void {
    this.#refused = 0;
  }

  /** Anything readable. Whether its fields make sense to the owner is for the owner. */
  receive(pdu: P, nowMs: number): void {
    const session = this.#session;
    if (session.state === 'closed') return;
    session.heard(nowMs);
    const commandId = pdu.commandId;
    if (commandId >= RESPONSE) {
      this.#answer(pdu, nowMs);
      return;
    }
    const operation = operationOf(commandId);
    if (operation === undefined) {
      this.#unknown(pdu);
      return;
    }
    if (commandId === Command.enquireLink) {
      session.sink.writeHead(Command.enquireLinkResp, Status.ok, pdu.sequence);
      return;
    }
    if (!this.#allows(operation)) this.#wrongState(pdu, operation.answered);
    else if (operation.message) this.#traffic(pdu, operation.answered, nowMs);
    else this.#control(pdu, nowMs);
  }

  /** A PDU whose head could be read and whose body could not; `status` is the codec's verdict (R6). */
  malformed(head: PduHead, status: number, nowMs: number): void {
    const session = this.#session;
    if (session.state === 'closed') return;
    session.heard(nowMs);
    if (head.commandId >= RESPONSE) {
      session.sink.onOddity('malformed', head.commandId);
      this.#unreadableAnswer(head, nowMs);
    } else {
      const operation = operationOf(head.commandId);
      if (operation === undefined) this.#unknown(head);
      else if (!this.#allows(operation)) this.#wrongState(head, operation.answered);
      else {
        session.sink.onOddity('malformed', head.commandId);
        const answerId = operation.answered ? head.commandId + RESPONSE : Command.genericNack;
        session.sink.writeHead(answerId, status, head.sequence);
        this.#countMisuse();
      }
    }
    // A bad value in one field is an ordinary refusal; only a body that does not parse casts doubt on the stream.
    if (status === Status.invalidCommandLength || status === Status.invalidTlvStream) this.#countBad(nowMs);
  }

  /** A PDU with a command_id of no table. */
  unknown(head: PduHead, nowMs: number): void {
    const session = this.#session;
    if (session.state === 'closed') return;
    session.heard(nowMs);
    if (head.commandId < RESPONSE) this.#unknown(head);
    else session.sink.onOddity('unknownResponse', head.commandId);
  }

  /** command_length is out of bounds: where the next PDU begins is unknown for ever. */
  framingLost(): void {
    const session = this.#session;
    if (session.state === 'closed') return;
    session.sink.onOddity('malformed', 0);
    session.sink.writeHead(Command.genericNack, Status.invalidCommandLength, 0);
    session.end('framing');
  }

  #allows(operation: Operation): boolean {
    const { state, mode, options, openBind } = this.#session;
    const sender = options.role === 'mc' ? 'esme' : 'mc';
    return openBind < 0 && isLegal(operation, sender, state === 'unbinding' && mode !== null ? mode : state);
  }

  #traffic(pdu: P, answered: boolean, nowMs: number): void {
    const session = this.#session;
    session.clock.trafficMs = nowMs;
    if (answered) {
      if (session.inWork >= session.options.inboundWindow) {
        // Only an MC gets here: an ESME stops reading first.
        this.#refused++;
        session.sink.onOddity('throttled', pdu.commandId);
        session.sink.writeHead(pdu.commandId + RESPONSE, Status.throttled, pdu.sequence);
        return;
      }
      session.inWork++;
    }
    session.sink.onRequest(pdu);
  }

  #control(pdu: P, nowMs: number): void {
    const session = this.#session;
    if (pdu.commandId === Command.unbind) {
      session.sink.writeHead(Command.unbindResp, Status.ok, pdu.sequence);
      session.enterUnbound(nowMs);
      session.advance(nowMs);
    } else if (pdu.commandId === Command.outbind) {
      if (!session.options.acceptOutbind) {
        this.#wrongState(pdu, false);
        return;
      }
      session.enterOutbound(nowMs);
      session.sink.onOutbind(pdu);
    } else {
      session.enterDeciding(pdu.commandId, pdu.sequence, nowMs);
      const mode =
        pdu.commandId === Command.bindTransmitter ? 'tx' : pdu.commandId === Command.bindReceiver ? 'rx' : 'trx';
      session.sink.onBind(pdu, mode);
    }
  }

  #unknown(head: PduHead): void {
    this.#session.sink.onOddity('unknownRequest', head.commandId);
    this.#session.sink.writeHead(Command.genericNack, Status.invalidCommandId, head.sequence);
    this.#countMisuse();
  }

  #wrongState(head: PduHead, answered: boolean): void {
    const session = this.#session;
    session.sink.onOddity('wrongState', head.commandId);
    if (head.commandId === Command.outbind) {
      session.sink.writeHead(Command.genericNack, Status.invalidCommandId, head.sequence);
    } else if (!answered) {
      session.sink.writeHead(Command.genericNack, Status.incorrectBindStatus, head.sequence);
    } else {
      const binds = head.commandId === 1 || head.commandId === 2 || head.commandId === 9;
      const again = binds && session.options.role === 'mc' && (session.bound || session.openBind >= 0);
      const status = again ? Status.alreadyBound : Status.incorrectBindStatus;
      session.sink.writeHead(head.commandId + RESPONSE, status, head.sequence);
    }
    this.#countMisuse();
  }

  #answer(pdu: P, nowMs: number): void {
    const session = this.#session;
    const sequence = pdu.sequence;
    const nack = pdu.commandId === Command.genericNack;
    const kind = session.own.kindOf(sequence);
    if (kind !== null && session.own.isWritten(kind)) {
      this.#ownAnswer(pdu, kind, nowMs);
      return;
    }
    const place = session.requests.find(sequence);
    const standing = place === NOWHERE ? Standing.reserved : session.requests.standing(place);
    if (standing === Standing.reserved) {
      if (session.own.isEnquireAnswer(sequence)) return;
      const known = operationOf(pdu.commandId - RESPONSE)?.answered === true;
      session.sink.onOddity(nack ? 'unexpectedNack' : known ? 'unexpectedResponse' : 'unknownResponse', pdu.commandId);
      return;
    }
    const fits = nack || pdu.commandId - RESPONSE === session.requests.commandId(place);
    if (standing === Standing.late) {
      if (!fits) return;
      const token = session.requests.token(place);
      session.requests.remove(place);
      session.sink.onResponse(pdu, token, true);
    } else if (nack) {
      session.fail(place, 'nack', pdu.status);
    } else if (!fits) {
      session.sink.onOddity('unexpectedResponse', pdu.commandId);
      session.fail(place, 'mismatch', 0);
    } else {
      session.clock.trafficMs = nowMs;
      const token = session.requests.token(place);
      session.requests.remove(place);
      session.sink.onResponse(pdu, token, false);
    }
    session.advance(nowMs);
  }

  #ownAnswer(pdu: P, kind: 'bind' | 'enquire_link' | 'unbind', nowMs: number): void {
    const session = this.#session;
    if (kind === 'bind') {
      // Any bind answer will do: MCs are known that mix the three up.
      const binds = pdu.commandId === 0x80000001 || pdu.commandId === 0x80000002 || pdu.commandId === 0x80000009;
      if (!binds && pdu.commandId !== Command.genericNack) {
        session.sink.onOddity('unexpectedResponse', pdu.commandId);
        return;
      }
      session.own.close('bind');
      const stands = binds && pdu.status === Status.ok;
      if (stands) session.enterBound(session.own.bindMode, nowMs);
      session.sink.onBindAnswer(pdu);
      if (!stands) session.end('refused');
    } else if (kind === 'unbind') {
      session.own.close('unbind');
      if (session.state === 'unbinding') session.end(session.orderly);
      else session.advance(nowMs);
    }
    // An answered enquire_link was closed by `heard`.
  }

  #unreadableAnswer(head: PduHead, nowMs: number): void {
    const session = this.#session;
    const place = session.requests.find(head.sequence);
    if (place !== NOWHERE && session.requests.standing(place) === Standing.pending) {
      session.fail(place, 'malformed', head.status);
      session.advance(nowMs);
    } else if (session.own.kindOf(head.sequence) === 'bind' && session.own.isWritten('bind')) {
      // Whether it stands cannot be known; the bind timer decides, and a second try is a fresh connection.
      session.own.close('bind');
      session.end('refused');
    }
  }

  /** Before a bind only: later ones are answered and tell of a bad client, not of a stranger. */
  #countMisuse(): void {
    if (this.#session.mode === null && ++this.#misuse >= MISUSE_BEFORE_BIND_MAX) this.#session.end('misuse');
  }

  #countBad(nowMs: number): void {
    this.#bad.push(nowMs);
    if (this.#bad.length < BAD_PDUS_MAX) return;
    const firstMs = this.#bad.shift() as number;
    if (nowMs - firstMs <= BAD_PDU_SPAN_MS) this.#session.end('misuse');
  }
}
