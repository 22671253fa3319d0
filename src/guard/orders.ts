// Orders from a Glaspost gateway: read, looked up by op, proved by their token, judged, and handed to the link. What is declined
// here was never begun; what became of the rest is answered by answers.ts.
import type { SmppPeer } from '../driver/types.ts';
import type { OrderTokens } from '../egress/orderToken.ts';
import { readValidity } from '../egress/validity.ts';
import type { SubmitSm } from '../smpp/pdu.ts';
import { Status } from '../smpp/status.table.ts';
import { OrderFlag } from '../smpp/vendor.ts';
import type { Answers } from './answers.ts';
import { Clocks } from './clocks.ts';
import type { Core } from './core.ts';
import type { EmissionScratch } from './dialect.ts';
import { judgeOrder } from './judgeOrder.ts';
import type { Link } from './links.ts';
import { NO_ROOM } from './onDisk.ts';
import type { Op } from './op.ts';
import { OrderProof, TOKEN_OCTETS } from './orderProof.ts';
import { OrderTlvs, priceText } from './orderTlvs.ts';
import type { Upstream } from './upstreams.ts';

const OP_OCTETS = 16;
const SEED_OCTETS = 16;
const UDHI = 0x40;
const RECALL_AGAIN_MS = 250;
/** Such an op may be in a run file only. */
const SENT_BEFORE = OrderFlag.repeated | OrderFlag.askOnly;

export class Orders {
  readonly clocks: Clocks;
  readonly #core: Core;
  readonly #answers: Answers;
  readonly #tlvs = new OrderTlvs();
  readonly #scratch: EmissionScratch;
  readonly #proof = new OrderProof();

  constructor(core: Core, answers: Answers, scratch: EmissionScratch) {
    this.clocks = new Clocks(core.world);
    this.#core = core;
    this.#answers = answers;
    this.#scratch = scratch;
  }

  /**
   * A submit_sm of a token upstream on the bind of `link`. Answers it now or later, once. What is known is answered from its
   * record whatever else the order says: only what begins is judged.
   */
  take(peer: SmppPeer<number>, upstream: Upstream, tokens: OrderTokens, link: Link, pdu: SubmitSm): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
    core.counters.orders++;
    tlvs.read(pdu);
    if (
      tlvs.op.length !== OP_OCTETS ||
      tlvs.seed.length !== SEED_OCTETS ||
      tlvs.token.length !== TOKEN_OCTETS ||
      tlvs.segments < 1 ||
      tlvs.validUntil === 0
    ) {
      this.#answers.decline(
        peer,
        pdu.sequence,
        '',
        upstream,
        link,
        Status.ESME_RMISSINGTLV,
        'order without op, seed, token, segment count or end',
      );
      return;
    }
    const known = core.sent.find(tlvs.op);
    if (known >= 0) {
      core.counters.orders_repeated++;
      this.#answers.attach(peer, pdu.sequence, known);
      return;
    }
    if ((tlvs.flags & SENT_BEFORE) !== 0 && core.receipts.spillHolds()) {
      // It may have left memory: what follows waits for the look-up, with the request's octets copied.
      this.#recall(peer, upstream, tokens, link, copied(pdu), tlvs.op);
      return;
    }
    this.#begin(peer, upstream, tokens, link, pdu);
  }

  #begin(peer: SmppPeer<number>, upstream: Upstream, tokens: OrderTokens, link: Link, pdu: SubmitSm): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
    const nowMs = core.world.loop.now();
    const validitySeconds = readValidity(pdu.validityPeriod);
    if (validitySeconds < 0) {
      const reason = 'validity_period is not relative, whole seconds, 5 minutes to 72 hours';
      this.#answers.decline(peer, pdu.sequence, tlvs.op, upstream, link, Status.ESME_RINVEXPIRY, reason);
      return;
    }
    if (!this.#proof.holds(tokens, link.name, pdu, tlvs, validitySeconds)) {
      const reason = 'order token is wrong';
      this.#answers.decline(peer, pdu.sequence, tlvs.op, upstream, link, Status.ESME_RSUBMITFAIL, reason);
      return;
    }
    this.clocks.see(upstream, tlvs.validUntil, validitySeconds, nowMs);
    const ended = nowMs >= tlvs.validUntil;
    if (ended || (tlvs.flags & OrderFlag.askOnly) !== 0) {
      const reason = ended
        ? this.clocks.endedReason(upstream)
        : 'its outcome was asked for, and nothing of it was emitted';
      this.#answers.notEmitted(peer, pdu.sequence, tlvs.op, upstream, link, tlvs.segments, reason);
      return;
    }
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
    this.#fill(op, upstream, link, pdu, body, nowMs);
    const decision = judgeOrder(core, this.#scratch, op, link, pdu, body, validitySeconds, nowMs);
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

  #fill(op: Op, upstream: Upstream, link: Link, pdu: SubmitSm, body: Buffer, nowMs: number): void {
    const core = this.#core;
    const tlvs = this.#tlvs;
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
    op.validUntil = tlvs.validUntil;
    op.account = tlvs.account.slice(0, 255);
    op.purpose = tlvs.purpose.slice(0, 255);
    op.customerReference = tlvs.reference.slice(0, 255);
    op.price = priceText(tlvs.price);
    op.supplier = link.config.supplier.name;
    op.cost = link.config.cost;
    op.recipient = pdu.destinationAddr;
    op.senderTon = pdu.sourceAddrTon;
    op.senderNpi = pdu.sourceAddrNpi;
    op.sender = pdu.sourceAddr;
    op.dataCoding = pdu.dataCoding;
    const { commitments } = this.#scratch;
    op.fieldsSeed = commitments.fieldsSeed(tlvs.seed);
    // What is committed is the text without its header.
    const from = (pdu.esmClass & UDHI) !== 0 && body.length > 0 ? Math.min(body.length, (body[0] as number) + 1) : 0;
    op.bodyCommitment = commitments.body(tlvs.seed, pdu.dataCoding, body, from);
    op.size(tlvs.segments);
  }

  /** An op that was emitted must never be taken for a new one: what cannot come back into memory now is looked for again. */
  #recall(
    peer: SmppPeer<number>,
    upstream: Upstream,
    tokens: OrderTokens,
    link: Link,
    kept: SubmitSm,
    op: string,
  ): void {
    this.#core.receipts.recallOp(op, (handle) => {
      const { loop } = this.#core.world;
      if (handle === NO_ROOM && (!peer.bound || this.#core.halted)) return;
      if (handle === NO_ROOM) {
        const again = (): void => this.#recall(peer, upstream, tokens, link, kept, op);
        loop.wakeAt(loop.monotonic() + RECALL_AGAIN_MS, again);
        return;
      }
      this.#tlvs.read(kept);
      const known = handle >= 0 ? handle : this.#core.sent.find(op);
      if (known >= 0) {
        this.#core.counters.orders_repeated++;
        this.#answers.attach(peer, kept.sequence, known);
      } else this.#begin(peer, upstream, tokens, link, kept);
    });
  }
}

/** The request with octets of its own, for longer than the turn. */
function copied(pdu: SubmitSm): SubmitSm {
  return {
    ...pdu,
    shortMessage: Buffer.from(pdu.shortMessage),
    tlvs: pdu.tlvs.map(({ tag, value }) => ({ tag, value: Buffer.from(value) })),
  };
}
