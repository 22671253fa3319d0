// The OpenAPI 3.1 document around the routes: title, security, and the parts that every route's answers share.
import type { z } from '@hono/zod-openapi';
import type { ApiApp } from './context.ts';
import { problemTable } from './problems.ts';
import { problemOut } from './schemas.ts';

/** The `content` of a JSON body or answer. */
export function jsonContent<S extends z.ZodType>(schema: S): { content: { 'application/json': { schema: S } } } {
  return { content: { 'application/json': { schema } } };
}

type ProblemStatus = (typeof problemTable)[keyof typeof problemTable]['status'];

/** Problems that a route answers, by status, each with the codes it may have. */
export function answers(...statuses: readonly ProblemStatus[]) {
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = Object.entries(problemTable).filter(([, one]) => one.status === status);
      const description = `Problem: ${codes.map(([code]) => code).join(', ')}`;
      return [status, { description, content: { 'application/problem+json': { schema: problemOut } } }];
    }),
  );
}

/** The whole document as JSON. */
export function openApiDocument(app: ApiApp, version: string): object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'account', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key of an account.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'admin', {
    type: 'http',
    scheme: 'bearer',
    description: 'An admin key of the gateway.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Glaspost',
      version,
      description:
        'Send messages, follow them, and see what they cost. Times are UTC, amounts are decimal strings, errors are RFC 9457 problems.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'messages', description: 'Sending and following messages' },
      { name: 'account', description: 'The account of the key' },
      { name: 'admin', description: 'Running the gateway' },
      { name: 'health', description: 'For load balancers and monitoring' },
    ],
  });
}
