// What an order says: its TLVs and its price, read from a submit_sm. Reading only; orders.ts judges.
import { NO_BYTES, readU64 } from '../base/bytes.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag } from '../smpp/vendor.ts';

const PRICE_OCTETS = 11;
const TIME_OCTETS = 8;
/** Letters keep seconds in 32 bits (letterLayout). */
const TIME_MAX_MS = 0xffff_ffff * 1000;

/** The TLVs of an order; one instance is filled again and again. Buffers are views of the request. */
export class OrderTlvs {
  op = '';
  opOctets = NO_BYTES;
  seed = '';
  token = NO_BYTES;
  segments = 0;
  lane = 1;
  flags = 0;
  /** Real end of validity, ms since the epoch; 0: none is said. */
  validUntil = 0;
  account = '';
  purpose = '';
  reference = '';
  price = NO_BYTES;
  body = NO_BYTES;

  read(pdu: SubmitSm): void {
    this.op = '';
    this.opOctets = NO_BYTES;
    this.seed = '';
    this.token = NO_BYTES;
    this.segments = 0;
    this.lane = 1;
    this.flags = 0;
    this.validUntil = 0;
    this.account = '';
    this.purpose = '';
    this.reference = '';
    this.price = NO_BYTES;
    this.body = pdu.shortMessage;
    for (const { tag, value } of pdu.tlvs) {
      switch (tag) {
        case Tag.messagePayload:
          if (this.body.length === 0) this.body = value;
          break;
        case HopTag.op:
          this.op = value.latin1Slice(0, value.length);
          this.opOctets = value;
          break;
        case HopTag.seed:
          this.seed = value.latin1Slice(0, value.length);
          break;
        case HopTag.orderToken:
          this.token = value;
          break;
        case HopTag.segmentCount:
          this.segments = value[0] ?? 0;
          break;
        case HopTag.lane:
          this.lane = value[0] ?? 1;
          break;
        case HopTag.orderFlags:
          this.flags = value[0] ?? 0;
          break;
        case HopTag.validUntil:
          this.validUntil = value.length === TIME_OCTETS ? timeOf(readU64(value, 0)) : 0;
          break;
        case HopTag.account:
          this.account = value.latin1Slice(0, value.length);
          break;
        case HopTag.purpose:
          this.purpose = value.latin1Slice(0, value.length);
          break;
        case HopTag.customerReference:
          this.reference = value.latin1Slice(0, value.length);
          break;
        case HopTag.price:
          this.price = value;
          break;
      }
    }
  }
}

/** What a letter can hold and the token covers; any other end is none. */
function timeOf(ms: number): number {
  return ms <= TIME_MAX_MS ? ms : 0;
}

/** A TLV price, u64 micro-units and three letters, as the text that is committed, e.g. "CHF 0.0550"; empty for anything else. */
export function priceText(value: Buffer): string {
  if (value.length !== PRICE_OCTETS) return '';
  const micro = readU64(value, 0);
  const whole = Math.floor(micro / 1_000_000);
  const fraction = micro - whole * 1_000_000;
  // Four to six digits; the one before them becomes the point. Nearly every message has another price than the one before.
  const digits =
    fraction % 100 === 0
      ? 10_000 + fraction / 100
      : fraction % 10 === 0
        ? 100_000 + fraction / 10
        : 1_000_000 + fraction;
  const currency = String.fromCharCode(value[8] as number, value[9] as number, value[10] as number);
  return `${currency} ${whole}.${String(digits).slice(1)}`;
}
