// The interfaces between SmppPeer, SmppServer, SmppClient and their owners (gateway, guard, operator). No logic here.
import type { ConnectionFacts, ConnectOptions, ListenOptions, TlsServerOptions } from '../port/net.ts';
import type {
  BindMode,
  Emission,
  FailReason,
  Oddity,
  OwnRequest,
  SessionEnd,
  SessionState,
  SessionTimers,
} from '../session/types.ts';
import type { Pdu, Tlv } from '../smpp/pdu.ts';

/**
 * What an owner hears from one peer. `T` is what it gave along with each request (an index into a table of its own is
 * cheapest). Buffers inside a `pdu` are only valid during the call. Calls may be answered at once or in any later turn.
 */
export interface PeerHandler<T> {
  /** MC: a bind has come. Answer with `acceptBind` or `refuseBind`, once, within `timers.bindDecisionMs`. */
  bindRequested(peer: SmppPeer<T>, pdu: Pdu): void;
  /** ESME on an outbind listener: bind with `peer.bind(…)` or close. */
  outbindRequested(peer: SmppPeer<T>, pdu: Pdu): void;
  /** The session stands: after `acceptBind`, or after the answer 0 to our bind (then `answer` is that answer). */
  bound(peer: SmppPeer<T>, answer: Pdu | null): void;
  /** ESME: our bind was refused with `status`; `closed` follows. */
  bindRefused(peer: SmppPeer<T>, status: number): void;
  /** A legal request within the window. Answer with `respond(pdu.sequence, …)`, once. alert_notification has no answer. */
  request(peer: SmppPeer<T>, pdu: Pdu): void;
  /** The answer to a request of ours, whatever its status. `late`: `failed` with 'timeout' came before. A late generic_nack comes here too. */
  response(peer: SmppPeer<T>, pdu: Pdu, token: T, late: boolean): void;
  /** A request of ours ends without an answer; exactly once for each that had none. `status`: of nack and malformed, else 0. */
  failed(peer: SmppPeer<T>, token: T, reason: FailReason, status: number): void;
  /** `asked` mode: make the leaf of this request durable, then `peer.emit(sequence, null)`. */
  wants(peer: SmppPeer<T>, kind: OwnRequest, sequence: number): void;
  /** `peer.room` is above 0 again. */
  windowOpen(peer: SmppPeer<T>): void;
  /** Output has been written, at the end of a turn or when the peer reads again: see `peer.octetsTaken`. */
  outputWritten?(peer: SmppPeer<T>): void;
  /** For counters: PDUs that were malformed, unexpected or not allowed. The peer has been answered already. */
  oddity(peer: SmppPeer<T>, kind: Oddity, commandId: number): void;
  /** Called once, last; every outstanding request has failed before. `detail` is for the log. */
  closed(peer: SmppPeer<T>, reason: SessionEnd, detail: string): void;
}

/** One SMPP connection with its session. Made by SmppServer and SmppClient. */
export interface SmppPeer<T> {
  /** Unique within its server or client, counting from 1. */
  readonly id: number;
  readonly facts: ConnectionFacts;
  /** May be replaced at any time, e.g. by one that belongs to an account, in `bindRequested`. */
  handler: PeerHandler<T>;
  readonly state: SessionState;
  /** Of the bind; null before. */
  readonly mode: BindMode | null;
  /** ESME: mode of the bind that was asked for last, also before its answer; null before `bind`. */
  readonly binding: BindMode | null;
  /** Octets read from and written to the connection so far. */
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** Octets that the operating system has taken, or more by now; with `waitingBytes` all that were asked to be written. */
  readonly octetsTaken: number;
  readonly bound: boolean;
  /** The lower of both versions once a bind has come or been answered: 0x33, 0x34 or 0x50. */
  readonly version: number;
  /** False: no TLVs may go to this peer (R3). `encode` leaves them out by itself. */
  readonly takesTlvs: boolean;
  /** Free slots of the outgoing window; 0 unless bound, and while the peer does not read. `windowOpen` tells the end of 0. */
  readonly room: number;
  /** `asked` mode, with numbers ahead of the window: of the reserved requests so many may be emitted now. */
  readonly slots: number;
  /** Requests of ours reserved or unanswered. */
  readonly inFlight: number;
  /** Requests of the peer's not answered yet. */
  readonly inWork: number;
  /** Bytes written and not yet taken by the operating system, those of this turn included. */
  readonly waitingBytes: number;
  /** `loop.monotonic()` of the bind; 0 before. */
  readonly boundAtMs: number;

  /** MC: binds with `systemId` as our name. sc_interface_version is added by itself (R3). False: the peer has gone or has no open bind. */
  acceptBind(systemId: string, tlvs?: readonly Tlv[]): boolean;
  /** MC: other windows than the server's default, once it is known who binds. Before `acceptBind`. */
  setWindows(window: number, inboundWindow: number): void;
  /** `asked` mode: so many numbers may be reserved beyond the window. Their owner emits no more than `slots`. */
  setAhead(requests: number): void;
  /** MC: answers `status` after a delay that grows with failures from this address and id, flushes, closes. */
  refuseBind(status: number): boolean;
  /** ESME: binds. In `asked` mode asks with `wants('bind')` first. Only in state open or outbound. */
  bind(mode: BindMode, fields: BindFields): void;
  /** MC: outbind on a connection that we opened. */
  outbind(systemId: string, password: string): void;

  /**
   * `direct` mode: writes a request and returns its number; null: no room or not bound, nothing happened. `pdu.sequence`
   * is set. One that cannot be written to this peer fails with 'unencodable' before `send` returns. A request that this side may not make in this mode of bind is a broken invariant and throws.
   */
  send(pdu: Pdu, token: T): number | null;
  /** `asked` mode: takes a window slot and the next number; null: no room or not bound. Numbers have no gaps. */
  reserve(token: T): number | null;
  /**
   * `asked` mode: writes what has that number: the given request, or, with null, the session's own bind, enquire_link or
   * unbind. The response timer starts now. False: it did not leave, and `failed` ('notSent' or 'unencodable') has come.
   */
  emit(sequence: number, pdu: Pdu | null): boolean;
  /** As `emit`, with the first `length` of octets that were encoded before; the number is written into them on the way. */
  emitBytes(sequence: number, pdu: Buffer, length: number): boolean;
  /** `asked` mode: gives the slot back, without `failed`. The number stays used. */
  abandon(sequence: number): void;
  /** Writes alert_notification (no answer, no window slot). False: not bound. */
  notify(pdu: Pdu): boolean;
  /** Answers a request; `pdu` is its `*_resp`, its sequence is set. One that cannot be written is replaced by 0x08. False: the connection has gone, nothing is answered elsewhere (5.0 §2.6.3). */
  respond(sequence: number, pdu: Pdu): boolean;
  /** Answers with a PDU without body, e.g. a refusal. `commandId` is the request's. */
  respondStatus(sequence: number, commandId: number, status: number): boolean;

  /** Starts nothing new, waits for open answers both ways, unbinds, closes (R8). Before a bind: closes. */
  unbind(): void;
  /** Sends what is waiting and closes, without unbind. */
  close(detail: string): void;
  /** Writes now what else goes at the end of the turn, for what counts by the millisecond. */
  flush(): void;
  /** Stops and restarts reading, e.g. while a store is not writable. */
  pause(): void;
  resume(): void;
}

/** How peers behave; shared by all peers of a server or client unless an owner changes a peer. */
export interface PeerOptions {
  readonly emission: Emission;
  /** Highest SMPP version we speak, 0x34 or 0x50. */
  readonly interfaceVersion: number;
  readonly window: number;
  readonly inboundWindow: number;
  readonly timers: SessionTimers;
  /** Largest command_length that is read. */
  readonly maxPduBytes: number;
  /** SMPP 5.0 sc_interface_version and the letter of §2.11.2: whether to send TLVs to an MC that omits it. */
  readonly tlv: 'always' | 'letter' | 'never';
  /** Take times of 12 characters (R18); absent: no. */
  readonly lenientTimes?: boolean;
}

/** Connections that a port did not keep, counted since the start. */
export interface ConnectionCounts {
  /** Closed as they came: too many a second, or no room. */
  connections_refused: number;
  /** Closed without a bind, silent longest, to make room for a newer one. */
  connections_pushed_out: number;
}

/** An MC port: listener, admission, bind delays. */
export interface SmppServerOptions {
  readonly listen: ListenOptions;
  readonly peer: PeerOptions;
  /** Connections without a bind, in total. */
  readonly maxUnbound: number;
  /** New connections per second, in total; more are closed at once. */
  readonly acceptsPerSecond: number;
  /** True: we are the ESME here and wait for outbinds. */
  readonly outbinds: boolean;
  /** Counted in here; absent: told by the log alone. */
  readonly counts?: ConnectionCounts;
}

/** The bind that a client makes. */
export interface BindFields {
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly addrTon: number;
  readonly addrNpi: number;
  readonly addressRange: string;
}

/** A supplier, or the guard seen from the gateway: one or more binds that are kept standing. */
export interface SmppClientOptions {
  readonly connect: ConnectOptions;
  readonly peer: PeerOptions;
  readonly bind: BindFields;
  /** One entry per connection. A refused bind_transceiver (0x03) turns its 'trx' into 'tx' and 'rx'. */
  readonly modes: readonly BindMode[];
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** The longest wait while the host is there and nobody listens, as when a program restarts; absent: as for any other reason. */
  readonly closedPortMaxMs?: number;
  /** After a refusal that means configuration (R2): first wait and longest. */
  readonly refusedMinMs: number;
  readonly refusedMaxMs: number;
}

/** What an owner hears of a client beyond its peers: the state of each line. */
export interface SmppClientHandler<T> extends PeerHandler<T> {
  /** A connection could not be made or has ended; the next try comes in `retryMs`. */
  waiting(why: 'connect' | 'refused' | 'lost', detail: string, status: number, retryMs: number): void;
}

/** A standing SMPP listener: `listenSmpp(world, options, handler)` in smppServer.ts. `handler` is what every new peer starts with. */
export interface SmppServer<T> {
  readonly port: number;
  /** All peers that have not closed, bound or not. */
  readonly peers: ReadonlySet<SmppPeer<T>>;
  /**
   * Connects to an ESME that waits for it and sends outbind (SMPP 3.4 §2.2.1); it binds on that connection, which then is a
   * peer like any other. False: at a limit, or closing.
   */
  outbind(connect: ConnectOptions, systemId: string, password: string): boolean;
  renewTls(options: TlsServerOptions): void;
  /** Accepts nothing more; unbinds all; resolves when all have closed. */
  close(): Promise<void>;
}

/** Kept binds: `new SmppClient(world, options, handler)` in smppClient.ts, then `start()`. */
export interface SmppClientApi<T> {
  /** Peers that are bound now. */
  readonly bound: readonly SmppPeer<T>[];
  start(): void;
  /** Unbinds all and connects no more; `done` when all have closed. */
  stop(done: () => void): void;
}
