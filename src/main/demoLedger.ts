// What the demo's customers know: which messages were accepted under which id, and which receipts came. Receipts may come
// before the answer that names their id, and more than once.
import type { DemoMessage } from './demoMessages.ts';

interface Entry {
  readonly message: DemoMessage;
  id: string;
  delivered: boolean;
  /** Terminal receipts that said something else than the first one. */
  contradicted: boolean;
}

/** Different reasons that are kept to be shown. */
const NOTES_MAX = 20;

export class DemoLedger {
  readonly entries: Entry[] = [];
  readonly notes = new Set<string>();
  refusals = 0;
  receipts = 0;
  /** Time of the last thing that happened, for a wait that ends when nothing does. */
  lastMs = performance.now();
  readonly #byId = new Map<string, Entry>();
  readonly #early = new Map<string, boolean>();

  accepted(message: DemoMessage, id: string): void {
    const entry: Entry = { message, id, delivered: false, contradicted: false };
    this.entries.push(entry);
    this.#byId.set(id, entry);
    const early = this.#early.get(id);
    if (early !== undefined) this.receipt(id, early);
    this.lastMs = performance.now();
  }

  refused(_message: DemoMessage, reason: string): void {
    this.refusals += 1;
    this.note(reason);
  }

  receipt(id: string, delivered: boolean): void {
    const entry = this.#byId.get(id);
    this.lastMs = performance.now();
    if (entry === undefined) {
      this.#early.set(id, delivered);
      return;
    }
    if (entry.delivered) {
      if (!delivered) entry.contradicted = true;
      return;
    }
    if (!delivered) this.note('a receipt that is not DELIVRD');
    this.receipts += 1;
    entry.delivered = delivered;
  }

  note(text: string): void {
    if (this.notes.size < NOTES_MAX) this.notes.add(text);
  }
}
