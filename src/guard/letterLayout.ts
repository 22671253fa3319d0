// How a letter is laid out: an order that left, packed into octets. Offsets, small types and writers of numbers; the letters
// themselves are in letters.ts.

/** Octets of a letter before its texts; see `Field`. */
export const HEAD = 27;
/** Octets of one segment before the supplier's id. */
export const SEGMENT = 29;
export const ERROR_OCTETS = 4;
/** OutcomeClass.accepted. */
export const ACCEPTED = 1;

/** Offsets within a letter. */
export const Field = {
  guardId: 0,
  submittedS: 8,
  validUntilS: 12,
  link: 16,
  upstream: 18,
  total: 20,
  sourceTon: 21,
  sourceNpi: 22,
  sourceLength: 23,
  destinationLength: 24,
  extensionLength: 25,
} as const;

/** Offsets within a segment. */
export const Part = {
  outcome: 0,
  status: 1,
  state: 5,
  flags: 6,
  eventNumber: 7,
  receivedAt: 15,
  errorLength: 23,
  error: 24,
  idLength: 28,
} as const;

/** Bits of a segment's flags. */
export const SegmentFlag = {
  /** The upstream took its receipt, or wants none. */
  upAcked: 1,
  /** Its final state is durable: the receipt may go up. */
  durable: 2,
} as const;

/** What a letter is made of. */
export interface LetterFields {
  readonly guardId: number;
  readonly submittedAt: number;
  readonly validUntil: number;
  readonly linkNumber: number;
  readonly upstreamNumber: number;
  readonly senderTon: number;
  readonly senderNpi: number;
  readonly sender: string;
  readonly recipient: string;
  /** Of bind mode: which parts of the other gateway it answers for (partsIn.ts); else empty. */
  readonly extension: string;
}

export interface SegmentFields {
  outcome: number;
  verdict: number;
  status: number;
  remoteId: string;
}

export function putU16(b: Buffer, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

export function putU32(b: Buffer, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}

export function putU64(b: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  putU32(b, at, high);
  putU32(b, at + 4, value - high * 0x1_0000_0000);
}

export function putLatin1(b: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) b[at + i] = text.charCodeAt(i);
  return at + text.length;
}
