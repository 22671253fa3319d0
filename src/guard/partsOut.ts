// Bind mode: whole messages of another gateway on their way out. Makes orders of them, tries again what was refused for later
// until the validity ends (design §3). Receipts for its parts are partReceipts.ts's.
import { PARTS_OUT_WAITING_MAX } from '../base/limits.ts';
import type { Alarm } from '../port/loop.ts';
import { nextAction } from '../queue/retry.ts';
import { Status } from '../smpp/status.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { messageState } from '../sms/messageState.ts';
import { segmentCount } from '../sms/split.ts';
import { buildUdh } from '../sms/udh.ts';
import type { Core } from './core.ts';
import { type EmissionScratch, makePdus } from './dialect.ts';
import type { Link } from './links.ts';
import type { Op } from './op.ts';
import { writeOp } from './opRecord.ts';
import { fillOrder, type Message } from './partOrder.ts';
import { DoneKind, extensionOf, writePartsDone } from './partRecords.ts';
import type { Part } from './partsIn.ts';
import { RecordType } from './records.ts';
import { SentFlag } from './sentStore.ts';

const LOOK_MS = 20;

export class PartsOut {
  readonly #core: Core;
  readonly #scratch: EmissionScratch;
  readonly #onEnd: (parts: readonly Part[]) => void;
  /** Messages that have no order, in the order in which they came. */
  #waiting: Message[] = [];
  readonly #waitingOf: number[] = [];
  readonly #byOp = new Map<string, Message>();
  /** Parts whose end has no room in memory yet; the journal still has them. */
  #ending: { readonly parts: readonly Part[]; readonly state: number }[] = [];
  #alarm: Alarm | null = null;

  constructor(core: Core, scratch: EmissionScratch, onEnd: (parts: readonly Part[]) => void) {
    this.#core = core;
    this.#scratch = scratch;
    this.#onEnd = onEnd;
  }

  full(link: Link): boolean {
    return this.#ending.length > 0 || (this.#waitingOf[link.number] ?? 0) >= PARTS_OUT_WAITING_MAX;
  }

  /** A message is whole: it goes out as soon as its link takes it. Parts in their order. */
  message(parts: readonly Part[]): void {
    this.#add(parts, 0, 0, 0);
    this.#look();
  }

  #add(parts: readonly Part[], notBefore: number, tries: number, waits: number): void {
    const first = parts[0];
    if (first === undefined) throw new Error('a message has parts');
    const { links, upstreams } = this.#core;
    const link = links.get(links.numberOf(first.link));
    this.#wait({
      parts,
      link,
      upstream: upstreams.get(upstreams.numberOf(first.upstream)),
      validUntil: Math.min(...parts.map((one) => one.validUntil)),
      notBefore: Math.max(notBefore, first.dueAt),
      tries,
      waits,
    });
  }

  #wait(message: Message): void {
    this.#waiting.push(message);
    const { number } = message.link;
    this.#waitingOf[number] = (this.#waitingOf[number] ?? 0) + 1;
  }

  /** Makes orders of what may go now. */
  #look(): void {
    const { world, log, halted } = this.#core;
    if (halted) return;
    const ending = this.#ending;
    this.#ending = [];
    for (const { parts, state } of ending) this.end(parts, state);
    const nowMs = world.loop.now();
    const stopped = new Set<Link>();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) {
      const { number } = message.link;
      this.#waitingOf[number] = (this.#waitingOf[number] as number) - 1;
      if (nowMs >= message.validUntil) {
        this.end(message.parts, messageState.expired);
        continue;
      }
      if (
        message.notBefore > nowMs ||
        stopped.has(message.link) ||
        !log.accepting ||
        this.#core.sent.full ||
        !this.#order(message, nowMs)
      ) {
        if (message.notBefore <= nowMs) stopped.add(message.link);
        this.#wait(message);
      }
    }
    if (this.#waiting.length > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    const { loop } = this.#core.world;
    this.#alarm ??= loop.wakeAt(loop.monotonic() + LOOK_MS, () => {
      this.#alarm = null;
      this.#look();
    });
  }

  /** False: the link takes nothing now. */
  #order(message: Message, nowMs: number): boolean {
    const { sent, ops, random, world, log } = this.#core;
    const { parts, link, upstream } = message;
    const config = upstream.config?.mode === 'bind' ? upstream.config : null;
    const first = parts[0] as Part;
    const { lockingShift, singleShift } = first;
    const header = buildUdh({ lockingShift, singleShift });
    const text = parts.length === 1 ? first.octets : Buffer.concat(parts.map((one) => one.octets));
    const body = header.length === 0 ? text : Buffer.concat([header, text]);
    const total = Math.max(1, segmentCount(first.dataCoding, body, header.length > 0, link.dialect.split));
    const lane = config?.lane ?? 1;
    if (link.queue.admits(lane, total) !== null) return false;
    const name = random.latin1(16);
    const handle = sent.open(name);
    if (handle < 0) return false;
    const op = ops.take(handle);
    fillOrder(this.#core, this.#scratch.commitments, op, name, message, text, nowMs);
    op.lane = lane;
    op.size(total);
    const seconds = Math.ceil((message.validUntil - nowMs) / 1000);
    const made = makePdus(
      link.dialect,
      op,
      body,
      header.length > 0,
      link.nextReference(),
      seconds,
      this.#scratch,
      op.pdus,
    );
    if (!made.allowed) {
      this.#core.counters.orders_declined++;
      world.log.warn('message declined', { upstream: upstream.name, link: link.name, reason: made.reason });
      ops.release(op);
      sent.release(handle, this.#core.receipts.keyOf);
      this.end(parts, messageState.rejected);
      return true;
    }
    // Before its INTENT, in the same batch or an earlier one: a restart finds the parts by this op, never sends them twice.
    writePartsDone(log.begin(RecordType.partsDone), { op: name, kind: DoneKind.ordered, extension: op.extension });
    log.end();
    // The log keeps this record as long as the order: without it nobody knows whose receipts are to come.
    sent.setHome(handle, log.seq);
    log.live(log.seq, 1);
    this.#byOp.set(name, message);
    link.queue.add(op);
    return true;
  }

  /** The link gave an order back before it began. */
  givenBack(op: Op, retryAfterMs: number): void {
    const message = this.#byOp.get(op.op);
    if (message === undefined) return;
    this.#byOp.delete(op.op);
    message.notBefore = this.#core.world.loop.now() + retryAfterMs;
    this.#wait(message);
    this.#lookAgain();
  }

  /** Every outcome of an order is durable: the message ends, waits for receipts, or is tried again. */
  completed(op: Op): void {
    const message = this.#byOp.get(op.op);
    if (message === undefined) return;
    this.#byOp.delete(op.op);
    this.#judge(message, op.handle);
    if (this.#waiting.length > 0) this.#look();
  }

  #judge(message: Message, handle: number): void {
    const { sent, world, random, receipts } = this.#core;
    const total = sent.total(handle);
    let left = false;
    let later = true;
    for (let i = 0; i < total; i++) {
      const outcome = sent.outcome(handle, i);
      if (outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown) left = true;
      else if (sent.verdict(handle, i) !== OutcomeVerdict.retryLater) later = false;
    }
    if (!left && later) {
      const nowMs = world.loop.now();
      const status = sent.status(handle, 0);
      const again =
        status === Status.ESME_RTHROTTLED ||
        status === Status.ESME_RMSGQFUL ||
        sent.outcome(handle, 0) === OutcomeClass.notEmitted;
      if (!again) message.tries++;
      const action = nextAction(
        {
          verdict: again ? 'again' : 'few',
          destinationFull: status === Status.ESME_RMSGQFUL,
          triesOnRoute: message.tries,
          waits: message.waits,
          triesInAll: message.tries,
          wasBare: false,
          otherRoute: false,
          onUnknown: 'wait',
          expiresAtMs: message.validUntil,
          fraction: random.fraction(),
        },
        nowMs,
      );
      if (action.kind === 'again') {
        if (again) message.waits++;
        message.notBefore = action.atMs;
        this.#wait(message);
        this.#lookAgain();
        return;
      }
      if (action.kind === 'expire') {
        this.end(message.parts, messageState.expired);
        return;
      }
    }
    writePartsDone(this.#core.log.begin(RecordType.partsDone), {
      op: sent.op(handle),
      kind: DoneKind.ended,
      extension: sent.extension(handle),
    });
    this.#core.log.end();
    this.#onEnd(message.parts);
    // What did not leave has its final state now; the rest waits for the supplier's receipts.
    for (let i = 0; i < total; i++) {
      const outcome = sent.outcome(handle, i);
      if (outcome !== OutcomeClass.accepted && outcome !== OutcomeClass.unknown && sent.state(handle, i) === 0) {
        receipts.settleOurselves(handle, i, messageState.undeliverable, sent.status(handle, i).toString(16));
      }
    }
  }

  /** After recovery: parts that were under `op` when the last run ended. */
  resume(op: string, parts: readonly Part[]): void {
    const handle = this.#core.sent.find(op);
    this.#add(parts, 0, 0, 0);
    if (handle < 0) {
      this.#look();
      return;
    }
    const message = this.#waiting.pop() as Message;
    this.#waitingOf[message.link.number] = (this.#waitingOf[message.link.number] as number) - 1;
    this.#judge(message, handle);
  }

  /** Parts end without an order: each that asked gets a receipt with `state`; as soon as memory has room for it. */
  end(parts: readonly Part[], state: number): void {
    const { sent, log, ids, random, world, upstreams, links, receipts } = this.#core;
    const first = parts[0];
    if (first === undefined) return;
    const op = random.latin1(16);
    const extension = extensionOf(parts);
    const handle = sent.open(op);
    if (handle < 0) {
      this.#ending.push({ parts, state });
      this.#lookAgain();
      return;
    }
    sent.seal(
      handle,
      {
        guardId: ids.next(),
        submittedAt: first.at,
        validUntil: first.validUntil,
        linkNumber: links.numberOf(first.link),
        upstreamNumber: upstreams.numberOf(first.upstream),
        senderTon: first.sourceTon,
        senderNpi: first.sourceNpi,
        sender: first.source,
        recipient: first.recipient,
        extension,
      },
      [{ outcome: OutcomeClass.notEmitted, verdict: OutcomeVerdict.permanent, status: 0, remoteId: '' }],
      1,
    );
    sent.setFlag(handle, SentFlag.answered, true);
    sent.setState(handle, 0, state, ids.next(), world.loop.now(), '');
    sent.pin(handle, 1);
    writeOp(log.begin(RecordType.op), this.#core, handle);
    log.end();
    sent.setHome(handle, log.seq);
    log.live(log.seq, 1);
    writePartsDone(log.begin(RecordType.partsDone), { op, kind: DoneKind.ended, extension });
    log.end();
    this.#onEnd(parts);
    log.after(receipts.upWhenDurable, handle * 256);
  }
}
