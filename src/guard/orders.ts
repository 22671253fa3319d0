// Orders from a Glaspost gateway: read, proved by their token, looked up by op, judged by the egress policy, made into PDUs
// and handed to the link. What is declined here was never begun; what became of the rest is answered by answers.ts.

import { NO_BYTES, readU64 } from '../base/bytes.ts';
import { VALIDITY_MAX_S, VALIDITY_MIN_S } from '../base/limits.ts';
import type { SmppPeer } from '../driver/types.ts';
import { type OrderFacts, orderToken, type TokenKey } from '../egress/orderToken.ts';
import { checkSubmit } from '../egress/policy.ts';
import { readValidity } from '../egress/validity.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { parseTime, toAbsoluteMs } from '../smpp/time.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import { HopTag, OrderFlag } from '../smpp/vendor.ts';
import { bodySalt, commit, fieldsSeed } from '../tlog/commitment.ts';
import type { Answers } from './answers.ts';
import type { Core } from './core.ts';
import { type EmissionScratch, makePdus } from './dialect.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';
import type { Upstream } from './upstreams.ts';

const OP_OCTETS = 16;
const SEED_OCTETS = 16;
const TOKEN_OCTETS = 32;
const DIGEST_FIELD_BODY = 0x03;
const PRICE_OCTETS = 11;
const UDHI = 0x40;

/** The TLVs of an order; one instance is filled again and again. Buffers are views of the request. */
class OrderTlvs {
  op = '';
  seed = '';
  token = NO_BYTES;
  segments = 0;
  lane = 1;
  flags = 0;
  account = '';
  purpose = '';
  reference = '';
  price = NO_BYTES;
  body = NO_BYTES;

  read(pdu: SubmitSm): void {
    this.op = '';
    this.seed = '';
    this.token = NO_BYTES;
    this.segments = 0;
    this.lane = 1;
    this.flags = 0;
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

type MutableFacts = { -readonly [K in keyof OrderFacts]: OrderFacts[K] };

export class Orders {
  readonly #core: Core;
  readonly #answers: Answers;
  readonly #tlvs = new OrderTlvs();
  readonly #scratch: EmissionScratch;
  readonly #facts: MutableFacts = {
    op: '',
    link: '',
    sourceTon: 0,
    sourceNpi: 0,
    source: '',
    destination: '',
    dataCoding: 0,
    udhi: false,
    segmentCount: 0,
    validitySeconds: 0,
    bodyDigest: '',
  };
  #priceOctets = '';
  #priceText = '';

  constructor(core: Core, answers: Answers, scratch: EmissionScratch) {
    this.#core = core;
    this.#answers = answers;
    this.#scratch = scratch;
  }

  /** A submit_sm of a token upstream on the bind of `link`. Answers it now or later, once. */
  take(peer: SmppPeer<number>, upstream: Upstream, key: TokenKey, link: Link, pdu: SubmitSm): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
    core.counters.orders++;
    tlvs.read(pdu);
    if (
      tlvs.op.length !== OP_OCTETS ||
      tlvs.seed.length !== SEED_OCTETS ||
      tlvs.token.length !== TOKEN_OCTETS ||
      tlvs.segments < 1
    ) {
      this.#answers.decline(
        peer,
        pdu.sequence,
        '',
        upstream,
        link,
        Status.ESME_RMISSINGTLV,
        'order without op, seed, token or segment count',
      );
      return;
    }
    const nowMs = core.world.loop.now();
    const validitySeconds = validityOf(pdu.validityPeriod, nowMs);
    if (validitySeconds < 0) {
      this.#answers.decline(
        peer,
        pdu.sequence,
        tlvs.op,
        upstream,
        link,
        Status.ESME_RINVEXPIRY,
        'validity_period cannot be read or has ended',
      );
      return;
    }
    if (!this.#proved(key, link.name, pdu, validitySeconds)) {
      this.#answers.decline(
        peer,
        pdu.sequence,
        tlvs.op,
        upstream,
        link,
        Status.ESME_RSUBMITFAIL,
        'order token is wrong',
      );
      return;
    }
    const known = core.sent.find(tlvs.op);
    if (known >= 0) {
      core.counters.orders_repeated++;
      this.#answers.attach(peer, pdu.sequence, known);
      return;
    }
    if ((tlvs.flags & OrderFlag.repeated) !== 0 && core.receipts.spillHolds()) {
      // It may have left memory: what follows waits for the look-up, with the request's octets copied.
      this.#lookUp(peer, upstream, link, pdu, validitySeconds, nowMs);
      return;
    }
    this.#begin(peer, upstream, link, pdu, validitySeconds, nowMs);
  }

  #begin(
    peer: SmppPeer<number>,
    upstream: Upstream,
    link: Link,
    pdu: SubmitSm,
    validitySeconds: number,
    nowMs: number,
  ): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
    if (core.closedReason !== null || !core.log.accepting || core.sent.full) {
      core.counters.orders_refused++;
      this.#answers.refuse(
        peer,
        pdu.sequence,
        Status.ESME_RMSGQFUL,
        core.closedReason ?? 'the guard can store nothing more at the moment',
        500,
      );
      return;
    }
    const held = link.queue.admits(tlvs.lane, tlvs.segments);
    if (held !== null) {
      core.counters.orders_refused++;
      this.#answers.refuse(peer, pdu.sequence, held.status, held.reason, held.retryAfterMs);
      return;
    }
    const handle = core.sent.open(tlvs.op);
    const op = core.ops.take(handle);
    const { body } = tlvs;
    this.#fill(op, upstream, link, pdu, body, validitySeconds, nowMs);
    const decision = this.#judge(op, link, pdu, body, validitySeconds, nowMs);
    if (decision !== null) {
      core.ops.release(op);
      core.sent.release(handle, core.receipts.keyOf);
      this.#answers.decline(peer, pdu.sequence, tlvs.op, upstream, link, decision.status, decision.reason);
      return;
    }
    op.askers.push(peer);
    op.askedAs.push(pdu.sequence);
    link.queue.add(op);
  }

  #fill(
    op: Op,
    upstream: Upstream,
    link: Link,
    pdu: SubmitSm,
    body: Buffer,
    validitySeconds: number,
    nowMs: number,
  ): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
    const sha256 = core.world.crypto.sha256Latin1;
    op.op = tlvs.op;
    op.guardId = core.ids.next();
    op.flags = tlvs.flags;
    op.lane = tlvs.lane;
    op.link = link.name;
    op.upstream = upstream.name;
    op.target = link;
    op.linkNumber = link.number;
    op.extension = '';
    op.upstreamNumber = upstream.number;
    op.submittedAt = nowMs;
    op.validUntil = nowMs + validitySeconds * 1000;
    op.account = tlvs.account.slice(0, 255);
    op.purpose = tlvs.purpose.slice(0, 255);
    op.customerReference = tlvs.reference.slice(0, 255);
    op.price = this.#price(tlvs.price);
    op.supplier = link.config.supplier.name;
    op.cost = link.config.cost;
    op.recipient = pdu.destinationAddr;
    op.senderTon = pdu.sourceAddrTon;
    op.senderNpi = pdu.sourceAddrNpi;
    op.sender = pdu.sourceAddr;
    op.dataCoding = pdu.dataCoding;
    op.fieldsSeed = fieldsSeed(sha256, tlvs.seed);
    op.bodyCommitment = commit(
      sha256,
      DIGEST_FIELD_BODY,
      bodySalt(sha256, tlvs.seed),
      String.fromCharCode(pdu.dataCoding) + this.#text(body, pdu.esmClass),
    );
    op.size(tlvs.segments);
  }

  /** What is committed is the text without its header. */
  #text(body: Buffer, esmClass: number): string {
    const from = (esmClass & UDHI) !== 0 && body.length > 0 ? Math.min(body.length, (body[0] as number) + 1) : 0;
    return body.latin1Slice(from, body.length);
  }

  /** Null: it may leave, and its PDUs are made. */
  #judge(
    op: Op,
    link: Link,
    pdu: SubmitSm,
    body: Buffer,
    validitySeconds: number,
    nowMs: number,
  ): { readonly status: number; readonly reason: string } | null {
    const { policy } = link.dialect;
    const submit = checkSubmit(
      {
        serviceType: pdu.serviceType,
        destinationAddr: pdu.destinationAddr,
        sourceRegistered: true,
        esmClass: pdu.esmClass,
        protocolId: pdu.protocolId,
        priorityFlag: pdu.priorityFlag,
        scheduleAtMs: pdu.scheduleDeliveryTime === '' ? null : Number.NEGATIVE_INFINITY,
        expiresAtMs: op.validUntil,
        registeredDelivery: pdu.registeredDelivery,
        replaceIfPresentFlag: pdu.replaceIfPresentFlag,
        dataCoding: pdu.dataCoding,
        smDefaultMsgId: pdu.smDefaultMsgId,
        userData: body,
        tlvTags: NO_TAGS,
      },
      {
        binary: policy.binary,
        serviceTypes: NO_TYPES,
        replacesPending: false,
        transcodes: false,
        unknownTlvs: 'ignore',
        defaultAlphabet: 'gsm',
      },
      nowMs,
    );
    if (!submit.allowed) return submit;
    const made = makePdus(
      link.dialect,
      op,
      body,
      (pdu.esmClass & UDHI) !== 0,
      link.nextReference(),
      validitySeconds,
      this.#scratch,
      op.pdus,
    );
    if (made.allowed) return null;
    if (made.code !== 'dataCoding' && made.code !== 'concatenation') {
      this.#core.counters.policy_faults++;
      this.#core.world.log.error('egress policy stopped a PDU of our own making', { link: link.name, code: made.code });
    }
    return made;
  }

  #proved(key: TokenKey, link: string, pdu: SubmitSm, validitySeconds: number): boolean {
    const sha256 = this.#core.world.crypto.sha256Latin1;
    const tlvs = this.#tlvs;
    const facts = this.#facts;
    facts.op = tlvs.op;
    facts.link = link;
    facts.sourceTon = pdu.sourceAddrTon;
    facts.sourceNpi = pdu.sourceAddrNpi;
    facts.source = pdu.sourceAddr;
    facts.destination = pdu.destinationAddr;
    facts.dataCoding = pdu.dataCoding;
    facts.udhi = (pdu.esmClass & UDHI) !== 0;
    facts.segmentCount = tlvs.segments;
    facts.validitySeconds = validitySeconds;
    facts.bodyDigest = sha256(tlvs.body.latin1Slice(0, tlvs.body.length));
    const wanted = orderToken(key, facts, sha256);
    let difference = 0;
    for (let i = 0; i < TOKEN_OCTETS; i++) difference |= wanted.charCodeAt(i) ^ (tlvs.token[i] as number);
    return difference === 0;
  }

  #lookUp(
    peer: SmppPeer<number>,
    upstream: Upstream,
    link: Link,
    pdu: SubmitSm,
    validitySeconds: number,
    nowMs: number,
  ): void {
    const kept: SubmitSm = {
      ...pdu,
      shortMessage: Buffer.from(pdu.shortMessage),
      tlvs: pdu.tlvs.map(({ tag, value }) => ({ tag, value: Buffer.from(value) })),
    };
    const op = this.#tlvs.op;
    this.#core.receipts.recallOp(op, (handle) => {
      this.#tlvs.read(kept);
      const known = handle >= 0 ? handle : this.#core.sent.find(op);
      if (known >= 0) {
        this.#core.counters.orders_repeated++;
        this.#answers.attach(peer, kept.sequence, known);
      } else this.#begin(peer, upstream, link, kept, validitySeconds, nowMs);
    });
  }

  /** u64 micro-units and currency as the text that is committed; prices come in long runs of the same. */
  #price(value: Buffer): string {
    if (value.length !== PRICE_OCTETS) return '';
    const octets = value.latin1Slice(0, PRICE_OCTETS);
    if (octets === this.#priceOctets) return this.#priceText;
    const micro = readU64(value, 0);
    const fraction = String(micro % 1_000_000)
      .padStart(6, '0')
      .replace(/0{1,2}$/, '');
    this.#priceOctets = octets;
    this.#priceText = `${octets.slice(8)} ${Math.floor(micro / 1_000_000)}.${fraction}`;
    return this.#priceText;
  }
}

const NO_TAGS: readonly number[] = [];
const NO_TYPES: readonly string[] = [];

/** Seconds from now, within what may leave; −1 when there is none or it has ended. */
function validityOf(text: string, nowMs: number): number {
  const exact = readValidity(text);
  if (exact >= 0) return exact;
  const until = toAbsoluteMs(parseTime(text), nowMs);
  if (until === null || until <= nowMs) return -1;
  return Math.max(VALIDITY_MIN_S, Math.min(VALIDITY_MAX_S, Math.ceil((until - nowMs) / 1000)));
}
