// An SMPP port: listens, admits (R9), makes peers, keeps count of those that have not bound, delays failed binds (R2).
// Who may bind and what a request means is the owner's.
import type { Log } from '../port/log.ts';
import type { Loop } from '../port/loop.ts';
import type { Connection, ConnectOptions, Listener, Net, TlsServerOptions } from '../port/net.ts';
import { BindFailures } from './bindFailures.ts';
import type { PeerKeeper } from './peerSink.ts';
import { ConnectionPeer } from './smppPeer.ts';
import type { ConnectionCounts, PeerHandler, SmppPeer, SmppServer, SmppServerOptions } from './types.ts';

const TELL_EVERY = 100;

/** The ports that servers and clients need. */
export interface DriverWorld {
  readonly loop: Loop;
  readonly net: Net;
  readonly log: Log;
}

/** Opens the port. `handler` is what every new peer starts with. */
export async function listenSmpp<T>(
  world: DriverWorld,
  options: SmppServerOptions,
  handler: PeerHandler<T>,
): Promise<SmppServer<T>> {
  const server = new Server<T>(world, options, handler);
  await server.open();
  return server;
}

class Server<T> implements SmppServer<T>, PeerKeeper<T> {
  readonly peers: Set<SmppPeer<T>> = new Set();
  readonly #world: DriverWorld;
  readonly #options: SmppServerOptions;
  readonly #handler: PeerHandler<T>;
  readonly #failures = new BindFailures();
  readonly #unbound = new Set<ConnectionPeer<T>>();
  /** Connections of ours on which an outbind is still to be written. */
  readonly #outbinds = new Map<SmppPeer<T>, { readonly systemId: string; readonly password: string }>();
  #listener: Listener | null = null;
  #nextId = 1;
  #closing = false;
  #allClosed: (() => void) | null = null;
  #acceptsLeft: number;
  #acceptsAtMs: number;
  readonly #counts: ConnectionCounts;

  constructor(world: DriverWorld, options: SmppServerOptions, handler: PeerHandler<T>) {
    this.#world = world;
    this.#options = options;
    this.#handler = handler;
    this.#counts = options.counts ?? { connections_refused: 0, connections_pushed_out: 0 };
    this.#acceptsLeft = options.acceptsPerSecond;
    this.#acceptsAtMs = world.loop.monotonic();
  }

  async open(): Promise<void> {
    this.#listener = await this.#world.net.listen(this.#options.listen, (connection) => this.#accept(connection));
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  outbind(connect: ConnectOptions, systemId: string, password: string): boolean {
    if (this.#closing || this.#unbound.size >= this.#options.maxUnbound) return false;
    const { loop, net } = this.#world;
    const connection = net.connect(connect, NOBODY);
    const role = { role: 'mc', acceptOutbind: false } as const;
    const peer = new ConnectionPeer<T>(this.#nextId++, connection, loop, role, this.#options.peer, this.#handler, this);
    this.#outbinds.set(peer, { systemId, password });
    this.peers.add(peer);
    this.#unbound.add(peer);
    return true;
  }

  renewTls(options: TlsServerOptions): void {
    this.#listener?.renewTls(options);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#allClosed = resolve;
    });
    const listener = this.#listener?.close();
    for (const peer of [...this.peers]) peer.unbind();
    if (this.peers.size > 0) await closed;
    await listener;
  }

  #accept(connection: Connection): void {
    const nowMs = this.#world.loop.monotonic();
    if (this.#closing || !this.#mayAccept(nowMs) || !this.#hasRoom()) {
      this.#tell('connections refused', ++this.#counts.connections_refused);
      connection.destroy();
      return;
    }
    const role = this.#options.outbinds
      ? ({ role: 'esme', acceptOutbind: true } as const)
      : ({ role: 'mc', acceptOutbind: false } as const);
    const { peer: options } = this.#options;
    const { loop } = this.#world;
    const peer = new ConnectionPeer<T>(this.#nextId++, connection, loop, role, options, this.#handler, this);
    this.peers.add(peer);
    this.#unbound.add(peer);
  }

  /**
   * At the limit the stranger that has been silent longest makes room: a customer binds at once, so a crowd that never
   * binds shuts nobody out.
   */
  #hasRoom(): boolean {
    if (this.#unbound.size < this.#options.maxUnbound) return true;
    for (const peer of this.#unbound) {
      if (peer.state !== 'open' || peer.systemId !== '' || this.#outbinds.has(peer)) continue;
      this.#unbound.delete(peer);
      this.#tell('connections pushed out', ++this.#counts.connections_pushed_out);
      peer.close('made room for a newer connection');
      return true;
    }
    return false;
  }

  /** A scan must not fill the log: the first of each hundred is told. */
  #tell(what: string, count: number): void {
    if (count % TELL_EVERY === 1) this.#world.log.warn(what, { unbound: this.#unbound.size, count });
  }

  /** A bucket of one second's accepts. */
  #mayAccept(nowMs: number): boolean {
    const perSecond = this.#options.acceptsPerSecond;
    const refill = ((nowMs - this.#acceptsAtMs) / 1000) * perSecond;
    this.#acceptsLeft = Math.min(perSecond, this.#acceptsLeft + refill);
    this.#acceptsAtMs = nowMs;
    if (this.#acceptsLeft < 1) return false;
    this.#acceptsLeft--;
    return true;
  }

  admits(peer: ConnectionPeer<T>, systemId: string): boolean {
    return !this.#closing && this.#failures.admits(peer.facts.remoteAddress, systemId, this.#world.loop.monotonic());
  }

  refusalDelayMs(peer: ConnectionPeer<T>, systemId: string): number {
    return this.#failures.failed(peer.facts.remoteAddress, systemId, this.#world.loop.monotonic());
  }

  stands(peer: ConnectionPeer<T>): void {
    this.#unbound.delete(peer);
    this.#failures.succeeded(peer.facts.remoteAddress, peer.systemId);
  }

  refused(): void {}

  connected(peer: ConnectionPeer<T>): void {
    const outbind = this.#outbinds.get(peer);
    if (outbind === undefined) return;
    this.#outbinds.delete(peer);
    peer.outbind(outbind.systemId, outbind.password);
  }

  gone(peer: ConnectionPeer<T>): void {
    this.peers.delete(peer);
    this.#unbound.delete(peer);
    this.#outbinds.delete(peer);
    if (this.#closing && this.peers.size === 0) this.#allClosed?.();
  }
}

const NOBODY = { opened(): void {}, bytes(): void {}, drained(): void {}, closed(): void {} };
