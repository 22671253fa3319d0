// The packed part of an order that left: one letter in a slab per handle, with what stands in it and where. Layout and access
// only; sentStore.ts owns the handles.
import { readU16, readU32, readU64 } from '../base/bytes.ts';
import { Slab, type SlabPlace } from '../base/slab.ts';

import {
  ACCEPTED,
  ERROR_OCTETS,
  Field,
  HEAD,
  type LetterFields,
  Part,
  putLatin1,
  putU16,
  putU32,
  putU64,
  SEGMENT,
  type SegmentFields,
  SegmentFlag,
} from './letterLayout.ts';

const CHUNK_BYTES = 1_048_576;

export class Letters {
  readonly #chunk: Uint16Array;
  readonly #offset: Uint32Array;
  readonly #length: Uint16Array;
  readonly #slab = new Slab(CHUNK_BYTES, 65_535);
  readonly #place: SlabPlace = { chunk: 0, offset: 0 };
  /** Error texts that are longer than a letter has room for. */
  readonly #longErrors = new Map<number, string>();

  constructor(capacity: number) {
    this.#chunk = new Uint16Array(capacity);
    this.#offset = new Uint32Array(capacity);
    this.#length = new Uint16Array(capacity);
  }

  get letterBytes(): number {
    return this.#slab.heldBytes;
  }

  sealed(handle: number): boolean {
    return this.#length[handle] !== 0;
  }

  /** Packs what is known now that every segment has an outcome. */
  seal(handle: number, fields: LetterFields, segments: readonly SegmentFields[], total: number): void {
    let octets = HEAD + fields.sender.length + fields.recipient.length + fields.extension.length + SEGMENT * total;
    for (let i = 0; i < total; i++) octets += (segments[i] as SegmentFields).remoteId.length;
    if (octets > 65_535 || !this.#slab.allocate(octets, this.#place)) throw new Error('sent: no room for a letter');
    this.#chunk[handle] = this.#place.chunk;
    this.#offset[handle] = this.#place.offset;
    this.#length[handle] = octets;
    const b = this.#slab.chunk(this.#place.chunk);
    let at = this.#place.offset;
    putU64(b, at + Field.guardId, fields.guardId);
    putU32(b, at + Field.submittedS, Math.floor(fields.submittedAt / 1000));
    putU32(b, at + Field.validUntilS, Math.ceil(fields.validUntil / 1000));
    putU16(b, at + Field.link, fields.linkNumber);
    putU16(b, at + Field.upstream, fields.upstreamNumber);
    b[at + Field.total] = total;
    b[at + Field.sourceTon] = fields.senderTon;
    b[at + Field.sourceNpi] = fields.senderNpi;
    b[at + Field.sourceLength] = fields.sender.length;
    b[at + Field.destinationLength] = fields.recipient.length;
    putU16(b, at + Field.extensionLength, fields.extension.length);
    at += HEAD;
    at = putLatin1(b, at, fields.sender);
    at = putLatin1(b, at, fields.recipient);
    at = putLatin1(b, at, fields.extension);
    for (let i = 0; i < total; i++) {
      const one = segments[i] as SegmentFields;
      b[at + Part.outcome] = (one.outcome << 4) | one.verdict;
      putU32(b, at + Part.status, one.status);
      for (let zero = at + Part.state; zero < at + Part.idLength; zero++) b[zero] = 0;
      b[at + Part.idLength] = one.remoteId.length;
      at = putLatin1(b, at + SEGMENT, one.remoteId);
    }
  }

  /** Gives the letter up. */
  protected unseal(handle: number): void {
    if (!this.sealed(handle)) return;
    const total = this.total(handle);
    if (this.#longErrors.size > 0) for (let i = 0; i < total; i++) this.#longErrors.delete(handle * 256 + i);
    this.#slab.free(this.#chunk[handle] as number, this.#length[handle] as number);
    this.#length[handle] = 0;
  }

  /** A late answer named the segment: the letter is packed anew with the id and the outcome accepted. */
  setRemoteId(handle: number, segment: number, remoteId: string): void {
    const old = this.#letter(handle);
    const from = this.#offset[handle] as number;
    const length = this.#length[handle] as number;
    const chunk = this.#chunk[handle] as number;
    const part = this.#part(handle, segment) - from;
    const octets = length + remoteId.length;
    if (octets > 65_535 || !this.#slab.allocate(octets, this.#place)) return;
    const b = this.#slab.chunk(this.#place.chunk);
    const to = this.#place.offset;
    const cut = part + SEGMENT;
    old.copy(b, to, from, from + cut);
    old.copy(b, to + cut + remoteId.length, from + cut, from + length);
    putLatin1(b, to + cut, remoteId);
    b[to + part] = ACCEPTED << 4;
    b[to + part + Part.idLength] = remoteId.length;
    this.#chunk[handle] = this.#place.chunk;
    this.#offset[handle] = to;
    this.#length[handle] = octets;
    this.#slab.free(chunk, length);
  }

  #letter(handle: number): Buffer {
    return this.#slab.chunk(this.#chunk[handle] as number);
  }

  guardId(handle: number): number {
    return readU64(this.#letter(handle), (this.#offset[handle] as number) + Field.guardId);
  }

  submittedAt(handle: number): number {
    return readU32(this.#letter(handle), (this.#offset[handle] as number) + Field.submittedS) * 1000;
  }

  validUntil(handle: number): number {
    return readU32(this.#letter(handle), (this.#offset[handle] as number) + Field.validUntilS) * 1000;
  }

  link(handle: number): number {
    return readU16(this.#letter(handle), (this.#offset[handle] as number) + Field.link);
  }

  upstream(handle: number): number {
    return readU16(this.#letter(handle), (this.#offset[handle] as number) + Field.upstream);
  }

  total(handle: number): number {
    return this.#letter(handle)[(this.#offset[handle] as number) + Field.total] as number;
  }

  sourceTon(handle: number): number {
    return this.#letter(handle)[(this.#offset[handle] as number) + Field.sourceTon] as number;
  }

  sourceNpi(handle: number): number {
    return this.#letter(handle)[(this.#offset[handle] as number) + Field.sourceNpi] as number;
  }

  source(handle: number): string {
    const b = this.#letter(handle);
    const at = this.#offset[handle] as number;
    return b.latin1Slice(at + HEAD, at + HEAD + (b[at + Field.sourceLength] as number));
  }

  destination(handle: number): string {
    const b = this.#letter(handle);
    const at = this.#offset[handle] as number;
    const from = at + HEAD + (b[at + Field.sourceLength] as number);
    return b.latin1Slice(from, from + (b[at + Field.destinationLength] as number));
  }

  /** It is of bind mode. */
  extended(handle: number): boolean {
    return readU16(this.#letter(handle), (this.#offset[handle] as number) + Field.extensionLength) !== 0;
  }

  extension(handle: number): string {
    const b = this.#letter(handle);
    const at = this.#offset[handle] as number;
    const from = at + HEAD + (b[at + Field.sourceLength] as number) + (b[at + Field.destinationLength] as number);
    return b.latin1Slice(from, from + readU16(b, at + Field.extensionLength));
  }

  /** Where segment `segment` (from 0) stands in its chunk. */
  #part(handle: number, segment: number): number {
    const b = this.#letter(handle);
    const at = this.#offset[handle] as number;
    let part =
      at +
      HEAD +
      (b[at + Field.sourceLength] as number) +
      (b[at + Field.destinationLength] as number) +
      readU16(b, at + Field.extensionLength);
    for (let i = 0; i < segment; i++) part += SEGMENT + (b[part + Part.idLength] as number);
    return part;
  }

  outcome(handle: number, segment: number): number {
    return (this.#letter(handle)[this.#part(handle, segment)] as number) >> 4;
  }

  verdict(handle: number, segment: number): number {
    return (this.#letter(handle)[this.#part(handle, segment)] as number) & 0x0f;
  }

  status(handle: number, segment: number): number {
    return readU32(this.#letter(handle), this.#part(handle, segment) + Part.status);
  }

  remoteId(handle: number, segment: number): string {
    const b = this.#letter(handle);
    const at = this.#part(handle, segment);
    return b.latin1Slice(at + SEGMENT, at + SEGMENT + (b[at + Part.idLength] as number));
  }

  /** The final state of a segment; 0: none yet. */
  state(handle: number, segment: number): number {
    return this.#letter(handle)[this.#part(handle, segment) + Part.state] as number;
  }

  segmentFlag(handle: number, segment: number, flag: number): boolean {
    return ((this.#letter(handle)[this.#part(handle, segment) + Part.flags] as number) & flag) !== 0;
  }

  setSegmentFlag(handle: number, segment: number, flag: number): void {
    const at = this.#part(handle, segment) + Part.flags;
    const b = this.#letter(handle);
    b[at] = (b[at] as number) | flag;
    if (flag === SegmentFlag.upAcked && this.#longErrors.size > 0) this.#longErrors.delete(handle * 256 + segment);
  }

  /** The first final state. `eventNumber` names the receipt that goes up; `rawError` is at most 16 characters. */
  setState(
    handle: number,
    segment: number,
    state: number,
    eventNumber: number,
    receivedAt: number,
    rawError: string,
  ): void {
    const at = this.#part(handle, segment);
    const b = this.#letter(handle);
    b[at + Part.state] = state;
    putU64(b, at + Part.eventNumber, eventNumber);
    putU64(b, at + Part.receivedAt, receivedAt);
    const kept = Math.min(ERROR_OCTETS, rawError.length);
    b[at + Part.errorLength] = rawError.length;
    for (let i = 0; i < kept; i++) b[at + Part.error + i] = rawError.charCodeAt(i);
    if (rawError.length > ERROR_OCTETS) this.#longErrors.set(handle * 256 + segment, rawError);
  }

  eventNumber(handle: number, segment: number): number {
    return readU64(this.#letter(handle), this.#part(handle, segment) + Part.eventNumber);
  }

  receivedAt(handle: number, segment: number): number {
    return readU64(this.#letter(handle), this.#part(handle, segment) + Part.receivedAt);
  }

  rawError(handle: number, segment: number): string {
    const at = this.#part(handle, segment);
    const b = this.#letter(handle);
    const length = b[at + Part.errorLength] as number;
    if (length > ERROR_OCTETS)
      return (
        this.#longErrors.get(handle * 256 + segment) ?? b.latin1Slice(at + Part.error, at + Part.error + ERROR_OCTETS)
      );
    return b.latin1Slice(at + Part.error, at + Part.error + length);
  }
}
