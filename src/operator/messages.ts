// The messages that the operator still has something to do for: columns of typed arrays and one row of addresses each,
// so that a hundred thousand open ones cost a few megabytes and no garbage.
import type { SubmitView } from './wire.ts';
import { copyOctets } from './wire.ts';

/** ton, npi and length of both addresses, then 20 octets each. */
const ROW = 46;
const SOURCE = 6;
const DEST = 26;

/** Bits of `Messages.flags`. */
export const MessageFlag = {
  /** The response has not been sent yet. */
  responseDue: 0x01,
  /** The receipt has not been sent yet. */
  receiptDue: 0x02,
  /** In the timer wheel. */
  scheduled: 0x04,
  /** In its account's queue of receipts. */
  queued: 0x08,
  /** Its deliver_sm waits for the answer. */
  inFlight: 0x10,
  /** The receipt goes out a second time after its acknowledgement. */
  repeat: 0x20,
  otherBase: 0x40,
  receiptFirst: 0x80,
} as const;

export class Messages {
  /** Bits of MessageFlag. */
  flags: Uint16Array;
  /** Index of the session that the submit came on, and its generation: sessions' places are used again. */
  session: Int32Array;
  sequence: Uint32Array;
  command: Uint32Array;
  /** The number that its message_id is written from. */
  number: Float64Array;
  account: Uint16Array;
  /** message_state of the receipt. */
  state: Uint8Array;
  /** command_status of the response. */
  status: Uint32Array;
  /** Index into `faultNames`, −1 for none. */
  fault: Int8Array;
  /** Wall clock of the submit, ms. */
  submittedAt: Float64Array;
  /** When the receipt falls due, on the monotonic clock. */
  receiptAt: Float64Array;
  tries: Uint8Array;
  /** Next in the account's queue of receipts. */
  next: Int32Array;
  addresses: Buffer;
  #free: Int32Array;
  #freeCount = 0;
  #capacity = 0;

  constructor(capacity: number) {
    this.flags = new Uint16Array(0);
    this.session = new Int32Array(0);
    this.sequence = new Uint32Array(0);
    this.command = new Uint32Array(0);
    this.number = new Float64Array(0);
    this.account = new Uint16Array(0);
    this.state = new Uint8Array(0);
    this.status = new Uint32Array(0);
    this.fault = new Int8Array(0);
    this.submittedAt = new Float64Array(0);
    this.receiptAt = new Float64Array(0);
    this.tries = new Uint8Array(0);
    this.next = new Int32Array(0);
    this.addresses = Buffer.alloc(0);
    this.#free = new Int32Array(0);
    this.#grow(capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Messages that something is still to be done for. */
  get open(): number {
    return this.#capacity - this.#freeCount;
  }

  /** A row for a new message; `capacity` may have grown. */
  take(): number {
    if (this.#freeCount === 0) this.#grow(this.#capacity * 2);
    this.#freeCount -= 1;
    const index = this.#free[this.#freeCount] as number;
    this.flags[index] = 0;
    this.tries[index] = 0;
    this.fault[index] = -1;
    return index;
  }

  release(index: number): void {
    this.#free[this.#freeCount] = index;
    this.#freeCount += 1;
  }

  /** Keeps both addresses of a submit, for the receipt that goes the other way. */
  keepAddresses(index: number, bytes: Buffer, submit: SubmitView): void {
    const row = index * ROW;
    const { addresses } = this;
    addresses[row] = submit.sourceTon;
    addresses[row + 1] = submit.sourceNpi;
    addresses[row + 2] = submit.sourceTo - submit.sourceFrom;
    addresses[row + 3] = submit.destTon;
    addresses[row + 4] = submit.destNpi;
    addresses[row + 5] = submit.destTo - submit.destFrom;
    copyOctets(bytes, submit.sourceFrom, submit.sourceTo, addresses, row + SOURCE);
    copyOctets(bytes, submit.destFrom, submit.destTo, addresses, row + DEST);
  }

  /** Octets that `writeSwapped` takes. */
  addressOctets(index: number): number {
    const row = index * ROW;
    return 6 + (this.addresses[row + 2] as number) + (this.addresses[row + 5] as number);
  }

  /** Writes destination as source and source as destination (5.0 §4.3.5.1); the offset behind them. */
  writeSwapped(index: number, target: Buffer, at: number): number {
    const row = index * ROW;
    const { addresses } = this;
    let out = at;
    target[out] = addresses[row + 3] as number;
    target[out + 1] = addresses[row + 4] as number;
    out = copyOctets(addresses, row + DEST, row + DEST + (addresses[row + 5] as number), target, out + 2);
    target[out] = 0;
    target[out + 1] = addresses[row] as number;
    target[out + 2] = addresses[row + 1] as number;
    out = copyOctets(addresses, row + SOURCE, row + SOURCE + (addresses[row + 2] as number), target, out + 3);
    target[out] = 0;
    return out + 1;
  }

  #grow(capacity: number): void {
    const old = this.#capacity;
    const wider = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.flags = wider(new Uint16Array(capacity), this.flags);
    this.session = wider(new Int32Array(capacity), this.session);
    this.sequence = wider(new Uint32Array(capacity), this.sequence);
    this.command = wider(new Uint32Array(capacity), this.command);
    this.number = wider(new Float64Array(capacity), this.number);
    this.account = wider(new Uint16Array(capacity), this.account);
    this.state = wider(new Uint8Array(capacity), this.state);
    this.status = wider(new Uint32Array(capacity), this.status);
    this.fault = wider(new Int8Array(capacity), this.fault);
    this.submittedAt = wider(new Float64Array(capacity), this.submittedAt);
    this.receiptAt = wider(new Float64Array(capacity), this.receiptAt);
    this.tries = wider(new Uint8Array(capacity), this.tries);
    this.next = wider(new Int32Array(capacity), this.next);
    const addresses = Buffer.alloc(capacity * ROW);
    this.addresses.copy(addresses);
    this.addresses = addresses;
    const free = new Int32Array(capacity);
    free.set(this.#free.subarray(0, this.#freeCount));
    // The lowest rows on top, so that few pages are touched.
    for (let index = capacity - 1; index >= old; index -= 1) {
      free[this.#freeCount] = index;
      this.#freeCount += 1;
    }
    this.#free = free;
    this.#capacity = capacity;
  }
}
