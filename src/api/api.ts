// The HTTP API as one function from Request to Response. It holds no socket and knows no Node: host/http.ts serves it.
import { OpenAPIHono } from '@hono/zod-openapi';
import { RandomPool } from '../base/random.ts';
import type { GatewayService } from '../gateway/service.ts';
import type { Crypto } from '../port/crypto.ts';
import type { HttpHandler } from '../port/http.ts';
import type { Loop } from '../port/loop.ts';
import { addAdminRoutes } from './admin.ts';
import type { Api, ApiApp, Call } from './context.ts';
import { openApiDocument } from './document.ts';
import { addHealthRoutes } from './health.ts';
import { addMessageRoutes } from './messages.ts';
import { Metrics } from './metrics.ts';
import { problem, problemResponse } from './problems.ts';

export interface ApiOptions {
  readonly loop: Pick<Loop, 'now' | 'monotonic'>;
  readonly crypto: Crypto;
  /**
   * At least 16 octets that stay the same over restarts, e.g. derived from the storage secret: cursors and idempotency
   * fingerprints are keyed with it. With another one old cursors are refused and repeated keys seem to have another body.
   */
  readonly secret: Uint8Array;
  /** Of the program, for the document. */
  readonly version: string;
}

const RANDOM_POOL_OCTETS = 4096;
const REQUEST_ID_OCTETS = 12;

/** Makes the API of one gateway. The returned handler throws only when an invariant is broken. */
export function createApi(service: GatewayService, options: ApiOptions): HttpHandler {
  const { crypto, loop } = options;
  const metrics = new Metrics(service);
  const random = new RandomPool((target) => crypto.randomFill(target), RANDOM_POOL_OCTETS);
  const scratch = Buffer.alloc(REQUEST_ID_OCTETS);
  const key = (use: string): Buffer => crypto.hmacSha256(options.secret, Buffer.from(`glaspost api ${use} 1`));
  const api: Api = {
    service,
    crypto,
    now: () => loop.now(),
    cursorKey: key('cursor'),
    fingerprintKey: key('fingerprint'),
  };
  const app = routes(api, metrics, options.version);
  return async (request, address) => {
    const startedMs = loop.monotonic();
    random.into(scratch, 0, REQUEST_ID_OCTETS);
    const call: Call = { address, requestId: `req_${scratch.toString('hex')}`, route: '', account: null };
    const response = await app.fetch(request, call);
    response.headers.set('x-request-id', call.requestId);
    const method = call.route === '' ? 'other' : request.method;
    metrics.observe(
      method,
      call.route === '' ? 'none' : call.route,
      response.status,
      (loop.monotonic() - startedMs) / 1000,
    );
    return response;
  };
}

function routes(api: Api, metrics: Metrics, version: string): ApiApp {
  const app: ApiApp = new OpenAPIHono<{ Bindings: Call }>();
  addMessageRoutes(app, api);
  addAdminRoutes(app, api);
  let document: string | null = null;
  addHealthRoutes(app, api, metrics, () => (document ??= JSON.stringify(openApiDocument(app, version))));
  const methods = methodsByPath(app);
  app.notFound((c) => {
    const allowed = methods.find(({ path }) => path.test(c.req.path))?.methods;
    if (allowed === undefined) {
      return problemResponse(
        problem('not-found', 'there is nothing at this path; GET /openapi.json tells what there is'),
        c.env.requestId,
      );
    }
    const allow = allowed.join(', ');
    return problemResponse(problem('method-not-allowed', `this path takes ${allow}`, [], { allow }), c.env.requestId);
  });
  // Expected failures are answers; what is thrown is a broken invariant and ends the program (design, law 10).
  app.onError((error) => {
    throw error;
  });
  return app;
}

/** For 405: which methods each path takes. */
function methodsByPath(app: ApiApp): { readonly path: RegExp; readonly methods: string[] }[] {
  const found = new Map<string, string[]>();
  for (const { path, method } of app.routes)
    found.set(path, [...(found.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])]);
  return [...found].map(([path, methods]) => ({ path: new RegExp(`^${path.replace(/:[a-z]+/g, '[^/]+')}$`), methods }));
}
