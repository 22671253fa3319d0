// Keeps one or more binds to a message centre standing: connects, binds, reconnects with jitter, and backs off as the answer
// to the bind demands (R2, R3, R4). One line per connection; what flows over a bound peer is the owner's.
import type { Alarm } from '../port/loop.ts';
import type { Connection } from '../port/net.ts';
import type { BindMode, SessionEnd } from '../session/types.ts';
import { Status } from '../smpp/status.table.ts';
import { fallbackVersion, readVersion, type SmppVersion } from '../smpp/version.ts';
import type { PeerKeeper } from './peerSink.ts';
import { ConnectionPeer } from './smppPeer.ts';
import type { DriverWorld } from './smppServer.ts';
import type { SmppClientApi, SmppClientHandler, SmppClientOptions, SmppPeer } from './types.ts';

/** A bind that stood this long was a good one: the next loss starts again with the shortest wait. */
const STEADY_MS = 5_000;
const JITTER = 0.2;
/** When one connection stands, those that found nobody before try again within this time. */
const FOLLOW_MS = 1000;
/** What `net` tells of a host that answers and has nobody on that port. */
const CLOSED_PORT = 'ECONNREFUSED';

/** One connection to be kept. */
interface Line<T> {
  mode: BindMode;
  version: SmppVersion;
  peer: ConnectionPeer<T> | null;
  alarm: Alarm | null;
  waitMs: number;
  /** Monotonic; when the next try comes. */
  tryAtMs: number;
  /** The last try found nobody. */
  alone: boolean;
  refusedWaitMs: number;
  /** Status of the last refused bind of this connection; -1: none. */
  refusal: number;
  /** The bind was answered with 0. */
  stood: boolean;
}

export class SmppClient<T> implements SmppClientApi<T>, PeerKeeper<T> {
  readonly #world: DriverWorld;
  readonly #options: SmppClientOptions;
  readonly #handler: SmppClientHandler<T>;
  /** A fraction from 0 up to and without 1. */
  readonly #random: () => number;
  readonly #lines: Line<T>[] = [];
  readonly #bound: SmppPeer<T>[] = [];
  #nextId = 1;
  #running = false;
  #stopped: (() => void) | null = null;

  /** `random` draws the jitter; the default spreads lines by their own count, which needs no generator. */
  constructor(world: DriverWorld, options: SmppClientOptions, handler: SmppClientHandler<T>, random?: () => number) {
    this.#world = world;
    this.#options = options;
    this.#handler = handler;
    this.#random = random ?? spread(options.bind.systemId + options.connect.host + options.connect.port);
  }

  get bound(): readonly SmppPeer<T>[] {
    return this.#bound;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (this.#lines.length === 0) for (const mode of this.#options.modes) this.#lines.push(this.#newLine(mode));
    for (const line of this.#lines) this.#connect(line);
  }

  stop(done: () => void): void {
    this.#running = false;
    this.#stopped = done;
    for (const line of this.#lines) {
      line.alarm?.cancel();
      line.alarm = null;
      line.peer?.unbind();
    }
    this.#checkStopped();
  }

  #newLine(mode: BindMode): Line<T> {
    const { reconnectMinMs, refusedMinMs, peer } = this.#options;
    return {
      mode,
      version: readVersion(peer.interfaceVersion),
      peer: null,
      alarm: null,
      waitMs: reconnectMinMs,
      tryAtMs: 0,
      alone: false,
      refusedWaitMs: refusedMinMs,
      refusal: -1,
      stood: false,
    };
  }

  #connect(line: Line<T>): void {
    line.alarm = null;
    line.refusal = -1;
    line.stood = false;
    line.alone = false;
    const { connect, peer: options } = this.#options;
    const { loop, net } = this.#world;
    const connection: Connection = net.connect(connect, nobody);
    const role = { role: 'esme', acceptOutbind: false } as const;
    const versioned = { ...options, interfaceVersion: line.version };
    line.peer = new ConnectionPeer<T>(this.#nextId++, connection, loop, role, versioned, this.#handler, this);
  }

  // The peers' calls.

  connected(peer: ConnectionPeer<T>): void {
    const line = this.#lineOf(peer);
    if (!this.#running) peer.close('stopping');
    else peer.bind(line.mode, this.#options.bind);
  }

  stands(peer: ConnectionPeer<T>): void {
    this.#lineOf(peer).stood = true;
    this.#bound.push(peer);
    const { loop } = this.#world;
    for (const line of this.#lines) {
      if (!line.alone || line.alarm === null) continue;
      line.waitMs = this.#options.reconnectMinMs;
      const at = loop.monotonic() + FOLLOW_MS * this.#random();
      if (at < line.tryAtMs) this.#plan(line, at);
    }
  }

  refused(peer: ConnectionPeer<T>, status: number): void {
    this.#lineOf(peer).refusal = status;
  }

  admits(): boolean {
    return false;
  }

  refusalDelayMs(): number {
    return 0;
  }

  gone(peer: ConnectionPeer<T>, reason: SessionEnd, detail: string): void {
    const line = this.#lineOf(peer);
    const at = this.#bound.indexOf(peer);
    if (at >= 0) this.#bound.splice(at, 1);
    line.peer = null;
    if (!this.#running) {
      this.#checkStopped();
      return;
    }
    if (line.stood) {
      if (this.#world.loop.monotonic() - peer.boundAtMs >= STEADY_MS) line.waitMs = this.#options.reconnectMinMs;
      line.refusedWaitMs = this.#options.refusedMinMs;
      this.#retry(line, 'lost', detail === '' ? reason : detail, 0, this.#nextWaitMs(line));
    } else if (line.refusal >= 0 || reason === 'bindTimeout') {
      this.#bindFailed(line, line.refusal >= 0 ? line.refusal : null);
    } else {
      line.alone = true;
      const waitMs = detail === CLOSED_PORT ? this.#closedPortWaitMs(line) : this.#nextWaitMs(line);
      this.#retry(line, 'connect', detail === '' ? reason : detail, 0, waitMs);
    }
  }

  /** `status` null: no answer at all. */
  #bindFailed(line: Line<T>, status: number | null): void {
    const detail = status === null ? 'no answer to the bind' : `bind refused with status 0x${status.toString(16)}`;
    const lower = fallbackVersion(line.version, status);
    if (lower !== null) {
      line.version = lower;
      this.#retry(line, 'refused', `${detail}; trying version 0x${lower.toString(16)}`, status ?? 0, 0);
      return;
    }
    if (status === Status.ESME_RINVCMDID && line.mode === 'trx') {
      // An MC that does not know bind_transceiver wants one connection each way (3.4 §4.1).
      line.mode = 'tx';
      const receiver = this.#newLine('rx');
      receiver.version = line.version;
      this.#lines.push(receiver);
      this.#retry(line, 'refused', `${detail}; binding as transmitter and receiver`, status, 0);
      this.#connect(receiver);
      return;
    }
    const waitMs = isConfiguration(status) ? this.#nextRefusedWaitMs(line) : this.#nextWaitMs(line);
    this.#retry(line, 'refused', detail, status ?? 0, waitMs);
  }

  #nextWaitMs(line: Line<T>): number {
    const waitMs = line.waitMs;
    line.waitMs = Math.min(waitMs * 2, this.#options.reconnectMaxMs);
    return waitMs * (1 + JITTER * (2 * this.#random() - 1));
  }

  /** Any time between the shortest wait and the one that has doubled, up to a bound of its own (R4; 5.0 §2.8.1: about 5 s). */
  #closedPortWaitMs(line: Line<T>): number {
    const { reconnectMinMs, reconnectMaxMs, closedPortMaxMs = reconnectMaxMs } = this.#options;
    line.waitMs = Math.min(line.waitMs, closedPortMaxMs);
    const beyondMs = Math.max(0, line.waitMs - reconnectMinMs);
    const waitMs = Math.min(this.#nextWaitMs(line), closedPortMaxMs) - beyondMs * this.#random();
    return Math.max(waitMs, reconnectMinMs * (1 - JITTER));
  }

  /** Never earlier than the wait itself: suppliers lock accounts that knock too often. */
  #nextRefusedWaitMs(line: Line<T>): number {
    const waitMs = line.refusedWaitMs;
    line.refusedWaitMs = Math.min(waitMs * 2, this.#options.refusedMaxMs);
    return waitMs * (1 + JITTER * this.#random());
  }

  #retry(line: Line<T>, why: 'connect' | 'refused' | 'lost', detail: string, status: number, waitMs: number): void {
    this.#plan(line, this.#world.loop.monotonic() + waitMs);
    this.#handler.waiting(why, detail, status, waitMs);
  }

  #plan(line: Line<T>, atMs: number): void {
    line.alarm?.cancel();
    line.tryAtMs = atMs;
    line.alarm = this.#world.loop.wakeAt(atMs, () => this.#connect(line));
  }

  #lineOf(peer: ConnectionPeer<T>): Line<T> {
    const line = this.#lines.find((one) => one.peer === peer);
    if (line === undefined) throw new Error('a peer of no line');
    return line;
  }

  #checkStopped(): void {
    if (this.#running || this.#lines.some((line) => line.peer !== null)) return;
    const done = this.#stopped;
    this.#stopped = null;
    done?.();
  }
}

/** Statuses that mean our settings or the contract (R2): trying again soon changes nothing. */
function isConfiguration(status: number | null): boolean {
  return (
    status === Status.ESME_RBINDFAIL ||
    status === Status.ESME_RINVPASWD ||
    status === Status.ESME_RINVSYSID ||
    status === Status.ESME_RINVSYSTYP
  );
}

/** Until the peer has taken the connection over, within the same call. */
const nobody = { opened(): void {}, bytes(): void {}, drained(): void {}, closed(): void {} };

/** A sequence of fractions that differs from seed to seed: enough to keep lines from knocking together. */
function spread(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}
