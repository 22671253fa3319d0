// The journal on SQLite: conformance, its lock, and a disk that is really full.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openJournal } from '../../src/host/journal.ts';
import { append, batchOf, journalConformance, readAll, type Subject } from './conformance.ts';
import { openHost } from './hostSubject.ts';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'glaspost-journal-'));
}

journalConformance('SQLite', async () => openHost(folder(), {}));

describe('journal on SQLite', () => {
  it('a second opener is refused with the pid of the first, and admitted after its end', async () => {
    const path = folder();
    const first = await openHost(path, {});
    const second = await openJournal({ folder: path, storageSecret: Buffer.alloc(32, 7) });
    assert.deepEqual(second, { ok: false, error: { code: 'locked', folder: path, pid: process.pid } });
    assert.equal((await first.settle(append(first, 1, batchOf('still mine')))).outcome, 'durable');
    const again = await first.reopen();
    assert.equal((await again.settle(readAll(again))).rows.length, 1);
    await again.end();
  });

  it('the lock of a killed program is taken over', async () => {
    const path = folder();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), path, 'idle'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const refused = await openJournal({ folder: path, storageSecret: Buffer.alloc(32, 7) });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    assert.deepEqual(refused, { ok: false, error: { code: 'locked', folder: path, pid: child.pid } });
    assert.equal(readFileSync(join(path, 'lock'), 'latin1').trim(), String(child.pid));
    const taken = await openHost(path, {});
    assert.equal(readFileSync(join(path, 'lock'), 'latin1').trim(), String(process.pid));
    await taken.end();
  });

  it('a folder that is no folder is a fault, not a crash', async () => {
    const root = folder();
    const path = join(root, 'file');
    writeFileSync(path, 'x');
    const opened = await openJournal({ folder: path, storageSecret: Buffer.alloc(32, 7) });
    rmSync(root, { recursive: true });
    assert.ok(!opened.ok && opened.error.code === 'failed');
  });

  it('a batch that is larger than the limit of pages is refused; what was trimmed makes room again', async () => {
    const subject = await openHost(folder(), { maxPages: 600 });
    const text = 'x'.repeat(100_000);
    let seq = 1;
    for (; ; seq++) {
      const { outcome } = await subject.settle(append(subject, seq, batchOf(text)));
      if (outcome === 'full') break;
      assert.equal(outcome, 'durable');
      assert.ok(seq < 50);
    }
    subject.journal.trim(0, seq - 2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const retry = async (): Promise<void> => {
      const { outcome } = await append(subject, seq, batchOf(text));
      if (outcome === 'durable') resolve();
      else setTimeout(() => void retry(), 20);
    };
    void retry();
    await promise;
    const { rows } = await subject.settle(readAll(subject));
    assert.deepEqual(
      rows.map(([row]) => row),
      [seq - 2, seq - 1, seq],
    );
    await subject.end();
  });

  it('20,000 small batches have a key each: the key file grows', async () => {
    const subject = await openHost(folder(), {});
    const many = 20_000;
    const waits: Promise<{ outcome: string }>[] = [];
    for (let seq = 1; seq <= many; seq++) waits.push(append(subject, seq, batchOf(`r${seq}`, `s${seq}`)));
    assert.ok((await Promise.all(waits)).every(({ outcome }) => outcome === 'durable'));
    assert.ok(statSync(join(subject.folder, 'keys')).size >= many * 32);
    const again = await subject.reopen();
    const { rows } = await readAll(again);
    assert.equal(rows.length, many);
    assert.ok(rows.every(([seq, records, secrets]) => records === `r${seq}` && secrets === `s${seq}`));
    await again.end();
  });
});

/** A file system of `bytes` in memory, or null where none can be mounted. */
function mountSmall(bytes: number): string | null {
  const path = folder();
  if (process.getuid?.() === 0) {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]).status === 0) return path;
  }
  rmSync(path, { recursive: true });
  return null;
}

function unmount(path: string): void {
  spawnSync('umount', ['-l', path]);
  rmSync(path, { recursive: true, force: true });
}

function canMount(): boolean {
  const path = mountSmall(65_536);
  if (path !== null) unmount(path);
  return path !== null;
}

describe('journal on a full disk', () => {
  const skip = canMount() ? false : 'needs root and mount to make a small file system';
  it('refuses, trims with the reserve, goes on when there is room, and makes the reserve again', { skip }, async () => {
    const mounted = mountSmall(12 * 1024 * 1024) as string;
    try {
      const path = join(mounted, 'data');
      mkdirSync(path);
      const subject: Subject = await openHost(path, { reserveBytes: 2 * 1024 * 1024 });
      const filler = join(mounted, 'filler');
      const text = 'z'.repeat(50_000);
      let seq = 1;
      for (; seq <= 20; seq++) assert.equal((await append(subject, seq, batchOf(text))).outcome, 'durable');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
      let outcome = 'durable';
      for (; seq < 200; seq++) {
        outcome = (await append(subject, seq, batchOf(text))).outcome;
        if (outcome !== 'durable') break;
      }
      assert.equal(outcome, 'full');
      assert.equal(existsSync(join(path, 'reserve')), false, 'the reserve was not given up');
      subject.journal.trim(0, seq - 5);
      const { promise, resolve } = Promise.withResolvers<void>();
      const retry = async (): Promise<void> => {
        if ((await append(subject, seq, batchOf(text))).outcome === 'durable') resolve();
        else setTimeout(() => void retry(), 50);
      };
      void retry();
      await promise;
      rmSync(filler);
      for (let i = 1; i <= 3; i++) assert.equal((await append(subject, seq + i, batchOf('more'))).outcome, 'durable');
      const again = await subject.reopen();
      assert.equal(statSync(join(path, 'reserve')).size, 2 * 1024 * 1024);
      const { rows, nextSeq } = await readAll(again);
      assert.deepEqual([rows[0]?.[0], nextSeq], [seq - 5, seq + 4]);
      await again.end();
    } finally {
      unmount(mounted);
    }
  });
});
