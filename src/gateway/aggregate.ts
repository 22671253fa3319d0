// One final state from the states of a message's segments (R28), and what of its price is due. Pure: reads the store only.
import { OutcomeClass } from '../smpp/vendor.ts';
import { segmentOutcome, segmentState } from './letters.ts';
import type { MessageStore } from './store.ts';

/** message_state values used here (SMPP 3.4 §5.2.28). */
export const State = {
  scheduled: 0,
  enroute: 1,
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  accepted: 6,
  unknown: 7,
  rejected: 8,
} as const;

/** Worst first. */
const WORST = [State.undeliverable, State.rejected, State.expired, State.deleted, State.unknown] as const;

/**
 * The final state that the segments add up to, or 0 while one is open. DELIVERED only when every segment that the
 * supplier reports on was delivered; `receiptParts` says which those are.
 */
export function aggregateState(store: MessageStore, handle: number, receiptParts: 'all' | 'first' | 'last'): number {
  const total = store.segments[handle] as number;
  let seen = 0;
  let delivered = 0;
  for (let segment = 0; segment < total; segment++) {
    const outcome = segmentOutcome(store, handle, segment);
    let state = segmentState(store, handle, segment);
    if (state === 0) {
      if (outcome === OutcomeClass.refused || outcome === OutcomeClass.notEmitted) state = State.undeliverable;
      else if (outcome === 0) return 0;
      else if (receiptParts === 'first' && segment > 0) continue;
      else if (receiptParts === 'last' && segment < total - 1) continue;
      else return 0;
    }
    if (state === State.delivered) delivered++;
    else seen |= 1 << state;
  }
  if (seen === 0) return delivered > 0 ? State.delivered : 0;
  return worstOf(seen);
}

/** The worst of final states, given as a set of bits `1 << state`. */
export function worstOf(states: number): number {
  for (const state of WORST) if (states & (1 << state)) return state;
  return states === 1 << State.delivered ? State.delivered : State.unknown;
}

/** Has any segment of the present attempt left the guard, or may have? */
export function anyEmitted(store: MessageStore, handle: number): boolean {
  const total = store.segments[handle] as number;
  for (let segment = 0; segment < total; segment++) {
    const outcome = segmentOutcome(store, handle, segment);
    if (outcome === OutcomeClass.accepted || outcome === OutcomeClass.unknown) return true;
  }
  return false;
}

/** Segments whose state is DELIVERED, counting those that the supplier does not report on as the others. */
export function deliveredSegments(store: MessageStore, handle: number, receiptParts: 'all' | 'first' | 'last'): number {
  const total = store.segments[handle] as number;
  if (receiptParts !== 'all' && aggregateState(store, handle, receiptParts) === State.delivered) return total;
  let delivered = 0;
  for (let segment = 0; segment < total; segment++)
    if (segmentState(store, handle, segment) === State.delivered) delivered++;
  return delivered;
}
