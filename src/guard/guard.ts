// The guard: entry of the program that alone speaks to suppliers. Builds the rooms, recovers, opens the doors, beats, cleans,
// reloads and stops. It fails closed: when its journal cannot be trusted nothing leaves any more and the program ends.
import { ByteWriter } from '../base/bytes.ts';
import { RandomPool } from '../base/random.ts';
import { CommitLog, type CommitState } from '../driver/commit.ts';
import { SmppClient } from '../driver/smppClient.ts';
import { listenSmpp } from '../driver/smppServer.ts';
import type { SmppServer } from '../driver/types.ts';
import { emissionFacts } from '../egress/reparse.ts';
import type { HttpListener } from '../port/http.ts';
import type { Alarm } from '../port/loop.ts';
import type { World } from '../port/world.ts';
import { SeedCommitments } from '../tlog/seedCommitments.ts';
import { adminHandler } from './admin.ts';
import { Answers } from './answers.ts';
import { beginRun } from './beginRun.ts';
import { Cleaner } from './clean.ts';
import type { GuardConfig } from './config.ts';
import { type Core, IdSource, newCounters } from './core.ts';
import { Due } from './due.ts';
import { LinkOrders } from './linkOrders.ts';
import { Link, Links } from './links.ts';
import { Mo } from './mo.ts';
import { OnDisk } from './onDisk.ts';
import { OpPool } from './op.ts';
import { Orders } from './orders.ts';
import { Outcomes } from './outcomes.ts';
import { PartReceipts } from './partReceipts.ts';
import { PartsIn } from './partsIn.ts';
import { PartsOut } from './partsOut.ts';
import { Receipts } from './receipts.ts';
import { RecordType } from './records.ts';
import { Recovery } from './recover.ts';
import { writeHeartbeat } from './runRecords.ts';
import { SentStore } from './sentStore.ts';
import { serverOptions } from './serverOptions.ts';
import { Doorkeeper } from './upstreamBind.ts';
import { Upstreams } from './upstreams.ts';

const HEARTBEAT_MS = 10_000;
const TICK_MS = 50;
const RANDOM_POOL_BYTES = 16_384;
/** One guard at a time has the data; a clock that was set back must not fence it from its own journal. */
const EPOCH = 1;
/** How long a stop waits for suppliers' and upstreams' last answers. */
const STOP_MS = 15_000;

export interface GuardOptions {
  readonly world: World;
  readonly config: GuardConfig;
  /** The guard has ended by itself: its journal cannot be trusted. Exit with an error. */
  readonly onHalt: (reason: string) => void;
}

type Building = { -readonly [K in keyof Core]?: Core[K] };

/** Recovers and opens the doors. */
export async function startGuard(options: GuardOptions): Promise<Guard> {
  const guard = new Guard(options);
  await guard.start();
  return guard;
}

export class Guard {
  readonly core: Core;
  readonly #options: GuardOptions;
  readonly #onDisk: OnDisk;
  readonly #due: Due;
  #servers: SmppServer<number>[] = [];
  #admin: HttpListener | null = null;
  #cleaner: Cleaner | null = null;
  #alarm: Alarm | null = null;
  #nextHeartbeat = 0;
  #stopping = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { world, config } = options;
    const building: Building = {
      world,
      config,
      counters: newCounters(),
      closedReason: 'the guard is starting',
      halted: false,
    };
    const core = building as Core;
    this.core = core;
    building.random = new RandomPool((target) => world.crypto.randomFill(target), RANDOM_POOL_BYTES);
    building.ids = new IdSource();
    building.log = new CommitLog({
      journal: world.journal,
      loop: world.loop,
      slot: config.slot,
      epoch: EPOCH,
      onOutcome: (state) => this.#journalState(state),
    });
    building.spill = world.spill('guard');
    building.sent = new SentStore(config.maxOpsInMemory);
    building.ops = new OpPool(config.maxOpsInMemory);
    building.links = new Links(
      (number, link) =>
        new Link(
          core,
          number,
          link,
          (clientOptions, handler) => new SmppClient(world, clientOptions, handler, () => core.random.fraction()),
        ),
    );
    building.linkOrders = new LinkOrders(core);
    const upstreams = new Upstreams(core);
    building.upstreams = upstreams;
    this.#onDisk = new OnDisk(core);
    this.#due = new Due(core, this.#onDisk);
    building.outcomes = new Outcomes(core);
    building.receipts = new Receipts(core, this.#onDisk);
    const commitments = new SeedCommitments(core.world.crypto.sha256Octets);
    const scratch = { writer: new ByteWriter(), facts: emissionFacts(), commitments };
    upstreams.answers = new Answers(core);
    upstreams.orders = new Orders(core, upstreams.answers, scratch);
    upstreams.mo = new Mo(core);
    upstreams.partsOut = new PartsOut(core, scratch, (parts) => upstreams.parts.ended(parts));
    upstreams.partReceipts = new PartReceipts(core);
    upstreams.parts = new PartsIn(core, upstreams.partsOut);
  }

  /** Ports of the listeners, in the order of the configuration. */
  get ports(): readonly number[] {
    return this.#servers.map((server) => server.port);
  }

  /** Port of the admin; 0: there is none. */
  get adminPort(): number {
    return this.#admin?.port ?? 0;
  }

  async start(): Promise<void> {
    const { core } = this;
    core.upstreams.configure(core.config.upstreams);
    const links = core.links.configure(core.config.links);
    const recovery = new Recovery(core, this.#onDisk, this.#due);
    await new Promise<void>((resolve) => {
      core.log.recover((seq, records, secrets) => recovery.batch(seq, records, secrets), resolve);
    });
    await recovery.complete();
    const past = recovery.finish();
    if (past.lastStart !== null) this.#onDisk.mayHold();
    const start = beginRun(core, past);
    this.#cleaner = new Cleaner(core, this.#onDisk, this.#due, start, core.log.seq);
    recovery.resume();
    await recovery.settle();
    core.log.recovered();
    await this.#durable();
    core.closedReason = null;
    for (const listen of core.config.listen) {
      this.#servers.push(
        await listenSmpp(core.world, serverOptions(core.config, listen, core.counters), new Doorkeeper(core)),
      );
    }
    const { admin } = core.config;
    if (admin !== null) {
      const { host, port, token } = admin;
      this.#admin = await core.world.http.serve({ host, port, tls: null }, adminHandler(core, token));
    }
    for (const link of links) {
      // The last run's writes of this second are not known any more; a supplier counts them all the same.
      if (past.lastStart !== null) link.pacer.afterUnknownPast(core.world.loop.monotonic());
      link.start();
    }
    this.#tick();
  }

  /** Resolves when all that was written so far is durable. */
  #durable(): Promise<void> {
    return new Promise((resolve) => {
      this.core.log.after(() => resolve(), 0);
      this.core.log.urgent();
    });
  }

  #tick(): void {
    const { core } = this;
    if (core.halted) return;
    const { loop } = core.world;
    const now = loop.monotonic();
    core.receipts.tick();
    core.upstreams.parts.tick();
    this.#due.tick();
    for (const link of core.links.byNumber) link.review();
    if (now >= this.#nextHeartbeat && core.log.accepting) {
      this.#nextHeartbeat = now + HEARTBEAT_MS;
      let openBinds = 0;
      for (const link of core.links.byNumber) openBinds += link.binds.size;
      const w = core.log.begin(RecordType.heartbeat);
      writeHeartbeat(w, { at: loop.now(), openIntents: core.ops.live, openBinds, pdus: core.counters.pdus_out });
      core.log.end();
    }
    this.#cleaner?.step();
    this.#alarm = loop.wakeAt(now + TICK_MS, () => this.#tick());
  }

  #journalState(state: CommitState): void {
    const { core } = this;
    switch (state) {
      case 'full':
        core.world.log.error('disk is full: nothing new is taken', {});
        if (core.closedReason === null) core.closedReason = FULL;
        return;
      case 'room':
        core.world.log.info('disk has room again: orders are taken', {});
        if (core.closedReason === FULL) core.closedReason = null;
        return;
      default:
        this.#halt(state === 'fenced' ? 'another guard has taken over this data' : 'the journal could not be written');
    }
  }

  /** Nothing can be logged: nothing leaves, not even an unbind. */
  #halt(reason: string): void {
    const { core } = this;
    if (core.halted) return;
    core.halted = true;
    core.closedReason = reason;
    core.world.log.error('guard halts', { reason });
    this.#alarm?.cancel();
    for (const link of core.links.byNumber) for (const bind of [...link.binds]) bind.peer.close(reason);
    for (const server of this.#servers) for (const peer of [...server.peers]) peer.close(reason);
    this.#options.onHalt(reason);
  }

  /**
   * Takes a new configuration without dropping a session whose part of it is unchanged. Listeners keep their addresses. A guard
   * that stops takes none any more.
   */
  reload(config: GuardConfig): void {
    const { core } = this;
    if (this.#stopping) return;
    core.config = config;
    core.upstreams.configure(config.upstreams);
    for (const link of core.links.configure(config.links)) link.start();
    for (const [i, server] of this.#servers.entries()) {
      const tls = config.listen[i]?.tls;
      if (tls) server.renewTls(tls);
    }
    core.world.log.info('configuration reloaded', { links: config.links.length, upstreams: config.upstreams.length });
  }

  /** Takes nothing new, waits for what is under way, unbinds, makes everything durable. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { core } = this;
    core.closedReason ??= 'the guard is stopping';
    const stopped = core.links.byNumber.map((link) => new Promise<void>((resolve) => link.end(resolve)));
    await this.#within(Promise.all(stopped));
    await this.#within(Promise.all(this.#servers.map((server) => server.close())));
    this.#alarm?.cancel();
    await this.#admin?.close();
    if (!core.halted) await this.#durable();
    core.halted = true;
  }

  /** Waits for `work`, not for ever. */
  async #within(work: Promise<unknown>): Promise<void> {
    const { loop } = this.core.world;
    let alarm: Alarm | null = null;
    const patience = new Promise<void>((resolve) => {
      alarm = loop.wakeAt(loop.monotonic() + STOP_MS, resolve);
    });
    await Promise.race([work, patience]);
    (alarm as Alarm | null)?.cancel();
  }
}

const FULL = 'the disk of the guard is full';
