// What customers do with their key: send one message or a batch, look at them, cancel one, and see their money.
import { API_PAGE_DEFAULT } from '../base/limits.ts';
import type { SubmitOutcome, SubmitRequest } from '../gateway/service.ts';
import { type Api, type ApiApp, type ApiContext, accountOf, addRoute, jsonResponse } from './context.ts';
import { makeCursor, readCursor } from './cursor.ts';
import { answers, jsonContent } from './document.ts';
import {
  type FieldError,
  isProblem,
  type Problem,
  problem,
  problemBody,
  rateHeaders,
  refusalProblem,
} from './problems.ts';
import { canonicalJson, check, invalid, readIdempotencyKey, readJson, readQuery } from './requests.ts';
import * as schemas from './schemas.ts';
import { acceptedJson, accountJson, balanceJson, messageJson } from './values.ts';

export function addMessageRoutes(app: ApiApp, api: Api): void {
  const { service } = api;
  addRoute(
    app,
    api,
    'account',
    {
      method: 'post',
      path: '/api/v1/messages',
      tags: ['messages'],
      operationId: 'sendMessages',
      summary: 'Send one message, or up to 1,000 at once',
      request: { headers: schemas.idempotencyHeader, body: { required: true, ...jsonContent(schemas.submitBody) } },
      responses: {
        202: { description: 'One message was accepted and is durable', ...jsonContent(schemas.accepted) },
        200: { description: 'A batch: one result for each message', ...jsonContent(schemas.batchOut) },
        ...answers(400, 401, 402, 403, 409, 413, 415, 422, 429, 503),
      },
    },
    (c) => send(api, c),
  );
  addRoute(
    app,
    api,
    'account',
    {
      method: 'get',
      path: '/api/v1/messages',
      tags: ['messages'],
      operationId: 'listMessages',
      summary: 'List messages, newest first',
      request: { query: schemas.listQuery },
      responses: { 200: { description: 'A page', ...jsonContent(schemas.messageListOut) }, ...answers(400, 401) },
    },
    (c) => list(api, c),
  );
  addRoute(
    app,
    api,
    'account',
    {
      method: 'get',
      path: '/api/v1/messages/{id}',
      tags: ['messages'],
      operationId: 'getMessage',
      summary: 'One message as it stands',
      request: { params: schemas.idParam },
      responses: { 200: { description: 'The message', ...jsonContent(schemas.messageOut) }, ...answers(401, 404) },
    },
    async (c) => {
      const view = await service.message(accountOf(c), c.req.param('id') ?? '');
      return view === null ? noMessage() : jsonResponse(200, messageJson(view));
    },
  );
  addRoute(
    app,
    api,
    'account',
    {
      method: 'delete',
      path: '/api/v1/messages/{id}',
      tags: ['messages'],
      operationId: 'cancelMessage',
      summary: 'Cancel a message that has not left',
      request: { params: schemas.idParam },
      responses: { 200: { description: 'Cancelled', ...jsonContent(schemas.cancelledOut) }, ...answers(401, 404, 409) },
    },
    async (c) => {
      const id = c.req.param('id') ?? '';
      const outcome = await service.cancel(accountOf(c), id);
      if (outcome === 'cancelled') return jsonResponse(200, { id, state: 'deleted' });
      return outcome === 'not-found'
        ? noMessage()
        : problem('too-late', 'the message has left or has ended; it cannot be cancelled');
    },
  );
  addRoute(
    app,
    api,
    'account',
    {
      method: 'get',
      path: '/api/v1/account',
      tags: ['account'],
      operationId: 'getAccount',
      summary: 'This account as it stands',
      responses: { 200: { description: 'The account', ...jsonContent(schemas.accountOut) }, ...answers(401) },
    },
    (c) => {
      const view = service.account(accountOf(c).name);
      return view === null
        ? problem('not-found', 'this account has just been removed')
        : jsonResponse(200, accountJson(view));
    },
  );
  addRoute(
    app,
    api,
    'account',
    {
      method: 'get',
      path: '/api/v1/balance',
      tags: ['account'],
      operationId: 'getBalance',
      summary: 'Balance, held and available money',
      responses: { 200: { description: 'The balance', ...jsonContent(schemas.balanceOut) }, ...answers(401) },
    },
    (c) => jsonResponse(200, balanceJson(service.balance(accountOf(c)))),
  );
}

async function send(api: Api, c: ApiContext): Promise<Response | Problem> {
  const key = readIdempotencyKey(c.req.raw.headers);
  if (isProblem(key)) return key;
  const body = await readJson(c);
  if (isProblem(body)) return body;
  const batch = batchOf(body.value);
  if (isProblem(batch)) return batch;
  return batch === null ? sendOne(api, c, key.value, body.value) : sendBatch(api, c, key.value, body.value, batch);
}

/** A batch: its messages and the pointer of their list. */
interface Batch {
  readonly items: readonly unknown[];
  readonly pointer: string;
}

/** null when the body is one message. */
function batchOf(body: unknown): Batch | null | Problem {
  const bare = Array.isArray(body);
  if (!bare && (typeof body !== 'object' || body === null || !('messages' in body))) return null;
  const checked = check(schemas.batchEnvelope, bare ? { messages: body } : body, '');
  if (!('errors' in checked)) return { items: checked.value.messages, pointer: bare ? '' : '/messages' };
  return invalid(bare ? checked.errors.map((one) => ({ ...one, pointer: '' })) : checked.errors);
}

async function sendOne(api: Api, c: ApiContext, key: string | null, body: unknown): Promise<Response | Problem> {
  const request = readMessage(body, '');
  if ('errors' in request) return invalid(request.errors);
  const answer = await api.service.submit(accountOf(c), [request], idempotency(api, key, body));
  if (answer.code !== 'done') return keyProblem(answer.code);
  const outcome = answer.outcomes[0] as SubmitOutcome;
  const headers = answer.replayed ? REPLAYED : undefined;
  if (outcome.ok) return jsonResponse(202, acceptedJson(outcome, request), headers);
  const refused = refusalProblem(outcome.refusal);
  const throughput = api.service.account(accountOf(c).name)?.throughput ?? 0;
  const rate = refused.problem === 'over-rate' ? rateHeaders(throughput, refused.retryAfterS ?? 1) : {};
  return { ...refused, headers: { ...rate, ...headers } };
}

async function sendBatch(
  api: Api,
  c: ApiContext,
  key: string | null,
  body: unknown,
  batch: Batch,
): Promise<Response | Problem> {
  const requests: SubmitRequest[] = [];
  const read = batch.items.map((item, i) => {
    const request = readMessage(item, `${batch.pointer}/${i}`);
    if (!('errors' in request)) requests.push(request);
    return request;
  });
  // A batch without one readable message has nothing that must be kept from happening twice.
  const answer =
    requests.length === 0
      ? { code: 'done' as const, outcomes: [], replayed: false }
      : await api.service.submit(accountOf(c), requests, idempotency(api, key, body));
  if (answer.code !== 'done') return keyProblem(answer.code);
  let next = 0;
  let accepted = 0;
  const results = read.map((request) => {
    if ('errors' in request) return { error: problemBody(invalid(request.errors)) };
    const outcome = answer.outcomes[next++] as SubmitOutcome;
    if (!outcome.ok) return { error: problemBody(refusalProblem(outcome.refusal)) };
    accepted++;
    return { ok: acceptedJson(outcome, request) };
  });
  const value = { accepted, refused: results.length - accepted, results };
  return jsonResponse(200, value, answer.replayed ? REPLAYED : undefined);
}

const REPLAYED = { 'idempotency-replayed': 'true' } as const;

/** One message as the gateway takes it, or its faults. */
export function readMessage(
  value: unknown,
  pointer: string,
): SubmitRequest | { readonly errors: readonly FieldError[] } {
  const checked = check(schemas.messageRequest, value, pointer);
  if ('errors' in checked) return checked;
  const { to, from, text, binary, lane, purpose, validity_s, schedule_at, reference } = checked.value;
  return {
    from,
    to,
    body:
      binary === undefined
        ? { kind: 'text', text: text ?? '' }
        : { kind: 'octets', dataCoding: binary.data_coding, octets: Buffer.from(binary.hex, 'hex') },
    lane: lane ?? null,
    validityMs: validity_s === undefined ? null : validity_s * 1000,
    scheduleAt: schedule_at === undefined ? null : Date.parse(schedule_at),
    reference: reference ?? null,
    purpose: purpose ?? null,
  };
}

/** The fingerprint is keyed: a plain hash of a body with a short code in it would be that code (reference §2.4). */
function idempotency(
  api: Api,
  key: string | null,
  body: unknown,
): { readonly key: string; readonly fingerprint: string } | null {
  if (key === null) return null;
  return {
    key,
    fingerprint: api.crypto.hmacSha256(api.fingerprintKey, Buffer.from(canonicalJson(body))).toString('hex'),
  };
}

function keyProblem(code: 'key-reused' | 'key-in-flight'): Problem {
  return code === 'key-reused'
    ? problem(
        'idempotency-key-reused',
        'the same Idempotency-Key came with another body; use a new key for a new request',
      )
    : problem(
        'idempotency-in-flight',
        'the first request with this Idempotency-Key has not ended; ask again with the same key',
      );
}

async function list(api: Api, c: ApiContext): Promise<Response | Problem> {
  const query = readQuery(c, schemas.listQuery);
  if (isProblem(query)) return query;
  const { cursor, limit = API_PAGE_DEFAULT } = query.value;
  const account = accountOf(c);
  const before = cursor === undefined ? null : readCursor(api, account.name, cursor);
  if (cursor !== undefined && before === null) {
    return invalid([{ pointer: '?cursor', message: 'is not a next_cursor of this account from the last 24 hours' }]);
  }
  const views = await api.service.messages(account, before, limit + 1);
  const page = views.slice(0, limit);
  const last = page.at(-1);
  const next = views.length > limit && last !== undefined ? makeCursor(api, account.name, last.id) : null;
  return jsonResponse(200, { data: page.map(messageJson), next_cursor: next });
}

function noMessage(): Problem {
  return problem('not-found', 'this account has no message with that id');
}
