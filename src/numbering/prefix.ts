// Longest-prefix table over decimal digits: immutable once compiled, a trie in one Int32Array. The values are integers
// of the caller (price index, rule list …). No meaning of numbers lives here.

import { E164_MAX_DIGITS } from '../base/limits.ts';
import { type ConfigFault, err, ok, type Result } from '../base/result.ts';

/** A prefix of digits (empty = every number) and the caller's integer, ≥ 0. */
export type PrefixEntry = readonly [prefix: string, value: number];

const STRIDE = 10;

/** A compiled table; see `compilePrefixes`. Look-ups allocate nothing. */
export class PrefixTable {
  /** Number of distinct prefixes. */
  readonly size: number;
  readonly #children: Int32Array;
  readonly #values: Int32Array;

  constructor(size: number, children: Int32Array, values: Int32Array) {
    this.size = size;
    this.#children = children;
    this.#values = values;
  }

  /** The value of the longest prefix of `digits`, or −1. A character that is no digit ends the prefix. */
  lookup(digits: string): number {
    const children = this.#children;
    let node = 0;
    for (let i = 0; i < digits.length; i += 1) {
      const digit = digits.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) break;
      const next = children[node + digit]!;
      if (next === 0) break;
      node = next;
    }
    return this.#values[node / STRIDE]!;
  }
}

/** Compiles a table; all faults at once, `path` is the prefix's position as `[i]`. Equal prefixes are a fault. */
export function compilePrefixes(entries: readonly PrefixEntry[]): Result<PrefixTable, ConfigFault[]> {
  const faults: ConfigFault[] = [];
  let children = new Int32Array(STRIDE * Math.max(16, entries.length * 2));
  // Own values first (−1 = none), inherited ones filled in at the end.
  const own: number[] = [-1];
  for (const [i, [prefix, value]] of entries.entries()) {
    const path = `[${i}]`;
    if (!/^[0-9]*$/.test(prefix) || prefix.length > E164_MAX_DIGITS) {
      faults.push({ path, message: `prefix "${prefix}" must be 0 to ${E164_MAX_DIGITS} digits without + or 00` });
      continue;
    }
    if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
      faults.push({ path, message: `value of prefix "${prefix}" must be an integer from 0 to 2147483647` });
      continue;
    }
    let node = 0;
    for (let at = 0; at < prefix.length; at += 1) {
      const edge = node * STRIDE + prefix.charCodeAt(at) - 48;
      let next = children[edge]! / STRIDE;
      if (next === 0) {
        next = own.length;
        own.push(-1);
        if (own.length * STRIDE > children.length) {
          const grown = new Int32Array(children.length * 2);
          grown.set(children);
          children = grown;
        }
        children[edge] = next * STRIDE;
      }
      node = next;
    }
    if (own[node] !== -1) faults.push({ path, message: `prefix "${prefix}" stands twice; keep one` });
    own[node] = value;
  }
  if (faults.length > 0) return err(faults);
  const values = Int32Array.from(own);
  // A child always has a higher number than its parent, so one pass in order hands every value down.
  for (let node = 0; node < own.length; node += 1) {
    for (let digit = 0; digit < STRIDE; digit += 1) {
      const child = children[node * STRIDE + digit]! / STRIDE;
      if (child !== 0 && values[child] === -1) values[child] = values[node]!;
    }
  }
  return ok(new PrefixTable(entries.length, children.slice(0, own.length * STRIDE), values));
}
