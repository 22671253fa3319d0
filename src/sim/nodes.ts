// The machines of the town: each has a wall clock, disks that outlive what runs on it, and at most one incarnation of its
// program. Makes the world that an incarnation sees; starts, crashes and restarts are here, what they are for is not.
import { Chance } from '../operator/chance.ts';
import type { Journal } from '../port/journal.ts';
import type { Spill } from '../port/spill.ts';
import type { World } from '../port/world.ts';
import { createSimCrypto } from './crypto.ts';
import { createSimHttp, type PostFate, type SimPost } from './http.ts';
import { type AppendFate, openSimJournal, SimJournalDisk } from './journal.ts';
import { Life } from './life.ts';
import { createSimLog } from './log.ts';
import { SimLoop, type Timeline, type WallClock } from './loop.ts';
import type { Wire } from './net.ts';
import { openSimPages } from './pages.ts';
import type { Plan } from './plan.ts';
import { openSimSpill, SimSpillDisk } from './spill.ts';
import type { Trace } from './trace.ts';

export interface Node {
  readonly name: string;
  readonly address: string;
  readonly wall: WallClock;
  readonly journal: SimJournalDisk;
  readonly spills: Map<string, SimSpillDisk>;
  /** Makes and starts the program in its world. */
  readonly boot: (life: Life) => void;
  /** Told when an incarnation has ended. */
  readonly gone: () => void;
  life: Life | null;
  incarnations: number;
  /** How it dies when its fate is reached. */
  power: boolean;
  downMs: number;
  fullUntilMs: number;
  slowUntilMs: number;
  unknownNext: boolean;
  /** This incarnation was told of an unknown write: it has to halt. */
  unknownTold: boolean;
}

export interface Town {
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly wire: Wire;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Faults that happened, by kind. */
  readonly faults: Map<string, number>;
  /** No faults any more. */
  calm: boolean;
  webhooksFailUntilMs: number;
  readonly postFate: (url: string) => PostFate;
  readonly onPost: (post: SimPost, taken: boolean) => void;
  /** A deliberate bug may put itself between a program and its journal. */
  readonly wrapJournal: (node: Node, journal: Journal, life: Life) => Journal;
}

export function makeNode(name: string, index: number, boot: (life: Life) => void, gone: () => void): Node {
  return {
    name,
    address: `10.0.0.${index + 1}`,
    wall: { offsetMs: 0 },
    journal: new SimJournalDisk(),
    spills: new Map(),
    boot,
    gone,
    life: null,
    incarnations: 0,
    power: false,
    downMs: 0,
    fullUntilMs: 0,
    slowUntilMs: 0,
    unknownNext: false,
    unknownTold: false,
  };
}

export function startNode(town: Town, node: Node): void {
  const { timeline, wire } = town;
  const life = new Life(node.name, node.incarnations++, timeline.nowMs, () => {
    timeline.plan(timeline.nowMs, null, 'death', () => crashNode(town, node, life));
  });
  node.life = life;
  node.unknownTold = false;
  town.trace.line(node.name, `starts, incarnation ${life.number}`);
  wire.up.add(node.name);
  wire.changed();
  node.boot(life);
}

/** The incarnation ends now, with its machine if `node.power`; a new one starts after `node.downMs`. `how` is counted. */
export function crashNode(town: Town, node: Node, life: Life, how: string = node.power ? 'power cut' : 'crash'): void {
  if (node.life !== life) return;
  const { timeline, wire, chance } = town;
  town.trace.line(node.name, `ends: ${how}`);
  count(town, how);
  node.life = null;
  life.end();
  node.gone();
  if (node.power) wire.up.delete(node.name);
  for (const line of [...wire.lines]) {
    for (const end of [line, line.other]) if (end?.life === life) end.dies(node.power);
  }
  node.journal.crash(chance.below(node.journal.pending.length + 1), node.power && chance.fraction() < 0.5);
  for (const spill of node.spills.values()) spill.crash();
  timeline.plan(timeline.nowMs + (town.calm ? 100 : node.downMs), null, 'restart', () => startNode(town, node));
}

export function count(town: Town, kind: string): void {
  town.faults.set(kind, (town.faults.get(kind) ?? 0) + 1);
}

/** The loop and dice of one incarnation; other programs' are others. */
export function loopOf(town: Town, node: Node, life: Life): { readonly loop: SimLoop; readonly chance: Chance } {
  const { plan, timeline } = town;
  const chance = new Chance(plan.seed * 7919 + node.address.length * 131 + hashOf(node.name) + life.number * 104_729);
  const turns = new Chance(chance.u32());
  return { loop: new SimLoop(timeline, life, node.wall, () => turns.fraction() * plan.turnMaxMs), chance };
}

/** Everything outside the program `life`, as port/world.ts has it. */
export function worldOf(town: Town, node: Node, life: Life): World {
  const { timeline, wire, trace } = town;
  const { loop, chance } = loopOf(town, node, life);
  const opened = openSimJournal(node.journal, { loop, fate: () => fateOf(town, node), keySyncMs: 800 });
  if (opened === null) throw new Error(`the journal of ${node.name} is open already`);
  return {
    loop,
    net: wire.netOf(life, node.address),
    crypto: createSimCrypto(chance),
    http: createSimHttp(timeline, life, town.postFate, (post, outcome) =>
      town.onPost(post, outcome.code === 'answered' && outcome.status < 300),
    ),
    log: createSimLog((line) => {
      if (life.alive) trace.line(node.name, line);
    }),
    journal: town.wrapJournal(node, mortalJournal(opened, life), life),
    spill: (name) => {
      const disk = node.spills.get(name) ?? new SimSpillDisk();
      node.spills.set(name, disk);
      const spill = openSimSpill(disk, {
        loop,
        flushFate: () => ({ ok: timeline.nowMs >= node.fullUntilMs, delayMs: delayOf(town, node) * 3 }),
        readDelayMs: () => delayOf(town, node),
      });
      return mortalSpill(spill, life);
    },
    pages: () => openSimPages(() => timeline.nowMs < node.fullUntilMs),
  };
}

function delayOf(town: Town, node: Node): number {
  const slow = town.timeline.nowMs < node.slowUntilMs ? 20 + town.chance.fraction() * 1500 : 0;
  return 0.05 + town.chance.fraction() * town.plan.commitMaxMs + slow;
}

function fateOf(town: Town, node: Node): { readonly fate: AppendFate; readonly delayMs: number } {
  const delayMs = delayOf(town, node);
  if (node.unknownNext) {
    node.unknownNext = false;
    node.unknownTold = true;
    count(town, 'unknown write');
    return { fate: town.chance.fraction() < 0.5 ? 'unknownStored' : 'unknownLost', delayMs };
  }
  if (town.timeline.nowMs < node.fullUntilMs) {
    count(town, 'write refused by a full disk');
    return { fate: 'full', delayMs };
  }
  return { fate: 'durable', delayMs };
}

/** Calls of the dead do nothing. */
function mortalJournal(journal: Journal, life: Life): Journal {
  return {
    append: (slot, epoch, seq, batch, done) => {
      if (life.step()) journal.append(slot, epoch, seq, batch, done);
    },
    read: (slot, fromSeq, each, done) => journal.read(slot, fromSeq, each, done),
    readMany: (slot, seqs, done) => journal.readMany(slot, seqs, done),
    endSecrets: (slot, seqs) => {
      if (life.step()) journal.endSecrets(slot, seqs);
    },
    trim: (slot, beforeSeq) => {
      if (life.step()) journal.trim(slot, beforeSeq);
    },
    stats: () => journal.stats(),
    close: () => journal.close(),
  };
}

function mortalSpill(spill: Spill, life: Life): Spill {
  return {
    put: (entry) => {
      if (life.alive) spill.put(entry);
    },
    get: (key, done) => spill.get(key, done),
    list: (group, before, limit, done) => spill.list(group, before, limit, done),
    get unflushed() {
      return spill.unflushed;
    },
    flush: (done) => {
      if (life.step()) spill.flush(done);
    },
    dropBefore: (beforeMs) => {
      if (life.step()) spill.dropBefore(beforeMs);
    },
    close: () => spill.close(),
  };
}

function hashOf(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return sum >>> 0;
}
