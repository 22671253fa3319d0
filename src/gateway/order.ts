// An order to the guard: one message over one link as a submit_sm with the hop's TLVs (design §3). Written from the
// message's letter; nothing of it is kept.
import { type OrderFacts, orderToken } from '../egress/orderToken.ts';
import { type SubmitSm, submitSm, type Tlv } from '../smpp/pdu.ts';
import { formatRelative } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag, OrderFlag } from '../smpp/vendor.ts';
import { accountOf, type Core } from './core.ts';
import { Letter, MessageFlag } from './layout.ts';

/** What may leave, in seconds (transparency §5.1: 5 min to 72 h). */
const UDHI = 0x40;
const VALIDITY_MIN_S = 300;
const VALIDITY_MAX_S = 72 * 3600;

/** TLVs that are the same for many orders, made once. One per gateway instance. */
export interface OrderCache {
  readonly accounts: Map<number, { readonly name: Tlv; readonly purpose: Tlv; readonly lanes: readonly Tlv[] }>;
  readonly purposes: Tlv[];
  readonly counts: Tlv[];
  readonly flags: Tlv[];
  validitySeconds: number;
  validityText: string;
}

export function orderCache(): OrderCache {
  return { accounts: new Map(), purposes: [], counts: [], flags: [], validitySeconds: -1, validityText: '' };
}

type MutableFacts = { -readonly [K in keyof OrderFacts]: OrderFacts[K] };

/** `ask`: only the outcome of what was given before is wanted; so it is too when the validity has ended. */
export function makeOrder(
  core: Core,
  cache: OrderCache,
  handle: number,
  link: string,
  nowMs: number,
  ask: boolean,
): SubmitSm {
  const { store } = core;
  const buffer = store.buffer(handle);
  const at = store.offset[handle] as number;
  const body = store.body(handle);
  const segments = store.segments[handle] as number;
  const flags = store.flags[handle] as number;
  const validUntil = store.validUntil[handle] as number;
  const remaining = Math.ceil((validUntil - nowMs) / 1000);
  const validitySeconds = Math.max(VALIDITY_MIN_S, Math.min(VALIDITY_MAX_S, remaining));
  if (validitySeconds !== cache.validitySeconds) {
    cache.validitySeconds = validitySeconds;
    cache.validityText = formatRelative(validitySeconds * 1000) ?? '';
  }
  const source = store.source(handle);
  const destination = store.destination(handle);
  const facts: MutableFacts = {
    op: buffer.latin1Slice(at + Letter.op, at + Letter.op + 16),
    link,
    sourceTon: buffer[at + Letter.sourceTon] as number,
    sourceNpi: buffer[at + Letter.sourceNpi] as number,
    source,
    destination,
    dataCoding: buffer[at + Letter.dataCoding] as number,
    udhi: (flags & MessageFlag.udhi) !== 0,
    segmentCount: segments,
    validitySeconds,
    validUntil,
    flags: orderFlags(flags, ask || nowMs >= validUntil),
    bodyDigest: core.world.crypto.sha256Latin1(body.latin1Slice(0, body.length)),
  };
  const token = orderToken(core.tokenKey, facts, core.world.crypto.sha256Latin1);
  const shared = accountTlvs(core, cache, handle);
  const tlvs: Tlv[] = [
    { tag: Tag.messagePayload, value: body },
    { tag: HopTag.op, value: buffer.subarray(at + Letter.op, at + Letter.op + 16) },
    { tag: HopTag.seed, value: buffer.subarray(at + Letter.seed, at + Letter.seed + 16) },
    { tag: HopTag.orderToken, value: Buffer.from(token, 'latin1') },
    { tag: HopTag.validUntil, value: timeValue(validUntil) },
    countTlv(cache, segments),
    shared.lanes[store.lane[handle] as number] as Tlv,
    shared.name,
    {
      tag: HopTag.price,
      value: priceValue((store.pricePerSegment[handle] as number) * segments, accountOf(core, handle).config.currency),
    },
  ];
  const purpose = buffer[at + Letter.purpose] as number;
  const why = purpose === 0 ? shared.purpose : purposeTlv(core, cache, purpose);
  if (why.value.length > 0) tlvs.push(why);
  const reference = store.reference(handle);
  if (reference !== '') tlvs.push({ tag: HopTag.customerReference, value: Buffer.from(reference, 'latin1') });
  if (facts.flags !== 0) tlvs.push(flagTlv(cache, facts.flags));
  return submitSm({
    sourceAddrTon: facts.sourceTon,
    sourceAddrNpi: facts.sourceNpi,
    sourceAddr: source,
    destAddrTon: 1,
    destAddrNpi: 1,
    destinationAddr: destination,
    validityPeriod: cache.validityText,
    esmClass: facts.udhi ? UDHI : 0,
    registeredDelivery: 1,
    dataCoding: facts.dataCoding,
    tlvs,
  });
}

function orderFlags(flags: number, ask: boolean): number {
  return (
    (flags & MessageFlag.test ? OrderFlag.test : 0) |
    (flags & MessageFlag.repeated ? OrderFlag.repeated : 0) |
    (flags & MessageFlag.possibleDuplicate ? OrderFlag.possibleDuplicate : 0) |
    (ask ? OrderFlag.askOnly : 0)
  );
}

function accountTlvs(
  core: Core,
  cache: OrderCache,
  handle: number,
): { readonly name: Tlv; readonly purpose: Tlv; readonly lanes: readonly Tlv[] } {
  const account = accountOf(core, handle);
  const known = cache.accounts.get(account.number);
  if (known !== undefined) return known;
  const made = {
    name: { tag: HopTag.account, value: Buffer.from(account.name) },
    purpose: { tag: HopTag.purpose, value: Buffer.from(account.config.purpose) },
    lanes: [0, 1, 2].map((lane) => ({ tag: HopTag.lane, value: Buffer.from([lane]) })),
  };
  cache.accounts.set(account.number, made);
  return made;
}

function purposeTlv(core: Core, cache: OrderCache, purpose: number): Tlv {
  let known = cache.purposes[purpose];
  if (known === undefined) {
    known = { tag: HopTag.purpose, value: Buffer.from(core.purposes.name(purpose)) };
    cache.purposes[purpose] = known;
  }
  return known;
}

function countTlv(cache: OrderCache, segments: number): Tlv {
  let known = cache.counts[segments];
  if (known === undefined) {
    known = { tag: HopTag.segmentCount, value: Buffer.from([segments]) };
    cache.counts[segments] = known;
  }
  return known;
}

function flagTlv(cache: OrderCache, flags: number): Tlv {
  let known = cache.flags[flags];
  if (known === undefined) {
    known = { tag: HopTag.orderFlags, value: Buffer.from([flags]) };
    cache.flags[flags] = known;
  }
  return known;
}

function timeValue(atMs: number): Buffer {
  const value = Buffer.allocUnsafe(8);
  value.writeUInt32BE(Math.floor(atMs / 0x1_0000_0000), 0);
  value.writeUInt32BE(atMs % 0x1_0000_0000, 4);
  return value;
}

function priceValue(micro: number, currency: string): Buffer {
  const value = Buffer.allocUnsafe(11);
  value.writeUInt32BE(Math.floor(micro / 0x1_0000_0000), 0);
  value.writeUInt32BE(micro % 0x1_0000_0000, 4);
  value.latin1Write(currency, 8, 3);
  return value;
}
