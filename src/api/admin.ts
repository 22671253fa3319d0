// What administrators do: money, suspension and cancellation of accounts, the state of the gateway, the history of one message,
// and call detail records.

import { cdrStream } from './cdr.ts';
import { type Api, type ApiApp, type ApiContext, addRoute, jsonResponse } from './context.ts';
import { answers, jsonContent } from './document.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import { checkBody, invalid, readJson, readQuery } from './requests.ts';
import * as schemas from './schemas.ts';
import { accountJson, amountMicros, balanceJson, linkJson, statusJson, traceJson } from './values.ts';

export function addAdminRoutes(app: ApiApp, api: Api): void {
  const { service } = api;
  const admin = { tags: ['admin'] };
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/status',
      operationId: 'getStatus',
      summary: 'The gateway, its links and accounts',
      responses: { 200: { description: 'The status', ...jsonContent(schemas.statusOut) }, ...answers(401, 403) },
    },
    () => jsonResponse(200, statusJson(service.status())),
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/links',
      operationId: 'listLinks',
      summary: 'The links as the guard tells their state',
      responses: { 200: { description: 'All links', ...jsonContent(schemas.linkListOut) }, ...answers(401, 403) },
    },
    () => jsonResponse(200, { data: service.status().links.map(linkJson) }),
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/accounts',
      operationId: 'listAccounts',
      summary: 'All accounts',
      responses: { 200: { description: 'All accounts', ...jsonContent(schemas.accountListOut) }, ...answers(401, 403) },
    },
    () => jsonResponse(200, { data: service.status().accounts.map(accountJson) }),
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/accounts/{name}',
      operationId: 'getAccountByName',
      summary: 'One account',
      request: { params: schemas.nameParam },
      responses: { 200: { description: 'The account', ...jsonContent(schemas.accountOut) }, ...answers(401, 403, 404) },
    },
    (c) => accountAnswer(api, nameOf(c)),
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'post',
      path: '/api/v1/admin/accounts/{name}/credits',
      operationId: 'creditAccount',
      summary: 'Credit an account; the same reference with the same amount again changes nothing',
      request: { params: schemas.nameParam, body: { required: true, ...jsonContent(schemas.creditBody) } },
      responses: {
        201: { description: 'Credited', ...jsonContent(schemas.creditOut) },
        200: { description: 'Was credited before', ...jsonContent(schemas.creditOut) },
        ...answers(400, 401, 403, 404, 409, 413, 415, 503),
      },
    },
    (c) => credit(api, c),
  );
  for (const [action, suspended] of [
    ['suspend', true],
    ['resume', false],
  ] as const) {
    addRoute(
      app,
      api,
      'admin',
      {
        ...admin,
        method: 'post',
        path: `/api/v1/admin/accounts/{name}/${action}`,
        operationId: `${action}Account`,
        summary: suspended ? 'Take nothing more from an account; what is open goes on' : 'Take messages again',
        request: { params: schemas.nameParam },
        responses: {
          200: { description: 'The account', ...jsonContent(schemas.accountOut) },
          ...answers(401, 403, 404, 503),
        },
      },
      async (c) => {
        const outcome = await service.setSuspended(nameOf(c), suspended);
        if (outcome === 'store-unavailable') return storeUnavailable();
        return outcome === 'no-account' ? noAccount() : accountAnswer(api, nameOf(c));
      },
    );
  }
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'post',
      path: '/api/v1/admin/accounts/{name}/cancel',
      operationId: 'cancelAccountMessages',
      summary: 'Cancel everything of an account, or of one of its lanes, that has not left',
      request: { params: schemas.nameParam, body: { required: false, ...jsonContent(schemas.cancelBody) } },
      responses: {
        200: { description: 'How many were cancelled', ...jsonContent(schemas.cancelledAllOut) },
        ...answers(400, 401, 403, 404, 413, 415),
      },
    },
    (c) => cancelAll(api, c),
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/messages/{id}/trace',
      operationId: 'traceMessage',
      summary: 'Every step of one message, with time, reason and link',
      request: { params: schemas.idParam },
      responses: { 200: { description: 'The history', ...jsonContent(schemas.traceOut) }, ...answers(401, 403, 404) },
    },
    async (c) => {
      const trace = await service.trace(c.req.param('id') ?? '');
      return trace === null
        ? problem('not-found', 'there is no message with that id')
        : jsonResponse(200, traceJson(trace));
    },
  );
  addRoute(
    app,
    api,
    'admin',
    {
      ...admin,
      method: 'get',
      path: '/api/v1/admin/cdrs',
      operationId: 'exportCdrs',
      summary: 'Call detail records of ended messages, as CSV',
      request: { query: schemas.cdrQuery },
      responses: {
        200: { description: 'One line per message', content: { 'text/csv': { schema: { type: 'string' } } } },
        ...answers(400, 401, 403, 404),
      },
    },
    (c) => exportCdrs(api, c),
  );
}

async function credit(api: Api, c: ApiContext): Promise<Response | Problem> {
  const read = await readJson(c);
  if (isProblem(read)) return read;
  const body = checkBody(schemas.creditBody, read.value);
  if (isProblem(body)) return body;
  const outcome = await api.service.credit(nameOf(c), amountMicros(body.value.amount), body.value.reference);
  switch (outcome.code) {
    case 'no-account':
      return noAccount();
    case 'store-unavailable':
      return storeUnavailable();
    case 'reference-reused':
      return problem(
        'reference-reused',
        'a credit with this reference and another amount stands already; nothing was changed',
      );
    default: {
      const repeated = outcome.code === 'repeated';
      return jsonResponse(repeated ? 200 : 201, { ...balanceJson(outcome.balance), repeated });
    }
  }
}

async function cancelAll(api: Api, c: ApiContext): Promise<Response | Problem> {
  const read = await readJson(c, true);
  if (isProblem(read)) return read;
  const body = checkBody(schemas.cancelBody, read.value ?? {});
  if (isProblem(body)) return body;
  const outcome = await api.service.cancelAll(nameOf(c), body.value.lane ?? null);
  return outcome === 'no-account' ? noAccount() : jsonResponse(200, { account: nameOf(c), cancelled: outcome });
}

function exportCdrs(api: Api, c: ApiContext): Response | Problem {
  const query = readQuery(c, schemas.cdrQuery);
  if (isProblem(query)) return query;
  const { from, to, account } = query.value;
  if (to <= from) return invalid([{ pointer: '?to', message: 'must be after from' }]);
  if (account !== undefined && api.service.account(account) === null) return noAccount();
  return new Response(cdrStream(api.service.cdr(account ?? null, from, to)), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="cdrs.csv"',
      'cache-control': 'no-store',
    },
  });
}

function nameOf(c: ApiContext): string {
  return c.req.param('name') ?? '';
}

function accountAnswer(api: Api, name: string): Response | Problem {
  const view = api.service.account(name);
  return view === null ? noAccount() : jsonResponse(200, accountJson(view));
}

function noAccount(): Problem {
  return problem('not-found', 'there is no account with that name');
}

function storeUnavailable(): Problem {
  return problem('store-unavailable', 'the journal takes nothing at the moment; ask again with the same values');
}
