// An order is proved for its link as it is, and not with anything of it changed: fields, TLVs, or one octet of the token.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderTokens } from '../../src/egress/orderToken.ts';
import { OrderProof, TOKEN_OCTETS } from '../../src/guard/orderProof.ts';
import { OrderTlvs } from '../../src/guard/orderTlvs.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import type { SubmitSm } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { HopTag } from '../../src/smpp/vendor.ts';
import { order, SECRET } from './orders.ts';

const VALIDITY_S = 3600;
const END_MS = 1_800_000_000_000;

function proved(pdu: SubmitSm, link = 'a', validitySeconds = VALIDITY_S): boolean {
  const tlvs = new OrderTlvs();
  tlvs.read(pdu);
  return new OrderProof().holds(new OrderTokens(SECRET, createCrypto().sha256Octets), link, pdu, tlvs, validitySeconds);
}

/** A fresh order, with 255 segments and every flag, so that each bit of them can be changed. */
function fresh(): SubmitSm {
  return order('a', { op: 'proof', validUntil: END_MS, segments: 255, flags: 255, validitySeconds: VALIDITY_S });
}

test('an order is proved as it was given, for its link', () => {
  assert.equal(proved(fresh()), true);
  assert.equal(proved(fresh(), 'b'), false);
  assert.equal(proved(fresh(), 'a', VALIDITY_S + 0x10000), false);
});

test('every octet of the token counts', () => {
  for (let octet = 0; octet < TOKEN_OCTETS; octet++) {
    const pdu = fresh();
    const token = pdu.tlvs.find(({ tag }) => tag === HopTag.orderToken)?.value as Buffer;
    token[octet] = (token[octet] as number) ^ 0x80;
    assert.equal(proved(pdu), false, `octet ${octet}`);
  }
});

test('every field that must not change counts', () => {
  const changed: { readonly [field: string]: Partial<SubmitSm> } = {
    source_addr_ton: { sourceAddrTon: 1 },
    source_addr_npi: { sourceAddrNpi: 1 },
    source_addr: { sourceAddr: 'Glaspoft' },
    destination_addr: { destinationAddr: '41790000002' },
    data_coding: { dataCoding: 8 },
    esm_class: { esmClass: 0x40 },
  };
  for (const [field, change] of Object.entries(changed)) assert.equal(proved({ ...fresh(), ...change }), false, field);
});

test('every bit of the TLVs that must not change counts', () => {
  for (const tag of [HopTag.op, HopTag.segmentCount, HopTag.orderFlags, HopTag.validUntil, Tag.messagePayload]) {
    const octets = fresh().tlvs.find((one) => one.tag === tag)?.value.length ?? 0;
    assert.ok(octets > 0);
    // The end of validity has 48 bits.
    for (let bit = tag === HopTag.validUntil ? 16 : 0; bit < octets * 8; bit++) {
      const pdu = fresh();
      const value = pdu.tlvs.find((one) => one.tag === tag)?.value as Buffer;
      value[bit >> 3] = (value[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      assert.equal(proved(pdu), false, `TLV ${tag.toString(16)}, bit ${bit}`);
    }
  }
});
