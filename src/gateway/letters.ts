// What is written into a message's letter after it was accepted: per-segment states, history events, and the end of its body.
import { writeU32 } from '../base/bytes.ts';
import { EVENT_OCTETS, Letter, MessageFlag } from './layout.ts';
import type { MessageStore } from './store.ts';

/** Kinds of history events; the numbers are on disk. */
export const EventKind = {
  accepted: 1,
  scheduled: 2,
  routed: 3,
  ordered: 4,
  outcome: 5,
  retry: 6,
  receipt: 7,
  ended: 8,
  handed: 9,
  cancelled: 10,
  replaced: 11,
  repeated: 12,
  conflict: 13,
  waiting: 14,
} as const;
export type EventKindValue = (typeof EventKind)[keyof typeof EventKind];

export interface MessageEvent {
  readonly kind: EventKindValue;
  /** Index of the link, 255: none. */
  readonly link: number;
  /** Segment number from 1 for receipts, outcome class for outcomes, reason code for the rest. */
  readonly detail: number;
  readonly verdict: number;
  readonly at: number;
  /** command_status, message_state or milliseconds, by kind. */
  readonly code: number;
}

/** Upper bits of a segment's state: the outcome; lower bits: its final message_state (0: none yet). */
const OUTCOME_SHIFT = 4;

export function segmentOutcome(store: MessageStore, handle: number, segment: number): number {
  return (store.buffer(handle)[store.segmentsAt(handle) + segment] as number) >> OUTCOME_SHIFT;
}

export function segmentState(store: MessageStore, handle: number, segment: number): number {
  return (store.buffer(handle)[store.segmentsAt(handle) + segment] as number) & 0x0f;
}

export function setSegmentOutcome(store: MessageStore, handle: number, segment: number, outcome: number): void {
  const buffer = store.buffer(handle);
  const at = store.segmentsAt(handle) + segment;
  buffer[at] = (outcome << OUTCOME_SHIFT) | ((buffer[at] as number) & 0x0f);
}

export function setSegmentState(store: MessageStore, handle: number, segment: number, state: number): void {
  const buffer = store.buffer(handle);
  const at = store.segmentsAt(handle) + segment;
  buffer[at] = ((buffer[at] as number) & 0xf0) | state;
}

/**
 * Adds an event. When the room is used up the letter is written anew with twice the room (up to 120 events; then the
 * oldest but the first is dropped, so that a message that is retried for days stays small).
 */
export function addEvent(
  store: MessageStore,
  handle: number,
  kind: EventKindValue,
  link: number,
  detail: number,
  verdict: number,
  at: number,
  code: number,
): void {
  let buffer = store.buffer(handle);
  let letter = store.offset[handle] as number;
  const count = buffer[letter + Letter.eventCount] as number;
  const room = buffer[letter + Letter.eventRoom] as number;
  let index = count;
  if (count === room) {
    if (room < MAX_EVENTS && rewrite(store, handle, Math.min(MAX_EVENTS, Math.max(7, room * 2)))) {
      buffer = store.buffer(handle);
      letter = store.offset[handle] as number;
    } else {
      if (room < 2) return;
      const events = store.eventsAt(handle);
      buffer.copyWithin(events + EVENT_OCTETS, events + 2 * EVENT_OCTETS, events + room * EVENT_OCTETS);
      index = room - 1;
    }
  }
  const to = store.eventsAt(handle) + index * EVENT_OCTETS;
  buffer[to] = kind;
  buffer[to + 1] = link & 0xff;
  buffer[to + 2] = detail;
  buffer[to + 3] = verdict;
  writeU32(buffer, to + 4, Math.max(0, Math.min(0xffffffff, Math.round(at - (store.acceptedAt[handle] as number)))));
  writeU32(buffer, to + 8, code);
  buffer[letter + Letter.eventCount] = index + 1;
}

const MAX_EVENTS = 120;

export function events(store: MessageStore, handle: number): MessageEvent[] {
  const buffer = store.buffer(handle);
  const letter = store.offset[handle] as number;
  return readEvents(
    buffer,
    store.eventsAt(handle),
    buffer[letter + Letter.eventCount] as number,
    store.acceptedAt[handle] as number,
  );
}

/** Events as they stand in a letter and in the history: `count` of them at `from`. */
export function readEvents(buffer: Buffer, from: number, count: number, acceptedAt: number): MessageEvent[] {
  const found: MessageEvent[] = [];
  for (let i = 0; i < count; i++) {
    const at = from + i * EVENT_OCTETS;
    found.push({
      kind: buffer[at] as EventKindValue,
      link: buffer[at + 1] as number,
      detail: buffer[at + 2] as number,
      verdict: buffer[at + 3] as number,
      at: acceptedAt + buffer.readUInt32BE(at + 4),
      code: buffer.readUInt32BE(at + 8),
    });
  }
  return found;
}

/**
 * Forgets text and seed: their octets are zeroed. Their room is given back once letters are many; most letters end a moment
 * later, and writing them anew is a thirtieth of the gateway's time.
 */
export function endBody(store: MessageStore, handle: number): void {
  if ((store.flags[handle] as number) & MessageFlag.bodyEnded) return;
  store.flags[handle] = (store.flags[handle] as number) | MessageFlag.bodyEnded;
  const buffer = store.buffer(handle);
  const letter = store.offset[handle] as number;
  const room = buffer[letter + Letter.eventRoom] as number;
  const body = store.eventsAt(handle) + room * EVENT_OCTETS;
  buffer.fill(0, body, body + bodyLength(buffer, letter));
  buffer.fill(0, letter + Letter.seed, letter + Letter.seed + 16);
  buffer[letter + Letter.bodyLength] = 0;
  buffer[letter + Letter.bodyLength + 1] = 0;
  // At memory's limit the zeroes stay where they are until the message ends.
  if (store.slab.crowded) rewrite(store, handle, room);
}

/** Another body of the same data_coding (replace_sm). False at memory's limit: nothing changed. */
export function replaceBody(store: MessageStore, handle: number, body: Buffer, segments: number): boolean {
  const parts = {
    source: store.source(handle),
    destination: store.destination(handle),
    written: store.written(handle),
    reference: store.reference(handle),
    serviceType: store.serviceType(handle),
    body,
    segments,
  };
  const old = store.buffer(handle);
  const oldAt = store.offset[handle] as number;
  const oldChunk = store.chunk[handle] as number;
  const oldLength = store.length[handle] as number;
  const eventCount = old[oldAt + Letter.eventCount] as number;
  const eventRoom = old[oldAt + Letter.eventRoom] as number;
  const oldEvents = store.eventsAt(handle);
  if (!store.writeLetter(handle, parts, eventRoom)) return false;
  store.segments[handle] = segments;
  const fresh = store.buffer(handle);
  const freshAt = store.offset[handle] as number;
  old.copy(fresh, freshAt, oldAt, oldAt + Letter.sourceLength);
  for (const field of [
    Letter.purpose,
    Letter.hasUserReference,
    Letter.userReference,
    Letter.userReference + 1,
    Letter.priority,
  ]) {
    fresh[freshAt + field] = old[oldAt + field] as number;
  }
  fresh[freshAt + Letter.eventCount] = eventCount;
  old.copy(fresh, store.eventsAt(handle), oldEvents, oldEvents + eventCount * EVENT_OCTETS);
  old.fill(0, oldAt, oldAt + oldLength);
  store.slab.free(oldChunk, oldLength);
  return true;
}

/** The letter at a new place, its old octets zeroed. */
function rewrite(store: MessageStore, handle: number, eventRoom: number): boolean {
  const old = store.buffer(handle);
  const oldAt = store.offset[handle] as number;
  const oldChunk = store.chunk[handle] as number;
  const oldLength = store.length[handle] as number;
  const oldRoom = old[oldAt + Letter.eventRoom] as number;
  const eventsFrom = store.eventsAt(handle);
  const headLength = eventsFrom - oldAt;
  const bodyOctets = bodyLength(old, oldAt);
  const length = headLength + eventRoom * EVENT_OCTETS + bodyOctets;
  if (!store.room(handle, length)) return false;
  const fresh = store.buffer(handle);
  const freshAt = store.offset[handle] as number;
  old.copy(fresh, freshAt, oldAt, eventsFrom);
  fresh[freshAt + Letter.eventRoom] = eventRoom;
  const eventOctets = Math.min(oldRoom, eventRoom) * EVENT_OCTETS;
  old.copy(fresh, freshAt + headLength, eventsFrom, eventsFrom + eventOctets);
  if (bodyOctets > 0) {
    const oldBody = eventsFrom + oldRoom * EVENT_OCTETS;
    old.copy(fresh, freshAt + headLength + eventRoom * EVENT_OCTETS, oldBody, oldBody + bodyOctets);
  }
  old.fill(0, oldAt, oldAt + oldLength);
  store.slab.free(oldChunk, oldLength);
  return true;
}

function bodyLength(buffer: Buffer, letter: number): number {
  const at = letter + Letter.bodyLength;
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}
