// port/spill.ts in a simulated world: runs in memory that outlive their user, flushes that the world decides.
import type { Loop } from '../port/loop.ts';
import type { Spill, SpillEntry } from '../port/spill.ts';

export interface SimSpillOptions {
  readonly loop: Loop;
  /** Asked once per flush; `ok` false: no room, nothing has changed. */
  readonly flushFate: () => { readonly ok: boolean; readonly delayMs: number };
  /** Asked once per look-up. */
  readonly readDelayMs: () => number;
}

interface SimRun {
  readonly newestMs: number;
  readonly entries: Map<string, SpillEntry>;
}

/** The runs of one spill, kept across crashes of its users. */
export class SimSpillDisk {
  /** Oldest first. */
  runs: SimRun[] = [];
  user: SimSpill | null = null;

  /** The user dies now: what was not yet flushed is gone, nothing is called back any more. */
  crash(): void {
    this.user?.die();
    this.user = null;
  }
}

export function openSimSpill(disk: SimSpillDisk, options: SimSpillOptions): SimSpill {
  if (disk.user !== null) throw new Error('spill: open already');
  disk.user = new SimSpill(disk, options);
  return disk.user;
}

export class SimSpill implements Spill {
  readonly #disk: SimSpillDisk;
  readonly #options: SimSpillOptions;
  /** Not yet durable, oldest first; the last one takes new entries. */
  #tables: SimRun[] = [];
  #flushedAt = 0;
  #dead = false;

  constructor(disk: SimSpillDisk, options: SimSpillOptions) {
    this.#disk = disk;
    this.#options = options;
    this.#tables = [{ newestMs: 0, entries: new Map() }];
  }

  die(): void {
    this.#dead = true;
  }

  put(entry: SpillEntry): void {
    const { group, key, order, value } = entry;
    if (key.length < 1 || key.length > 64) throw new RangeError('spill: a key has 1 to 64 octets');
    if (order.length > 16) throw new RangeError('spill: an order has at most 16 octets');
    if (group >>> 0 !== group) throw new RangeError('spill: a group is a number from 0 to 2^32 - 1');
    const { entries } = this.#tables.pop() as SimRun;
    entries.set(key.toString('latin1'), {
      group,
      key: Buffer.from(key),
      order: Buffer.from(order),
      value: Buffer.from(value),
    });
    this.#tables.push({ newestMs: this.#options.loop.now(), entries });
  }

  get(key: Buffer, done: (value: Buffer | null) => void): void {
    const found = this.#newest(key.toString('latin1'));
    const copy = found === null ? null : Buffer.from(found.value);
    this.#later(this.#options.readDelayMs(), () => done(copy));
  }

  list(group: number, before: Buffer | null, limit: number, done: (entries: readonly SpillEntry[]) => void): void {
    const newest = new Map<string, SpillEntry>();
    for (const { entries } of this.#all()) for (const [key, entry] of entries) newest.set(key, entry);
    const found = [...newest.values()]
      .filter((entry) => entry.group === group && (before === null || Buffer.compare(entry.order, before) < 0))
      .sort((a, b) => Buffer.compare(b.order, a.order))
      .slice(0, limit);
    this.#later(this.#options.readDelayMs(), () => done(found));
  }

  get unflushed(): number {
    return this.#tables.reduce((sum, { entries }) => sum + entries.size, 0);
  }

  flush(done: (ok: boolean) => void): void {
    const tables = [...this.#tables];
    this.#tables.push({ newestMs: 0, entries: new Map() });
    const { ok, delayMs } = this.#options.flushFate();
    const { loop } = this.#options;
    // One after the other, as one thread writes them.
    this.#flushedAt = Math.max(this.#flushedAt, loop.monotonic() + delayMs);
    this.#later(this.#flushedAt - loop.monotonic(), () => {
      if (ok) {
        for (const table of tables) {
          if (table.entries.size > 0 && this.#tables.includes(table)) this.#disk.runs.push(table);
        }
        this.#tables = this.#tables.filter((table) => !tables.includes(table));
      }
      done(ok);
    });
  }

  dropBefore(beforeMs: number): void {
    if (!this.#dead) this.#disk.runs = this.#disk.runs.filter(({ newestMs }) => newestMs >= beforeMs);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.flush(() => {
        this.#dead = true;
        this.#disk.user = null;
        resolve();
      });
    });
  }

  #all(): SimRun[] {
    return [...this.#disk.runs, ...this.#tables];
  }

  #newest(key: string): SpillEntry | null {
    for (const { entries } of this.#all().reverse()) {
      const entry = entries.get(key);
      if (entry !== undefined) return entry;
    }
    return null;
  }

  #later(delayMs: number, run: () => void): void {
    const { loop } = this.#options;
    loop.wakeAt(loop.monotonic() + delayMs, () => {
      if (!this.#dead) run();
    });
  }
}
