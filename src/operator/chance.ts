// The dice of the simulated operator: a small seeded generator, delay distributions and weighted choices.
// Everything drawn here can be repeated from the seed. Nothing here is fit for secrets.

/** A delay, in milliseconds, as it is configured. */
export type Distribution =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  /** The logarithm is normal: most are near `medianMs`, some take many times as long; cut off at `maxMs`. */
  | { readonly kind: 'lognormal'; readonly medianMs: number; readonly sigma: number; readonly maxMs: number };

/** One of several values, drawn in proportion to its weight. */
export type Weighted<T> = readonly { readonly value: T; readonly weight: number }[];

/** xorshift128: 32 bits at a time, period 2^128 − 1. */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    // splitmix-like spreading, so that seeds 1 and 2 share nothing.
    let state = seed >>> 0;
    const spread = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    this.#d = spread() | 1;
  }

  /** A whole number from 0 up to and without 2^32. */
  u32(): number {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = (t ^ s ^ (s >>> 19)) >>> 0;
    return this.#a;
  }

  /** A fraction from 0 up to and without 1. */
  fraction(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** A whole number from 0 up to and without `bound`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }
}

/** Milliseconds drawn from `distribution`. */
export function drawDelay(distribution: Distribution, chance: Chance): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.ms;
    case 'uniform':
      return distribution.fromMs + chance.fraction() * (distribution.toMs - distribution.fromMs);
    case 'lognormal': {
      // Box–Muller; 1 − fraction keeps the logarithm away from zero.
      const radius = Math.sqrt(-2 * Math.log(1 - chance.fraction()));
      const normal = radius * Math.cos(2 * Math.PI * chance.fraction());
      return Math.min(distribution.maxMs, distribution.medianMs * Math.exp(distribution.sigma * normal));
    }
  }
}

/** A value of `choices` by weight. The list is not empty and its weights are not all zero. */
export function drawWeighted<T>(choices: Weighted<T>, chance: Chance): T {
  const first = choices[0];
  if (first === undefined) throw new Error('nothing to choose from');
  if (choices.length === 1) return first.value;
  let total = 0;
  for (const choice of choices) total += choice.weight;
  let left = chance.fraction() * total;
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice.value;
  }
  return first.value;
}
