// GatewayService for the HTTP API and the CLI: the same accept as SMPP's, promises per request that resolve after the commit,
// and what people ask about messages, accounts and links.

import { addressAllowed } from '../numbering/cidr.ts';
import { admitted } from './accept.ts';
import type { Account } from './accounts.ts';
import { messageById, notReady } from './core.ts';
import type { Gateway } from './gateway.ts';
import { HttpSubmit } from './httpSubmit.ts';
import { idTime, nativeId, parseId } from './ids.ts';
import { Letter, MessagePhase } from './layout.ts';
import { firstIdAt, newestOpen } from './lists.ts';
import { cancel } from './operations.ts';
import { RecordType, writeText } from './records.ts';
import type {
  AccountRef,
  AccountView,
  BalanceView,
  CdrRow,
  Counters,
  GatewayService,
  MessageView,
  StatusView,
  SubmitAnswer,
  SubmitOutcome,
  SubmitRequest,
  Trace,
} from './service.ts';
import { messageView, stateName, TraceReason } from './views.ts';
import { openTrace } from './waiting.ts';

const LANES = { pin: 0, normal: 1, bulk: 2 } as const;
const CDR_PAGE = 1000;

const CANCELLED_PER_COMMIT = 5000;
/** Cancelled at a time: some ten milliseconds, after which everything else has its turn. */
const CANCELLED_PER_TURN = 50;

export class GatewayServiceImpl implements GatewayService {
  readonly #gateway: Gateway;
  readonly #submit: HttpSubmit;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#submit = new HttpSubmit(gateway.core);
  }

  authenticate(apiKey: string, address: string): AccountRef | null {
    const { core } = this.#gateway;
    const account = core.accounts.byKeyHash.get(core.world.crypto.sha256Octets(Buffer.from(apiKey)));
    if (account === undefined || account.removed || !account.config.enabled) return null;
    return addressAllowed(address, account.config.allowedAddresses)
      ? { name: account.name, index: account.number }
      : null;
  }

  isAdmin(adminKey: string): boolean {
    const { core } = this.#gateway;
    const hash = core.world.crypto.sha256(Buffer.from(adminKey));
    return core.config.adminKeyHashes.some((known) => core.world.crypto.equal(hash, Buffer.from(known, 'hex')));
  }

  async submit(
    ref: AccountRef,
    requests: readonly SubmitRequest[],
    idempotency: { readonly key: string; readonly fingerprint: string } | null,
  ): Promise<SubmitAnswer> {
    const { core, idempotency: keys } = this.#gateway;
    if (idempotency !== null) {
      const known = keys.begin(ref.index, idempotency.key, idempotency.fingerprint);
      if (known === 'in-flight') return { code: 'key-in-flight' };
      if (known === 'reused') return { code: 'key-reused' };
      if (known !== 'fresh') return { code: 'done', outcomes: known, replayed: true };
    }
    const account = core.accounts.get(ref.index);
    const nowMs = core.world.loop.now();
    const handles: number[] = [];
    const outcomes: SubmitOutcome[] = [];
    for (const request of requests) {
      const taken = this.#submit.take(account, request, nowMs);
      if (typeof taken === 'number') {
        handles.push(taken);
        outcomes.push(this.#accepted(account, taken));
      } else {
        core.counters.refused_messages++;
        outcomes.push({ ok: false, refusal: taken });
      }
    }
    if (idempotency !== null) keys.keep(ref.index, idempotency.key, idempotency.fingerprint, outcomes);
    if (handles.length > 0) {
      core.log.urgent();
      await new Promise<void>((resolve) => core.afterCommit(resolve));
      const after = core.world.loop.now();
      for (const handle of handles) admitted(core, handle, after);
    }
    if (idempotency !== null) keys.finish(ref.index, idempotency.key);
    return { code: 'done', outcomes, replayed: false };
  }

  async message(ref: AccountRef, id: string): Promise<MessageView | null> {
    const { core } = this.#gateway;
    const octets = parseId(id);
    if (octets === null) return null;
    const handle = messageById(core, octets);
    if (handle >= 0)
      return core.store.account[handle] === ref.index ? messageView(core.store, handle, core.names) : null;
    const view = await core.history.view(octets);
    return view !== null && view.account === ref.name ? view : null;
  }

  async messages(ref: AccountRef, before: string | null, limit: number): Promise<readonly MessageView[]> {
    const { core } = this.#gateway;
    const from = before === null ? null : parseId(before);
    const open = newestOpen(core, ref.index, from, limit);
    const ended = await core.history.list(ref.index, from, limit);
    const seen = new Set<string>();
    return [...open, ...ended]
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .filter((view) => !seen.has(view.id) && seen.add(view.id))
      .slice(0, limit);
  }

  async cancel(ref: AccountRef, id: string): Promise<'cancelled' | 'too-late' | 'not-found'> {
    const { core } = this.#gateway;
    const octets = parseId(id);
    if (octets === null) return 'not-found';
    const handle = messageById(core, octets);
    if (handle < 0 || core.store.account[handle] !== ref.index) {
      const view = await core.history.view(octets);
      return view !== null && view.account === ref.name ? 'too-late' : 'not-found';
    }
    if (!cancel(core, handle, TraceReason.byCustomer)) return 'too-late';
    await new Promise<void>((resolve) => core.afterCommit(resolve));
    return 'cancelled';
  }

  balance(ref: AccountRef): BalanceView {
    return this.#balance(this.#gateway.core.accounts.get(ref.index));
  }

  async credit(
    name: string,
    amount: number,
    reference: string,
  ): Promise<
    | { readonly code: 'credited' | 'repeated'; readonly balance: BalanceView }
    | { readonly code: 'no-account' | 'reference-reused' | 'store-unavailable' }
  > {
    const { core } = this.#gateway;
    const account = core.accounts.byName.get(name);
    if (account === undefined) return { code: 'no-account' };
    if (core.closedReason !== null || !core.log.accepting) return { code: 'store-unavailable' };
    const booked = core.ledger.credit(account.number, amount, reference);
    if (!booked.ok) return { code: 'reference-reused' };
    if (booked.value === 'booked') {
      const w = core.log.begin(RecordType.credit);
      w.u16(account.number);
      w.u8(amount < 0 ? 1 : 0);
      w.u64(Math.abs(amount));
      writeText(w, reference);
      core.log.end();
      core.log.urgent();
    }
    await new Promise<void>((resolve) => core.afterCommit(resolve));
    return { code: booked.value === 'booked' ? 'credited' : 'repeated', balance: this.#balance(account) };
  }

  async setSuspended(name: string, suspended: boolean): Promise<'done' | 'no-account' | 'store-unavailable'> {
    const { core } = this.#gateway;
    const account = core.accounts.byName.get(name);
    if (account === undefined) return 'no-account';
    if (core.closedReason !== null) return 'store-unavailable';
    account.suspended = suspended;
    const w = core.log.begin(RecordType.suspended);
    w.u16(account.number);
    w.u8(suspended ? 1 : 0);
    core.log.end();
    await new Promise<void>((resolve) => core.afterCommit(resolve));
    return 'done';
  }

  async cancelAll(name: string, lane: 'pin' | 'normal' | 'bulk' | null): Promise<number | 'no-account'> {
    const { core } = this.#gateway;
    const account = core.accounts.byName.get(name);
    if (account === undefined) return 'no-account';
    const { store } = core;
    const { loop } = core.world;
    let cancelled = 0;
    const { span } = store;
    for (let handle = 0; handle < span; handle++) {
      if (store.phase[handle] === MessagePhase.free || store.account[handle] !== account.number) continue;
      if (lane !== null && store.lane[handle] !== LANES[lane]) continue;
      if (!cancel(core, handle, TraceReason.byOperator)) continue;
      cancelled++;
      store.slab.trim();
      // A million cancellations are many commits; others must get their turns.
      if (cancelled % CANCELLED_PER_COMMIT === 0) await new Promise<void>((resolve) => core.afterCommit(resolve));
      else if (cancelled % CANCELLED_PER_TURN === 0)
        await new Promise<void>((resolve) => loop.wakeAt(loop.monotonic(), resolve));
    }
    await new Promise<void>((resolve) => core.afterCommit(resolve));
    return cancelled;
  }

  async trace(id: string): Promise<Trace | null> {
    const { core } = this.#gateway;
    const octets = parseId(id);
    if (octets === null) return null;
    const handle = messageById(core, octets);
    return handle >= 0 ? openTrace(core, handle, core.world.loop.now()) : core.history.trace(octets);
  }

  account(name: string): AccountView | null {
    const account = this.#gateway.core.accounts.byName.get(name);
    return account === undefined ? null : this.#accountView(account);
  }

  status(): StatusView {
    const { core, customers, startedAt } = this.#gateway;
    const reason = notReady(core);
    return {
      name: core.config.name,
      startedAt,
      ready: reason === '',
      reason,
      openMessages: core.store.count,
      binds: customers.bindCount,
      links: core.links.byNumber.filter((link) => !link.removed).map((link) => core.links.view(link)),
      accounts: core.accounts.byNumber
        .filter((account) => !account.removed)
        .map((account) => this.#accountView(account)),
      journal: core.world.journal.stats(),
      letterBytes: core.store.slab.heldBytes,
      residentBytes: core.store.slab.residentBytes,
    };
  }

  counters(): Counters {
    return { ...this.#gateway.core.counters };
  }

  async *cdr(name: string | null, fromMs: number, toMs: number): AsyncIterable<readonly CdrRow[]> {
    const { core } = this.#gateway;
    for (const account of core.accounts.byNumber) {
      if (name !== null && account.name !== name) continue;
      let before: Buffer | null = firstIdAt(toMs);
      while (before !== null) {
        const { rows, last }: { readonly rows: CdrRow[]; readonly last: Buffer | null } = await core.history.cdr(
          account.number,
          before,
          CDR_PAGE,
        );
        const wanted = rows.filter((row) => row.acceptedAt >= fromMs);
        if (wanted.length > 0) yield wanted;
        before = last !== null && idTime(last) >= fromMs ? last : null;
      }
    }
  }

  #accepted(account: Account, handle: number): SubmitOutcome {
    const { store } = this.#gateway.core;
    const segments = store.segments[handle] as number;
    const scheduled = (store.dueAt[handle] as number) > 0;
    return {
      ok: true,
      id: nativeId(store.buffer(handle), (store.offset[handle] as number) + Letter.id),
      segments,
      price: segments * (store.pricePerSegment[handle] as number),
      currency: account.config.currency,
      state: scheduled ? 'scheduled' : stateName(store, handle),
    };
  }

  #balance(account: Account): BalanceView {
    const view = this.#gateway.core.ledger.view(account.number);
    return {
      account: account.name,
      currency: view.currency,
      balance: view.balance,
      held: view.held,
      creditLimit: view.creditLimit,
    };
  }

  #accountView(account: Account): AccountView {
    return {
      ...this.#balance(account),
      suspended: account.suspended,
      enabled: account.config.enabled && !account.removed,
      throughput: account.config.throughput,
      binds: account.binds.size,
      openMessages: account.openMessages,
      waitingReceipts: account.waitingReceipts,
    };
  }
}
