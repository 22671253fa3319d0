// What stands durably in the guard's journal, read from its disk batch by batch as it is stored, and the laws that can be seen
// by comparing it with the gateway's books and with what the operators really sent.
import { readDlr, readParked, readUpAck } from '../guard/receiptRecords.ts';
import { RecordReader } from '../guard/recordReader.ts';
import { RecordType, readAbandoned, readDeclined, readIntent, readResult, readThrottled } from '../guard/records.ts';
import { readOwnIntent, readSessionOpen } from '../guard/runRecords.ts';
import { OrderFlag, OutcomeClass } from '../smpp/vendor.ts';
import { indexKey } from '../sms/messageId.ts';
import { Batches, type StoredBatch } from './batches.ts';
import { FOREIGN_GRACE_MS } from './configs.ts';
import type { GatewayBooks } from './gatewayBooks.ts';
import type { SimJournalDisk } from './journal.ts';
import type { MoBooks } from './moLaws.ts';
import { OrderBooks } from './orderBooks.ts';
import { PartBooks } from './partBooks.ts';
import type { Plan } from './plan.ts';
import { newSegment, type OpBooked, type SegmentBooked } from './segmentBook.ts';
import { LawBroken } from './trace.ts';

const UNKNOWN = 7;

export class GuardBooks {
  readonly ops = new Map<string, OpBooked>();
  /** In the order of their first INTENTs. */
  readonly begun: OpBooked[] = [];
  /** By session and sequence. */
  readonly intents = new Map<string, { readonly op: OpBooked; readonly segment: SegmentBooked }>();
  /** enquire_link and unbind, by session and sequence. */
  readonly ownIntents = new Set<string>();
  /** Session by the local port of its connection, with the number of its bind. */
  readonly sessions = new Map<number, { readonly session: string; readonly sequence: number; readonly link: string }>();
  /** Receipts that are durable in one form or another: link, id, destination. */
  readonly receipts = new Set<string>();
  /** Receipts that were given up because no id came for them: link, id, destination. */
  readonly orphans = new Set<string>();
  /** Receipts that the guard acknowledged to their operators: link, id, destination. */
  readonly acknowledged = new Set<string>();
  /** Receipts that operators wrote: link, id, destination, state. */
  readonly told = new Set<string>();
  /** Ops that were declined. */
  readonly declined = new Set<string>();
  /** Receipts that the gateway has taken: op and segment. */
  readonly taken = new Set<string>();
  /** What another gateway submitted. */
  readonly parts = new PartBooks(this.ops);
  readonly #orders = new OrderBooks();
  readonly #batches: Batches;
  readonly #gateway: GatewayBooks;
  readonly #mo: MoBooks;
  readonly #clocksJump: boolean;
  readonly #reader = new RecordReader();

  #nowMs = 0;

  constructor(disk: SimJournalDisk, gateway: GatewayBooks, mo: MoBooks, plan: Plan) {
    this.#clocksJump = plan.faults.some(({ fault }) => fault.kind === 'clock');
    this.#mo = mo;
    this.#batches = new Batches(disk, 'guard');
    this.#gateway = gateway;
  }

  absorb(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#batches.absorb((type, batch, start, end) => this.#record(type, batch, start, end));
  }

  #record(type: number, { records, secrets }: StoredBatch, start: number, end: number): void {
    const r = this.#reader.open(records, start, end);
    switch (type) {
      case RecordType.sessionOpen: {
        const { session, sequence, endpoints, link } = readSessionOpen(r);
        this.#orders.binds(link);
        const port = Number(/^[^>]*:([0-9]+)>/.exec(endpoints)?.[1]);
        this.sessions.set(port, { session, sequence, link });
        return;
      }
      case RecordType.linkOrder:
        this.#orders.record(r);
        return;
      case RecordType.ownIntent: {
        const { session, sequence } = readOwnIntent(r);
        this.ownIntents.add(`${session}${sequence}`);
        return;
      }
      case RecordType.intent:
        this.#intent(readIntent(r));
        return;
      case RecordType.result: {
        const { op, segment, outcome, remoteId } = readResult(r);
        const one = this.ops.get(op)?.segments.get(segment);
        if (one === undefined) throw new LawBroken('2 no leaf, no PDU', 'a RESULT has no INTENT');
        one.outcomes.push(outcome);
        if (remoteId !== '') one.remoteId = remoteId;
        return;
      }
      case RecordType.abandoned: {
        const { op, segment } = readAbandoned(r);
        const one = this.ops.get(op)?.segments.get(segment);
        if (one === undefined) throw new LawBroken('2 no leaf, no PDU', 'an abandoned segment has no INTENT');
        if (one.emitted) throw new LawBroken('2 no leaf, no PDU', 'a PDU that was written is recorded as abandoned');
        one.abandoned = true;
        return;
      }
      case RecordType.throttled: {
        const { op, segment } = readThrottled(r);
        const one = this.ops.get(op)?.segments.get(segment);
        if (one === undefined || one.refusedWith === 0)
          throw new LawBroken('7 no duplicates', 'a segment is to go again that its operator has not refused');
        one.again = true;
        return;
      }
      case RecordType.dlr: {
        const { op, segment, state, at } = readDlr(r);
        const booked = this.ops.get(op);
        let one = booked?.segments.get(segment);
        if (booked !== undefined && one === undefined && this.parts.byOp.has(op)) {
          // Another gateway is told of what did not leave.
          one = { ...newSegment('', 0), abandoned: true };
          booked.segments.set(segment, one);
        }
        if (booked === undefined || one === undefined)
          throw new LawBroken('8 correlation', 'a receipt is recorded for a segment that never left');
        if (one.state !== 0)
          throw new LawBroken('4 one terminal state', `two final states of one segment on ${booked.link}`);
        one.state = state;
        one.stateAt = this.#nowMs;
        this.receipts.add(`${booked.link} ${indexKey(one.remoteId)} ${booked.recipient}`);
        const told = this.told.has(`${booked.link} ${indexKey(one.remoteId)} ${booked.recipient} ${state}`);
        if (state === UNKNOWN && !told && this.parts.byOp.has(op)) {
          // Bind mode: the guard's own deadline.
          if (at >= booked.validUntil + FOREIGN_GRACE_MS) return;
          throw new LawBroken('4 one terminal state', `a segment on ${booked.link} ended before its deadline`);
        }
        if (one.remoteId === '') return;
        if (!told) {
          throw new LawBroken(
            '8 correlation',
            `state ${state} is recorded for id ${one.remoteId} of ${booked.link}, whose operator never said so for that recipient`,
          );
        }
        return;
      }
      case RecordType.parked:
      case RecordType.orphan: {
        const { link, remoteId, destination } = readParked(r);
        this.receipts.add(`${link} ${indexKey(remoteId)} ${destination}`);
        if (type === RecordType.orphan) this.orphans.add(`${link} ${indexKey(remoteId)} ${destination}`);
        return;
      }
      case RecordType.mo:
        this.#mo.guardRecord(r, secrets);
        return;
      case RecordType.upAck: {
        const { op, segment, eventNumber } = readUpAck(r);
        if (segment === 0) this.#mo.upAck(eventNumber);
        else this.taken.add(`${op}${segment}`);
        return;
      }
      case RecordType.declined:
        this.declined.add(readDeclined(r).op);
        return;
      default:
        this.parts.record(type, r);
    }
  }

  #intent(record: ReturnType<typeof readIntent>): void {
    const { op, link, recipient, total, flags, validUntil, session, sequence } = record;
    const message = this.#gateway.byOp.get(op);
    const parts = this.parts.byOp.get(op);
    if (message === undefined && parts === undefined)
      throw new LawBroken(
        '1 acknowledge after durable',
        'an INTENT stands for an op that the gateway has not made durable',
      );
    let booked = this.ops.get(op);
    // Of a message that has partly left the rest follows, however late: without it the parts that left are worthless.
    if (booked === undefined && !this.#clocksJump)
      inTime(record, message?.scheduledFor ?? parts?.[0]?.fields.dueAt ?? 0);
    if (booked === undefined && message === undefined) {
      for (const earlier of parts?.[0]?.ops.slice(0, -1) ?? []) this.#mayFollow(this.ops.get(earlier), 'wait', flags);
      booked = { op, link, recipient, total, flags, validUntil, segments: new Map() };
      this.ops.set(op, booked);
    } else if (booked === undefined && message !== undefined) {
      for (const earlier of message.ops.slice(0, message.ops.indexOf(op)))
        this.#mayFollow(this.ops.get(earlier), message.account.onUnknown, flags);
      // An order may still be under way when the deadline ends its message as unknown; any other end says that nothing left.
      if (message.ended !== null && message.ended.state !== UNKNOWN)
        throw new LawBroken(
          '4 one terminal state',
          `message ${message.customerId} is sent after its end in state ${message.ended.state}`,
        );
      booked = { op, link, recipient, total, flags, validUntil, segments: new Map() };
      this.ops.set(op, booked);
    }
    if (booked?.segments.size === 0) {
      this.begun.push(booked);
      this.#orders.begins(booked.link);
    }
    if (booked?.segments.get(record.segment)?.again === false)
      throw new LawBroken('7 no duplicates', `segment ${record.segment} of one op has two INTENTs`);
    if (booked === undefined) return;
    const segment = newSegment(session, sequence);
    booked.segments.set(record.segment, segment);
    this.intents.set(`${session}${sequence}`, { op: booked, segment });
  }

  /** Another attempt begins: had the earlier one left? */
  #mayFollow(earlier: OpBooked | undefined, onUnknown: 'wait' | 'retry', flags: number): void {
    if (earlier === undefined) return;
    let left = 0;
    let unknown = 0;
    for (const one of earlier.segments.values()) {
      // Throttled and not numbered again: the operator has refused it.
      if (one.abandoned || one.again) continue;
      const last = one.outcomes[0];
      if (last === OutcomeClass.refused) continue;
      left++;
      if (last === OutcomeClass.unknown || last === undefined) unknown++;
    }
    if (left === 0) return;
    if (
      onUnknown === 'retry' &&
      left === unknown &&
      left === earlier.total &&
      (flags & OrderFlag.possibleDuplicate) !== 0
    )
      return;
    throw new LawBroken(
      '3 unknown is not retried',
      `a message to ${earlier.recipient} is sent again although ${left} segment(s) of it left before, ${unknown} with unknown outcome`,
    );
  }
}

/** Clocks that nothing moves are the same: nothing leaves before its time, and nothing is begun when its validity has ended. */
function inTime(record: ReturnType<typeof readIntent>, scheduledFor: number): void {
  if (record.at < scheduledFor)
    throw new LawBroken('6 in time', `an INTENT of ${record.link} ${scheduledFor - record.at} ms before its schedule`);
  if (record.at >= record.validUntil)
    throw new LawBroken(
      '6 in time',
      `an INTENT of ${record.link} ${record.at - record.validUntil} ms after its validity`,
    );
}
