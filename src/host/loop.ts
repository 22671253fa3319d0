// Node's event loop behind port/loop.ts: one timeout for all alarms, one immediate for all ends of a turn.
// `performance` is imported because the global of that name is looked up anew at each use.
import { performance } from 'node:perf_hooks';
import type { Alarm, Loop } from '../port/loop.ts';
import { InputTurn } from './inputTurn.ts';
import { TimerHeap } from './timerHeap.ts';

/** The longest wait of setTimeout; a later alarm just looks again. */
const LONGEST_WAIT_MS = 2_147_483_647;

/** Node's loop, and what lets a long stretch of input be taken as several turns: between two pieces of it, never within one. */
export interface HostLoop extends Loop {
  readonly input: InputTurn;
}

function runDue(heap: TimerHeap): void {
  const nowMs = performance.now();
  // What an alarm sets for "now" waits for the next look, so that none can starve the sockets.
  for (let left = heap.size; left > 0; left--) {
    const alarm = heap.take(nowMs);
    if (alarm === null) return;
    alarm.run();
  }
}

export function createLoop(): HostLoop {
  const heap = new TimerHeap();
  const exact = new TimerHeap();
  let timeout: NodeJS.Timeout | null = null;
  let timeoutAtMs = Number.POSITIVE_INFINITY;
  let endings: (() => void)[] = [];

  const arm = (): void => {
    const firstMs = Math.min(heap.firstMs, exact.firstMs);
    // An alarm that was taken back leaves the timeout: it wakes for nothing once, instead of a new timeout per change.
    if (firstMs >= timeoutAtMs) return;
    if (timeout !== null) clearTimeout(timeout);
    timeoutAtMs = firstMs;
    // Node counts whole milliseconds; rounded up, so that what it wakes for is due.
    timeout = setTimeout(ring, Math.min(Math.max(Math.ceil(firstMs - performance.now()), 1), LONGEST_WAIT_MS));
  };

  const ring = (): void => {
    timeout = null;
    timeoutAtMs = Number.POSITIVE_INFINITY;
    try {
      runDue(exact);
      runDue(heap);
    } finally {
      arm();
    }
  };

  /** In the middle of a turn. The timeout stays: it wakes for nothing once. */
  const ringExact = (): void => {
    if (exact.size > 0 && exact.firstMs <= performance.now()) runDue(exact);
  };

  const endTurn = (): void => {
    ringExact();
    const due = endings;
    endings = [];
    let at = 0;
    try {
      while (at < due.length) (due[at++] as () => void)();
    } finally {
      // One that threw takes the program down; should a handler of uncaught exceptions keep it up, the rest still runs.
      if (at < due.length) {
        endings = due.slice(at).concat(endings);
        setImmediate(endTurn);
      }
    }
  };

  const input = new InputTurn(endTurn, ringExact);
  return {
    input,
    urgent: () => input.urgent(),
    now: Date.now,
    monotonic: () => performance.now(),
    wakeAt(atMs: number, run: () => void, exactly = false): Alarm {
      const alarm = (exactly ? exact : heap).add(atMs, run);
      arm();
      return alarm;
    },
    endOfTurn(run: () => void): void {
      if (endings.length === 0) setImmediate(endTurn);
      endings.push(run);
    },
  };
}
