// What the journal's two threads say to each other. Types only. Buffers are transferred, never copied.
import type { AppendOutcome } from '../port/journal.ts';

/** Given to the worker at its start. */
export interface JournalWorkerData {
  readonly folder: string;
  readonly storageSecret: Uint8Array;
  readonly reserveBytes: number;
  /** 0: no limit. */
  readonly maxPages: number;
  readonly keySyncMs: number;
}

export interface AppendRequest {
  readonly kind: 'append';
  readonly slot: number;
  readonly epoch: number;
  readonly seq: number;
  readonly records: ArrayBuffer;
  readonly recordsLength: number;
  /** null: the batch has no secrets. */
  readonly secrets: ArrayBuffer | null;
  readonly secretsLength: number;
}

export type JournalRequest =
  | AppendRequest
  | { readonly kind: 'read'; readonly slot: number; readonly fromSeq: number; readonly tag: number }
  | { readonly kind: 'readMany'; readonly slot: number; readonly seqs: readonly number[]; readonly tag: number }
  | { readonly kind: 'endSecrets'; readonly slot: number; readonly seqs: readonly number[] }
  | { readonly kind: 'trim'; readonly slot: number; readonly beforeSeq: number }
  | { readonly kind: 'close' };

/** Batches read: `data` holds the records and secrets of each, one after the other. */
export interface ReadBatches {
  readonly seqs: readonly number[];
  readonly recordsLengths: readonly number[];
  /** −1: none, or their key is gone. */
  readonly secretsLengths: readonly number[];
  readonly data: ArrayBuffer;
}

export type JournalAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'locked' }
  | { readonly kind: 'failed'; readonly detail: string }
  | {
      readonly kind: 'appended';
      readonly outcomes: readonly AppendOutcome[];
      /** records, secrets (or null) of each batch in turn. */
      readonly buffers: readonly (ArrayBuffer | null)[];
      readonly syncs: number;
      readonly batches: number;
    }
  /** `nextSeq` above 0: this was the last part. Else ask again from behind the last seq. */
  | { readonly kind: 'read'; readonly tag: number; readonly batches: ReadBatches; readonly nextSeq: number }
  | { readonly kind: 'readMany'; readonly tag: number; readonly batches: ReadBatches }
  /** `pendingKeys`: ended, perhaps still on disk. */
  | { readonly kind: 'keys'; readonly pendingKeys: number; readonly endedKeys: number; readonly syncs: number }
  | { readonly kind: 'closed' };
