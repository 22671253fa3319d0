// A commit log on a simulated journal, with a clock that the test moves.
import assert from 'node:assert/strict';
import { CommitLog, type CommitState } from '../../src/driver/commit.ts';
import { type AppendFate, openSimJournal, SimJournalDisk } from '../../src/sim/journal.ts';
import { ManualLoop } from './manualLoop.ts';

export class World {
  readonly disk = new SimJournalDisk();
  readonly loop = new ManualLoop();
  readonly states: CommitState[] = [];
  readonly called: number[] = [];
  fate: AppendFate = 'durable';
  delayMs = 1;
  /** Batches as the journal got them. */
  readonly appended: number[] = [];
  log = this.#start();

  #start(): CommitLog {
    const journal = openSimJournal(this.disk, {
      loop: this.loop,
      fate: (_slot, seq) => {
        this.appended.push(seq);
        return { fate: this.fate, delayMs: this.delayMs };
      },
      keySyncMs: 1000,
    });
    assert.ok(journal !== null);
    return new CommitLog({
      journal,
      loop: this.loop,
      slot: 0,
      epoch: 1,
      onOutcome: (state) => this.states.push(state),
    });
  }

  recover(each: (seq: number, records: Buffer, secrets: Buffer | null) => void = () => {}): this {
    let done = false;
    this.log.recover(each, () => {
      done = true;
    });
    this.loop.pass(0);
    assert.ok(done);
    return this;
  }

  /** As `recover`, with nothing to count, and idle since long. */
  ready(): this {
    this.recover();
    this.log.recovered();
    this.loop.pass(100);
    return this;
  }

  crash(stored: number, keysBack: boolean): void {
    this.disk.crash(stored, keysBack);
    this.log = this.#start();
  }

  write(arg: number, octets = 10): void {
    const w = this.log.begin(1);
    w.u32(arg);
    w.bytes(Buffer.alloc(octets));
    this.log.end();
    this.log.after(this.call, arg);
  }

  readonly call = (arg: number): void => {
    this.called.push(arg);
  };
}

/** A body in a batch of its own; returns its home. */
export function body(world: World, text: string): number {
  const { log } = world;
  const bytes = Buffer.from(text);
  const w = log.begin(1);
  w.u32(log.secret(bytes));
  w.u32(bytes.length);
  log.end();
  const home = log.seq;
  log.live(home, 1);
  log.secretLive(home, 1);
  return home;
}
