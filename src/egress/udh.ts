// Reads a user data header for the egress decisions (TS 23.040 §9.2.3.24). A walker of its own, apart from the codec of
// sms/, so that a fault there cannot open what is closed here.

import {
  IE_CONCAT_8,
  IE_CONCAT_16,
  IE_LOCKING_SHIFT,
  IE_PORTS_8,
  IE_PORTS_16,
  IE_SINGLE_SHIFT,
} from './allowTables.ts';
import type { DenyCode } from './denyTable.ts';

/** What a header holds. `denial` is the first thing against it, null if nothing; `element` is the IE it is about. */
export type UdhFacts = {
  denial: DenyCode | null;
  element: number;
  /** Octets of the header, its length octet included. */
  octets: number;
  /** Concatenation reference, total and sequence; total −1: no concatenation element. */
  reference: number;
  total: number;
  sequence: number;
  /** A concatenation or national element stands more than once, or both concatenation forms do. */
  repeated: boolean;
  /** Bits: 1 single shift, 2 locking shift. */
  national: number;
};

/** Reads the header at `start`; `end` is the end of the user data. Any element outside the allow-list is a denial. */
export function readUdh(bytes: Uint8Array, start: number, end: number): UdhFacts {
  const facts: UdhFacts = {
    denial: null,
    element: -1,
    octets: 0,
    reference: -1,
    total: -1,
    sequence: -1,
    repeated: false,
    national: 0,
  };
  const headerEnd = start < end ? start + 1 + bytes[start]! : end + 1;
  if (headerEnd > end) {
    facts.denial = 'udhMalformed';
    return facts;
  }
  facts.octets = headerEnd - start;
  let at = start + 1;
  while (at < headerEnd) {
    const element = bytes[at]!;
    if (at + 2 > headerEnd) return denied(facts, 'udhMalformed', element);
    const length = bytes[at + 1]!;
    const value = at + 2;
    at = value + length;
    if (at > headerEnd) return denied(facts, 'udhMalformed', element);
    if (element === IE_CONCAT_8 || element === IE_CONCAT_16) {
      const wide = element === IE_CONCAT_16;
      if (length !== (wide ? 4 : 3)) return denied(facts, 'udhMalformed', element);
      if (facts.total !== -1) facts.repeated = true;
      facts.reference = wide ? bytes[value]! * 256 + bytes[value + 1]! : bytes[value]!;
      facts.total = bytes[at - 2]!;
      facts.sequence = bytes[at - 1]!;
    } else if (element === IE_SINGLE_SHIFT || element === IE_LOCKING_SHIFT) {
      if (length !== 1) return denied(facts, 'udhMalformed', element);
      const bit = element === IE_SINGLE_SHIFT ? 1 : 2;
      if ((facts.national & bit) !== 0) facts.repeated = true;
      facts.national |= bit;
    } else if (element === IE_PORTS_8 || element === IE_PORTS_16) {
      return denied(facts, 'udhPorts', element);
    } else {
      return denied(facts, 'udhElement', element);
    }
  }
  return facts;
}

function denied(facts: UdhFacts, denial: DenyCode, element: number): UdhFacts {
  facts.denial = denial;
  facts.element = element;
  return facts;
}
