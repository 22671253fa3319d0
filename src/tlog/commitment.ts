// Salted commitments to the fields of one entry, their roots, and the salts. Hashing is given as a function over
// latin1 strings, one character per octet.
// Formats: `C = H(43 ‖ field ‖ salt16 ‖ value)`, `root = H(52 ‖ n ‖ (field ‖ C)×n)`, fields ascending.

/** SHA-256 of octets given as a latin1 string, as a latin1 string of 32 characters. */
export type Sha256 = (latin1: string) => string;

/** Numbers of the committed fields. */
export const field = {
  recipient: 0x01,
  sender: 0x02,
  body: 0x03,
  customer: 0x04,
  purpose: 0x05,
  customerReference: 0x06,
  customerPrice: 0x07,
  supplier: 0x11,
  endpoints: 0x12,
  cost: 0x13,
  operatorMessageId: 0x21,
  rawStatus: 0x22,
  op: 0x23,
  orderRoot: 0x24,
  actor: 0x31,
  subject: 0x32,
  reason: 0x33,
} as const;

/** One field opened: its number, its salt (16 octets) and its value, all latin1. */
export interface Opening {
  readonly field: number;
  readonly salt: string;
  readonly value: string;
}

/** First octet of what a commitment hashes. */
export const commitmentTag = '\x43';
const rootTag = '\x52';
const saltTag = '\x53';
/** Octets of a salt and of a seed. */
export const saltOctets = 16;
/** What stands before a message's seed where the seed of the salts is made of it. */
export const fieldsLabel = 'glaspost/fields';
/** What stands before it where the body's salt is made. */
export const bodyLabel = 'glaspost/body';

/** Commitment to `value` (octets as latin1; an absent value is empty) under a salt of 16 octets. */
export function commit(sha256: Sha256, fieldNumber: number, salt: string, value: string): string {
  return sha256(commitmentTag + String.fromCharCode(fieldNumber) + salt + value);
}

/** Root over `(field ‖ C)` pairs, given ascending by field as one string of 33 octets per pair. */
export function rootOf(sha256: Sha256, pairs: string): string {
  return sha256(rootTag + String.fromCharCode(pairs.length / 33) + pairs);
}

/** Seed of every salt but the body's. It may be journalled in clear: from it the body's salt cannot be found. */
export function fieldsSeed(sha256: Sha256, seed: string): string {
  return sha256(fieldsLabel + seed).slice(0, saltOctets);
}

/** Salt of the body's commitment. It lives and dies with the body. */
export function bodySalt(sha256: Sha256, seed: string): string {
  return sha256(bodyLabel + seed).slice(0, saltOctets);
}

/** Salt of a field other than the body (03). */
export function fieldSalt(sha256: Sha256, fieldNumber: number, fromFieldsSeed: string): string {
  return sha256(saltTag + String.fromCharCode(fieldNumber) + fromFieldsSeed).slice(0, saltOctets);
}

/** Where the salts of one message come from; all latin1, 16 octets each. */
export interface Salts {
  readonly fieldsSeed: string;
  readonly bodySalt: string;
}

/** Both derived from a message's one random seed of 16 octets. */
export function saltsOf(sha256: Sha256, seed: string): Salts {
  return { fieldsSeed: fieldsSeed(sha256, seed), bodySalt: bodySalt(sha256, seed) };
}

/** Values known when a message is accepted (fields 01–07), octets as latin1; absent is the empty string. */
export interface OrderValues {
  /** E.164 digits without `+`. */
  readonly recipient: string;
  /** TON ‖ NPI ‖ octets as sent: `senderValue`. */
  readonly sender: string;
  /** data_coding ‖ user data: `bodyValue`. */
  readonly body: string;
  readonly customer: string;
  readonly purpose: string;
  readonly customerReference: string;
  readonly customerPrice: string;
}

/** Values of the route taken (fields 11 and 13), octets as latin1. */
export interface RouteValues {
  readonly supplier: string;
  readonly cost: string;
}

/** Root over fields 01–07: bound by the promise given at accept, opened to the customer. */
export function orderRoot(sha256: Sha256, salts: Salts, values: OrderValues): string {
  const seed = salts.fieldsSeed;
  return rootOf(
    sha256,
    pair(sha256, 0x01, seed, values.recipient) +
      pair(sha256, 0x02, seed, values.sender) +
      `\x03${commit(sha256, 0x03, salts.bodySalt, values.body)}` +
      pair(sha256, 0x04, seed, values.customer) +
      pair(sha256, 0x05, seed, values.purpose) +
      pair(sha256, 0x06, seed, values.customerReference) +
      pair(sha256, 0x07, seed, values.customerPrice),
  );
}

/** Root over fields 11 and 13: opened to the operator. */
export function routeRoot(sha256: Sha256, fromFieldsSeed: string, values: RouteValues): string {
  return rootOf(
    sha256,
    pair(sha256, 0x11, fromFieldsSeed, values.supplier) + pair(sha256, 0x13, fromFieldsSeed, values.cost),
  );
}

/** Root over any fields with salts from `fromFieldsSeed`, ascending (SESSION_OPEN 11, 12; records 21, 22; LOOKUP, READ …). */
export function fieldsRoot(
  sha256: Sha256,
  fromFieldsSeed: string,
  fields: readonly (readonly [fieldNumber: number, value: string])[],
): string {
  let pairs = '';
  let last = -1;
  for (const [number, value] of fields) {
    if (number <= last) throw new RangeError('fields must ascend');
    last = number;
    pairs += pair(sha256, number, fromFieldsSeed, value);
  }
  return rootOf(sha256, pairs);
}

/** Root over opened fields with salts of their own, ascending by field. */
export function openedRoot(sha256: Sha256, openings: readonly Opening[]): string {
  let pairs = '';
  let last = -1;
  for (const opening of openings) {
    if (opening.field <= last) throw new RangeError('fields must ascend');
    if (opening.salt.length !== saltOctets) throw new RangeError('a salt has 16 octets');
    last = opening.field;
    pairs += String.fromCharCode(opening.field) + commit(sha256, opening.field, opening.salt, opening.value);
  }
  return rootOf(sha256, pairs);
}

/**
 * Whether `openings` are what `root` commits to, given the whole list of `(field ‖ C)` pairs that an opening carries.
 * Everything in the arguments may come from a stranger.
 */
export function verifyOpenings(
  sha256: Sha256,
  root: string,
  pairs: string,
  expectedFields: readonly number[],
  openings: readonly Opening[],
): boolean {
  if (pairs.length !== expectedFields.length * 33 || rootOf(sha256, pairs) !== root) return false;
  for (const [index, number] of expectedFields.entries()) if (pairs.charCodeAt(index * 33) !== number) return false;
  return openings.every((opening) => {
    const at = expectedFields.indexOf(opening.field);
    if (at < 0 || opening.salt.length !== saltOctets) return false;
    return commit(sha256, opening.field, opening.salt, opening.value) === pairs.slice(at * 33 + 1, at * 33 + 33);
  });
}

function pair(sha256: Sha256, number: number, seed: string, value: string): string {
  return String.fromCharCode(number) + commit(sha256, number, fieldSalt(sha256, number, seed), value);
}

/** Value of field 02. `octets` is the address as sent, latin1. */
export function senderValue(ton: number, npi: number, octets: string): string {
  return String.fromCharCode(ton, npi) + octets;
}

/** Value of field 03: user data of all segments joined, without header. */
export function bodyValue(dataCoding: number, userData: Buffer): string {
  return String.fromCharCode(dataCoding) + userData.toString('latin1');
}

/** Text as the octets of its UTF-8 form, NFC, in latin1: the form in which text is committed. */
export function textValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is its own UTF-8 and its own NFC.
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Buffer.from(text.normalize('NFC'), 'utf8').toString('latin1');
}
