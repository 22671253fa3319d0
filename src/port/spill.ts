// What stays open long and has left memory: sorted run files, one set per purpose, dropped whole by age (design §6,
// "hot state is in memory, the rest is found"). Implemented by host/ in a worker thread, and by sim/.
// Used for: correlations without a receipt, outcomes of old orders, idempotency keys, and the history of ended messages.

/** An entry: found by `key` (exact octets), listed by `group` in `order`. */
export interface SpillEntry {
  readonly group: number;
  /** 1…64 octets, unique for what it names; a later put of the same key wins. */
  readonly key: Buffer;
  /** Sort order within the group (≤ 16 octets, compared as unsigned octets); a message id for history. */
  readonly order: Buffer;
  readonly value: Buffer;
}

export interface Spill {
  /** Held in memory until the next `flush`; found by `get` at once. The entry's octets are copied before it returns. */
  put(entry: SpillEntry): void;
  /** `done` gets the newest value for `key`, or null. Never called before `get` returns. */
  get(key: Buffer, done: (value: Buffer | null) => void): void;
  /**
   * The entries of `group` with order below `before` (null: from the newest), newest first, at most `limit`.
   */
  list(group: number, before: Buffer | null, limit: number, done: (entries: readonly SpillEntry[]) => void): void;
  /** Entries put and not yet in a durable run. */
  readonly unflushed: number;
  /** Writes everything put so far as a run and syncs it. Only then may the journal forget it. */
  flush(done: (ok: boolean) => void): void;
  /** Drops runs whose newest entry was put before `beforeMs`. */
  dropBefore(beforeMs: number): void;
  close(): Promise<void>;
}
