// The simulated network: which programs listen, how connections come to stand, and what may befall them all: delay, cut
// lines, partitions, half-open ends. One wire for the whole town; each incarnation of a program sees it through `netOf`.
import type { Chance } from '../operator/chance.ts';
import type { Connection, ConnectionHandler, ConnectOptions, Listener, ListenOptions, Net } from '../port/net.ts';
import type { Life } from './life.ts';
import type { Timeline } from './loop.ts';
import { SimEnd } from './pipe.ts';

/** The habits of the network in one run. Times in milliseconds, shares from 0 to 1. */
export interface NetWeather {
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** Share of deliveries that arrive in two pieces. */
  readonly fragments: number;
  /** Bytes that are under way or unread in one direction before the sender has to wait. */
  readonly capacityBytes: number;
  /** Unacknowledged for so long, a connection breaks. */
  readonly givesUpMs: number;
}

/** Hears every byte that a program hands to the network and every byte that it is given. Valid during the call. */
export interface WireTap {
  written(end: SimEnd, bytes: Buffer): void;
  /** Of what was written: the pipe has taken it, at once or when the other end had read enough. */
  taken(end: SimEnd, bytes: Buffer): void;
  read(end: SimEnd, bytes: Buffer): void;
}

interface Door {
  readonly life: Life;
  readonly accept: (connection: Connection) => void;
}

export class Wire {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly weather: NetWeather;
  tap: WireTap | null = null;
  /** Client ends of all connections that have not ended on both sides, oldest first. */
  readonly lines = new Set<SimEnd>();
  /** Machines that have power. */
  readonly up = new Set<string>();
  /** Faults stop: deliveries are fast and nothing is cut any more. */
  calm = false;
  readonly #doors = new Map<number, Door>();
  readonly #cut = new Set<string>();
  #nextPort = 20_000;
  #nextLine = 1;
  #listeners: (() => void)[] = [];

  constructor(timeline: Timeline, chance: Chance, weather: NetWeather) {
    this.timeline = timeline;
    this.chance = chance;
    this.weather = weather;
  }

  delayMs(): number {
    const { delayMinMs, delayMaxMs } = this.weather;
    return (
      delayMinMs + this.chance.fraction() * (this.calm ? Math.min(1, delayMaxMs - delayMinMs) : delayMaxMs - delayMinMs)
    );
  }

  /** Nothing passes between two nodes until `heal`. */
  partition(a: string, b: string): void {
    this.#cut.add(pair(a, b));
  }

  heal(a: string, b: string): void {
    if (this.#cut.delete(pair(a, b))) this.changed();
  }

  healAll(): void {
    this.#cut.clear();
    this.changed();
  }

  parted(a: string, b: string): boolean {
    return this.#cut.has(pair(a, b));
  }

  /** A path is open again, or a node is up: what was held back tries again. */
  changed(): void {
    const waiting = this.#listeners;
    this.#listeners = [];
    for (const one of waiting) one();
  }

  /** Calls `run` once at the next change of paths. */
  onChange(run: () => void): void {
    this.#listeners.push(run);
  }

  netOf(life: Life, address: string): Net {
    return {
      listen: (options, accept) => this.#listen(life, options, accept),
      connect: (options, handler) => this.#connect(life, address, options, handler),
    };
  }

  #listen(life: Life, options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    if (!life.step()) return new Promise(() => undefined);
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    if (this.#doors.get(port)?.life.alive) return Promise.reject(new Error(`port ${port} is in use`));
    const door: Door = { life, accept };
    this.#doors.set(port, door);
    return Promise.resolve({
      port,
      renewTls: () => undefined,
      close: () => {
        if (this.#doors.get(port) === door) this.#doors.delete(port);
        return Promise.resolve();
      },
    });
  }

  #connect(life: Life, address: string, options: ConnectOptions, handler: ConnectionHandler): Connection {
    const number = this.#nextLine++;
    const facts = { remotePort: options.port, localAddress: address, localPort: 30_000 + number, tls: false };
    const near = new SimEnd(this, life, number, options.port, 'client', {
      ...facts,
      remoteAddress: options.host,
      certificateFingerprint: null,
    });
    near.handler = handler;
    if (!life.step()) return near;
    this.lines.add(near);
    const giveUp = this.timeline.plan(this.timeline.nowMs + options.connectTimeoutMs, life, 'connect timeout', () =>
      near.fail({ code: 'refused', detail: 'ETIMEDOUT' }),
    );
    near.onOpen = () => giveUp.cancel();
    const knock = (): void => {
      if (near.closed || !life.alive) return;
      const door = this.#doors.get(options.port);
      const node = door?.life.node;
      // A node that is down, or behind a cut, says nothing at all.
      if (node !== undefined && (this.parted(life.node, node) || !this.up.has(node))) {
        this.onChange(() => this.timeline.plan(this.timeline.nowMs + this.delayMs(), null, 'syn again', knock));
        return;
      }
      if (door === undefined || !door.life.alive) {
        giveUp.cancel();
        this.timeline.plan(this.timeline.nowMs + this.delayMs(), life, 'refused', () =>
          near.fail({ code: 'refused', detail: 'ECONNREFUSED' }),
        );
        return;
      }
      const far = new SimEnd(this, door.life, number, options.port, 'server', {
        remoteAddress: address,
        remotePort: 30_000 + number,
        localAddress: options.host,
        localPort: options.port,
        tls: false,
        certificateFingerprint: null,
      });
      near.join(far);
      far.join(near);
      if (!door.life.step()) return;
      door.accept(far);
      far.sayOpen();
    };
    this.timeline.plan(this.timeline.nowMs + this.delayMs(), null, 'syn', knock);
    return near;
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
