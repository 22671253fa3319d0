// Watches how fast segments leave the guard: counted at the moment in which the operating system takes their last octet, parts
// one by one, over all binds of a link and over restarts of the guard.
import type { Timeline } from './loop.ts';
import type { SimEnd } from './pipe.ts';
import type { LinkPlan } from './plan.ts';
import { PduScanner } from './scanner.ts';
import { LawBroken } from './trace.ts';

const SUBMIT = 0x04;
const SECOND_MS = 1000;

export class ThrottleWatch {
  readonly #timeline: Timeline;
  readonly #links: readonly LinkPlan[];
  readonly #scanners = new Map<SimEnd, PduScanner>();
  /** When the last segments of each link left, as many as its contract allows in a second. */
  readonly #left = new Map<string, number[]>();

  constructor(timeline: Timeline, links: readonly LinkPlan[]) {
    this.#timeline = timeline;
    this.#links = links;
  }

  /** Octets that the operating system has taken from the program at `end`. */
  taken(end: SimEnd, bytes: Buffer): void {
    const link = end.side === 'client' ? this.#links.find((one) => one.port === end.port) : undefined;
    if (link === undefined) return;
    let scanner = this.#scanners.get(end);
    if (scanner === undefined) this.#scanners.set(end, (scanner = new PduScanner()));
    scanner.feed(bytes, (_pdu, command) => {
      if (command === SUBMIT) this.#segment(link);
    });
  }

  #segment(link: LinkPlan): void {
    const now = this.#timeline.nowMs;
    let left = this.#left.get(link.name);
    if (left === undefined) this.#left.set(link.name, (left = []));
    left.push(now);
    if (left.length <= link.throttle) return;
    const first = left.shift() as number;
    if (now - first < SECOND_MS)
      throw new LawBroken(
        '6 throttles',
        `${link.throttle + 1} segments within ${(now - first).toFixed(3)} ms on ${link.name}, allowed are ${link.throttle} a second`,
      );
  }
}
