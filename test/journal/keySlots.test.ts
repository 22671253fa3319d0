// The key file: filled ahead, overwritten in place, used again only after a sync, and clean after a crash.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { KeySlots, SLOT_OCTETS } from '../../src/host/keySlots.ts';
import { Sealer } from '../../src/host/seal.ts';

const folder = mkdtempSync(join(tmpdir(), 'glaspost-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function open(name: string, used: readonly number[] = []): KeySlots {
  const keys = new KeySlots(join(folder, name));
  for (const slot of used) keys.claim(slot);
  keys.settle();
  return keys;
}

function onDisk(name: string, slot: number): string {
  return readFileSync(join(folder, name)).toString('hex', slot * SLOT_OCTETS, (slot + 1) * SLOT_OCTETS);
}

function ended(keys: KeySlots): Promise<Error | null> {
  return new Promise((resolve) => keys.endedAsync(resolve));
}

describe('key slots', () => {
  it('a taken key is on disk already, each is another', () => {
    const keys = open('taken');
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const slot = keys.take();
      const key = keys.key(slot).toString('hex');
      assert.equal(key, onDisk('taken', slot));
      assert.notEqual(key, '00'.repeat(SLOT_OCTETS));
      seen.add(key);
      keys.growAhead();
      if (i === 300) i = 4700;
    }
    assert.equal(seen.size, 301 + 299);
    keys.close();
  });

  it('an ended key leaves memory at once, the disk with the next sync, and its slot comes back only then', async () => {
    const keys = open('ended');
    const slot = keys.take();
    const key = keys.key(slot).toString('hex');
    const free = keys.free;
    keys.end(slot);
    assert.throws(() => keys.end(slot), /not in use/);
    assert.notEqual(keys.key(slot).toString('hex'), key);
    assert.deepEqual([keys.free, keys.pending], [free, 1]);
    const done = ended(keys);
    assert.equal(keys.free, free, 'free before the sync has returned');
    assert.equal(await done, null);
    assert.deepEqual([keys.free, keys.pending], [free + 1, 0]);
    assert.ok(!readFileSync(join(folder, 'ended')).toString('hex').includes(key));
    keys.close();
  });

  it('closing overwrites what has ended', () => {
    const keys = open('closed');
    const slot = keys.take();
    const key = keys.key(slot).toString('hex');
    keys.end(slot);
    keys.close();
    assert.ok(!readFileSync(join(folder, 'closed')).toString('hex').includes(key));
  });

  it('after a crash every key that no batch claims is another, the claimed ones stay', () => {
    const first = open('crash');
    const claimed = first.take();
    const stray = first.take();
    const kept = first.key(claimed).toString('hex');
    const lost = first.key(stray).toString('hex');
    const image = readFileSync(join(folder, 'crash'));
    first.end(stray);
    first.close();
    // The overwriting never reached the disk, and a growth was cut short.
    writeFileSync(join(folder, 'crash'), Buffer.concat([image, Buffer.alloc(17, 1)]));
    const second = open('crash', [claimed]);
    assert.equal(onDisk('crash', claimed), kept);
    assert.ok(!readFileSync(join(folder, 'crash')).toString('hex').includes(lost));
    for (let i = second.free; i > 0; i--) assert.notEqual(second.take(), claimed);
    second.close();
  });
});

describe('seal', () => {
  it('opens with the same secret, slot key and number only, and notices damage', () => {
    const sealer = new Sealer(Buffer.alloc(32, 1));
    const slotKey = Buffer.alloc(32, 2);
    const key = sealer.derive(slotKey, 5);
    const plain = Buffer.from('a text');
    const sealed = sealer.seal(key, plain);
    assert.notDeepEqual(sealed, sealer.seal(key, plain), 'a nonce is used twice');
    assert.deepEqual(sealer.open(key, sealed), plain);
    assert.deepEqual(sealer.derive(slotKey, 5), key);
    for (const other of [
      sealer.derive(slotKey, 6),
      sealer.derive(Buffer.alloc(32, 3), 5),
      new Sealer(Buffer.alloc(32, 9)).derive(slotKey, 5),
    ]) {
      assert.notEqual(sealer.check(other), sealer.check(key));
      assert.throws(() => sealer.open(other, sealed));
    }
    for (let at = 0; at < sealed.length; at++) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] as number) ^ 1;
      assert.throws(() => sealer.open(key, damaged));
    }
  });
});
