// What somebody can do with raw copies of the data folders: open sealed batches with the key file, or with any string of 32
// octets that stands anywhere in a copy.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Sealer } from '../../src/host/seal.ts';
import { filesOf, type Place } from './leaks.ts';

const KEY_OCTETS = 32;

/** One sealed row of a journal, with the keys that a copy had for it. */
export interface SealedBatch {
  readonly program: string;
  readonly id: number;
  readonly check: number;
  readonly sealed: Buffer;
  readonly slotKey: Buffer;
  /** What seals it, and what was sealed; null when the key in its slot is another one. */
  readonly opened: { readonly key: Buffer; readonly plain: Buffer } | null;
}

/** The sealed batches of one data folder's copy. The database is opened on a copy of its own: opening writes. */
export function sealedIn(folder: string, program: string, work: string): SealedBatch[] {
  const copy = join(work, `opened-${program}-${process.hrtime.bigint()}`);
  cpSync(folder, copy, { recursive: true });
  const places = filesOf(copy);
  const keys = fileIn(places, join('journal', 'keys'));
  const sealer = new Sealer(storageSecret(places));
  const database = new DatabaseSync(join(copy, 'journal', 'journal.db'));
  const rows = database
    .prepare('select id, keySlot, keyCheck, sealed from batch where keySlot is not null order by id')
    .all() as unknown as { id: number; keySlot: number; keyCheck: number; sealed: Uint8Array }[];
  database.close();
  return rows.map((row) => {
    const slotKey = keys.subarray(row.keySlot * KEY_OCTETS, (row.keySlot + 1) * KEY_OCTETS);
    const key = sealer.derive(slotKey, row.id);
    const sealed = Buffer.from(row.sealed);
    const opened = sealer.check(key) === row.keyCheck ? { key, plain: sealer.open(key, sealed) } : null;
    return { program, id: row.id, check: row.keyCheck, sealed, slotKey, opened };
  });
}

/**
 * Where the key of a batch stands, at any offset of any file: the slot's key, or what is derived from it. Only these two
 * strings open a batch, so looking for them is trying every string of 32 octets.
 */
export function keysIn(places: readonly Place[], batches: readonly SealedBatch[]): string[] {
  const byStart = new Map<number, { readonly key: Buffer; readonly what: string }[]>();
  const starts = new Uint8Array(65_536);
  for (const { program, id, slotKey, opened } of batches) {
    if (opened === null) continue;
    for (const [what, key] of [
      ['slot key', slotKey],
      ['derived key', opened.key],
    ] as const) {
      const start = key.readUInt32BE(0);
      starts[start >>> 16] = 1;
      byStart.set(start, [...(byStart.get(start) ?? []), { key, what: `${what} of ${program} batch ${id}` }]);
    }
  }
  const found: string[] = [];
  for (const { name, octets } of places) {
    // A journal's reserve: sixteen megabytes of zeros.
    if (octets.equals(Buffer.alloc(octets.length))) continue;
    for (let at = 0; at + KEY_OCTETS <= octets.length; at++) {
      if (starts[(octets[at] as number) * 256 + (octets[at + 1] as number)] === 0) continue;
      for (const { key, what } of byStart.get(octets.readUInt32BE(at)) ?? [])
        if (key.equals(octets.subarray(at, at + KEY_OCTETS))) found.push(`${what} in ${name} at ${at}`);
    }
  }
  return found;
}

/** The attack itself, without knowing the keys: every 32 octets of `place`, at every offset, on every batch. How many it opens. */
export function openedBy(place: Place, secret: Uint8Array, batches: readonly SealedBatch[]): number {
  const sealer = new Sealer(secret);
  const open = new Set<SealedBatch>();
  for (let at = 0; at + KEY_OCTETS <= place.octets.length; at++) {
    const candidate = place.octets.subarray(at, at + KEY_OCTETS);
    for (const batch of batches) {
      if (open.has(batch)) continue;
      const key = sealer.derive(candidate, batch.id);
      if (sealer.check(key) !== batch.check) continue;
      sealer.open(key, batch.sealed);
      open.add(batch);
    }
  }
  return open.size;
}

/** As main/programs.ts writes it beside the journal when none is configured. */
export function storageSecret(places: readonly Place[]): Buffer {
  return Buffer.from(fileIn(places, 'storage.key').toString('utf8').trim(), 'hex');
}

export function fileIn(places: readonly Place[], name: string): Buffer {
  const place = places.find((one) => one.name === name);
  if (place === undefined) throw new Error(`no ${name} in the copy`);
  return place.octets;
}
