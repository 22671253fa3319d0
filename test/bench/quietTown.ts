// The programs in a simulated world without faults, under a small fixed load: what they ask of disk and network is counted, and is
// the same on every machine, however fast it is and whatever else it does.
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

/** What one program has asked for. */
export interface Counts {
  /** Writes to sockets, and their octets. */
  writes: number;
  octetsOut: number;
  /** Batches given to the journal, each of which is a sync, and their octets, texts included. */
  batches: number;
  journalOctets: number;
}

export interface TownCounts {
  readonly messages: number;
  readonly gateway: Counts;
  readonly guard: Counts;
}

const ACCOUNTS = 4;
const LINKS = 2;
const SEND_MS = 1000;
const WARM_MS = 3000;
/** Awaits between two events: more than any chain of promises in the programs is long. */
const MICROTASKS = 10;
const REST_MS = 60_000;
const DONE = Promise.resolve();

/** `messages` in SEND_MS, all with receipts, over bursts of some ten per bind. */
function quietPlan(messages: number): Plan {
  const drawn = drawPlan(1);
  const account = (i: number): AccountPlan => ({
    ...(drawn.accounts[0] as AccountPlan),
    name: `customer${i + 1}`,
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
    messages: messages / ACCOUNTS,
    resends: false,
    version: 0x34,
  });
  const link = (i: number): LinkPlan => ({
    ...(drawn.links[0] as LinkPlan),
    name: `link${i + 1}`,
    port: 3001 + i,
    binds: 1,
    split: false,
    window: 250,
    throttle: 10_000,
    operatorThrottle: 0,
    ids: 'hex',
    refusals: 0,
    failures: 0,
    misbehaviour: {},
    receiptMaxMs: 500,
  });
  return {
    ...drawn,
    seed: 1,
    accounts: Array.from({ length: ACCOUNTS }, (_, i) => account(i)),
    links: Array.from({ length: LINKS }, (_, i) => link(i)),
    weather: { delayMinMs: 0.05, delayMaxMs: 0.1, fragments: 0, capacityBytes: 1 << 20, givesUpMs: 60_000 },
    commitMaxMs: 0.5,
    turnMaxMs: 0,
    sendMs: SEND_MS,
    faultsEndMs: 0,
    faults: [],
    share: { long: 0, parts: 0, scheduled: 0, cancelled: 0, unwanted: 0, declined: 0 },
    weighted: true,
    guardOps: 100_000,
    gatewayMessages: 100_000,
  };
}

/** Runs it to the end: every message has its receipt. Throws when one has not. */
export async function countQuietTown(messages: number): Promise<TownCounts> {
  const plan = quietPlan(messages);
  const timeline = new Timeline();
  const nodes = new Map<string, Node>();
  const counts = new Map<string, Counts>();
  const countsOf = (name: string): Counts => {
    let one = counts.get(name);
    if (one === undefined) counts.set(name, (one = { writes: 0, octetsOut: 0, batches: 0, journalOctets: 0 }));
    return one;
  };
  const town: Town = {
    plan,
    timeline,
    wire: new Wire(timeline, new Chance(2), plan.weather),
    trace: new Trace(timeline, null),
    chance: new Chance(3),
    nodes,
    faults: new Map(),
    calm: true,
    webhooksFailUntilMs: 0,
    postFate: () => programs.postFate(),
    onPost: () => undefined,
    wrapJournal: (node, journal) => ({
      append: (slot, epoch, seq, batch, done) => {
        const one = countsOf(node.name);
        one.batches++;
        one.journalOctets += batch.recordsLength + batch.secretsLength;
        journal.append(slot, epoch, seq, batch, done);
      },
      read: (slot, fromSeq, each, done) => journal.read(slot, fromSeq, each, done),
      readMany: (slot, seqs, done) => journal.readMany(slot, seqs, done),
      endSecrets: (slot, seqs) => journal.endSecrets(slot, seqs),
      trim: (slot, beforeSeq) => journal.trim(slot, beforeSeq),
      stats: () => journal.stats(),
      close: () => journal.close(),
    }),
  };
  town.wire.tap = {
    written: (end, bytes) => {
      const one = countsOf(end.life.node);
      one.writes++;
      one.octetsOut += bytes.length;
    },
    taken: () => undefined,
    read: () => undefined,
  };
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
  const step = async (): Promise<void> => {
    const event = timeline.next();
    if (event === null) throw new Error('nothing will ever happen again');
    event.run();
    for (let i = 0; i < MICROTASKS; i++) await DONE;
  };
  while (timeline.nowMs < WARM_MS) await step();
  // Starting, binding and paying are no part of the price of a message.
  counts.clear();
  const taken = (): number => [...desk.acknowledged.values()].filter((one) => one.taken > 0).length;
  for (let lookAt = WARM_MS + SEND_MS; ; ) {
    await step();
    if (timeline.nowMs < lookAt) continue;
    if (taken() === messages) break;
    if (timeline.nowMs > WARM_MS + SEND_MS + REST_MS) throw new Error(`${taken()} of ${messages} receipts taken`);
    lookAt += 100;
  }
  for (const node of nodes.values()) node.life?.end();
  return { messages, gateway: countsOf('gateway'), guard: countsOf('guard') };
}
