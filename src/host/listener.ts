// A listening socket: limits, PROXY head, TLS handshake, in this order (R9); then the connection is handed over.

import type { Server, Socket } from 'node:net';
import { BlockList, createServer, isIPv6 } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Connection, Listener, ListenOptions, TlsServerOptions } from '../port/net.ts';
import { NodeConnection } from './connection.ts';
import type { InputTurn } from './inputTurn.ts';
import { canonicalAddress, readProxyHead } from './proxyProtocol.ts';
import { certificateFingerprint, serverTlsOptions } from './tls.ts';

/** A listed proxy sends its head at once. */
const PROXY_HEAD_MS = 3_000;

interface Ends {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export class NodeListener implements Listener {
  readonly #options: ListenOptions;
  readonly #accept: (connection: Connection) => void;
  readonly #turn: InputTurn;
  readonly #server: Server;
  readonly #tls: TlsServer | null;
  readonly #proxies: BlockList | null;
  readonly #perAddress = new Map<string, number>();
  /** Sockets on their way to hand-over, with what the PROXY head said; found again by the socket's own far end. */
  readonly #arriving = new Map<string, { readonly socket: Socket; readonly ends: Ends }>();
  #connections = 0;
  #closed = false;

  constructor(options: ListenOptions, accept: (connection: Connection) => void, turn: InputTurn) {
    this.#turn = turn;
    this.#options = options;
    this.#accept = accept;
    this.#proxies = options.proxies === null ? null : blockList(options.proxies);
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#arrive(socket));
    this.#tls = options.tls === null ? null : createTlsServer(serverTlsOptions(options.tls));
    this.#tls?.on('secureConnection', (socket: TLSSocket) => this.#secured(socket));
    this.#tls?.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy());
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#options.host, port: this.#options.port, backlog: 511 }, () => {
        this.#server.off('error', reject);
        // Running out of descriptors shows here; the connections that stand go on.
        this.#server.on('error', () => {});
        resolve(this);
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  renewTls(options: TlsServerOptions): void {
    if (this.#tls === null) throw new Error('a listener without TLS has no certificates');
    this.#tls.setSecureContext(serverTlsOptions(options));
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const { socket } of this.#arriving.values()) socket.destroy();
    return new Promise((resolve) => {
      // The callback of `close` waits for all connections, which are not ours to end.
      this.#server.close();
      setImmediate(resolve);
    });
  }

  #arrive(socket: Socket): void {
    const remoteAddress = canonicalAddress(socket.remoteAddress ?? '');
    socket.on('error', () => {});
    if (this.#closed || remoteAddress === '' || this.#connections >= this.#options.maxConnections) {
      socket.destroy();
      return;
    }
    this.#connections++;
    const key = farEnd(socket);
    socket.on('close', () => {
      this.#connections--;
      this.#arriving.delete(key);
    });
    const ends: Ends = {
      remoteAddress,
      remotePort: socket.remotePort ?? 0,
      localAddress: canonicalAddress(socket.localAddress ?? ''),
      localPort: socket.localPort ?? 0,
    };
    this.#arriving.set(key, { socket, ends });
    if (this.#proxies === null) this.#admit(socket, key, ends);
    else if (this.#proxies.check(remoteAddress, isIPv6(remoteAddress) ? 'ipv6' : 'ipv4'))
      this.#readHead(socket, key, ends);
    else socket.destroy();
  }

  #readHead(socket: Socket, key: string, ends: Ends): void {
    const deadline = setTimeout(() => socket.destroy(), PROXY_HEAD_MS);
    socket.on('close', () => clearTimeout(deadline));
    let seen: Buffer = Buffer.alloc(0);
    const read = (bytes: Buffer): void => {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      const head = readProxyHead(seen);
      if (head.code === 'more') return;
      clearTimeout(deadline);
      socket.off('data', read);
      if (head.code === 'bad') {
        socket.destroy();
        return;
      }
      socket.pause();
      if (seen.length > head.length) socket.unshift(seen.subarray(head.length));
      if (head.code === 'local') {
        this.#admit(socket, key, ends);
        return;
      }
      this.#admit(socket, key, {
        remoteAddress: canonicalAddress(head.sourceAddress),
        remotePort: head.sourcePort,
        localAddress: canonicalAddress(head.destinationAddress),
        localPort: head.destinationPort,
      });
    };
    socket.on('data', read);
  }

  #admit(socket: Socket, key: string, ends: Ends): void {
    const address = ends.remoteAddress;
    const before = this.#perAddress.get(address) ?? 0;
    if (before >= this.#options.maxConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, before + 1);
    socket.on('close', () => {
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
    if (this.#tls === null) {
      this.#arriving.delete(key);
      this.#handOver(socket, ends, false, null);
    } else {
      this.#arriving.set(key, { socket, ends });
      this.#tls.emit('connection', socket);
    }
  }

  #secured(socket: TLSSocket): void {
    const key = farEnd(socket);
    const arriving = this.#arriving.get(key);
    if (arriving === undefined) {
      socket.destroy();
      return;
    }
    this.#arriving.delete(key);
    socket.disableRenegotiation();
    this.#handOver(socket, arriving.ends, true, certificateFingerprint(socket));
  }

  #handOver(socket: Socket, ends: Ends, tls: boolean, fingerprint: string | null): void {
    const connection = new NodeConnection(
      socket,
      { ...ends, tls, certificateFingerprint: fingerprint },
      true,
      this.#turn,
    );
    // Before the owner hears of it, which may pause it at once.
    socket.resume();
    this.#accept(connection);
  }
}

function farEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Addresses and CIDR blocks; throws for anything else, since a typing error here would open or shut the door. */
export function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, more] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (more !== undefined || (prefix !== undefined && !/^\d+$/.test(prefix)))
      throw new RangeError(`not an address or CIDR block: ${entry}`);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
