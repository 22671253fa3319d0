// The messages that are open, in compact form (design §6, "hot state is in memory"): fixed fields in typed arrays, the rest
// packed in a slab as a "letter". A message is an int32 handle; handles are used again after `release`.
import { putLatin1 } from '../base/bytes.ts';
import type { Slab, SlabPlace } from '../base/slab.ts';
import { EVENT_OCTETS, Letter, MessagePhase, tailOf } from './layout.ts';

export interface LetterParts {
  readonly source: string;
  readonly destination: string;
  readonly written: string;
  readonly reference: string;
  readonly serviceType: string;
  readonly body: Buffer;
  readonly segments: number;
}

/** In the place of a length: the customer wrote the destination as its E.164 digits. */
const WRITTEN_SAME = 255;

export class MessageStore {
  capacity: number;
  count = 0;
  phase: Uint8Array;
  lane: Uint8Array;
  account: Uint16Array;
  flags: Uint16Array;
  segments: Uint8Array;
  chargedSegments: Uint8Array;
  voidedSegments: Uint8Array;
  attempts: Uint8Array;
  /** Index of the link of the present or last attempt; -1: none. */
  link: Int16Array;
  /** `tailOf` the destination. */
  tail: Uint32Array;
  pricePerSegment: Float64Array;
  acceptedAt: Float64Array;
  /** When it may go out: schedule or retry. */
  dueAt: Float64Array;
  validUntil: Float64Array;
  /** validUntil + grace: the latest terminal state. */
  deadline: Float64Array;
  /** message_state of the end; 0 while open. */
  terminal: Uint8Array;
  doneAt: Float64Array;
  errorCode: Uint32Array;
  /** Journal batch that holds the message as a whole. */
  homeSeq: Float64Array;
  chunk: Int32Array;
  offset: Uint32Array;
  length: Uint32Array;
  /** Counts the uses of a handle, so that late answers are not taken for another message's. */
  generation: Uint16Array;
  /** Link to the next in whatever list the message stands (free list, hand-over). */
  next: Int32Array;
  /** Numbers of the links that have refused a message for a reason of their own; few messages have any. */
  readonly refusals = new Map<number, number[]>();
  /** While the journal is read: limits refuse new work only. A message written again stands twice for a moment. */
  unbounded = false;
  readonly slab: Slab;
  readonly maxMessages: number;
  #freeHead = -1;
  #highest = 0;
  readonly #place: SlabPlace = { chunk: 0, offset: 0 };

  constructor(capacity: number, maxMessages: number, slab: Slab) {
    this.maxMessages = maxMessages;
    this.capacity = capacity;
    this.slab = slab;
    this.phase = new Uint8Array(capacity);
    this.lane = new Uint8Array(capacity);
    this.account = new Uint16Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.segments = new Uint8Array(capacity);
    this.chargedSegments = new Uint8Array(capacity);
    this.voidedSegments = new Uint8Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.link = new Int16Array(capacity);
    this.tail = new Uint32Array(capacity);
    this.pricePerSegment = new Float64Array(capacity);
    this.acceptedAt = new Float64Array(capacity);
    this.dueAt = new Float64Array(capacity);
    this.validUntil = new Float64Array(capacity);
    this.deadline = new Float64Array(capacity);
    this.terminal = new Uint8Array(capacity);
    this.doneAt = new Float64Array(capacity);
    this.errorCode = new Uint32Array(capacity);
    this.homeSeq = new Float64Array(capacity);
    this.chunk = new Int32Array(capacity);
    this.offset = new Uint32Array(capacity);
    this.length = new Uint32Array(capacity);
    this.generation = new Uint16Array(capacity);
    this.next = new Int32Array(capacity);
  }

  /** A zeroed handle, or -1 at the limit. */
  take(): number {
    if (this.count >= this.maxMessages && !this.unbounded) return -1;
    let handle = this.#freeHead;
    if (handle >= 0) this.#freeHead = this.next[handle] as number;
    else {
      if (this.#highest === this.capacity) this.#grow();
      handle = this.#highest++;
    }
    this.count++;
    this.flags[handle] = 0;
    this.chargedSegments[handle] = 0;
    this.voidedSegments[handle] = 0;
    this.attempts[handle] = 0;
    this.link[handle] = -1;
    this.terminal[handle] = 0;
    this.doneAt[handle] = 0;
    this.errorCode[handle] = 0;
    this.next[handle] = -1;
    this.length[handle] = 0;
    return handle;
  }

  /** Gives the handle and its letter back. */
  release(handle: number): void {
    this.dropLetter(handle);
    this.refusals.delete(handle);
    this.phase[handle] = MessagePhase.free;
    this.generation[handle] = (this.generation[handle] as number) + 1;
    this.next[handle] = this.#freeHead;
    this.#freeHead = handle;
    this.count--;
  }

  /** Number of handles ever used: the end of a walk over all messages. */
  get span(): number {
    return this.#highest;
  }

  /** Room for a letter; false when memory's limit is reached. */
  room(handle: number, length: number): boolean {
    if (!this.slab.allocate(length, this.#place, this.unbounded)) return false;
    this.chunk[handle] = this.#place.chunk;
    this.offset[handle] = this.#place.offset;
    this.length[handle] = length;
    return true;
  }

  dropLetter(handle: number): void {
    const length = this.length[handle] as number;
    if (length === 0) return;
    this.slab.free(this.chunk[handle] as number, length);
    this.length[handle] = 0;
  }

  buffer(handle: number): Buffer {
    return this.slab.chunk(this.chunk[handle] as number);
  }

  /** Writes a new letter: identity and fixed octets are left to the caller (through `buffer` and `offset`). */
  writeLetter(handle: number, parts: LetterParts, eventRoom: number): boolean {
    const length =
      Letter.parts +
      parts.source.length +
      parts.destination.length +
      (parts.written === parts.destination ? 0 : parts.written.length) +
      parts.reference.length +
      parts.serviceType.length +
      parts.segments +
      eventRoom * EVENT_OCTETS +
      parts.body.length;
    if (!this.room(handle, length)) return false;
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    buffer[at + Letter.sourceLength] = parts.source.length;
    buffer[at + Letter.destinationLength] = parts.destination.length;
    const same = parts.written === parts.destination;
    buffer[at + Letter.writtenLength] = same ? WRITTEN_SAME : parts.written.length;
    buffer[at + Letter.referenceLength] = parts.reference.length;
    buffer[at + Letter.serviceTypeLength] = parts.serviceType.length;
    buffer[at + Letter.bodyLength] = parts.body.length >>> 8;
    buffer[at + Letter.bodyLength + 1] = parts.body.length & 0xff;
    buffer[at + Letter.eventRoom] = eventRoom;
    buffer[at + Letter.eventCount] = 0;
    let to = at + Letter.parts;
    to = putLatin1(buffer, putLatin1(buffer, to, parts.source), parts.destination);
    if (!same) to = putLatin1(buffer, to, parts.written);
    to = putLatin1(buffer, to, parts.reference);
    to = putLatin1(buffer, to, parts.serviceType);
    for (let i = 0; i < parts.segments; i++) buffer[to + i] = 0;
    to += parts.segments + eventRoom * EVENT_OCTETS;
    parts.body.copy(buffer, to);
    this.tail[handle] = tailOf(parts.destination);
    return true;
  }

  source(handle: number): string {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    return buffer.latin1Slice(at + Letter.parts, at + Letter.parts + (buffer[at + Letter.sourceLength] as number));
  }

  /** E.164 digits. */
  destination(handle: number): string {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    const from = at + Letter.parts + (buffer[at + Letter.sourceLength] as number);
    return buffer.latin1Slice(from, from + (buffer[at + Letter.destinationLength] as number));
  }

  /** The destination as the customer wrote it: receipts answer with it. */
  written(handle: number): string {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    const from =
      at +
      Letter.parts +
      (buffer[at + Letter.sourceLength] as number) +
      (buffer[at + Letter.destinationLength] as number);
    const length = buffer[at + Letter.writtenLength] as number;
    return length === WRITTEN_SAME ? this.destination(handle) : buffer.latin1Slice(from, from + length);
  }

  reference(handle: number): string {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    const to = this.#afterReference(buffer, at);
    return buffer.latin1Slice(to - (buffer[at + Letter.referenceLength] as number), to);
  }

  serviceType(handle: number): string {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    const from = this.#afterReference(buffer, at);
    return buffer.latin1Slice(from, from + (buffer[at + Letter.serviceTypeLength] as number));
  }

  /** Absolute offset in `buffer(handle)` of the per-segment states. */
  segmentsAt(handle: number): number {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    return this.#afterReference(buffer, at) + (buffer[at + Letter.serviceTypeLength] as number);
  }

  eventsAt(handle: number): number {
    return this.segmentsAt(handle) + (this.segments[handle] as number);
  }

  /** A view of the body; empty after its end. Valid until the letter moves. */
  body(handle: number): Buffer {
    const buffer = this.buffer(handle);
    const at = this.offset[handle] as number;
    const length = ((buffer[at + Letter.bodyLength] as number) << 8) | (buffer[at + Letter.bodyLength + 1] as number);
    const from = this.eventsAt(handle) + (buffer[at + Letter.eventRoom] as number) * EVENT_OCTETS;
    return buffer.subarray(from, from + length);
  }

  #afterReference(buffer: Buffer, at: number): number {
    const written = buffer[at + Letter.writtenLength] as number;
    return (
      at +
      Letter.parts +
      (buffer[at + Letter.sourceLength] as number) +
      (buffer[at + Letter.destinationLength] as number) +
      (written === WRITTEN_SAME ? 0 : written) +
      (buffer[at + Letter.referenceLength] as number)
    );
  }

  #grow(): void {
    const capacity = Math.min(this.maxMessages, this.capacity * 2);
    this.phase = grown(this.phase, capacity);
    this.lane = grown(this.lane, capacity);
    this.account = grown(this.account, capacity);
    this.flags = grown(this.flags, capacity);
    this.segments = grown(this.segments, capacity);
    this.chargedSegments = grown(this.chargedSegments, capacity);
    this.voidedSegments = grown(this.voidedSegments, capacity);
    this.attempts = grown(this.attempts, capacity);
    this.link = grown(this.link, capacity);
    this.tail = grown(this.tail, capacity);
    this.pricePerSegment = grown(this.pricePerSegment, capacity);
    this.acceptedAt = grown(this.acceptedAt, capacity);
    this.dueAt = grown(this.dueAt, capacity);
    this.validUntil = grown(this.validUntil, capacity);
    this.deadline = grown(this.deadline, capacity);
    this.terminal = grown(this.terminal, capacity);
    this.doneAt = grown(this.doneAt, capacity);
    this.errorCode = grown(this.errorCode, capacity);
    this.homeSeq = grown(this.homeSeq, capacity);
    this.chunk = grown(this.chunk, capacity);
    this.offset = grown(this.offset, capacity);
    this.length = grown(this.length, capacity);
    this.generation = grown(this.generation, capacity);
    this.next = grown(this.next, capacity);
    this.capacity = capacity;
  }
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int16Array | Int32Array | Float64Array;

function grown<T extends Column>(column: T, capacity: number): T {
  const next = new (column.constructor as new (length: number) => T)(capacity);
  next.set(column as never);
  return next;
}
