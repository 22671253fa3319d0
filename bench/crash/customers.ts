// Customers over SMPP for the crash test: several binds that come back after every kill and keep sending at a rate. They do
// not repeat a submit that was not answered; what becomes of it they learn from its receipt alone.
import { Digest } from '../../src/operator/digest.ts';
import { Command, HEADER, skipString, writeHeader } from '../../src/operator/wire.ts';
import { Bind, type BindOwner } from '../bind.ts';
import { Draft, type Workload } from '../workload.ts';
import type { MessageList } from './list.ts';

const TICK_MS = 5;
const SENDER = 'GLASPOST';
const PAYLOAD_TLV = 0x0424;
const REFERENCE_TLV = 0x0204;
const RECEIPTED_ID_TLV = 0x001e;
const STATE_TLV = 0x0427;

export interface CustomersOptions {
  readonly port: number;
  readonly binds: number;
  /** Accounts 0 to this, without it, in turn. */
  readonly accounts: number;
  readonly window: number;
  /** Submits per second over all binds. */
  readonly rate: number;
}

export class Customers implements BindOwner {
  readonly #options: CustomersOptions;
  readonly #workload: Workload;
  readonly #list: MessageList;
  readonly #binds: Bind[] = [];
  readonly #draft = new Draft();
  readonly #digest = new Digest();
  readonly #timer: NodeJS.Timeout;
  #sending = false;
  #credit = 0;
  #turn = 0;
  #drafted = 0;

  constructor(options: CustomersOptions, workload: Workload, list: MessageList) {
    this.#options = options;
    this.#workload = workload;
    this.#list = list;
    for (let i = 0; i < options.binds; i += 1) {
      const account = i % options.accounts;
      const { systemId, password } = workload.account(account);
      const { port, window } = options;
      const bind = new Bind({ host: '127.0.0.1', port, systemId, password, window, account }, this);
      this.#binds.push(bind);
      bind.start();
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  send(sending: boolean): void {
    this.#sending = sending;
    this.#credit = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const bind of this.#binds) bind.stop();
  }

  #tick(): void {
    for (const bind of this.#binds) bind.flushNow();
    if (!this.#sending) return;
    // What could not be sent while a program was down is not made up for: the load stays even.
    const perTick = (this.#options.rate * TICK_MS) / 1000;
    this.#credit = Math.min(this.#credit + perTick, Math.max(1, perTick * 4));
    for (let tried = 0; tried < this.#binds.length && this.#credit >= 1; tried += 1) {
      this.#turn = (this.#turn + 1) % this.#binds.length;
      const bind = this.#binds[this.#turn] as Bind;
      if (bind.room === 0) continue;
      this.#credit -= 1;
      this.#submit(bind);
    }
  }

  #submit(bind: Bind): void {
    const draft = this.#draft;
    const digest = this.#digest;
    let recipient: string;
    let reference: number;
    do {
      reference = this.#drafted & 0xffff;
      this.#workload.draft(this.#drafted, draft, digest);
      this.#drafted += 1;
      recipient = this.#workload.digits(draft.recipient);
    } while (this.#list.taken(recipient, reference));
    const message = this.#list.add(
      {
        account: bind.options.account,
        recipient,
        text: `${digest.high} ${digest.low}`,
        segments: draft.parts,
        price: this.#workload.price(draft.recipient),
        http: false,
        answer: 'open',
        id: null,
        state: 0,
        receipt: '',
        receiptAt: 0,
      },
      reference,
    );
    const payload = draft.length > 254;
    const length = HEADER + 1 + 3 + SENDER.length + 3 + recipient.length + 10 + (payload ? 4 : 0) + draft.length + 6;
    const bytes = bind.out.room(length);
    let at = bind.out.length;
    writeHeader(bytes, at, length, Command.submitSm, 0, bind.take(message));
    at += HEADER;
    bytes.set([0, 5, 0], at);
    at += 3 + bytes.latin1Write(SENDER, at + 3);
    bytes.set([0, 1, 1], at);
    at += 3 + bytes.latin1Write(recipient, at + 3);
    // NUL, esm_class, protocol_id, priority_flag, two empty times, registered_delivery, replace_if_present, data_coding, sm_default_msg_id.
    bytes.set([0, 0, 0, 0, 0, 0, 1, 0, draft.dataCoding, 0], at);
    at += 10;
    bytes[at] = payload ? 0 : draft.length;
    at += 1;
    if (payload) {
      bytes.writeUInt16BE(PAYLOAD_TLV, at);
      bytes.writeUInt16BE(draft.length, at + 2);
      at += 4;
    }
    draft.octets.copy(bytes, at, 0, draft.length);
    at += draft.length;
    bytes.writeUInt16BE(REFERENCE_TLV, at);
    bytes.writeUInt16BE(2, at + 2);
    bytes.writeUInt16BE(reference, at + 4);
    bind.out.length += length;
    bind.touched();
  }

  // BindOwner

  ready(): void {}

  room(): void {}

  refused(): void {}

  answered(_bind: Bind, message: number, status: number, bytes: Buffer, from: number, to: number): void {
    if (status === 0) this.#list.ack(message, bytes.latin1Slice(from, to));
    else this.#list.refuse(message, status);
  }

  lost(message: number): void {
    this.#list.lose(message);
  }

  deliver(bytes: Buffer, from: number, to: number): void {
    const source = skipString(bytes, from + HEADER, to) + 2;
    let at = skipString(bytes, source, to);
    const recipient = bytes.latin1Slice(source, at - 1);
    at = skipString(bytes, at + 2, to);
    at = skipString(bytes, skipString(bytes, at + 3, to), to) + 4;
    let state = 0;
    let reference = -1;
    let id = '';
    for (let tlv = at + 1 + (bytes[at] as number); tlv + 4 <= to; ) {
      const tag = bytes.readUInt16BE(tlv);
      const length = bytes.readUInt16BE(tlv + 2);
      if (tag === RECEIPTED_ID_TLV) id = bytes.latin1Slice(tlv + 4, tlv + 4 + length - 1);
      else if (tag === STATE_TLV) state = bytes[tlv + 4] as number;
      else if (tag === REFERENCE_TLV) reference = bytes.readUInt16BE(tlv + 4);
      tlv += 4 + length;
    }
    const digest = this.#digest;
    digest.start();
    for (let i = from + HEADER; i < to; i += 1) digest.unit(bytes[i] as number);
    digest.finish();
    this.#list.receipt(recipient, reference, id, state, digest);
  }
}
