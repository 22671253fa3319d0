// The journal on SQLite as a subject of the conformance suite.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type HostJournal, type JournalOptions, openJournal } from '../../src/host/journal.ts';
import type { Subject } from './conformance.ts';

export const STORAGE_SECRET = Buffer.alloc(32, 7);

export interface HostSubject extends Subject {
  readonly journal: HostJournal;
  readonly folder: string;
}

/** Opens `folder`; `end` removes it. Tests of a full disk reopen it with a limit of pages, and again without. */
export async function openHost(folder: string, options: Partial<JournalOptions>): Promise<HostSubject> {
  const crash = Promise.withResolvers<Error>();
  let crashed = false;
  const start = async (maxPages: number): Promise<HostJournal> => {
    const opened = await openJournal({
      storageSecret: STORAGE_SECRET,
      keySyncMs: 10,
      onCrash: (error) => {
        crashed = true;
        crash.resolve(error);
      },
      ...options,
      ...(maxPages > 0 ? { maxPages } : {}),
      folder,
    });
    assert.ok(opened.ok, opened.ok ? '' : opened.error.code);
    return opened.value;
  };
  let journal = await start(0);
  return {
    get journal() {
      return journal;
    },
    folder,
    crash: crash.promise,
    settle(promise) {
      // What a crash leaves unanswered must fail, not hang; who waits for the crash itself gets it first.
      const unanswered = crash.promise.then(async (error): Promise<never> => {
        await new Promise((resolve) => setImmediate(resolve));
        throw error;
      });
      unanswered.catch(() => {});
      return Promise.race([promise, unanswered]);
    },
    async keysGone() {
      while (journal.pendingKeys > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async reopen() {
      await journal.close();
      return openHost(folder, options);
    },
    async full(full) {
      await journal.close();
      journal = await start(full ? 100 : 0);
    },
    async end() {
      if (!crashed) await journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
