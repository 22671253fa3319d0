// The links as the gateway knows them: their names and numbers, what waits for each, the binds to the guard that carry them
// (one per link and lane class, design §3), and their health as the guard reports it.

import { ROUTE_LINKS_MAX } from '../base/limits.ts';
import type { PeerHandler, SmppClientApi, SmppPeer } from '../driver/types.ts';
import { LaneQueue } from '../queue/lanes.ts';
import { QueueStore } from '../queue/queueStore.ts';
import type { LinkHealth } from '../routing/decide.ts';
import { LinkState, linkStateName } from '../smpp/vendor.ts';
import type { LinkConfig } from './config.ts';
import { OrderWindow } from './orderWindow.ts';
import type { LinkView } from './service.ts';

/** Lane classes: PINs have a bind of their own, so that no window that is full of bulk stands before them. */
export const LaneClass = { pin: 0, bulk: 1 } as const;
export type LaneClassValue = (typeof LaneClass)[keyof typeof LaneClass];
/** Masks for LaneQueue.take. */
export const LANE_MASKS: readonly number[] = [0b001, 0b110];

export interface Link {
  readonly number: number;
  readonly name: string;
  config: LinkConfig;
  removed: boolean;
  readonly queue: LaneQueue;
  /** By lane class; null: not bound to the guard. */
  readonly peers: (SmppPeer<number> | null)[];
  readonly clients: SmppClientApi<number>[];
  /** By lane class: nothing before this time (monotonic), because the guard said so. */
  readonly notBefore: number[];
  /** By lane class. */
  readonly windows: readonly OrderWindow[];
  reason: string;
  /** Its queue is being routed anew. */
  rerouting: boolean;
}

export type LinkHandler = PeerHandler<number>;

export class Links {
  readonly byNumber: Link[] = [];
  readonly byName = new Map<string, Link>();
  readonly health: LinkHealth = {
    state: new Uint8Array(ROUTE_LINKS_MAX),
    throttledUntilMs: new Float64Array(ROUTE_LINKS_MAX),
  };
  readonly #queues: QueueStore;

  constructor(capacity: number) {
    this.#queues = new QueueStore(capacity);
  }

  restore(number: number, name: string): Link {
    const known = this.byNumber[number];
    if (known !== undefined) return known;
    const link: Link = {
      number,
      name,
      config: { name, window: 1, receiptParts: 'all' },
      removed: true,
      queue: new LaneQueue(this.#queues, number),
      peers: [null, null],
      clients: [],
      notBefore: [0, 0],
      windows: [new OrderWindow(), new OrderWindow()],
      reason: 'not connected to the guard',
      rerouting: false,
    };
    this.byNumber[number] = link;
    this.byName.set(name, link);
    return link;
  }

  /** Takes the configuration; true when a link got a number just now. */
  configure(configs: readonly LinkConfig[]): boolean {
    let fresh = false;
    for (const link of this.byNumber) link.removed = true;
    for (const config of configs) {
      let link = this.byName.get(config.name);
      if (link === undefined) {
        link = this.restore(this.byNumber.length, config.name);
        fresh = true;
      }
      link.config = config;
      link.removed = false;
    }
    return fresh;
  }

  get(number: number): Link {
    const link = this.byNumber[number];
    if (link === undefined) throw new Error(`no link number ${number}`);
    return link;
  }

  /** Can it take something of this lane class now, as far as we know? */
  usable(link: Link, laneClass: number): boolean {
    const state = this.health.state[link.number];
    return (state === LinkState.up || state === LinkState.slow) && link.peers[laneClass] !== null;
  }

  view(link: Link): LinkView {
    return {
      name: link.name,
      state: linkStateName(this.health.state[link.number] as number),
      reason: link.reason,
      queued: { pin: link.queue.laneSize(0), normal: link.queue.laneSize(1), bulk: link.queue.laneSize(2) },
      inFlight: (link.peers[0]?.inFlight ?? 0) + (link.peers[1]?.inFlight ?? 0),
    };
  }
}
