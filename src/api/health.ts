// For load balancers, monitoring and programmers: liveness, readiness, metrics, and the OpenAPI document.
import { type Api, type ApiApp, type ApiContext, addRoute, bearerKey, jsonResponse } from './context.ts';
import { answers, jsonContent } from './document.ts';
import type { Metrics } from './metrics.ts';
import { problem } from './problems.ts';
import { readyOut } from './schemas.ts';

export function addHealthRoutes(app: ApiApp, api: Api, metrics: Metrics, document: () => string): void {
  const text = (description: string) => ({
    description,
    content: { 'text/plain': { schema: { type: 'string' as const } } },
  });
  addRoute(
    app,
    api,
    'open',
    {
      method: 'get',
      path: '/healthz',
      tags: ['health'],
      operationId: 'getHealth',
      summary: 'The program runs',
      responses: { 200: text('ok') },
    },
    () => new Response('ok\n', { headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } }),
  );
  addRoute(
    app,
    api,
    'open',
    {
      method: 'get',
      path: '/readyz',
      tags: ['health'],
      operationId: 'getReadiness',
      summary: 'Messages are accepted',
      responses: {
        200: { description: 'Ready', ...jsonContent(readyOut) },
        503: { description: 'Not ready', ...jsonContent(readyOut) },
      },
    },
    () => {
      const { ready, reason } = api.service.status();
      return jsonResponse(ready ? 200 : 503, { ready, reason }, ready ? undefined : { 'retry-after': '5' });
    },
  );
  addRoute(
    app,
    api,
    'open',
    {
      method: 'get',
      path: '/metrics',
      tags: ['health'],
      operationId: 'getMetrics',
      summary: 'Prometheus metrics; from this machine, or with an admin key',
      responses: { 200: text('Text format 0.0.4'), ...answers(401) },
    },
    async (c) => {
      if (!isLocal(c) && !isAdmin(api, c)) {
        return problem(
          'unauthenticated',
          'metrics are shown to this machine itself, or with Authorization: Bearer ADMIN-KEY',
          [],
          {
            'www-authenticate': 'Bearer realm="glaspost"',
          },
        );
      }
      return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } });
    },
  );
  addRoute(
    app,
    api,
    'open',
    {
      method: 'get',
      path: '/openapi.json',
      tags: ['health'],
      operationId: 'getDocument',
      summary: 'This document',
      responses: {
        200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
    () => new Response(document(), { headers: { 'content-type': 'application/json' } }),
  );
}

/** A loopback address that no proxy on this machine speaks for. */
function isLocal(c: ApiContext): boolean {
  const { headers } = c.req.raw;
  if (headers.has('forwarded') || headers.has('x-forwarded-for') || headers.has('x-real-ip') || headers.has('via'))
    return false;
  return /^(?:::ffff:)?127\.|^::1$/.test(c.env.address);
}

function isAdmin(api: Api, c: ApiContext): boolean {
  const key = bearerKey(c.req.raw.headers.get('authorization'));
  return key !== null && api.service.isAdmin(key);
}
