// Receipts and MO by signed webhook (Standard Webhooks 1.0.0): at least once, the same id and body at every try, the schedule
// of reference §8.7. Never texts of messages sent; an MO carries its text because it is what the customer is owed.
import { WEBHOOK_IN_FLIGHT_MAX, WEBHOOK_TIMEOUT_MS } from '../base/limits.ts';
import type { Account } from './accounts.ts';
import type { Core } from './core.ts';
import { handleOf, tokenOf } from './dispatch.ts';
import type { MoMessage } from './mo.ts';
import { MoJoiner } from './moJoin.ts';
import { messageView } from './views.ts';

/** Milliseconds before each try (§8.7). */
const SCHEDULE_MS = [
  0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
] as const;

interface Event {
  readonly account: Account;
  readonly id: string;
  readonly body: string;
  readonly done: (delivered: boolean) => void;
  tries: number;
}

export class Webhooks {
  readonly #core: Core;
  readonly #queues = new Map<number, { waiting: Event[]; inFlight: number }>();
  readonly #joiner: MoJoiner;
  #stopped = false;

  constructor(core: Core) {
    this.#core = core;
    this.#joiner = new MoJoiner((account, parts, text) => this.#mo(account, parts, text));
    core.handover.toWebhook = (account, handle) => this.#receipt(account, handle);
    core.mo.toWebhook = (account, mo) => this.#joiner.take(account, mo, core.world.loop.now());
  }

  /** Once a second: incomplete MO whose time is over go as they are. */
  tick(nowMs: number): void {
    this.#joiner.expire(nowMs);
  }

  stop(): void {
    this.#stopped = true;
  }

  #receipt(account: Account, handle: number): void {
    const core = this.#core;
    const view = messageView(core.store, handle, core.names);
    const token = tokenOf(core, handle);
    const data = {
      id: view.id,
      reference: view.reference,
      state: view.state,
      segments: view.segments,
      accepted_at: new Date(view.acceptedAt).toISOString(),
      done_at: view.doneAt === null ? null : new Date(view.doneAt).toISOString(),
      possible_duplicate: view.possibleDuplicate,
    };
    this.#enqueue({
      account,
      id: `evt_${view.id.slice(4)}`,
      body: JSON.stringify({
        type: `message.${view.state}`,
        timestamp: new Date(view.doneAt ?? core.world.loop.now()).toISOString(),
        data,
      }),
      done: (delivered) => {
        const now = handleOf(core, token);
        if (now < 0) return;
        if (!delivered) core.counters.receipts_failed++;
        core.handover.taken(now);
      },
      tries: 0,
    });
  }

  #mo(account: Account, parts: readonly MoMessage[], text: string | null): void {
    const core = this.#core;
    const first = parts[0] as MoMessage;
    const data = {
      from: first.source,
      to: first.destination,
      text,
      octets: text === null ? Buffer.concat(parts.map((part) => part.userData)).toString('base64') : null,
      parts: parts.length,
      received_at: new Date(first.at).toISOString(),
    };
    this.#enqueue({
      account,
      // The guard's number never comes again, over restarts and trimming too: ours may.
      id: `evt_mo_${core.config.name}_${first.eventNumber === 0 ? first.number : first.eventNumber}`,
      body: JSON.stringify({ type: 'inbound.received', timestamp: new Date(first.at).toISOString(), data }),
      done: () => {
        for (const part of parts) core.mo.handed(part);
      },
      tries: 0,
    });
  }

  #enqueue(event: Event): void {
    let queue = this.#queues.get(event.account.number);
    if (queue === undefined) {
      queue = { waiting: [], inFlight: 0 };
      this.#queues.set(event.account.number, queue);
    }
    queue.waiting.push(event);
    this.#pump(event.account);
  }

  #pump(account: Account): void {
    const queue = this.#queues.get(account.number);
    while (queue !== undefined && !this.#stopped && queue.inFlight < WEBHOOK_IN_FLIGHT_MAX) {
      const event = queue.waiting.shift();
      if (event === undefined) return;
      queue.inFlight++;
      this.#post(event).then(
        (retryAfterMs) => {
          queue.inFlight--;
          this.#after(event, retryAfterMs);
          this.#pump(account);
        },
        (error: unknown) => {
          throw error;
        },
      );
    }
  }

  /** null: delivered. Else how long to wait at least, 0 for no wish; -1: the endpoint is gone (410). */
  async #post(event: Event): Promise<number | null> {
    const { world, config } = this.#core;
    const { webhook } = event.account.config;
    if (webhook === null) return -1;
    const timestamp = String(Math.floor(world.loop.now() / 1000));
    const outcome = await world.http.post({
      url: webhook.url,
      headers: {
        'content-type': 'application/json',
        'webhook-id': event.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature(webhook.secret, event.id, timestamp, event.body, (key, input) =>
          world.crypto.hmacSha256(key, input),
        ),
      },
      body: event.body,
      timeoutMs: WEBHOOK_TIMEOUT_MS,
      allowedHosts: config.webhookAllowedHosts,
    });
    if (outcome.code === 'answered' && outcome.status >= 200 && outcome.status < 300) return null;
    if (outcome.code === 'answered' && outcome.status === 410) return -1;
    if (outcome.code === 'forbidden')
      world.log.warn('webhook refused', { account: event.account.name, detail: outcome.detail });
    return outcome.code === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  }

  #after(event: Event, wishMs: number | null): void {
    const { world, random } = this.#core;
    if (wishMs === null) {
      event.done(true);
      return;
    }
    event.tries++;
    if (wishMs < 0 || event.tries >= SCHEDULE_MS.length) {
      world.log.warn('webhook given up', { account: event.account.name, tries: event.tries });
      event.done(false);
      return;
    }
    const delay = Math.max(wishMs, (SCHEDULE_MS[event.tries] as number) * (0.9 + 0.2 * random.fraction()));
    world.loop.wakeAt(world.loop.monotonic() + delay, () => {
      if (!this.#stopped) this.#enqueue(event);
    });
  }
}

/** `v1,` and the HMAC of id, timestamp and body under the part of the secret after `whsec_` (Standard Webhooks). */
export function signature(
  secret: string,
  id: string,
  timestamp: string,
  body: string,
  hmac: (key: Uint8Array, input: Uint8Array) => Buffer,
): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${hmac(key, Buffer.from(`${id}.${timestamp}.${body}`)).toString('base64')}`;
}
