// A machine of the fault tests: a disk that outlives what runs on it, and the world that one incarnation of a program sees. Here
// a tripwire that is touched becomes a failing write or a death; who starts again afterwards is the town's business.

import { Chance } from '../../src/operator/chance.ts';
import type { Journal, JournalBatch } from '../../src/port/journal.ts';
import type { Connection, Net } from '../../src/port/net.ts';
import type { Spill } from '../../src/port/spill.ts';
import type { World } from '../../src/port/world.ts';
import { createSimCrypto } from '../../src/sim/crypto.ts';
import { createSimHttp, type SimPost } from '../../src/sim/http.ts';
import { type AppendFate, openSimJournal, type SimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import type { Life } from '../../src/sim/life.ts';
import { createSimLog } from '../../src/sim/log.ts';
import { SimLoop, type Timeline } from '../../src/sim/loop.ts';
import type { Wire } from '../../src/sim/net.ts';
import { openSimPages } from '../../src/sim/pages.ts';
import { openSimSpill, type SimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import type { Tripwire } from './trip.ts';

const COMMIT_MS = 1;
const KEY_SYNC_MS = 800;
const FULL_MS = 1000;
/** What a turn releases is on the wire at once; the network takes a millisecond. */
const ON_THE_WIRE_MS = 0.25;

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly journal: SimJournalDisk;
  readonly spills: Map<string, SimSpillDisk>;
  readonly boot: (life: Life) => void;
  life: Life | null;
  incarnations: number;
  fullUntilMs: number;
  /** How far its wall clock is from the right time. */
  readonly clock: { offsetMs: number };
  /** The next run of a spill is not written. */
  runFails: boolean;
}

export function makeMachine(name: string, index: number, boot: (life: Life) => void): Machine {
  return {
    name,
    address: `10.0.0.${index + 1}`,
    journal: new SimJournalDisk(),
    spills: new Map(),
    boot,
    life: null,
    incarnations: 0,
    fullUntilMs: 0,
    clock: { offsetMs: 0 },
    runFails: false,
  };
}

/** What machines stand in. */
export interface Surroundings {
  readonly timeline: Timeline;
  readonly wire: Wire;
  readonly tripwire: Tripwire | null;
  /** Ends the incarnation, now. `power`: with its machine. */
  readonly kill: (machine: Machine, life: Life, power: boolean) => void;
  readonly onPost: (post: SimPost) => void;
  readonly onLine: (machine: Machine, line: string) => void;
}

export function loopOf(place: Surroundings, machine: Machine, life: Life): SimLoop {
  return new SimLoop(place.timeline, life, machine.clock, () => 0);
}

/** Everything outside the program `life`, as port/world.ts has it. */
export function worldOf(place: Surroundings, machine: Machine, life: Life): World {
  const loop = loopOf(place, machine, life);
  const fate: { next: AppendFate } = { next: 'durable' };
  const chance = new Chance(machine.address.length * 7919 + machine.incarnations * 104_729 + machine.name.length);
  const journal = openSimJournal(machine.journal, {
    loop,
    fate: () => ({
      fate: place.timeline.nowMs < machine.fullUntilMs ? 'full' : fate.next,
      delayMs: COMMIT_MS,
    }),
    keySyncMs: KEY_SYNC_MS,
  });
  if (journal === null) throw new Error(`the journal of ${machine.name} is open already`);
  return {
    loop,
    net: wiredNet(place, machine, life),
    crypto: { ...createSimCrypto(chance), randomFill: (target) => fill(target, chance) },
    http: createSimHttp(
      place.timeline,
      life,
      () => ({ arrives: true, outcome: { code: 'answered', status: 200, retryAfterMs: null }, delayMs: 4 }),
      (post) => place.onPost(post),
    ),
    log: createSimLog((line) => {
      if (life.alive) place.onLine(machine, line);
    }),
    journal: faultyJournal(place, machine, life, journal, fate),
    spill: (name) => {
      const disk = machine.spills.get(name) ?? new SimSpillDisk();
      machine.spills.set(name, disk);
      const spill = openSimSpill(disk, {
        loop,
        flushFate: () => {
          const ok = !machine.runFails && place.timeline.nowMs >= machine.fullUntilMs;
          machine.runFails = false;
          return { ok, delayMs: 3 * COMMIT_MS };
        },
        readDelayMs: () => COMMIT_MS,
      });
      return faultySpill(place, machine, life, spill);
    },
    pages: () => openSimPages(() => place.timeline.nowMs < machine.fullUntilMs),
  };
}

/** Four octets of one draw. */
function fill(target: Uint8Array, chance: Chance): void {
  for (let i = 0; i < target.length; i += 4) {
    const word = chance.u32();
    for (let j = 0; j < 4 && i + j < target.length; j++) target[i + j] = word >>> (8 * j);
  }
}

function faultyJournal(
  place: Surroundings,
  machine: Machine,
  life: Life,
  journal: SimJournal,
  fate: { next: AppendFate },
): Journal {
  const { tripwire, timeline } = place;
  const die = (power = false): void => place.kill(machine, life, power);
  const soon = (run: () => void): void => void timeline.plan(timeline.nowMs + ON_THE_WIRE_MS, life, 'death', run);

  const append: Journal['append'] = (slot, epoch, seq, batch, done) => {
    if (!life.alive) return;
    if (tripwire === null || !tripwire.batch(machine.name, batch)) {
      journal.append(slot, epoch, seq, batch, done);
      return;
    }
    const { fault } = tripwire.trip;
    const fates: { readonly [name: string]: AppendFate } = {
      fenced: 'fenced',
      'unknown, stored': 'unknownStored',
      'unknown, lost': 'unknownLost',
    };
    fate.next = fates[fault] ?? 'durable';
    if (fault === 'full') machine.fullUntilMs = timeline.nowMs + FULL_MS;
    if (fault === 'dies before') {
      die();
      return;
    }
    journal.append(slot, epoch, seq, batch, (outcome, returned: JournalBatch) => {
      done(outcome, returned);
      if (fault === 'dies told') die();
      else if (fault === 'dies after') soon(die);
    });
    fate.next = 'durable';
    if (fault === 'dies stored') die();
  };

  /** A call without an answer: it is done or not, and the program lives on or not. */
  const call = (name: 'secrets' | 'trim', run: () => void): void => {
    if (!life.alive) return;
    const fault = tripwire?.call(machine.name, name) === true ? tripwire.trip.fault : null;
    if (fault === 'dies before') {
      die();
      return;
    }
    if (fault !== 'fails') run();
    if (fault === 'dies after') soon(die);
    if (fault === 'power fails') soon(() => die(true));
  };
  return {
    append,
    read: (slot, fromSeq, each, done) => journal.read(slot, fromSeq, each, done),
    readMany: (slot, seqs, done) => journal.readMany(slot, seqs, done),
    endSecrets: (slot, seqs) => call('secrets', () => journal.endSecrets(slot, seqs)),
    trim: (slot, beforeSeq) => call('trim', () => journal.trim(slot, beforeSeq)),
    stats: () => journal.stats(),
    close: () => journal.close(),
  };
}

function faultySpill(place: Surroundings, machine: Machine, life: Life, spill: SimSpill): Spill {
  const { tripwire } = place;
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
      if (!life.alive) return;
      const fault = spill.unflushed > 0 && tripwire?.call(machine.name, 'flush') === true ? tripwire.trip.fault : null;
      switch (fault) {
        case 'fails':
          machine.runFails = true;
          spill.flush(done);
          return;
        case 'dies before':
        case 'power fails':
          // Written or not: without the sync nothing of the run is there.
          place.kill(machine, life, fault === 'power fails');
          return;
        case 'dies after':
          // The run is durable; what the program would do then has not happened.
          spill.flush(() => place.kill(machine, life, false));
          return;
        default:
          spill.flush(done);
      }
    },
    dropBefore: (beforeMs) => {
      if (life.alive) spill.dropBefore(beforeMs);
    },
    close: () => spill.close(),
  };
}

/** The network, with a tripwire on what the program writes. */
function wiredNet(place: Surroundings, machine: Machine, life: Life): Net {
  const net = place.wire.netOf(life, machine.address);
  const { tripwire } = place;
  if (tripwire?.trip.step.kind !== 'pdu') return net;
  const wired = (connection: Connection, port: number): Connection => {
    const write = connection.write.bind(connection);
    connection.write = (bytes) => {
      if (!tripwire.octets(machine.name, port, bytes)) return write(bytes);
      if (tripwire.trip.fault === 'dies before') {
        place.kill(machine, life, false);
        return true;
      }
      const room = write(bytes);
      place.timeline.plan(place.timeline.nowMs + ON_THE_WIRE_MS, life, 'death', () => place.kill(machine, life, false));
      return room;
    };
    return connection;
  };
  return {
    listen: (options, accept) => net.listen(options, (connection) => accept(wired(connection, options.port))),
    connect: (options, handler) => wired(net.connect(options, handler), options.port),
  };
}
