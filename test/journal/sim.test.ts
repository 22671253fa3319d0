// The simulated journal: conformance, and the faults that only a simulated disk can have.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AppendFate, openSimJournal, type SimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { append, batchOf, journalConformance, readAll, type Subject } from './conformance.ts';
import { ManualLoop } from './manualLoop.ts';

interface SimSubject extends Subject {
  readonly journal: SimJournal;
  readonly disk: SimJournalDisk;
  readonly loop: ManualLoop;
}

function open(disk: SimJournalDisk, loop: ManualLoop, fate: (seq: number) => AppendFate): SimSubject {
  let isFull = false;
  let seen = 0;
  const journal = openSimJournal(disk, {
    loop,
    // Unequal delays must not change the order.
    fate: (_slot, seq) => ({ fate: isFull ? 'full' : fate(seq), delayMs: (seen++ * 7) % 5 }),
    keySyncMs: 1000,
  });
  assert.ok(journal !== null);
  const { promise: crash, reject: crashed, resolve: crashedWith } = Promise.withResolvers<Error>();
  crash.catch(() => {});
  void crashed;
  return {
    journal,
    disk,
    loop,
    crash,
    async settle(promise) {
      let settled = false;
      const watched = promise.finally(() => {
        settled = true;
      });
      watched.catch(() => {});
      for (let i = 0; i < 1000 && !settled; i++) {
        try {
          loop.pass(1);
        } catch (error) {
          crashedWith(error as Error);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      return watched;
    },
    keysGone: async () => loop.pass(1001),
    async reopen() {
      const closed = journal.close();
      loop.pass(10);
      await closed;
      return open(disk, loop, fate);
    },
    full: async (full) => {
      isFull = full;
    },
    end: async () => {},
  };
}

const durable = (): AppendFate => 'durable';

journalConformance('sim', async () => open(new SimJournalDisk(), new ManualLoop(), durable));

describe('simulated disk', () => {
  it('one journal at a time', () => {
    const disk = new SimJournalDisk();
    const first = open(disk, new ManualLoop(), durable);
    assert.equal(
      openSimJournal(disk, { loop: first.loop, fate: () => ({ fate: 'durable', delayMs: 0 }), keySyncMs: 0 }),
      null,
    );
  });

  for (const [fate, kept] of [
    ['unknownStored', 2],
    ['unknownLost', 1],
  ] as const) {
    it(`${fate}: answers unknown, then answers nothing else; after reopening ${kept} batches stand`, async () => {
      const disk = new SimJournalDisk();
      const subject = open(disk, new ManualLoop(), (seq) => (seq === 2 ? fate : 'durable'));
      const outcomes = await subject.settle(
        Promise.all([1, 2, 3].map((seq) => append(subject, seq, batchOf(`r${seq}`)))),
      );
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        ['durable', 'unknown', 'unknown'],
      );
      disk.crash(0, false);
      const again = open(disk, subject.loop, durable);
      const { rows, nextSeq } = await again.settle(readAll(again));
      assert.deepEqual([rows.length, nextSeq], [kept, kept + 1]);
    });
  }

  it('a crash keeps a prefix of what was under way, calls nothing back, and may bring ended keys back', async () => {
    const disk = new SimJournalDisk();
    const subject = open(disk, new ManualLoop(), durable);
    await subject.settle(append(subject, 1, batchOf('r1', 's1')));
    subject.journal.endSecrets(0, [1]);
    subject.loop.pass(10);
    let called = 0;
    for (let seq = 2; seq <= 4; seq++) subject.journal.append(0, 1, seq, batchOf(`r${seq}`), () => called++);
    disk.crash(2, true);
    subject.loop.pass(1000);
    assert.equal(called, 0);
    const again = open(disk, subject.loop, durable);
    assert.deepEqual((await again.settle(readAll(again))).rows, [
      [1, 'r1', 's1'],
      [2, 'r2', null],
      [3, 'r3', null],
    ]);
  });
});
