// A world for driver tests: a clock that the test moves, and byte pipes between two ends in one process. Nothing here waits.

import type { Log } from '../../src/port/log.ts';
import type { Alarm, Loop } from '../../src/port/loop.ts';
import type {
  CloseReason,
  Connection,
  ConnectionFacts,
  ConnectionHandler,
  ConnectOptions,
  Listener,
  ListenOptions,
  Net,
} from '../../src/port/net.ts';

interface Planned {
  readonly atMs: number;
  readonly run: () => void;
  gone: boolean;
}

export class ManualLoop implements Loop {
  nowMs = 1_000;
  /** By how much the wall clock has been set. */
  wallOffsetMs = 0;
  #alarms: Planned[] = [];
  #endings: (() => void)[] = [];

  now(): number {
    return 1_700_000_000_000 + this.nowMs + this.wallOffsetMs;
  }
  monotonic(): number {
    return this.nowMs;
  }
  wakeAt(atMs: number, run: () => void): Alarm {
    const planned: Planned = { atMs, run, gone: false };
    this.#alarms.push(planned);
    return {
      cancel: () => {
        planned.gone = true;
      },
    };
  }
  urgent(): void {}
  endOfTurn(run: () => void): void {
    this.#endings.push(run);
  }
  get alarms(): number {
    return this.#alarms.filter((one) => !one.gone).length;
  }
  /** Everything that was to happen is lost: the world's programs have died. */
  forget(): void {
    this.#alarms = [];
    this.#endings = [];
  }
  /** Ends turns until nothing is left to do at this time. */
  settle(): void {
    for (let i = 0; this.#endings.length > 0; i++) {
      if (i > 100_000) throw new Error('the turns do not end');
      const due = this.#endings;
      this.#endings = [];
      for (const run of due) run();
    }
  }
  /** Lets time pass, alarm by alarm. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    this.settle();
    for (;;) {
      this.#alarms = this.#alarms.filter((one) => !one.gone);
      const next = this.#alarms.reduce<Planned | null>((a, b) => (a === null || b.atMs < a.atMs ? b : a), null);
      if (next === null || next.atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.gone = true;
      next.run();
      this.settle();
    }
    this.nowMs = endMs;
  }
}

/** One end of a pipe. What is written arrives at the other end with the next turn, unless that end does not read. */
export class PipeEnd implements Connection {
  handler: ConnectionHandler = { opened() {}, bytes() {}, drained() {}, closed() {} };
  readonly facts: ConnectionFacts;
  other: PipeEnd | null = null;
  /** Reads nothing, as a peer that hangs. */
  stuck = false;
  paused = false;
  writes = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #closed = false;
  #ending = false;
  #stopped = false;
  readonly #loop: ManualLoop;

  constructor(loop: ManualLoop, remoteAddress: string) {
    this.#loop = loop;
    const facts = { remotePort: 4000, localAddress: '127.0.0.1', localPort: 2775, tls: false };
    this.facts = { remoteAddress, ...facts, certificateFingerprint: null };
  }
  write(bytes: Buffer): boolean {
    if (this.#closed || this.#ending) return true;
    this.writes++;
    this.#waiting.push(Buffer.from(bytes));
    this.#waitingBytes += bytes.length;
    if (!this.#blockedByPeer()) this.#loop.endOfTurn(() => this.move());
    return this.#waitingBytes < 16_384;
  }
  get waitingBytes(): number {
    return this.#blockedByPeer() ? this.#waitingBytes : 0;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
    this.#loop.endOfTurn(() => this.other?.move());
  }
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#loop.endOfTurn(() => this.move());
  }
  destroy(): void {
    this.shut({ code: 'closed' });
    this.other?.shut({ code: 'ended' });
  }
  /** The network breaks. */
  cut(): void {
    this.shut({ code: 'broken', detail: 'ECONNRESET' });
    this.other?.shut({ code: 'broken', detail: 'ECONNRESET' });
  }
  fail(reason: CloseReason): void {
    this.shut(reason);
  }
  /** Gives only the oldest write to the other end, which goes on not reading. */
  moveOne(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#waitingBytes -= first.length;
    this.other?.handler.bytes(first);
  }
  /** Gives what waits to the other end. */
  move(): void {
    const other = this.other;
    if (other === null || this.#blockedByPeer() || this.#closed) return;
    const had = this.#waiting.length > 0;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (had && !other.#closed && !other.#ending) {
      other.handler.bytes(bytes);
      // Valid during the call only: who kept a view reads nonsense.
      bytes.fill(0xee);
    }
    if (had && !this.#stopped && !this.#ending) this.handler.drained();
    if (this.#ending) {
      this.shut({ code: 'closed' });
      other.shut({ code: 'ended' });
    }
  }
  #blockedByPeer(): boolean {
    return this.other !== null && (this.other.stuck || this.other.paused);
  }
  shut(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handler.closed(reason);
  }
}

export class PipeNet implements Net {
  readonly #loop: ManualLoop;
  readonly #ports = new Map<number, (connection: Connection) => void>();
  #nextPort = 10_000;
  /** All pipes made, client's ends. */
  readonly pipes: PipeEnd[] = [];
  address = '192.0.2.1';
  /** Why a connection to a port that nobody has does not stand. */
  refusal = 'ECONNREFUSED';

  constructor(loop: ManualLoop) {
    this.#loop = loop;
  }
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    this.#ports.set(port, accept);
    return Promise.resolve({
      port,
      renewTls: () => {},
      close: () => {
        this.#ports.delete(port);
        return Promise.resolve();
      },
    });
  }
  connect(options: ConnectOptions, handler: ConnectionHandler): PipeEnd {
    const near = new PipeEnd(this.#loop, '192.0.2.9');
    near.handler = handler;
    this.pipes.push(near);
    this.#loop.endOfTurn(() => {
      const accept = this.#ports.get(options.port);
      if (accept === undefined) {
        near.fail({ code: 'refused', detail: this.refusal });
        return;
      }
      const far = new PipeEnd(this.#loop, this.address);
      far.other = near;
      near.other = far;
      accept(far);
      near.handler.opened();
    });
    return near;
  }
}

export const silentLog: Log = { info() {}, warn() {}, error() {}, child: () => silentLog };

export function manualWorld(): { loop: ManualLoop; net: PipeNet; log: Log } {
  const loop = new ManualLoop();
  return { loop, net: new PipeNet(loop), log: silentLog };
}
