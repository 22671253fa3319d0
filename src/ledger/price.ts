// Prices per segment by destination prefix, in integer micro-units: named lists compiled once, looked up per message.
// Reads amounts exactly; does no arithmetic on money beyond price × segments.

import { type ConfigFault, err, ok, type Result } from '../base/result.ts';
import { compilePrefixes, type PrefixEntry, type PrefixTable } from '../numbering/prefix.ts';

/** ISO 4217's code for "no currency": of an account whose price list is not known. */
export const NO_CURRENCY = 'XXX';

/** Micro-units in one unit of a currency. */
export const MICROS = 1_000_000;

/** A list as configured: prefix (empty = everywhere else) → price per segment, as a decimal. */
export type PriceListConfig = {
  readonly name: string;
  readonly currency: string;
  readonly prices: readonly { readonly prefix: string; readonly price: string | number }[];
};

/** Reads a decimal amount such as `0.0550` as micro-units, exactly. Null: no number, negative, or more than 6 decimals. */
export function parseMicros(amount: string | number): number | null {
  const match = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,6})0*)?$/.exec(String(amount));
  if (match === null) return null;
  const micros = Number(match[1]) * MICROS + Number((match[2] ?? '').padEnd(6, '0'));
  return Number.isSafeInteger(micros) ? micros : null;
}

/** Writes micro-units as a decimal with at least two and at most six places. */
export function formatMicros(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(micros) / MICROS);
  const rest = String(Math.abs(micros) % MICROS).padStart(6, '0');
  return `${sign}${whole}.${rest.slice(0, 2)}${rest.slice(2).replace(/0+$/, '')}`;
}

/** A compiled list. */
export class PriceList {
  readonly name: string;
  readonly currency: string;
  readonly #table: PrefixTable;
  readonly #micros: Float64Array;

  constructor(name: string, currency: string, table: PrefixTable, micros: Float64Array) {
    this.name = name;
    this.currency = currency;
    this.#table = table;
    this.#micros = micros;
  }

  /** Price of one segment to these E.164 digits in micro-units, or −1 if the list has none: the message is refused. */
  perSegment(digits: string): number {
    const index = this.#table.lookup(digits);
    return index < 0 ? -1 : this.#micros[index]!;
  }
}

/** All lists of a configuration. */
export class PriceBook {
  readonly #lists: ReadonlyMap<string, PriceList>;

  constructor(lists: ReadonlyMap<string, PriceList>) {
    this.#lists = lists;
  }

  /** The list of that name, to be kept per account; null if there is none. */
  list(name: string): PriceList | null {
    return this.#lists.get(name) ?? null;
  }
}

/** Compiles price lists; all faults at once, with paths below the configuration's list of lists. */
export function compilePrices(lists: readonly PriceListConfig[]): Result<PriceBook, ConfigFault[]> {
  const faults: ConfigFault[] = [];
  const compiled = new Map<string, PriceList>();
  const names = new Set<string>();
  for (const [i, list] of lists.entries()) {
    const path = `[${i}]`;
    if (list.name === '') faults.push({ path: `${path}.name`, message: 'a price list needs a name' });
    if (names.has(list.name)) faults.push({ path: `${path}.name`, message: `price list "${list.name}" stands twice` });
    names.add(list.name);
    if (!/^[A-Z]{3}$/.test(list.currency)) {
      faults.push({ path: `${path}.currency`, message: 'currency must be three capital letters (ISO 4217)' });
    }
    const micros = new Float64Array(list.prices.length);
    const entries: PrefixEntry[] = [];
    for (const [j, { prefix, price }] of list.prices.entries()) {
      const value = parseMicros(price);
      if (value === null) {
        const message = 'price must be a decimal of 0 or more with at most 6 decimals, such as "0.0550"';
        faults.push({ path: `${path}.prices[${j}].price`, message });
      }
      micros[j] = value ?? 0;
      entries.push([prefix, j]);
    }
    const table = compilePrefixes(entries);
    if (table.ok) compiled.set(list.name, new PriceList(list.name, list.currency, table.value, micros));
    else for (const fault of table.error) faults.push({ path: `${path}.prices${fault.path}`, message: fault.message });
  }
  return faults.length > 0 ? err(faults) : ok(new PriceBook(compiled));
}
