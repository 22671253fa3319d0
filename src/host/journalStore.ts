// The journal's database: SQLite, alone in its file, WAL, synchronous=FULL (design §6). One row per batch. Every method runs
// in the journal's worker thread; errors of SQLite pass through as they are, journalWriter.ts says what they mean.
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { JOURNAL_SLOTS_MAX } from '../base/limits.ts';

const SEQ_SPACE = 2 ** 40;

/** The row number of a batch: slot and seq in one integer key, which is SQLite's fastest. */
export function rowOf(slot: number, seq: number): number {
  return slot * SEQ_SPACE + seq;
}

export function seqOf(id: number): number {
  return id % SEQ_SPACE;
}

/** One stored batch. `keySlot` null: it has no secrets. */
export interface Row {
  readonly id: number;
  readonly keySlot: number | null;
  readonly keyCheck: number | null;
  readonly records: Uint8Array;
  readonly sealed: Uint8Array | null;
}

/** A row without its octets: reads no overflow page. */
export interface RowHead {
  readonly id: number;
  readonly keySlot: number | null;
  readonly keyCheck: number | null;
  readonly octets: number;
}

export interface SlotState {
  epoch: number;
  /** What lies before has been trimmed. */
  firstSeq: number;
  lastSeq: number;
  /** A batch was refused for want of room; those behind it are refused too until it has been stored. */
  refused: boolean;
}

const SCHEMA = `
create table if not exists batch (
  id integer primary key, keySlot integer, keyCheck integer, records blob not null, sealed blob);
create table if not exists slot (slot integer primary key, epoch integer not null, firstSeq integer not null);
`;

export class JournalStore {
  readonly #folder: string;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #setSlot: StatementSync;
  readonly #getSlot: StatementSync;
  readonly #last: StatementSync;
  readonly #range: StatementSync;
  readonly #one: StatementSync;
  readonly #head: StatementSync;
  readonly #heads: StatementSync;
  readonly #delete: StatementSync;
  readonly #checkpoint: StatementSync;
  readonly #freePages: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  /** Throws SQLITE_BUSY when another program has the file. */
  constructor(folder: string, maxPages: number) {
    this.#folder = folder;
    const db = new DatabaseSync(join(folder, 'journal.db'), { timeout: 0 });
    this.#db = db;
    try {
      // Exclusive: the lock is the operating system's, goes with the process, and there is no shared-memory file.
      db.exec('pragma locking_mode=exclusive; pragma journal_mode=wal; pragma synchronous=full');
      // Checkpoints are made by `checkpoint`, at the same distance: SQLite's own would hide a failing sync.
      db.exec('pragma wal_autocheckpoint=0');
      db.exec('begin immediate');
      db.exec(SCHEMA);
      db.exec('commit');
      if (maxPages > 0) db.exec(`pragma max_page_count=${maxPages}`);
    } catch (error) {
      db.close();
      throw error;
    }
    this.#insert = db.prepare('insert into batch values (?, ?, ?, ?, ?)');
    this.#setSlot = db.prepare('insert or replace into slot values (?, ?, ?)');
    this.#getSlot = db.prepare('select epoch, firstSeq from slot where slot = ?');
    this.#last = db.prepare('select max(id) as id from batch where id >= ? and id < ?');
    this.#range = db.prepare('select * from batch where id >= ? and id < ? order by id limit 64');
    this.#one = db.prepare('select * from batch where id = ?');
    const head = 'select id, keySlot, keyCheck, length(records) + coalesce(length(sealed), 0) as octets from batch';
    this.#head = db.prepare(`${head} where id = ?`);
    this.#heads = db.prepare(`${head} where id >= ? and id < ? order by id limit ?`);
    this.#delete = db.prepare('delete from batch where id >= ? and id <= ?');
    this.#checkpoint = db.prepare('pragma wal_checkpoint(passive)');
    this.#freePages = db.prepare('pragma freelist_count');
    this.#begin = db.prepare('begin immediate');
    this.#commit = db.prepare('commit');
  }

  begin(): void {
    this.#begin.run();
  }

  /** Returns after the WAL has been synced. */
  commit(): void {
    this.#commit.run();
  }

  /** After an error: SQLite has undone the transaction itself, or does so now. */
  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback');
  }

  slot(slot: number): SlotState {
    if (!(slot >= 0 && slot < JOURNAL_SLOTS_MAX)) throw new RangeError(`journal: no slot ${slot}`);
    const row = this.#getSlot.get(slot) as { epoch: number; firstSeq: number } | undefined;
    const last = this.#last.get(rowOf(slot, 0), rowOf(slot + 1, 0)) as { id: number | null };
    const firstSeq = row?.firstSeq ?? 1;
    const lastSeq = Math.max(firstSeq - 1, last.id === null ? 0 : seqOf(last.id));
    return { epoch: row?.epoch ?? 0, firstSeq, lastSeq, refused: false };
  }

  setSlot(slot: number, epoch: number, firstSeq: number): void {
    this.#setSlot.run(slot, epoch, firstSeq);
  }

  insert(
    id: number,
    keySlot: number | null,
    keyCheck: number | null,
    records: Uint8Array,
    sealed: Buffer | null,
  ): void {
    this.#insert.run(id, keySlot, keyCheck, records, sealed);
  }

  one(id: number): Row | null {
    return (this.#one.get(id) as Row | undefined) ?? null;
  }

  head(id: number): RowHead | null {
    return (this.#head.get(id) as RowHead | undefined) ?? null;
  }

  /** Every sealed row, without its octets. */
  sealed(): Iterable<RowHead> {
    const all = 'select id, keySlot, keyCheck, 0 as octets from batch where keySlot is not null';
    return this.#db.prepare(all).iterate() as unknown as Iterable<RowHead>;
  }

  /** Rows from `id` on and below `limit`, one after the other. Stop early by leaving the loop. */
  *rows(id: number, limit: number): Generator<Row> {
    let from = id;
    for (;;) {
      let found = false;
      for (const row of this.#range.iterate(from, limit) as Iterable<Row>) {
        found = true;
        from = row.id + 1;
        yield row;
      }
      if (!found) return;
    }
  }

  heads(id: number, limit: number, count: number): RowHead[] {
    return this.#heads.all(id, limit, count) as unknown as RowHead[];
  }

  remove(fromId: number, toId: number): void {
    this.#delete.run(fromId, toId);
  }

  /** Moves the WAL into the database and syncs both. */
  checkpoint(): void {
    this.#checkpoint.get();
  }

  /** Octets in pages that appends can use without growing the file. */
  freeBytes(): number {
    return (this.#freePages.get() as { freelist_count: number }).freelist_count * 4096;
  }

  /** Octets that the file system has left for us. */
  diskBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  close(): void {
    this.#db.close();
  }
}

/** What an error of SQLite or of the file system means for an append. */
export function meaning(error: unknown): 'busy' | 'full' | 'io' | 'broken' {
  const fault = error as { code?: string; errcode?: number };
  if (fault.code === 'ENOSPC' || fault.code === 'EDQUOT') return 'full';
  if (fault.code !== 'ERR_SQLITE_ERROR') return fault.code?.startsWith('E') && 'syscall' in fault ? 'io' : 'broken';
  switch ((fault.errcode ?? 0) & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return 'busy';
    case 13: // SQLITE_FULL
      return 'full';
    case 7: // SQLITE_NOMEM
    case 8: // SQLITE_READONLY
    case 10: // SQLITE_IOERR
    case 11: // SQLITE_CORRUPT
    case 14: // SQLITE_CANTOPEN
    case 26: // SQLITE_NOTADB
      return 'io';
    default:
      return 'broken';
  }
}
