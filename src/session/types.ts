// The words of the SMPP session: its options, its reasons, and the sink that takes its effects. No logic here.

/** Which end of the protocol we are: message centre (server side) or external short message entity (client side). */
export type SessionRole = 'mc' | 'esme';

/** Session states of SMPP 5.0 §2.3; `unbinding`: we want to unbind and wait for answers; `unbound`: nothing new either way. */
export type SessionState = 'open' | 'outbound' | 'tx' | 'rx' | 'trx' | 'unbinding' | 'unbound' | 'closed';

/** bind_transmitter, bind_receiver, bind_transceiver. */
export type BindMode = 'tx' | 'rx' | 'trx';

/** Requests that the session makes by itself. In `asked` mode it asks for each of them. */
export type OwnRequest = 'bind' | 'enquire_link' | 'unbind';

/**
 * direct: `send` writes at once. asked: every request first takes a number (`reserve`), its owner makes a leaf durable
 * and then lets it go (`emit`), so that nothing leaves without its leaf (design, law 2).
 */
export type Emission = 'direct' | 'asked';

/** All in milliseconds (defaults: SMPP 3.4 §7.2 and `defaultTimers`); 0 switches a timer off. */
export interface SessionTimers {
  /** Accept or outbind → bind received. */
  readonly sessionInitMs: number;
  /** Our bind → its answer. */
  readonly bindMs: number;
  /** Our unbind → its answer, and what is in flight when an unbind came in. */
  readonly unbindMs: number;
  /** How long `unbind` waits for the answers to what is in flight, both ways. */
  readonly drainMs: number;
  /** Silence of the peer → enquire_link. */
  readonly enquireLinkMs: number;
  /** enquire_link → its answer; the second without one closes. */
  readonly enquireLinkResponseMs: number;
  /** Any other request → its answer. */
  readonly responseMs: number;
  /** No message PDU either way → unbind (MC only). */
  readonly inactivityMs: number;
  /** MC: bind received → the owner's decision; then 0x08 is answered. */
  readonly bindDecisionMs: number;
  /** A PDU begun and not finished. */
  readonly partialPduMs: number;
  /** Bytes written and not taken by the peer. */
  readonly stalledWriteMs: number;
}

export interface SessionOptions {
  readonly role: SessionRole;
  readonly emission: Emission;
  /** The highest version we speak: 0x34 or 0x50. */
  readonly interfaceVersion: number;
  /** Requests of ours in flight, 1…1000. */
  window: number;
  /** Requests of the peer's in work: above it 0x58, at twice that no more reading. */
  inboundWindow: number;
  /** ESME on a listener for outbinds (SMPP 3.4 §2.2.1). Otherwise outbind is nacked with 0x03. */
  readonly acceptOutbind: boolean;
  readonly timers: SessionTimers;
}

/**
 * Why a request of ours ends without its answer. Only `nack`, `notSent` and `unencodable` mean that nothing was done;
 * all others leave the outcome unknown (R4, R8).
 */
export type FailReason =
  | 'timeout' // no answer in time; a late one still comes as `response` with late = true
  | 'nack' // generic_nack with the request's number
  | 'mismatch' // answered with a response of another type
  | 'malformed' // its answer could not be read; `status` is the answer's command_status
  | 'closed' // the connection ended before the answer
  | 'notSent' // reserved, never emitted, and the connection ended
  | 'unencodable'; // cannot be written to this peer (a field, or its version); nothing was sent

/** Why a session ended. */
export type SessionEnd =
  | 'unbound' // in order
  | 'undecided' // the owner did not decide on a bind in time
  | 'refused' // a bind was answered with a status other than 0
  | 'sessionInit' // no bind in time
  | 'bindTimeout'
  | 'unbindTimeout'
  | 'dead' // two enquire_links without an answer
  | 'inactive'
  | 'framing' // command_length out of bounds
  | 'misuse' // five wrong requests before a bind, or three unreadable PDUs within a minute
  | 'partial' // a PDU begun and not finished in time
  | 'stalled' // the peer did not read for too long
  | 'transport' // the connection ended under us
  | 'stopped'; // we closed it on purpose

/** What the session needs of a PDU. */
export interface PduHead {
  readonly commandId: number;
  readonly status: number;
  readonly sequence: number;
}

/** Takes the effects of a session. `P` is the decoded PDU, `T` what the owner remembers with each request. */
export interface SessionSink<P extends PduHead, T> {
  /** Write a PDU without a body. */
  writeHead(commandId: number, status: number, sequence: number): void;
  /** ESME: write the bind that the owner asked for. */
  writeBind(mode: BindMode, sequence: number): void;
  /** MC: a legal bind; to be answered by `accept` or `refuse`. */
  onBind(pdu: P, mode: BindMode): void;
  /** ESME: an outbind that we take; the owner binds or closes. */
  onOutbind(pdu: P): void;
  /** ESME: the answer to our bind, or a generic_nack in its place. State is set already; a refused session ends by itself. */
  onBindAnswer(pdu: P): void;
  /** A legal request with room in the window; to be answered by `answered` once the response is written. */
  onRequest(pdu: P): void;
  /** The answer to a request of ours, or a late one after `failed` with timeout. */
  onResponse(pdu: P, token: T, late: boolean): void;
  /** The end of a request of ours without an answer; exactly once per request that had none. */
  onFailed(token: T, reason: FailReason, status: number): void;
  /** `asked` mode: the session wants to make this request, which has number `sequence`; `emit` lets it go. */
  onWants(kind: OwnRequest, sequence: number): void;
  /** There is room in the outgoing window again after there was none. */
  onWindowOpen(): void;
  /** Responses nobody waits for, wrong requests and the like: for counters. */
  onOddity(kind: Oddity, commandId: number): void;
  /** The session is over: send what is waiting and close. Called once; all outstanding requests have failed before. */
  onEnd(reason: SessionEnd): void;
}

export type Oddity =
  | 'unexpectedResponse'
  | 'unexpectedNack'
  | 'unknownRequest'
  | 'unknownResponse'
  | 'wrongState'
  | 'throttled'
  | 'malformed'
  | 'unencodable';
