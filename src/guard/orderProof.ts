// The proof that an order is the gateway's: its token, computed anew over everything that must not change on the way.

import { blankFacts, type OrderTokens } from '../egress/orderToken.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import type { OrderTlvs } from './orderTlvs.ts';

/** Octets of a token. */
export const TOKEN_OCTETS = 32;

const UDHI = 0x40;

/** Checks tokens; one instance is used again and again. */
export class OrderProof {
  readonly #facts = blankFacts();

  /** Is this order proved for `link`? As many steps whatever the token is. */
  holds(tokens: OrderTokens, link: string, pdu: SubmitSm, tlvs: OrderTlvs, validitySeconds: number): boolean {
    const facts = this.#facts;
    facts.op = tlvs.opOctets;
    facts.link = link;
    facts.sourceTon = pdu.sourceAddrTon;
    facts.sourceNpi = pdu.sourceAddrNpi;
    facts.source = pdu.sourceAddr;
    facts.destination = pdu.destinationAddr;
    facts.dataCoding = pdu.dataCoding;
    facts.udhi = (pdu.esmClass & UDHI) !== 0;
    facts.segmentCount = tlvs.segments;
    facts.validitySeconds = validitySeconds;
    facts.validUntil = tlvs.validUntil;
    facts.flags = tlvs.flags;
    facts.body = tlvs.body;
    const wanted = tokens.of(facts);
    let difference = 0;
    for (let i = 0; i < TOKEN_OCTETS; i++) difference |= wanted.charCodeAt(i) ^ (tlvs.token[i] as number);
    return difference === 0;
  }
}
