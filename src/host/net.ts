// Node's sockets behind port/net.ts.

import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import type {
  Connection,
  ConnectionFacts,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  ListenOptions,
  Net,
} from '../port/net.ts';
import { NodeConnection } from './connection.ts';
import { InputTurn } from './inputTurn.ts';
import { NodeListener } from './listener.ts';
import { canonicalAddress } from './proxyProtocol.ts';
import { certificateFingerprint, clientTlsOptions } from './tls.ts';

/** Input of all outgoing plain connections goes through one buffer: it is used up before the next read begins. */
const READ_BYTES = 65_536;

/** `turn`: HostLoop's, so that a long stretch of input is several turns; without it it is one. */
export function createNet(turn: InputTurn = new InputTurn(() => {})): Net {
  const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  return {
    listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
      return new NodeListener(options, accept, turn).listen();
    },
    connect(options: ConnectOptions, handler: ConnectionHandler): Connection {
      const facts = unknownFacts(options);
      if (options.tls === null) {
        // The callback cannot fire before this function has returned.
        let connection: NodeConnection;
        const socket = connectTcp({
          host: options.host,
          port: options.port,
          noDelay: true,
          keepAlive: true,
          onread: {
            buffer: readBuffer,
            callback: (length: number, buffer: Uint8Array): boolean => {
              connection.input((buffer as Buffer).subarray(0, length));
              return true;
            },
          },
        });
        connection = new NodeConnection(socket, facts, false, turn);
        return watch(connection, socket, handler, options, 'connect', () => factsOf(socket, options, null));
      }
      const tcp = connectTcp({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
      const socket: TLSSocket = connectTls({ ...clientTlsOptions({ ...options, tls: options.tls }), socket: tcp });
      const connection = new NodeConnection(socket, facts, false, turn);
      tcp.on('error', (error: NodeJS.ErrnoException) => connection.fail(error.code ?? error.message));
      return watch(connection, socket, handler, options, 'secureConnect', () => factsOf(socket, options, socket));
    },
  };
}

function watch(
  connection: NodeConnection,
  socket: Socket,
  handler: ConnectionHandler,
  options: ConnectOptions,
  event: 'connect' | 'secureConnect',
  facts: () => ConnectionFacts,
): Connection {
  connection.handler = handler;
  const deadline = setTimeout(() => connection.fail('connect timeout'), options.connectTimeoutMs);
  socket.on('close', () => clearTimeout(deadline));
  socket.on(event, () => {
    clearTimeout(deadline);
    connection.open(facts());
  });
  return connection;
}

function unknownFacts(options: ConnectOptions): ConnectionFacts {
  return {
    remoteAddress: options.host,
    remotePort: options.port,
    localAddress: '',
    localPort: 0,
    tls: options.tls !== null,
    certificateFingerprint: null,
  };
}

function factsOf(socket: Socket, options: ConnectOptions, secure: TLSSocket | null): ConnectionFacts {
  return {
    remoteAddress: canonicalAddress(socket.remoteAddress ?? options.host),
    remotePort: socket.remotePort ?? options.port,
    localAddress: canonicalAddress(socket.localAddress ?? ''),
    localPort: socket.localPort ?? 0,
    tls: secure !== null,
    certificateFingerprint: secure === null ? null : certificateFingerprint(secure),
  };
}
