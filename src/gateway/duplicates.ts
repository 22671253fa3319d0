// Customers' own retries, where an account has opted in (R29): the same user_message_reference to the same destination within
// a window is the same message and gets the same id, whether it is open or has ended. After a restart what is known is read
// from the open messages and the history.
import { DUPLICATES_KNOWN_MAX } from '../base/limits.ts';
import type { AcceptFacts } from './accept.ts';
import type { Account } from './accounts.ts';
import { type Core, customerIdIn } from './core.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { multiGroup } from './multi.ts';
import type { MessageStore } from './store.ts';

/** Ended messages that are read from the history at once. */
const PAGE = 1000;
const ID_OCTETS = 16;

/** A message that is submitted again. */
export interface Repeated {
  /** The id that its customer knows. */
  readonly repeats: string;
  /** Of a submit_multi with several destinations: the reference that names their first one; else empty. */
  readonly group: string;
  readonly atMs: number;
}

interface Found {
  readonly name: string;
  readonly known: Repeated;
}

export class Duplicates {
  readonly #core: Core;
  /** In the order of submission. */
  readonly #known = new Map<string, Repeated>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** The message that this one repeats, or null. */
  find(account: Account, facts: AcceptFacts, nowMs: number): Repeated | null {
    const windowMs = account.config.duplicateWindowMs;
    if (windowMs === 0 || facts.userReference < 0) return null;
    const known = this.#known.get(keyOf(account.number, facts.userReference, facts.destination));
    return known === undefined || known.atMs + windowMs < nowMs ? null : known;
  }

  /** A message that was submitted at `nowMs`, or whose text was replaced by a submit then. */
  remember(account: Account, handle: number, nowMs: number): void {
    if (account.config.duplicateWindowMs === 0) return;
    const found = foundOf(this.#core.store, handle, account);
    if (found !== null) this.#set({ name: found.name, known: { ...found.known, atMs: nowMs } });
  }

  /** After a restart, before anything is submitted. */
  async restore(): Promise<void> {
    const { store, accounts } = this.#core;
    const all: Found[] = [];
    for (const account of accounts.byNumber) {
      if (account.config.duplicateWindowMs > 0) await this.#ended(account, all);
    }
    for (let handle = 0; handle < store.span; handle++) {
      if (store.phase[handle] === MessagePhase.free) continue;
      const account = accounts.get(store.account[handle] as number);
      const found = account.config.duplicateWindowMs > 0 ? foundOf(store, handle, account) : null;
      if (found !== null) all.push(found);
    }
    all.sort((a, b) => a.known.atMs - b.known.atMs);
    for (const found of all) this.#set(found);
  }

  /** Those of the account's ended messages that its window still reaches, from the newest on. */
  async #ended(account: Account, all: Found[]): Promise<void> {
    const core = this.#core;
    const oldest = core.world.loop.now() - account.config.duplicateWindowMs;
    let before: Buffer | null = null;
    for (let left = DUPLICATES_KNOWN_MAX; left > 0; left -= PAGE) {
      const page: Ended[] = await core.history.entries(account.number, before, PAGE, (store, handle) => {
        const at = (store.offset[handle] as number) + Letter.id;
        return {
          id: Buffer.from(store.buffer(handle).subarray(at, at + ID_OCTETS)),
          acceptedAt: store.acceptedAt[handle] as number,
          found: foundOf(store, handle, account),
        };
      });
      for (const { found } of page) if (found !== null) all.push(found);
      const last = page.at(-1);
      if (last === undefined || last.acceptedAt < oldest) return;
      before = last.id;
    }
  }

  #set({ name, known }: Found): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size <= DUPLICATES_KNOWN_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

interface Ended {
  readonly id: Buffer;
  readonly acceptedAt: number;
  readonly found: Found | null;
}

/** What a message is remembered by; null: it has no reference, or is a part, which its own header tells from others. */
function foundOf(store: MessageStore, handle: number, account: Account): Found | null {
  const buffer = store.buffer(handle);
  const at = store.offset[handle] as number;
  if (buffer[at + Letter.hasUserReference] === 0) return null;
  if ((store.flags[handle] as number) & MessageFlag.joinedParts) return null;
  return {
    name: keyOf(account.number, buffer.readUInt16BE(at + Letter.userReference), store.destination(handle)),
    known: {
      repeats: customerIdIn(store, handle, account.config.messageIdFormat),
      group: multiGroup(store, handle),
      atMs: store.acceptedAt[handle] as number,
    },
  };
}

function keyOf(account: number, reference: number, destination: string): string {
  return `${account}/${reference}/${destination}`;
}
