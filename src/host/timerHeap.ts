// Alarms in order of time: a binary heap whose members know their place, so that one can be taken back at once.
// No clock here; the loop asks what is due.
import type { Alarm } from '../port/loop.ts';

/** One alarm of the heap. `place` is -1 once it has run or was taken back. */
export class HeapAlarm implements Alarm {
  readonly atMs: number;
  readonly run: () => void;
  /** Alarms of equal time run in the order in which they were set. */
  readonly order: number;
  place = -1;
  readonly #heap: TimerHeap;

  constructor(heap: TimerHeap, atMs: number, run: () => void, order: number) {
    this.#heap = heap;
    this.atMs = atMs;
    this.run = run;
    this.order = order;
  }

  cancel(): void {
    if (this.place >= 0) this.#heap.remove(this);
  }
}

export class TimerHeap {
  readonly #alarms: HeapAlarm[] = [];
  #order = 0;

  get size(): number {
    return this.#alarms.length;
  }

  /** Time of the first alarm; Infinity: none. */
  get firstMs(): number {
    return this.#alarms[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, run: () => void): HeapAlarm {
    const alarm = new HeapAlarm(this, atMs, run, this.#order++);
    this.#alarms.push(alarm);
    this.#up(this.#alarms.length - 1, alarm);
    return alarm;
  }

  /** Takes out the first alarm that is due at `nowMs`; null: none. */
  take(nowMs: number): HeapAlarm | null {
    const first = this.#alarms[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.remove(first);
    return first;
  }

  remove(alarm: HeapAlarm): void {
    const place = alarm.place;
    alarm.place = -1;
    const last = this.#alarms.pop() as HeapAlarm;
    if (last === alarm) return;
    this.#up(place, last);
    this.#down(last.place, last);
  }

  #up(from: number, alarm: HeapAlarm): void {
    let place = from;
    while (place > 0) {
      const parent = this.#alarms[(place - 1) >> 1] as HeapAlarm;
      if (!before(alarm, parent)) break;
      this.#put(place, parent);
      place = (place - 1) >> 1;
    }
    this.#put(place, alarm);
  }

  #down(from: number, alarm: HeapAlarm): void {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      const left = this.#alarms[child];
      if (left === undefined) break;
      const right = this.#alarms[child + 1];
      let smaller = left;
      if (right !== undefined && before(right, left)) {
        smaller = right;
        child++;
      }
      if (!before(smaller, alarm)) break;
      this.#put(place, smaller);
      place = child;
    }
    this.#put(place, alarm);
  }

  #put(place: number, alarm: HeapAlarm): void {
    this.#alarms[place] = alarm;
    alarm.place = place;
  }
}

function before(a: HeapAlarm, b: HeapAlarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
