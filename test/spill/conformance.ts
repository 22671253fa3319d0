// What every implementation of port/spill.ts must stand. The harness says how one is opened and how its world is driven.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Spill, SpillEntry } from '../../src/port/spill.ts';

export interface SpillSubject {
  readonly spill: Spill;
  settle<T>(promise: Promise<T>): Promise<T>;
  /** The time that puts are given now; the next one is later. */
  tick(): number;
  /** The program dies without a flush, and opens the same runs again. */
  crash(): Promise<SpillSubject>;
  end(): Promise<void>;
}

export function entry(group: number, key: string, order: string, value: string): SpillEntry {
  const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
  return { group, key: octets(key), order: octets(order), value: octets(value) };
}

export function get(subject: SpillSubject, key: string): Promise<string | null> {
  return subject.settle(
    new Promise((resolve) => {
      let returned = false;
      subject.spill.get(Buffer.from(key, 'latin1'), (value) => {
        assert.ok(returned, 'called before get returned');
        resolve(value === null ? null : value.toString('latin1'));
      });
      returned = true;
    }),
  );
}

export function list(subject: SpillSubject, group: number, before: string | null, limit: number): Promise<string[]> {
  return subject.settle(
    new Promise((resolve) => {
      subject.spill.list(group, before === null ? null : Buffer.from(before, 'latin1'), limit, (entries) => {
        for (const found of entries) assert.equal(found.group, group);
        resolve(
          entries.map(({ key, order, value }) =>
            [key, order, value].map((octets) => Buffer.from(octets).toString('latin1')).join('/'),
          ),
        );
      });
    }),
  );
}

export function flush(subject: SpillSubject): Promise<boolean> {
  return subject.settle(new Promise((resolve) => subject.spill.flush(resolve)));
}

export function spillConformance(name: string, open: () => Promise<SpillSubject>): void {
  const test = (title: string, run: (subject: SpillSubject) => Promise<SpillSubject | undefined>): void => {
    it(title, async () => {
      const subject = await open();
      await ((await run(subject)) ?? subject).end();
    });
  };

  describe(`spill conformance: ${name}`, () => {
    test('finds at once what was put, and null for the rest', async (subject) => {
      assert.equal(await get(subject, 'a'), null);
      subject.spill.put(entry(1, 'a', '1', 'one'));
      assert.equal(subject.spill.unflushed, 1);
      assert.equal(await get(subject, 'a'), 'one');
      assert.equal(await get(subject, 'A'), null);
      return undefined;
    });

    test('finds during and after a flush, and after a crash what was flushed', async (subject) => {
      subject.spill.put(entry(1, 'a', '1', 'one'));
      const flushed = flush(subject);
      subject.spill.put(entry(1, 'b', '2', 'two'));
      assert.deepEqual([await get(subject, 'a'), await get(subject, 'b')], ['one', 'two']);
      assert.equal(await flushed, true);
      assert.equal(subject.spill.unflushed, 1);
      assert.deepEqual([await get(subject, 'a'), await get(subject, 'b')], ['one', 'two']);
      const again = await subject.crash();
      assert.deepEqual([await get(again, 'a'), await get(again, 'b')], ['one', null]);
      assert.equal(again.spill.unflushed, 0);
      return again;
    });

    test('a flush of nothing succeeds', async (subject) => {
      assert.equal(await flush(subject), true);
      return undefined;
    });

    test('a later put of the same key wins, wherever both stand, in lists too', async (subject) => {
      subject.spill.put(entry(1, 'k', '1', 'oldest'));
      subject.spill.put(entry(1, 'other', '5', 'x'));
      await flush(subject);
      subject.spill.put(entry(1, 'k', '7', 'old'));
      await flush(subject);
      assert.equal(await get(subject, 'k'), 'old');
      assert.deepEqual(await list(subject, 1, null, 10), ['k/7/old', 'other/5/x']);
      subject.spill.put(entry(2, 'k', '3', 'new'));
      assert.equal(await get(subject, 'k'), 'new');
      assert.deepEqual(await list(subject, 1, null, 10), ['other/5/x']);
      subject.spill.put(entry(1, 'k', '2', 'newest'));
      await flush(subject);
      assert.deepEqual(await list(subject, 1, null, 10), ['other/5/x', 'k/2/newest']);
      assert.deepEqual(await list(subject, 2, null, 10), []);
      const again = await subject.crash();
      assert.equal(await get(again, 'k'), 'newest');
      return again;
    });

    test('lists newest first, below a bound, by octets', async (subject) => {
      for (const [i, order] of ['\x00', '\x01', '\x01\x00', '\x7f', '\x80', '\xff'].entries()) {
        subject.spill.put(entry(3, `k${i}`, order, String(i)));
        subject.spill.put(entry(4, `q${i}`, order, String(i)));
        if (i === 2) await flush(subject);
      }
      const values = (found: string[]): string => found.map((text) => text.split('/')[2]).join('');
      assert.equal(values(await list(subject, 3, null, 10)), '543210');
      assert.equal(values(await list(subject, 3, null, 2)), '54');
      assert.equal(values(await list(subject, 3, '\x80', 10)), '3210');
      assert.equal(values(await list(subject, 3, '\x01\x00', 1)), '1');
      assert.equal(values(await list(subject, 3, '\x00', 10)), '');
      assert.deepEqual(await list(subject, 9, null, 10), []);
      return undefined;
    });

    test('drops runs by the age of their newest entry', async (subject) => {
      subject.spill.put(entry(1, 'a', '1', 'one'));
      await flush(subject);
      const between = subject.tick();
      subject.spill.put(entry(1, 'b', '2', 'two'));
      await flush(subject);
      subject.spill.dropBefore(between);
      assert.deepEqual([await get(subject, 'a'), await get(subject, 'b')], [null, 'two']);
      const again = await subject.crash();
      assert.deepEqual([await get(again, 'a'), await get(again, 'b')], [null, 'two']);
      assert.deepEqual(await list(again, 1, null, 10), ['b/2/two']);
      return again;
    });

    test('refuses entries out of bounds', async (subject) => {
      assert.throws(() => subject.spill.put(entry(1, '', '', '')), RangeError);
      assert.throws(() => subject.spill.put(entry(1, 'k'.repeat(65), '', '')), RangeError);
      assert.throws(() => subject.spill.put(entry(1, 'k', 'o'.repeat(17), '')), RangeError);
      assert.throws(() => subject.spill.put(entry(-1, 'k', '', '')), RangeError);
      subject.spill.put(entry(0xffffffff, '\x00'.repeat(64), '', ''));
      await flush(subject);
      assert.equal(await get(subject, '\x00'.repeat(64)), '');
      return undefined;
    });

    test('behaves as one map, whatever the order of puts, flushes and crashes', async (first) => {
      let subject = first;
      const key = fc.constantFrom(...Array.from({ length: 40 }, (_, i) => `key-${i}`));
      const step = fc.oneof(
        {
          weight: 12,
          arbitrary: fc.record({
            do: fc.constant('put' as const),
            key,
            group: fc.integer({ min: 1, max: 3 }),
            order: fc.uint8Array({ maxLength: 3 }),
            value: fc.string({ maxLength: 700 }),
          }),
        },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
      );
      // One store for all: what earlier rounds left is part of the model.
      let model = new Map<string, SpillEntry>();
      let durable = new Map<string, SpillEntry>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.uint8Array({ maxLength: 2 }), async (steps, bound) => {
          for (const now of steps) {
            if (now.do === 'put') {
              const order = Buffer.from(now.order);
              const put = { group: now.group, key: Buffer.from(now.key), order, value: Buffer.from(now.value) };
              subject.spill.put(put);
              model.set(now.key, put);
            } else if (now.do === 'flush') {
              assert.equal(await flush(subject), true);
              durable = new Map(model);
            } else {
              subject = await subject.crash();
              model = new Map(durable);
            }
          }
          for (let i = 0; i < 40; i++) {
            const expected = model.get(`key-${i}`)?.value.toString('latin1') ?? null;
            assert.equal(await get(subject, `key-${i}`), expected);
          }
          const before = bound.length === 2 ? Buffer.from(bound) : null;
          const expected = [...model.values()]
            .filter(({ group, order }) => group === 2 && (before === null || Buffer.compare(order, before) < 0))
            .sort((a, b) => Buffer.compare(b.order, a.order));
          const found = await list(subject, 2, before?.toString('latin1') ?? null, 100);
          const text = ({ key: k, order, value }: SpillEntry): string =>
            [k, order, value].map((octets) => octets.toString('latin1')).join('/');
          // Entries of equal order may stand in any order among each other.
          assert.deepEqual(found.toSorted(), expected.map(text).toSorted());
          const few = await list(subject, 2, before?.toString('latin1') ?? null, 3);
          assert.deepEqual(
            few.map((one) => one.split('/')[1]),
            expected.slice(0, 3).map(({ order }) => order.toString('latin1').split('/')[0]),
          );
        }),
        { numRuns: 30 },
      );
      return subject;
    });
  });
}
