// driver/commit.ts over the simulated journal: when a batch starts, who is called back when, and how records are framed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GATHER_BYTES } from '../../src/base/limits.ts';
import { countRecords, readRecords } from '../../src/driver/records.ts';
import { World } from './commitWorld.ts';

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

describe('framing', () => {
  it('gives back what was written, whatever the length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 })), { minLength: 1 }),
        (records) => {
          const world = new World().ready();
          for (const [i, [type, payload]] of records.entries()) {
            world.log.begin(type).bytes(Buffer.from(payload));
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
