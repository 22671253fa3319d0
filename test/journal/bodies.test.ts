// Law 5.6 on disk: bodies are readable while they live, and afterwards by nobody who has every file and the storage secret.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { CommitLog } from '../../src/driver/commit.ts';
import { readRecords } from '../../src/driver/records.ts';
import { openJournal } from '../../src/host/journal.ts';
import { createLoop } from '../../src/host/loop.ts';
import { type HostSubject, openHost } from './hostSubject.ts';

const MESSAGES = 10_000;
const KEY_OCTETS = 32;
const root = mkdtempSync(join(tmpdir(), 'glaspost-bodies-'));
const data = join(root, 'data');
const early = join(root, 'early');
const late = join(root, 'late');

function text(i: number): string {
  return `Your code is ${String(i * 7919).padStart(8, '0')}. Do not share it.`;
}

/** As raw as it can be: by another program, file by file. */
function copy(to: string): void {
  assert.equal(spawnSync('cp', ['-r', data, to]).status, 0);
}

function files(folder: string): { readonly name: string; readonly octets: string }[] {
  return readdirSync(folder).map((name) => ({ name, octets: readFileSync(join(folder, name)).toString('latin1') }));
}

/** The texts that a recovery finds. */
async function recovered(folder: string, storageSecret: Buffer): Promise<Set<string>> {
  const opened = await openJournal({ folder, storageSecret });
  assert.ok(opened.ok);
  const found = new Set<string>();
  await new Promise<void>((resolve) => {
    opened.value.read(
      0,
      1,
      (_, records, secrets) => {
        readRecords(records, (_type, start) => {
          if (secrets === null) return;
          const at = records.readUInt32BE(start);
          found.add(secrets.toString('latin1', at, at + records.readUInt32BE(start + 4)));
        });
      },
      () => resolve(),
    );
  });
  await opened.value.close();
  return found;
}

describe('bodies on disk', () => {
  let subject: HostSubject;
  let log: CommitLog;
  const homes: number[] = [];

  before(async () => {
    subject = await openHost(data, {});
    log = new CommitLog({ journal: subject.journal, loop: createLoop(), slot: 0, epoch: 1, onOutcome: assert.fail });
    await new Promise<void>((resolve) => log.recover(() => {}, resolve));
    log.recovered();
    await new Promise<void>((resolve) => {
      let sent = 0;
      const more = (): void => {
        for (let n = 0; n < 100; n++, sent++) {
          const body = Buffer.from(text(sent), 'latin1');
          const w = log.begin(1);
          w.u32(log.secret(body));
          w.u32(body.length);
          log.end();
          log.live(log.seq, 1);
          log.secretLive(log.seq, 1);
          homes.push(log.seq);
        }
        log.after(sent < MESSAGES ? more : () => resolve(), 0);
      };
      more();
    });
    copy(early);
    for (const [i, home] of homes.entries()) {
      log.begin(2).u32(i);
      log.end();
      log.secretLive(home, -1);
    }
    await new Promise<void>((resolve) => log.after(() => resolve(), 0));
    // The last keys go to the journal within ENDS_FLUSH_MS of their end: wait for the journal to have seen all of them.
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (subject.journal.pendingKeys === 0 && subject.journal.endedKeys >= new Set(homes).size) resolve();
        else setTimeout(look, 10);
      };
      look();
    });
    copy(late);
  });

  after(async () => {
    await subject.journal.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('stand in no file as they are', () => {
    for (const { name, octets } of [...files(early), ...files(late)]) {
      assert.ok(!octets.includes('Your code is'), `${name} holds a text`);
      assert.ok(!octets.includes('Do not share'), `${name} holds a text`);
    }
  });

  it('before their end: a copy and the storage secret open all, another secret none', async () => {
    const wrong = join(root, 'wrong');
    assert.equal(spawnSync('cp', ['-r', early, wrong]).status, 0);
    assert.equal((await recovered(wrong, Buffer.alloc(32, 8))).size, 0);
    const probe = join(root, 'probe');
    assert.equal(spawnSync('cp', ['-r', early, probe]).status, 0);
    const found = await recovered(probe, Buffer.alloc(32, 7));
    assert.equal(found.size, MESSAGES);
    for (let i = 0; i < MESSAGES; i++) assert.ok(found.has(text(i)));
  });

  it('after their end: none of the keys stands in any file at any place, and a recovery opens none', async () => {
    // What would open a batch is the octets of its slot as they were: look for each at every offset of every file.
    const database = new DatabaseSync(join(early, 'journal.db'));
    const slots = database.prepare('select keySlot from batch where keySlot is not null').all() as {
      keySlot: number;
    }[];
    database.close();
    assert.ok(slots.length > 10);
    const keys = readFileSync(join(early, 'keys')).toString('latin1');
    const wanted = new Set(slots.map(({ keySlot }) => keys.slice(keySlot * KEY_OCTETS, (keySlot + 1) * KEY_OCTETS)));
    assert.equal(wanted.size, slots.length);
    const search = (folder: string): number => {
      let hits = 0;
      for (const name of readdirSync(folder)) {
        const octets = readFileSync(join(folder, name));
        for (const key of wanted) {
          const octetsOfKey = Buffer.from(key, 'latin1');
          for (let at = octets.indexOf(octetsOfKey); at >= 0; at = octets.indexOf(octetsOfKey, at + 1)) hits++;
        }
      }
      return hits;
    };
    assert.equal(search(early), wanted.size, 'the search itself must find them while they live, once each');
    assert.equal(search(late), 0);
    assert.equal((await recovered(late, Buffer.alloc(32, 7))).size, 0);
  });
});
