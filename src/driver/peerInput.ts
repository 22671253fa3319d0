// Decodes the frames of one peer in its version and hands them to its session. No state but the version.
import type { Inbound } from '../session/inbound.ts';
import type { PduHead } from '../session/types.ts';
import { decode, type MalformedPdu, type UnknownPdu } from '../smpp/decode.ts';
import { DEFAULT_DECODE, type DecodeOptions } from '../smpp/decodeBody.ts';
import type { Pdu } from '../smpp/pdu.ts';

export class PeerInput<T> {
  readonly #inbound: Inbound<Pdu, T>;
  #decoding: DecodeOptions;

  constructor(inbound: Inbound<Pdu, T>, lenientTimes: boolean) {
    this.#inbound = inbound;
    this.#decoding = { ...DEFAULT_DECODE, lenientTimes };
  }

  set version(version: number) {
    this.#decoding = { ...this.#decoding, version };
  }

  frame(buffer: Buffer, offset: number, length: number, nowMs: number): void {
    const decoded = decode(buffer, offset, length, this.#decoding);
    if (decoded.kind === 'pdu') this.#inbound.receive(decoded.pdu, nowMs);
    else if (decoded.kind === 'malformed') this.#inbound.malformed(headOf(decoded), decoded.status, nowMs);
    else this.#inbound.unknown(headOf(decoded), nowMs);
  }
}

function headOf(decoded: MalformedPdu | UnknownPdu): PduHead {
  return { commandId: decoded.commandId, sequence: decoded.sequence, status: decoded.carriedStatus };
}
