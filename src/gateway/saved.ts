// What stands in the journal as JSON: small, rare, and read by people when they must.
import type { LedgerSnapshot } from '../ledger/ledger.ts';

/** What the `state` record holds, as JSON. */
export interface SavedState {
  readonly accounts: readonly { readonly name: string; readonly currency: string; readonly suspended: boolean }[];
  readonly links: readonly string[];
  /** Purposes that messages may name, by number from 1; absent: none yet. */
  readonly purposes?: readonly string[];
  readonly ledger: LedgerSnapshot;
  /** A time that has come (times.ts); absent: none is told. */
  readonly time?: number;
}

/** An idempotency key that was used: what it named and what was answered. */
export interface SavedAnswer {
  readonly account: number;
  readonly key: string;
  readonly fingerprint: string;
  readonly at: number;
  readonly outcomes: string;
}

/** Reads a record of type `state`. */
export function readState(records: Buffer, start: number, end: number): SavedState {
  return JSON.parse(records.utf8Slice(start, end)) as SavedState;
}
