// Interface versions (R3): how to read one, which one holds, which one to try next. Pure functions only.
import { Status } from './operationTable.ts';

/** 3.3 or older, 3.4, 5.0. */
export type Version = 0x33 | 0x34 | 0x50;

/** Any octet as one of three versions: 0x00–0x33 → 3.3, 0x34–0x4F → 3.4, above → 5.0 (5.0 §4.7.13 with our reading of the reserved ones). */
export function readVersion(octet: number): Version {
  return octet < 0x34 ? 0x33 : octet < 0x50 ? 0x34 : 0x50;
}

/** What both sides speak. */
export function lowerVersion(a: Version, b: Version): Version {
  return a < b ? a : b;
}

/**
 * The version for the next bind after one with `tried` failed: `status` of the answer, or null for none. Some MCs answer
 * nothing but 0x34, others refuse 0x50 as an unknown command or a failed bind.
 */
export function fallbackVersion(tried: Version, status: number | null): Version {
  if (tried !== 0x50) return tried;
  return status === null || status === Status.invalidCommandId || status === 0x0d ? 0x34 : tried;
}
