// Watches what goes between the gateway and its SMPP customers: an answer only for what is durable, a receipt only in the durable
// state, in words that the durable records bear out, and not once it was taken. Sees the wire from outside.
import { MessageFlag } from '../gateway/layout.ts';
import { Tag } from '../smpp/tlvs.table.ts';
import type { Booked, GatewayBooks } from './gatewayBooks.ts';
import { behind, cstring, readSm, readTlv, receiptOf } from './scanner.ts';
import { LawBroken } from './trace.ts';

const RESPONSE = 0x80000000;
const SUBMIT = 0x04;
const DELIVER = 0x05;
const REPLACE = 0x07;
const CANCEL = 0x08;
const RECEIPT = 0x04;
const DELIVERED = 2;
const DELETED = 4;
const TLV_VERSION = 0x34;

/** What one connection of a customer asked for and has no answer to: ids by sequence. */
export type Asked = Map<number, { readonly command: number; readonly id: string }>;

export class CustomerWatch {
  readonly #gateway: GatewayBooks;
  /** Messages by how many replace_sm were answered with success. */
  readonly #replaced = new Map<Booked, number>();

  constructor(gateway: GatewayBooks) {
    this.#gateway = gateway;
  }

  /** A customer wrote this. */
  from(asked: Asked, pdu: Buffer, command: number, sequence: number): void {
    if (command === CANCEL) asked.set(sequence, { command, id: cstring(pdu, behind(pdu, 16)) });
    else if (command === REPLACE) asked.set(sequence, { command, id: cstring(pdu, 16) });
  }

  /** The gateway writes this to `account`. */
  to(asked: Asked, account: string, pdu: Buffer, command: number, status: number, sequence: number): void {
    if (command === RESPONSE + SUBMIT && status === 0) {
      const id = cstring(pdu, 16);
      if (!this.#gateway.byCustomerId.has(`${account} ${id}`))
        broken('1 acknowledge after durable', `${account} got an id for a message that is not durable`);
    } else if (command === RESPONSE + CANCEL || command === RESPONSE + REPLACE) {
      const ask = asked.get(sequence);
      asked.delete(sequence);
      if (ask !== undefined && status === 0) this.#done(account, ask.command, ask.id);
    } else if (command === DELIVER) this.#receipt(account, pdu);
  }

  /** cancel_sm or replace_sm is answered with success. */
  #done(account: string, command: number, id: string): void {
    const message = this.#gateway.byCustomerId.get(`${account} ${id}`);
    // One id of a submit_multi names several.
    if (message === undefined || message.flags & (MessageFlag.multi | MessageFlag.multiFirst)) return;
    if (command === CANCEL) {
      if (message.ended?.state !== DELETED)
        broken('1 acknowledge after durable', `${account} is told that ${id} was cancelled, which is not durable`);
      return;
    }
    const times = (this.#replaced.get(message) ?? 0) + 1;
    this.#replaced.set(message, times);
    if (times > message.replaced)
      broken('1 acknowledge after durable', `${account} is told that ${id} was replaced, which is not durable`);
  }

  #receipt(account: string, pdu: Buffer): void {
    const told = receiptOf(pdu);
    if (told === null) return;
    const message = this.#gateway.known(account, told.id, told.destination);
    if (message === undefined)
      broken('4 one terminal state', `${account} gets a receipt for an id that no message has`);
    if (told.esmClass !== RECEIPT) return;
    if (message.ended?.state !== told.state)
      broken(
        '4 one terminal state',
        `${account} gets a receipt of state ${told.state}, durable is ${message.ended?.state ?? 'none'}`,
      );
    if (message.handed) broken('7 no duplicates', `${account} gets a receipt of ${told.id} again, which it has taken`);
    this.#words(account, message, pdu, told.state);
  }

  /** Appendix B's form, and the TLVs for who knows them. */
  #words(account: string, message: Booked, pdu: Buffer, state: number): void {
    const sm = readSm(pdu);
    if (sm === null || message.ended === null) return;
    const { segments, acceptedAt, ended } = message;
    // One id for all of a submit_multi.
    const customerId = message.customerId.split('/')[0] ?? '';
    const words =
      `id:${customerId} sub:${three(segments)} dlvrd:${three(state === DELIVERED ? segments : deliveredOf(message))}` +
      ` submit date:${minuteOf(acceptedAt)} done date:${minuteOf(ended.doneAt)} stat:`;
    if (!sm.text.startsWith(words))
      broken('4 receipts are the same', `${account} reads "${sm.text}", the records say "${words}"`);
    if (sm.source !== message.destination || sm.destination !== message.source)
      broken('4 receipts are the same', `a receipt of ${customerId} from ${sm.source} to ${sm.destination}`);
    const id = readTlv(pdu, sm.tlvs, Tag.receiptedMessageId);
    const told = readTlv(pdu, sm.tlvs, Tag.messageState);
    const wanted = message.account.version >= TLV_VERSION;
    if (wanted ? id === null || cstring(id, 0) !== customerId || told?.[0] !== state : id !== null || told !== null)
      broken('4 receipts are the same', `the TLVs of a receipt of ${customerId} do not say what its text says`);
  }
}

/** Segments of the last attempt of which the guard told that they were delivered. */
function deliveredOf(message: Booked): number {
  const op = message.ops.at(-1) ?? '';
  let delivered = 0;
  for (let i = 0; i < message.segments; i++) if (message.receipts.get(`${op}${i}`) === DELIVERED) delivered++;
  return delivered;
}

function three(value: number): string {
  return String(value).padStart(3, '0');
}

/** YYMMDDhhmm in UTC. */
function minuteOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-T:]/g, '').slice(2, 12);
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
