// What is known of a message for people: the view and the trace, from the store while it is open and from the history
// files afterwards. A history value is the message's record without seed and body (records.writeMessage).

import { ByteWriter, NO_BYTES } from '../base/bytes.ts';
import type { Draft } from '../base/draft.ts';
import { LETTER_PAGE_BYTES } from '../base/limits.ts';
import { Slab } from '../base/slab.ts';
import type { Spill, SpillEntry } from '../port/spill.ts';
import { Letter } from './layout.ts';
import { NO_SECRET, readMessage, writeMessage } from './records.ts';
import type { CdrRow, MessageView, Trace } from './service.ts';
import { MessageStore } from './store.ts';
import { cdrRow, messageTrace, messageView, type Names } from './views.ts';

const ID_OCTETS = 16;

/** Writes ended messages to the history and reads them back. */
export class History {
  readonly #spill: Spill;
  readonly #names: Names;
  readonly #writer = new ByteWriter(512);
  /** What is put is copied: one place serves all. */
  readonly #id = Buffer.alloc(ID_OCTETS);
  readonly #entryOut: Draft<SpillEntry> = {
    group: 0,
    key: this.#id,
    order: this.#id,
    value: NO_BYTES,
  };
  /** One message at a time, unpacked for reading. */
  readonly #scratch = new MessageStore(1, 1, new Slab(LETTER_PAGE_BYTES, 1));

  constructor(spill: Spill, names: Names) {
    this.#spill = spill;
    this.#names = names;
  }

  /** Once per message, at its end; found from now on, durable with the next `flush`. */
  put(store: MessageStore, handle: number): void {
    this.#writer.reset();
    writeMessage(this.#writer, store, handle, NO_SECRET);
    const buffer = store.buffer(handle);
    const at = (store.offset[handle] as number) + Letter.id;
    for (let i = 0; i < ID_OCTETS; i++) this.#id[i] = buffer[at + i] as number;
    const entry = this.#entryOut;
    entry.group = store.account[handle] as number;
    entry.value = this.#writer.view();
    this.#spill.put(entry);
  }

  /** The same, to be carried out later or never: recovery learns only afterwards whether it is durable already. */
  prepared(store: MessageStore, handle: number): () => void {
    const entry = this.#entry(store, handle);
    return () => this.#spill.put(entry);
  }

  #entry(store: MessageStore, handle: number): SpillEntry {
    this.#writer.reset();
    writeMessage(this.#writer, store, handle, NO_SECRET);
    const at = store.offset[handle] as number;
    const id = Buffer.from(store.buffer(handle).subarray(at + Letter.id, at + Letter.id + 16));
    return { group: store.account[handle] as number, key: id, order: id, value: Buffer.from(this.#writer.view()) };
  }

  flush(done: (ok: boolean) => void): void {
    this.#spill.flush(done);
  }

  get unflushed(): number {
    return this.#spill.unflushed;
  }

  dropBefore(beforeMs: number): void {
    this.#spill.dropBefore(beforeMs);
  }

  view(id: Buffer): Promise<MessageView | null> {
    return this.read(id, (store, handle) => messageView(store, handle, this.#names));
  }

  trace(id: Buffer): Promise<Trace | null> {
    return this.read(id, (store, handle) => messageTrace(store, handle, this.#names));
  }

  list(account: number, before: Buffer | null, limit: number): Promise<MessageView[]> {
    return this.entries(account, before, limit, (store, handle) => messageView(store, handle, this.#names));
  }

  /** What `use` makes of each of the account's ended messages older than `before`, newest first. */
  entries<T>(
    account: number,
    before: Buffer | null,
    limit: number,
    use: (store: MessageStore, handle: number) => T,
  ): Promise<T[]> {
    return new Promise((resolve) => {
      this.#spill.list(account, before, limit, (entries) => {
        const found: T[] = [];
        for (const entry of entries) {
          const one = this.#unpack(entry.value, use);
          if (one !== null) found.push(one);
        }
        resolve(found);
      });
    });
  }

  /** Rows of `account`, newest first, older than `before`; with the id to go on from, or null at the end. */
  cdr(
    account: number,
    before: Buffer | null,
    limit: number,
  ): Promise<{ readonly rows: CdrRow[]; readonly last: Buffer | null }> {
    return new Promise((resolve) => {
      this.#spill.list(account, before, limit, (entries) => {
        const rows: CdrRow[] = [];
        for (const entry of entries) {
          const row = this.#unpack(entry.value, (store, handle) => cdrRow(store, handle, this.#names));
          if (row !== null) rows.push(row);
        }
        resolve({ rows, last: entries.length < limit ? null : ((entries.at(-1)?.order ?? null) as Buffer | null) });
      });
    });
  }

  /** What `use` makes of one ended message; null when there is none with this id. */
  read<T>(id: Buffer, use: (store: MessageStore, handle: number) => T): Promise<T | null> {
    return new Promise((resolve) => {
      this.#spill.get(id, (value) => resolve(value === null ? null : this.#unpack(value, use)));
    });
  }

  #unpack<T>(value: Buffer, use: (store: MessageStore, handle: number) => T): T | null {
    const handle = this.#scratch.take();
    const read = readMessage(value, 0, value.length, null, this.#scratch, handle);
    const result = read ? use(this.#scratch, handle) : null;
    this.#scratch.release(handle);
    return result;
  }
}
