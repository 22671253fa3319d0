// node:http behind port/http.ts: serving Requests with Responses, and posting webhooks to addresses that were checked.
import {
  createServer,
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  HTTP_BODY_MAX_BYTES,
  HTTP_CLOSE_WAIT_MS,
  HTTP_CONNECTIONS_MAX,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_TIMEOUT_MS,
  WEBHOOK_ANSWER_MAX_BYTES,
  WEBHOOK_CONNECTIONS_MAX,
} from '../base/limits.ts';
import { TextResponse } from '../base/textResponse.ts';
import type { Http, HttpHandler, HttpListener, HttpPostOutcome } from '../port/http.ts';
import { incomingRequest } from './incomingRequest.ts';
import { type Resolve, resolveTarget, systemResolve } from './webhookGuard.ts';

/** `resolve` is the system's resolver unless a test gives another. */
export function createHttp(resolve: Resolve = systemResolve): Http {
  // Keyed by the checked address and the TLS name, so that a kept connection is never one that was not checked.
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: WEBHOOK_CONNECTIONS_MAX }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: WEBHOOK_CONNECTIONS_MAX }),
  };
  return {
    serve: (options, handler) => serve(options, handler),
    async post(options): Promise<HttpPostOutcome> {
      const url = URL.parse(options.url);
      if (url === null) return { code: 'forbidden', detail: 'no valid URL' };
      const target = await resolveTarget(url, options.allowedHosts, resolve);
      if (target.code !== 'resolved') return target;
      return postTo(url, target.address, options, agents);
    },
  };
}

/** Copying a body beyond this size costs more than a second write. */
const JOINED_BODY_MAX_BYTES = 16_384;

type ServeOptions = Parameters<Http['serve']>[0];
type PostOptions = Parameters<Http['post']>[0];

async function serve(options: ServeOptions, handler: HttpHandler): Promise<HttpListener> {
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    void respond(incoming, outgoing, handler, options.tls !== null);
  };
  const limits = {
    headersTimeout: HTTP_HEADERS_TIMEOUT_MS,
    requestTimeout: HTTP_REQUEST_TIMEOUT_MS,
    keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
  };
  const server: Server =
    options.tls === null
      ? createServer(limits, answer)
      : createTlsServer({ ...limits, cert: options.tls.certificate, key: options.tls.key }, answer);
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(options.port, options.host, () => {
      server.off('error', fail);
      done();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        // Requests in work may end; connections that only wait may not.
        const force = setTimeout(() => server.closeAllConnections(), HTTP_CLOSE_WAIT_MS);
        server.close(() => {
          clearTimeout(force);
          done();
        });
        server.closeIdleConnections();
      }),
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: HttpHandler,
  tls: boolean,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === 'aborted') return;
  if (body === 'tooLarge') {
    outgoing.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' });
    outgoing.end(
      JSON.stringify({ title: 'Content Too Large', status: 413, detail: `at most ${HTTP_BODY_MAX_BYTES} octets` }),
    );
    return;
  }
  const request = toRequest(incoming, body, tls);
  if (request === null) {
    outgoing.writeHead(400, { 'content-type': 'application/problem+json', connection: 'close' });
    outgoing.end(
      JSON.stringify({ title: 'Bad Request', status: 400, detail: 'target, method or header not understood' }),
    );
    return;
  }
  let response: Response;
  try {
    response = await handler(request, incoming.socket.remoteAddress ?? '');
  } catch (error) {
    // A handler answers expected failures itself: what comes here is a broken invariant, which crashes the program.
    outgoing.writeHead(500, { connection: 'close' });
    outgoing.end();
    throw error;
  }
  await send(response, incoming, outgoing);
}

/** The whole body, bounded before it is gathered. By events: an iterator costs more than all the rest. */
function readBody(incoming: IncomingMessage): Promise<Buffer | null | 'tooLarge' | 'aborted'> {
  return new Promise((resolve) => {
    if (Number(incoming.headers['content-length'] ?? 0) > HTTP_BODY_MAX_BYTES) {
      resolve('tooLarge');
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > HTTP_BODY_MAX_BYTES) {
        incoming.pause();
        resolve('tooLarge');
      } else chunks.push(chunk);
    });
    incoming.on('end', () => {
      if (chunks.length <= 1) resolve(chunks[0] ?? null);
      else resolve(Buffer.concat(chunks, length));
    });
    // The client went away in the middle of its own request: there is nobody to tell.
    incoming.on('error', () => resolve('aborted'));
    incoming.on('close', () => resolve('aborted'));
  });
}

/** null: a request line or header that node:http lets pass and the Fetch standard does not. */
function toRequest(incoming: IncomingMessage, body: Buffer | null, tls: boolean): Request | null {
  const method = incoming.method ?? 'GET';
  const url = URL.parse(incoming.url ?? '/', `${tls ? 'https' : 'http'}://${incoming.headers.host ?? 'localhost'}`);
  if (url === null) return null;
  return incomingRequest(method, url, incoming.rawHeaders, method === 'GET' || method === 'HEAD' ? null : body);
}

async function send(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers: { [name: string]: string | string[] } = {};
  for (const [name, value] of response.headers) headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  if (response instanceof TextResponse && incoming.method !== 'HEAD') {
    const body = Buffer.from(response.content);
    headers['content-length'] = String(body.length);
    outgoing.writeHead(response.status, headers);
    endWith(outgoing, body);
    return;
  }
  if (response.body === null || incoming.method === 'HEAD') {
    outgoing.writeHead(response.status, headers);
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const first = await reader.read();
  let next = first.done ? first : await reader.read();
  if (next.done) {
    // In one piece, as nearly all are: its length is known and one write takes head and body.
    const body = first.value ?? new Uint8Array(0);
    headers['content-length'] = String(body.length);
    outgoing.writeHead(response.status, headers);
    endWith(outgoing, Buffer.from(body.buffer, body.byteOffset, body.length));
    return;
  }
  outgoing.writeHead(response.status, headers);
  await writeChunk(outgoing, first.value as Uint8Array);
  while (!next.done) {
    if (outgoing.destroyed) {
      await reader.cancel();
      return;
    }
    await writeChunk(outgoing, next.value);
    next = await reader.read();
  }
  outgoing.end();
}

function endWith(outgoing: ServerResponse, body: Buffer): void {
  // Node joins head and body into one write only for strings; every octet is one character of latin1.
  if (body.length <= JOINED_BODY_MAX_BYTES) outgoing.end(body.latin1Slice(), 'latin1');
  else outgoing.end(body);
}

/** Resolves when the connection takes more, or has gone. */
async function writeChunk(outgoing: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (outgoing.destroyed || outgoing.write(chunk)) return;
  await new Promise<void>((go) => {
    const release = (): void => {
      outgoing.off('drain', release);
      outgoing.off('close', release);
      go();
    };
    outgoing.on('drain', release);
    outgoing.on('close', release);
  });
}

function postTo(
  url: URL,
  address: string,
  options: PostOptions,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): Promise<HttpPostOutcome> {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'https:';
  const body = Buffer.from(options.body, 'utf8');
  const request: RequestOptions & { servername?: string } = {
    host: address,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...options.headers, host: url.host, 'content-length': String(body.length) },
    agent: tls ? agents.https : agents.http,
    signal: AbortSignal.timeout(options.timeoutMs),
    // Certificates are checked against the name that the customer gave, not against the address.
    ...(tls ? { servername: hostname } : {}),
  };
  return new Promise((done) => {
    const failed = (error: Error): void =>
      done({
        code: 'failed',
        detail: error.name === 'AbortError' || error.name === 'TimeoutError' ? 'no answer in time' : error.message,
      });
    const outgoing = (tls ? requestHttps : requestHttp)(request, (answer) => {
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
        // The answer's body is of no use; a long one is not read to its end.
        if (length > WEBHOOK_ANSWER_MAX_BYTES) answer.destroy();
      });
      answer.on('error', failed);
      answer.on('close', () =>
        done({
          code: 'answered',
          status: answer.statusCode ?? 0,
          retryAfterMs: retryAfter(answer.headers['retry-after']),
        }),
      );
    });
    outgoing.on('error', failed);
    outgoing.end(body);
  });
}

/** Retry-After as seconds or as a date (RFC 9110 §10.2.3); null when absent or unreadable. */
function retryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
