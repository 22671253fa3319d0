// A customer that uses the HTTP API. Its requests go to the service behind the API, over a network that delays them, loses them
// on the way there or loses their answer; it repeats them under the same Idempotency-Key. One incarnation.

import { parseId } from '../gateway/ids.ts';
import type { AccountRef, GatewayService, SubmitOutcome, SubmitRequest } from '../gateway/service.ts';
import type { Chance } from '../operator/chance.ts';
import { apiKey, SENDER } from './configs.ts';
import type { Desk, Wish } from './desk.ts';
import type { Life } from './life.ts';
import type { Timeline } from './loop.ts';
import type { AccountPlan } from './plan.ts';

const LOOK_MS = 50;
const TIMEOUT_MS = 3000;
const BATCH = 5;

/** Where requests go: null while no gateway listens, or the way there is cut. */
export type FindService = () => {
  readonly service: GatewayService;
  readonly life: Life;
  readonly lossy: number;
} | null;

export class HttpCustomer {
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #chance: Chance;
  readonly #plan: AccountPlan;
  readonly #desk: Desk;
  readonly #find: FindService;
  readonly #wishes: readonly Wish[];
  /** Hears of every answer as it leaves the gateway. */
  readonly #onAnswer: (id: string, askedMs: number | null) => void;

  constructor(
    world: { readonly timeline: Timeline; readonly life: Life; readonly chance: Chance },
    plan: AccountPlan,
    desk: Desk,
    find: FindService,
    onAnswer: (id: string, askedMs: number | null) => void,
  ) {
    this.#timeline = world.timeline;
    this.#life = world.life;
    this.#chance = world.chance;
    this.#plan = plan;
    this.#desk = desk;
    this.#find = find;
    this.#onAnswer = onAnswer;
    this.#wishes = desk.wishes.filter((wish) => wish.account === plan.name);
  }

  start(): void {
    for (const wish of this.#mine()) if (wish.state === 'asked') wish.state = 'waiting';
    this.#look();
  }

  #mine(): readonly Wish[] {
    return this.#wishes;
  }

  #look(): void {
    const now = this.#timeline.nowMs;
    const due = this.#mine().filter((wish) => wish.state === 'waiting' && wish.dueMs <= now);
    // One key stands for one request: what was sent together once is sent together for ever.
    const first = due[0];
    if (first !== undefined) {
      const key = first.key === '' ? `k${first.number}` : first.key;
      const batch =
        first.key === ''
          ? due.filter((wish) => wish.key === '').slice(0, 1 + this.#chance.below(BATCH))
          : this.#mine().filter((wish) => wish.key === key);
      for (const wish of batch) (wish as { key: string }).key = key;
      this.#request(batch, key);
    }
    this.#plant(LOOK_MS, () => this.#look());
  }

  #plant(afterMs: number, run: () => void): void {
    this.#timeline.plan(this.#timeline.nowMs + afterMs, this.#life, 'http customer', run);
  }

  #request(batch: readonly Wish[], key: string): void {
    for (const wish of batch) {
      wish.state = 'asked';
      wish.tries = 1;
    }
    let open = true;
    const again = (): void => {
      if (!open) return;
      open = false;
      for (const wish of batch) {
        wish.state = 'waiting';
        (wish as { dueMs: number }).dueMs = this.#timeline.nowMs + 300 + this.#chance.fraction() * 700;
      }
    };
    this.#plant(TIMEOUT_MS, again);
    const wayMs = 1 + this.#chance.fraction() * 30;
    this.#timeline.plan(this.#timeline.nowMs + wayMs, null, 'http request', () => {
      const found = this.#find();
      if (found === null || this.#chance.fraction() < found.lossy || !found.life.step()) return;
      const ref = found.service.authenticate(apiKey(this.#plan.name), '10.9.0.1');
      if (ref === null) throw new Error('the API key of a customer is not known');
      const requests: SubmitRequest[] = batch.map((wish) => this.#asRequest(wish));
      const askedMs = this.#timeline.nowMs;
      const fingerprint = batch.map((wish) => wish.number).join();
      found.service.submit(ref, requests, { key, fingerprint }).then(
        (answer) => {
          if (!found.life.alive) return;
          if (answer.code !== 'done') {
            if (answer.code === 'key-reused') throw new Error('an Idempotency-Key was taken for another request');
            return;
          }
          answer.outcomes.forEach((one) => {
            if (one.ok) this.#onAnswer(httpId(one.id), answer.replayed ? null : askedMs);
          });
          if (this.#chance.fraction() < found.lossy) return;
          this.#plant(wayMs, () => {
            if (!open) return;
            open = false;
            const taken = answer.outcomes.some((one) => one.ok);
            for (const [i, one] of answer.outcomes.entries())
              this.#answered(batch[i] as Wish, one, taken, found.service, ref);
          });
        },
        (error: unknown) => {
          throw error;
        },
      );
    });
  }

  #answered(wish: Wish, outcome: SubmitOutcome, anyTaken: boolean, service: GatewayService, ref: AccountRef): void {
    if (!outcome.ok) {
      const later = ['queue-full', 'store-unavailable', 'over-rate'].includes(outcome.refusal.code);
      // In a batch of which something was taken the rest stays refused: the key has its answer.
      if (later && !anyTaken) {
        wish.state = 'waiting';
        wish.tries = 0;
        (wish as { key: string; dueMs: number }).key = '';
        (wish as { dueMs: number }).dueMs = this.#timeline.nowMs + 500;
      } else {
        wish.refused = outcome.refusal.code;
        wish.state = 'done';
        wish.tries = 0;
      }
      return;
    }
    wish.state = 'done';
    const one = this.#desk.acknowledge(wish, httpId(outcome.id), this.#timeline.nowMs);
    if (!wish.cancels) return;
    this.#plant(this.#chance.fraction() * 300, () => {
      if (this.#find()?.service !== service) return;
      service.cancel(ref, outcome.id).then(
        (result) => {
          if (result === 'cancelled') one.cancelConfirmed = true;
        },
        (error: unknown) => {
          throw error;
        },
      );
    });
  }

  #asRequest(wish: Wish): SubmitRequest {
    return {
      from: SENDER,
      to: wish.destination,
      body: { kind: 'text', text: wish.text },
      lane: null,
      validityMs: null,
      scheduleAt: null,
      reference: `wish-${wish.number}`,
      purpose: null,
    };
  }
}

/** How checkers name a message that came by HTTP. */
export function httpId(native: string): string {
  return `http ${parseId(native)?.toString('hex')}`;
}
