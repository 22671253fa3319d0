// What all rooms of one running operator share: its clock, its dice, its sessions and accounts, its counters, and the
// lists of what is to be done at the end of the turn (one write per socket per turn).
import type { Loop } from '../port/loop.ts';
import type { AccountState } from './account.ts';
import type { Chance } from './chance.ts';
import type { Behaviour, OperatorConfig } from './config.ts';
import type { FaultDraw } from './faults.ts';
import type { Session } from './session.ts';

/** Everything counted since the start. */
export interface Counters {
  connections: number;
  binds: number;
  refusedBinds: number;
  badLength: number;
  unexpectedResponses: number;
  submits: number;
  malformed: number;
  throttled: number;
  overWindow: number;
  full: number;
  accepted: number;
  refused: number;
  dropped: number;
  responses: number;
  /** Responses whose connection had gone. */
  unanswerable: number;
  receipts: number;
  receiptsAcknowledged: number;
  receiptsRefused: number;
  /** deliver_sm sent again because its connection ended or its answer did not come. */
  redelivered: number;
  mo: number;
  moAcknowledged: number;
  moRefused: number;
}

export function newCounters(): Counters {
  return {
    connections: 0,
    binds: 0,
    refusedBinds: 0,
    badLength: 0,
    unexpectedResponses: 0,
    submits: 0,
    malformed: 0,
    throttled: 0,
    overWindow: 0,
    full: 0,
    accepted: 0,
    refused: 0,
    dropped: 0,
    responses: 0,
    unanswerable: 0,
    receipts: 0,
    receiptsAcknowledged: 0,
    receiptsRefused: 0,
    redelivered: 0,
    mo: 0,
    moAcknowledged: 0,
    moRefused: 0,
  };
}

export class Core {
  readonly loop: Loop;
  readonly config: OperatorConfig;
  behaviour: Behaviour;
  readonly chance: Chance;
  readonly faults: FaultDraw;
  readonly counters = newCounters();
  readonly sessions = new Map<number, Session>();
  /** By system_id, and by index. */
  readonly accounts = new Map<string, AccountState>();
  readonly accountList: AccountState[] = [];
  /** Wakes the wheel of messages not later than this; set by operator.ts. */
  wakeBy: (atMs: number) => void = () => {};
  /** Sends what waits for an account; set by the room of receipts. */
  pump: (account: AccountState) => void = () => {};
  readonly #flushes: Session[] = [];
  readonly #pumps: AccountState[] = [];
  #endWanted = false;

  constructor(loop: Loop, config: OperatorConfig, chance: Chance, faults: FaultDraw) {
    this.loop = loop;
    this.config = config;
    this.behaviour = config.behaviour;
    this.chance = chance;
    this.faults = faults;
  }

  /** Has `session` flushed at the end of this turn. Once per session and turn: its `dirty` flag says so. */
  flushLater(session: Session): void {
    this.#flushes.push(session);
    this.#wantEnd();
  }

  /** Has the receipts and MO messages of `account` sent at the end of this turn, as far as windows allow. */
  pumpLater(account: AccountState): void {
    if (account.pumping) return;
    account.pumping = true;
    this.#pumps.push(account);
    this.#wantEnd();
  }

  #wantEnd(): void {
    if (this.#endWanted) return;
    this.#endWanted = true;
    this.loop.endOfTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#endWanted = false;
    for (const account of this.#pumps) {
      account.pumping = false;
      this.pump(account);
    }
    this.#pumps.length = 0;
    // Pumping adds sessions; flushing adds none.
    for (const session of this.#flushes) session.flush();
    this.#flushes.length = 0;
  }
}
