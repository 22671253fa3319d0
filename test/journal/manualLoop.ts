// A clock that stands until the test moves it; for what is deterministic.
import type { Alarm, Loop } from '../../src/port/loop.ts';

export class ManualLoop implements Loop {
  #now = 1_700_000_000_000;
  #alarms: { readonly atMs: number; readonly run: () => void; cancelled: boolean }[] = [];
  #endings: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  wakeAt(atMs: number, run: () => void): Alarm {
    const alarm = { atMs, run, cancelled: false };
    this.#alarms.push(alarm);
    return {
      cancel: () => {
        alarm.cancelled = true;
      },
    };
  }

  urgent(): void {}

  endOfTurn(run: () => void): void {
    this.#endings.push(run);
  }

  /** Ends the turn, and those that its ends begin. */
  turn(): void {
    while (this.#endings.length > 0) for (const run of this.#endings.splice(0)) run();
  }

  /** Lets time pass, alarm by alarm in order, each in a turn of its own. */
  pass(ms: number): void {
    const end = this.#now + ms;
    this.turn();
    for (;;) {
      this.#alarms = this.#alarms.filter(({ cancelled }) => !cancelled);
      let next = -1;
      for (const [i, { atMs }] of this.#alarms.entries()) {
        if (atMs <= end && (next < 0 || atMs < (this.#alarms[next]?.atMs ?? 0))) next = i;
      }
      if (next < 0) break;
      const [alarm] = this.#alarms.splice(next, 1);
      if (alarm === undefined) break;
      this.#now = Math.max(this.#now, alarm.atMs);
      alarm.run();
      this.turn();
    }
    this.#now = end;
  }
}
