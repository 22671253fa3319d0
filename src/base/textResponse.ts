// A Response of the Fetch standard whose body is one text, as nearly all answers are. The runtime's own wraps the text into a
// stream that is then read again, which costs as much as a message's acceptance; it is made only when somebody asks for it.
import { standIn } from './standIn.ts';

export class TextResponse {
  readonly status: number;
  readonly headers: Headers;
  /** What whoever writes the answer out sends, as UTF-8. */
  readonly content: string;
  #full: Response | null = null;

  constructor(content: string, status: number, headers: { readonly [name: string]: string }) {
    this.content = content;
    this.status = status;
    this.headers = new Headers(headers);
  }

  /** The runtime's own Response, for everything else. */
  get full(): Response {
    this.#full ??= new Response(this.content, { status: this.status, headers: this.headers });
    return this.#full;
  }
}

standIn(TextResponse, Response, ['status', 'headers']);

/** `content` is sent as it stands; statuses without a body (204, 304) are the runtime's. */
export function textResponse(content: string, status: number, headers: { readonly [name: string]: string }): Response {
  return new TextResponse(content, status, headers) as unknown as Response;
}
