// Watches the answers to data_sm and submit_multi: an id leaves only for what is durable, and for every destination of a
// submit_multi that is not told as refused.
import { GATEWAY_PORT } from './configs.ts';
import type { GatewayBooks } from './gatewayBooks.ts';
import type { SimEnd } from './pipe.ts';
import { behind, cstring, PduScanner } from './scanner.ts';
import { LawBroken } from './trace.ts';

const MULTI = 0x21;
const DATA = 0x103;
const RESPONSE = 0x80000000;

interface Line {
  readonly read: PduScanner;
  readonly written: PduScanner;
  /** Destinations of each submit_multi that has no answer, by its number. */
  readonly destinations: Map<number, number>;
}

export class AckWatch {
  readonly #books: GatewayBooks;
  readonly #asked: boolean;
  readonly #lines = new Map<SimEnd, Line>();

  /** `asked`: somebody uses these. */
  constructor(books: GatewayBooks, asked: boolean) {
    this.#asked = asked;
    this.#books = books;
  }

  read(end: SimEnd, bytes: Buffer): void {
    const line = this.#line(end);
    line?.read.feed(bytes, (pdu, command, _status, sequence) => {
      // service_type, source_addr_ton, source_addr_npi, source_addr, number_of_dests
      if (command === MULTI) line.destinations.set(sequence, pdu[behind(pdu, behind(pdu, 16) + 2)] as number);
    });
  }

  written(end: SimEnd, bytes: Buffer): void {
    const line = this.#line(end);
    line?.written.feed(bytes, (pdu, command, status, sequence) => {
      if (command !== RESPONSE + MULTI && command !== RESPONSE + DATA) return;
      const destinations = line.destinations.get(sequence) ?? 1;
      line.destinations.delete(sequence);
      if (status !== 0) return;
      const refused = command === RESPONSE + MULTI ? (pdu[behind(pdu, 16)] as number) : 0;
      const account = end.other?.life.node ?? '';
      const durable = this.#books.group(account, cstring(pdu, 16)).length;
      if (durable !== destinations - refused)
        throw new LawBroken(
          '1 acknowledge after durable',
          `${account} got an id for ${destinations - refused} messages, of which ${durable} are durable`,
        );
    });
  }

  #line(end: SimEnd): Line | null {
    if (end.port !== GATEWAY_PORT || end.side !== 'server' || !this.#asked) return null;
    let line = this.#lines.get(end);
    if (line === undefined) {
      line = { read: new PduScanner(), written: new PduScanner(), destinations: new Map() };
      this.#lines.set(end, line);
    }
    return line;
  }
}
