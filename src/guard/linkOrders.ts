// What an operator of ours has ordered for the links: pause, drain, run. Each order holds at once and is journalled, so that a
// restart does not undo it; what still holds is written again by cleaning.
import type { Core } from './core.ts';
import type { Link, LinkOrder } from './links.ts';
import type { RecordReader } from './recordReader.ts';
import { RecordType } from './records.ts';
import { readLinkOrder, writeLinkOrder } from './runRecords.ts';

/** As they stand in records. */
const NUMBERS: Readonly<Record<LinkOrder, number>> = { run: 0, pause: 1, drain: 2 };
const ORDERS: readonly LinkOrder[] = ['run', 'pause', 'drain'];

export class LinkOrders {
  readonly #core: Core;
  /** Orders other than `run`: the batch that tells of each. */
  readonly #homes = new Map<Link, number>();

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Gives `link` an order. `done` gets true when a restart will know it, false when the journal can store nothing now: a restart
   * knows it once there is room again.
   */
  give(link: Link, order: LinkOrder, done: (kept: boolean) => void): void {
    const { log, world } = this.#core;
    link.orderedAt = world.loop.now();
    const kept = log.accepting;
    // In any case: an order that stands in the journal, or waits to, would outlive the one that follows it.
    this.#write(link, order);
    log.urgent();
    if (kept) log.after(() => done(true), 0);
    link.give(order);
    if (!kept) done(false);
  }

  #write(link: Link, order: LinkOrder): void {
    const { log } = this.#core;
    writeLinkOrder(log.begin(RecordType.linkOrder), { at: link.orderedAt, link: link.name, order: NUMBERS[order] });
    log.end();
    const before = this.#homes.get(link);
    if (before !== undefined) log.live(before, -1);
    this.#homes.delete(link);
    if (order === 'run') return;
    this.#homes.set(link, log.seq);
    log.live(log.seq, 1);
  }

  /** A record of an earlier run, in batch `seq`. */
  restore(r: RecordReader, seq: number): void {
    const { links } = this.#core;
    const record = readLinkOrder(r);
    const link = links.get(links.numberOf(record.link));
    link.order = ORDERS[record.order] ?? 'run';
    link.orderedAt = record.at;
    if (link.order === 'run') this.#homes.delete(link);
    else this.#homes.set(link, seq);
  }

  /** Recovery has ended: counts what lives. */
  resume(): void {
    for (const [link, seq] of this.#homes) {
      this.#core.log.live(seq, 1);
      this.#core.world.log.warn('link ordered before the restart', { link: link.name, order: link.order });
    }
  }

  /** Writes again what stands in batches up to `last`. */
  rewrite(last: number): void {
    for (const [link, seq] of [...this.#homes]) if (seq <= last) this.#write(link, link.order);
  }
}
