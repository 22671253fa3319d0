// From the journal back to a running guard: orders with their outcomes, receipts that the upstreams have not taken, parked
// ones, mobile-originated messages. An INTENT without RESULT is unknown, and its number is void for ever (design §5.3).
import { readRecords } from '../driver/records.ts';
import { Status } from '../smpp/status.table.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import type { Due } from './due.ts';
import { SegmentFlag } from './letterLayout.ts';
import type { OnDisk } from './onDisk.ts';
import { restoreOp } from './opRecord.ts';
import { DoneKind, partsOf, readPartsDone } from './partRecords.ts';
import { PastOrders, TOO_SMALL } from './pastOrders.ts';
import { type ParkedRecord, readDlr, readParked, readUpAck } from './receiptRecords.ts';
import { RecordReader } from './recordReader.ts';
import { type IntentRecord, RecordType, readAbandoned, readIntent, readResult, readThrottled } from './records.ts';
import {
  readOwnIntent,
  readSessionClose,
  readSessionOpen,
  readStart,
  type StartRecord,
  type VoidRange,
} from './runRecords.ts';

/** RECOVERY names at most this many ranges; one session gives few. */
const RANGES_MAX = 65_535;

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
  readonly #due: Due;
  readonly #reader = new RecordReader();
  readonly #orders: PastOrders;
  readonly #parked = new Map<string, { readonly record: ParkedRecord; readonly home: number }>();
  /** Sessions that were not closed, with the highest number known. */
  readonly #sessions = new Map<string, number>();
  #lastStart: StartRecord | null = null;
  #highestId = 0;

  constructor(core: Core, onDisk: OnDisk, due: Due) {
    this.#core = core;
    this.#due = due;
    this.#orders = new PastOrders(core, onDisk);
  }

  /** One batch, oldest first. */
  batch(seq: number, records: Buffer, secrets: Buffer | null): void {
    readRecords(records, (type, start, end) => this.#record(type, records, start, end, secrets, seq));
  }

  #record(type: number, records: Buffer, start: number, end: number, secrets: Buffer | null, seq: number): void {
    const { sent, upstreams } = this.#core;
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
        this.#orders.outcome(op, segment - 1, { outcome, verdict, status, remoteId });
        return;
      }
      case RecordType.abandoned: {
        const { op, segment } = readAbandoned(r);
        this.#orders.outcome(op, segment - 1, {
          outcome: OutcomeClass.notEmitted,
          verdict: OutcomeVerdict.retryLater,
          status: Status.ESME_RSYSERR,
          remoteId: '',
        });
        return;
      }
      case RecordType.throttled: {
        const { op, segment } = readThrottled(r);
        this.#orders.throttled(op, segment - 1);
        return;
      }
      case RecordType.dlr: {
        const dlr = readDlr(r);
        this.#saw(dlr.eventNumber);
        this.#orders.state(dlr.op, {
          segment: dlr.segment - 1,
          state: dlr.state,
          event: dlr.eventNumber,
          at: dlr.at,
          error: dlr.rawError,
        });
        return;
      }
      case RecordType.upAck: {
        const ack = readUpAck(r);
        if (ack.segment === 0) upstreams.mo.restoreTaken(ack.eventNumber);
        else this.#orders.acked(ack.op, ack.segment - 1);
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
        this.#orders.makeRoom();
        const handle = restoreOp(r, this.#core);
        if (handle < 0) throw new Error(TOO_SMALL);
        this.#orders.restored(handle);
        sent.setHome(handle, seq);
        this.#saw(sent.guardId(handle));
        return;
      }
      case RecordType.linkOrder:
        this.#core.linkOrders.restore(r, seq);
        return;
      case RecordType.due:
        this.#due.restore(r, seq);
        return;
      case RecordType.part:
        upstreams.parts.restore(r, secrets, seq);
        return;
      case RecordType.partsDone: {
        const done = readPartsDone(r);
        const ids = partsOf(done.extension).map((one) => one.id);
        for (const id of ids) this.#saw(id);
        if (done.kind === DoneKind.ordered)
          this.#orders.extensions.set(done.op, { extension: done.extension, home: seq });
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
    this.#orders.intent(record, seq);
  }

  /** All batches have been read: what only seems open is told from what is. Before `finish`. */
  complete(): Promise<void> {
    return this.#orders.forgetMoved();
  }

  /** What is open becomes unknown. */
  finish(): Past {
    const { voids, unknown } = this.#orders.finish();
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

  /** What left memory during the reading is durable elsewhere, and has all that was told of it later. */
  settle(): Promise<void> {
    return this.#orders.settle();
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
    this.#due.resume();
    this.#core.linkOrders.resume();
    receipts.resume();
    upstreams.mo.resume();
    upstreams.parts.resume();
  }
}

function parkedKey(record: ParkedRecord): string {
  return `${record.link}\0${record.remoteId}\0${record.destination}\0${record.state}\0${record.at}`;
}
