// What a request carries through the API and how routes are made: one call describes a route for the OpenAPI document and
// registers its handler, so that neither is there without the other.
import { createRoute, type OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { textResponse } from '../base/textResponse.ts';
import type { AccountRef, GatewayService } from '../gateway/service.ts';
import type { Crypto } from '../port/crypto.ts';
import { isProblem, type Problem, problem, problemResponse } from './problems.ts';

/** Of one request; made by api.ts. */
export interface Call {
  readonly address: string;
  readonly requestId: string;
  /** The route's path as in the document, for metrics; '' until one was found. */
  route: string;
  /** Known after authentication; handlers of account routes have it. */
  account: AccountRef | null;
}

export type ApiContext = Context<{ Bindings: Call }>;
export type ApiApp = OpenAPIHono<{ Bindings: Call }>;
export type Handler = (c: ApiContext) => Promise<Response | Problem> | Response | Problem;

/** What the handlers share. */
export interface Api {
  readonly service: GatewayService;
  readonly crypto: Crypto;
  readonly now: () => number;
  /** Authenticates cursors, 32 octets. */
  readonly cursorKey: Buffer;
  /** Makes fingerprints of requests, 32 octets. */
  readonly fingerprintKey: Buffer;
}

/** Who may call: anybody, an account by its key, or an administrator. */
export type Access = 'open' | 'account' | 'admin';

/** Adds a route: to the document and to the app. */
export function addRoute(app: ApiApp, api: Api, access: Access, config: RouteConfig, handler: Handler): void {
  const route = createRoute({ ...config, security: access === 'open' ? [] : [{ [access]: [] }] });
  app.openAPIRegistry.registerPath(route);
  const run = async (c: ApiContext): Promise<Response> => {
    c.env.route = config.path;
    const denied = access === 'open' ? null : authenticate(api, access, c);
    const answer = denied ?? (await handler(c));
    return isProblem(answer) ? problemResponse(answer, c.env.requestId) : answer;
  };
  app.on(config.method.toUpperCase(), route.getRoutingPath(), run);
}

/** null: may pass. One answer for every wrong key, whatever is wrong with it. */
function authenticate(api: Api, access: 'account' | 'admin', c: ApiContext): Problem | null {
  const key = bearerKey(c.req.raw.headers.get('authorization'));
  const unknown = (): Problem => {
    const { ready, reason } = api.service.status();
    // While the journal is being read no account is known yet: a right key must not be told that it is wrong.
    return ready || key === null ? unauthenticated() : problem('unavailable', `keys cannot be checked yet: ${reason}`);
  };
  if (access === 'account') {
    if (key !== null) c.env.account = api.service.authenticate(key, c.env.address);
    if (c.env.account !== null) return null;
    if (key !== null && api.service.isAdmin(key)) {
      return problem('forbidden', 'this is an admin key; this path needs the API key of an account');
    }
    return unknown();
  }
  if (key !== null && api.service.isAdmin(key)) return null;
  if (key !== null && api.service.authenticate(key, c.env.address) !== null) {
    return problem('forbidden', 'this is the API key of an account; this path needs an admin key');
  }
  return unknown();
}

function unauthenticated(): Problem {
  return problem('unauthenticated', 'send a valid key: Authorization: Bearer KEY', [], {
    'www-authenticate': 'Bearer realm="glaspost"',
  });
}

/** The key of a Bearer header (RFC 6750 §2.1); null when there is none. */
export function bearerKey(header: string | null): string | null {
  return header === null ? null : (/^bearer +([A-Za-z0-9._~+/-]{1,256}=*) *$/i.exec(header)?.[1] ?? null);
}

/** The account of an account route. */
export function accountOf(c: ApiContext): AccountRef {
  const { account } = c.env;
  if (account === null) throw new Error('an account route without its account');
  return account;
}

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const;

export function jsonResponse(status: number, value: unknown, headers?: { readonly [name: string]: string }): Response {
  return textResponse(
    JSON.stringify(value),
    status,
    headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers },
  );
}
