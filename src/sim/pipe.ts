// One end of a simulated connection: an ordered byte stream with a bounded pipe behind it. Bytes arrive late, in pieces or
// not at all; an end may be dead without the other knowing.
import type { CloseReason, Connection, ConnectionFacts, ConnectionHandler } from '../port/net.ts';
import type { Life } from './life.ts';
import type { Wire } from './net.ts';

/** As host/connection.ts. */
const HIGH_WATER_BYTES = 262_144;
const LINGER_MS = 2000;
const nobody: ConnectionHandler = { opened() {}, bytes() {}, drained() {}, closed() {} };

type Item = { readonly kind: 'open' | 'fin' | 'reset' } | { readonly kind: 'bytes'; bytes: Buffer };

export class SimEnd implements Connection {
  handler: ConnectionHandler = nobody;
  readonly facts: ConnectionFacts;
  readonly life: Life;
  /** The connection's number; both ends have the same. */
  readonly line: number;
  /** Port of the listener. */
  readonly port: number;
  readonly side: 'client' | 'server';
  other: SimEnd | null = null;
  closed = false;
  /** Whoever writes here writes into nothing, and nobody says so: a firewall has forgotten the connection. */
  blackHole = false;
  /** Does not read, whatever its program says. */
  stalled = false;
  /** Its program has closed it. */
  ending = false;
  onOpen: () => void = () => undefined;
  readonly #wire: Wire;
  #paused = false;
  /** Written and not yet given to the pipe. */
  readonly #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #drainWanted = false;
  /** In the pipe towards the other end, oldest first, with the time of arrival. */
  readonly #pipe: { readonly item: Item; readonly atMs: number }[] = [];
  #pipeBytes = 0;
  #moving = false;
  #lastAtMs = 0;
  /** Arrived here and not yet read. */
  readonly #arrived: Buffer[] = [];
  #finArrived = false;

  constructor(wire: Wire, life: Life, line: number, port: number, side: 'client' | 'server', facts: ConnectionFacts) {
    this.#wire = wire;
    this.life = life;
    this.line = line;
    this.port = port;
    this.side = side;
    this.facts = facts;
  }

  join(other: SimEnd): void {
    this.other = other;
  }

  /** The listener's answer to the client. */
  sayOpen(): void {
    this.#put({ kind: 'open' });
  }

  write(bytes: Buffer): boolean {
    if (this.closed || this.ending || !this.life.step()) return true;
    this.#wire.tap?.written(this, bytes);
    this.#unsent.push(Buffer.from(bytes));
    this.#unsentBytes += bytes.length;
    this.#fill();
    if (this.#unsentBytes > 0) this.#drainWanted = true;
    return this.#unsentBytes <= HIGH_WATER_BYTES;
  }

  get waitingBytes(): number {
    return this.#unsentBytes;
  }

  pause(): void {
    if (!this.ending) this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#readLater();
  }

  /** The end's program reads again. */
  unstall(): void {
    this.stalled = false;
    this.#readLater();
  }

  end(): void {
    if (this.closed || this.ending || !this.life.step()) return;
    this.ending = true;
    this.#paused = false;
    if (this.#unsentBytes === 0) this.#put({ kind: 'fin' });
    this.#wire.timeline.plan(this.#wire.timeline.nowMs + LINGER_MS, this.life, 'linger', () =>
      this.fail({ code: 'closed' }),
    );
  }

  destroy(): void {
    if (this.closed || !this.life.step()) return;
    this.ending = true;
    this.#unsent.length = this.#unsentBytes = 0;
    this.#put({ kind: 'fin' });
    this.#wire.timeline.plan(this.#wire.timeline.nowMs, this.life, 'destroyed', () => this.fail({ code: 'closed' }));
  }

  /** The end's program hears that it is over, now. */
  fail(reason: CloseReason): void {
    if (this.closed) return;
    this.closed = true;
    this.#unsent.length = this.#unsentBytes = this.#arrived.length = 0;
    this.#forget();
    if (reason.code === 'refused' && this.other !== null) this.#put({ kind: 'reset' });
    if (this.life.step()) this.handler.closed(reason);
  }

  /** The network breaks the connection; both ends hear of it, each in its own time. What is under way is lost. */
  break(detail: string): void {
    for (const end of [this, this.other]) {
      if (end === null || end.closed) continue;
      end.#pipe.length = 0;
      end.#pipeBytes = 0;
      end.blackHole = true;
      this.#wire.timeline.plan(this.#wire.timeline.nowMs + this.#wire.delayMs(), end.life, 'broken', () =>
        end.fail({ code: 'broken', detail }),
      );
    }
  }

  /** The end's program has died. `silent`: with its whole machine, so that nobody tells the other end. */
  dies(silent: boolean): void {
    if (this.closed) return;
    this.closed = true;
    this.#unsent.length = 0;
    this.#unsentBytes = 0;
    this.#forget();
    if (!silent) this.#put({ kind: this.#arrived.length > 0 ? 'reset' : 'fin' });
    else {
      this.#pipe.length = 0;
      this.#pipeBytes = 0;
    }
  }

  #forget(): void {
    if (this.other === null || this.other.closed)
      this.#wire.lines.delete(this.side === 'client' ? this : (this.other ?? this));
  }

  /** Moves what was written into the pipe, as far as it goes. */
  #fill(): void {
    const { capacityBytes } = this.#wire.weather;
    while (this.#unsentBytes > 0 && this.#pipeBytes < capacityBytes) {
      const first = this.#unsent[0] as Buffer;
      const room = capacityBytes - this.#pipeBytes;
      const piece = first.length <= room ? first : first.subarray(0, room);
      if (piece === first) this.#unsent.shift();
      else this.#unsent[0] = first.subarray(room);
      this.#unsentBytes -= piece.length;
      this.#pipeBytes += piece.length;
      this.#wire.tap?.taken(this, piece);
      this.#put({ kind: 'bytes', bytes: piece });
    }
    if (this.#unsentBytes > 0 || !this.life.alive) return;
    if (this.ending) {
      if (this.#drainWanted) this.#put({ kind: 'fin' });
      this.#drainWanted = false;
    }
  }

  #put(item: Item): void {
    if (this.blackHole) return;
    this.#lastAtMs = Math.max(this.#lastAtMs, this.#wire.timeline.nowMs + this.#wire.delayMs());
    this.#pipe.push({ item, atMs: this.#lastAtMs });
    this.#move();
  }

  /** Lets the oldest of the pipe arrive in its time. */
  #move(): void {
    const first = this.#pipe[0];
    if (first === undefined || this.#moving) return;
    this.#moving = true;
    this.#wire.timeline.plan(first.atMs, null, 'net', () => {
      this.#moving = false;
      this.#arrive();
    });
  }

  #arrive(): void {
    const { other } = this;
    const first = this.#pipe[0];
    if (first === undefined || other === null || this.blackHole) return;
    const wire = this.#wire;
    const reachable = !wire.parted(this.life.node, other.life.node) && wire.up.has(other.life.node);
    if (!reachable) {
      this.#hold();
      return;
    }
    this.#pipe.shift();
    const { item } = first;
    if (other.closed) {
      // Nobody knows this connection there any more.
      if (item.kind === 'bytes' && !this.closed) {
        wire.timeline.plan(wire.timeline.nowMs + wire.delayMs(), this.life, 'reset', () =>
          this.fail({ code: 'broken', detail: 'ECONNRESET' }),
        );
      }
    } else other.#receive(item);
    this.#move();
  }

  /** The path is closed: tried again when it opens, given up after a while. */
  #hold(): void {
    const wire = this.#wire;
    this.#moving = true;
    const first = this.#pipe[0];
    const giveUp = wire.timeline.plan(wire.timeline.nowMs + wire.weather.givesUpMs, this.life, 'gave up', () => {
      if (this.#pipe[0] === first && !this.closed) this.fail({ code: 'broken', detail: 'ETIMEDOUT' });
    });
    wire.onChange(() => {
      giveUp.cancel();
      wire.timeline.plan(wire.timeline.nowMs + wire.delayMs(), null, 'net', () => {
        this.#moving = false;
        this.#arrive();
      });
    });
  }

  #receive(item: Item): void {
    switch (item.kind) {
      case 'open':
        this.onOpen();
        if (this.life.step()) this.handler.opened();
        return;
      case 'reset':
        this.fail({ code: 'broken', detail: 'ECONNRESET' });
        return;
      case 'fin':
        this.#finArrived = true;
        this.#read();
        return;
      case 'bytes':
        this.#arrived.push(item.bytes);
        this.#read();
    }
  }

  #readLater(): void {
    if (this.#arrived.length === 0 && !this.#finArrived) return;
    this.#wire.timeline.plan(this.#wire.timeline.nowMs, this.life, 'read', () => this.#read());
  }

  #read(): void {
    const wire = this.#wire;
    while (!this.closed && !this.#paused && !this.stalled && this.#arrived.length > 0) {
      const first = this.#arrived.shift() as Buffer;
      let piece = first;
      if (first.length > 1 && wire.chance.fraction() < wire.weather.fragments) {
        const cut = 1 + wire.chance.below(first.length - 1);
        piece = first.subarray(0, cut);
        this.#arrived.unshift(first.subarray(cut));
      }
      if (this.other !== null) this.other.#taken(piece.length);
      if (this.ending) continue;
      wire.tap?.read(this, piece);
      if (!this.life.step()) return;
      const bytes = Buffer.from(piece);
      this.handler.bytes(bytes);
      // Valid during the call only: who kept a view reads nonsense.
      bytes.fill(0xee);
      if (piece !== first && this.#arrived.length > 0) {
        this.#readLater();
        return;
      }
    }
    if (this.#finArrived && this.#arrived.length === 0 && !this.closed && !this.stalled && !this.#paused) {
      if (!this.ending) this.#put({ kind: 'fin' });
      this.fail(this.ending ? { code: 'closed' } : { code: 'ended' });
    }
  }

  /** The other end has read so many bytes of ours. */
  #taken(bytes: number): void {
    this.#pipeBytes -= bytes;
    if (this.closed) return;
    const had = this.#unsentBytes > 0;
    this.#fill();
    if (!had || this.#unsentBytes > 0 || this.ending) return;
    this.#drainWanted = false;
    this.#wire.timeline.plan(this.#wire.timeline.nowMs, this.life, 'drained', () => {
      if (!this.closed && !this.ending && this.#unsentBytes === 0) this.handler.drained();
    });
  }
}
