// Writes down what the guard writes to operators, and passes every octet on to the simulation's own watch. In settings without a
// gateway of ours, which that watch does not know, it keeps the law "no leaf, no PDU" itself.

import { RecordReader } from '../../src/guard/recordReader.ts';
import { RecordType, readIntent } from '../../src/guard/records.ts';
import { readOwnIntent, readSessionOpen } from '../../src/guard/runRecords.ts';
import { GUARD_PORT } from '../../src/sim/configs.ts';
import type { WireTap } from '../../src/sim/net.ts';
import type { SimEnd } from '../../src/sim/pipe.ts';
import { PduScanner } from '../../src/sim/scanner.ts';
import { OrderFlag } from '../../src/smpp/vendor.ts';
import type { RecordsKept } from './recordsKept.ts';

const SUBMIT = 0x04;
const DELIVER = 0x05;
const RESPONSE = 0x8000_0000;

export class WireNotes implements WireTap {
  /** Links in the order of the submit_sm that left over them, each with whether its INTENT is marked as a possible duplicate. */
  readonly left: { readonly link: string; readonly marked: boolean }[] = [];
  /** Orders that the gateway wrote to the guard, repeated ones too; receipts and mobile-originated messages that the guard handed up. */
  orders = 0;
  up = 0;
  readonly #links: ReadonlyMap<number, string>;
  readonly #guard: RecordsKept;
  readonly #next: WireTap | null;
  readonly #scanners = new Map<SimEnd, PduScanner>();
  readonly #reader = new RecordReader();
  readonly #used = new Set<string>();

  constructor(links: ReadonlyMap<number, string>, guard: RecordsKept, next: WireTap | null) {
    this.#links = links;
    this.#guard = guard;
    this.#next = next;
  }

  written(end: SimEnd, bytes: Buffer): void {
    this.#next?.written(end, bytes);
    const link = this.#links.get(end.port);
    if (link === undefined ? end.port !== GUARD_PORT : end.side !== 'client') return;
    let scanner = this.#scanners.get(end);
    if (scanner === undefined) this.#scanners.set(end, (scanner = new PduScanner()));
    scanner.feed(bytes, (_pdu, command, _status, sequence) => {
      if (link === undefined) {
        if (command === SUBMIT) this.orders++;
        else if (command === DELIVER) this.up++;
        return;
      }
      if (command >= RESPONSE) return;
      const session = this.#session(end.facts.localPort);
      if (command === SUBMIT) this.#submit(link, session, sequence);
      else if (!this.#own(session, sequence))
        throw new Error(`0x${command.toString(16)} to ${link} has no durable record`);
    });
  }

  taken(end: SimEnd, bytes: Buffer): void {
    this.#next?.taken(end, bytes);
  }

  read(end: SimEnd, bytes: Buffer): void {
    this.#next?.read(end, bytes);
  }

  #submit(link: string, session: string, sequence: number): void {
    for (const { payload } of this.#guard.of(RecordType.intent)) {
      const intent = readIntent(this.#reader.open(payload, 0, payload.length));
      if (intent.session !== session || intent.sequence !== sequence || intent.link !== link) continue;
      const key = `${session}${sequence}`;
      if (this.#used.has(key)) throw new Error(`one INTENT left twice over ${link}`);
      this.#used.add(key);
      this.left.push({ link, marked: (intent.flags & OrderFlag.possibleDuplicate) !== 0 });
      return;
    }
    throw new Error(`a submit_sm to ${link} has no durable INTENT`);
  }

  #session(port: number): string {
    for (const { payload } of this.#guard.of(RecordType.sessionOpen)) {
      const { session, endpoints } = readSessionOpen(this.#reader.open(payload, 0, payload.length));
      if (new RegExp(`:${port}>`).test(endpoints)) return session;
    }
    throw new Error('a request on a connection without a durable SESSION_OPEN');
  }

  #own(session: string, sequence: number): boolean {
    if (sequence === 1) return true;
    return this.#guard.of(RecordType.ownIntent).some(({ payload }) => {
      const own = readOwnIntent(this.#reader.open(payload, 0, payload.length));
      return own.session === session && own.sequence === sequence;
    });
  }
}
