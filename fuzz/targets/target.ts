// What an in-process fuzzer is, and how it is run: cases drawn one by one from dice of their own, so that any one of them can be
// repeated from the seed and its number.
import { Chance } from '../../src/operator/chance.ts';

/** One case: what goes in, as octets or text, and what must hold of what comes out (throws when it does not). */
export interface Case {
  readonly input: Uint8Array | string;
  readonly check: () => void | Promise<void>;
}

export interface Target {
  readonly name: string;
  /** Cases of the short form, within npm test. */
  readonly few: number;
  /** Makes what all cases share; `draw` makes one case. */
  prepare(seed: number): { readonly draw: (chance: Chance) => Case; readonly close?: () => void };
}

/** Runs `cases` cases, or only number `only`; throws at the first that fails, with what repeats it. */
export async function runTarget(target: Target, cases: number, seed: number, only = -1): Promise<void> {
  const { draw, close } = target.prepare(seed);
  try {
    const [first, end] = only < 0 ? [0, cases] : [only, only + 1];
    for (let number = first; number < end; number++) {
      const { input, check } = draw(new Chance(seed * 2_654_435_761 + number));
      try {
        const waiting = check();
        if (waiting !== undefined) await waiting;
      } catch (error) {
        const shown = typeof input === 'string' ? JSON.stringify(input) : Buffer.from(input).toString('hex');
        const repeat = `--only ${target.name} --seed ${seed} --case ${number}`;
        throw new Error(`${repeat}: input ${shown.slice(0, 20_000)}`, { cause: error });
      }
    }
  } finally {
    close?.();
  }
}

export const pick = <T>(chance: Chance, list: readonly T[]): T => list[chance.below(list.length)] as T;

export function noise(chance: Chance, length: number): Buffer {
  const octets = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) octets[i] = chance.below(256);
  return octets;
}

/** A few octets changed, cut off or put in. */
export function spoil(octets: Uint8Array, chance: Chance): Buffer {
  let out: Buffer = Buffer.from(octets);
  for (let changes = chance.below(4); changes >= 0; changes--) {
    const at = chance.below(out.length + 1);
    const kind = chance.below(6);
    if (kind < 3 && at < out.length)
      out[at] = kind === 0 ? chance.below(256) : (out[at] as number) ^ (1 << chance.below(8));
    else if (kind === 3) out = out.subarray(0, at);
    else if (kind === 4)
      out = Buffer.concat([out.subarray(0, at), noise(chance, 1 + chance.below(8)), out.subarray(at)]);
    else out = Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + 1 + chance.below(8)))]);
  }
  return out;
}

/** Pieces that mean something to the reader, and noise, in any order. */
export function mixture(pieces: readonly string[], chance: Chance, most: number): string {
  let text = '';
  for (let left = chance.below(most + 1); left > 0; left--)
    text +=
      chance.below(4) === 0
        ? String.fromCharCode(chance.below(chance.below(2) === 0 ? 128 : 0x10000))
        : pick(chance, pieces);
  return text;
}
