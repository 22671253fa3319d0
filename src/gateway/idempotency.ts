// Idempotency-Key (reference §8.4): the same key with the same request gets the same answer for 24 h, over restarts too; with
// another request it is refused. An answer holds ids, segments and prices, never a text.
import { IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_KEYS_MAX } from '../base/limits.ts';
import type { Core } from './core.ts';
import { RecordType } from './records.ts';
import type { SavedAnswer } from './saved.ts';
import type { SubmitOutcome } from './service.ts';

interface Entry {
  readonly saved: SavedAnswer;
  homeSeq: number;
}

export class Idempotency {
  readonly #core: Core;
  /** In the order of use. */
  readonly #entries = new Map<string, Entry>();
  readonly #inFlight = new Set<string>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** What the key means now; `fresh` marks it as being worked on until `finish`. */
  begin(
    account: number,
    key: string,
    fingerprint: string,
  ): 'fresh' | 'in-flight' | 'reused' | readonly SubmitOutcome[] {
    const name = `${account}/${key}`;
    if (this.#inFlight.has(name)) return 'in-flight';
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.saved.at + IDEMPOTENCY_KEPT_MS > this.#core.world.loop.now()) {
      return entry.saved.fingerprint === fingerprint ? (JSON.parse(entry.saved.outcomes) as SubmitOutcome[]) : 'reused';
    }
    this.#inFlight.add(name);
    return 'fresh';
  }

  /** Journals the answer in the same batch as the messages it names. Answers in which nothing was accepted are not kept. */
  keep(account: number, key: string, fingerprint: string, outcomes: readonly SubmitOutcome[]): void {
    if (!outcomes.some((one) => one.ok)) return;
    const saved: SavedAnswer = {
      account,
      key,
      fingerprint,
      at: this.#core.world.loop.now(),
      outcomes: JSON.stringify(outcomes),
    };
    this.#set({ saved, homeSeq: this.#journal(saved) });
  }

  finish(account: number, key: string): void {
    this.#inFlight.delete(`${account}/${key}`);
  }

  restore(saved: SavedAnswer, seq: number): void {
    const before = this.#entries.get(`${saved.account}/${saved.key}`);
    if (before !== undefined) this.#core.log.live(before.homeSeq, -1);
    this.#core.log.live(seq, 1);
    this.#set({ saved, homeSeq: seq });
  }

  /** Writes again those that stand in these batches; those that are too old go. */
  clean(seqs: ReadonlySet<number>): void {
    const { log, world } = this.#core;
    const oldest = world.loop.now() - IDEMPOTENCY_KEPT_MS;
    for (const [name, entry] of this.#entries) {
      if (entry.saved.at < oldest) {
        this.#entries.delete(name);
        log.live(entry.homeSeq, -1);
      } else if (seqs.has(entry.homeSeq)) {
        const before = entry.homeSeq;
        entry.homeSeq = this.#journal(entry.saved);
        log.live(before, -1);
      }
    }
  }

  #journal(saved: SavedAnswer): number {
    const { log } = this.#core;
    const w = log.begin(RecordType.idempotency);
    w.bytes(Buffer.from(JSON.stringify(saved)));
    log.end();
    log.live(log.seq, 1);
    return log.seq;
  }

  #set(entry: Entry): void {
    const name = `${entry.saved.account}/${entry.saved.key}`;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    if (this.#entries.size <= IDEMPOTENCY_KEYS_MAX) return;
    for (const [oldest, old] of this.#entries) {
      this.#entries.delete(oldest);
      this.#core.log.live(old.homeSeq, -1);
      return;
    }
  }
}
