// Matching the id in a receipt to the id in the answer to a submit, across the ways in which suppliers write the
// two differently (R26). Ids are strings for ever; a number is made only of a whole string that fits its base.

/** How a supplier writes an id in one place: opaque text, decimal digits or hexadecimal digits. */
export type IdBase = 'text' | 'dec' | 'hex';

/** What an id from a receipt may look like in the answer to the submit, in the order of trial. */
export interface NormalForms {
  readonly exact: string;
  /** Letters in lower case. */
  readonly folded: string;
  /** The id converted from the receipt's base to the answer's, lower case; undefined when no conversion applies. */
  readonly converted: string | undefined;
  /** Lower case without leading zeros. */
  readonly trimmed: string;
}

/** How two ids agree: 0 exact, 1 but for case, 2 by the supplier's conversion, 3 but for leading zeros. */
export type MatchRank = 0 | 1 | 2 | 3;

const decimal = /^[0-9]+$/;
const hexadecimal = /^[0-9a-fA-F]+$/;
/** Longer strings of digits are no numbers that anybody counts up; the conversion's cost grows with their square. */
const longestNumber = 64;

/** The forms of a receipt's `id` in which the supplier's answers may have named the message. */
export function normalForms(id: string, respBase: IdBase, receiptBase: IdBase): NormalForms {
  const folded = id.toLowerCase();
  return { exact: id, folded, converted: convert(id, receiptBase, respBase), trimmed: trimZeros(folded) };
}

/** The one key under which to store the id of a submit_sm_resp for look-ups by `lookupKeys`. */
export function indexKey(respId: string): string {
  return trimZeros(respId.toLowerCase());
}

/** The keys, one or two, under which the message of a receipt's `id` may be stored. Rank the hits by `matchRank`. */
export function lookupKeys(id: string, respBase: IdBase, receiptBase: IdBase): readonly string[] {
  const key = indexKey(id);
  const converted = convert(id, receiptBase, respBase);
  return converted === undefined || converted === key ? [key] : [key, converted];
}

/** How well a receipt's id names the message whose answer carried `respId`; undefined: not at all. Lower is better. */
export function matchRank(
  respId: string,
  receiptId: string,
  respBase: IdBase,
  receiptBase: IdBase,
): MatchRank | undefined {
  if (respId === receiptId) return 0;
  const folded = respId.toLowerCase();
  const forms = normalForms(receiptId, respBase, receiptBase);
  if (folded === forms.folded) return 1;
  const trimmed = trimZeros(folded);
  if (trimmed === forms.converted) return 2;
  return trimmed === forms.trimmed ? 3 : undefined;
}

/** `id` read in base `from` and written in base `to` without leading zeros; undefined unless both are numeric and differ. */
function convert(id: string, from: IdBase, to: IdBase): string | undefined {
  if (from === to || from === 'text' || to === 'text' || id.length > longestNumber) return undefined;
  if (from === 'dec') return decimal.test(id) ? BigInt(id).toString(16) : undefined;
  return hexadecimal.test(id) ? BigInt(`0x${id}`).toString(10) : undefined;
}

function trimZeros(id: string): string {
  let from = 0;
  while (from < id.length - 1 && id.charCodeAt(from) === 0x30) from++;
  return from === 0 ? id : id.slice(from);
}
