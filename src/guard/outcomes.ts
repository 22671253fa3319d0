// What became of the segments of an order: one record each, the order sealed at the last one, and answered when all records are
// durable (design, law 5.1).
import { Status } from '../smpp/status.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { type Op, SegmentState } from './op.ts';
import { RecordType, writeAbandoned, writeResult, writeThrottled } from './records.ts';

const PIN = 0;
const NO_SESSION = '\0'.repeat(8);

export class Outcomes {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The outcome of a segment that has a number. Its record follows; at the last one the order is complete. */
  finish(op: Op, segment: number, outcome: number, verdict: number, status: number, remoteId: string): void {
    const { log, world, counters } = this.#core;
    const state = op.states[segment];
    if (state === SegmentState.done) throw new Error('a segment ends once');
    if (state === SegmentState.reserved || state === SegmentState.ready) op.target?.queue.notEmitted();
    if (outcome === OutcomeClass.notEmitted) {
      counters.segments_abandoned++;
      const w = log.begin(RecordType.abandoned);
      writeAbandoned(w, {
        op: op.op,
        segment: segment + 1,
        session: op.bind?.session ?? NO_SESSION,
        sequence: op.sequences[segment] as number,
      });
    } else {
      if (outcome === OutcomeClass.accepted) counters.segments_accepted++;
      else if (outcome === OutcomeClass.refused) counters.segments_refused++;
      else counters.segments_unknown++;
      const w = log.begin(RecordType.result);
      writeResult(w, { op: op.op, segment: segment + 1, at: world.loop.now(), outcome, verdict, status, remoteId });
    }
    log.end();
    op.pending++;
    log.after(this.#recorded, op.handle);
    if (op.lane === PIN) log.urgent();
    this.#set(op, segment, outcome, verdict, status, remoteId);
  }

  /**
   * The supplier throttles one segment of a message of which others have left or may have: it was certainly not accepted, and
   * without it the rest is worthless. It gets a new number and a new INTENT when the pace allows. False: it ends as refused.
   */
  again(op: Op, segment: number, status: number): boolean {
    const { log, world } = this.#core;
    if (op.total === 1 || world.loop.monotonic() >= op.againUntil) return false;
    let others = false;
    for (let i = 0; i < op.total; i++) {
      const { outcome } = op.results[i] as { readonly outcome: number };
      if (i !== segment && (outcome === 0 || outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown))
        others = true;
    }
    if (!others) return false;
    const w = log.begin(RecordType.throttled);
    writeThrottled(w, {
      op: op.op,
      segment: segment + 1,
      at: world.loop.now(),
      session: op.bind?.session ?? NO_SESSION,
      sequence: op.sequences[segment] as number,
      status,
    });
    log.end();
    op.states[segment] = SegmentState.waiting;
    op.target?.queue.again(op, segment, status);
    return true;
  }

  #set(op: Op, segment: number, outcome: number, verdict: number, status: number, remoteId: string): void {
    const result = op.results[segment];
    if (result === undefined) throw new Error('no such segment');
    result.outcome = outcome;
    result.verdict = verdict;
    result.status = status;
    result.remoteId = remoteId;
    op.states[segment] = SegmentState.done;
    op.done++;
    if (op.done === op.total) this.#seal(op);
  }

  /** Segments that never got a number, because the bind has gone: they did not leave. */
  unbegun(op: Op): void {
    for (let segment = op.begun; segment < op.total; segment++) {
      this.#set(op, segment, OutcomeClass.notEmitted, OutcomeVerdict.retryLater, Status.ESME_RSYSERR, '');
    }
    op.begun = op.total;
    if (op.pending === 0 && op.done === op.total) this.#core.upstreams.answers.complete(op);
  }

  readonly #recorded = (handle: number): void => {
    const op = this.#core.ops.get(handle);
    if (op === null) return;
    op.pending--;
    if (op.pending === 0 && op.done === op.total) this.#core.upstreams.answers.complete(op);
  };

  #seal(op: Op): void {
    const { sent, receipts } = this.#core;
    const { target } = op;
    if (target === null) throw new Error('an order under way has its link');
    sent.seal(op.handle, op, op.results, op.total);
    for (let segment = 0; segment < op.total; segment++) {
      const { remoteId } = op.results[segment] as { readonly remoteId: string };
      if (remoteId === '') continue;
      sent.index(op.handle, segment, target.number, indexKey(remoteId));
      receipts.identified(target, remoteId);
    }
  }
}
