// What a supplier's command_status to a submit means for the message (reference §1.9; SMPP 3.4 §5.1.3, 5.0 §4.7.6). A
// table with its look-up; per-supplier overrides stand above it in the caller's configuration.

/**
 * again: same route after a delay, not counted. few: up to three counted tries, then the next route. route: the next
 * route, final if there is none. bare: once more without optional TLVs, then as route. final: never again. halt: our bind
 * is at fault, stop it and requeue uncounted. unknown: no answer came.
 */
export type Verdict = 'done' | 'again' | 'few' | 'route' | 'bare' | 'final' | 'halt' | 'unknown';

const VERDICTS: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [0x00, 'done'],
  [0x58, 'again'],
  [0x14, 'again'],
  [0x08, 'few'],
  [0xff, 'few'],
  [0x64, 'few'],
  [0x45, 'few'],
  [0xfe, 'final'],
  [0x04, 'halt'],
  [0x05, 'halt'],
  [0x0d, 'halt'],
  [0x0e, 'halt'],
  [0x0f, 'halt'],
  [0x53, 'halt'],
  [0x03, 'route'],
  [0x101, 'route'],
  [0x02, 'route'],
  [0xc0, 'route'],
  [0xc1, 'bare'],
  [0xc2, 'bare'],
  [0xc4, 'bare'],
  [0xc3, 'route'],
  [0x01, 'final'],
  [0x0a, 'route'],
  [0x48, 'route'],
  [0x49, 'route'],
  [0x0b, 'final'],
  [0x50, 'final'],
  [0x51, 'final'],
  [0x104, 'route'],
  [0x43, 'route'],
  [0x07, 'route'],
  [0x06, 'route'],
  [0x54, 'route'],
  [0x42, 'route'],
  [0x63, 'route'],
  [0x55, 'route'],
  [0x105, 'route'],
  [0x106, 'route'],
  [0x15, 'route'],
  [0x100, 'route'],
  [0x103, 'route'],
  [0x102, 'few'],
  [0x61, 'final'],
  [0x62, 'final'],
  [0x65, 'final'],
  [0x66, 'final'],
  [0x33, 'final'],
  [0x34, 'final'],
  [0x40, 'final'],
  [0x44, 'final'],
  [0x0c, 'final'],
  [0x11, 'final'],
  [0x13, 'final'],
  [0x67, 'final'],
  [0x107, 'final'],
  [0x108, 'final'],
  [0x109, 'final'],
  [0x10a, 'final'],
  [0x10b, 'final'],
  [0x10c, 'final'],
  [0x10d, 'final'],
  [0x10e, 'final'],
  [0x10f, 'final'],
  [0x110, 'final'],
  [0x111, 'final'],
  [0x112, 'final'],
]);

/**
 * The verdict for a submit answered with `status`. Anything not in the table, vendor codes included, is "few".
 * `failureReason` is TLV 0x0425 of a transaction-mode RDELIVERYFAILURE (3 = temporary), −1 when absent.
 */
export function verdictOf(status: number, failureReason = -1): Verdict {
  if (status === 0xfe && failureReason === 3) return 'few';
  return VERDICTS.get(status) ?? 'few';
}
