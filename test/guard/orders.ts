// Orders as a Glaspost gateway makes them, with their token.
import { OrderTokens } from '../../src/egress/orderToken.ts';
import { createCrypto } from '../../src/host/crypto.ts';
import { type SubmitSm, submitSm, type Tlv } from '../../src/smpp/pdu.ts';
import { Tag } from '../../src/smpp/tlvs.table.ts';
import { HopTag } from '../../src/smpp/vendor.ts';

export const SECRET = Buffer.from('test token secret');
const crypto = createCrypto();

export interface OrderSpec {
  readonly op: string;
  readonly text?: string;
  readonly to?: string;
  readonly segments?: number;
  readonly validitySeconds?: number;
  /** Real end, ms since the epoch; an hour from now. */
  readonly validUntil?: number;
  readonly tlvs?: readonly Tlv[];
  readonly dataCoding?: number;
  readonly badToken?: boolean;
  readonly flags?: number;
  readonly lane?: number;
}

export function order(link: string, spec: OrderSpec): SubmitSm {
  const op = spec.op.padEnd(16, '.').slice(0, 16);
  const body = Buffer.from(spec.text ?? 'hello from the gateway', 'latin1');
  const segments = spec.segments ?? 1;
  const validitySeconds = spec.validitySeconds ?? 3600;
  const validUntil = spec.validUntil ?? Date.now() + 3_600_000;
  const end = Buffer.alloc(8);
  end.writeBigUInt64BE(BigInt(validUntil));
  const destination = spec.to ?? '41790000001';
  const secret = spec.badToken ? Buffer.from('other') : SECRET;
  const token = new OrderTokens(secret, crypto.sha256Octets).of({
    op: Buffer.from(op, 'latin1'),
    link,
    sourceTon: 5,
    sourceNpi: 0,
    source: 'Glaspost',
    destination,
    dataCoding: spec.dataCoding ?? 0,
    udhi: false,
    segmentCount: segments,
    validitySeconds,
    validUntil,
    flags: spec.flags ?? 0,
    body,
  });
  const h = Math.floor(validitySeconds / 3600);
  const two = (n: number): string => String(n).padStart(2, '0');
  return submitSm({
    sourceAddrTon: 5,
    sourceAddr: 'Glaspost',
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: destination,
    validityPeriod: `0000${two(Math.floor(h / 24))}${two(h % 24)}${two(Math.floor(validitySeconds / 60) % 60)}${two(validitySeconds % 60)}000R`,
    registeredDelivery: 1,
    dataCoding: spec.dataCoding ?? 0,
    tlvs: [
      { tag: Tag.messagePayload, value: body },
      { tag: HopTag.op, value: Buffer.from(op, 'latin1') },
      { tag: HopTag.seed, value: Buffer.alloc(16, 0xa5) },
      { tag: HopTag.orderToken, value: Buffer.from(token, 'latin1') },
      { tag: HopTag.validUntil, value: end },
      { tag: HopTag.segmentCount, value: Buffer.from([segments]) },
      { tag: HopTag.lane, value: Buffer.from([spec.lane ?? 1]) },
      { tag: HopTag.account, value: Buffer.from('cust_0001') },
      { tag: HopTag.purpose, value: Buffer.from('otp/contract') },
      { tag: HopTag.customerReference, value: Buffer.from('ref-77') },
      { tag: HopTag.price, value: Buffer.from([0, 0, 0, 0, 0, 0, 0xd6, 0xd8, 0x43, 0x48, 0x46]) },
      ...(spec.flags === undefined ? [] : [{ tag: HopTag.orderFlags, value: Buffer.from([spec.flags]) }]),
      ...(spec.tlvs ?? []),
    ],
  });
}
