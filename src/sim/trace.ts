// What happened, as lines: hashed always, so that two runs of one seed can be compared, and kept or shown on demand.
import { createHash } from 'node:crypto';
import type { Timeline } from './loop.ts';

/** A law of the house was broken; the run ends. */
export class LawBroken extends Error {
  readonly law: string;

  constructor(law: string, detail: string) {
    super(detail);
    this.law = law;
  }
}

export class Trace {
  readonly #timeline: Timeline;
  readonly #hash = createHash('sha256');
  readonly #show: ((line: string) => unknown) | null;
  events = 0;

  constructor(timeline: Timeline, show: ((line: string) => unknown) | null) {
    this.#timeline = timeline;
    this.#show = show;
  }

  get shown(): boolean {
    return this.#show !== null;
  }

  /** An event of the timeline: too many to show. */
  event(kind: string, node: string): void {
    this.events++;
    this.#hash.update(`${this.#timeline.nowMs} ${kind} ${node}\n`);
  }

  /** Octets that went over the wire. */
  octets(bytes: Buffer): void {
    this.#hash.update(bytes);
  }

  line(node: string, text: string): void {
    const line = `${this.#timeline.nowMs.toFixed(3).padStart(12)} ${node.padEnd(10)} ${text}`;
    this.#hash.update(line);
    this.#show?.(line);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** What ended a run, as a law: a program that throws breaks one too. */
export function asBroken(error: unknown): { readonly law: string; readonly detail: string } {
  if (error instanceof LawBroken) return { law: error.law, detail: error.message };
  return {
    law: '10 no program fails',
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
