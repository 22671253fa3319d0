// What waits for one link: three lanes, and within a lane one flow per account, served in turns that are equal in
// segments. Decides which handle goes next; knows no clock, no throttle, no message. All operations are O(1) amortised.

import { LANE_NORMAL_PER_BULK, LANE_QUANTUM_SEGMENTS, MESSAGE_SEGMENTS_MAX } from '../base/limits.ts';
import { checkCost, NONE, type QueueStore } from './queueStore.ts';

/** Lanes in the order of urgency; the numbers stand in orders and records. */
export const Lane = { pin: 0, normal: 1, bulk: 2 } as const;
/** A lane. */
export type LaneValue = (typeof Lane)[keyof typeof Lane];
/** Mask of all lanes for `peek` and `take`; bit n stands for lane n. */
export const ALL_LANES = 7;

/** One account's waiting messages in one lane. Kept while the link queue lives: accounts are few, messages many. */
type Flow = {
  /** Position in the queue's list of flows; what the store keeps per handle. */
  readonly number: number;
  readonly lane: LaneValue;
  head: number;
  tail: number;
  count: number;
  /** Segments it may still send in this turn; a message may overdraw it, which later turns pay back. */
  credit: number;
  /** Ring of the lane's flows that hold something. */
  ringNext: Flow | null;
  ringPrev: Flow | null;
};

type LaneState = { count: number; segments: number; turn: Flow | null; readonly byAccount: (Flow | undefined)[] };

/**
 * The queue of one link. PINs always go first; normal and bulk share 4 : 1 in segments while both wait; accounts in a
 * lane take turns, so ten messages of one never stand behind a million of another.
 */
export class LaneQueue {
  readonly #store: QueueStore;
  readonly #lanes: readonly [LaneState, LaneState, LaneState] = [lane(), lane(), lane()];
  readonly #flows: Flow[] = [];
  /** Offset of this queue's flow numbers, so that queues can share a store. */
  readonly #queueBase: number;
  /** Number of the last take, 1…65535, wrapping past 0. */
  #takes = 0;
  /** Segments the normal lane may send before bulk gets one. */
  #normalCredit = LANE_NORMAL_PER_BULK;

  /** `queueNumber` (0…4095) tells the queues of one store apart, one number per link. */
  constructor(store: QueueStore, queueNumber: number) {
    if (!Number.isInteger(queueNumber) || queueNumber < 0 || queueNumber > 4095) throw new RangeError('queue number');
    this.#store = store;
    this.#queueBase = queueNumber * FLOWS_PER_QUEUE;
  }

  /** Handles waiting. */
  get size(): number {
    return this.#lanes[0].count + this.#lanes[1].count + this.#lanes[2].count;
  }

  /** Handles waiting in one lane. */
  laneSize(of: LaneValue): number {
    return this.#lanes[of].count;
  }

  /** Segments waiting in one lane. */
  laneSegments(of: LaneValue): number {
    return this.#lanes[of].segments;
  }

  /** Handles of one account waiting in one lane. */
  accountSize(of: LaneValue, account: number): number {
    return this.#lanes[of].byAccount[account]?.count ?? 0;
  }

  /** Puts a handle at the end of its account's flow. `account` is a small index, `segments` 1…255. */
  push(handle: number, to: LaneValue, account: number, segments: number): void {
    const flow = this.#enter(handle, to, account, segments);
    const store = this.#store;
    store.takenAs[handle] = 0;
    this.#insert(flow, handle, flow.tail, NONE);
    if (flow.count === 1) {
      flow.credit = Math.min(flow.credit, 0) + LANE_QUANTUM_SEGMENTS;
      this.#join(flow, false);
    }
  }

  /**
   * Puts a taken handle back to the head (throttled, window full, R10): it is next in its lane, its account does not
   * lose its turn, and handles that come back together stand in the order in which they were taken.
   */
  giveBack(handle: number, to: LaneValue, account: number, segments: number): void {
    const flow = this.#enter(handle, to, account, segments);
    const { takenAs, next } = this.#store;
    const mine = takenAs[handle]!;
    let after = NONE;
    let before = flow.head;
    while (mine !== 0 && before !== NONE && takenAs[before] !== 0 && ((mine - takenAs[before]!) & 0xffff) < 0x8000) {
      after = before;
      before = next[before]!;
    }
    this.#insert(flow, handle, after, before);
    if (flow.count === 1) this.#join(flow, true);
    else this.#lanes[to].turn = flow;
    // Just what it cost: what another message of the account has overdrawn stays to be paid.
    flow.credit += segments;
    if (to === Lane.normal) this.#normalCredit = Math.min(this.#normalCredit + segments, LANE_NORMAL_PER_BULK);
  }

  /** The handle that `take` with the same mask would return, or −1. */
  peek(laneMask: number = ALL_LANES): number {
    const flow = this.#choose(laneMask);
    return flow === null ? NONE : flow.head;
  }

  /** Removes and returns the next handle among the lanes of `laneMask`, or −1 if nothing waits there. */
  take(laneMask: number = ALL_LANES): number {
    const flow = this.#choose(laneMask);
    if (flow === null) return NONE;
    const handle = flow.head;
    const segments = this.#store.cost[handle]!;
    flow.credit -= segments;
    this.#share(flow.lane, segments);
    this.#takes = this.#takes === 0xffff ? 1 : this.#takes + 1;
    this.#unlink(flow, handle);
    this.#store.takenAs[handle] = this.#takes;
    return handle;
  }

  /** Takes a handle out wherever it stands (cancelled, expired). False if it does not wait in this queue. */
  remove(handle: number): boolean {
    if (!this.#store.has(handle)) return false;
    const number = this.#store.flow[handle]! - this.#queueBase;
    const flow = number < 0 || number >= FLOWS_PER_QUEUE ? undefined : this.#flows[number];
    if (flow === undefined) return false;
    this.#unlink(flow, handle);
    return true;
  }

  /** Takes everything out, lane by lane and account by account in order, for routing again. */
  drain(each: (handle: number) => void): void {
    for (const flow of this.#flows) {
      while (flow.head !== NONE) {
        const handle = flow.head;
        this.#unlink(flow, handle);
        each(handle);
      }
    }
  }

  #enter(handle: number, to: LaneValue, account: number, segments: number): Flow {
    checkCost(segments);
    const store = this.#store;
    store.ensure(handle);
    if (store.flow[handle] !== NONE) throw new Error('handle is queued already');
    const state = this.#lanes[to];
    let flow = state.byAccount[account];
    if (flow === undefined) {
      if (this.#flows.length >= FLOWS_PER_QUEUE) throw new RangeError('too many accounts in one queue');
      flow = newFlow(this.#flows.length, to);
      // Filled up to the account so that the array stays dense and its look-up fast.
      while (state.byAccount.length <= account) state.byAccount.push(undefined);
      state.byAccount[account] = flow;
      this.#flows.push(flow);
    }
    store.cost[handle] = segments;
    store.flow[handle] = this.#queueBase + flow.number;
    return flow;
  }

  #insert(flow: Flow, handle: number, after: number, before: number): void {
    const { next, prev, cost } = this.#store;
    next[handle] = before;
    prev[handle] = after;
    if (after === NONE) flow.head = handle;
    else next[after] = handle;
    if (before === NONE) flow.tail = handle;
    else prev[before] = handle;
    flow.count += 1;
    const state = this.#lanes[flow.lane];
    state.count += 1;
    state.segments += cost[handle]!;
  }

  #unlink(flow: Flow, handle: number): void {
    const { next, prev, cost, flow: flows } = this.#store;
    const after = prev[handle]!;
    const before = next[handle]!;
    if (after === NONE) flow.head = before;
    else next[after] = before;
    if (before === NONE) flow.tail = after;
    else prev[before] = after;
    flows[handle] = NONE;
    flow.count -= 1;
    const state = this.#lanes[flow.lane];
    state.count -= 1;
    state.segments -= cost[handle]!;
    if (flow.count === 0) this.#leave(flow);
  }

  /** Adds a flow to the ring: last in turn, or first. */
  #join(flow: Flow, first: boolean): void {
    const state = this.#lanes[flow.lane];
    const turn = state.turn;
    if (turn === null) {
      flow.ringNext = flow;
      flow.ringPrev = flow;
      state.turn = flow;
      return;
    }
    const last = turn.ringPrev!;
    flow.ringNext = turn;
    flow.ringPrev = last;
    last.ringNext = flow;
    turn.ringPrev = flow;
    if (first) state.turn = flow;
  }

  #leave(flow: Flow): void {
    const state = this.#lanes[flow.lane];
    const next = flow.ringNext!;
    if (next === flow) {
      state.turn = null;
    } else {
      next.ringPrev = flow.ringPrev;
      flow.ringPrev!.ringNext = next;
      if (state.turn === flow) state.turn = next;
    }
    flow.ringNext = null;
    flow.ringPrev = null;
  }

  /** Keeps the balance between normal and bulk; nothing is owed to a lane in which nobody waits. */
  #share(lane: LaneValue, segments: number): void {
    if (lane === Lane.normal && this.#lanes[Lane.bulk].count > 0) {
      this.#normalCredit = Math.max(this.#normalCredit - segments, -MESSAGE_SEGMENTS_MAX);
    } else if (lane === Lane.bulk) {
      this.#normalCredit = Math.min(this.#normalCredit, 0) + LANE_NORMAL_PER_BULK * segments;
    }
  }

  #choose(mask: number): Flow | null {
    const [pin, normal, bulk] = this.#lanes;
    if ((mask & 1) !== 0 && pin.count > 0) return this.#turnOf(pin);
    const normalWaits = (mask & 2) !== 0 && normal.count > 0;
    const bulkWaits = (mask & 4) !== 0 && bulk.count > 0;
    if (normalWaits && (!bulkWaits || this.#normalCredit > 0)) return this.#turnOf(normal);
    return bulkWaits ? this.#turnOf(bulk) : null;
  }

  /**
   * Moves the turn on to the next flow with credit; each passed flow gets its share for the next round. What was given back has
   * had its turn: it goes again without credit.
   */
  #turnOf(state: LaneState): Flow {
    const { takenAs } = this.#store;
    let flow = state.turn!;
    while (flow.credit <= 0 && takenAs[flow.head] === 0) {
      flow.credit += LANE_QUANTUM_SEGMENTS;
      flow = flow.ringNext!;
    }
    state.turn = flow;
    return flow;
  }
}

/** Accounts × lanes that one queue can tell apart; × 4,096 queues it still fits an Int32. */
const FLOWS_PER_QUEUE = 524_288;

function newFlow(number: number, lane: LaneValue): Flow {
  return { number, lane, head: NONE, tail: NONE, count: 0, credit: 0, ringNext: null, ringPrev: null };
}

function lane(): LaneState {
  return { count: 0, segments: 0, turn: null, byAccount: [] };
}
