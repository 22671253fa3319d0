// The numbers of our requests on one connection (SMPP 5.0 §4.7.24, R6): 1 to 0x7FFFFFFF, then 1 again, none that is in use.
import { NOWHERE } from './outstanding.ts';

const SEQUENCE_MAX = 0x7fffffff;

export class SequenceNumbers {
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  /** The next number that neither a request (late ones included) nor one of the session's own has. */
  take(requests: { find(sequence: number): number }, own: { kindOf(sequence: number): string | null }): number {
    let sequence = this.#next;
    while (requests.find(sequence) !== NOWHERE || own.kindOf(sequence) !== null) sequence = following(sequence);
    this.#next = following(sequence);
    return sequence;
  }
}

function following(sequence: number): number {
  return sequence === SEQUENCE_MAX ? 1 : sequence + 1;
}
