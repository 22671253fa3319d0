// Orders as the journal tells them, during recovery: from INTENT over outcomes to a sealed order in memory; when memory is full
// the oldest go to a run file, and what is told of them later follows them there.
import { Status } from '../smpp/status.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { type SegmentFields, SegmentFlag } from './letterLayout.ts';
import type { OnDisk } from './onDisk.ts';
import type { IntentRecord } from './records.ts';
import type { VoidRange } from './runRecords.ts';
import { SentFlag } from './sentStore.ts';

const ROOM_SHARE = 0.1;
/** What to do when even that is not enough. */
export const TOO_SMALL = 'memory is too small for what the journal holds: raise limits.orders_in_memory';

/** The first final state of a segment (from 0). */
export interface State {
  readonly segment: number;
  readonly state: number;
  readonly event: number;
  readonly at: number;
  readonly error: string;
}

/** An order that has INTENTs and not yet all of its outcomes. */
interface OpenOp {
  readonly first: IntentRecord;
  readonly home: number;
  readonly segments: SegmentFields[];
  readonly sequences: number[];
  readonly sessions: string[];
  /** Receipts that came before the last outcome. */
  readonly states: State[];
  readonly acked: number[];
}

export class PastOrders {
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  readonly #open = new Map<string, OpenOp>();
  /** Orders that had to leave memory during the reading, with what came for them later. */
  readonly #moved = new Map<string, ((handle: number) => void)[]>();
  /** Of those: not seen leaving. */
  readonly #inRuns = new Set<string>();
  /** Of bind mode: which parts an op answers for. */
  readonly extensions = new Map<string, { readonly extension: string; readonly home: number }>();

  constructor(core: Core, onDisk: OnDisk) {
    this.#core = core;
    this.#onDisk = onDisk;
  }

  /** An OP record has brought this order back whole: it tells all that the records before it did, and may outlive some of them. */
  restored(handle: number): void {
    const op = this.#core.sent.op(handle);
    this.#moved.delete(op);
    this.#open.delete(op);
  }

  /**
   * An order may have gone to a run file, and the log may have been trimmed between its INTENTs: what is left here looks like
   * one that was never finished. What the run file says counts.
   */
  async forgetMoved(): Promise<void> {
    for (const [op, open] of this.#open) {
      if (open.segments.every((one, i) => one.outcome !== 0 || open.sequences[i] !== undefined)) continue;
      if (await new Promise<boolean>((resolve) => this.#onDisk.knows(op, resolve))) this.#open.delete(op);
    }
  }

  /** A receipt of the past. */
  state(op: string, one: State): void {
    const open = this.#open.get(op);
    if (open !== undefined) open.states.push(one);
    else this.on(op, (handle) => this.#state(handle, one));
  }

  /** The upstream had taken the receipt of this segment. */
  acked(op: string, segment: number): void {
    const open = this.#open.get(op);
    if (open !== undefined) open.acked.push(segment);
    else this.on(op, (handle) => this.#core.receipts.acknowledged(handle, segment));
  }

  /** An INTENT, read in batch `seq`. */
  intent(record: IntentRecord, seq: number): void {
    let open = this.#open.get(record.op);
    if (open === undefined) {
      const segments: SegmentFields[] = [];
      for (let i = 0; i < record.total; i++) segments.push({ outcome: 0, verdict: 0, status: 0, remoteId: '' });
      open = { first: record, home: seq, segments, sequences: [], sessions: [], states: [], acked: [] };
      this.#open.set(record.op, open);
    }
    open.sequences[record.segment - 1] = record.sequence;
    open.sessions[record.segment - 1] = record.session;
  }

  /** A segment (from 0) was throttled, to be emitted again: it has no number until its next INTENT. */
  throttled(op: string, segment: number): void {
    const open = this.#open.get(op);
    if (open !== undefined) delete open.sequences[segment];
  }

  /** The outcome of a segment (from 0). */
  outcome(op: string, segment: number, fields: SegmentFields): void {
    const { sent } = this.#core;
    const open = this.#open.get(op);
    if (open === undefined) {
      // A late answer to an order that was complete.
      if (fields.remoteId === '') return;
      this.on(op, (handle) => {
        if (sent.remoteId(handle, segment) !== '') return;
        sent.setRemoteId(handle, segment, fields.remoteId);
        sent.index(handle, segment, sent.link(handle), indexKey(fields.remoteId));
      });
      return;
    }
    open.segments[segment] = fields;
    if (open.segments.every((one) => one.outcome !== 0)) this.#seal(op, open);
  }

  #seal(op: string, open: OpenOp): void {
    const { sent, links, upstreams } = this.#core;
    this.#open.delete(op);
    if (sent.find(op) >= 0) return;
    if (!this.extensions.has(op) && upstreams.byName(open.first.upstream)?.config?.mode === 'bind') {
      this.#isInRun(op, open);
      return;
    }
    this.makeRoom();
    const handle = sent.open(op);
    if (handle < 0) throw new Error(TOO_SMALL);
    const { first, segments } = open;
    const linkNumber = links.numberOf(first.link);
    sent.seal(
      handle,
      {
        guardId: first.guardId,
        submittedAt: first.at,
        validUntil: first.validUntil,
        linkNumber,
        upstreamNumber: upstreams.numberOf(first.upstream),
        senderTon: first.senderTon,
        senderNpi: first.senderNpi,
        sender: first.sender,
        recipient: first.recipient,
        extension: this.extensions.get(op)?.extension ?? '',
      },
      segments,
      first.total,
    );
    sent.setFlag(handle, SentFlag.answered, true);
    sent.setHome(handle, this.extensions.get(op)?.home ?? open.home);
    for (const [segment, { remoteId }] of segments.entries()) {
      if (remoteId !== '') sent.index(handle, segment, linkNumber, indexKey(remoteId));
    }
    for (const one of open.states) this.#state(handle, one);
    for (const segment of open.acked) this.#core.receipts.acknowledged(handle, segment);
  }

  /** Of bind mode, and the log has let go of its parts: a run has all of it but what was told later. */
  #isInRun(op: string, open: OpenOp): void {
    if (this.#moved.has(op)) return;
    this.#inRuns.add(op);
    this.#moved.set(op, [
      ...open.states.map((one) => (handle: number) => this.#state(handle, one)),
      ...open.acked.map((segment) => (handle: number) => this.#core.receipts.acknowledged(handle, segment)),
    ]);
  }

  /** The first final state of a segment. */
  #state(handle: number, one: State): void {
    const { sent } = this.#core;
    if (sent.state(handle, one.segment) !== 0) return;
    sent.setState(handle, one.segment, one.state, one.event, one.at, one.error);
    sent.setSegmentFlag(handle, one.segment, SegmentFlag.durable);
    sent.pin(handle, 1);
  }

  /** Changes an order that is complete: now, or, when it had to leave memory meanwhile, once it is back. */
  on(op: string, change: (handle: number) => void): void {
    const handle = this.#core.sent.find(op);
    if (handle >= 0) change(handle);
    else this.#moved.get(op)?.push(change);
  }

  /** The journal may hold more than memory: the oldest go to a run, which is durable before any batch is let go. */
  makeRoom(): void {
    const { sent, receipts } = this.#core;
    if (!sent.full) return;
    let left = Math.ceil(sent.capacity * ROOM_SHARE);
    for (let handle = sent.oldest; handle >= 0 && left > 0; ) {
      const next = sent.newer(handle);
      if (!sent.pinned(handle)) {
        this.#moved.set(sent.op(handle), []);
        sent.setHome(handle, -1);
        this.#onDisk.put(handle);
        sent.release(handle, receipts.keyOf);
        left--;
      }
      handle = next;
    }
  }

  /** What left memory during the reading is durable elsewhere, and has all that was told of it later. */
  async settle(): Promise<void> {
    await this.#onDisk.settled();
    for (const [op, changes] of this.#moved) {
      if (changes.length === 0) continue;
      this.makeRoom();
      await new Promise<void>((resolve) => {
        this.#onDisk.recallOp(op, (handle) => {
          // A run of a time long past is gone, and so is all that could still be told of it.
          if (handle < 0 && this.#inRuns.has(op)) {
            resolve();
            return;
          }
          if (handle < 0) throw new Error('an order that left memory was not found again');
          for (const change of changes) change(handle);
          this.#onDisk.changed(handle);
          resolve();
        });
      });
    }
  }

  /** All has been read: what is open becomes unknown, what had no number did not leave. */
  finish(): {
    readonly voids: readonly VoidRange[];
    readonly unknown: readonly { readonly op: string; readonly segment: number }[];
  } {
    const voids: VoidRange[] = [];
    const unknown: { readonly op: string; readonly segment: number }[] = [];
    for (const [op, open] of this.#open) {
      for (const [segment, one] of open.segments.entries()) {
        if (one.outcome !== 0) continue;
        const sequence = open.sequences[segment];
        if (sequence === undefined) {
          // It had no number: it did not leave.
          open.segments[segment] = {
            outcome: OutcomeClass.notEmitted,
            verdict: OutcomeVerdict.retryLater,
            status: Status.ESME_RSYSERR,
            remoteId: '',
          };
        } else {
          open.segments[segment] = {
            outcome: OutcomeClass.unknown,
            verdict: OutcomeVerdict.none,
            status: 0,
            remoteId: '',
          };
          addVoid(voids, open.sessions[segment] as string, sequence);
          unknown.push({ op, segment: segment + 1 });
        }
      }
      this.#seal(op, open);
    }
    return { voids, unknown };
  }
}

/** Numbers of one session that follow each other are one range. */
function addVoid(voids: VoidRange[], session: string, sequence: number): void {
  const last = voids.at(-1);
  if (last !== undefined && last.session === session && last.last + 1 === sequence)
    voids[voids.length - 1] = { ...last, last: sequence };
  else voids.push({ session, first: sequence, last: sequence });
}
