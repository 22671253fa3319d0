// What people who run the programs do in a seed, drawn from dice of their own: links are paused, drained and resumed, programs are
// stopped in order, configurations are changed and changed back. Draws only; operate.ts carries it out.
import type { GatewayConfig } from '../gateway/config.ts';
import type { GuardConfig } from '../guard/config.ts';
import { Chance } from '../operator/chance.ts';
import type { Plan } from './plan.ts';

const SHARE = 0.4;
const KIND_SHARE = 0.5;
const MOST = 3;

/** How a configuration differs from the plan's for a while: never by more than the plan allows. */
export interface Change {
  /** Rates and windows are half of what they were. */
  readonly half: boolean;
  /** Link that is not in the guard's configuration. */
  readonly without: string;
  /** Account that is disabled at the gateway. */
  readonly disabled: string;
  /** Routes choose by weight, where they went in order, or the other way round. */
  readonly otherMode: boolean;
}

export type Operation =
  | { readonly kind: 'pause' | 'drain' | 'resume'; readonly link: string }
  | { readonly kind: 'stop'; readonly node: 'gateway' | 'guard'; readonly downMs: number }
  | { readonly kind: 'reload'; readonly node: 'gateway' | 'guard'; readonly change: Change };

export const UNCHANGED: Change = { half: false, without: '', disabled: '', otherMode: false };

export interface PlannedOperation {
  readonly atMs: number;
  readonly operation: Operation;
}

/** Empty: nobody touches anything in this seed. */
export function drawOperations(plan: Plan): readonly PlannedOperation[] {
  const chance = new Chance(plan.seed ^ 0x09e7a7e);
  if (chance.fraction() >= SHARE) return [];
  const all: PlannedOperation[] = [];
  const one = <T>(values: readonly T[]): T => values[chance.below(values.length)] as T;
  const happens = (share: number): boolean => chance.fraction() < share;
  const atMs = (): number => chance.below(plan.faultsEndMs);
  /** From tens of milliseconds to tens of seconds. */
  const forMs = (): number => Math.floor(50 * 10 ** (2.7 * chance.fraction()));
  const someTimes = (make: () => void): void => {
    if (happens(KIND_SHARE)) for (let count = 1 + chance.below(MOST); count > 0; count--) make();
  };
  const pair = (first: Operation, second: Operation): void => {
    const from = atMs();
    all.push({ atMs: from, operation: first }, { atMs: from + forMs(), operation: second });
  };
  for (const kind of ['pause', 'drain'] as const) {
    someTimes(() => {
      const link = one(plan.links).name;
      pair({ kind, link }, { kind: happens(0.8) ? 'resume' : 'pause', link });
    });
  }
  for (const node of ['gateway', 'guard'] as const) {
    someTimes(() => all.push({ atMs: atMs(), operation: { kind: 'stop', node, downMs: one([20, 500, 5000]) } }));
  }
  const customers = plan.accounts.filter((account) => account.way === 'smpp');
  someTimes(() => {
    const without = happens(0.3) ? one(plan.links).name : '';
    const change = { ...UNCHANGED, half: happens(0.6), without };
    pair({ kind: 'reload', node: 'guard', change }, { kind: 'reload', node: 'guard', change: UNCHANGED });
  });
  someTimes(() => {
    const disabled = happens(0.3) ? one(customers).name : '';
    const change = { ...UNCHANGED, half: happens(0.5), disabled, otherMode: happens(0.5) };
    pair({ kind: 'reload', node: 'gateway', change }, { kind: 'reload', node: 'gateway', change: UNCHANGED });
  });
  return all.sort((a, b) => a.atMs - b.atMs);
}

export function changedGuard(config: GuardConfig, { half, without }: Change): GuardConfig {
  const links = config.links.filter((link) => link.name !== without);
  if (!half) return { ...config, links };
  return {
    ...config,
    links: links.map((link) => ({
      ...link,
      throttlePerSecond: Math.ceil(link.throttlePerSecond / 2),
      window: Math.ceil(link.window / 2),
    })),
  };
}

export function changedGateway(config: GatewayConfig, { half, disabled, otherMode }: Change): GatewayConfig {
  return {
    ...config,
    accounts: config.accounts.map((account) => ({
      ...account,
      enabled: account.name !== disabled,
      throughput: half ? Math.ceil(account.throughput / 2) : account.throughput,
    })),
    routes: config.routes.map((route) =>
      otherMode ? { ...route, mode: route.mode === 'ordered' ? 'weighted' : 'ordered' } : route,
    ),
  };
}
