// The shared memory of all lanes: intrusive doubly linked lists over message handles in growable typed arrays, 15 octets
// per handle. A handle is in at most one flow at a time. Order and choice live in lanes.ts.

import { MESSAGE_SEGMENTS_MAX } from '../base/limits.ts';

/** End of a list. */
export const NONE = -1;

/** Links between handles, and per handle its flow, its cost in segments and its place among those taken. */
export class QueueStore {
  /** Neighbours in the flow; −1 at the ends. */
  next: Int32Array;
  prev: Int32Array;
  /** The flow a handle waits in, −1 if it waits nowhere. */
  flow: Int32Array;
  /** Segments of the message. */
  cost: Uint8Array;
  /** When the handle was last taken, as a number from 1 that wraps; 0 = never: restores order when it comes back. */
  takenAs: Uint16Array;

  /** `capacity`: handles to make room for at first; it doubles as needed. */
  constructor(capacity: number) {
    this.next = new Int32Array(capacity);
    this.prev = new Int32Array(capacity);
    this.flow = new Int32Array(capacity).fill(NONE);
    this.cost = new Uint8Array(capacity);
    this.takenAs = new Uint16Array(capacity);
  }

  /** Makes room for `handle`. Handles are small non-negative integers that the caller hands out densely. */
  ensure(handle: number): void {
    const old = this.flow.length;
    if (handle < old) return;
    if (!Number.isInteger(handle)) throw new RangeError('queue handle is no integer');
    let capacity = Math.max(64, old);
    while (capacity <= handle) capacity *= 2;
    this.next = grown(this.next, new Int32Array(capacity));
    this.prev = grown(this.prev, new Int32Array(capacity));
    this.flow = grown(this.flow, new Int32Array(capacity).fill(NONE));
    this.cost = grown(this.cost, new Uint8Array(capacity));
    this.takenAs = grown(this.takenAs, new Uint16Array(capacity));
  }

  /** Octets in use. */
  get bytes(): number {
    return this.flow.length * 15;
  }

  /** Whether a handle waits in some flow. */
  has(handle: number): boolean {
    return handle >= 0 && handle < this.flow.length && this.flow[handle] !== NONE;
  }
}

/** Rejects what no caller may ask for: a broken invariant, not an input. */
export function checkCost(segments: number): void {
  if (!Number.isInteger(segments) || segments < 1 || segments > MESSAGE_SEGMENTS_MAX) {
    throw new RangeError('queue cost must be 1 to 255 segments');
  }
}

function grown<T extends { set(source: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
