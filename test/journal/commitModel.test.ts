// A small program on a commit log under every order of work, cleaning, full disks and crashes: what was promised is kept.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SECRETS_MIXED_MS } from '../../src/base/limits.ts';
import { readRecords } from '../../src/driver/records.ts';
import { World } from './commitWorld.ts';

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
