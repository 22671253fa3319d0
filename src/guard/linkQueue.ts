// What waits to leave over one link: a few tens of milliseconds of it, PINs first (design §3). An order gets its numbers and
// its INTENTs when window and pace allow it; each PDU leaves when its INTENT is durable, in the order of its numbers, at the
// exact pace, all segments of a message back to back over one bind.
import type { Alarm } from '../port/loop.ts';
import { OutcomeClass, OutcomeVerdict } from '../smpp/vendor.ts';
import { admits, linkDown, windowsFull } from './admits.ts';
import { BindTurn } from './bindTurn.ts';
import type { Core } from './core.ts';
import { Deque } from './deque.ts';
import { giveBack } from './giveBack.ts';
import type { LinkBind } from './linkBind.ts';
import type { Link } from './links.ts';
import { type Op, SegmentState } from './op.ts';
import { Pace } from './pace.ts';
import { RecordType, writeIntent } from './records.ts';
import { type Again, type Held, WaitingOrders, waitMaxMs } from './waitingOrders.ts';

/** Throttled segments of a message that has partly left are tried again for so long; gateways wait longer for an answer. */
const AGAIN_MAX_MS = 10_000;
/**
 * INTENTs ahead of the window, as shares of it: answers come in clumps of some size, and what is ahead is used up by the next
 * one before a commit is back. Never a whole window: a crash leaves them unknown, and no PIN overtakes them.
 */
const CLUMP_SHARE = 0.25;
const AHEAD_SHARE = 0.9;
const WAKE_MIN_MS = 0.01; // A sum of spacings may lie a rounding error behind what the clock can tell.
const PIN = 0;

export class LinkQueue {
  readonly #core: Core;
  readonly #link: Link;
  readonly #waiting = new WaitingOrders();
  /** Throttled segments that go again, before anything new. */
  readonly #again = new Deque<Again>();
  /** Segments between their number and their PDU. */
  #underway = 0;
  readonly #pace = new Pace();
  readonly #turn = new BindTurn();
  /** An INTENT whose commit is being timed; −1: none. */
  #timed = -1;
  #timedAt = 0;
  #alarm: Alarm | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;
  /** The alarm rings: what is due is written as soon as it is emitted. */
  #ringing = false;

  constructor(core: Core, link: Link) {
    this.#core = core;
    this.#link = link;
  }

  get waiting(): number {
    return this.#waiting.segments;
  }

  /** Null: an order of so many segments may come now. */
  admits(lane: number, segments: number): Held | null {
    const now = this.#core.world.loop.monotonic();
    return admits(this.#link, this.#pace, this.#waiting, this.#underway, lane, segments, now);
  }

  add(op: Op): void {
    const { loop } = this.#core.world;
    const now = loop.monotonic();
    const left = op.validUntil - loop.now();
    if (op.lane === PIN) loop.urgent();
    op.queueUntil = now + Math.min(waitMaxMs(op.lane), left);
    op.againUntil = now + Math.min(AGAIN_MAX_MS, left);
    this.#waiting.add(op);
    this.pump();
  }

  /** Gives numbers and writes INTENTs as far as window and pace allow. */
  pump(): void {
    const [link, core] = [this.#link, this.#core];
    if (core.halted) return;
    for (const bind of link.binds) {
      if (bind.ready.length > 0) this.#drain(bind);
      if (bind.sending !== null) this.#number(bind.sending, bind);
    }
    if (this.#again.length > 0 && !this.#goAgain()) return;
    while (this.waiting > 0) {
      if (!link.usable) {
        this.#giveBackAll();
        return;
      }
      const op = this.#waiting.peek() as Op;
      const now = core.world.loop.monotonic();
      if (this.#giveBackOld(now)) continue;
      const at = this.#pace.after(link.pacer, now, this.#underway + 1);
      if (at > now + this.#pace.aheadMs) {
        this.#wake(at - this.#pace.aheadMs);
        return;
      }
      const bind = this.#turn.free(link, op.total);
      if (bind === null) {
        this.#wake(op.queueUntil);
        return;
      }
      this.#waiting.shift();
      if (op.lane === PIN) core.log.urgent();
      op.bind = bind;
      if (core.sent.home(op.handle) < 0) {
        core.sent.setHome(op.handle, core.log.seq);
        core.log.live(core.log.seq, 1);
      }
      this.#number(op, bind);
    }
  }

  /** Numbers and INTENTs for as many segments as the window takes; the bind belongs to the message until its last. */
  #number(op: Op, bind: LinkBind): void {
    bind.sending = null;
    while (op.begun < op.total) {
      if (!this.#intend(op, op.begun, bind)) {
        if (bind.open) bind.sending = op;
        else this.#core.outcomes.unbegun(op);
        return;
      }
      op.begun++;
    }
  }

  /** One segment gets its number and its INTENT. False: no room, or the bind has gone. */
  #intend(op: Op, segment: number, bind: LinkBind): boolean {
    const { log, world } = this.#core;
    const token = op.handle * 256 + segment;
    const sequence = bind.peer.reserve(token);
    if (sequence === null) return false;
    op.sequences[segment] = sequence;
    op.states[segment] = SegmentState.reserved;
    bind.lastSequence = sequence;
    this.#underway++;
    const w = log.begin(RecordType.intent);
    writeIntent(w, op, world.loop.now(), bind.session, sequence, segment + 1);
    log.end();
    log.after(this.#durable, token);
    if (this.#timed < 0) {
      this.#timed = token;
      this.#timedAt = world.loop.monotonic();
    }
    return true;
  }

  /** A throttled segment goes again when the pace allows. */
  again(op: Op, segment: number, status: number): void {
    this.#again.push({ op, segment, status });
  }

  /** False: something of it still waits, and nothing new goes before it. */
  #goAgain(): boolean {
    const { loop } = this.#core.world;
    for (let one = this.#again.peek(); one !== undefined; one = this.#again.peek()) {
      const { op, segment, status } = one;
      const now = loop.monotonic();
      if (op.bind === null || !op.bind.open || now >= op.againUntil) {
        this.#again.shift();
        this.#core.outcomes.finish(op, segment, OutcomeClass.refused, OutcomeVerdict.retryLater, status, '');
        continue;
      }
      const at = this.#pace.after(this.#link.pacer, now, this.#underway + 1);
      if (at > now + this.#pace.aheadMs) this.#wake(Math.min(at - this.#pace.aheadMs, op.againUntil));
      if (at > now + this.#pace.aheadMs || !this.#intend(op, segment, op.bind)) return false;
      this.#again.shift();
    }
    return true;
  }

  readonly #durable = (token: number): void => {
    if (token === this.#timed) {
      this.#timed = -1;
      this.#pace.commitTook(this.#core.world.loop.monotonic() - this.#timedAt);
    }
    const op = this.#core.ops.get(Math.floor(token / 256));
    const segment = token % 256;
    if (op === null || op.bind === null || op.states[segment] !== SegmentState.reserved) return;
    op.states[segment] = SegmentState.ready;
    op.bind.ready.push(token);
    this.#drain(op.bind);
  };

  /** An answer came after `ms`: so many INTENTs are written ahead of the window that a slot never waits for a commit. */
  answerTook(bind: LinkBind, ms: number): void {
    const { window } = this.#link.config;
    const meanwhile = (window * this.#pace.aheadMs) / Math.max(ms, 1);
    const ahead = Math.max(window * CLUMP_SHARE, 2 * meanwhile);
    bind.peer.setAhead(Math.floor(Math.min(Math.ceil(ahead), window * AHEAD_SHARE)));
  }

  /** Emits what is due, and writes it. */
  #drainNow(): void {
    for (const bind of this.#link.binds) {
      if (bind.ready.length === 0) continue;
      this.#ringing = true;
      this.#drain(bind);
      this.#ringing = false;
      bind.peer.flush();
    }
    this.#drainAll();
  }

  #drainAll(): void {
    for (const bind of this.#link.binds) if (bind.ready.length > 0) this.#drain(bind);
  }

  /** Writes what is durable, whose time has come, and for which the window has a slot: the answer that frees one pumps. */
  #drain(bind: LinkBind): void {
    const [core, { pacer }] = [this.#core, this.#link];
    if (core.halted) return;
    for (let token = bind.ready.peek(); token !== undefined; token = bind.ready.peek()) {
      const op = core.ops.get(Math.floor(token / 256));
      const segment = token % 256;
      if (op === null || op.states[segment] !== SegmentState.ready || op.bind !== bind) {
        bind.ready.shift();
        continue;
      }
      if (bind.peer.slots === 0) return;
      const now = core.world.loop.monotonic();
      const at = this.#pace.nextAt(pacer, now);
      // Where every slot counts, a segment leaves at its time and at once: waiting for the end of the turn would be lost.
      if (at > now || (!this.#ringing && this.#pace.tight(pacer, now))) {
        this.#wake(at);
        return;
      }
      bind.ready.shift();
      op.states[segment] = SegmentState.emitted;
      bind.emittedAt = now;
      const left = bind.emit(op, segment);
      this.#underway--;
      // Not emitted: `failed` has come already.
      if (!left) continue;
      this.#pace.letGo(pacer, now);
      core.counters.segments_emitted++;
    }
  }

  /** So many of those that were emitted have left. The time is read after the write, so it is not before it. */
  written(segments: number): void {
    this.#link.pacer.written(this.#core.world.loop.monotonic(), segments);
    this.#drainAll();
  }

  /** A segment that had a number and was not emitted has ended. */
  notEmitted(): void {
    this.#underway--;
  }

  /** The link went up or down. */
  stateChanged(): void {
    this.pump();
    if (!this.#link.usable) this.#giveBackAll();
  }

  /** Orders that have not begun go back: nothing of them was journalled. */
  #giveBackAll(): void {
    for (let op = this.#waiting.shift(); op !== undefined; op = this.#waiting.shift()) {
      giveBack(this.#core, op, linkDown(this.#link));
    }
  }

  #giveBackOld(now: number): boolean {
    const before = this.waiting;
    for (let op = this.#waiting.shiftOld(now); op !== undefined; op = this.#waiting.shiftOld(now)) {
      giveBack(this.#core, op, windowsFull);
    }
    return this.waiting < before;
  }

  #wake(at: number): void {
    const { loop } = this.#core.world;
    const to = Math.max(at, loop.monotonic() + WAKE_MIN_MS);
    if (this.#alarmAt <= to) return;
    this.#alarm?.cancel();
    this.#alarmAt = to;
    this.#alarm = loop.wakeAt(to, this.#rang, true);
  }

  readonly #rang = (): void => {
    this.#alarm = null;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    this.#drainNow();
    this.#giveBackOld(this.#core.world.loop.monotonic());
    this.pump();
  };
}
