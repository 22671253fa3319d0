// A GatewayService in memory for tests and measurements of the API: keeps what it is given, ends nothing by itself. It prices
// every message at 45,000 micro-units a segment and refuses what its rules say, so that every refusal can be asked for.
import { createHash } from 'node:crypto';
import type {
  AccountRef,
  AccountView,
  BalanceView,
  CdrRow,
  GatewayService,
  MessageView,
  RefusalCode,
  StatusView,
  SubmitAnswer,
  SubmitOutcome,
  SubmitRequest,
  Trace,
} from '../../src/gateway/service.ts';

export const apiKey = 'gp_live_alpha';
export const otherKey = 'gp_live_beta';
export const adminKey = 'gp_admin';
const PRICE = 45_000;

interface Kept {
  readonly account: string;
  readonly view: MessageView;
  readonly request: SubmitRequest;
}

/** `to` numbers ending in these digits are refused with that code. */
export const refusedEndings: { readonly [ending: string]: RefusalCode } = {
  '001': 'number-invalid',
  '002': 'sender-not-allowed',
  '003': 'no-route',
  '004': 'no-price',
  '005': 'no-balance',
  '006': 'text-empty',
  '007': 'text-too-long',
  '008': 'egress-denied',
  '009': 'schedule-invalid',
  '010': 'validity-invalid',
  '011': 'over-rate',
  '012': 'account-suspended',
  '013': 'queue-full',
  '014': 'store-unavailable',
  '015': 'encoding-invalid',
  '016': 'purpose-not-allowed',
};

export class MemoryService implements GatewayService {
  readonly kept: Kept[] = [];
  readonly cdrPieces: (readonly CdrRow[])[] = [];
  readonly asked: unknown[] = [];
  ready = true;
  cdrClosed = false;
  keep = true;
  /** While not null, submits with a key wait for it. */
  gate: Promise<void> | null = null;
  #next = 0;
  readonly #keys = new Map<string, { readonly fingerprint: string; answer: SubmitAnswer | null }>();
  readonly #credits = new Map<string, number>();
  readonly #balances = new Map<string, number>([
    ['alpha', 10_000_000],
    ['beta', 0],
  ]);
  readonly #suspended = new Set<string>();

  authenticate(key: string, address: string): AccountRef | null {
    if (address === '203.0.113.66') return null;
    // As the gateway does: a hash per request.
    const hash = createHash('sha256').update(key).digest('hex');
    if (hash === ALPHA) return { name: 'alpha', index: 0 };
    return key === otherKey ? { name: 'beta', index: 1 } : null;
  }

  isAdmin(key: string): boolean {
    return key === adminKey;
  }

  async submit(
    account: AccountRef,
    requests: readonly SubmitRequest[],
    idempotency: { readonly key: string; readonly fingerprint: string } | null,
  ): Promise<SubmitAnswer> {
    if (idempotency === null)
      return { code: 'done', outcomes: requests.map((one) => this.#take(account, one)), replayed: false };
    const name = `${account.name} ${idempotency.key}`;
    const known = this.#keys.get(name);
    if (known !== undefined) {
      if (known.fingerprint !== idempotency.fingerprint) return { code: 'key-reused' };
      if (known.answer === null) return { code: 'key-in-flight' };
      return { ...known.answer, replayed: true } as SubmitAnswer;
    }
    const entry: { readonly fingerprint: string; answer: SubmitAnswer | null } = {
      fingerprint: idempotency.fingerprint,
      answer: null,
    };
    this.#keys.set(name, entry);
    if (this.gate !== null) await this.gate;
    entry.answer = { code: 'done', outcomes: requests.map((one) => this.#take(account, one)), replayed: false };
    return entry.answer;
  }

  #take(account: AccountRef, request: SubmitRequest): SubmitOutcome {
    const code = refusedEndings[request.to.slice(-3)];
    if (code !== undefined) {
      const refusal = { code, detail: `refused: ${code}`, status: 8 };
      return { ok: false, refusal: code === 'over-rate' ? { ...refusal, retryAfterMs: 2400 } : refusal };
    }
    const id = `msg_${String(++this.#next).padStart(26, '0')}`;
    const view: MessageView = {
      id,
      account: account.name,
      state: 'accepted',
      final: false,
      from: request.from,
      to: request.to.replace('+', ''),
      reference: request.reference,
      lane: request.lane ?? 'normal',
      segments: 1,
      price: PRICE,
      charged: 0,
      currency: 'EUR',
      acceptedAt: 1_800_000_000_000 + this.#next,
      scheduleAt: request.scheduleAt,
      validUntil: 1_800_000_000_000 + (request.validityMs ?? 172_800_000),
      doneAt: null,
      purpose: request.purpose,
      possibleDuplicate: false,
    };
    if (this.keep) this.kept.push({ account: account.name, view, request });
    return { ok: true, id, segments: 1, price: PRICE, currency: 'EUR', state: 'accepted' };
  }

  async message(account: AccountRef, id: string): Promise<MessageView | null> {
    return this.kept.find((one) => one.view.id === id && one.account === account.name)?.view ?? null;
  }

  async messages(account: AccountRef, before: string | null, limit: number): Promise<readonly MessageView[]> {
    this.asked.push({ before, limit });
    const own = this.kept.filter((one) => one.account === account.name).map((one) => one.view);
    return own
      .reverse()
      .filter((view) => before === null || view.id < before)
      .slice(0, limit);
  }

  async cancel(account: AccountRef, id: string): Promise<'cancelled' | 'too-late' | 'not-found'> {
    const view = await this.message(account, id);
    if (view === null) return 'not-found';
    return view.scheduleAt === null ? 'too-late' : 'cancelled';
  }

  balance(account: AccountRef): BalanceView {
    return {
      account: account.name,
      currency: 'EUR',
      balance: this.#balances.get(account.name) ?? 0,
      held: PRICE,
      creditLimit: 1_000_000,
    };
  }

  async credit(account: string, amount: number, reference: string): ReturnType<GatewayService['credit']> {
    const balance = this.#balances.get(account);
    if (balance === undefined) return { code: 'no-account' };
    if (!this.ready) return { code: 'store-unavailable' };
    const known = this.#credits.get(`${account} ${reference}`);
    if (known !== undefined && known !== amount) return { code: 'reference-reused' };
    if (known === undefined) this.#balances.set(account, balance + amount);
    this.#credits.set(`${account} ${reference}`, amount);
    return { code: known === undefined ? 'credited' : 'repeated', balance: this.balance({ name: account, index: 0 }) };
  }

  async setSuspended(account: string, suspended: boolean): Promise<'done' | 'no-account' | 'store-unavailable'> {
    if (!this.#balances.has(account)) return 'no-account';
    if (!this.ready) return 'store-unavailable';
    if (suspended) this.#suspended.add(account);
    else this.#suspended.delete(account);
    return 'done';
  }

  async cancelAll(account: string, lane: 'pin' | 'normal' | 'bulk' | null): Promise<number | 'no-account'> {
    if (!this.#balances.has(account)) return 'no-account';
    return this.kept.filter((one) => one.account === account && (lane === null || one.view.lane === lane)).length;
  }

  async trace(id: string): Promise<Trace | null> {
    const message = this.kept.find((one) => one.view.id === id)?.view;
    if (message === undefined) return null;
    return { message, steps: [{ at: message.acceptedAt, step: 'accepted', reason: 'valid, priced', link: null }] };
  }

  account(name: string): AccountView | null {
    if (!this.#balances.has(name)) return null;
    return {
      ...this.balance({ name, index: 0 }),
      suspended: this.#suspended.has(name),
      enabled: true,
      throughput: 100,
      binds: 2,
      openMessages: this.kept.length,
      waitingReceipts: 0,
    };
  }

  status(): StatusView {
    return {
      name: 'gateway',
      startedAt: 1_800_000_000_000,
      ready: this.ready,
      reason: this.ready ? 'ready' : 'the journal is being read',
      openMessages: this.kept.length,
      binds: 2,
      links: [{ name: 'op1', state: 'up', reason: 'bound', queued: { pin: 0, normal: 1, bulk: 2 }, inFlight: 3 }],
      accounts: [this.account('alpha') as AccountView, this.account('beta') as AccountView],
      journal: { syncs: 1, batches: 2, fileBytes: 3 },
      letterBytes: 4,
      residentBytes: 2,
    };
  }

  counters(): { readonly [name: string]: number } {
    return { accepted_messages: this.kept.length, refused_messages: 7 };
  }

  async *cdr(account: string | null, fromMs: number, toMs: number): AsyncIterable<readonly CdrRow[]> {
    this.asked.push({ account, fromMs, toMs });
    try {
      for (const piece of this.cdrPieces) yield piece;
    } finally {
      this.cdrClosed = true;
    }
  }
}

const ALPHA = createHash('sha256').update(apiKey).digest('hex');
