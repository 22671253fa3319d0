// The slab against a model: what was written is read again, whatever was freed, stored away, refused or brought back between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Slab, type SlabPages } from '../../src/base/slab.ts';

const CHUNK = 64;
const RESIDENT = 2;

/** Pages that overwrite what has left, so that a late writer or reader is found out. */
class Pages implements SlabPages {
  readonly stored = new Map<number, Buffer>();
  full = false;
  stores = 0;
  store(chunk: number, octets: Buffer): boolean {
    if (this.full) return false;
    this.stored.set(chunk, Buffer.from(octets));
    octets.fill(0xee);
    this.stores++;
    return true;
  }
  load(chunk: number, octets: Buffer): void {
    const page = this.stored.get(chunk);
    assert.ok(page, 'never stored');
    page.copy(octets);
  }
  forget(chunk: number): void {
    this.stored.delete(chunk);
  }
}

const command = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), octets: fc.uint8Array({ minLength: 1, maxLength: CHUNK }) }),
  fc.record({ kind: fc.constantFrom('free' as const, 'read' as const, 'change' as const), which: fc.nat() }),
  fc.record({ kind: fc.constantFrom('trim' as const, 'full' as const, 'room' as const), which: fc.constant(0) }),
);

test('records survive pages that come and go, and memory stays within its bound after each trim', () => {
  let stores = 0;
  fc.assert(
    fc.property(fc.array(command, { minLength: 50, maxLength: 200 }), (commands) => {
      const pages = new Pages();
      let asked = 0;
      const slab = new Slab(CHUNK, 1000, { pages, residentChunks: RESIDENT, onOver: () => asked++ });
      const records: { chunk: number; offset: number; octets: Buffer }[] = [];
      const read = (one: { chunk: number; offset: number; octets: Buffer }): Buffer =>
        slab.chunk(one.chunk).subarray(one.offset, one.offset + one.octets.length);
      for (const one of commands) {
        if (one.kind === 'write') {
          const place = { chunk: 0, offset: 0 };
          assert.ok(slab.allocate(one.octets.length, place));
          const record = { ...place, octets: Buffer.from(one.octets) };
          record.octets.copy(slab.chunk(place.chunk), place.offset);
          records.push(record);
        } else if (one.kind === 'trim') {
          slab.trim();
          if (!pages.full) {
            // The chunk that is being filled may stay beside them; spare buffers wait for the next.
            assert.ok(slab.residentBytes <= (RESIDENT + 1 + 8) * CHUNK, `${slab.residentBytes}`);
          }
        } else if (one.kind === 'full' || one.kind === 'room') pages.full = one.kind === 'full';
        else if (records.length > 0) {
          const at = one.which % records.length;
          const record = records[at] as (typeof records)[0];
          assert.deepEqual(Buffer.from(read(record)), record.octets);
          if (one.kind === 'change') read(record).fill((record.octets[0] = one.which & 0xff), 0, 1);
          if (one.kind === 'free') {
            slab.free(record.chunk, record.octets.length);
            records.splice(at, 1);
          }
        }
      }
      for (const record of records) assert.deepEqual(Buffer.from(read(record)), record.octets);
      for (const record of records) slab.free(record.chunk, record.octets.length);
      assert.ok(slab.heldBytes <= CHUNK, 'all chunks but the one being filled are free');
      assert.equal(pages.stored.size, 0, 'nothing is kept of what was freed');
      stores += pages.stores;
      assert.ok(asked > 0 || slab.residentBytes <= (RESIDENT + 8) * CHUNK);
    }),
    { numRuns: 500 },
  );
  assert.ok(stores > 100, 'pages were stored away at all');
});

test('chunks that are looked at stay, those that are not leave', () => {
  const pages = new Pages();
  const slab = new Slab(CHUNK, 1000, { pages, residentChunks: 4, onOver: () => {} });
  const place = { chunk: 0, offset: 0 };
  for (let i = 0; i < 10; i++) {
    assert.ok(slab.allocate(CHUNK, place));
    slab.trim();
    slab.chunk(0);
  }
  assert.ok(!pages.stored.has(0), 'the one that is used all the time is in memory');
  assert.equal(pages.stored.size, 6);
});

test('without paging a freed chunk is never read', () => {
  const slab = new Slab(CHUNK, 1000);
  const place = { chunk: 0, offset: 0 };
  slab.allocate(CHUNK, place);
  slab.allocate(CHUNK, { chunk: 0, offset: 0 });
  slab.free(0, CHUNK);
  assert.throws(() => slab.chunk(0), /freed/);
});

test('the limit of chunks is kept, except for what was taken before', () => {
  const slab = new Slab(CHUNK, 1);
  const place = { chunk: 0, offset: 0 };
  assert.ok(slab.allocate(CHUNK, place));
  assert.ok(!slab.allocate(1, place));
  assert.ok(slab.allocate(1, place, true));
  assert.ok(!slab.allocate(CHUNK + 1, place, true));
});
