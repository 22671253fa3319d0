// Submits per second, counted exactly: every window of one second, wherever it begins, not a bucket per clock second.

/** The times of what happened within the last second. Times come in order. */
export class SecondCounter {
  #times = new Float64Array(1024);
  #first = 0;
  #count = 0;
  #peak = 0;

  /** Counts one event at `nowMs`; how many fall into the second that ends now, this one included. */
  add(nowMs: number): number {
    this.#expire(nowMs);
    if (this.#count === this.#times.length) this.#grow();
    this.#times[(this.#first + this.#count) & (this.#times.length - 1)] = nowMs;
    this.#count += 1;
    if (this.#count > this.#peak) this.#peak = this.#count;
    return this.#count;
  }

  /** Events in the second that ends at `nowMs`. */
  within(nowMs: number): number {
    this.#expire(nowMs);
    return this.#count;
  }

  /** The most events that any one second has held. */
  get peak(): number {
    return this.#peak;
  }

  resetPeak(): void {
    this.#peak = this.#count;
  }

  #expire(nowMs: number): void {
    const mask = this.#times.length - 1;
    while (this.#count > 0 && (this.#times[this.#first] as number) <= nowMs - 1000) {
      this.#first = (this.#first + 1) & mask;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    for (let i = 0; i < this.#count; i += 1) {
      times[i] = this.#times[(this.#first + i) & (this.#times.length - 1)] as number;
    }
    this.#times = times;
    this.#first = 0;
  }
}
