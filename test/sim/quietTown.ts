// A town without faults for tests that count something in it: its accounts and links unless a test says otherwise, its programs
// started, and one event after the other.
import { Chance } from '../../src/operator/chance.ts';
import { NO_BUG } from '../../src/sim/bugs.ts';
import { Desk } from '../../src/sim/desk.ts';
import { Timeline } from '../../src/sim/loop.ts';
import { Wire } from '../../src/sim/net.ts';
import { makeNode, type Node, startNode, type Town } from '../../src/sim/nodes.ts';
import { type AccountPlan, drawPlan, type LinkPlan, type Plan } from '../../src/sim/plan.ts';
import { Programs } from '../../src/sim/programs.ts';
import { Trace } from '../../src/sim/trace.ts';
import { drawWishes } from '../../src/sim/wishes.ts';

/** Binds stand and money has come before anything is sent. */
export const WARM_MS = 3000;
/** Awaits between two events: more than any chain of promises in the programs is long. */
const MICROTASKS = 10;
const DONE = Promise.resolve();

/** A customer who takes every receipt, with money enough. */
export function quietAccount(more: Pick<AccountPlan, 'name' | 'messages'>): AccountPlan {
  return {
    ...(drawPlan(1).accounts[0] as AccountPlan),
    way: 'smpp',
    binds: 1,
    split: false,
    window: 250,
    throughput: 0,
    chargeOn: 'accepted',
    onUnknown: 'wait',
    lane: 'bulk',
    idFormat: 'opaque',
    creditLimit: 0,
    credit: 1_000_000_000,
    webhook: false,
    resends: false,
    version: 0x34,
    ...more,
  };
}

/** A link to an operator who delivers everything. */
export function quietLink(more: Pick<LinkPlan, 'name' | 'port' | 'binds' | 'window' | 'throttle'>): LinkPlan {
  return {
    ...(drawPlan(1).links[0] as LinkPlan),
    split: false,
    operatorThrottle: 0,
    ids: 'hex',
    refusals: 0,
    failures: 0,
    misbehaviour: {},
    receiptMaxMs: 500,
    ...more,
  };
}

type Chosen = 'seed' | 'accounts' | 'links' | 'weather' | 'commitMaxMs' | 'turnMaxMs' | 'sendMs' | 'share' | 'weighted';

/** Nothing fails, and no memory is small. */
export function quietPlan(chosen: Pick<Plan, Chosen>): Plan {
  return { ...drawPlan(1), faultsEndMs: 0, faults: [], guardOps: 100_000, gatewayMessages: 100_000, ...chosen };
}

export interface QuietTown {
  readonly town: Town;
  readonly desk: Desk;
  /** The next event, and all that follows from it at once. */
  step(): Promise<void>;
  end(): void;
}

/** Starts all programs of a plan; messages are due from WARM_MS on. What fails throws. */
export function startQuietTown(
  plan: Plan,
  wrapJournal: Town['wrapJournal'] = (_node, journal) => journal,
  tap: Wire['tap'] = null,
): QuietTown {
  const timeline = new Timeline();
  const nodes = new Map<string, Node>();
  const town: Town = {
    plan,
    timeline,
    wire: new Wire(timeline, new Chance(plan.seed + 1), plan.weather),
    trace: new Trace(timeline, null),
    chance: new Chance(plan.seed + 2),
    nodes,
    faults: new Map(),
    calm: true,
    webhooksFailUntilMs: 0,
    postFate: () => programs.postFate(),
    onPost: () => undefined,
    wrapJournal,
  };
  town.wire.tap = tap;
  const desk = new Desk();
  for (const wish of drawWishes(plan)) desk.wishes.push({ ...wish, dueMs: WARM_MS + wish.dueMs });
  const fail = (error: unknown): never => {
    throw error;
  };
  const programs = new Programs(town, desk, NO_BUG, { fail, answeredHttp: () => undefined, accountOf: () => '' });
  const add = (name: string, boot: Node['boot']): void => {
    nodes.set(
      name,
      makeNode(name, nodes.size, boot, () => undefined),
    );
  };
  for (const link of plan.links) add(link.name, (life) => programs.bootOperator(life, link));
  add('guard', (life) => programs.bootGuard(life));
  add('gateway', (life) => programs.bootGateway(life));
  for (const account of plan.accounts) add(account.name, (life) => programs.bootCustomer(life, account));
  for (const node of nodes.values()) startNode(town, node);
  return {
    town,
    desk,
    async step() {
      const event = timeline.next();
      if (event === null) throw new Error('nothing will ever happen again');
      event.run();
      for (let i = 0; i < MICROTASKS; i++) await DONE;
    },
    end() {
      for (const node of nodes.values()) node.life?.end();
    },
  };
}
