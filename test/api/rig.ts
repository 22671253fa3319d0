// What API tests share: an API over a service in memory, requests as short calls, and answers checked against their schemas.
import assert from 'node:assert/strict';
import { createApi } from '../../src/api/api.ts';
import { problemOut } from '../../src/api/schemas.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import type { HttpHandler } from '../../src/port/http.ts';
import { adminKey, apiKey, MemoryService } from './memoryService.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON, or null. */
  readonly json: { readonly [name: string]: unknown };
  readonly text: string;
}

export interface Rig {
  readonly service: MemoryService;
  readonly handler: HttpHandler;
  nowMs: number;
  /** A request; `body` that is no string is sent as JSON. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; key?: string | null; headers?: Record<string, string>; address?: string },
  ): Promise<Answer>;
}

export const message = { to: '+4915112345678', from: 'Glaspost', text: 'Hello' };

export function createRig(): Rig {
  const service = new MemoryService();
  const rig: Rig = {
    service,
    nowMs: 1_800_000_000_000,
    handler: createApi(service, {
      loop: { now: () => rig.nowMs, monotonic: () => rig.nowMs },
      crypto: createCrypto(),
      secret: Buffer.alloc(32, 7),
      version: '0.1.0',
    }),
    async call(
      method,
      path,
      { body, key = path.includes('/admin/') ? adminKey : apiKey, headers = {}, address = '192.0.2.1' } = {},
    ) {
      const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      const request = new Request(`http://gateway.example${path}`, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw === undefined ? {} : { body: raw as string }),
      });
      const response = await rig.handler(request, address);
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      assert.match(response.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{24}$/);
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text !== '' ? JSON.parse(text) : null,
      };
    },
  };
  return rig;
}

/** Checks that an answer is a problem with this status and code, and that it holds none of `hidden`. */
export function assertProblem(answer: Answer, status: number, code: string, hidden: readonly string[] = []): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const body = problemOut.parse(answer.json);
  assert.equal(body.code, code);
  assert.equal(body.status, status);
  assert.equal(body.type, `https://docs.glaspost.example/problems/${code}`);
  assert.equal(body.request_id, answer.headers.get('x-request-id'));
  assert.ok(body.detail.length > 0 && body.title.length > 0);
  for (const word of hidden) assert.ok(!answer.text.includes(word), `the answer repeats ${word}: ${answer.text}`);
}

/** The pointers of a problem's errors. */
export function pointers(answer: Answer): string[] {
  return (answer.json['errors'] as { pointer: string }[]).map((one) => one.pointer);
}
