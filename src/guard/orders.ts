// Orders from a Glaspost gateway: read, proved by their token, looked up by op, judged by the egress policy, made into PDUs
// and handed to the link. What is declined here was never begun; what became of the rest is answered by answers.ts.

import type { SmppPeer } from '../driver/types.ts';
import type { TokenKey } from '../egress/orderToken.ts';
import { checkSubmit } from '../egress/policy.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { OrderFlag } from '../smpp/vendor.ts';
import { bodySalt, commit, fieldsSeed } from '../tlog/commitment.ts';
import type { Answers } from './answers.ts';
import type { Core } from './core.ts';
import { type EmissionScratch, makePdus } from './dialect.ts';
import type { Link } from './links.ts';
import { NO_ROOM } from './onDisk.ts';
import type { Op } from './op.ts';
import { OrderProof, TOKEN_OCTETS } from './orderProof.ts';
import { OrderTlvs, PriceTexts, validityOf } from './orderTlvs.ts';
import type { Upstream } from './upstreams.ts';

const OP_OCTETS = 16;
const SEED_OCTETS = 16;
const DIGEST_FIELD_BODY = 0x03;
const UDHI = 0x40;
const RECALL_AGAIN_MS = 250;

export class Orders {
  readonly #core: Core;
  readonly #answers: Answers;
  readonly #tlvs = new OrderTlvs();
  readonly #scratch: EmissionScratch;
  readonly #proof: OrderProof;
  readonly #prices = new PriceTexts();

  constructor(core: Core, answers: Answers, scratch: EmissionScratch) {
    this.#core = core;
    this.#answers = answers;
    this.#scratch = scratch;
    this.#proof = new OrderProof(core.world.crypto.sha256Latin1);
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
    if (!this.#proof.holds(key, link.name, pdu, tlvs, validitySeconds)) {
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
    op.price = this.#prices.of(tlvs.price);
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
    this.#recall(peer, upstream, link, kept, this.#tlvs.op, validitySeconds, nowMs);
  }

  /** An op that was emitted must never be taken for a new one: what cannot come back into memory now is looked for again. */
  #recall(
    peer: SmppPeer<number>,
    upstream: Upstream,
    link: Link,
    kept: SubmitSm,
    op: string,
    validitySeconds: number,
    nowMs: number,
  ): void {
    this.#core.receipts.recallOp(op, (handle) => {
      const { loop } = this.#core.world;
      if (handle === NO_ROOM && (!peer.bound || this.#core.halted)) return;
      if (handle === NO_ROOM) {
        const again = (): void => this.#recall(peer, upstream, link, kept, op, validitySeconds, nowMs);
        loop.wakeAt(loop.monotonic() + RECALL_AGAIN_MS, again);
        return;
      }
      this.#tlvs.read(kept);
      const known = handle >= 0 ? handle : this.#core.sent.find(op);
      if (known >= 0) {
        this.#core.counters.orders_repeated++;
        this.#answers.attach(peer, kept.sequence, known);
      } else this.#begin(peer, upstream, link, kept, validitySeconds, nowMs);
    });
  }
}

const NO_TAGS: readonly number[] = [];
const NO_TYPES: readonly string[] = [];
