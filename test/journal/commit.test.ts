// driver/commit.ts over the simulated journal: when a batch starts, who is called back when, what is destroyed and trimmed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CLEAN_LOG_MIN_BYTES, ENDS_FLUSH_BATCHES, GATHER_BYTES, SECRETS_MIXED_MS } from '../../src/base/limits.ts';
import { CommitLog, type CommitState } from '../../src/driver/commit.ts';
import { countRecords, readRecords } from '../../src/driver/records.ts';
import { type AppendFate, openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { ManualLoop } from './manualLoop.ts';

class World {
  readonly disk = new SimJournalDisk();
  readonly loop = new ManualLoop();
  readonly states: CommitState[] = [];
  readonly called: number[] = [];
  fate: AppendFate = 'durable';
  delayMs = 1;
  /** Batches as the journal got them. */
  readonly appended: number[] = [];
  log = this.#start();

  #start(): CommitLog {
    const journal = openSimJournal(this.disk, {
      loop: this.loop,
      fate: (_slot, seq) => {
        this.appended.push(seq);
        return { fate: this.fate, delayMs: this.delayMs };
      },
      keySyncMs: 1000,
    });
    assert.ok(journal !== null);
    return new CommitLog({
      journal,
      loop: this.loop,
      slot: 0,
      epoch: 1,
      onOutcome: (state) => this.states.push(state),
    });
  }

  recover(each: (seq: number, records: Buffer, secrets: Buffer | null) => void = () => {}): this {
    let done = false;
    this.log.recover(each, () => {
      done = true;
    });
    this.loop.pass(0);
    assert.ok(done);
    return this;
  }

  /** As `recover`, with nothing to count, and idle since long. */
  ready(): this {
    this.recover();
    this.log.recovered();
    this.loop.pass(100);
    return this;
  }

  crash(stored: number, keysBack: boolean): void {
    this.disk.crash(stored, keysBack);
    this.log = this.#start();
  }

  write(arg: number, octets = 10): void {
    const w = this.log.begin(1);
    w.u32(arg);
    w.bytes(Buffer.alloc(octets));
    this.log.end();
    this.log.after(this.call, arg);
  }

  readonly call = (arg: number): void => {
    this.called.push(arg);
  };
}

describe('when a batch starts', () => {
  it('idle: at the end of the turn, with all of the turn', () => {
    const world = new World().ready();
    world.write(1);
    world.write(2);
    assert.deepEqual(world.appended, []);
    world.loop.turn();
    assert.deepEqual(world.appended, [1]);
    assert.deepEqual(world.called, []);
    world.loop.pass(1);
    assert.deepEqual(world.called, [1, 2]);
  });

  it('busy: when its first record has waited 2 ms, and not while another is under way', () => {
    const world = new World().ready();
    world.delayMs = 0;
    world.write(1);
    world.loop.pass(1);
    world.write(2);
    world.loop.pass(1);
    world.write(3);
    world.loop.pass(0.5);
    assert.deepEqual(world.appended, [1]);
    world.delayMs = 10;
    world.loop.pass(0.5);
    assert.deepEqual(world.appended, [1, 2]);
    world.write(4);
    world.loop.pass(9);
    assert.deepEqual(world.appended, [1, 2]);
    world.loop.pass(1);
    assert.deepEqual(world.appended, [1, 2, 3]);
    world.loop.pass(20);
    assert.deepEqual(world.called, [1, 2, 3, 4]);
  });

  it('at 256 KiB at once, even beside others, up to four', () => {
    const world = new World().ready();
    world.delayMs = 50;
    for (let i = 1; i <= 6; i++) {
      world.write(i, GATHER_BYTES / 2);
      world.write(i, GATHER_BYTES / 2);
      world.loop.turn();
    }
    assert.deepEqual(world.appended, [1, 2, 3, 4]);
    world.loop.pass(50);
    assert.deepEqual(world.appended, [1, 2, 3, 4, 5]);
    world.loop.pass(100);
    assert.deepEqual(world.called, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
  });

  it('urgent: at the end of the turn, beside one that is under way', () => {
    const world = new World().ready();
    world.delayMs = 50;
    world.write(1);
    world.loop.turn();
    world.write(2);
    world.loop.turn();
    assert.deepEqual(world.appended, [1]);
    world.write(3);
    world.log.urgent();
    world.loop.turn();
    assert.deepEqual(world.appended, [1, 2]);
    world.loop.pass(60);
    assert.deepEqual(world.called, [1, 2, 3]);
  });

  it('after without a new record waits for the newest batch, and never runs within the call', () => {
    const world = new World().ready();
    world.log.after(world.call, 7);
    assert.deepEqual(world.called, []);
    world.loop.turn();
    assert.deepEqual(world.called, [7]);
    world.delayMs = 5;
    world.write(8);
    world.loop.turn();
    world.log.after(world.call, 9);
    world.loop.pass(4);
    assert.deepEqual(world.called, [7]);
    world.loop.pass(1);
    assert.deepEqual(world.called, [7, 8, 9]);
  });

  it('refuses wrong use', () => {
    const world = new World();
    assert.throws(() => world.log.begin(1), /before recovery/);
    world.ready();
    assert.equal(world.log.accepting, true);
    world.log.begin(1);
    assert.throws(() => world.log.begin(1), /within a record/);
    world.log.end();
    assert.throws(() => world.log.end(), /without begin/);
    assert.throws(() => world.log.secret(Buffer.alloc(1)), /outside/);
    assert.throws(() => world.log.live(99, 1), /not kept/);
    assert.throws(() => world.log.live(world.log.seq, -1), /more records ended/);
  });
});

describe('when the journal cannot', () => {
  it('a full disk: work is refused, everything given is kept, tried again in order, and called back', () => {
    const world = new World().ready();
    world.fate = 'full';
    for (let i = 1; i <= 3; i++) {
      world.write(i, GATHER_BYTES);
      world.loop.turn();
    }
    world.loop.pass(10);
    assert.deepEqual(world.states, ['full']);
    assert.equal(world.log.accepting, false);
    world.write(4);
    world.loop.pass(1000);
    assert.deepEqual([world.states, world.called], [['full'], []]);
    world.fate = 'durable';
    world.loop.pass(300);
    assert.deepEqual(
      [world.states, world.called],
      [
        ['full', 'room'],
        [1, 2, 3, 4],
      ],
    );
    assert.equal(world.log.accepting, true);
    const found: number[] = [];
    world.crash(0, false);
    world.recover((seq) => found.push(seq));
    assert.deepEqual(found, [1, 2, 3, 4]);
  });

  for (const fate of ['unknownStored', 'unknownLost', 'fenced'] as const) {
    it(`${fate}: told once, and nothing is called back or written any more`, () => {
      const world = new World().ready();
      world.write(1);
      world.loop.pass(5);
      world.fate = fate;
      world.write(2);
      world.loop.pass(5);
      world.write(3);
      world.log.urgent();
      world.loop.pass(1000);
      assert.deepEqual(world.states, [fate === 'fenced' ? 'fenced' : 'unknown']);
      assert.deepEqual([world.called, world.appended], [[1], [1, 2]]);
      assert.equal(world.log.accepting, false);
    });
  }

  it('a disk that is slow beyond the bound: no new work', () => {
    const world = new World().ready();
    world.delayMs = 10_000;
    for (let i = 0; i < 60; i++) {
      world.write(i, GATHER_BYTES);
      world.loop.turn();
    }
    assert.equal(world.log.accepting, false);
    world.loop.pass(60_000);
    assert.equal(world.log.accepting, true);
    assert.equal(world.called.length, 60);
  });
});

/** A body in a batch of its own; returns its home. */
function body(world: World, text: string): number {
  const { log } = world;
  const bytes = Buffer.from(text);
  const w = log.begin(1);
  w.u32(log.secret(bytes));
  w.u32(bytes.length);
  log.end();
  const home = log.seq;
  log.live(home, 1);
  log.secretLive(home, 1);
  return home;
}

describe('what lives', () => {
  it('a key is destroyed only when the batch that says so is durable', () => {
    const world = new World().ready();
    const home = body(world, 'secret');
    world.loop.pass(20);
    world.delayMs = 5000;
    world.write(1);
    world.log.secretLive(home, -1);
    world.log.live(home, -1);
    world.loop.pass(4900);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets?.toString(), 'secret');
    world.loop.pass(5000);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets, null);
  });

  /** So many ends go to the journal at once, without waiting for company. */
  const MANY = ENDS_FLUSH_BATCHES + 4;

  it('many keys at once: not before the batch that says so is even given to the journal', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < MANY; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    world.delayMs = 50;
    world.write(1);
    world.loop.turn();
    world.write(2);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(50);
    world.crash(0, false);
    for (const home of homes) assert.notEqual(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
  });

  it('the same for a batch that was itself not yet durable when its last secret ended', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < ENDS_FLUSH_BATCHES - 1; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    // These wait for one more to go to the journal together.
    world.write(1);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(20);
    world.delayMs = 50;
    const last = body(world, 'last');
    world.loop.turn();
    world.write(2);
    world.log.secretLive(last, -1);
    world.loop.pass(50);
    world.crash(0, false);
    assert.equal(world.disk.slot(0).batches.get(last)?.secrets?.toString(), 'last');
  });

  it('the same for what ends right after a recovery', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < MANY; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    world.crash(0, false);
    world.recover((seq) => {
      world.log.live(seq, 1);
      world.log.secretLive(seq, 1);
    });
    world.delayMs = 50;
    world.write(1);
    world.log.recovered();
    world.loop.turn();
    world.write(2);
    for (const home of homes) world.log.secretLive(home, -1);
    world.loop.pass(50);
    world.crash(0, false);
    for (const home of homes) assert.notEqual(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
  });

  it('batches are trimmed only behind the oldest that lives, and behind what is durable', () => {
    const world = new World().ready();
    const homes: number[] = [];
    for (let i = 0; i < 200; i++) {
      homes.push(body(world, `b${i}`));
      world.loop.pass(20);
    }
    const slot = world.disk.slot(0);
    for (let i = 0; i < 150; i++) {
      if (i === 100) continue;
      world.write(i);
      world.log.live(homes[i] as number, -1);
      world.log.secretLive(homes[i] as number, -1);
    }
    world.delayMs = 1000;
    world.loop.turn();
    world.loop.pass(500);
    assert.equal(slot.firstSeq, 1);
    world.loop.pass(1000);
    world.log.oldestSparse(world.loop.now());
    world.loop.pass(10);
    assert.equal(slot.firstSeq, homes[100]);
    assert.equal(world.log.stats.firstSeq, homes[100]);
  });

  it('a secret that ended a minute ago beside ones that live: the batch is named, once in a while', () => {
    const world = new World().ready();
    const home = body(world, 'a');
    assert.equal(body(world, 'b'), home);
    world.loop.pass(20);
    world.write(1);
    world.log.secretLive(home, -1);
    world.log.live(home, -1);
    world.loop.pass(SECRETS_MIXED_MS - 1000);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    world.loop.pass(1100);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), [home]);
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    const next = body(world, 'b');
    world.log.live(home, -1);
    world.log.secretLive(home, -1);
    world.loop.pass(3000);
    assert.equal(world.disk.slot(0).batches.get(home)?.secrets ?? null, null);
    assert.equal(world.disk.slot(0).batches.get(next)?.secrets?.toString(), 'b');
    assert.deepEqual(world.log.oldestSparse(world.loop.now() + 100_000), []);
  });

  it('a log that is more than half dead is cleaned from its old end, a lively one is not', () => {
    const world = new World().ready();
    const octets = 100_000;
    const homes: number[] = [];
    const many = Math.ceil(CLEAN_LOG_MIN_BYTES / octets) + 50;
    for (let i = 0; i < many; i++) {
      for (let n = 0; n < 10; n++) world.write(i, octets / 10);
      homes.push(world.log.seq);
      world.log.live(world.log.seq, 10);
      world.loop.pass(20);
    }
    assert.deepEqual(world.log.oldestSparse(world.loop.now()), []);
    // Each keeps one record of ten.
    world.write(0);
    for (const home of homes) world.log.live(home, -9);
    world.loop.pass(20);
    const named = world.log.oldestSparse(world.loop.now());
    assert.ok(named.length > 100 && named.length <= 2000);
    assert.deepEqual(named, homes.slice(0, named.length));
    for (const home of named) {
      world.write(0, octets / 10);
      world.log.live(world.log.seq, 1);
      world.log.live(home, -1);
    }
    world.loop.pass(100);
    world.log.oldestSparse(world.loop.now());
    world.loop.pass(100);
    assert.equal(world.log.stats.firstSeq, homes[named.length] ?? world.disk.slot(0).lastSeq);
  });

  it('after a crash the keys of batches in which nothing lives are destroyed', () => {
    const world = new World().ready();
    const first = body(world, 'ended');
    world.loop.pass(20);
    const second = body(world, 'alive');
    world.loop.pass(20);
    world.write(first);
    world.log.secretLive(first, -1);
    world.loop.pass(2);
    // The overwriting had not reached the disk.
    world.crash(0, true);
    const slot = world.disk.slot(0);
    assert.equal(slot.batches.get(first)?.secrets?.toString(), 'ended');
    world.recover();
    world.log.secretLive(second, 1);
    world.log.live(second, 1);
    world.loop.pass(2000);
    assert.equal(slot.batches.get(first)?.secrets?.toString(), 'ended', 'nothing before all is counted');
    world.log.recovered();
    world.loop.pass(2000);
    assert.equal(slot.batches.get(first)?.secrets ?? null, null);
    assert.equal(slot.batches.get(second)?.secrets?.toString(), 'alive');
  });
});

/** A small program on a log: bodies that come and end; knows what it has been promised. */
class Owner {
  readonly world = new World().ready();
  /** Where each living body stands. */
  homes: Map<number, number> = new Map();
  readonly promised: Set<number> = new Set();
  readonly ending: Set<number> = new Set();
  readonly ended: Set<number> = new Set();
  #next = 1;

  add(): void {
    const id = this.#next++;
    this.#append(id, () => this.promised.add(id));
  }

  end(pick: number): void {
    const ids = [...this.homes.keys()].filter((id) => this.promised.has(id));
    const id = ids[pick % Math.max(1, ids.length)];
    if (id === undefined) return;
    const { log } = this.world;
    log.begin(2).u32(id);
    log.end();
    const home = this.homes.get(id) as number;
    log.live(home, -1);
    log.secretLive(home, -1);
    this.homes.delete(id);
    this.ending.add(id);
    log.after(() => this.ended.add(id), 0);
  }

  clean(): void {
    const named = new Set(this.world.log.oldestSparse(this.world.loop.now()));
    for (const [id, home] of [...this.homes]) {
      if (!named.has(home)) continue;
      this.#append(id, () => {});
      this.world.log.live(home, -1);
      this.world.log.secretLive(home, -1);
    }
  }

  crash(stored: number, keysBack: boolean): void {
    const { world } = this;
    world.crash(stored, keysBack);
    const found = new Map<number, number>();
    const closed = new Set<number>();
    world.recover((seq, records, secrets) => {
      readRecords(records, (type, start) => {
        const id = records.readUInt32BE(start);
        const old = found.get(id);
        if (old !== undefined) {
          world.log.live(old, -1);
          world.log.secretLive(old, -1);
          found.delete(id);
          closed.delete(id);
        }
        if (type === 2) return;
        const at = records.readUInt32BE(start + 4);
        if (secrets === null) closed.add(id);
        else assert.equal(secrets.toString('latin1', at, at + 8), String(id).padStart(8, '0'));
        world.log.live(seq, 1);
        world.log.secretLive(seq, 1);
        found.set(id, seq);
      });
    });
    // A key may only be gone when the log itself says that the body has ended or stands elsewhere.
    assert.deepEqual([...closed], []);
    for (const id of this.promised) {
      assert.ok(found.has(id) || this.ending.has(id), `body ${id} was promised and is gone`);
    }
    for (const id of this.ended) assert.ok(!found.has(id), `body ${id} has ended and is back`);
    for (const id of this.ending) if (found.has(id)) this.ending.delete(id);
    for (const id of found.keys()) this.promised.add(id);
    this.homes = found;
    world.log.recovered();
  }

  #append(id: number, done: () => void): void {
    const { log } = this.world;
    const w = log.begin(1);
    w.u32(id);
    w.u32(log.secret(Buffer.from(String(id).padStart(8, '0'))));
    log.end();
    this.homes.set(id, log.seq);
    log.live(log.seq, 1);
    log.secretLive(log.seq, 1);
    log.after(done, 0);
  }
}

describe('a program on the log', () => {
  it('loses no promised body and brings no ended one back, whatever the order of work, cleaning and crashes', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), pick: fc.nat(1000) }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 3, 600, 61_000) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('clean' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('delay' as const), ms: fc.constantFrom(0, 1, 5, 700) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('full' as const), full: fc.boolean() }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('crash' as const), stored: fc.nat(3), keysBack: fc.boolean() }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 120 }), (steps) => {
        const owner = new Owner();
        for (const now of steps) {
          if (now.do === 'add') for (let i = 0; i < now.count; i++) owner.add();
          else if (now.do === 'end') owner.end(now.pick);
          else if (now.do === 'pass') owner.world.loop.pass(now.ms);
          else if (now.do === 'clean') owner.clean();
          else if (now.do === 'delay') owner.world.delayMs = now.ms;
          else if (now.do === 'full') owner.world.fate = now.full ? 'full' : 'durable';
          else owner.crash(now.stored, now.keysBack);
        }
        owner.world.fate = 'durable';
        owner.world.loop.pass(10_000);
        owner.crash(0, false);
        // In the end no secret of a batch without a living body is left.
        for (let i = 0; i < 3; i++) {
          owner.world.loop.pass(SECRETS_MIXED_MS + 11_000);
          owner.clean();
        }
        owner.world.loop.pass(10_000);
        const homes = new Set(owner.homes.values());
        for (const [seq, { secrets }] of owner.world.disk.slot(0).batches) {
          assert.ok(secrets === null || homes.has(seq), `batch ${seq} is still sealed with a key`);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('framing', () => {
  it('gives back what was written, whatever the length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 })), { minLength: 1 }),
        (records) => {
          const world = new World().ready();
          for (const [i, [type, payload]] of records.entries()) {
            world.log.begin(type).bytes(payload);
            assert.equal(world.log.end(), i);
          }
          world.loop.pass(10);
          const stored = world.disk.slot(0).batches.get(1)?.records as Buffer;
          const found: [number, Uint8Array][] = [];
          readRecords(stored, (type, start, end, index) => {
            assert.equal(index, found.length);
            found.push([type, Uint8Array.from(stored.subarray(start, end))]);
          });
          assert.deepEqual(found, records);
        },
      ),
    );
  });

  it('a cut batch is a broken invariant', () => {
    assert.throws(() => countRecords(Buffer.from([1, 0, 0])), /cut short/);
    assert.throws(() => countRecords(Buffer.from([1, 0, 0, 0, 2, 9])), /cut short/);
  });
});
