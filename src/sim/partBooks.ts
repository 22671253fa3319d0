// Bind mode as it stands durably in the guard's journal: the parts that another gateway submitted, the orders that were made of
// them, and how they ended; with the laws that can be seen there alone.
import { idText } from '../guard/core.ts';
import { DoneKind, type PartFields, partsOf, readPart, readPartsDone } from '../guard/partRecords.ts';
import type { RecordReader } from '../guard/recordReader.ts';
import { RecordType } from '../guard/records.ts';

import type { OpBooked } from './segmentBook.ts';
import { LawBroken } from './trace.ts';

const DELIVERED = 2;
/** Worst first: what is told of a message of which each segment has a state. */
const WORST = [5, 8, 3, 4, 7];

export interface PartBooked {
  readonly id: string;
  readonly fields: PartFields;
  /** Ops under which it left or was about to, oldest first; the last one may be that of its end without an order. */
  readonly ops: string[];
  ended: boolean;
}

export class PartBooks {
  readonly parts = new Map<string, PartBooked>();
  readonly byOp = new Map<string, readonly PartBooked[]>();
  /** Final states of parts that ended without an order, by op. */
  readonly #own = new Map<string, number>();
  readonly #orders: ReadonlyMap<string, OpBooked>;

  constructor(orders: ReadonlyMap<string, OpBooked>) {
    this.#orders = orders;
  }

  record(type: number, r: RecordReader): void {
    switch (type) {
      case RecordType.part: {
        const { part } = readPart(r);
        const id = idText(part.id);
        // Cleaning writes a part again as it is.
        if (!this.parts.has(id)) this.parts.set(id, { id, fields: part, ops: [], ended: false });
        return;
      }
      case RecordType.partsDone: {
        const { op, kind, extension } = readPartsDone(r);
        const parts = partsOf(extension).map((one) => this.#known(idText(one.id)));
        for (const part of parts) {
          if (part.ended) throw new LawBroken('4 one terminal state', `part ${part.id} is sent or ended after its end`);
          if (part.ops.at(-1) !== op) part.ops.push(op);
          if (kind === DoneKind.ended) part.ended = true;
        }
        this.byOp.set(op, parts);
        return;
      }
      case RecordType.op: {
        const op = r.latin1(16);
        if (this.#orders.has(op)) return;
        r.u64();
        r.u64();
        r.u64();
        const total = r.u8();
        r.u8();
        r.u8();
        for (let i = 0; i < 4; i++) r.text();
        const extension = r.latin1(r.u16());
        if (extension === '' || total !== 1) return;
        r.u8();
        r.u8();
        r.u32();
        this.#own.set(op, r.u8());
        return;
      }
      default:
    }
  }

  #known(id: string): PartBooked {
    const part = this.parts.get(id);
    if (part === undefined) throw new LawBroken('1 nothing is lost', 'a record names a part that is not durable');
    return part;
  }

  /** The final state that the receipt of a part tells; 0: there is none yet. */
  stateOf(part: PartBooked): number {
    const op = part.ops.at(-1) ?? '';
    const own = this.#own.get(op);
    if (own !== undefined) return own;
    const order = this.#orders.get(op);
    const parts = this.byOp.get(op);
    if (order === undefined || parts === undefined) return 0;
    const states = Array.from({ length: order.total }, (_, i) => order.segments.get(i + 1)?.state ?? 0);
    if (parts.length === order.total && parts.every((one) => one.fields.asked !== 0))
      return states[parts.indexOf(part)] as number;
    if (states.includes(0)) return 0;
    return WORST.find((state) => states.includes(state)) ?? DELIVERED;
  }
}
