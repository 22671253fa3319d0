// A Request of the Fetch standard over what node:http has read already. The runtime's own is made only when something is asked
// for that handlers hardly ever need: it copies headers and body and wraps the body into a stream, which costs as much as the
// whole rest of an answer.
import { standIn } from '../base/standIn.ts';

/** Methods that the standard does not allow in a Request. */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * `rawHeaders` as node:http gives them. Null: a method, URL or header that the standard does not take.
 */
export function incomingRequest(
  method: string,
  url: URL,
  rawHeaders: readonly string[],
  body: Buffer | null,
): Request | null {
  if (FORBIDDEN_METHODS.has(method) || url.username !== '' || url.password !== '') return null;
  const headers = new Headers();
  try {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2)
      headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
  return new IncomingRequest(method, url.href, headers, body) as unknown as Request;
}

class IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly #body: Buffer | null;
  #used = false;
  #full: Request | null = null;

  constructor(method: string, url: string, headers: Headers, body: Buffer | null) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.#body = body;
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#full?.bodyUsed ?? false);
  }

  /** The body as the caller's own octets: what the runtime gave us may be part of a larger buffer. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#full !== null) return new Uint8Array(await this.#full.arrayBuffer());
    return new Uint8Array(this.#take());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async text(): Promise<string> {
    if (this.#full !== null) return this.#full.text();
    return new TextDecoder().decode(this.#take());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** The runtime's own Request, for everything else. */
  get full(): Request {
    const init = { method: this.method, headers: this.headers };
    this.#full ??= new Request(this.url, this.#body === null ? init : { ...init, body: new Uint8Array(this.#body) });
    return this.#full;
  }

  #take(): Buffer {
    if (this.#used) throw new TypeError('the body has been read already');
    this.#used = this.#body !== null;
    return this.#body ?? Buffer.alloc(0);
  }
}

standIn(IncomingRequest, Request, ['method', 'url', 'headers']);
