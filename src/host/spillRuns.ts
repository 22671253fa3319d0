// All runs of one spill, newest last: look-ups over them, lists over them, and what a start finds in the folder.
// Runs in the spill's reading thread.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './durable.ts';
import {
  entryKey,
  entryOrder,
  entryValue,
  hashHigh,
  hashKey,
  hashLow,
  parseRunFile,
  type RunName,
  runFile,
} from './spillFormat.ts';
import type { ListedEntry } from './spillMessages.ts';
import { Run } from './spillRun.ts';

interface Cursor {
  readonly age: number;
  readonly run: Run;
  readonly first: number;
  /** Position of `entry`. */
  at: number;
  entry: Buffer;
}

export class Runs {
  readonly #folder: string;
  /** Ascending by flush number: later ones win. */
  #runs: Run[] = [];
  /** Files that are no whole run; left alone, ignored. */
  torn = 0;
  /** Above every number in the folder. */
  nextNumber = 1;

  constructor(folder: string) {
    this.#folder = folder;
    makeFolder(folder);
    for (const file of readdirSync(folder).sort()) {
      // What a crash left half written, before it got its name.
      if (file.endsWith('.tmp')) rmSync(join(folder, file), { force: true });
      const name = parseRunFile(file);
      if (name === null) continue;
      this.nextNumber = Math.max(this.nextNumber, name.last + 1);
      const run = Run.open(join(folder, file), name);
      if (run === null) this.torn++;
      else this.#runs.push(run);
    }
    this.#sort();
    // A merged run stands beside its parts when the crash came before their deletion.
    const covered = this.#runs.filter((part) =>
      this.#runs.some((whole) => whole !== part && covers(whole.facts, part.facts)),
    );
    this.drop(covered.map((run) => run.facts));
  }

  get facts(): Run['facts'][] {
    return this.#runs.map((run) => run.facts);
  }

  add(name: RunName, replaces: readonly RunName[]): void {
    const run = Run.open(join(this.#folder, runFile(name)), name);
    if (run === null) throw new Error(`spill: run ${runFile(name)} is torn although it was synced`);
    this.drop(replaces);
    this.#runs.push(run);
    this.#sort();
  }

  drop(names: readonly RunName[]): void {
    const gone = new Set(names.map(runFile));
    for (const run of this.#runs) {
      const file = runFile(run.facts);
      if (!gone.has(file)) continue;
      run.close();
      rmSync(join(this.#folder, file), { force: true });
    }
    this.#runs = this.#runs.filter((run) => !gone.has(runFile(run.facts)));
  }

  get(key: string): Buffer | null {
    const octets = Buffer.from(key, 'latin1');
    const digest = hashKey(key);
    return this.#newest(octets, hashHigh(digest), hashLow(digest), 0);
  }

  /** At most `limit` entries of `group` below `before`, highest order first, without those that a later put supersedes. */
  list(group: number, before: Buffer | null, limit: number): ListedEntry[] {
    const found: ListedEntry[] = [];
    // Runs whose highest order is below what has been found are not looked into: usually all but the youngest.
    const waiting = this.#runs.map((_, age) => age).sort((a, b) => this.#compareMaxOrder(a, b));
    const open: Cursor[] = [];
    while (found.length < limit) {
      let best = highest(open);
      while (waiting.length > 0) {
        const age = waiting.at(-1) as number;
        const run = this.#runs[age] as Run;
        if (best !== null && Buffer.compare(run.maxOrder, entryOrder(best.entry, 0)) < 0) break;
        waiting.pop();
        const { first, end } = run.range(group, before);
        if (end > first) open.push({ age, run, first, at: end - 1, entry: run.entryAt(end - 1) });
        best = highest(open);
      }
      if (best === null) break;
      if (!this.#superseded(best)) {
        const { entry } = best;
        found.push({ key: entryKey(entry, 0), order: entryOrder(entry, 0), value: entryValue(entry, 0) });
      }
      if (best.at === best.first) open.splice(open.indexOf(best), 1);
      else best.entry = best.run.entryAt(--best.at);
    }
    return found;
  }

  close(): void {
    for (const run of this.#runs) run.close();
  }

  /** The value in the youngest run above `age` that has the key. */
  #newest(key: Buffer, high: number, low: number, age: number): Buffer | null {
    for (let i = this.#runs.length - 1; i >= age; i--) {
      const value = (this.#runs[i] as Run).get(key, high, low);
      if (value !== null) return value;
    }
    return null;
  }

  #superseded({ entry, age }: Cursor): boolean {
    const key = entryKey(entry, 0);
    const digest = hashKey(key.latin1Slice(0, key.length));
    return this.#newest(key, hashHigh(digest), hashLow(digest), age + 1) !== null;
  }

  #compareMaxOrder(a: number, b: number): number {
    return Buffer.compare((this.#runs[a] as Run).maxOrder, (this.#runs[b] as Run).maxOrder);
  }

  #sort(): void {
    this.#runs.sort((a, b) => a.facts.last - b.facts.last || a.facts.first - b.facts.first);
  }
}

function covers(whole: RunName, part: RunName): boolean {
  return whole.first <= part.first && whole.last >= part.last;
}

function highest(cursors: readonly Cursor[]): Cursor | null {
  let best: Cursor | null = null;
  for (const cursor of cursors) {
    if (best === null || Buffer.compare(entryOrder(cursor.entry, 0), entryOrder(best.entry, 0)) > 0) best = cursor;
  }
  return best;
}
