// The guard's clock beside each gateway's. An order says when its validity ends and how long that is by the gateway's clock;
// clocks that are far apart make orders end too early (none would leave) or too late, so that the guard tells it.
import { CLOCKS_APART_MS, CLOCKS_TELL_MS, VALIDITY_MAX_S, VALIDITY_MIN_S } from '../base/limits.ts';
import type { World } from '../port/world.ts';
import type { Upstream } from './upstreams.ts';

export class Clocks {
  readonly #world: World;
  /** By upstream number: milliseconds by which our clock is ahead of its gateway's, as its latest order told. */
  readonly #aheadMs: number[] = [];
  /** By upstream number: not to be logged again before this (monotonic); absent: they agree. */
  readonly #tellAt: (number | undefined)[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Milliseconds by which our clock is ahead of the gateway's, below zero where it is behind; within a second or two of it even
   * when both are right. 0: no order has told.
   */
  aheadMs(upstream: Upstream): number {
    return this.#aheadMs[upstream.number] ?? 0;
  }

  /** Why an order is too late, when its validity has ended by our clock. */
  endedReason(upstream: Upstream): string {
    const aheadMs = this.aheadMs(upstream);
    return aheadMs < CLOCKS_APART_MS
      ? 'its validity has ended'
      : `its validity has ended by the guard's clock, which is ${Math.round(aheadMs / 1000)} s ahead of the gateway's`;
  }

  /** An order just come: it ends at `validUntil` (ms since the epoch), which the gateway calls `validitySeconds` away. */
  see(upstream: Upstream, validUntil: number, validitySeconds: number, nowMs: number): void {
    const aheadMs = nowMs - (validUntil - validitySeconds * 1000);
    // What is left of a validity is cut to what may leave: then it tells only how much our clock is behind at least, or ahead.
    if (validitySeconds <= VALIDITY_MIN_S && aheadMs > -CLOCKS_APART_MS) return;
    if (validitySeconds >= VALIDITY_MAX_S && aheadMs < CLOCKS_APART_MS) return;
    this.#aheadMs[upstream.number] = aheadMs;
    const apart = Math.abs(aheadMs) >= CLOCKS_APART_MS;
    if (apart || this.#tellAt[upstream.number] !== undefined) this.#tell(upstream, apart, aheadMs);
  }

  #tell(upstream: Upstream, apart: boolean, aheadMs: number): void {
    const { log, loop } = this.#world;
    const now = loop.monotonic();
    const tellAt = this.#tellAt[upstream.number];
    if (!apart) {
      this.#tellAt[upstream.number] = undefined;
      log.info('the clocks of guard and gateway agree again', { upstream: upstream.name });
    } else if (tellAt === undefined || now >= tellAt) {
      this.#tellAt[upstream.number] = now + CLOCKS_TELL_MS;
      log.warn('the clocks of guard and gateway are apart: orders end too early or too late; set both by NTP', {
        upstream: upstream.name,
        guardAheadS: Math.round(aheadMs / 1000),
      });
    }
  }
}
