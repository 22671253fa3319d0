// Pages outside memory: what comes back, and that nothing readable or named is left on the disk.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPageFile } from '../../src/host/pageFile.ts';

const PAGE = 65_536;

test('pages come back as they were stored, in any order', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  try {
    const pages = openPageFile(folder, PAGE);
    for (const index of [0, 5, 2]) assert.ok(pages.store(index, Buffer.alloc(PAGE, `page ${index}`)));
    const octets = Buffer.alloc(PAGE);
    for (const index of [2, 0, 5]) {
      pages.load(index, octets);
      assert.ok(octets.equals(Buffer.alloc(PAGE, `page ${index}`)));
    }
    assert.ok(pages.store(0, Buffer.alloc(PAGE, 'another')));
    pages.load(0, octets);
    assert.ok(octets.equals(Buffer.alloc(PAGE, 'another')), 'the newest counts');
    pages.forget(0);
    assert.throws(() => pages.load(0, octets), /never stored/);
    assert.throws(() => pages.load(77, octets), /never stored/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the file has no name, and holds no text', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  try {
    const pages = openPageFile(folder, PAGE);
    assert.ok(pages.store(0, Buffer.alloc(PAGE, 'a text that nobody may read ')));
    assert.deepEqual(readdirSync(folder), []);
    const fd = readdirSync('/proc/self/fd').find((one) => {
      try {
        return readlinkSync(`/proc/self/fd/${one}`).startsWith(join(folder, 'pages'));
      } catch {
        return false;
      }
    });
    assert.ok(fd, 'the file is open');
    const octets = readFileSync(`/proc/self/fd/${fd}`);
    assert.equal(octets.length, PAGE);
    assert.ok(!octets.includes('text that nobody'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
