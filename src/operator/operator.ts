// The simulated operator: a real SMPP message centre over real connections, well-behaved or not, as it is told.
// Puts the rooms together; what each does stands there.
import type { Http, HttpListener } from '../port/http.ts';
import type { Log } from '../port/log.ts';
import type { Alarm, Loop } from '../port/loop.ts';
import type { Connection, Listener, Net } from '../port/net.ts';
import { AccountState } from './account.ts';
import { Chance } from './chance.ts';
import type { Behaviour, OperatorConfig } from './config.ts';
import { Core } from './core.ts';
import type { Digest } from './digest.ts';
import { FaultDraw } from './faults.ts';
import { Handsets } from './handsets.ts';
import { MessageIds } from './ids.ts';
import { Messages } from './messages.ts';
import { Mo } from './mo.ts';
import { Receipts } from './receipts.ts';
import { Session, type SessionOwner } from './session.ts';
import { Submits } from './submits.ts';
import { operatorHttp } from './web.ts';
import { Wheel } from './wheel.ts';

/** What the operator needs of the world. */
export interface OperatorWorld {
  readonly loop: Loop;
  readonly net: Net;
  readonly http: Http;
  readonly log: Log;
}

/** Called once per whole message at a handset, for a log on disk. `digest` is valid during the call. */
export type HandsetLog = (number: string, digest: Digest, parts: number) => void;

/** Room for open messages and for digests at the start; both grow. Who keeps texts keeps few messages. */
const OPEN_AT_START = { texts: 1024, counts: 65_536 } as const;
const DIGESTS_AT_START = { texts: 4096, counts: 1 << 20 } as const;
const SWEEP_MS = 1000;

export class Operator {
  readonly core: Core;
  readonly handsets: Handsets;
  readonly mo: Mo;
  readonly #world: OperatorWorld;
  readonly #wheel: Wheel;
  readonly #messages: Messages;
  readonly #submits: Submits;
  readonly #owner: SessionOwner;
  #alarm: Alarm | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;
  #sweeping: Alarm | null = null;
  #nextSession = 1;
  #listener: Listener | null = null;
  #web: HttpListener | null = null;
  readonly #startedAt: number;

  constructor(world: OperatorWorld, config: OperatorConfig, handsetLog: HandsetLog | null) {
    this.#world = world;
    const chance = new Chance(config.seed);
    this.core = new Core(world.loop, config, chance, new FaultDraw(chance));
    for (const [index, account] of config.accounts.entries()) {
      const state = new AccountState(account, index);
      this.core.accounts.set(account.systemId, state);
      this.core.accountList.push(state);
    }
    this.#startedAt = world.loop.now();
    this.handsets = new Handsets(
      config.handsets,
      config.handsetMessages,
      config.defaultAlphabet,
      DIGESTS_AT_START[config.handsets],
    );
    this.handsets.onMessage = handsetLog;
    this.#messages = new Messages(OPEN_AT_START[config.handsets]);
    this.#wheel = new Wheel(world.loop.monotonic(), OPEN_AT_START[config.handsets]);
    const ids = new MessageIds(config.messageIds, Math.floor(this.#startedAt / 1000));
    const receipts = new Receipts(this.core, this.#messages, ids);
    this.#submits = new Submits(this.core, this.#messages, this.#wheel, this.handsets, ids, receipts);
    receipts.again = (index, atMs) => this.#submits.again(index, atMs);
    this.mo = new Mo(this.core, receipts);
    this.core.wakeBy = (atMs) => this.#wakeBy(Math.ceil(atMs));
    this.#owner = {
      submit: (session, bytes, from, to, command) => this.#submits.take(session, bytes, from, to, command),
      query: (session, bytes, from, to) => this.#submits.query(session, bytes, from, to),
      delivered: (_session, entry, status) => receipts.delivered(entry, status),
      undelivered: (_session, entry) => receipts.undelivered(entry),
    };
    this.setBehaviour(config.behaviour);
  }

  /** Ports that are listened on; `http` is null when there is none. Rejects when a port cannot be had. */
  async start(): Promise<{ readonly port: number; readonly httpPort: number | null }> {
    const { config } = this.core;
    this.#listener = await this.#world.net.listen(
      {
        host: config.host,
        port: config.port,
        tls: config.tls,
        proxies: null,
        maxConnectionsPerAddress: config.maxConnections,
        maxConnections: config.maxConnections,
      },
      (connection) => this.#accept(connection),
    );
    if (config.http !== null) {
      this.#web = await this.#world.http.serve({ ...config.http, tls: null }, operatorHttp(this));
    }
    this.#sweep();
    return { port: this.#listener.port, httpPort: this.#web?.port ?? null };
  }

  async stop(): Promise<void> {
    this.#sweeping?.cancel();
    this.#alarm?.cancel();
    this.mo.stop();
    const listening = this.#listener?.close();
    this.disconnect();
    await listening;
    await this.#web?.close();
  }

  setBehaviour(behaviour: Behaviour): void {
    this.core.behaviour = behaviour;
    this.core.faults.set(behaviour.faults);
    this.mo.setRate(behaviour.moPerSecond);
  }

  /** Cuts every connection, as a crash of ours would; how many there were. */
  disconnect(): number {
    const sessions = [...this.core.sessions.values()];
    for (const session of sessions) session.cut();
    return sessions.length;
  }

  /** What has happened so far, for `GET /status`. */
  status(): object {
    const { core } = this;
    const nowMs = core.loop.monotonic();
    return {
      uptimeSeconds: Math.round((core.loop.now() - this.#startedAt) / 1000),
      sessions: core.sessions.size,
      openMessages: this.#messages.open,
      accounts: core.accountList.map((account) => ({
        systemId: account.config.systemId,
        binds: account.sessions.length,
        inFlight: account.sessions.reduce((sum, session) => sum + session.inFlight, 0),
        unanswered: account.sessions.reduce((sum, session) => sum + session.unanswered, 0),
        queuedReceipts: account.queued,
        submits: account.submits,
        throttled: account.throttled,
        throttle: account.config.throttle,
        submitsInLastSecond: account.offered.within(nowMs),
        /** The most submits that any one second has held, wherever it began: all, and those let through. */
        maxSubmitsInOneSecond: account.offered.peak,
        maxAdmittedInOneSecond: account.config.throttle > 0 ? account.admitted.peak : account.offered.peak,
      })),
      counters: core.counters,
      misbehaved: Object.fromEntries(core.faults.counts),
      handsets: this.handsets.summary(),
    };
  }

  #accept(connection: Connection): void {
    const session = new Session(this.#nextSession, this.core, this.#owner, connection);
    this.#nextSession += 1;
    connection.handler = session;
    this.core.sessions.set(session.id, session);
    this.core.counters.connections += 1;
    if (this.core.faults.draw('disconnect-in-state:open')) session.close();
  }

  #wakeBy(atMs: number): void {
    if (atMs >= this.#alarmAt) return;
    const { grainMs } = this.core.config;
    this.#alarm?.cancel();
    this.#alarmAt = Math.ceil(atMs / grainMs) * grainMs;
    this.#alarm = this.core.loop.wakeAt(this.#alarmAt, () => this.#tick());
  }

  #tick(): void {
    // While the wheel turns nothing needs to be woken: the next alarm is set below.
    this.#alarmAt = Number.NEGATIVE_INFINITY;
    this.#alarm = null;
    this.#wheel.advance(this.core.loop.monotonic(), (index) => this.#submits.fire(index));
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const next = this.#wheel.nextMs();
    if (next !== null) this.#wakeBy(next);
  }

  #sweep(): void {
    const nowMs = this.core.loop.monotonic();
    for (const session of this.core.sessions.values()) session.sweep(nowMs);
    this.#sweeping = this.core.loop.wakeAt(nowMs + SWEEP_MS, () => this.#sweep());
  }
}
