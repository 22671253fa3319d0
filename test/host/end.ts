// One end of a connection over real sockets, for tests: what it heard, and waiting for it.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { createNet } from '../../src/host/net.ts';
import type { CloseReason, Connection, ConnectOptions, Listener, ListenOptions } from '../../src/port/net.ts';

export const net = createNet();
export const plain: ListenOptions = {
  host: '127.0.0.1',
  port: 0,
  tls: null,
  proxies: null,
  maxConnectionsPerAddress: 10,
  maxConnections: 10,
};

/** Collects what one end sees; `until` resolves when a condition holds. */
export class End {
  connection: Connection | null = null;
  received = '';
  bytes = 0;
  nines = 0;
  opened = false;
  drains = 0;
  reason: CloseReason | null = null;
  #waiters: { readonly holds: () => boolean; readonly done: () => void }[] = [];
  readonly handler = {
    opened: () => this.#note(() => (this.opened = true)),
    bytes: (bytes: Buffer) =>
      this.#note(() => {
        this.bytes += bytes.length;
        if (bytes.includes(9)) this.nines++;
        if (this.received.length < 1000) this.received += bytes.latin1Slice();
      }),
    drained: () => this.#note(() => this.drains++),
    closed: (reason: CloseReason) =>
      this.#note(() => {
        assert.equal(this.reason, null, 'closed once');
        this.reason = reason;
      }),
  };
  take(connection: Connection): void {
    this.#note(() => {
      this.connection = connection;
      connection.handler = this.handler;
    });
  }
  until(holds: (end: this) => boolean): Promise<void> {
    return new Promise((done) => {
      this.#waiters.push({ holds: () => holds(this), done });
      this.#note(() => {});
    });
  }
  #note(change: () => void): void {
    change();
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.holds()) return true;
      waiter.done();
      return false;
    });
  }
}

export function to(port: number, tls: ConnectOptions['tls'] = null): ConnectOptions {
  return { host: '127.0.0.1', port, connectTimeoutMs: 5000, tls };
}

export function raw(listener: Listener): Socket {
  return connect({ host: '127.0.0.1', port: listener.port });
}
