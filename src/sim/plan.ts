// What one seed draws before anything happens: who is in the town, how much is sent, and which faults come when (a swarm: each
// seed leaves most kinds of fault out and has much of the rest). Decides nothing later; the run only carries it out.
import { Chance } from '../operator/chance.ts';
import { type FaultName, faultNames } from '../operator/faults.ts';
import { makeBusy } from './busy.ts';
import { drawMore, type MorePlan, NOTHING_MORE } from './more.ts';
import type { NetWeather } from './net.ts';

export interface AccountPlan {
  readonly name: string;
  readonly way: 'smpp' | 'http';
  readonly binds: number;
  /** Modes of its binds: one two-way, or one each way. */
  readonly split: boolean;
  readonly window: number;
  readonly throughput: number;
  readonly chargeOn: 'accepted' | 'submission' | 'delivered';
  readonly onUnknown: 'wait' | 'retry';
  readonly lane: 'pin' | 'normal' | 'bulk';
  readonly idFormat: 'opaque' | 'hex' | 'dec';
  readonly creditLimit: number;
  readonly credit: number;
  readonly webhook: boolean;
  readonly messages: number;
  /** Sends again, as a new message, what was not answered. */
  readonly resends: boolean;
  readonly version: number;
}

export interface LinkPlan {
  readonly name: string;
  readonly port: number;
  readonly binds: number;
  readonly split: boolean;
  readonly window: number;
  readonly throttle: number;
  /** What the operator itself allows; below `throttle` it throttles us. */
  readonly operatorThrottle: number;
  readonly ids: 'hex' | 'dec';
  readonly refusals: number;
  readonly failures: number;
  readonly misbehaviour: { readonly [name in FaultName]?: number };
  readonly receiptMaxMs: number;
}

export type TownFault =
  | {
      readonly kind: 'crash';
      readonly node: string;
      readonly power: boolean;
      readonly steps: number;
      readonly downMs: number;
    }
  | { readonly kind: 'partition'; readonly a: string; readonly b: string; readonly ms: number }
  | { readonly kind: 'reset' | 'black hole' | 'stall'; readonly pick: number; readonly ms: number }
  | { readonly kind: 'clock'; readonly node: string; readonly jumpMs: number }
  | { readonly kind: 'disk full' | 'disk slow' | 'disk unknown'; readonly node: string; readonly ms: number }
  | { readonly kind: 'vanish'; readonly account: number; readonly ms: number }
  | { readonly kind: 'webhooks fail'; readonly ms: number };

export interface Plan {
  readonly seed: number;
  readonly accounts: readonly AccountPlan[];
  readonly links: readonly LinkPlan[];
  readonly weather: NetWeather;
  readonly commitMaxMs: number;
  readonly turnMaxMs: number;
  /** Customers send within this time. */
  readonly sendMs: number;
  /** No fault begins later, and those that last end here. */
  readonly faultsEndMs: number;
  readonly faults: readonly { readonly atMs: number; readonly fault: TownFault }[];
  readonly share: {
    readonly long: number;
    readonly parts: number;
    readonly scheduled: number;
    readonly cancelled: number;
    readonly unwanted: number;
    readonly declined: number;
  };
  readonly weighted: boolean;
  /** Limits of memory: small ones are reached. */
  readonly guardOps: number;
  readonly gatewayMessages: number;
  readonly more: MorePlan;
}

const LINK_NAMES = ['alpha', 'beta', 'gamma', 'delta'];
/** Kinds of misbehaviour by which an operator may be known. Those of the wire end sessions and are rare. */
const SUBMIT_FAULTS = faultNames.filter((name) => !name.includes(':') || name.startsWith('disconnect-in-state'));

/** How much of what more.ts draws is in a plan: nothing, what older kept seeds had of it, everything. */
export type Width = 0 | 1 | 2 | 3 | 4;
/** Everything. */
export const WIDEST: Width = 4;

export function drawPlan(seed: number, width: Width = 0): Plan {
  const narrow = drawNarrow(seed);
  if (width === 0) return narrow;
  const { plan, rushes } = width < 4 ? { plan: narrow, rushes: [] } : makeBusy(narrow);
  return { ...plan, more: { ...drawMore(plan, width), rushes } };
}

function drawNarrow(seed: number): Plan {
  const chance = new Chance(seed);
  const between = (from: number, to: number): number => from + chance.below(to - from + 1);
  const one = <T>(values: readonly T[]): T => values[chance.below(values.length)] as T;
  const happens = (share: number): boolean => chance.fraction() < share;
  const messages = happens(0.15) ? between(200, 500) : between(50, 200);
  const accountCount = between(1, 4);
  const accounts: AccountPlan[] = [];
  for (let i = 0; i < accountCount; i++) {
    const http = i > 0 && happens(0.35);
    accounts.push({
      name: `customer${i + 1}`,
      way: http ? 'http' : 'smpp',
      binds: between(1, 3),
      split: happens(0.3),
      window: one([1, 5, 20, 50]),
      throughput: happens(0.2) ? between(5, 40) : 0,
      chargeOn: one(['accepted', 'accepted', 'submission', 'delivered']),
      onUnknown: one(['wait', 'wait', 'retry']),
      lane: one(['normal', 'normal', 'bulk', 'pin']),
      idFormat: one(['opaque', 'hex', 'dec']),
      creditLimit: happens(0.3) ? 2_000_000 : 0,
      credit: happens(0.2) ? 800_000 : 100_000_000,
      webhook: http && happens(0.7),
      messages: Math.ceil(messages / accountCount),
      resends: happens(0.5),
      version: one([0x34, 0x34, 0x50, 0x33]),
    });
  }
  const linkCount = between(1, 3);
  const links: LinkPlan[] = [];
  const troubled = happens(0.7);
  for (let i = 0; i < linkCount; i++) {
    const misbehaviour: { [name in FaultName]?: number } = {};
    if (troubled) for (let n = between(0, 3); n > 0; n--) misbehaviour[one(SUBMIT_FAULTS)] = one([0.01, 0.05, 0.2]);
    const throttle = one([10, 50, 200, 1000]);
    links.push({
      name: LINK_NAMES[i] as string,
      port: 3001 + i,
      binds: between(1, 2),
      split: happens(0.2),
      window: one([1, 5, 20, 50]),
      throttle,
      operatorThrottle: happens(0.15) ? Math.max(5, Math.floor(throttle / 2)) : 0,
      ids: one(['hex', 'dec']),
      refusals: happens(0.3) ? one([0.02, 0.2]) : 0,
      failures: happens(0.5) ? 0.2 : 0,
      misbehaviour,
      receiptMaxMs: one([500, 5000, 60_000]),
    });
  }
  const sendMs = one([5_000, 20_000, 60_000]);
  const faultsEndMs = sendMs + one([2_000, 30_000, 120_000]);
  return {
    seed,
    accounts,
    links,
    weather: {
      delayMinMs: one([0, 0.2, 5]),
      delayMaxMs: one([1, 20, 200]) + 5,
      fragments: one([0, 0.05, 0.3]),
      capacityBytes: one([1000, 16_384, 65_536]),
      givesUpMs: one([15_000, 60_000]),
    },
    commitMaxMs: one([0.5, 3, 40]),
    turnMaxMs: one([0, 0.3, 3]),
    sendMs,
    faultsEndMs,
    faults: drawFaults(chance, accounts, links, faultsEndMs),
    share: {
      long: one([0, 0.1, 0.4]),
      parts: one([0, 0, 0.15]),
      scheduled: one([0, 0.1]),
      cancelled: one([0, 0.1]),
      unwanted: one([0, 0.2]),
      declined: one([0, 0.05]),
    },
    weighted: happens(0.4),
    guardOps: one([60, 300, 5000]),
    gatewayMessages: one([30, 10_000, 10_000]),
    more: NOTHING_MORE,
  };
}

function drawFaults(
  chance: Chance,
  accounts: readonly AccountPlan[],
  links: readonly LinkPlan[],
  endMs: number,
): { readonly atMs: number; readonly fault: TownFault }[] {
  const one = <T>(values: readonly T[]): T => values[chance.below(values.length)] as T;
  const operators = links.map((link) => link.name);
  const customers = accounts.map((account) => account.name);
  const duration = (): number => Math.floor(20 * 10 ** (3 * chance.fraction()));
  const makers: readonly (() => TownFault)[] = [
    () => crash('gateway'),
    () => crash('guard'),
    () => crash(one(operators)),
    () => ({ kind: 'partition', a: 'gateway', b: one(['guard', ...customers]), ms: duration() }),
    () => ({ kind: 'partition', a: 'guard', b: one([...operators, 'gateway']), ms: duration() }),
    () => ({ kind: 'reset', pick: chance.fraction(), ms: 0 }),
    () => ({ kind: 'black hole', pick: chance.fraction(), ms: 0 }),
    () => ({ kind: 'stall', pick: chance.fraction(), ms: duration() }),
    () => ({
      kind: 'clock',
      node: one(['gateway', 'guard', ...operators]),
      jumpMs: (chance.fraction() - 0.5) * one([100, 10_000, 600_000]),
    }),
    () => ({ kind: 'disk full', node: one(['gateway', 'guard']), ms: duration() }),
    () => ({ kind: 'disk slow', node: one(['gateway', 'guard']), ms: duration() }),
    () => ({ kind: 'disk unknown', node: one(['gateway', 'guard']), ms: 0 }),
    () => ({ kind: 'vanish', account: chance.below(accounts.length), ms: duration() }),
    () => ({ kind: 'webhooks fail', ms: duration() }),
  ];
  function crash(node: string): TownFault {
    return {
      kind: 'crash',
      node,
      power: chance.fraction() < 0.5,
      steps: 1 + chance.below(60),
      downMs: one([20, 500, 5000]),
    };
  }
  const faults: { atMs: number; fault: TownFault }[] = [];
  for (const make of makers) {
    if (chance.fraction() > 0.35) continue;
    for (let count = 1 + chance.below(6); count > 0; count--) {
      faults.push({ atMs: Math.floor(chance.fraction() * endMs), fault: make() });
    }
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}
