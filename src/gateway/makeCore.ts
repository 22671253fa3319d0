// The state of a gateway instance before anything is known: empty tables, and the callbacks that only need the core.
import { ByteWriter } from '../base/bytes.ts';
import { RandomPool } from '../base/random.ts';
import { Slab } from '../base/slab.ts';
import { CommitLog, type CommitState } from '../driver/commit.ts';
import { Ledger } from '../ledger/ledger.ts';
import { compilePrices, NO_CURRENCY } from '../ledger/price.ts';
import type { World } from '../port/world.ts';
import { IdTable } from '../queue/idTable.ts';
import { Timers } from '../queue/timers.ts';
import { compileRoutes } from '../routing/table.ts';
import { CommandId } from '../smpp/commands.ts';
import { messageIdResp } from '../smpp/make.ts';
import { admitted } from './accept.ts';
import { Accounts } from './accounts.ts';
import { Answers, CANCEL_DONE, REPLACE_DONE } from './answers.ts';
import type { GatewayConfig } from './config.ts';
import type { Core, GatewayCounters } from './core.ts';
import { History } from './history.ts';
import { IdSource } from './ids.ts';
import { MessagePhase } from './layout.ts';
import { Links } from './links.ts';
import { Purposes } from './purposes.ts';
import { MessageStore } from './store.ts';
import { Times } from './times.ts';

const FIRST_CAPACITY = 1 << 14;
const RANDOM_POOL_BYTES = 1 << 16;
const EPOCH = 1;

/** The rooms (dispatch, ending, handover, parts, mo) are put in by gateway.ts, which makes them with this core. */
export function makeCore(world: World, config: GatewayConfig, onCommit: (state: CommitState) => void): Core {
  const accounts = new Accounts();
  const links = new Links(FIRST_CAPACITY);
  const purposes = new Purposes();
  const names = {
    purpose: (number: number) => (number === 0 ? null : purposes.name(number)),
    account: (number: number) => accounts.byNumber[number]?.name ?? `#${number}`,
    link: (number: number) => links.byNumber[number]?.name ?? null,
    currency: (number: number) => accounts.byNumber[number]?.config.currency ?? NO_CURRENCY,
  };
  const random = new RandomPool((target) => world.crypto.randomFill(target), RANDOM_POOL_BYTES);
  const runs: (() => void)[] = [];
  const log = new CommitLog({
    journal: world.journal,
    loop: world.loop,
    slot: config.slot,
    epoch: EPOCH,
    onOutcome: onCommit,
  });
  const runNext = (): void => runs.shift()?.();
  const delivered = messageIdResp('deliver_sm_resp', 0, 0, '');
  const noPrices = compilePrices([]);
  const noRoutes = compileRoutes({ links: [], accounts: [], rules: [] });
  if (!noPrices.ok || !noRoutes.ok) throw new Error('empty tables must compile');
  const pagesOf = (bytes: number): number => Math.max(1, Math.floor(bytes / config.pageBytes));
  const letters: Slab = new Slab(config.pageBytes, pagesOf(config.maxMemoryBytes), {
    pages: world.pages(config.pageBytes),
    residentChunks: pagesOf(config.residentBytes),
    onOver: () => world.loop.endOfTurn(() => letters.trim()),
  });
  const core = {
    world,
    config,
    store: new MessageStore(FIRST_CAPACITY, config.maxMessages, letters),
    log,
    ledger: new Ledger(),
    accounts,
    links,
    prices: noPrices.value,
    routes: noRoutes.value,
    random,
    idSource: new IdSource(random, config.slot, 0x1000_0000 + (random.u32() >>> 4)),
    byId: new IdTable(FIRST_CAPACITY),
    byOp: new IdTable(FIRST_CAPACITY),
    byShortId: new Map(),
    multiLate: new Map(),
    timers: new Timers(FIRST_CAPACITY),
    history: new History(world.spill('history'), names),
    names,
    purposes,
    counters: zeroCounters(),
    scratch: new ByteWriter(4096),
    closing: [],
    answers: new Answers((peer, sequence, kind) => {
      if (kind === CANCEL_DONE) peer.respondStatus(sequence, CommandId.cancel_sm, 0);
      else if (kind === REPLACE_DONE) peer.respondStatus(sequence, CommandId.replace_sm, 0);
      else peer.respond(sequence, delivered);
    }),
    retryDurable: (handle) => {
      const { store, timers } = core;
      if (store.phase[handle] !== MessagePhase.waiting) return;
      const nowMs = world.loop.now();
      timers.set(handle, Math.max(nowMs, Math.min(store.dueAt[handle] as number, store.validUntil[handle] as number)));
    },
    replaceDurable: (handle) => admitted(core, handle, world.loop.now()),
    times: new Times(),
    afterCommit: (run) => {
      runs.push(run);
      log.after(runNext, 0);
    },
    closedReason: 'the gateway is starting',
  } as Omit<Core, 'dispatch' | 'handover' | 'ending' | 'parts' | 'mo'> as Core;
  return core;
}

function zeroCounters(): GatewayCounters {
  return {
    accepted_messages: 0,
    accepted_segments: 0,
    refused_messages: 0,
    orders: 0,
    orders_repeated: 0,
    orders_asked: 0,
    outcomes_accepted: 0,
    outcomes_refused: 0,
    outcomes_unknown: 0,
    retries: 0,
    receipts_in: 0,
    receipts_ignored: 0,
    receipts_handed: 0,
    receipts_failed: 0,
    ended_delivered: 0,
    ended_other: 0,
    mo_in: 0,
    mo_refused: 0,
    mo_handed: 0,
    binds_accepted: 0,
    binds_refused: 0,
    connections_refused: 0,
    connections_pushed_out: 0,
    malformed_pdus: 0,
  };
}
