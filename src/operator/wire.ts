// The operator's own reading and writing of the few PDUs that an SMSC needs. It shares no code with smpp/ on purpose: a
// fault in the gateway's codec would otherwise stand on both ends of the test and never show (docs/decisions), and
// misbehaviour needs octets that a correct encoder refuses to write. SMPP 3.4 §3.2, §4.

export const Command = {
  bindReceiver: 0x00000001,
  bindTransmitter: 0x00000002,
  querySm: 0x00000003,
  submitSm: 0x00000004,
  deliverSm: 0x00000005,
  unbind: 0x00000006,
  replaceSm: 0x00000007,
  cancelSm: 0x00000008,
  bindTransceiver: 0x00000009,
  enquireLink: 0x00000015,
  submitMulti: 0x00000021,
  dataSm: 0x00000103,
  genericNack: 0x80000000,
  /** Added to a request's id. */
  response: 0x80000000,
} as const;

export const Status = {
  ok: 0x00,
  invalidLength: 0x02,
  invalidCommand: 0x03,
  invalidBindState: 0x04,
  alreadyBound: 0x05,
  systemError: 0x08,
  invalidSource: 0x0a,
  invalidDestination: 0x0b,
  invalidMessageId: 0x0c,
  bindFailed: 0x0d,
  invalidPassword: 0x0e,
  invalidSystemId: 0x0f,
  cancelFailed: 0x11,
  replaceFailed: 0x13,
  throttled: 0x58,
  invalidTlvStream: 0xc0,
  tlvNotAllowed: 0xc1,
} as const;

export const HEADER = 16;
/** Longest PDU that is read: message_payload at its longest, and the other fields. */
export const MAX_PDU = 70_000;
const ADDRESS_MAX = 20;

/** Where things stand in a submit_sm or data_sm; one instance is used over and over. */
export class SubmitView {
  sourceTon = 0;
  sourceNpi = 0;
  sourceFrom = 0;
  sourceTo = 0;
  destTon = 0;
  destNpi = 0;
  destFrom = 0;
  destTo = 0;
  esmClass = 0;
  registered = 0;
  dataCoding = 0;
  /** The user data, UDH included, in short_message or message_payload. */
  textFrom = 0;
  textTo = 0;
  /** sar_*; total 0 when there is none. */
  sarReference = 0;
  sarTotal = 0;
  sarSequence = 0;

  /** Reads the PDU in `from`…`to` of `bytes`; 0, or the status to refuse it with. */
  read(bytes: Buffer, from: number, to: number, data: boolean): number {
    let at = skipString(bytes, from + HEADER, to);
    if (at < 0 || at + 2 >= to) return Status.invalidLength;
    this.sourceTon = bytes[at] as number;
    this.sourceNpi = bytes[at + 1] as number;
    this.sourceFrom = at + 2;
    at = skipString(bytes, at + 2, to);
    if (at < 0 || at + 2 >= to) return Status.invalidLength;
    this.sourceTo = at - 1;
    this.destTon = bytes[at] as number;
    this.destNpi = bytes[at + 1] as number;
    this.destFrom = at + 2;
    at = skipString(bytes, at + 2, to);
    if (at < 0 || at + 3 > to) return Status.invalidLength;
    this.destTo = at - 1;
    if (this.sourceTo - this.sourceFrom > ADDRESS_MAX) return Status.invalidSource;
    if (this.destTo === this.destFrom || this.destTo - this.destFrom > ADDRESS_MAX) return Status.invalidDestination;
    this.esmClass = bytes[at] as number;
    this.textFrom = this.textTo = at;
    if (data) {
      this.registered = bytes[at + 1] as number;
      this.dataCoding = bytes[at + 2] as number;
      return this.#tlvs(bytes, at + 3, to);
    }
    // protocol_id, priority_flag; schedule_delivery_time, validity_period.
    at = skipString(bytes, at + 3, to);
    if (at < 0) return Status.invalidLength;
    at = skipString(bytes, at, to);
    // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length.
    if (at < 0 || at + 5 > to) return Status.invalidLength;
    this.registered = bytes[at] as number;
    this.dataCoding = bytes[at + 2] as number;
    this.textFrom = at + 5;
    this.textTo = at + 5 + (bytes[at + 4] as number);
    if (this.textTo > to) return Status.invalidLength;
    return this.#tlvs(bytes, this.textTo, to);
  }

  #tlvs(bytes: Buffer, from: number, to: number): number {
    this.sarTotal = 0;
    let at = from;
    while (at < to) {
      if (at + 4 > to) return Status.invalidTlvStream;
      const tag = bytes.readUInt16BE(at);
      const length = bytes.readUInt16BE(at + 2);
      at += 4;
      if (at + length > to) return Status.invalidTlvStream;
      if (tag === 0x0424) {
        if (this.textTo > this.textFrom) return Status.tlvNotAllowed;
        this.textFrom = at;
        this.textTo = at + length;
      } else if (tag === 0x020c && length === 2) this.sarReference = bytes.readUInt16BE(at);
      else if (tag === 0x020e && length === 1) this.sarTotal = bytes[at] as number;
      else if (tag === 0x020f && length === 1) this.sarSequence = bytes[at] as number;
      at += length;
    }
    return Status.ok;
  }
}

/** system_id, password and interface_version of a bind; null when its body is cut (3.4 §4.1). */
export function readBind(
  bytes: Buffer,
  from: number,
  to: number,
): { readonly systemId: string; readonly password: string; readonly version: number } | null {
  const idEnd = skipString(bytes, from + HEADER, to);
  const passwordEnd = idEnd < 0 ? -1 : skipString(bytes, idEnd, to);
  const typeEnd = passwordEnd < 0 ? -1 : skipString(bytes, passwordEnd, to);
  if (typeEnd < 0 || typeEnd + 3 > to) return null;
  return {
    systemId: bytes.latin1Slice(from + HEADER, idEnd - 1),
    password: bytes.latin1Slice(idEnd, passwordEnd - 1),
    version: bytes[typeEnd] as number,
  };
}

/** The offset after the NUL of the string at `at`, or −1. */
export function skipString(bytes: Buffer, at: number, to: number): number {
  let end = at;
  while (end < to && bytes[end] !== 0) end += 1;
  return end < to ? end + 1 : -1;
}

/** Octets gathered for one connection; written out once per turn. */
export class Outbox {
  bytes = Buffer.allocUnsafe(16_384);
  length = 0;

  /** Room for `count` more octets; where to write them. The caller adds to `length` what it wrote. */
  room(count: number): Buffer {
    if (this.length + count > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    return this.bytes;
  }

  /** A PDU that is only a header. */
  head(command: number, status: number, sequence: number): void {
    this.room(HEADER);
    writeHeader(this.bytes, this.length, HEADER, command, status, sequence);
    this.length += HEADER;
  }

  /** A response whose body is one string (latin1). */
  withString(command: number, sequence: number, value: string): void {
    const length = HEADER + value.length + 1;
    const bytes = this.room(length);
    writeHeader(bytes, this.length, length, command, 0, sequence);
    bytes.latin1Write(value, this.length + HEADER);
    bytes[this.length + length - 1] = 0;
    this.length += length;
  }

  /** The answer to a bind; sc_interface_version 3.4 to peers that know TLVs (3.4 §5.3.2.25). */
  bindResponse(command: number, sequence: number, systemId: string, withVersion: boolean): void {
    const length = HEADER + systemId.length + 1 + (withVersion ? 5 : 0);
    const bytes = this.room(length);
    writeHeader(bytes, this.length, length, (command | Command.response) >>> 0, 0, sequence);
    const end = this.length + HEADER + bytes.latin1Write(systemId, this.length + HEADER);
    bytes[end] = 0;
    if (withVersion) bytes.set([0x02, 0x10, 0x00, 0x01, 0x34], end + 1);
    this.length += length;
  }

  raw(octets: Buffer): void {
    this.room(octets.length);
    octets.copy(this.bytes, this.length);
    this.length += octets.length;
  }
}

export function writeHeader(
  bytes: Buffer,
  at: number,
  length: number,
  command: number,
  status: number,
  sequence: number,
): void {
  // Written by octet: three times as fast as writeUInt32BE, with which this would be the largest part of a small PDU.
  bytes[at] = length >>> 24;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
  bytes[at + 4] = command >>> 24;
  bytes[at + 5] = command >>> 16;
  bytes[at + 6] = command >>> 8;
  bytes[at + 7] = command;
  bytes[at + 8] = status >>> 24;
  bytes[at + 9] = status >>> 16;
  bytes[at + 10] = status >>> 8;
  bytes[at + 11] = status;
  bytes[at + 12] = sequence >>> 24;
  bytes[at + 13] = sequence >>> 16;
  bytes[at + 14] = sequence >>> 8;
  bytes[at + 15] = sequence;
}

/** An octet-wise copy: for the few octets of an address faster than a call into Buffer. */
export function copyOctets(source: Buffer, from: number, to: number, target: Buffer, at: number): number {
  let out = at;
  for (let i = from; i < to; i += 1) {
    target[out] = source[i] as number;
    out += 1;
  }
  return out;
}

/**
 * Cuts a byte stream into PDUs. `each` gets the PDU's place in a buffer that is valid during the call; it returns false
 * when the connection is gone. `wrongLength` ends the stream.
 */
export class Frames {
  #carry: Buffer = Buffer.allocUnsafe(0);
  #length = 0;

  feed(
    input: Buffer,
    each: (bytes: Buffer, from: number, to: number) => boolean,
    wrongLength: (length: number) => void,
  ): void {
    let bytes = input;
    let end = input.length;
    if (this.#length > 0) {
      if (this.#length + input.length > this.#carry.length) {
        const grown = Buffer.allocUnsafe((this.#length + input.length) * 2);
        this.#carry.copy(grown, 0, 0, this.#length);
        this.#carry = grown;
      }
      input.copy(this.#carry, this.#length);
      bytes = this.#carry;
      end = this.#length + input.length;
    }
    let at = 0;
    while (end - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length < HEADER || length > MAX_PDU) {
        wrongLength(length);
        return;
      }
      if (end - at < length) break;
      if (!each(bytes, at, at + length)) return;
      at += length;
    }
    this.#length = end - at;
    if (this.#length === 0) return;
    if (bytes === this.#carry) this.#carry.copyWithin(0, at, end);
    else {
      if (this.#carry.length < this.#length) this.#carry = Buffer.allocUnsafe(Math.max(65_536, this.#length));
      bytes.copy(this.#carry, 0, at, end);
    }
  }
}
