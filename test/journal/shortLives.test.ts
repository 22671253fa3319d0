// A program that is killed again and again before its first checkpoint must not grow its WAL from life to life: the next start
// would have to read all of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const LIVES = 6;
const BATCHES = 250;

/** Appends, and is killed right after the last one is durable. */
const life = (folder: string, first: number): string => `
  import(${JSON.stringify(new URL('../../src/host/journal.ts', import.meta.url).href)}).then(async ({ openJournal }) => {
    const opened = await openJournal({ folder: ${JSON.stringify(folder)}, storageSecret: Buffer.alloc(32, 7), reserveBytes: 4096 });
    let seq = ${first};
    const batch = { records: Buffer.allocUnsafeSlow(300), recordsLength: 300, secrets: Buffer.allocUnsafeSlow(1), secretsLength: 0 };
    const next = (outcome, back) => {
      if (outcome !== 'durable') throw new Error(outcome);
      if (seq === ${first + BATCHES}) process.kill(process.pid, 'SIGKILL');
      else opened.value.append(0, 1, seq++, back, next);
    };
    next('durable', batch);
  });`;

test('the WAL does not grow from one short life to the next', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-lives-'));
  try {
    const sizes: number[] = [];
    for (let n = 0; n < LIVES; n += 1) {
      const ended = spawnSync(process.execPath, ['--no-warnings', '-e', life(folder, 1 + n * BATCHES)], {
        encoding: 'utf8',
      });
      assert.equal(ended.signal, 'SIGKILL', ended.stderr);
      sizes.push(statSync(join(folder, 'journal.db-wal')).size);
    }
    assert.ok((sizes.at(-1) as number) < (sizes[0] as number) * 1.5, sizes.join(' '));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
