// Latencies in constant memory: 32 buckets per doubling, so that a quantile is at most 3 % off.

const STEPS = 32;
const STEP_BITS = 5;

export class Histogram {
  readonly #counts = new Float64Array(STEPS * 40);
  #total = 0;
  #maxMicros = 0;

  /** One latency, in milliseconds. */
  add(ms: number): void {
    const micros = Math.max(0, Math.min(0x7fffffff, Math.round(ms * 1000)));
    if (micros > this.#maxMicros) this.#maxMicros = micros;
    this.#counts[bucketOf(micros)] = (this.#counts[bucketOf(micros)] as number) + 1;
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  get maxMs(): number {
    return this.#maxMicros / 1000;
  }

  /** The latency that `share` (0…1) of all do not exceed, in ms; 0 when there are none. */
  quantileMs(share: number): number {
    const rank = Math.ceil(this.#total * share);
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank && seen > 0) return Math.min(upperEdge(bucket), this.#maxMicros) / 1000;
    }
    return 0;
  }
}

function bucketOf(micros: number): number {
  if (micros < STEPS * 2) return micros;
  const shift = 31 - Math.clz32(micros) - STEP_BITS;
  return shift * STEPS + (micros >>> shift);
}

function upperEdge(bucket: number): number {
  if (bucket < STEPS * 2) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS + 1) * 2 ** shift - 1;
}
