// Cuts what one end of a connection writes into PDUs, for those who watch the wire. Garbage ends the watching of that stream.

const HEADER = 16;
const MAX_PDU = 200_000;
const STATES: { readonly [word: string]: number } = {
  DELIVRD: 2,
  EXPIRED: 3,
  DELETED: 4,
  UNDELIV: 5,
  ACCEPTD: 6,
  UNKNOWN: 7,
  REJECTD: 8,
};

export class PduScanner {
  #rest: Buffer = Buffer.alloc(0);
  #lost = false;

  /** Calls `each` for every PDU that is complete now. */
  feed(bytes: Buffer, each: (pdu: Buffer, command: number, status: number, sequence: number) => void): void {
    if (this.#lost) return;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= HEADER) {
      const length = all.readUInt32BE(at);
      if (length < HEADER || length > MAX_PDU) {
        this.#lost = true;
        return;
      }
      if (all.length - at < length) break;
      const pdu = all.subarray(at, at + length);
      each(pdu, pdu.readUInt32BE(4), pdu.readUInt32BE(8), pdu.readUInt32BE(12));
      at += length;
    }
    this.#rest = Buffer.from(all.subarray(at));
  }
}

/** The offset behind the NUL-ended string at `at`. */
export function behind(pdu: Buffer, at: number): number {
  let end = at;
  while (end < pdu.length && pdu[end] !== 0) end++;
  return end + 1;
}

export function cstring(pdu: Buffer, at: number): string {
  return pdu.latin1Slice(at, behind(pdu, at) - 1);
}

/** Addresses, esm_class, short_message and the place of the TLVs of a submit_sm or deliver_sm; null when it is cut. */
export function readSm(pdu: Buffer): {
  readonly source: string;
  readonly destination: string;
  readonly esmClass: number;
  readonly text: string;
  readonly tlvs: number;
} | null {
  let at = behind(pdu, HEADER) + 2;
  const source = cstring(pdu, at);
  at = behind(pdu, at) + 2;
  const destination = cstring(pdu, at);
  at = behind(pdu, at);
  const esmClass = pdu[at] ?? 0;
  at = behind(pdu, behind(pdu, at + 3)) + 4;
  if (at >= pdu.length) return null;
  const length = pdu[at] as number;
  return { source, destination, esmClass, text: pdu.latin1Slice(at + 1, at + 1 + length), tlvs: at + 1 + length };
}

/** The value of the first TLV `tag` from `at` on, or null. */
export function readTlv(pdu: Buffer, from: number, tag: number): Buffer | null {
  for (let at = from; at + 4 <= pdu.length; ) {
    const length = pdu.readUInt16BE(at + 2);
    if (pdu.readUInt16BE(at) === tag) return pdu.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return null;
}

/** id, number and state of a receipt in the form that our operators and our gateway write; null for what is none. */
export function receiptOf(
  pdu: Buffer,
): { readonly id: string; readonly destination: string; readonly state: number; readonly esmClass: number } | null {
  const sm = readSm(pdu);
  if (sm === null || (sm.esmClass & 0x3c) === 0) return null;
  const read = /^id:(\S+) .*stat:(\w+)/.exec(sm.text);
  const state = STATES[read?.[2] ?? ''];
  return read === null || state === undefined
    ? null
    : { id: read[1] as string, destination: sm.source, state, esmClass: sm.esmClass };
}
