// From the journal back to a running guard: orders with their outcomes, receipts that the upstreams have not taken, parked
// ones, mobile-originated messages. An INTENT without RESULT is unknown, and its number is void for ever (design §5.3).
import { readRecords } from '../driver/records.ts';
import { Status } from '../smpp/status.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import type { Core } from './core.ts';
import { type SegmentFields, SegmentFlag } from './letters.ts';
import type { OnDisk } from './onDisk.ts';
import { restoreOp } from './opRecord.ts';
import { DoneKind, partsOf, readPartsDone } from './partRecords.ts';
import {
  type IntentRecord,
  type ParkedRecord,
  RecordReader,
  RecordType,
  readAbandoned,
  readDlr,
  readIntent,
  readParked,
  readResult,
  readUpAck,
} from './records.ts';
import {
  readOwnIntent,
  readSessionClose,
  readSessionOpen,
  readStart,
  type StartRecord,
  type VoidRange,
} from './runRecords.ts';
import { SentFlag } from './sentStore.ts';

/** RECOVERY names at most this many ranges; one session gives few. */
const RANGES_MAX = 65_535;
const ROOM_SHARE = 0.1;
const TOO_SMALL = 'memory is too small for what the journal holds: raise limits.orders_in_memory';

/** The first final state of a segment (from 0). */
interface State {
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

/** What the past says about the run that begins. */
export interface Past {
  readonly lastStart: StartRecord | null;
  /** Highest number drawn that is known. */
  readonly highestId: number;
  readonly voids: readonly VoidRange[];
  /** Segments whose emission is unknown. */
  readonly unknown: readonly { readonly op: string; readonly segment: number }[];
  readonly openSessions: readonly { readonly session: string; readonly lastSequence: number }[];
}

export class Recovery {
  readonly #core: Core;
  readonly #onDisk: OnDisk;
  readonly #reader = new RecordReader();
  readonly #open = new Map<string, OpenOp>();
  readonly #parked = new Map<string, { readonly record: ParkedRecord; readonly home: number }>();
  /** Sessions that were not closed, with the highest number known. */
  readonly #sessions = new Map<string, number>();
  /** Of bind mode: which parts an op answers for. */
  readonly #extensions = new Map<string, string>();
  /** Orders that had to leave memory during the reading, with what came for them later. */
  readonly #moved = new Map<string, ((handle: number) => void)[]>();
  #lastStart: StartRecord | null = null;
  #highestId = 0;

  constructor(core: Core, onDisk: OnDisk) {
    this.#core = core;
    this.#onDisk = onDisk;
  }

  /** One batch, oldest first. */
  batch(seq: number, records: Buffer, secrets: Buffer | null): void {
    readRecords(records, (type, start, end) => this.#record(type, records, start, end, secrets, seq));
  }

  #record(type: number, records: Buffer, start: number, end: number, secrets: Buffer | null, seq: number): void {
    const { sent, upstreams, receipts } = this.#core;
    const r = this.#reader.open(records, start, end);
    switch (type) {
      case RecordType.start:
        this.#lastStart = readStart(r);
        this.#saw(this.#lastStart.firstId);
        return;
      case RecordType.sessionOpen:
        this.#number(readSessionOpen(r));
        return;
      case RecordType.ownIntent:
        this.#number(readOwnIntent(r));
        return;
      case RecordType.sessionClose:
        this.#sessions.delete(readSessionClose(r).session);
        return;
      case RecordType.intent:
        this.#intent(readIntent(r), seq);
        return;
      case RecordType.result: {
        const { op, segment, outcome, verdict, status, remoteId } = readResult(r);
        this.#outcome(op, segment - 1, { outcome, verdict, status, remoteId });
        return;
      }
      case RecordType.abandoned: {
        const { op, segment } = readAbandoned(r);
        this.#outcome(op, segment - 1, {
          outcome: OutcomeClass.notEmitted,
          verdict: OutcomeVerdict.retryLater,
          status: Status.ESME_RSYSERR,
          remoteId: '',
        });
        return;
      }
      case RecordType.dlr: {
        const dlr = readDlr(r);
        this.#saw(dlr.eventNumber);
        const open = this.#open.get(dlr.op);
        const one: State = {
          segment: dlr.segment - 1,
          state: dlr.state,
          event: dlr.eventNumber,
          at: dlr.at,
          error: dlr.rawError,
        };
        if (open !== undefined) open.states.push(one);
        else this.#on(dlr.op, (handle) => this.#state(handle, one));
        return;
      }
      case RecordType.upAck: {
        const ack = readUpAck(r);
        if (ack.segment === 0) upstreams.mo.restoreTaken(ack.eventNumber);
        else {
          const open = this.#open.get(ack.op);
          if (open !== undefined) open.acked.push(ack.segment - 1);
          else this.#on(ack.op, (handle) => receipts.acknowledged(handle, ack.segment - 1));
        }
        return;
      }
      case RecordType.parked: {
        const record = readParked(r);
        this.#parked.set(parkedKey(record), { record, home: seq });
        return;
      }
      case RecordType.orphan:
        this.#parked.delete(parkedKey(readParked(r)));
        return;
      case RecordType.op: {
        this.#makeRoom();
        const handle = restoreOp(r, this.#core);
        if (handle < 0) throw new Error(TOO_SMALL);
        this.#moved.delete(sent.op(handle));
        sent.setHome(handle, seq);
        this.#saw(sent.guardId(handle));
        return;
      }
      case RecordType.part:
        upstreams.parts.restore(r, secrets, seq);
        return;
      case RecordType.partsDone: {
        const done = readPartsDone(r);
        const ids = partsOf(done.extension).map((one) => one.id);
        for (const id of ids) this.#saw(id);
        if (done.kind === DoneKind.ordered) this.#extensions.set(done.op, done.extension);
        upstreams.parts.restoreDone(ids, done.op, done.kind === DoneKind.ended);
        return;
      }
      case RecordType.mo:
        upstreams.mo.restore(r, secrets, seq);
        return;
      default:
        return;
    }
  }

  #saw(id: number): void {
    if (id > this.#highestId) this.#highestId = id;
  }

  #number(record: { readonly session: string; readonly sequence: number }): void {
    const last = this.#sessions.get(record.session) ?? 0;
    if (record.sequence > last) this.#sessions.set(record.session, record.sequence);
  }

  #intent(record: IntentRecord, seq: number): void {
    this.#saw(record.guardId);
    this.#number(record);
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

  #outcome(op: string, segment: number, fields: SegmentFields): void {
    const { sent } = this.#core;
    const open = this.#open.get(op);
    if (open === undefined) {
      // A late answer to an order that was complete.
      if (fields.remoteId === '') return;
      this.#on(op, (handle) => {
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
    this.#makeRoom();
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
        extension: this.#extensions.get(op) ?? '',
      },
      segments,
      first.total,
    );
    sent.setFlag(handle, SentFlag.answered, true);
    sent.setHome(handle, open.home);
    for (const [segment, { remoteId }] of segments.entries()) {
      if (remoteId !== '') sent.index(handle, segment, linkNumber, indexKey(remoteId));
    }
    for (const one of open.states) this.#state(handle, one);
    for (const segment of open.acked) this.#core.receipts.acknowledged(handle, segment);
  }

  #state(handle: number, one: State): void {
    const { sent } = this.#core;
    if (sent.state(handle, one.segment) !== 0) return;
    sent.setState(handle, one.segment, one.state, one.event, one.at, one.error);
    sent.pin(handle, 1);
  }

  /** Changes an order that is complete: now, or, when it had to leave memory meanwhile, once it is back. */
  #on(op: string, change: (handle: number) => void): void {
    const handle = this.#core.sent.find(op);
    if (handle >= 0) change(handle);
    else this.#moved.get(op)?.push(change);
  }

  /** The journal may hold more than memory: the oldest go to a run, which is durable before any batch is let go. */
  #makeRoom(): void {
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
      this.#makeRoom();
      await new Promise<void>((resolve) => {
        this.#onDisk.recallOp(op, (handle) => {
          if (handle < 0) throw new Error('an order that left memory was not found again');
          for (const change of changes) change(handle);
          this.#onDisk.changed(handle);
          resolve();
        });
      });
    }
  }

  /** All batches have been read: what is open becomes unknown. */
  finish(): Past {
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
    const { links, receipts } = this.#core;
    for (const { record, home } of this.#parked.values()) {
      const link = links.get(links.numberOf(record.link));
      receipts.restoreParked(link, record, home);
    }
    return {
      lastStart: this.#lastStart,
      highestId: this.#highestId,
      voids: voids.slice(0, RANGES_MAX),
      unknown,
      openSessions: [...this.#sessions].map(([session, lastSequence]) => ({ session, lastSequence })),
    };
  }

  /** Counts what lives in each batch, and hands up again what the upstreams have not taken. */
  resume(): void {
    const { sent, log, receipts, upstreams } = this.#core;
    for (let handle = sent.oldest; handle >= 0; handle = sent.newer(handle)) {
      log.live(sent.home(handle), 1);
      const total = sent.total(handle);
      for (let i = 0; i < total; i++) {
        if (sent.state(handle, i) !== 0 && !sent.segmentFlag(handle, i, SegmentFlag.upAcked)) receipts.up(handle, i);
      }
    }
    upstreams.mo.resume();
    upstreams.parts.resume();
  }
}

function parkedKey(record: ParkedRecord): string {
  return `${record.link}\0${record.remoteId}\0${record.destination}\0${record.state}\0${record.at}`;
}

/** Numbers of one session that follow each other are one range. */
function addVoid(voids: VoidRange[], session: string, sequence: number): void {
  const last = voids.at(-1);
  if (last !== undefined && last.session === session && last.last + 1 === sequence)
    voids[voids.length - 1] = { ...last, last: sequence };
  else voids.push({ session, first: sequence, last: sequence });
}
