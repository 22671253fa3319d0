// The states of a message as SMPP numbers them (3.4 §5.2.28, 5.0 §4.7.15) and the words that receipts use for them
// (3.4 Appendix B). Nothing but this table and its look-ups.

/** message_state. 0 and 9 exist since 5.0 only. */
export type MessageState = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The states by name. */
export const messageState = {
  scheduled: 0,
  enroute: 1,
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  accepted: 6,
  unknown: 7,
  rejected: 8,
  skipped: 9,
} as const satisfies Record<string, MessageState>;

const words = [
  'SCHEDLD',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
  'SKIPPED',
] as const;

const states: ReadonlyMap<string, MessageState> = new Map([
  ...words.map((word, state) => [word, state as MessageState] as const),
  // Not in any edition, but sent by real message centres.
  ['FAILED', 5] as const,
  ['DELIVERED', 2] as const,
  ['UNDELIVERABLE', 5] as const,
  ['ACCEPTED', 6] as const,
  ['REJECTED', 8] as const,
]);

/** The word for a state; 0 and 9 have none in Appendix B, the words used for them are the field's. */
export function stateWord(state: MessageState): string {
  return words[state];
}

/** The state that `word` names, in any case; undefined when it names none. */
export function stateOfWord(word: string): MessageState | undefined {
  return states.get(word) ?? states.get(word.toUpperCase());
}

/** `value` of a message_state TLV or field as a state; undefined for reserved values. */
export function stateOfValue(value: number): MessageState | undefined {
  return Number.isInteger(value) && value >= 0 && value <= 9 ? (value as MessageState) : undefined;
}

/** The state as a 3.4 peer may see it: SCHEDULED as ENROUTE, SKIPPED as REJECTED (R24). */
export function stateFor34(state: MessageState): MessageState {
  return state === 0 ? 1 : state === 9 ? 8 : state;
}

/** Whether nothing better follows by the letter. `acceptedIsFinal` is the supplier's meaning of ACCEPTED, usually not. */
export function isFinalState(state: MessageState, acceptedIsFinal: boolean): boolean {
  return (state >= 2 && state <= 5) || state >= 8 || (state === 6 && acceptedIsFinal);
}
