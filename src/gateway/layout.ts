// How a message is laid out in memory and on disk: phases, flags, the offsets within a letter. Numbers only; they are in the
// journal and never change their meaning.

/** Where a message stands. */
export const MessagePhase = {
  free: 0,
  /** Its ACCEPT record is not yet durable. */
  accepting: 1,
  /** Waits for its time: a scheduled send or a retry. */
  waiting: 2,
  /** In a link's queue. */
  queued: 3,
  /** An order is with the guard. */
  ordered: 4,
  /** Left the guard, or may have: a receipt or the deadline decides. */
  sent: 5,
  /** A customer-made part that waits for the others. */
  joining: 7,
  /** A part that went into a joined message and ends with it. */
  joined: 8,
  /** Terminal; the customer has not yet taken the receipt. */
  ended: 6,
} as const;

export const MessageFlag = {
  bodyEnded: 1,
  /** Another op of it may have reached the recipient. */
  possibleDuplicate: 2,
  http: 4,
  test: 8,
  /** The present op was given to the guard before and has no answer. */
  repeated: 16,
  intermediateWanted: 32,
  intermediateHanded: 64,
  /** The op has been charged as a whole or in part: see `chargedSegments`. */
  handing: 128,
  webhookDue: 256,
  /** A customer-made part, or what we joined from such: receipts go out per part. */
  joinedParts: 512,
  /** The first of a submit_multi with several destinations: the others have its id's first 12 octets and the next counters. */
  multiFirst: 1024,
  /** The present op is unknown: it left the guard and no answer came. */
  outcomeUnknown: 2048,
  /** Bound with interface_version < 0x34: 8-character ids, no TLVs. */
  shortId: 4096,
  /** Made by us from customer-made parts: nobody is told of it, its parts are. */
  internal: 8192,
  /** One of a submit_multi, not the first: its reference names the id that the customer knows. */
  multi: 16_384,
  /** The body begins with a header that names national tables; the guard repeats it in every segment. */
  udhi: 32_768,
} as const;

/** Offsets within a letter; variable parts follow `Letter.parts` in the order of their lengths, then segments, events, body. */
export const Letter = {
  id: 0,
  op: 16,
  seed: 32,
  sourceTon: 48,
  sourceNpi: 49,
  destTon: 50,
  destNpi: 51,
  dataCoding: 52,
  registeredDelivery: 53,
  sourceLength: 54,
  destinationLength: 55,
  writtenLength: 56,
  referenceLength: 57,
  purpose: 58,
  hasUserReference: 59,
  userReference: 60,
  bodyLength: 62,
  eventRoom: 64,
  eventCount: 65,
  priority: 66,
  serviceTypeLength: 67,
  parts: 68,
} as const;

/**
 * The last digits of a number, the same for all ways to write it: a walk over all messages passes by most of them without a look at
 * their letters, which may have left memory.
 */
export function tailOf(number: string): number {
  let tail = 0;
  for (let i = Math.max(0, number.length - TAIL_DIGITS); i < number.length; i++)
    tail = tail * 64 + (number.charCodeAt(i) & 63);
  return tail;
}

/** The same of a number at `octets[from, to)`. */
export function tailAt(octets: Buffer, from: number, to: number): number {
  let tail = 0;
  for (let i = Math.max(from, to - TAIL_DIGITS); i < to; i++) tail = tail * 64 + ((octets[i] as number) & 63);
  return tail;
}

const TAIL_DIGITS = 5;

/** Octets per event of a message's history: kind u8, link u8, detail u8, verdict u8, milliseconds since accept u32, code u32. */
export const EVENT_OCTETS = 12;
