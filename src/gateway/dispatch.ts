// From accepted to ordered: which link a message waits for, when it goes to the guard, and what waits anew when a link
// changes (design §3, §4). Reasons go into the message's history.
import { decideRoute, RouteReason } from '../routing/decide.ts';
import { State } from './aggregate.ts';
import type { Core } from './core.ts';
import { endUnsent } from './housekeeping.ts';
import { Letter, MessageFlag, MessagePhase } from './layout.ts';
import { addEvent, EventKind } from './letters.ts';
import { LANE_MASKS, LaneClass, type Link } from './links.ts';
import { OrderMaker } from './order.ts';
import type { OrderWindow } from './orderWindow.ts';
import { TraceReason } from './views.ts';

/** Messages of a queue that are routed anew per turn: keeps a turn below a few milliseconds. */
const REROUTE_PER_TURN = 500;
/** An outcome that could not be asked for is asked for again after this time. */
const ASK_AGAIN_MS = 1000;
const NO_REFUSALS: readonly number[] = [];

export class Dispatch {
  readonly #core: Core;
  readonly #orders: OrderMaker;
  /** Messages whose order only asks; stale ones do no harm. */
  readonly #asking = new Set<number>();
  readonly #facts = { destination: '', account: 0, sender: '', hash: 0, refused: NO_REFUSALS };

  constructor(core: Core) {
    this.#core = core;
    this.#orders = new OrderMaker(core);
  }

  /** After a reload: prices, purposes and names may have changed. */
  forgetCache(): void {
    this.#orders.forget();
  }

  /** A message that may go out now looks for its link and waits there. */
  enqueue(handle: number, nowMs: number): void {
    const { store, links, times } = this.#core;
    if (!times.reached(this.#core, handle, nowMs)) return;
    const link = this.#route(handle, nowMs);
    if (link === null) return;
    store.phase[handle] = MessagePhase.queued;
    store.link[handle] = link.number;
    link.queue.push(
      handle,
      laneOf(store.lane[handle] as number),
      store.account[handle] as number,
      store.segments[handle] as number,
    );
    const laneClass = store.lane[handle] === 0 ? LaneClass.pin : LaneClass.bulk;
    if (links.usable(link, laneClass)) this.pump(link, laneClass);
  }

  /** Gives the guard what it can take of one lane class. */
  pump(link: Link, laneClass: number): void {
    const { store, world, links } = this.#core;
    const peer = link.peers[laneClass];
    if (peer === null || peer === undefined || !links.usable(link, laneClass)) return;
    if (link.queue.size === 0 || peer.room === 0) return;
    if ((link.notBefore[laneClass] as number) > world.loop.monotonic()) return;
    const nowMs = world.loop.now();
    const mask = LANE_MASKS[laneClass] as number;
    const window = link.windows[laneClass] as OrderWindow;
    while (peer.room > 0 && window.admits(peer.inFlight)) {
      const handle = link.queue.take(mask);
      if (handle < 0) return;
      const sent = peer.send(this.#orders.make(handle, link.name, nowMs, false), tokenOf(this.#core, handle));
      if (sent === null) {
        this.#giveBack(link, handle);
        return;
      }
      this.#asking.delete(handle);
      const repeated = ((store.flags[handle] as number) & MessageFlag.repeated) !== 0;
      store.phase[handle] = MessagePhase.ordered;
      store.link[handle] = link.number;
      addEvent(
        store,
        handle,
        repeated ? EventKind.repeated : EventKind.ordered,
        link.number,
        repeated ? TraceReason.noAnswer : 0,
        0,
        nowMs,
        0,
      );
      if (repeated) this.#core.counters.orders_repeated++;
      else this.#core.counters.orders++;
    }
  }

  /** The order ended without an answer: the same op goes to the guard again, before everything else (design §3). */
  noAnswer(handle: number): void {
    const { store, links, world } = this.#core;
    store.flags[handle] = (store.flags[handle] as number) | MessageFlag.repeated;
    const nowMs = world.loop.now();
    if (this.#asking.delete(handle) || nowMs >= (store.validUntil[handle] as number)) this.#askLater(handle, nowMs);
    else this.#giveBack(links.get(store.link[handle] as number), handle);
  }

  /**
   * The order was given and not answered, and must not leave any more: its validity has ended, or no link may take it now. The
   * guard is asked, over any bind, what became of it; what it does not know never left.
   */
  ask(handle: number, nowMs: number): void {
    const { store, links, world, timers, counters } = this.#core;
    this.withdraw(handle);
    const own = links.byNumber[store.link[handle] as number];
    const mine = store.lane[handle] === 0 ? LaneClass.pin : LaneClass.bulk;
    for (const link of own === undefined ? links.byNumber : [own, ...links.byNumber]) {
      for (const laneClass of [mine, mine === LaneClass.pin ? LaneClass.bulk : LaneClass.pin]) {
        const peer = link.peers[laneClass] ?? null;
        if (peer === null || peer.room === 0) continue;
        const order = this.#orders.make(handle, link.name, nowMs, true);
        if (peer.send(order, tokenOf(this.#core, handle)) === null) continue;
        this.#asking.add(handle);
        store.phase[handle] = MessagePhase.ordered;
        store.link[handle] = link.number;
        timers.set(handle, store.deadline[handle] as number);
        addEvent(store, handle, EventKind.repeated, link.number, TraceReason.asked, 0, world.loop.now(), 0);
        counters.orders_asked++;
        return;
      }
    }
    this.#askLater(handle, nowMs);
  }

  #askLater(handle: number, nowMs: number): void {
    const { store, timers } = this.#core;
    const at = nowMs + ASK_AGAIN_MS;
    store.phase[handle] = MessagePhase.waiting;
    store.dueAt[handle] = at;
    timers.set(handle, Math.min(at, store.deadline[handle] as number));
  }

  /**
   * The guard cannot take it now; it returns to the head of its lane (R10). `unknownOp`: the guard has looked everywhere and
   * has no record of the op, so nothing of it has left.
   */
  notNow(handle: number, laneClass: number, retryAfterMs: number, unknownOp: boolean): void {
    const { store, links, world, timers } = this.#core;
    const link = links.get(store.link[handle] as number);
    if (unknownOp) store.flags[handle] = (store.flags[handle] as number) & ~MessageFlag.repeated;
    const mayHaveLeft = ((store.flags[handle] as number) & MessageFlag.repeated) !== 0;
    const asked = this.#asking.delete(handle);
    const nowMs = world.loop.now();
    const validUntil = store.validUntil[handle] as number;
    const ended = nowMs >= validUntil;
    if (mayHaveLeft && (ended || asked)) this.#askLater(handle, nowMs);
    // While that was open it outlived its validity: now it must not leave any more.
    else if (ended) endUnsent(this.#core, handle, nowMs);
    else {
      timers.set(handle, validUntil);
      if (asked) this.enqueue(handle, nowMs);
      else this.#giveBack(link, handle);
    }
    const until = world.loop.monotonic() + retryAfterMs;
    if (until > (link.notBefore[laneClass] as number)) {
      link.notBefore[laneClass] = until;
      world.loop.wakeAt(until, () => this.pump(link, laneClass));
    }
  }

  /** Takes a message out of whatever queue it stands in; false if it stands in none. */
  withdraw(handle: number): boolean {
    const { store, links } = this.#core;
    if (store.phase[handle] !== MessagePhase.queued) return false;
    return links.get(store.link[handle] as number).queue.remove(handle);
  }

  /** A link's health or bind changed. */
  linkChanged(link: Link): void {
    const { links } = this.#core;
    this.pump(link, LaneClass.pin);
    this.pump(link, LaneClass.bulk);
    const usable = links.usable(link, LaneClass.bulk) || links.usable(link, LaneClass.pin);
    if (!usable) this.reroute(link);
    else {
      for (const other of links.byNumber) {
        if (other !== link && other.queue.size > 0 && !links.usable(other, LaneClass.bulk)) this.reroute(other);
      }
    }
  }

  /** Routes anew what waits for `link`, a portion per turn; what finds no better link stays. */
  reroute(link: Link): void {
    if (link.rerouting || link.queue.size === 0 || !this.#otherUsable(link)) return;
    link.rerouting = true;
    let left = link.queue.size;
    const step = (): void => {
      const nowMs = this.#core.world.loop.now();
      const portion = Math.min(left, REROUTE_PER_TURN);
      for (let i = 0; i < portion; i++) {
        const handle = link.queue.take();
        if (handle < 0) {
          left = 0;
          break;
        }
        left--;
        this.enqueue(handle, nowMs);
      }
      if (left > 0 && this.#otherUsable(link)) this.#core.world.loop.wakeAt(this.#core.world.loop.monotonic(), step);
      else link.rerouting = false;
    };
    step();
  }

  #otherUsable(link: Link): boolean {
    const { links } = this.#core;
    for (const other of links.byNumber) if (other !== link && links.usable(other, LaneClass.bulk)) return true;
    return false;
  }

  #giveBack(link: Link, handle: number): void {
    const { store } = this.#core;
    store.phase[handle] = MessagePhase.queued;
    link.queue.giveBack(
      handle,
      laneOf(store.lane[handle] as number),
      store.account[handle] as number,
      store.segments[handle] as number,
    );
  }

  /** The link to wait for; null: no link may ever take it, the message has ended or its outcome is asked for. */
  #route(handle: number, nowMs: number): Link | null {
    const { store, links, routes } = this.#core;
    const facts = this.#facts;
    facts.destination = store.destination(handle);
    facts.account = store.account[handle] as number;
    facts.sender = store.source(handle);
    facts.hash = store.buffer(handle).readUInt32BE((store.offset[handle] as number) + Letter.op + 8);
    facts.refused = store.refusals.get(handle) ?? NO_REFUSALS;
    const decision = decideRoute(facts, routes, links.health, nowMs);
    if (decision.kind === 'routed') {
      const number = decision.links[0] as number;
      const { reasons } = decision;
      // The ordinary case, first link of the rule, needs no event: `ordered` names the link.
      if (reasons.length > 3) {
        const weighted = reasons[reasons.length - 3] === RouteReason.chosenByWeight;
        addEvent(
          store,
          handle,
          EventKind.routed,
          number,
          weighted ? TraceReason.weighted : TraceReason.failOver,
          0,
          nowMs,
          reasons[3] as number,
        );
      }
      return links.get(number);
    }
    if (decision.kind === 'wait') return links.get(this.#waitFor(facts.refused));
    if (((store.flags[handle] as number) & MessageFlag.repeated) !== 0) {
      this.ask(handle, nowMs);
      return null;
    }
    const exhausted = decision.kind === 'exhausted';
    const earlier = ((store.flags[handle] as number) & MessageFlag.possibleDuplicate) !== 0;
    this.#core.ending.end(
      handle,
      earlier ? State.unknown : exhausted ? State.undeliverable : State.rejected,
      nowMs,
      0,
      exhausted ? TraceReason.refusedByLink : TraceReason.linkDown,
    );
    return null;
  }

  /** No link is usable: wait for the first of the rule that has not refused the message. */
  #waitFor(refused: readonly number[]): number {
    const { routes } = this.#core;
    const facts = this.#facts;
    for (let rule = routes.match(facts.destination, facts.account, facts.sender, -1); rule >= 0; ) {
      const found = routes.rules[rule];
      if (found === undefined) break;
      for (const link of found.links) if (!refused.includes(link)) return link;
      rule = found.fallThrough ? routes.match(facts.destination, facts.account, facts.sender, rule) : -1;
    }
    throw new Error('dispatch: a route that waits has no link');
  }
}

/** Names the message and its incarnation: an answer that comes after the handle was used again is not taken for its own. */
export function tokenOf(core: Core, handle: number): number {
  return handle * 0x1_0000 + (core.store.generation[handle] as number);
}

/** The handle of a token, or -1 when the message it meant is gone. */
export function handleOf(core: Core, token: number): number {
  const handle = Math.floor(token / 0x1_0000);
  return core.store.generation[handle] === token % 0x1_0000 ? handle : -1;
}

function laneOf(lane: number): 0 | 1 | 2 {
  return lane === 0 ? 0 : lane === 1 ? 1 : 2;
}
