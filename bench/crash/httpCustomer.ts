// A customer over HTTP for the crash test: batches with an Idempotency-Key, repeated with the same key until they are
// answered, so that a kill between the commit and the answer must not make a second message.
import { Chance } from '../../src/operator/chance.ts';
import { Digest, digestOf } from '../../src/operator/digest.ts';
import { Draft, type Workload } from '../workload.ts';
import { type Message, type MessageList, State } from './list.ts';

const PERIOD_MS = 200;
const RETRY_MS = 150;
const BATCHES_OPEN_MAX = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz ';
const STATES: { readonly [name: string]: number } = {
  delivered: State.delivered,
  expired: State.expired,
  undeliverable: State.undeliverable,
  rejected: State.rejected,
  deleted: State.deleted,
  unknown: State.unknown,
};

export interface HttpCustomerOptions {
  readonly port: number;
  readonly account: number;
  readonly apiKey: string;
  /** Messages per second. */
  readonly rate: number;
}

interface Wanted {
  readonly number: number;
  readonly to: string;
  readonly text: string;
}

export class HttpCustomer {
  readonly #options: HttpCustomerOptions;
  readonly #workload: Workload;
  readonly #list: MessageList;
  readonly #chance: Chance;
  readonly #digest = new Digest();
  readonly #draft = new Draft();
  readonly #timer: NodeJS.Timeout;
  readonly #numbers: number[] = [];
  #sending = false;
  #batches = 0;
  #next = 0;
  #drafted: number;
  /** Requests that were sent again. */
  repeated = 0;

  /** `firstDraft`: number of the first draft; recipients and prices come from the workload. */
  constructor(options: HttpCustomerOptions, workload: Workload, list: MessageList, firstDraft: number) {
    this.#options = options;
    this.#workload = workload;
    this.#list = list;
    this.#chance = new Chance(workload.options.seed + 77);
    this.#drafted = firstDraft;
    this.#timer = setInterval(() => this.#tick(), PERIOD_MS);
  }

  send(sending: boolean): void {
    this.#sending = sending;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Batches without an answer. */
  get open(): number {
    return this.#batches;
  }

  /** Reads the state of every message that has not ended; the end is told to the list. */
  async look(): Promise<void> {
    for (const number of this.#numbers) {
      const message = this.#list.messages[number] as Message;
      if (message.answer !== 'acked' || message.state !== 0) continue;
      const answer = await this.#fetch(`messages/${message.id}`, {});
      if (answer === null) return;
      if (answer.status === 404) {
        this.#list.faults.push(`message ${message.id} was acknowledged over HTTP and is not known`);
        message.answer = 'unknown';
        continue;
      }
      if (answer.status !== 200) continue;
      const view = (await answer.json()) as { readonly state: string; readonly final: boolean };
      if (view.final) this.#list.endedOverHttp(message, STATES[view.state] ?? State.unknown);
    }
  }

  #tick(): void {
    if (!this.#sending || this.#batches >= BATCHES_OPEN_MAX) return;
    const batch = Array.from({ length: Math.max(1, Math.round((this.#options.rate * PERIOD_MS) / 1000)) }, () =>
      this.#message(),
    );
    void this.#post(batch);
  }

  #message(): Wanted {
    // The draft is used for its recipient; its own text may hold what JSON and GSM write differently.
    this.#workload.draft(this.#drafted, this.#draft, this.#digest);
    this.#drafted += 1;
    const to = this.#workload.digits(this.#draft.recipient);
    const long = this.#chance.below(5) === 0;
    let text = `http ${this.#drafted} `;
    const length = long ? 320 + this.#chance.below(130) : 40 + this.#chance.below(100);
    while (text.length < length) text += LETTERS[this.#chance.below(LETTERS.length)];
    text += '.';
    digestOf(this.#digest, to, text);
    const number = this.#list.add(
      {
        account: this.#options.account,
        recipient: to,
        text: `${this.#digest.high} ${this.#digest.low}`,
        segments: text.length <= 160 ? 1 : Math.ceil(text.length / 153),
        price: this.#workload.price(this.#draft.recipient),
        http: true,
        answer: 'open',
        id: null,
        state: 0,
        receipt: '',
        receiptAt: 0,
      },
      0,
    );
    this.#numbers.push(number);
    return { number, to, text };
  }

  async #post(batch: readonly Wanted[]): Promise<void> {
    this.#batches += 1;
    this.#next += 1;
    const key = `"batch-${this.#next}"`;
    const body = JSON.stringify({ messages: batch.map(({ to, text }) => ({ to: `+${to}`, from: 'GLASPOST', text })) });
    for (;;) {
      const answer = await this.#fetch('messages', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body,
      });
      const text = answer === null ? null : await answer.text().catch(() => null);
      if (answer !== null && text !== null && answer.status === 200) {
        this.#take(batch, text);
        break;
      }
      if (answer !== null && answer.status !== 409 && answer.status < 500) {
        this.#list.faults.push(`a batch over HTTP got ${answer.status}: ${text}`);
        break;
      }
      this.repeated += 1;
      await new Promise((go) => setTimeout(go, RETRY_MS));
    }
    this.#batches -= 1;
  }

  #take(batch: readonly Wanted[], text: string): void {
    const { results } = JSON.parse(text) as {
      readonly results: readonly {
        readonly ok?: { readonly id: string };
        readonly error?: { readonly status: number };
      }[];
    };
    for (const [i, { number }] of batch.entries()) {
      const result = results[i];
      if (result?.ok !== undefined) this.#list.ack(number, result.ok.id);
      else this.#list.refuse(number, result?.error?.status ?? 0);
    }
  }

  /** null: the gateway is down, or went down before the answer. */
  async #fetch(path: string, init: RequestInit): Promise<Response | null> {
    try {
      return await fetch(`http://127.0.0.1:${this.#options.port}/api/v1/${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${this.#options.apiKey}` },
      });
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
  }
}
