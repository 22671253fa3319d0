// The one alarm of a peer. Knows nothing of what it wakes.
import type { Alarm, Loop } from '../port/loop.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class PeerAlarm {
  readonly #loop: Loop;
  readonly #ring: () => void;
  #alarm: Alarm | null = null;
  #atMs = NEVER;

  constructor(loop: Loop, ring: () => void) {
    this.#loop = loop;
    this.#ring = (): void => {
      this.#alarm = null;
      this.#atMs = NEVER;
      ring();
    };
  }

  /** Rings at `dueMs` at the latest. An alarm that rings too early costs less than one that is moved with every PDU. */
  set(dueMs: number, nowMs: number): void {
    if (dueMs >= this.#atMs) return;
    this.#alarm?.cancel();
    this.#atMs = Math.max(dueMs, nowMs);
    this.#alarm = this.#loop.wakeAt(this.#atMs, this.#ring);
  }

  cancel(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#atMs = NEVER;
  }
}
