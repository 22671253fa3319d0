// The list of misbehaviours that the operator can be told to show, by name, each with a rate from 0 to 1. What each does
// on the wire is in session.ts and receipts.ts; here is the table and the drawing of lots.
import type { Chance } from './chance.ts';

/** `per` says what one lot is drawn for. */
export const faults = {
  'never-answers': {
    per: 'submit',
    does: 'takes the message, delivers it and sends its receipt, but never the response',
  },
  'answers-twice': { per: 'submit', does: 'sends the response twice' },
  'wrong-sequence': {
    per: 'submit',
    does: 'answers with a sequence number that was never used; the right one stays open',
  },
  'receipt-before-response': { per: 'submit', does: 'sends the receipt 20 ms before the response' },
  'receipt-id-in-other-base': {
    per: 'submit',
    does: 'writes the id in receipts decimal where the response was hex, or the reverse',
  },
  'duplicated-receipts': { per: 'submit', does: 'sends the receipt again after it has been acknowledged' },
  'no-receipt': { per: 'submit', does: 'delivers the message, but never sends a receipt' },
  'short-pdu': { per: 'submit', does: 'answers with a response whose body ends inside message_id' },
  'oversized-pdu': { per: 'submit', does: 'sends a PDU of 1 MiB by its length field instead of the response' },
  garbage: { per: 'submit', does: 'sends 64 random octets instead of the response' },
  nacks: { per: 'submit', does: 'answers with generic_nack RSYSERR; the message is dropped' },
  lies: { per: 'submit', does: 'drops the message, but answers and sends DELIVRD all the same' },
  'accepts-slowly': { per: 'bind', does: 'answers the bind only after `slowAccept`' },
  'reads-slowly': { per: 'bind', does: 'reads only `slowRead` bytes per second on this connection' },
  'disconnect-in-state:open': { per: 'connection', does: 'closes a connection as soon as it stands' },
  'disconnect-in-state:bind': { per: 'bind', does: 'closes instead of answering the bind' },
  'disconnect-in-state:bound': { per: 'bind', does: 'closes right after the bind response' },
  'disconnect-in-state:submit': { per: 'submit', does: 'takes the message, then closes before the response' },
  'disconnect-in-state:response': { per: 'submit', does: 'closes right after the response' },
  'disconnect-in-state:receipt': { per: 'receipt', does: 'closes right after sending a receipt' },
  'disconnect-in-state:unbind': { per: 'unbind', does: 'closes instead of answering unbind' },
} as const;

export type FaultName = keyof typeof faults;

/** Rate by name; what is missing never happens. */
export type FaultRates = { readonly [name in FaultName]?: number };

export const noFaults: FaultRates = {};

export const faultNames = Object.keys(faults) as readonly FaultName[];

/** Draws lots and counts what came up. */
export class FaultDraw {
  #rates: FaultRates = noFaults;
  #submitFaults: readonly FaultName[] = [];
  readonly #chance: Chance;
  readonly counts = new Map<FaultName, number>();

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  set(rates: FaultRates): void {
    this.#rates = rates;
    this.#submitFaults = faultNames.filter((name) => faults[name].per === 'submit' && (rates[name] ?? 0) > 0);
  }

  /** Whether this fault happens now. */
  draw(name: FaultName): boolean {
    const rate = this.#rates[name];
    if (rate === undefined || rate <= 0 || this.#chance.fraction() >= rate) return false;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return true;
  }

  /** The one misbehaviour, if any, that this submit meets: the first of the table whose lot comes up. */
  drawForSubmit(): FaultName | null {
    for (const name of this.#submitFaults) if (this.draw(name)) return name;
    return null;
  }
}
