// What the gateway writes into its journal: one table of record types, and how each is written and read. Numbers on disk
// never change their meaning; a new meaning gets a new number. Bodies and seeds go into the batch's sealed secrets.
// Identities in records are the op (16 octets) of an attempt or the message's id (16 octets); both are unique for ever.
import type { ByteWriter } from '../base/bytes.ts';
import { EVENT_OCTETS, Letter, MessageFlag, tailAt } from './layout.ts';
import type { MessageStore } from './store.ts';

export const RecordType = {
  /** A message as a whole, at accept. */
  accept: 1,
  /** The same, written again by cleaning: replaces everything known of the message. */
  message: 2,
  /** A new attempt: message id, new op, due time. */
  retry: 3,
  /** What the guard answered to an order. */
  outcome: 4,
  /** A receipt event taken from the guard. */
  receipt: 5,
  /** The terminal state, with the money it moves. */
  ended: 6,
  /** The customer took the terminal receipt. */
  handed: 7,
  /** Credit by reference. */
  credit: 8,
  /**
   * The books, and the names behind the numbers of accounts and links, as JSON: replaces all that was known of them.
   * Numbers in records are stable over changes of configuration.
   */
  state: 9,
  suspended: 12,
  /** New body of a message that has not left. */
  replaced: 13,
  /** A customer-made part, acknowledged on its own. */
  part: 14,
  /** Parts that became a message or ended without one. */
  partsDone: 15,
  /** A mobile-originated message for an account. */
  mo: 16,
  moHanded: 17,
  idempotency: 18,
  /** The customer took the intermediate receipt. */
  intermediateHanded: 19,
  /** Every message that was closed in a batch before this seq is in a durable history run. */
  historyFlushed: 20,
  /** This time has come: see times.ts. */
  time: 21,
} as const;
export type RecordTypeValue = (typeof RecordType)[keyof typeof RecordType];

/** Fixed octets of accept / message before the letter. */
const MESSAGE_FIXED = 2 + 1 + 1 + 2 + 1 + 1 + 1 + 1 + 2 + 8 * 6 + 1 + 4 + 4 + 1;

/**
 * Writes the message `handle` as a whole, without seed and body: those are in the batch's secrets from `secretOffset`
 * (seed 16 octets, then the body), or nowhere when the body has ended (`secretOffset` 0xFFFFFFFF).
 */
export function writeMessage(w: ByteWriter, store: MessageStore, handle: number, secretOffset: number): void {
  w.ensure(MESSAGE_FIXED);
  w.u16(store.account[handle] as number);
  w.u8(store.lane[handle] as number);
  w.u8(store.phase[handle] as number);
  // Who stands in a queue of this run stands in none of the next.
  w.u16((store.flags[handle] as number) & ~MessageFlag.handing);
  w.u8(store.segments[handle] as number);
  w.u8(store.chargedSegments[handle] as number);
  w.u8(store.voidedSegments[handle] as number);
  w.u8(store.attempts[handle] as number);
  w.u16((store.link[handle] as number) & 0xffff);
  w.u64(store.pricePerSegment[handle] as number);
  w.u64(store.acceptedAt[handle] as number);
  w.u64(store.dueAt[handle] as number);
  w.u64(store.validUntil[handle] as number);
  w.u64(store.deadline[handle] as number);
  w.u64(store.doneAt[handle] as number);
  w.u8(store.terminal[handle] as number);
  w.u32(store.errorCode[handle] as number);
  w.u32(secretOffset);
  const refusals = store.refusals.get(handle);
  w.u8(refusals === undefined ? 0 : refusals.length);
  if (refusals !== undefined) for (const link of refusals) w.u16(link);
  const buffer = store.buffer(handle);
  const at = store.offset[handle] as number;
  const eventCount = buffer[at + Letter.eventCount] as number;
  const head = store.eventsAt(handle) + eventCount * EVENT_OCTETS;
  w.bytes(buffer, at, at + Letter.seed);
  w.bytes(buffer, at + Letter.seed + 16, head);
}

/** Octets of seed and body as they go into the secrets. */
export function secretsOf(store: MessageStore, handle: number, scratch: ByteWriter): Buffer {
  scratch.reset();
  const at = store.offset[handle] as number;
  scratch.bytes(store.buffer(handle), at + Letter.seed, at + Letter.seed + 16);
  const body = store.body(handle);
  scratch.bytes(body, 0, body.length);
  return scratch.view();
}

export const NO_SECRET = 0xffffffff;

/**
 * Reads what `writeMessage` wrote into a fresh handle. False at memory's limit. `secrets` null: the key is gone, the body
 * with it; the flag bodyEnded is the caller's to set then.
 */
export function readMessage(
  records: Buffer,
  start: number,
  end: number,
  secrets: Buffer | null,
  store: MessageStore,
  handle: number,
): boolean {
  let at = start;
  store.account[handle] = records.readUInt16BE(at);
  store.lane[handle] = records[at + 2] as number;
  store.phase[handle] = records[at + 3] as number;
  store.flags[handle] = records.readUInt16BE(at + 4);
  store.segments[handle] = records[at + 6] as number;
  store.chargedSegments[handle] = records[at + 7] as number;
  store.voidedSegments[handle] = records[at + 8] as number;
  store.attempts[handle] = records[at + 9] as number;
  store.link[handle] = records.readInt16BE(at + 10);
  at += 12;
  store.pricePerSegment[handle] = readU64(records, at);
  store.acceptedAt[handle] = readU64(records, at + 8);
  store.dueAt[handle] = readU64(records, at + 16);
  store.validUntil[handle] = readU64(records, at + 24);
  store.deadline[handle] = readU64(records, at + 32);
  store.doneAt[handle] = readU64(records, at + 40);
  at += 48;
  store.terminal[handle] = records[at] as number;
  store.errorCode[handle] = records.readUInt32BE(at + 1);
  const secretOffset = records.readUInt32BE(at + 5);
  const refusals = records[at + 9] as number;
  at += 10;
  if (refusals > 0) {
    const links: number[] = [];
    for (let i = 0; i < refusals; i++, at += 2) links.push(records.readUInt16BE(at));
    store.refusals.set(handle, links);
  }
  // The letter without its seed: 32 octets of identity, then from sourceTon on.
  const fixedFrom = at + 32;
  const field = (offset: number): number => records[fixedFrom + offset - Letter.sourceTon] as number;
  const bodyLength =
    secrets === null || secretOffset === NO_SECRET ? 0 : (field(Letter.bodyLength) << 8) | field(Letter.bodyLength + 1);
  const eventCount = field(Letter.eventCount);
  const eventRoom = Math.max(eventCount, field(Letter.eventRoom));
  const head = end - at + 16;
  const roomAfterEvents = (eventRoom - eventCount) * EVENT_OCTETS;
  if (!store.room(handle, head + roomAfterEvents + bodyLength)) return false;
  const buffer = store.buffer(handle);
  const to = store.offset[handle] as number;
  records.copy(buffer, to, at, at + 32);
  records.copy(buffer, to + Letter.sourceTon, fixedFrom, end);
  buffer[to + Letter.eventRoom] = eventRoom;
  if (bodyLength > 0 && secrets !== null) {
    secrets.copy(buffer, to + Letter.seed, secretOffset, secretOffset + 16);
    secrets.copy(buffer, to + head + roomAfterEvents, secretOffset + 16, secretOffset + 16 + bodyLength);
  } else {
    buffer.fill(0, to + Letter.seed, to + Letter.seed + 16);
    buffer[to + Letter.bodyLength] = 0;
    buffer[to + Letter.bodyLength + 1] = 0;
  }
  const number = to + Letter.parts + (buffer[to + Letter.sourceLength] as number);
  store.tail[handle] = tailAt(buffer, number, number + (buffer[to + Letter.destinationLength] as number));
  return true;
}

export function readU64(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}

export function writeText(w: ByteWriter, text: string): void {
  const octets = Buffer.byteLength(text);
  w.u16(octets);
  w.bytes(Buffer.from(text), 0, octets);
}

/** A text written by `writeText`; returns it with the offset behind it. */
export function readText(buffer: Buffer, at: number): { readonly text: string; readonly next: number } {
  const octets = buffer.readUInt16BE(at);
  return { text: buffer.utf8Slice(at + 2, at + 2 + octets), next: at + 2 + octets };
}
