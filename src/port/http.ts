// HTTP as the programs see it: a handler from Request to Response, and one outgoing fetch for webhooks.

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

export type HttpHandler = (request: Request, remoteAddress: string) => Promise<Response> | Response;

export interface Http {
  serve(
    options: {
      readonly host: string;
      readonly port: number;
      readonly tls: { readonly certificate: string; readonly key: string } | null;
    },
    handler: HttpHandler,
  ): Promise<HttpListener>;
  /**
   * One POST without redirects. The name is resolved once and the connection goes to the address that was checked:
   * private, loopback and link-local ones are refused unless `allowedHosts` lists the host.
   */
  post(options: {
    readonly url: string;
    readonly headers: { readonly [name: string]: string };
    readonly body: string;
    readonly timeoutMs: number;
    readonly allowedHosts: readonly string[];
  }): Promise<HttpPostOutcome>;
}

export type HttpPostOutcome =
  | { readonly code: 'answered'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly code: 'forbidden'; readonly detail: string }
  | { readonly code: 'failed'; readonly detail: string };
