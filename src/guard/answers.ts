// The guard's answers to orders: declined before anything began, not now, or what became of each segment. An answer that
// promises something goes out only after the commit of what it promises (design, law 5.1).
import type { SmppPeer } from '../driver/types.ts';
import { CommandId } from '../smpp/commands.ts';
import type { MessageIdResp, Tlv } from '../smpp/pdu.ts';
import { NO_TLVS } from '../smpp/pdu.ts';
import { Status, statusWords } from '../smpp/status.table.ts';
import {
  encodeOutcomes,
  HopTag,
  OutcomeClass,
  type OutcomeClassValue,
  OutcomeVerdict,
  type OutcomeVerdictValue,
  type SegmentOutcome,
} from '../smpp/vendor.ts';
import { type Core, idText } from './core.ts';
import { SegmentFlag } from './letterLayout.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';
import { RecordType, writeDeclined } from './records.ts';
import { SentFlag } from './sentStore.ts';
import type { Upstream } from './upstreams.ts';

const NO_SEED = '\0'.repeat(16);
const NO_OP = '\0'.repeat(16);
const REASON_OCTETS = 120;
const UNKNOWN_OP: Tlv = { tag: HopTag.unknownOp, value: Buffer.from([1]) };

/** A declined order whose record is not durable yet. */
interface Declined {
  peer: SmppPeer<number> | null;
  sequence: number;
  status: number;
  reason: string;
  /** Segments that are told as not emitted; 0: the order was declined for what it is. */
  notEmitted: number;
}

export class Answers {
  readonly #core: Core;
  readonly #declined: Declined[] = [];
  readonly #free: number[] = [];
  /** The one answer that nearly all orders get. */
  readonly #accepted: readonly Tlv[] = [
    {
      tag: HopTag.outcome,
      value: encodeOutcomes([{ outcome: OutcomeClass.accepted, verdict: OutcomeVerdict.none, status: 0 }]),
    },
  ];

  constructor(core: Core) {
    this.#core = core;
  }

  /** For good: journalled, then answered with an outcome for nobody to try again. */
  decline(
    peer: SmppPeer<number>,
    sequence: number,
    op: string,
    upstream: Upstream,
    link: Link,
    status: number,
    reason: string,
  ): void {
    this.#core.counters.orders_declined++;
    this.#core.world.log.warn('order declined', {
      upstream: upstream.name,
      link: link.name,
      status: statusWords(status),
      reason,
    });
    this.#decline(peer, sequence, op, upstream, link, status, reason, 0);
  }

  /** An order that nobody knows and that must not leave any more: journalled, then every segment is told as not emitted. */
  notEmitted(
    peer: SmppPeer<number>,
    sequence: number,
    op: string,
    upstream: Upstream,
    link: Link,
    segments: number,
    reason: string,
  ): void {
    this.#core.counters.orders_stale++;
    this.#decline(peer, sequence, op, upstream, link, Status.ESME_RINVEXPIRY, reason, segments);
  }

  #decline(
    peer: SmppPeer<number>,
    sequence: number,
    op: string,
    upstream: Upstream,
    link: Link,
    status: number,
    reason: string,
    notEmitted: number,
  ): void {
    const { log, world } = this.#core;
    if (!log.accepting) {
      this.refuse(peer, sequence, Status.ESME_RMSGQFUL, 'the guard can store nothing more at the moment', 500);
      return;
    }
    const w = log.begin(RecordType.declined);
    writeDeclined(w, {
      op: op === '' ? NO_OP : op,
      at: world.loop.now(),
      upstream: upstream.name,
      link: link.name,
      status,
      reason,
      fieldsSeed: NO_SEED,
    });
    log.end();
    const slot =
      this.#free.pop() ?? this.#declined.push({ peer: null, sequence: 0, status: 0, reason: '', notEmitted: 0 }) - 1;
    const one = this.#declined[slot] as Declined;
    one.peer = peer;
    one.sequence = sequence;
    one.status = status;
    one.reason = reason;
    one.notEmitted = notEmitted;
    log.after(this.#declineDurable, slot);
  }

  readonly #declineDurable = (slot: number): void => {
    const one = this.#declined[slot] as Declined;
    const tlvs: Tlv[] = [{ tag: HopTag.reason, value: reasonValue(one.reason) }];
    if (one.notEmitted > 0) {
      const outcome: SegmentOutcome = {
        outcome: OutcomeClass.notEmitted,
        verdict: OutcomeVerdict.retryLater,
        status: one.status,
      };
      const value = encodeOutcomes(new Array<SegmentOutcome>(one.notEmitted).fill(outcome));
      tlvs.push({ tag: HopTag.outcome, value });
    }
    one.peer?.respond(one.sequence, response(one.notEmitted > 0 ? 0 : one.status, '', tlvs));
    one.peer = null;
    this.#free.push(slot);
  };

  /** Not now: the op was looked for everywhere, nothing of it was begun, and nothing is promised. */
  refuse(peer: SmppPeer<number>, sequence: number, status: number, reason: string, retryAfterMs: number): void {
    const after = Buffer.allocUnsafe(4);
    after.writeUInt32BE(Math.max(1, Math.ceil(retryAfterMs)), 0);
    peer.respond(
      sequence,
      response(status, '', [
        { tag: HopTag.reason, value: reasonValue(reason) },
        { tag: HopTag.retryAfterMs, value: after },
        UNKNOWN_OP,
      ]),
    );
  }

  /** A repeated op: its recorded answer, or the one that is to come. */
  attach(peer: SmppPeer<number>, sequence: number, handle: number): void {
    const op = this.#core.ops.get(handle);
    if (op === null) this.#fromRecord(peer, sequence, handle);
    else {
      op.askers.push(peer);
      op.askedAs.push(sequence);
    }
  }

  #fromRecord(peer: SmppPeer<number>, sequence: number, handle: number): void {
    const { sent } = this.#core;
    const total = sent.total(handle);
    const outcomes: SegmentOutcome[] = [];
    for (let i = 0; i < total; i++) {
      outcomes.push({
        outcome: sent.outcome(handle, i) as OutcomeClassValue,
        verdict: sent.verdict(handle, i) as OutcomeVerdictValue,
        status: sent.status(handle, i),
      });
    }
    const tlvs = [{ tag: HopTag.outcome, value: encodeOutcomes(outcomes) }, this.#linkTlv(sent.link(handle))];
    const pdu = response(0, idText(sent.guardId(handle)), tlvs);
    // A late answer may have changed it a moment ago: what is told is durable.
    this.#core.log.after(() => void peer.respond(sequence, pdu), 0);
  }

  /** Every segment has an outcome and every record of it is durable: the answer goes up, receipts may follow. */
  complete(op: Op): void {
    const { sent, ops, receipts, upstreams } = this.#core;
    const { handle } = op;
    if (op.askers.length > 0) {
      // Who repeated the order may have done so over another link.
      const outcome = this.#outcomeTlvs(op);
      const tlvs = op.askers.length === 1 ? outcome : [...outcome, this.#linkTlv(sent.link(handle))];
      const pdu = response(0, idText(op.guardId), tlvs);
      for (let i = 0; i < op.askers.length; i++) op.askers[i]?.respond(op.askedAs[i] as number, pdu);
    }
    sent.setFlag(handle, SentFlag.answered, true);
    for (let i = 0; i < op.total; i++) {
      if (sent.segmentFlag(handle, i, SegmentFlag.durable) && !sent.segmentFlag(handle, i, SegmentFlag.upAcked))
        receipts.up(handle, i);
    }
    if (upstreams.get(op.upstreamNumber).config?.mode === 'bind') upstreams.partsOut.completed(op);
    ops.release(op);
  }

  #linkTlv(number: number): Tlv {
    return { tag: HopTag.link, value: Buffer.from(this.#core.links.get(number).name) };
  }

  #outcomeTlvs(op: Op): readonly Tlv[] {
    const first = op.results[0];
    if (op.total === 1 && first?.outcome === OutcomeClass.accepted) return this.#accepted;
    const outcomes: SegmentOutcome[] = [];
    for (let i = 0; i < op.total; i++) {
      const one = op.results[i];
      if (one === undefined) throw new Error('an answered order has outcomes');
      outcomes.push({
        outcome: one.outcome as OutcomeClassValue,
        verdict: one.verdict as OutcomeVerdictValue,
        status: one.status,
      });
    }
    return [{ tag: HopTag.outcome, value: encodeOutcomes(outcomes) }];
  }
}

function response(status: number, messageId: string, tlvs: readonly Tlv[]): MessageIdResp {
  return {
    command: 'submit_sm_resp',
    commandId: CommandId.submit_sm_resp,
    status,
    sequence: 0,
    messageId,
    tlvs: tlvs.length === 0 ? NO_TLVS : tlvs,
  };
}

function reasonValue(reason: string): Buffer {
  return Buffer.from(reason.slice(0, REASON_OCTETS));
}
