// The demo's customer on HTTP: half of its messages one by one with Idempotency-Keys (every tenth twice), half in batches;
// receipts come as signed webhooks to a server of its own, which checks each signature.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { signature } from '../gateway/webhooks.ts';
import { createCrypto } from '../host/crypto.ts';
import type { DemoLedger } from './demoLedger.ts';
import type { DemoMessage } from './demoMessages.ts';

const BATCH = 100;
const AT_ONCE = 8;
const AGAIN_MS = 200;

interface Accepted {
  readonly id: string;
}

interface Problem {
  readonly code: string;
  readonly status: number;
}

export class DemoHttp {
  readonly #ledger: DemoLedger;
  readonly #server: Server;
  readonly #crypto = createCrypto();
  #base = '';
  #key = '';
  #secret = '';

  constructor(ledger: DemoLedger) {
    this.#ledger = ledger;
    this.#server = createServer((request, response) => this.#webhook(request, response));
  }

  /** Opens the receiver of webhooks; its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/receipts`;
  }

  connect(port: number, apiKey: string, webhookSecret: string): void {
    this.#base = `http://127.0.0.1:${port}`;
    this.#key = apiKey;
    this.#secret = webhookSecret;
  }

  async send(messages: readonly DemoMessage[], stopped: () => boolean): Promise<void> {
    const half = Math.ceil(messages.length / 2);
    const jobs: (() => Promise<void>)[] = messages.slice(0, half).map((message) => () => this.#single(message));
    for (let from = half; from < messages.length; from += BATCH) {
      const batch = messages.slice(from, from + BATCH);
      jobs.push(() => this.#batch(batch));
    }
    const work = async (): Promise<void> => {
      for (let job = jobs.shift(); job !== undefined && !stopped(); job = jobs.shift()) await job();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #single(message: DemoMessage): Promise<void> {
    for (;;) {
      const { status, json } = await this.#post(body(message), message.index);
      if (status === 429 || status === 503) {
        await wait(AGAIN_MS);
        continue;
      }
      if (status !== 202) {
        this.#ledger.refused(message, `HTTP ${status} ${(json as Problem).code}`);
        return;
      }
      const { id } = json as Accepted;
      this.#ledger.accepted(message, id);
      if (message.index % 10 !== 0) return;
      const again = await this.#post(body(message), message.index);
      if ((again.json as Accepted).id !== id) this.#ledger.note('a repeated Idempotency-Key gave another message');
      return;
    }
  }

  async #batch(messages: readonly DemoMessage[]): Promise<void> {
    const { status, json } = await this.#post({ messages: messages.map(body) }, null);
    if (status !== 200) {
      for (const message of messages) this.#ledger.refused(message, `HTTP ${status} ${(json as Problem).code}`);
      return;
    }
    const { results } = json as { results: ({ ok: Accepted } | { error: Problem })[] };
    const again: DemoMessage[] = [];
    for (const [i, result] of results.entries()) {
      const message = messages[i] as DemoMessage;
      if ('ok' in result) this.#ledger.accepted(message, result.ok.id);
      else if (result.error.status === 429 || result.error.status === 503) again.push(message);
      else this.#ledger.refused(message, `HTTP ${result.error.status} ${result.error.code}`);
    }
    for (const message of again) await this.#single(message);
  }

  async #post(value: object, key: number | null): Promise<{ readonly status: number; readonly json: unknown }> {
    const response = await fetch(`${this.#base}/api/v1/messages`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#key}`,
        'content-type': 'application/json',
        ...(key === null ? {} : { 'idempotency-key': `"demo-${key}"` }),
      },
      body: JSON.stringify(value),
    });
    return { status: response.status, json: await response.json() };
  }

  #webhook(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const header = (name: string): string => String(request.headers[name] ?? '');
      const wanted = signature(
        this.#secret,
        header('webhook-id'),
        header('webhook-timestamp'),
        text,
        this.#crypto.hmacSha256,
      );
      const genuine = wanted === header('webhook-signature');
      if (genuine) {
        const { data } = JSON.parse(text) as { data: { id: string; state: string } };
        this.#ledger.receipt(data.id, data.state === 'delivered');
      } else this.#ledger.note('a webhook with a wrong signature');
      response.writeHead(genuine ? 204 : 401).end();
    });
  }
}

function body(message: DemoMessage): object {
  return { to: `+${message.to}`, from: 'Glaspost', text: message.text, reference: `demo-${message.index}` };
}
