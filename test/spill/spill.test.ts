// Spills on run files and simulated: conformance, and what only files can do.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSpills, type Spills } from '../../src/host/spill.ts';
import type { HostSpill } from '../../src/host/spillFront.ts';
import { openSimSpill, SimSpillDisk } from '../../src/sim/spill.ts';
import { ManualLoop } from '../journal/manualLoop.ts';
import { entry, flush, get, list, type SpillSubject, spillConformance } from './conformance.ts';

interface HostSubject extends SpillSubject {
  readonly spill: HostSpill;
  readonly spills: Spills;
  readonly folder: string;
  crash(): Promise<HostSubject>;
}

function openHost(folder = mkdtempSync(join(tmpdir(), 'glaspost-spill-'))): HostSubject {
  const spills = openSpills({ folder });
  const spill = spills.spill('test');
  return {
    spill,
    spills,
    folder,
    settle: (promise) => promise,
    tick() {
      const now = Date.now();
      while (Date.now() === now);
      return Date.now();
    },
    async crash() {
      // Nothing is flushed by closing the threads; memory is lost as in a crash.
      await spills.close();
      return openHost(folder);
    },
    async end() {
      await spills.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function runs(folder: string): string[] {
  return readdirSync(join(folder, 'test')).filter((file) => file.endsWith('.run'));
}

spillConformance('files', async () => openHost());

interface SimFaults {
  ok: boolean;
}

function openSim(disk: SimSpillDisk, loop: ManualLoop, faults: SimFaults): SpillSubject {
  let delays = 0;
  const spill = openSimSpill(disk, {
    loop,
    flushFate: () => ({ ok: faults.ok, delayMs: delays++ % 4 }),
    readDelayMs: () => delays++ % 3,
  });
  return {
    spill,
    async settle(promise) {
      for (let i = 0; i < 10; i++) {
        loop.pass(1);
        await Promise.resolve();
      }
      return promise;
    },
    tick() {
      loop.pass(1);
      return loop.now();
    },
    async crash() {
      disk.crash();
      return openSim(disk, loop, faults);
    },
    end: async () => {},
  };
}

spillConformance('sim', async () => openSim(new SimSpillDisk(), new ManualLoop(), { ok: true }));

describe('simulated spill', () => {
  it('a flush without room keeps everything in memory, and a later one stores it', async () => {
    const faults = { ok: false };
    const subject = openSim(new SimSpillDisk(), new ManualLoop(), faults);
    subject.spill.put(entry(1, 'a', '1', 'one'));
    assert.equal(await flush(subject), false);
    assert.deepEqual([subject.spill.unflushed, await get(subject, 'a')], [1, 'one']);
    faults.ok = true;
    assert.equal(await flush(subject), true);
    assert.equal(await get(await subject.crash(), 'a'), 'one');
  });
});

describe('run files', () => {
  it('small runs of one hour become few, and nothing is lost or doubled', async () => {
    let subject = openHost();
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 25; n++) {
        // Every fifth key is put again in each flush.
        const key = n % 5 === 0 ? `again-${n}` : `k-${i}-${n}`;
        subject.spill.put(entry(n % 2, key, String(i).padStart(3, '0') + String(n).padStart(2, '0'), `${i}.${n}`));
      }
      assert.equal(await flush(subject), true);
    }
    const check = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        for (let n = 0; n < 25; n++) {
          const again = n % 5 === 0;
          assert.equal(await get(subject, again ? `again-${n}` : `k-${i}-${n}`), again ? `39.${n}` : `${i}.${n}`);
        }
      }
      const all = await list(subject, 0, null, 10_000);
      assert.equal(all.length, 40 * 10 + 3);
    };
    await check();
    subject = await subject.crash();
    await check();
    const until = Date.now() + 20_000;
    while (runs(subject.folder).length >= 16 && Date.now() < until) await flush(subject);
    assert.ok(runs(subject.folder).length < 16, `${runs(subject.folder).length} runs`);
    await check();
    assert.equal(subject.spill.stats().torn, 0);
    await subject.end();
  });

  it('a torn run is ignored at every length, the others are found', async () => {
    let subject = openHost();
    subject.spill.put(entry(1, 'good', '1', 'kept'));
    await flush(subject);
    for (let n = 0; n < 300; n++) subject.spill.put(entry(1, `bad-${n}`, '2', 'x'.repeat(100)));
    await flush(subject);
    const [, torn] = runs(subject.folder);
    const path = join(subject.folder, 'test', torn as string);
    const whole = join(subject.folder, 'whole');
    copyFileSync(path, whole);
    const { size } = statSync(path);
    for (const length of [0, 7, 100, size - 2000, size - 40, size - 16, size - 1]) {
      copyFileSync(whole, path);
      truncateSync(path, length);
      subject = await subject.crash();
      assert.equal(await get(subject, 'good'), 'kept');
      assert.equal(await get(subject, 'bad-7'), null);
      assert.deepEqual([subject.spill.stats().runs, subject.spill.stats().torn], [1, 1]);
    }
    // A new run does not take the torn one's name.
    subject.spill.put(entry(1, 'new', '3', 'here'));
    assert.equal(await flush(subject), true);
    subject = await subject.crash();
    assert.deepEqual([await get(subject, 'good'), await get(subject, 'new')], ['kept', 'here']);
    copyFileSync(whole, path);
    subject = await subject.crash();
    assert.equal(await get(subject, 'bad-7'), 'x'.repeat(100));
    await subject.end();
  });

  it('what a crash left half written is cleared away', async () => {
    let subject = openHost();
    subject.spill.put(entry(1, 'a', '1', 'one'));
    await flush(subject);
    writeFileSync(join(subject.folder, 'test', '0000000002-0000000002.run.tmp'), 'half');
    subject = await subject.crash();
    assert.equal(await get(subject, 'a'), 'one');
    assert.deepEqual(readdirSync(join(subject.folder, 'test')), runs(subject.folder));
    await subject.end();
  });

  it('the parts of a merged run are cleared away when the crash came before', async () => {
    let subject = openHost();
    const folder = join(subject.folder, 'test');
    for (let i = 1; i <= 8; i++) {
      subject.spill.put(entry(1, 'same', String(i), String(i)));
      subject.spill.put(entry(1, `own-${i}`, String(i), String(i)));
      await flush(subject);
      if (i === 3)
        for (const file of runs(subject.folder)) copyFileSync(join(folder, file), join(subject.folder, file));
    }
    const until = Date.now() + 20_000;
    while (runs(subject.folder).length > 1 && Date.now() < until) await get(subject, 'same');
    assert.deepEqual(runs(subject.folder), ['0000000001-0000000008.run']);
    for (const file of readdirSync(subject.folder).filter((name) => name.endsWith('.run'))) {
      copyFileSync(join(subject.folder, file), join(folder, file));
    }
    assert.equal(runs(subject.folder).length, 4);
    subject = await subject.crash();
    assert.equal(await get(subject, 'same'), '8');
    assert.equal(await get(subject, 'own-2'), '2');
    assert.deepEqual(runs(subject.folder), ['0000000001-0000000008.run']);
    await subject.end();
  });

  it('several spills stand side by side, each with its own runs', async () => {
    const subject = openHost();
    const other = subject.spills.spill('other');
    subject.spill.put(entry(1, 'k', '1', 'mine'));
    other.put(entry(1, 'k', '1', 'theirs'));
    await flush(subject);
    await new Promise((resolve) => other.flush(resolve));
    assert.equal(await get(subject, 'k'), 'mine');
    const value = await new Promise<Buffer | null>((resolve) => other.get(Buffer.from('k'), resolve));
    assert.equal(value?.toString(), 'theirs');
    assert.throws(() => subject.spills.spill('other'), /is open/);
    assert.throws(() => subject.spills.spill('../x'), /no name/);
    await subject.end();
  });

  it('large values and many entries of one key hash block are found', async () => {
    let subject = openHost();
    const many = 30_000;
    for (let i = 0; i < many; i++) subject.spill.put(entry(i % 7, `id-${i}`, String(i).padStart(8, '0'), `v${i}`));
    subject.spill.put(entry(1, 'large', 'zz', 'L'.repeat(3_000_000)));
    assert.equal(await flush(subject), true);
    subject = await subject.crash();
    const found = await Promise.all(Array.from({ length: many }, (_, i) => get(subject, `id-${i}`)));
    assert.ok(found.every((value, i) => value === `v${i}`));
    assert.equal((await get(subject, 'large'))?.length, 3_000_000);
    const absent = await Promise.all(Array.from({ length: 5000 }, (_, i) => get(subject, `no-${i}`)));
    assert.ok(absent.every((value) => value === null));
    assert.deepEqual((await list(subject, 3, '00000018', 2)).join(), 'id-17/00000017/v17,id-10/00000010/v10');
    await subject.end();
  });
});
