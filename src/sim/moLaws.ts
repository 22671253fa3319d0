// What must hold for messages of subscribers to customers: answered only when durable, handed to the account whose number it is,
// never forgotten, twice only where an operator had to write twice. Sees the wire, the durable records and the customers' papers.
import { readMo } from '../gateway/moRecord.ts';
import { readU64 } from '../gateway/records.ts';
import type { RecordReader } from '../guard/recordReader.ts';
import type { Desk } from './desk.ts';
import type { AccountPlan, Plan } from './plan.ts';
import { readSm } from './scanner.ts';
import { LawBroken } from './trace.ts';

const UDHI = 0x40;
const TYPE_BITS = 0x3c;

interface GatewayMo {
  readonly event: number;
  readonly account: string;
  readonly key: string;
  handed: boolean;
}

export class MoBooks {
  /** How often operators wrote each part. */
  readonly #written = new Map<string, number>();
  /** Parts that the guard answered with ESME_ROK. */
  readonly #answered = new Set<string>();
  /** Durable in the guard: parts by event number, and events by part. */
  readonly #events = new Map<number, string>();
  readonly #eventsOf = new Map<string, number>();
  readonly #up = new Set<number>();
  /** Durable in the gateway: by event, and the last one with each number, which comes again when logs were trimmed. */
  readonly #byEvent = new Map<number, GatewayMo>();
  readonly #byNumber = new Map<number, GatewayMo>();
  /** Not handed over, by account and part. */
  readonly #waiting = new Map<string, number>();
  readonly #accounts: readonly AccountPlan[];

  constructor(accounts: readonly AccountPlan[]) {
    this.#accounts = accounts;
  }

  /** An operator wrote it. */
  told(pdu: Buffer): void {
    const key = moKey(pdu);
    if (key !== null) this.#written.set(key, (this.#written.get(key) ?? 0) + 1);
  }

  /** The guard answers ESME_ROK. */
  answered(key: string): void {
    if (!this.#eventsOf.has(key)) broken('1 acknowledge after durable', 'an MO was acknowledged and is not durable');
    this.#answered.add(key);
  }

  /** The gateway answers the guard ESME_ROK. */
  answeredUp(event: number): void {
    if (!this.#byEvent.has(event))
      broken('1 acknowledge after durable', 'the gateway acknowledged an MO that is not durable');
  }

  /** The guard's record, behind its version. */
  guardRecord(r: RecordReader, secrets: Buffer | null): void {
    const event = r.u64();
    r.u64();
    r.text();
    r.text();
    r.u8();
    r.u8();
    const source = r.text();
    r.u8();
    r.u8();
    const destination = r.text();
    const esmClass = r.u8();
    r.u8();
    r.u8();
    r.u16();
    r.u8();
    r.u8();
    const offset = r.u32();
    const length = r.u16();
    if (secrets === null || this.#events.has(event)) return;
    const key = keyOf(source, destination, esmClass, secrets.subarray(offset, offset + length));
    this.#events.set(event, key);
    const events = (this.#eventsOf.get(key) ?? 0) + 1;
    this.#eventsOf.set(key, events);
    if (events > (this.#written.get(key) ?? 0))
      broken('7 no duplicates', `an MO was written ${this.#written.get(key) ?? 0} times and stands ${events} times`);
  }

  /** The guard holds it as handed up. */
  upAck(event: number): void {
    if (!this.#events.has(event)) return;
    if (!this.#byEvent.has(event)) broken('1 nothing is lost', 'an MO is gone from the guard, and no gateway has it');
    this.#up.add(event);
  }

  gatewayRecord(records: Buffer, start: number, secrets: Buffer | null): void {
    const mo = readMo(records, start, secrets);
    if (mo === null) return;
    const before = this.#byNumber.get(mo.number);
    // Written anew when the log was cleaned.
    if (before?.event === mo.eventNumber) return;
    if (before?.handed === false) broken('1 nothing is lost', 'an MO got the number of one that waits');
    const account = this.#accounts[mo.account]?.name ?? '';
    const key = keyOf(mo.source, mo.destination, mo.esmClass, mo.userData);
    if (this.#events.get(mo.eventNumber) !== key)
      broken('1 nothing is lost', 'the gateway holds an MO that the guard never told of so');
    if (this.#byEvent.has(mo.eventNumber)) broken('7 no duplicates', 'the gateway took one MO of the guard twice');
    const one = { event: mo.eventNumber, account, key, handed: false };
    this.#byNumber.set(mo.number, one);
    this.#byEvent.set(mo.eventNumber, one);
    this.#wait(`${account} ${key}`, 1);
  }

  handedRecord(records: Buffer, start: number): void {
    const mo = this.#byNumber.get(readU64(records, start));
    if (mo === undefined) broken('1 nothing is lost', 'an MO was handed over that was never durable');
    if (mo.handed) broken('7 no duplicates', 'an MO was handed over twice');
    mo.handed = true;
    this.#wait(`${mo.account} ${mo.key}`, -1);
  }

  #wait(key: string, by: number): void {
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + by);
  }

  /** The gateway writes it to a customer. */
  toCustomer(account: string, pdu: Buffer): void {
    const key = moKey(pdu);
    const waiting = this.#waiting.get(`${account} ${key ?? ''}`);
    if (waiting === undefined) broken('1 nothing is lost', `${account} gets an MO that is not durable, or another's`);
    if (waiting < 1) broken('7 no duplicates', `${account} gets an MO again that it has taken`);
  }

  /** Null: everything that was answered has been handed over. */
  get unrest(): string | null {
    for (const event of this.#events.keys()) if (!this.#up.has(event)) return `MO ${event} waits in the guard`;
    for (const mo of this.#byEvent.values())
      if (!mo.handed) return `MO ${mo.event} of ${mo.account} waits in the gateway`;
    return null;
  }

  judge(plan: Plan, desk: Desk): void {
    const wishes = new Map(plan.more.mo.map((wish) => [wish.from, wish]));
    const got = new Map<string, Set<string>>();
    for (const { account, source, octets, text } of desk.mos) {
      const wish = wishes.get(source);
      if (wish === undefined || wish.account !== account) broken('1 nothing is lost', `${account} got another's MO`);
      const read = octets === null ? text : textOf(octets, octets.length > 0 && isHeader(octets));
      if (!wish.text.includes(read)) broken('1 nothing is lost', `${account} got an MO that nobody wrote so: ${read}`);
      const texts = got.get(source) ?? new Set<string>();
      got.set(source, texts.add(read));
    }
    for (const key of this.#answered) {
      const [source = '', , udhi, hex] = key.split(' ');
      const part = textOf(Buffer.from(hex ?? '', 'hex'), udhi === '1');
      const texts = got.get(source);
      if (texts?.has(part) !== true && texts?.has(wishes.get(source)?.text ?? '') !== true)
        broken('1 nothing is lost', `an MO of ${source} was acknowledged, and nobody got it: ${part}`);
    }
  }
}

/** What a deliver_sm of a subscriber's message is known by; null: it is none. */
export function moKey(pdu: Buffer): string | null {
  const sm = readSm(pdu);
  if (sm === null || (sm.esmClass & TYPE_BITS) !== 0) return null;
  return keyOf(sm.source, sm.destination, sm.esmClass, Buffer.from(sm.text, 'latin1'));
}

function keyOf(source: string, destination: string, esmClass: number, octets: Buffer): string {
  return `${source} ${destination} ${(esmClass & UDHI) !== 0 ? 1 : 0} ${octets.toString('hex')}`;
}

/** Texts begin with a letter; a header of one part with its length, 5 octets or 6. */
function isHeader(octets: Buffer): boolean {
  return (octets[0] as number) < 0x10;
}

function textOf(octets: Buffer, header: boolean): string {
  return octets.latin1Slice(header ? (octets[0] as number) + 1 : 0);
}

function broken(law: string, detail: string): never {
  throw new LawBroken(law, detail);
}
