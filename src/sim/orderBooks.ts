// What stands durably in the guard's journal of the orders that people gave for links, in the order of its records, and the laws
// that can be seen there: nothing begins on a link that is paused or drained, and nobody binds to a link that is drained.
import type { RecordReader } from '../guard/recordReader.ts';
import { readLinkOrder } from '../guard/runRecords.ts';
import { LawBroken } from './trace.ts';

const PAUSE = 1;
const DRAIN = 2;

export class OrderBooks {
  readonly #orders = new Map<string, number>();

  record(r: RecordReader): void {
    const { link, order } = readLinkOrder(r);
    this.#orders.set(link, order);
  }

  /** A message begins on `link`: its first segment gets its number. */
  begins(link: string): void {
    const order = this.#orders.get(link);
    if (order === PAUSE || order === DRAIN)
      throw new LawBroken(
        '6 orders of people',
        `a message begins on ${link}, which is ${order === PAUSE ? 'paused' : 'drained'}`,
      );
  }

  /** A bind to `link` is about to be asked for. */
  binds(link: string): void {
    if (this.#orders.get(link) === DRAIN)
      throw new LawBroken('6 orders of people', `the guard binds to ${link}, which is drained`);
  }
}
