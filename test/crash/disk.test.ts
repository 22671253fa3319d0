// The disk that loses power is proved before anything is proved by it: what was synced stays, what was not is gone, names
// included, for plain files and for SQLite; and a model of random operations agrees with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { compileShadow, Disk } from '../../bench/crash/disk.ts';
import { openJournal } from '../../src/host/journal.ts';
import { ownStorageSecret } from '../../src/main/programs.ts';

const library = compileShadow();
const skip = library.ok ? false : library.reason;
const folder = mkdtempSync(join(tmpdir(), 'glaspost-disk-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
  if (library.ok) library.remove();
});

let made = 0;

/** Runs `program` (JavaScript with `fs`, in the folder `root`) on a disk of its own, kills it and cuts the power. */
function afterCut(...programs: readonly string[]): string {
  if (!library.ok) throw new Error(library.reason);
  made += 1;
  const root = join(folder, `root${made}`);
  const disk = new Disk({ library: library.path, root, beside: join(folder, `beside${made}`) });
  for (const program of programs) {
    runKilled(root, disk, program);
    if (program !== programs.at(-1)) continue;
    disk.cutPower();
  }
  return root;
}

function runKilled(root: string, disk: Disk, program: string): void {
  const code = `const fs = require('node:fs'); process.chdir(${JSON.stringify(root)}); (() => { ${program}; process.kill(process.pid, 'SIGKILL'); })();`;
  try {
    execFileSync(process.execPath, ['--no-warnings', '-e', code], {
      env: { ...process.env, ...disk.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    assert.fail('it was not killed');
  } catch (error) {
    assert.equal((error as { signal?: string }).signal, 'SIGKILL', String((error as { stderr?: Buffer }).stderr));
  }
}

const syncFolder = (path: string): string =>
  `{ const d = fs.openSync(${JSON.stringify(path)}, 'r'); fs.fsyncSync(d); fs.closeSync(d); }`;

test('a program that was killed before it began has changed nothing', { skip }, () => {
  if (!library.ok) return;
  const root = join(folder, 'unbegun');
  const disk = new Disk({ library: library.path, root, beside: join(folder, 'unbegun-beside') });
  runKilled(root, disk, `const f = fs.openSync('a', 'w'); fs.writeSync(f, 'x'); fs.fsyncSync(f); ${syncFolder('.')}`);
  disk.cutPower();
  // The library has begun to take the folder in, and no more.
  mkdirSync(join(folder, 'unbegun-beside', 'shadow', 'dirs', 'root'), { recursive: true });
  disk.cutPower();
  assert.equal(readFileSync(join(root, 'a'), 'latin1'), 'x');
});

test('octets that were not synced are gone, synced ones stay', { skip }, () => {
  const root = afterCut(`
    const f = fs.openSync('a', 'w+');
    fs.writeSync(f, 'one two');
    fs.fdatasyncSync(f);
    ${syncFolder('.')}
    fs.writeSync(f, 'ONE', 0);
    fs.writeSync(f, ' three', 7);`);
  assert.equal(readFileSync(join(root, 'a'), 'latin1'), 'one two');
});

test('a name that was not synced is gone with all of its synced octets', { skip }, () => {
  const root = afterCut(`
    fs.mkdirSync('in');
    const f = fs.openSync('in/a', 'w'); fs.writeSync(f, 'x'); fs.fsyncSync(f);
    ${syncFolder('in')}
    const g = fs.openSync('b', 'w'); fs.writeSync(g, 'y'); fs.fsyncSync(g);`);
  // `in` was synced, but nobody synced the folder that names it.
  assert.deepEqual(readdirSync(root), []);
});

test('a folder outside that is synced under the same descriptor is not taken for ours', { skip }, () => {
  const root = afterCut(
    `const f = fs.openSync('a', 'w'); fs.writeSync(f, 'x'); fs.fsyncSync(f); fs.closeSync(f); ${syncFolder('.')} ${syncFolder('..')} ${syncFolder('/')}`,
  );
  assert.deepEqual(readdirSync(root), ['a']);
});

test('a synced name without synced octets is an empty file', { skip }, () => {
  const root = afterCut(`fs.writeFileSync('a', 'text'); ${syncFolder('.')}`);
  assert.equal(readFileSync(join(root, 'a'), 'latin1'), '');
});

test('renaming and deleting count from the sync of the folder', { skip }, () => {
  const start = `
    const put = (name, text) => { const f = fs.openSync(name, 'w'); fs.writeSync(f, text); fs.fsyncSync(f); fs.closeSync(f); };
    put('a', 'old'); put('b', 'gone'); ${syncFolder('.')}
    put('a.tmp', 'new'); fs.renameSync('a.tmp', 'a'); fs.rmSync('b');`;
  const before = afterCut(start);
  assert.deepEqual(
    readdirSync(before).map((name) => [name, readFileSync(join(before, name), 'latin1')]),
    [
      ['a', 'old'],
      ['b', 'gone'],
    ],
  );
  const after = afterCut(start + syncFolder('.'));
  assert.deepEqual(
    readdirSync(after).map((name) => [name, readFileSync(join(after, name), 'latin1')]),
    [['a', 'new']],
  );
});

test('a file cut short and grown again has zeros where it was cut', { skip }, () => {
  const root = afterCut(`
    const f = fs.openSync('a', 'w+'); fs.writeSync(f, 'abcdef'); fs.fsyncSync(f); ${syncFolder('.')}
    fs.ftruncateSync(f, 2); fs.ftruncateSync(f, 4); fs.fsyncSync(f); fs.ftruncateSync(f, 1);`);
  assert.equal(readFileSync(join(root, 'a'), 'latin1'), 'ab\0\0');
});

test('what a killed process wrote is synced by the sync of the next one', { skip }, () => {
  const root = afterCut(
    `const f = fs.openSync('a', 'w+'); fs.writeSync(f, 'synced'); fs.fsyncSync(f); ${syncFolder('.')} fs.writeSync(f, ' later');`,
    `const f = fs.openSync('a', 'r+'); fs.fsyncSync(f);`,
  );
  assert.equal(readFileSync(join(root, 'a'), 'latin1'), 'synced later');
});

test('SQLite: every committed row is there, the open transaction is not, and the file is whole', { skip }, () => {
  const root = afterCut(`
    const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync('db');
    db.exec('pragma locking_mode=exclusive; pragma journal_mode=wal; pragma synchronous=full; create table t (n integer, b blob)');
    for (let i = 0; i < 300; i += 1) { db.prepare('insert into t values (?, zeroblob(3000))').run(i); if (i === 200) db.exec('pragma wal_checkpoint(passive)'); }
    db.exec('begin'); db.prepare('insert into t values (1000, zeroblob(9000000))').run();`);
  assert.ok(existsSync(join(root, 'db-wal')));
  const db = new DatabaseSync(join(root, 'db'));
  assert.deepEqual({ ...db.prepare('select count(*) as count, max(n) as max from t').get() }, { count: 300, max: 299 });
  assert.deepEqual({ ...db.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
  db.close();
});

test('SQLite without syncs loses rows: the disk can tell', { skip }, () => {
  const root = afterCut(`
    const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync('db');
    db.exec('pragma locking_mode=exclusive; pragma journal_mode=wal; create table t (n integer)');
    db.exec('pragma synchronous=off');
    for (let i = 0; i < 50; i += 1) db.prepare('insert into t values (?)').run(i);`);
  const db = new DatabaseSync(join(root, 'db'));
  assert.deepEqual({ ...db.prepare('select count(*) as count from t').get() }, { count: 0 });
  db.close();
});

test('a data folder made from nothing stands after a power cut: secret, journal, text', { skip }, async () => {
  const at = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const root = afterCut(`
    Promise.all([import(${at('main/programs.ts')}), import(${at('host/durable.ts')}), import(${at('host/journal.ts')})]).then(
      async ([{ ownStorageSecret }, { makeFolder }, { openJournal }]) => {
        const folder = process.cwd() + '/data/gateway';
        makeFolder(folder);
        const opened = await openJournal({ folder: folder + '/journal', storageSecret: ownStorageSecret(folder) });
        const records = Buffer.allocUnsafeSlow(7);
        const secrets = Buffer.allocUnsafeSlow(4);
        records.write('records'); secrets.write('text');
        const batch = { records, recordsLength: 7, secrets, secretsLength: 4 };
        opened.value.append(0, 1, 1, batch, () => process.kill(process.pid, 'SIGKILL'));
      });
    setTimeout(() => {}, 20000); return`);
  const folder = join(root, 'data/gateway');
  const opened = await openJournal({ folder: join(folder, 'journal'), storageSecret: ownStorageSecret(folder) });
  assert.ok(opened.ok);
  const read: string[] = [];
  await new Promise<void>((resolve) =>
    opened.value.read(
      0,
      1,
      (seq, records, secrets) => void read.push(`${seq} ${records.toString()} ${secrets?.toString()}`),
      () => resolve(),
    ),
  );
  assert.deepEqual(read, ['1 records text']);
  await opened.value.close();
});

test('random writes, truncations and syncs agree with a model', { skip }, () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      at: fc.nat(200),
      octet: fc.nat(255),
      length: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), length: fc.nat(200) }),
    fc.record({ kind: fc.constant('sync' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let real = Buffer.alloc(0);
      let durable = Buffer.alloc(0);
      const resized = (length: number): Buffer<ArrayBuffer> => {
        const next = Buffer.alloc(length);
        real.copy(next);
        return next;
      };
      for (const one of steps) {
        if (one.kind === 'write') {
          real = resized(Math.max(real.length, one.at + one.length));
          real.fill(one.octet, one.at, one.at + one.length);
        } else if (one.kind === 'cut') real = resized(one.length);
        else durable = Buffer.from(real);
      }
      const root = afterCut(`
        const f = fs.openSync('a', 'w+'); ${syncFolder('.')}
        for (const one of ${JSON.stringify(steps)}) {
          if (one.kind === 'write') fs.writeSync(f, Buffer.alloc(one.length, one.octet), 0, one.length, one.at);
          else if (one.kind === 'cut') fs.ftruncateSync(f, one.length);
          else fs.fdatasyncSync(f);
        }`);
      assert.deepEqual(readFileSync(join(root, 'a')), durable);
    }),
    { numRuns: 12 },
  );
});
