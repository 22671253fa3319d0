// Sorting numbers of entries by keys elsewhere, fast: a million comparisons in JavaScript cost seconds, the engine's own sort
// of doubles does not. Pure; used by the spill's writing thread.

/** Numbers below this fit beside 32 bits of key in a double. */
const NUMBERS = 2 ** 21;

/**
 * Sorts `numbers` in place by `prefix` (32 bits each), and those of equal prefix with `tie`, which gets such a slice.
 * Without `tie` they stand by number.
 */
export function sortByPrefix(
  numbers: Uint32Array,
  prefix: (number: number) => number,
  tie: ((slice: Uint32Array) => void) | null,
): void {
  const { length } = numbers;
  const packed = new Float64Array(length);
  const small = length <= NUMBERS;
  // Positions, not numbers, are packed: a slice of a large set has large numbers.
  const source = numbers.slice();
  if (small) {
    for (let i = 0; i < length; i++) packed[i] = prefix(source[i] as number) * NUMBERS + i;
    packed.sort();
    for (let i = 0; i < length; i++) numbers[i] = source[(packed[i] as number) % NUMBERS] as number;
  } else numbers.sort((a, b) => prefix(a) - prefix(b) || a - b);
  if (tie === null) return;
  for (let from = 0; from < length; ) {
    const value = prefix(numbers[from] as number);
    let to = from + 1;
    while (to < length && prefix(numbers[to] as number) === value) to++;
    if (to - from > 1) tie(numbers.subarray(from, to));
    from = to;
  }
}
