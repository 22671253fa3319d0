// What the main thread says to the two threads of the spills: one reads (look-ups must be quick), one writes (nobody waits).
// Types only.
import type { RunFacts, RunName } from './spillFormat.ts';

export interface SpillWorkerData {
  readonly folder: string;
  readonly role: 'reader' | 'writer';
}

export interface ListedEntry {
  readonly key: Uint8Array;
  readonly order: Uint8Array;
  readonly value: Uint8Array;
}

export type ReaderRequest =
  | { readonly kind: 'open'; readonly name: string }
  | { readonly kind: 'get'; readonly name: string; readonly tag: number; readonly keys: readonly string[] }
  | {
      readonly kind: 'list';
      readonly name: string;
      readonly tag: number;
      readonly group: number;
      readonly before: Uint8Array | null;
      readonly limit: number;
    }
  /** A new run stands; the runs that it replaces are deleted. */
  | { readonly kind: 'add'; readonly name: string; readonly run: RunName; readonly replaces: readonly RunName[] }
  | { readonly kind: 'drop'; readonly name: string; readonly runs: readonly RunName[] }
  | { readonly kind: 'close' };

export type ReaderAnswer =
  | {
      readonly kind: 'opened';
      readonly name: string;
      readonly runs: readonly RunFacts[];
      readonly nextNumber: number;
      readonly torn: number;
    }
  /** `lengths`: −1 for what was not found; the values stand in `data` one after the other. */
  | {
      readonly kind: 'got';
      readonly tag: number;
      readonly lengths: Int32Array<ArrayBuffer>;
      readonly data: ArrayBuffer;
    }
  | { readonly kind: 'listed'; readonly tag: number; readonly entries: readonly ListedEntry[] }
  | { readonly kind: 'added'; readonly name: string; readonly run: RunName }
  | { readonly kind: 'closed' };

export type WriterRequest =
  | {
      readonly kind: 'flush';
      readonly name: string;
      readonly run: RunName;
      readonly chunks: readonly SharedArrayBuffer[];
      readonly used: readonly number[];
      readonly newestMs: number;
    }
  | { readonly kind: 'merge'; readonly name: string; readonly runs: readonly RunName[]; readonly newestMs: number }
  | { readonly kind: 'close' };

/** `run` null: there was no room on the disk; nothing has changed. */
export type WriterAnswer =
  | {
      readonly kind: 'written';
      readonly name: string;
      readonly run: RunFacts | null;
      readonly replaces: readonly RunName[];
    }
  | { readonly kind: 'closed' };
