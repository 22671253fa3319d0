// Customers' own retries, where an account has opted in (R29): the same user_message_reference to the same destination within
// a window is the same message and gets the same id. Only open messages are known; an ended one is submitted anew.
import type { AcceptFacts } from './accept.ts';
import type { Account } from './accounts.ts';
import type { Core } from './core.ts';
import { handleOf, tokenOf } from './dispatch.ts';

/** References remembered in one instance; beyond it the oldest go. */
const MAX_KNOWN = 200_000;

export class Duplicates {
  readonly #core: Core;
  /** In the order of submission: token of the message and time. */
  readonly #known = new Map<string, { readonly token: number; readonly atMs: number }>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** The message that this one repeats, or -1. */
  find(account: Account, facts: AcceptFacts, nowMs: number): number {
    const windowMs = account.config.duplicateWindowMs;
    if (windowMs === 0 || facts.userReference < 0) return -1;
    const known = this.#known.get(key(account, facts));
    if (known === undefined || known.atMs + windowMs < nowMs) return -1;
    return handleOf(this.#core, known.token);
  }

  remember(account: Account, facts: AcceptFacts, handle: number, nowMs: number): void {
    if (account.config.duplicateWindowMs === 0 || facts.userReference < 0) return;
    const name = key(account, facts);
    this.#known.delete(name);
    this.#known.set(name, { token: tokenOf(this.#core, handle), atMs: nowMs });
    if (this.#known.size <= MAX_KNOWN) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

function key(account: Account, facts: AcceptFacts): string {
  return `${account.number}/${facts.userReference}/${facts.destination}`;
}
