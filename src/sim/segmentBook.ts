// An order as it stands in the guard's journal, and its segments. Form only; guardBooks.ts fills it in.

export interface SegmentBooked {
  readonly session: string;
  readonly sequence: number;
  /** Its PDU was written. */
  emitted: boolean;
  abandoned: boolean;
  /** The operator said no: the status of its answer as the guard read it. */
  refusedWith: number;
  /** Recorded as throttled: another INTENT of the same segment may follow. */
  again: boolean;
  /** Outcomes that were recorded, in order; a late answer adds one. */
  readonly outcomes: number[];
  remoteId: string;
  /** First final state; 0: none. */
  state: number;
  /** When it was durable, in the town's time. */
  stateAt: number;
}

export interface OpBooked {
  readonly op: string;
  readonly link: string;
  readonly recipient: string;
  readonly total: number;
  readonly flags: number;
  readonly validUntil: number;
  readonly segments: Map<number, SegmentBooked>;
}

export function newSegment(session: string, sequence: number): SegmentBooked {
  return {
    session,
    sequence,
    emitted: false,
    abandoned: false,
    refusedWith: 0,
    again: false,
    outcomes: [],
    remoteId: '',
    state: 0,
    stateAt: 0,
  };
}
