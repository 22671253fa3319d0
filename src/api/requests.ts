// Reading requests: JSON bodies within their limit, queries and headers, and how a schema's faults become pointers. What was
// sent is never repeated: not a value, and of a name only what looks like one.
import type { z } from '@hono/zod-openapi';
import { API_BODY_MAX_BYTES, API_ERRORS_MAX, API_KEY_MAX } from '../base/limits.ts';
import type { ApiContext } from './context.ts';
import { type FieldError, type Problem, problem } from './problems.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

export interface Parsed<T> {
  readonly value: T;
}

/** The body as JSON, or why not. `optional`: no body at all is null. */
export async function readJson(c: ApiContext, optional = false): Promise<Parsed<unknown> | Problem> {
  const { headers } = c.req.raw;
  if (Number(headers.get('content-length') ?? 0) > API_BODY_MAX_BYTES) return tooLarge();
  const octets = new Uint8Array(await c.req.raw.arrayBuffer());
  if (octets.length > API_BODY_MAX_BYTES) return tooLarge();
  if (octets.length === 0 && optional) return { value: null };
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(headers.get('content-type') ?? '')) {
    return problem('unsupported-media-type', 'send content-type: application/json, in UTF-8', [], {
      'accept-post': 'application/json',
    });
  }
  let text: string;
  try {
    text = UTF8.decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return problem('invalid-request', 'the body is not UTF-8');
    throw error;
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The runtime's message quotes the body; only the place is taken from it.
    const at = /at position ([0-9]+)/.exec(error.message)?.[1];
    return problem('invalid-request', `the body is not JSON${at === undefined ? '' : `: fault at character ${at}`}`);
  }
}

function tooLarge(): Problem {
  return problem('body-too-large', `a body has at most ${API_BODY_MAX_BYTES} octets; send several batches`);
}

/** A value against a schema: the result, or every fault with its pointer below `base`. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  base: string,
): Parsed<z.output<S>> | { readonly errors: FieldError[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  return { errors: parsed.error.issues.flatMap((issue) => fieldErrors(issue, base)).slice(0, API_ERRORS_MAX) };
}

/** As `check`, the faults as a problem. */
export function checkBody<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.output<S>> | Problem {
  const checked = check(schema, value, '');
  return 'errors' in checked ? invalid(checked.errors) : checked;
}

/** The query against a schema; a repeated name is a fault. */
export function readQuery<S extends z.ZodType>(c: ApiContext, schema: S): Parsed<z.output<S>> | Problem {
  const at = c.req.url.indexOf('?');
  const params = new URLSearchParams(at < 0 ? '' : c.req.url.slice(at));
  const repeated = [...new Set(params.keys())].filter((name) => params.getAll(name).length > 1);
  if (repeated.length > 0) {
    return invalid(repeated.map((name) => ({ pointer: `?${shown(name)}`, message: 'must stand once' })));
  }
  const checked = check(schema, Object.fromEntries(params), '');
  if (!('errors' in checked)) return checked;
  return invalid(checked.errors.map((one) => ({ ...one, pointer: `?${one.pointer.slice(1)}` })));
}

export function invalid(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const detail = first === undefined ? 'the request is not valid' : `${first.pointer || 'the body'}: ${first.message}`;
  return problem('invalid-request', errors.length > 1 ? `${detail}; and ${errors.length - 1} more` : detail, errors);
}

function fieldErrors(issue: z.core.$ZodIssue, base: string): FieldError[] {
  const place = base + issue.path.map((step) => `/${shown(String(step))}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: `${place}/${shown(key)}`, message: 'unknown member' }));
  }
  return [{ pointer: place, message: message(issue) }];
}

/** The schema's own words, without zod's preambles. */
function message(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return /received undefined$/.test(issue.message) ? 'is missing' : `must be ${article(issue.expected)}`;
  if (issue.code === 'too_small' && issue.minimum === 1 && issue.origin === 'string') return 'must not be empty';
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unit(issue.origin)}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unit(issue.origin)}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

function article(type: string): string {
  if (type === 'int') return 'a whole number';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function unit(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' ? ' items' : '';
}

/** A member's name in a pointer (RFC 6901); one that does not look like a name may be a text or a number. */
function shown(name: string): string {
  return /^(?:[A-Za-z_][A-Za-z0-9_]{0,31}|[0-9]{1,4})$/.test(name) && !/[0-9]{5}/.test(name) ? name : '…';
}

/**
 * Idempotency-Key: a quoted string of RFC 9651 or a bare token of 1 to 255 characters; null when there is none.
 * (draft-ietf-httpapi-idempotency-key-header)
 */
export function readIdempotencyKey(headers: Headers): Parsed<string | null> | Problem {
  const raw = headers.get('idempotency-key');
  if (raw === null) return { value: null };
  const text = raw.trim();
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(.)/g, '$1');
  const key = quoted ?? (/^[!#-+\--:<-~]+$/.test(text) ? text : '');
  if (key.length >= 1 && key.length <= API_KEY_MAX) return { value: key };
  return invalid([
    {
      pointer: 'header: Idempotency-Key',
      message: `must be a quoted string or a token of 1 to ${API_KEY_MAX} characters`,
    },
  ]);
}

/** A JSON value with its members in one order, for fingerprints. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`).join(',')}}`;
}
