// Seeds in which more waits than may leave, from dice of their own: one link that is slow or has a small window, a customer with a
// backlog, others with a few messages that come behind it, one of them with PINs; and customers that hand in more at once than
// their accounts allow. Draws only; the laws are in laneWatch.ts and quotaWatch.ts.
import { Chance } from '../operator/chance.ts';
import type { AccountPlan, LinkPlan, Plan } from './plan.ts';

const CROWD_SHARE = 0.3;
const LIMIT_SHARE = 0.3;
const FEW = 12;
const RUSHES = 4;

/** The messages of an account all become due in moments that last so long, instead of over the whole time of sending. */
export interface Rush {
  readonly account: string;
  readonly atMs: readonly number[];
  readonly withinMs: number;
}

/** The plan with what makes it busy; most seeds stay as they are. */
export function makeBusy(plan: Plan): { readonly plan: Plan; readonly rushes: readonly Rush[] } {
  const chance = new Chance(plan.seed ^ 0xb057);
  const rushes: Rush[] = [];
  let { accounts, links } = plan;
  if (chance.fraction() < CROWD_SHARE) {
    links = [slow(plan.links[0] as LinkPlan, chance)];
    accounts = crowd(plan, chance);
    const [backlog] = accounts as readonly [AccountPlan];
    rushes.push({ account: backlog.name, atMs: [chance.below(plan.sendMs / 4)], withinMs: 500 });
  }
  if (chance.fraction() < LIMIT_SHARE) {
    const place = accounts.length - 1;
    const last = accounts[place] as AccountPlan;
    const throughput = [3, 8, 20][chance.below(3)] as number;
    accounts = accounts.map((one, i) => (i === place ? { ...one, throughput, window: Math.max(one.window, 20) } : one));
    const atMs = Array.from({ length: 1 + chance.below(RUSHES) }, () => chance.below(plan.sendMs));
    rushes.push({ account: last.name, atMs, withinMs: chance.below(1500) });
  }
  return { plan: { ...plan, accounts, links }, rushes };
}

function slow(link: LinkPlan, chance: Chance): LinkPlan {
  const one = <T>(values: readonly T[]): T => values[chance.below(values.length)] as T;
  const throttle = one([10, 30, 1000]);
  const window = throttle === 1000 ? one([1, 2]) : one([2, 20, 50]);
  const operatorThrottle = link.operatorThrottle === 0 ? 0 : Math.max(5, Math.floor(throttle / 2));
  return { ...link, throttle, window, operatorThrottle };
}

/** One has a backlog; one of the same lane has a few, one has PINs; the rest stay. */
function crowd(plan: Plan, chance: Chance): AccountPlan[] {
  const [first] = plan.accounts as readonly [AccountPlan];
  const lane = chance.fraction() < 0.5 ? 'bulk' : 'normal';
  const made = plan.accounts.slice(1).map((one) => ({ ...one, messages: FEW + chance.below(FEW) }));
  while (made.length < 2)
    made.push({ ...first, name: `customer${made.length + 2}`, messages: FEW + chance.below(FEW) });
  const [few, pins, ...rest] = made as [AccountPlan, AccountPlan, ...AccountPlan[]];
  const backlog = {
    ...first,
    lane,
    throughput: 0,
    window: 50,
    credit: 100_000_000,
    messages: 120 + chance.below(80),
  } as const;
  return [backlog, { ...few, lane, throughput: 0 }, { ...pins, lane: 'pin', throughput: 0 }, ...rest];
}
