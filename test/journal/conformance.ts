// What every implementation of port/journal.ts must stand. The harness says how one is opened and how its world is driven.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AppendOutcome, Journal, JournalBatch } from '../../src/port/journal.ts';

/** One journal with its world. */
export interface Subject {
  readonly journal: Journal;
  /** Resolves when `promise` does, and drives whatever has to be driven for that. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Resolves with the error of a broken invariant. */
  readonly crash: Promise<Error>;
  /** Resolves when no ended key is in memory or on disk any more. */
  keysGone(): Promise<void>;
  /** Closes it and opens the same store again. */
  reopen(): Promise<Subject>;
  /** From now on, or no longer, the store has no room. */
  full(full: boolean): Promise<void>;
  end(): Promise<void>;
}

export function batchOf(records: string, secrets = ''): JournalBatch {
  const own = (text: string): Buffer => {
    const buffer = Buffer.allocUnsafeSlow(text.length + 100);
    buffer.write(text, 'latin1');
    return buffer;
  };
  return {
    records: own(records),
    recordsLength: records.length,
    secrets: own(secrets),
    secretsLength: secrets.length,
  };
}

export interface Appended {
  readonly outcome: AppendOutcome;
  readonly batch: JournalBatch;
}

export function append({ journal }: Subject, seq: number, batch: JournalBatch, slot = 0, epoch = 1): Promise<Appended> {
  return new Promise((resolve) => {
    journal.append(slot, epoch, seq, batch, (outcome, back) => resolve({ outcome, batch: back }));
  });
}

export interface ReadBack {
  readonly nextSeq: number;
  readonly rows: readonly (readonly [seq: number, records: string, secrets: string | null])[];
}

export function readAll({ journal }: Subject, fromSeq = 1, slot = 0): Promise<ReadBack> {
  const rows: [number, string, string | null][] = [];
  return new Promise((resolve) => {
    journal.read(
      slot,
      fromSeq,
      (seq, records, secrets) => {
        rows.push([seq, records.toString('latin1'), secrets === null ? null : secrets.toString('latin1')]);
      },
      (nextSeq) => resolve({ nextSeq, rows }),
    );
  });
}

function readSome({ journal }: Subject, seqs: number[]): Promise<(readonly [string, string | null] | null)[]> {
  return new Promise((resolve) => {
    journal.readMany(0, seqs, (found) =>
      resolve(
        found.map((batch) =>
          batch === null ? null : [batch.records.toString('latin1'), batch.secrets?.toString('latin1') ?? null],
        ),
      ),
    );
  });
}

/** `open` gives a fresh, empty store. */
export function journalConformance(name: string, open: () => Promise<Subject>): void {
  const test = (title: string, run: (subject: Subject) => Promise<Subject | undefined>): void => {
    it(title, async () => {
      const subject = await open();
      await ((await run(subject)) ?? subject).end();
    });
  };

  describe(`journal conformance: ${name}`, () => {
    test('is empty at first', async (subject) => {
      assert.deepEqual(await subject.settle(readAll(subject)), { nextSeq: 1, rows: [] });
      return undefined;
    });

    test('answers in order, gives the buffers back and reads back what it stored, after reopening too', async (subject) => {
      const order: number[] = [];
      const batches = Array.from({ length: 300 }, (_, i) => batchOf(`r${i + 1}`, i % 3 === 0 ? `s${i + 1}` : ''));
      const waits = batches.map((batch, i) =>
        append(subject, i + 1, batch).then((appended) => {
          order.push(i + 1);
          return appended;
        }),
      );
      // Given up: who would still write into them would write into nothing.
      assert.equal(batches[0]?.records.length, 0);
      const appended = await subject.settle(Promise.all(waits));
      assert.deepEqual(
        order,
        batches.map((_, i) => i + 1),
      );
      for (const [i, { outcome, batch }] of appended.entries()) {
        assert.equal(outcome, 'durable');
        assert.equal(batch, batches[i]);
        assert.equal(batch.records.length, `r${i + 1}`.length + 100);
      }
      const expected = batches.map((_, i) => [i + 1, `r${i + 1}`, i % 3 === 0 ? `s${i + 1}` : null]);
      assert.deepEqual(await subject.settle(readAll(subject)), { nextSeq: 301, rows: expected });
      const again = await subject.reopen();
      assert.deepEqual(await again.settle(readAll(again)), { nextSeq: 301, rows: expected });
      assert.deepEqual(await again.settle(readAll(again, 299)), { nextSeq: 301, rows: expected.slice(298) });
      assert.ok(again.journal.stats().fileBytes > 0);
      return again;
    });

    test('keeps slots apart', async (subject) => {
      await subject.settle(append(subject, 1, batchOf('a'), 0));
      await subject.settle(append(subject, 1, batchOf('b'), 7));
      await subject.settle(append(subject, 2, batchOf('c'), 7));
      assert.deepEqual((await subject.settle(readAll(subject, 1, 0))).rows, [[1, 'a', null]]);
      assert.deepEqual(await subject.settle(readAll(subject, 1, 7)), {
        nextSeq: 3,
        rows: [
          [1, 'b', null],
          [2, 'c', null],
        ],
      });
      return undefined;
    });

    test('reads large batches whole, in parts', async (subject) => {
      const large = Array.from({ length: 9 }, (_, i) => String.fromCharCode(97 + i).repeat(400_000));
      for (const [i, text] of large.entries()) {
        assert.equal((await subject.settle(append(subject, i + 1, batchOf(text, text)))).outcome, 'durable');
      }
      const { rows, nextSeq } = await subject.settle(readAll(subject));
      assert.equal(nextSeq, 10);
      assert.ok(rows.every(([seq, records, secrets]) => records === large[seq - 1] && secrets === large[seq - 1]));
      assert.equal(rows.length, 9);
      return undefined;
    });

    test('the same seq with the same octets succeeds again, and is kept once', async (subject) => {
      await subject.settle(append(subject, 1, batchOf('one', 'secret')));
      assert.equal((await subject.settle(append(subject, 1, batchOf('one', 'secret')))).outcome, 'durable');
      const again = await subject.reopen();
      assert.equal((await again.settle(append(again, 1, batchOf('one', 'secret')))).outcome, 'durable');
      assert.deepEqual(await again.settle(readAll(again)), { nextSeq: 2, rows: [[1, 'one', 'secret']] });
      return again;
    });

    for (const [what, batch] of [
      ['records', batchOf('two', 'secret')],
      ['secrets', batchOf('one', 'other')],
    ] as const) {
      test(`the same seq with other ${what} is a crash`, async (subject) => {
        await subject.settle(append(subject, 1, batchOf('one', 'secret')));
        const outcome = append(subject, 1, batch);
        const crash = await subject.settle(Promise.race([subject.crash, outcome]));
        assert.ok(crash instanceof Error, 'answered instead of crashing');
        assert.match(crash.message, /again, with other octets/);
        return undefined;
      });
    }

    test('a gap is a crash', async (subject) => {
      await subject.settle(append(subject, 1, batchOf('one')));
      const crash = await subject.settle(Promise.race([subject.crash, append(subject, 3, batchOf('three'))]));
      assert.ok(crash instanceof Error, 'answered instead of crashing');
      return undefined;
    });

    test('an owner with an older epoch is fenced, after reopening too', async (subject) => {
      assert.equal((await subject.settle(append(subject, 1, batchOf('old'), 0, 1))).outcome, 'durable');
      assert.equal((await subject.settle(append(subject, 2, batchOf('new'), 0, 2))).outcome, 'durable');
      assert.equal((await subject.settle(append(subject, 3, batchOf('late'), 0, 1))).outcome, 'fenced');
      const again = await subject.reopen();
      assert.equal((await again.settle(append(again, 3, batchOf('late'), 0, 1))).outcome, 'fenced');
      assert.equal((await again.settle(append(again, 3, batchOf('go on'), 0, 2))).outcome, 'durable');
      const { rows } = await again.settle(readAll(again));
      assert.deepEqual(
        rows.map(([, records]) => records),
        ['old', 'new', 'go on'],
      );
      return again;
    });

    test('point reads find what is kept, in the order asked, and null for the rest', async (subject) => {
      for (let seq = 1; seq <= 5; seq++) await subject.settle(append(subject, seq, batchOf(`r${seq}`, `s${seq}`)));
      subject.journal.endSecrets(0, [2]);
      subject.journal.trim(0, 2);
      assert.deepEqual(await subject.settle(readSome(subject, [4, 1, 2, 99, 4])), [
        ['r4', 's4'],
        null,
        ['r2', null],
        null,
        ['r4', 's4'],
      ]);
      return undefined;
    });

    test('trim forgets what is before, at once and for good, and numbers go on', async (subject) => {
      for (let seq = 1; seq <= 200; seq++) await subject.settle(append(subject, seq, batchOf(`r${seq}`, `s${seq}`)));
      subject.journal.trim(0, 150);
      const after = await subject.settle(readAll(subject));
      assert.deepEqual([after.nextSeq, after.rows.length, after.rows[0]?.[0]], [201, 51, 150]);
      assert.equal((await subject.settle(append(subject, 201, batchOf('on')))).outcome, 'durable');
      subject.journal.trim(0, 9999);
      await subject.settle(append(subject, 202, batchOf('last', 'kept')));
      const again = await subject.reopen();
      const kept = await again.settle(readAll(again));
      assert.equal(kept.nextSeq, 203);
      assert.deepEqual(kept.rows.at(-1), [202, 'last', 'kept']);
      again.journal.trim(0, 9999);
      const empty = await again.reopen();
      assert.equal((await empty.settle(readAll(empty))).nextSeq, 203);
      assert.equal((await empty.settle(append(empty, 203, batchOf('next')))).outcome, 'durable');
      return empty;
    });

    test('secrets that have ended read as null, twice told or not, and after reopening', async (subject) => {
      for (let seq = 1; seq <= 6; seq++) await subject.settle(append(subject, seq, batchOf(`r${seq}`, `s${seq}`)));
      subject.journal.endSecrets(0, [2, 5]);
      subject.journal.endSecrets(0, [5, 77]);
      const expected = [1, 2, 3, 4, 5, 6].map((seq) => [seq, `r${seq}`, seq === 2 || seq === 5 ? null : `s${seq}`]);
      assert.deepEqual((await subject.settle(readAll(subject))).rows, expected);
      await subject.keysGone();
      const again = await subject.reopen();
      assert.deepEqual((await again.settle(readAll(again))).rows, expected);
      // Key slots that are used again open nothing old.
      for (let seq = 7; seq <= 12; seq++) await again.settle(append(again, seq, batchOf(`r${seq}`, `s${seq}`)));
      const later = await again.settle(readAll(again));
      assert.deepEqual(later.rows.slice(0, 6), expected);
      assert.ok(later.rows.slice(6).every(([seq, , secrets]) => secrets === `s${seq}`));
      return again;
    });

    test('a full disk refuses, changes nothing, refuses what follows, and takes the same seq later', async (subject) => {
      const first = 'x'.repeat(20_000);
      assert.equal((await subject.settle(append(subject, 1, batchOf(first, 'kept')))).outcome, 'durable');
      await subject.full(true);
      const big = 'y'.repeat(3_000_000);
      const [two, three] = await subject.settle(
        Promise.all([append(subject, 2, batchOf(big, 'two')), append(subject, 3, batchOf(big, 'three'))]),
      );
      assert.deepEqual([two?.outcome, three?.outcome], ['full', 'full']);
      assert.deepEqual(await subject.settle(readAll(subject)), { nextSeq: 2, rows: [[1, first, 'kept']] });
      await subject.full(false);
      const [again, after] = await subject.settle(
        Promise.all([append(subject, 2, two?.batch ?? batchOf('')), append(subject, 3, three?.batch ?? batchOf(''))]),
      );
      assert.deepEqual([again?.outcome, after?.outcome], ['durable', 'durable']);
      const { rows } = await subject.settle(readAll(subject));
      assert.deepEqual(
        rows.map(([seq, records, secrets]) => [seq, records.length, secrets]),
        [
          [1, 20_000, 'kept'],
          [2, 3_000_000, 'two'],
          [3, 3_000_000, 'three'],
        ],
      );
      return undefined;
    });
  });
}
