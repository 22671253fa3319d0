// Watches how fast accounts hand in: a message that was taken counts at the moment in which the gateway was given its last octet
// (SMPP) or its request (HTTP), over all binds of an account and over restarts of the gateway.
import { GATEWAY_PORT } from './configs.ts';
import type { Booked, GatewayBooks } from './gatewayBooks.ts';
import type { Timeline } from './loop.ts';
import type { SimEnd } from './pipe.ts';
import type { AccountPlan } from './plan.ts';
import { cstring, PduScanner } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMITS: readonly number[] = [0x04, 0x21, 0x103];
const RESPONSE = 0x80000000;
const SECOND_MS = 1000;

interface Taken {
  readonly atMs: number;
  readonly segments: number;
}

interface Line {
  readonly read: PduScanner;
  readonly written: PduScanner;
  /** When the requests without an answer were read, by their number. */
  readonly asked: Map<number, number>;
}

export class QuotaWatch {
  readonly #timeline: Timeline;
  readonly #accounts: readonly AccountPlan[];
  readonly #books: GatewayBooks;
  readonly #lines = new Map<SimEnd, Line>();
  /** By account, in the order of the moments. */
  readonly #taken = new Map<string, Taken[]>();

  constructor(timeline: Timeline, accounts: readonly AccountPlan[], books: GatewayBooks) {
    this.#timeline = timeline;
    this.#accounts = accounts.filter((one) => one.throughput > 0);
    this.#books = books;
  }

  read(end: SimEnd, bytes: Buffer): void {
    const line = this.#line(end);
    line?.read.feed(bytes, (_pdu, command, _status, sequence) => {
      if (SUBMITS.includes(command)) line.asked.set(sequence, this.#timeline.nowMs);
    });
  }

  written(end: SimEnd, bytes: Buffer): void {
    const line = this.#line(end);
    line?.written.feed(bytes, (pdu, command, status, sequence) => {
      const atMs = line.asked.get(sequence);
      if (atMs === undefined || !SUBMITS.includes(command - RESPONSE)) return;
      line.asked.delete(sequence);
      if (status !== 0) return;
      const account = end.other?.life.node ?? '';
      for (const message of this.#books.group(account, cstring(pdu, 16))) this.#take(message, atMs);
    });
  }

  /** A message of which an HTTP answer tells first. */
  takenByHttp(id: string, atMs: number): void {
    const message = this.#books.messages.get(id.slice('http '.length));
    if (message !== undefined) this.#take(message, atMs);
  }

  #line(end: SimEnd): Line | null {
    if (end.port !== GATEWAY_PORT || end.side !== 'server' || this.#accounts.length === 0) return null;
    let line = this.#lines.get(end);
    if (line === undefined) {
      line = { read: new PduScanner(), written: new PduScanner(), asked: new Map() };
      this.#lines.set(end, line);
    }
    return line;
  }

  /** It may begin while fewer than the limit were taken within a second before it, and is then taken whole. */
  #take({ account: { name }, segments }: Booked, atMs: number): void {
    const account = this.#accounts.find((one) => one.name === name);
    if (account === undefined) return;
    let all = this.#taken.get(name);
    if (all === undefined) this.#taken.set(name, (all = []));
    let place = all.length;
    while (place > 0 && (all[place - 1] as Taken).atMs > atMs) place--;
    all.splice(place, 0, { atMs, segments });
    // Answers come in another order than their requests: whatever lies within a second behind it is looked at again.
    for (let at = place; at < all.length && (all[at] as Taken).atMs < atMs + SECOND_MS; at++)
      this.#judge(all, at, account);
  }

  #judge(all: readonly Taken[], at: number, { name, throughput }: AccountPlan): void {
    const { atMs } = all[at] as Taken;
    let before = 0;
    for (let i = at - 1; i >= 0 && (all[i] as Taken).atMs > atMs - SECOND_MS; i--) before += (all[i] as Taken).segments;
    if (before < throughput) return;
    throw new LawBroken(
      '6 throttles',
      `a message of ${name} was taken behind ${before} segments of the same second, allowed are ${throughput}`,
    );
  }
}
