// The clock and the event loop as the programs see them. Implemented by host/ (Node.js) and sim/ (a seeded world).

/** A wake-up that can be taken back. */
export interface Alarm {
  cancel(): void;
}

/** Time and turns. One turn is everything that happens between two looks at the outside world. */
export interface Loop {
  /** Wall clock in milliseconds since the epoch. May jump; deadlines that survive a restart are kept in it. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go back; for timers, throttles and latencies. */
  monotonic(): number;
  /**
   * Calls `run` once, not before `monotonic()` has reached `atMs`. One alarm per machine, not per message. `exact`: also in the
   * middle of a turn, between two pieces of its input, for what counts by the millisecond and asks for little.
   */
  wakeAt(atMs: number, run: () => void, exact?: boolean): Alarm;
  /** Calls `run` once after the input of the present turn has been handled: the place for one write per socket. */
  endOfTurn(run: () => void): void;
  /** Something passes that must not wait, a PIN: for a while the turns are to be short, at the price of smaller batches. */
  urgent(): void;
}
