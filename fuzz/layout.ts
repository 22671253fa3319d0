// Where things stand in the octets of a PDU: ends of strings, lengths, TLVs. Mutations that aim need it; whether the PDU is in
// order is nobody's business here.
import { commandSpec } from '../src/smpp/commands.ts';

/** Offsets within one PDU. What could not be reached is not there. */
export interface Layout {
  /** NULs that end strings. */
  readonly ends: readonly number[];
  /** Single octets that count or measure what follows: sm_length, number_of_dests. */
  readonly counts: readonly number[];
  /** Tags of TLVs; the length stands two octets behind. */
  readonly tlvs: readonly number[];
  /** Single octets between the strings: ton, npi, esm_class, data_coding … */
  readonly octets: readonly number[];
}

const HEADER = 16;

export function layoutOf(pdu: Buffer): Layout {
  const ends: number[] = [];
  const counts: number[] = [];
  const octets: number[] = [];
  let at = HEADER;
  const string = (): void => {
    const end = pdu.indexOf(0, at);
    at = end < 0 ? pdu.length : end + 1;
    if (end >= 0) ends.push(end);
  };
  for (const { kind } of commandSpec(pdu.readUInt32BE(4))?.fields ?? []) {
    if (at >= pdu.length) break;
    switch (kind) {
      case 'cstring':
      case 'time':
      case 'date':
        string();
        break;
      case 'u8':
        octets.push(at++);
        break;
      case 'u32':
        at += 4;
        break;
      case 'message':
        counts.push(at);
        at += 1 + (pdu[at] as number);
        break;
      case 'destinations':
      case 'unsuccess': {
        counts.push(at);
        for (let left = pdu[at++] as number; left > 0 && at < pdu.length; left--) {
          const list = kind === 'destinations' && pdu[at] === 2;
          if (kind === 'destinations') octets.push(at++);
          if (!list) at += 2;
          string();
          if (kind === 'unsuccess') at += 4;
        }
        break;
      }
    }
  }
  const tlvs: number[] = [];
  while (at + 4 <= pdu.length) {
    tlvs.push(at);
    at += 4 + pdu.readUInt16BE(at + 2);
  }
  return { ends, counts, tlvs, octets };
}
