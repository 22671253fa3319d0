// The journal's worker thread: takes what the main thread has sent, groups the appends of one turn into one transaction,
// answers, and keeps up what nobody waits for (checkpoints, key file, trimming). Started by journal.ts only.
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { AppendRequest, JournalAnswer, JournalRequest, JournalWorkerData } from './journalMessages.ts';
import { JournalStore, meaning } from './journalStore.ts';
import { JournalWriter } from './journalWriter.ts';
import { KeySlots } from './keySlots.ts';
import { Reserve } from './reserve.ts';
import { Sealer } from './seal.ts';

/** Requests taken in one turn: as many as the main thread ever has under way. */
const TURN_REQUESTS = 64;
const TRIM_ALONE_MS = 20;
const TRIM_ALONE_BYTES = 1 << 20;
const TRIM_FULL_MS = 250;

const port = parentPort as MessagePort;
const data = workerData as JournalWorkerData;

function answer(message: JournalAnswer, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer as ArrayBuffer[]);
}

function run(store: JournalStore): void {
  const keys = new KeySlots(join(data.folder, 'keys'));
  const reserve = new Reserve(join(data.folder, 'reserve'), data.reserveBytes, store);
  const writer = new JournalWriter(store, keys, new Sealer(data.storageSecret), reserve);
  // The files' names are durable before anything in them is promised.
  const folder = openSync(data.folder, 'r');
  fsyncSync(folder);
  closeSync(folder);

  let keyTimer: NodeJS.Timeout | null = null;
  let trimTimer: NodeJS.Timeout | null = null;

  const tellKeys = (): void =>
    answer({ kind: 'keys', pendingKeys: keys.pending, endedKeys: keys.ended, syncs: writer.syncs });
  const syncKeys = (): void => {
    keyTimer = null;
    keys.endedAsync((error) => {
      if (error !== null) throw error;
      tellKeys();
      watchKeys();
    });
  };
  const watchKeys = (): void => {
    if (keyTimer === null && keys.pending > 0) keyTimer = setTimeout(syncKeys, data.keySyncMs);
  };
  const trimAlone = (): void => {
    trimTimer = null;
    const done = writer.trimAlone(TRIM_ALONE_BYTES);
    writer.maintain();
    watchKeys();
    watchTrims(done ? TRIM_ALONE_MS : TRIM_FULL_MS);
  };
  const watchTrims = (delayMs: number): void => {
    if (trimTimer === null && writer.trimming) trimTimer = setTimeout(trimAlone, delayMs);
  };

  const append = (requests: readonly AppendRequest[]): void => {
    const outcomes = writer.append(requests);
    const buffers: (ArrayBuffer | null)[] = [];
    for (const request of requests) buffers.push(request.records, request.secrets);
    const transfer = buffers.filter((buffer) => buffer !== null);
    answer({ kind: 'appended', outcomes, buffers, syncs: writer.syncs, batches: writer.batches }, transfer);
    writer.maintain();
  };
  const other = (request: Exclude<JournalRequest, AppendRequest>): void => {
    switch (request.kind) {
      case 'read': {
        const { batches, nextSeq } = writer.read(request.slot, request.fromSeq);
        answer({ kind: 'read', tag: request.tag, batches, nextSeq }, [batches.data]);
        return;
      }
      case 'readMany': {
        const batches = writer.readMany(request.slot, request.seqs);
        answer({ kind: 'readMany', tag: request.tag, batches }, [batches.data]);
        return;
      }
      case 'endSecrets':
        writer.endSecrets(request.slot, request.seqs);
        tellKeys();
        return;
      case 'trim':
        writer.trim(request.slot, request.beforeSeq);
        return;
      case 'close':
        if (keyTimer !== null) clearTimeout(keyTimer);
        if (trimTimer !== null) clearTimeout(trimTimer);
        writer.close();
        answer({ kind: 'closed' });
        port.close();
    }
  };
  const takeTurn = (first: JournalRequest): void => {
    let appends: AppendRequest[] = [];
    let request: JournalRequest | undefined = first;
    for (let count = 1; request !== undefined; count++) {
      if (request.kind === 'append') appends.push(request);
      else {
        if (appends.length > 0) append(appends);
        appends = [];
        other(request);
        if (request.kind === 'close') return;
      }
      request = count < TURN_REQUESTS ? receiveMessageOnPort(port)?.message : undefined;
    }
    if (appends.length > 0) append(appends);
    watchKeys();
    watchTrims(TRIM_ALONE_MS);
  };

  port.on('message', takeTurn);
  answer({ kind: 'ready' });
}

function start(): void {
  let store: JournalStore;
  try {
    store = new JournalStore(data.folder, data.maxPages);
  } catch (error) {
    if (meaning(error) === 'busy') answer({ kind: 'locked' });
    else answer({ kind: 'failed', detail: error instanceof Error ? error.message : String(error) });
    return;
  }
  run(store);
}

start();
