// Cursors of lists: opaque and authenticated, so that nobody builds one, and useless for another account or after a day.
import { API_CURSOR_MS } from '../base/limits.ts';
import type { Api } from './context.ts';

/** Octets of the HMAC that are kept: 96 bits cannot be guessed within a day. */
const TAG_OCTETS = 12;

/** Points behind the message `id` in the list of `account`. */
export function makeCursor(api: Api, account: string, id: string): string {
  const payload = Buffer.from(`${Math.floor(api.now() / 1000)}.${id}`, 'latin1');
  return Buffer.concat([tag(api, account, payload), payload]).toString('base64url');
}

/** The id a cursor points behind; null for one that is foreign, old, or none. */
export function readCursor(api: Api, account: string, cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const octets = Buffer.from(cursor, 'base64url');
  const payload = octets.subarray(TAG_OCTETS);
  if (payload.length === 0 || !api.crypto.equal(octets.subarray(0, TAG_OCTETS), tag(api, account, payload)))
    return null;
  const text = payload.toString('latin1');
  const dot = text.indexOf('.');
  const madeMs = Number(text.slice(0, dot)) * 1000;
  return api.now() - madeMs > API_CURSOR_MS ? null : text.slice(dot + 1);
}

function tag(api: Api, account: string, payload: Buffer): Buffer {
  return api.crypto
    .hmacSha256(api.cursorKey, Buffer.concat([Buffer.from(`${account}\n`), payload]))
    .subarray(0, TAG_OCTETS);
}
