// One SMPP connection with its session: codec and session joined over a PeerStream. Admission is SmppServer's, reconnecting
// SmppClient's business; meaning is the owner's.
import { readU32 } from '../base/bytes.ts';
import type { Loop } from '../port/loop.ts';
import type { CloseReason, Connection, ConnectionFacts } from '../port/net.ts';
import { Inbound } from '../session/inbound.ts';
import { Session } from '../session/session.ts';
import type { BindMode, SessionEnd, SessionOptions, SessionState } from '../session/types.ts';
import { RESPONSE_BIT } from '../smpp/commands.ts';
import { NO_TLVS, type Pdu, type Tlv } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import type { SmppVersion } from '../smpp/version.ts';
import { PeerAlarm } from './peerAlarm.ts';
import { PeerBinding } from './peerBinding.ts';
import { PeerInput } from './peerInput.ts';
import { type PeerKeeper, PeerSink } from './peerSink.ts';
import { PeerStream, type StreamOwner } from './peerStream.ts';
import { PeerWriter } from './peerWriter.ts';
import type { BindFields, PeerHandler, PeerOptions, SmppPeer } from './types.ts';

export class ConnectionPeer<T> implements SmppPeer<T>, StreamOwner {
  readonly id: number;
  handler: PeerHandler<T>;
  /** Of the bind that came or was made; '' before. */
  systemId = '';
  /** ESME: of the bind that was made. */
  bindFields: BindFields | null = null;
  binding: BindMode | null = null;
  readonly #loop: Loop;
  readonly #keeper: PeerKeeper<T>;
  readonly #stream: PeerStream;
  readonly #writer: PeerWriter;
  readonly #session: Session<Pdu, T>;
  readonly #inbound: Inbound<Pdu, T>;
  readonly #input: PeerInput<T>;
  readonly #alarm: PeerAlarm;
  readonly #binding: PeerBinding<T>;
  #end: SessionEnd | null = null;
  #detail = '';

  constructor(
    id: number,
    connection: Connection,
    loop: Loop,
    role: { readonly role: 'mc' | 'esme'; readonly acceptOutbind: boolean },
    options: PeerOptions,
    handler: PeerHandler<T>,
    keeper: PeerKeeper<T>,
  ) {
    this.id = id;
    this.handler = handler;
    this.#loop = loop;
    this.#keeper = keeper;
    this.#stream = new PeerStream(connection, loop, options.maxPduBytes, this);
    this.#writer = new PeerWriter(this.#stream);
    const { emission, interfaceVersion, window, inboundWindow, timers } = options;
    const sessionOptions: SessionOptions = { ...role, emission, interfaceVersion, window, inboundWindow, timers };
    const sink = new PeerSink<T>(this, this.#writer, keeper, options);
    this.#session = new Session<Pdu, T>(sessionOptions, sink, loop.monotonic());
    this.#inbound = new Inbound<Pdu, T>(this.#session);
    this.#input = new PeerInput<T>(this.#inbound, options.lenientTimes ?? false);
    this.#alarm = new PeerAlarm(loop, () => this.#tick());
    this.#binding = new PeerBinding<T>(loop, this.#stream, this.#writer, this.#session);
    connection.handler = this.#stream;
    this.#stream.touch();
  }

  get version(): SmppVersion {
    return this.#writer.version;
  }
  get takesTlvs(): boolean {
    return this.#writer.takesTlvs;
  }
  get facts(): ConnectionFacts {
    return this.#stream.connection.facts;
  }
  get state(): SessionState {
    return this.#session.state;
  }
  get mode(): BindMode | null {
    return this.#session.mode;
  }
  get bound(): boolean {
    return this.#session.bound;
  }
  get octetsIn(): number {
    return this.#stream.octetsIn;
  }
  get octetsOut(): number {
    return this.#stream.octetsOut;
  }
  get octetsTaken(): number {
    return this.#stream.octetsOut - this.#stream.connection.waitingBytes;
  }
  get room(): number {
    return this.#stream.blocked ? 0 : this.#session.room;
  }
  get slots(): number {
    return this.#session.slots;
  }
  get inFlight(): number {
    return this.#session.requests.active;
  }
  get inWork(): number {
    return this.#session.inWork;
  }
  get waitingBytes(): number {
    return this.#stream.waitingBytes;
  }
  get boundAtMs(): number {
    return this.#session.boundAtMs;
  }

  acceptBind(systemId: string, tlvs: readonly Tlv[] = NO_TLVS): boolean {
    if (!this.#binding.undecided) return false;
    this.#binding.accept(systemId, tlvs);
    this.#keeper.stands(this);
    this.handler.bound(this, null);
    return true;
  }
  refuseBind(status: number): boolean {
    if (!this.#binding.undecided) return false;
    this.#binding.refuse(status, this.#keeper.refusalDelayMs(this, this.systemId));
    return true;
  }

  bind(mode: BindMode, fields: BindFields): void {
    this.bindFields = fields;
    this.binding = mode;
    this.systemId = fields.systemId;
    this.#session.bind(mode, this.#loop.monotonic());
    this.#stream.touch();
  }

  outbind(systemId: string, password: string): void {
    if (!this.#binding.outbind(systemId, password)) this.close('outbind fields that cannot be written');
  }

  send(pdu: Pdu, token: T): number | null {
    const sequence = this.reserve(token);
    if (sequence !== null) this.emit(sequence, pdu);
    return sequence;
  }

  setWindows(window: number, inboundWindow: number): void {
    this.#session.setWindows(window, inboundWindow);
    this.#stream.touch();
  }
  setAhead(requests: number): void {
    this.#session.requests.ahead = requests;
  }

  reserve(token: T): number | null {
    const sequence = this.#stream.blocked ? 0 : this.#session.reserve(token);
    if (this.#stream.blocked) this.#session.starved = true;
    return sequence === 0 ? null : sequence;
  }

  emit(sequence: number, pdu: Pdu | null): boolean {
    const nowMs = this.#loop.monotonic();
    if (pdu === null) return this.#session.state !== 'closed' && this.#session.own.emit(sequence, nowMs);
    if (!this.#session.emitted(sequence, pdu.commandId, nowMs)) return false;
    pdu.sequence = sequence;
    if (this.#write(pdu)) return true;
    this.#session.withdraw(sequence, 'unencodable', nowMs);
    return false;
  }

  emitBytes(sequence: number, pdu: Buffer, length: number): boolean {
    if (!this.#session.emitted(sequence, readU32(pdu, 4), this.#loop.monotonic())) return false;
    this.#writer.octets(pdu, length, sequence);
    return true;
  }

  abandon(sequence: number): void {
    this.#session.abandon(sequence, this.#loop.monotonic());
    this.#stream.touch();
  }

  notify(pdu: Pdu): boolean {
    const sequence = this.#session.notify(pdu.commandId, this.#loop.monotonic());
    if (sequence === 0) return false;
    pdu.sequence = sequence;
    return this.#write(pdu);
  }

  respond(sequence: number, pdu: Pdu): boolean {
    if (!this.#session.answered()) return false;
    pdu.sequence = sequence;
    // An answer that this peer cannot be given, say an id too long for 3.3, must still be an answer.
    if (!this.#write(pdu)) this.#writer.head(pdu.commandId, Status.ESME_RSYSERR, sequence);
    this.#afterAnswer();
    return true;
  }

  respondStatus(sequence: number, commandId: number, status: number): boolean {
    if (!this.#session.answered()) return false;
    this.#writer.head(commandId + RESPONSE_BIT, status, sequence);
    this.#afterAnswer();
    return true;
  }

  unbind(): void {
    this.#session.unbind(this.#loop.monotonic());
    this.#stream.touch();
  }
  close(detail: string): void {
    if (this.#detail === '') this.#detail = detail;
    this.#session.end('stopped');
  }

  flush(): void {
    this.#stream.flush();
  }
  pause(): void {
    this.#stream.pause();
  }
  resume(): void {
    this.#stream.resume();
  }

  // The stream's calls.

  opened(): void {
    this.#keeper.connected(this);
  }
  frame(buffer: Buffer, offset: number, length: number, nowMs: number): void {
    this.#input.frame(buffer, offset, length, nowMs);
  }
  framingLost(): void {
    this.#inbound.framingLost();
  }
  get full(): boolean {
    return this.#inbound.full;
  }
  inputDone(partial: boolean, progress: boolean, nowMs: number): void {
    if (progress) this.#session.clock.partial(false, nowMs);
    this.#session.clock.partial(partial, nowMs);
  }

  outputSeen(waiting: number, progress: boolean, nowMs: number): void {
    if (waiting === 0) this.#inbound.flushed();
    if (progress) this.#session.clock.stalled(false, nowMs);
    this.#session.clock.stalled(waiting > 0, nowMs);
    this.handler.outputWritten?.(this);
  }

  turnDone(nowMs: number): void {
    if (!this.#stream.blocked) this.#session.settle();
    this.#alarm.set(this.#session.deadline(), nowMs);
  }

  lost(reason: CloseReason): void {
    if (this.#detail === '') this.#detail = 'detail' in reason ? reason.detail : reason.code;
    this.#session.end('transport');
    this.#alarm.cancel();
    this.#binding.cancel();
    const end = this.#end ?? 'transport';
    this.#keeper.gone(this, end, this.#detail);
    this.handler.closed(this, end, this.#detail);
  }

  // For the sink.

  /** From here on, in this version. */
  speak(version: SmppVersion, tlvs: boolean): void {
    this.#writer.version = version;
    this.#writer.takesTlvs = tlvs;
    this.#input.version = version;
  }

  /** The session is over. */
  ended(reason: SessionEnd): void {
    this.#end = reason;
    if (reason === 'stalled') this.#stream.connection.destroy();
    else if (reason !== 'transport') this.#stream.finish();
  }

  #write(pdu: Pdu): boolean {
    const written = this.#writer.pdu(pdu);
    if (!written) this.handler.oddity(this, 'unencodable', pdu.commandId);
    return written;
  }

  /** The last answers before an end let it go on. */
  #afterAnswer(): void {
    if (!this.#session.bound) this.#session.advance(this.#loop.monotonic());
    // Reading may have stopped at a full window.
    this.#stream.touch();
  }

  #tick(): void {
    const nowMs = this.#loop.monotonic();
    this.#stream.look(nowMs);
    // While we do not read, silence is our own doing; a dead peer shows in what it does not take.
    if (this.#stream.held) this.#session.heard(nowMs);
    this.#session.tick(nowMs);
    this.#stream.touch();
  }
}
