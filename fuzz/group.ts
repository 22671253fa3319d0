// One side of the system under fuzz (customers, the guard's upstreams, the guard's suppliers): how many spoilt PDUs it is to
// take, how many it has read, and what went wrong.
import type { Chunk } from './compose.ts';

/** What was sent to one session last; enough to send it again. */
export interface Sent {
  readonly octets: Buffer;
  readonly connection: number;
}

/** Failures of each side that are told in full. */
const TOLD_MAX = 5;
/** Groups wait for each other when one is further by this share of its quota. */
const AHEAD = 0.02;

export class Group {
  readonly name: string;
  readonly quota: number;
  /** Spoilt PDUs that were certainly read. */
  counted = 0;
  /** Chunks after which the session answered, or ended as expected. */
  answered = 0;
  /** Sent to a session that closed where it was not expected to; not counted. */
  cutShort = 0;
  deaf = 0;
  garbled = 0;
  sessions = 0;
  refused = 0;
  /** The last words to each session that is open, for the case that a program does not survive one of them. */
  readonly inFlight = new Map<number, Sent>();
  readonly #tell: (line: string) => void;
  #told = 0;

  constructor(name: string, quota: number, tell: (line: string) => void) {
    this.name = name;
    this.quota = quota;
    this.#tell = tell;
  }

  get done(): boolean {
    return this.counted >= this.quota;
  }

  get share(): number {
    return this.quota === 0 ? 1 : this.counted / this.quota;
  }

  /** Whether to let the others catch up. */
  ahead(others: readonly Group[]): boolean {
    return others.some((one) => !one.done && this.share > one.share + AHEAD);
  }

  /** At most so many that the quota is met exactly. */
  count(chunk: Chunk): void {
    this.counted += chunk.mutated;
    this.answered++;
  }

  /** A session that closed though nothing in `sent` should have ended it. */
  closedEarly(chunk: Chunk, sent: Sent): void {
    this.cutShort += chunk.mutated;
    this.#report('closed early', sent);
  }

  wentDeaf(sent: Sent): void {
    this.deaf++;
    this.#report('DEAF', sent);
  }

  /** All that was on its way, after a crash. */
  reportInFlight(what: string): void {
    this.#told = 0;
    for (const sent of this.inFlight.values()) this.#report(what, sent);
  }

  #report(what: string, { octets, connection }: Sent): void {
    if (this.#told++ >= TOLD_MAX) return;
    this.#tell(`${what}: ${this.name} connection ${connection}: --hex ${octets.toString('hex')}`);
  }
}
