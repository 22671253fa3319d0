// All who watch the wire and the books as things happen, in one place: each hears every octet and judges laws of its own.
import { AckWatch } from './ackWatch.ts';
import type { GatewayBooks } from './gatewayBooks.ts';
import type { GuardBooks } from './guardBooks.ts';
import { LaneWatch } from './laneWatch.ts';
import type { Timeline } from './loop.ts';
import type { MoBooks } from './moLaws.ts';
import type { WireTap } from './net.ts';
import type { SimEnd } from './pipe.ts';
import type { Plan } from './plan.ts';
import { QuotaWatch } from './quotaWatch.ts';
import type { Trace } from './trace.ts';
import { WireWatch } from './wireWatch.ts';

export class Watches implements WireTap {
  readonly #timeline: Timeline;
  readonly #gateway: GatewayBooks;
  readonly #guard: GuardBooks;
  readonly #wire: WireWatch;
  readonly #quotas: QuotaWatch;
  readonly #acks: AckWatch;
  readonly #lanes: LaneWatch;

  constructor(timeline: Timeline, trace: Trace, plan: Plan, gateway: GatewayBooks, guard: GuardBooks, mo: MoBooks) {
    this.#timeline = timeline;
    this.#gateway = gateway;
    this.#guard = guard;
    this.#wire = new WireWatch(timeline, trace, plan, gateway, guard, mo);
    this.#quotas = new QuotaWatch(timeline, plan.accounts, gateway);
    this.#acks = new AckWatch(gateway, plan.more.forms !== null);
    this.#lanes = new LaneWatch(plan, gateway, guard);
  }

  written(end: SimEnd, bytes: Buffer): void {
    this.#wire.written(end, bytes);
    this.#quotas.written(end, bytes);
    this.#acks.written(end, bytes);
    this.#lanes.written(end, bytes);
  }

  taken(end: SimEnd, bytes: Buffer): void {
    this.#wire.taken(end, bytes);
  }

  read(end: SimEnd, bytes: Buffer): void {
    this.#wire.read(end, bytes);
    this.#quotas.read(end, bytes);
    this.#acks.read(end, bytes);
    this.#lanes.read(end, bytes);
  }

  /** An event has happened: what became durable is read and judged. */
  absorb(): void {
    this.#gateway.absorb(this.#timeline.nowMs);
    this.#guard.absorb(this.#timeline.nowMs);
    this.#lanes.absorb();
  }

  /** An id that leaves the gateway in an HTTP answer. `askedMs`: when the request came; null: it was answered before. */
  answeredHttp(id: string, askedMs: number | null): void {
    this.#gateway.absorb(this.#timeline.nowMs);
    this.#wire.answeredHttp(id);
    if (askedMs !== null) this.#quotas.takenByHttp(id, askedMs);
  }
}
