// What stands durably in the gateway's journal, read from its disk batch by batch as it is stored, and the laws that can be
// seen there alone. Reads the records by their written form (gateway/records.ts), not through the gateway's own recovery.
import { MULTI } from '../gateway/core.ts';
import { smppId } from '../gateway/ids.ts';
import { Letter, MessageFlag } from '../gateway/layout.ts';
import { RecordType, readU64 } from '../gateway/records.ts';
import type { SegmentOutcome } from '../smpp/vendor.ts';
import { Batches, type StoredBatch } from './batches.ts';
import type { SimJournalDisk } from './journal.ts';
import type { MoBooks } from './moLaws.ts';
import type { AccountPlan } from './plan.ts';
import { LawBroken } from './trace.ts';

/** Length of the number as it was written where it is the destination's own. */
const WRITTEN_SAME = 255;

export interface Booked {
  /** 16 octets in hex. */
  readonly id: string;
  /** As the customer knows it; of a submit_multi with `/` and the destination behind the id that all have. */
  readonly customerId: string;
  readonly account: AccountPlan;
  readonly source: string;
  readonly destination: string;
  /** A replaced text may have fewer. */
  segments: number;
  /** 0 PIN, 1 normal, 2 bulk. */
  readonly lane: number;
  readonly price: number;
  readonly flags: number;
  readonly registered: number;
  /** These four by the gateway's clock; 0: at once. */
  readonly acceptedAt: number;
  readonly scheduledFor: number;
  validUntil: number;
  deadline: number;
  /** How often another text took the place of its own. */
  replaced: number;
  /** Identities of its attempts, oldest first, as latin1. */
  readonly ops: string[];
  readonly outcomes: Map<string, readonly SegmentOutcome[]>;
  /** First final state by op and segment (from 0). */
  readonly receipts: Map<string, number>;
  /** `at` is the town's time, `doneAt` the gateway's. */
  ended: { readonly state: number; readonly charge: number; readonly at: number; readonly doneAt: number } | null;
  handed: boolean;
  /** Joined into this carrier. */
  carrier: Booked | null;
}

export class GatewayBooks {
  readonly messages = new Map<string, Booked>();
  readonly byOp = new Map<string, Booked>();
  /** By account and the customer's spelling of the id. */
  readonly byCustomerId = new Map<string, Booked>();
  /** In the order in which they were taken. */
  readonly inOrder: Booked[] = [];
  /** Customer-made parts. */
  parts = 0;
  readonly credits = new Map<string, number>();
  /** Messages of one submit_multi, by account and the id that all have. */
  readonly #multis = new Map<string, Booked[]>();
  readonly #batches: Batches;
  readonly #accounts: readonly AccountPlan[];
  readonly #mo: MoBooks;

  #nowMs = 0;

  constructor(disk: SimJournalDisk, accounts: readonly AccountPlan[], mo: MoBooks) {
    this.#batches = new Batches(disk, 'gateway');
    this.#mo = mo;
    this.#accounts = accounts;
  }

  /** What `account` knows by `id`, for this destination. */
  known(account: string, id: string, destination: string): Booked | undefined {
    return this.byCustomerId.get(`${account} ${id}`) ?? this.byCustomerId.get(`${account} ${id}/${destination}`);
  }

  /** All that `account` knows by `id`: of a submit_multi there are many. */
  group(account: string, id: string): readonly Booked[] {
    const one = this.byCustomerId.get(`${account} ${id}`);
    return one === undefined ? (this.#multis.get(`${account} ${id}`) ?? []) : [one];
  }

  /** Reads what has been stored since the last call. `nowMs` is the town's time. */
  absorb(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#batches.absorb((type, batch, start, end) => this.#record(type, batch, start, end));
  }

  #record(type: number, { records, secrets }: StoredBatch, start: number, end: number): void {
    switch (type) {
      case RecordType.accept:
        this.#accept(records, start, end);
        return;
      case RecordType.message: {
        // Cleaning, or another text, which may have another validity.
        const message = this.messages.get(idIn(records, start));
        if (message === undefined) return;
        message.validUntil = readU64(records, start + 36);
        message.deadline = readU64(records, start + 44);
        return;
      }
      case RecordType.replaced: {
        const message = this.#known(records, start);
        message.replaced++;
        message.segments -= records[start + 16] as number;
        return;
      }
      case RecordType.retry: {
        const message = this.#known(records, start);
        const op = records.latin1Slice(start + 16, start + 32);
        message.ops.push(op);
        this.byOp.set(op, message);
        return;
      }
      case RecordType.outcome: {
        const op = records.latin1Slice(start, start + 16);
        const outcomes: SegmentOutcome[] = [];
        for (let i = 0, at = start + 27; i < (records[start + 26] as number); i++, at += 6) {
          outcomes.push({
            outcome: records[at] as SegmentOutcome['outcome'],
            verdict: records[at + 1] as SegmentOutcome['verdict'],
            status: records.readUInt32BE(at + 2),
          });
        }
        this.byOp.get(op)?.outcomes.set(op, outcomes);
        return;
      }
      case RecordType.receipt: {
        const op = records.latin1Slice(start, start + 16);
        const key = `${op}${records[start + 16]}`;
        const receipts = this.byOp.get(op)?.receipts;
        if (receipts !== undefined && !receipts.has(key)) receipts.set(key, records[start + 17] as number);
        return;
      }
      case RecordType.ended: {
        const message = this.#known(records, start);
        const state = records[start + 16] as number;
        if (message.ended !== null) {
          throw new LawBroken(
            '4 one terminal state',
            `message ${message.customerId} ended in state ${message.ended.state} and again in ${state}`,
          );
        }
        const doneAt = readU64(records, start + 17);
        message.ended = { state, charge: records[start + 30] as number, at: this.#nowMs, doneAt };
        return;
      }
      case RecordType.handed: {
        const message = this.#known(records, start);
        if (message.ended === null)
          throw new LawBroken('4 one terminal state', `message ${message.customerId} was handed over before its end`);
        message.handed = true;
        return;
      }
      case RecordType.credit: {
        const name = this.#accounts[records.readUInt16BE(start)]?.name ?? '';
        const amount = readU64(records, start + 3) * (records[start + 2] === 1 ? -1 : 1);
        this.credits.set(name, (this.credits.get(name) ?? 0) + amount);
        return;
      }
      case RecordType.partsDone: {
        const carrier = this.#known(records, start);
        for (let i = 0; i < records.readUInt16BE(start + 16); i++) {
          const part = this.#known(records, start + 18 + i * 16);
          if (part.carrier !== null)
            throw new LawBroken('7 no duplicates', `part ${part.customerId} is joined into a second message`);
          part.carrier = carrier;
        }
        return;
      }
      case RecordType.mo:
        this.#mo.gatewayRecord(records, start, secrets);
        return;
      case RecordType.moHanded:
        this.#mo.handedRecord(records, start);
        return;
      default:
    }
  }

  #known(records: Buffer, at: number): Booked {
    const message = this.messages.get(records.hexSlice(at, at + 16));
    if (message === undefined)
      throw new LawBroken('1 nothing is lost', 'a record names a message that was never accepted durably');
    return message;
  }

  #accept(records: Buffer, start: number, end: number): void {
    const account = this.#accounts[records.readUInt16BE(start)];
    if (account === undefined) throw new Error('an account that nobody planned');
    const flags = records.readUInt16BE(start + 4);
    const refusals = records[start + 69] as number;
    const at = start + 70 + 2 * refusals;
    const fixed = at + 32 - Letter.sourceTon;
    const field = (offset: number): number => records[fixed + offset] as number;
    const source = fixed + Letter.parts;
    const destination = source + field(Letter.sourceLength);
    const written = destination + field(Letter.destinationLength);
    if (written > end) throw new Error('an accept record of unknown form');
    const id = records.hexSlice(at, at + 16);
    const op = records.latin1Slice(at + 16, at + 32);
    const short = (flags & MessageFlag.shortId) !== 0;
    const http = (flags & MessageFlag.http) !== 0;
    const destinationText = records.latin1Slice(destination, written);
    const multi = (flags & (MessageFlag.multi | MessageFlag.multiFirst)) !== 0;
    const reference = written + (field(Letter.writtenLength) === WRITTEN_SAME ? 0 : field(Letter.writtenLength));
    const first =
      (flags & MessageFlag.multi) !== 0
        ? Buffer.from(records.latin1Slice(reference + MULTI.length, reference + field(Letter.referenceLength)), 'hex')
        : records.subarray(at, at + 16);
    const shared = smppId(first, 0, account.idFormat, short);
    const message: Booked = {
      id,
      customerId: http ? `http ${id}` : multi ? `${shared}/${destinationText}` : shared,
      account,
      source: records.latin1Slice(source, destination),
      destination: destinationText,
      segments: records[start + 6] as number,
      lane: records[start + 2] as number,
      price: readU64(records, start + 12),
      flags,
      registered: field(Letter.registeredDelivery),
      acceptedAt: readU64(records, start + 20),
      scheduledFor: readU64(records, start + 28),
      validUntil: readU64(records, start + 36),
      deadline: readU64(records, start + 44),
      replaced: 0,
      ops: [op],
      outcomes: new Map(),
      receipts: new Map(),
      ended: null,
      handed: false,
      carrier: null,
    };
    if (this.messages.has(id))
      throw new LawBroken('4 one terminal state', `message ${message.customerId} was accepted twice`);
    if (this.byOp.has(op)) throw new LawBroken('3 unknown is not retried', 'two messages have the same op');
    this.messages.set(id, message);
    this.inOrder.push(message);
    if ((flags & (MessageFlag.joinedParts | MessageFlag.internal)) === MessageFlag.joinedParts) this.parts++;
    this.byOp.set(op, message);
    this.byCustomerId.set(`${account.name} ${message.customerId}`, message);
    if (!multi) return;
    const key = `${account.name} ${shared}`;
    const all = this.#multis.get(key);
    if (all === undefined) this.#multis.set(key, [message]);
    else all.push(message);
  }
}

/** The id of a whole message, behind the fixed octets and the links that refused it; 16 octets in hex. */
function idIn(records: Buffer, start: number): string {
  const at = start + 70 + 2 * (records[start + 69] as number);
  return records.hexSlice(at, at + 16);
}
