// An order to the guard: one message over one link as a submit_sm with the hop's TLVs (design §3). Written from the
// message's letter when it is sent; nothing of it is kept.

import type { Draft } from '../base/draft.ts';
import { VALIDITY_MAX_S, VALIDITY_MIN_S } from '../base/limits.ts';
import { blankFacts, OrderTokens } from '../egress/orderToken.ts';
import { type SubmitSm, submitSm, type Tlv } from '../smpp/pdu.ts';
import { formatRelative } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { blankTlv, copyOctets, putU64 } from '../smpp/tlvValues.ts';
import { HopTag, OrderFlag } from '../smpp/vendor.ts';
import { accountOf, type Core } from './core.ts';
import { Letter, MessageFlag } from './layout.ts';

const UDHI = 0x40;
/** ISO 4217. */
const CURRENCY_LETTERS = 3;

/** What all orders of an account share. */
interface AccountTlvs {
  readonly name: Tlv;
  readonly purpose: Tlv;
  readonly lanes: readonly Tlv[];
}

/**
 * Makes orders. TLVs that are the same for many are made once, and those of one message alone are written into the same
 * octets each time: an order is valid until the next one is made.
 */
export class OrderMaker {
  readonly #core: Core;
  readonly #tokens: OrderTokens;
  readonly #accounts = new Map<number, AccountTlvs>();
  readonly #purposes: (Tlv | undefined)[] = [];
  readonly #counts: (Tlv | undefined)[] = [];
  readonly #flags: (Tlv | undefined)[] = [];
  #validitySeconds = -1;
  #validityText = '';
  readonly #op = blankTlv(HopTag.op, 16);
  readonly #seed = blankTlv(HopTag.seed, 16);
  readonly #token = blankTlv(HopTag.orderToken, 32);
  readonly #validUntil = blankTlv(HopTag.validUntil, 8);
  readonly #price = blankTlv(HopTag.price, 11);
  readonly #pdu: Draft<SubmitSm> = submitSm({ destAddrTon: 1, destAddrNpi: 1, registeredDelivery: 1 });
  readonly #facts = blankFacts();

  constructor(core: Core) {
    this.#core = core;
    this.#tokens = new OrderTokens(core.config.guard.tokenSecret, core.world.crypto.sha256Octets);
  }

  /** After a reload: purposes and names may have changed. The secret of the tokens stays until a restart. */
  forget(): void {
    this.#accounts.clear();
    this.#purposes.length = 0;
  }

  /** `ask`: only the outcome of what was given before is wanted; so it is too when the validity has ended. */
  make(handle: number, link: string, nowMs: number, ask: boolean): SubmitSm {
    const core = this.#core;
    const { store } = core;
    const buffer = store.buffer(handle);
    const at = store.offset[handle] as number;
    const segments = store.segments[handle] as number;
    const flags = store.flags[handle] as number;
    const validUntil = store.validUntil[handle] as number;
    copyOctets(buffer, at + Letter.op, this.#op.value);
    copyOctets(buffer, at + Letter.seed, this.#seed.value);
    const facts = this.#facts;
    facts.op = this.#op.value;
    facts.link = link;
    facts.sourceTon = buffer[at + Letter.sourceTon] as number;
    facts.sourceNpi = buffer[at + Letter.sourceNpi] as number;
    facts.source = store.source(handle);
    facts.destination = store.destination(handle);
    facts.dataCoding = buffer[at + Letter.dataCoding] as number;
    facts.udhi = (flags & MessageFlag.udhi) !== 0;
    facts.segmentCount = segments;
    facts.validitySeconds = this.#validity(validUntil, nowMs);
    facts.validUntil = validUntil;
    facts.flags = orderFlags(flags, ask || nowMs >= validUntil);
    facts.body = store.body(handle);
    this.#token.value.latin1Write(this.#tokens.of(facts), 0);
    putU64(this.#validUntil.value, validUntil);
    const price = (store.pricePerSegment[handle] as number) * segments;
    putPrice(this.#price.value, price, accountOf(core, handle).config.currency);
    const shared = this.#accountTlvs(handle);
    const tlvs: Tlv[] = [
      { tag: Tag.messagePayload, value: facts.body as Buffer },
      this.#op,
      this.#seed,
      this.#token,
      this.#validUntil,
      countTlv(this.#counts, segments),
      shared.lanes[store.lane[handle] as number] as Tlv,
      shared.name,
      this.#price,
    ];
    const purpose = buffer[at + Letter.purpose] as number;
    const why = purpose === 0 ? shared.purpose : this.#purposeTlv(purpose);
    if (why.value.length > 0) tlvs.push(why);
    const reference = store.reference(handle);
    if (reference !== '') tlvs.push({ tag: HopTag.customerReference, value: Buffer.from(reference, 'latin1') });
    if (facts.flags !== 0) tlvs.push(flagTlv(this.#flags, facts.flags));
    const pdu = this.#pdu;
    pdu.sourceAddrTon = facts.sourceTon;
    pdu.sourceAddrNpi = facts.sourceNpi;
    pdu.sourceAddr = facts.source;
    pdu.destinationAddr = facts.destination;
    pdu.validityPeriod = this.#validityText;
    pdu.esmClass = facts.udhi ? UDHI : 0;
    pdu.dataCoding = facts.dataCoding;
    pdu.tlvs = tlvs;
    return pdu;
  }

  /** What is left of the validity, in whole seconds within what may leave; `#validityText` says the same. */
  #validity(validUntil: number, nowMs: number): number {
    const remaining = Math.ceil((validUntil - nowMs) / 1000);
    const seconds = Math.max(VALIDITY_MIN_S, Math.min(VALIDITY_MAX_S, remaining));
    if (seconds !== this.#validitySeconds) {
      this.#validitySeconds = seconds;
      this.#validityText = formatRelative(seconds * 1000) ?? '';
    }
    return seconds;
  }

  #accountTlvs(handle: number): AccountTlvs {
    const account = accountOf(this.#core, handle);
    const known = this.#accounts.get(account.number);
    if (known !== undefined) return known;
    const made = {
      name: { tag: HopTag.account, value: Buffer.from(account.name) },
      purpose: { tag: HopTag.purpose, value: Buffer.from(account.config.purpose) },
      lanes: [0, 1, 2].map((lane) => ({ tag: HopTag.lane, value: Buffer.from([lane]) })),
    };
    this.#accounts.set(account.number, made);
    return made;
  }

  #purposeTlv(purpose: number): Tlv {
    let known = this.#purposes[purpose];
    if (known === undefined) {
      known = { tag: HopTag.purpose, value: Buffer.from(this.#core.purposes.name(purpose)) };
      this.#purposes[purpose] = known;
    }
    return known;
  }
}

function orderFlags(flags: number, ask: boolean): number {
  return (
    (flags & MessageFlag.test ? OrderFlag.test : 0) |
    (flags & MessageFlag.repeated ? OrderFlag.repeated : 0) |
    (flags & MessageFlag.possibleDuplicate ? OrderFlag.possibleDuplicate : 0) |
    (ask ? OrderFlag.askOnly : 0)
  );
}

function countTlv(made: (Tlv | undefined)[], segments: number): Tlv {
  let known = made[segments];
  if (known === undefined) {
    known = { tag: HopTag.segmentCount, value: Buffer.from([segments]) };
    made[segments] = known;
  }
  return known;
}

function flagTlv(made: (Tlv | undefined)[], flags: number): Tlv {
  let known = made[flags];
  if (known === undefined) {
    known = { tag: HopTag.orderFlags, value: Buffer.from([flags]) };
    made[flags] = known;
  }
  return known;
}

function putPrice(value: Buffer, micro: number, currency: string): void {
  putU64(value, micro);
  for (let i = 0; i < CURRENCY_LETTERS; i++) value[8 + i] = currency.charCodeAt(i);
}
