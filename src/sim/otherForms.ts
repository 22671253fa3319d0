// Which wishes of a plan go by data_sm, and which go together by submit_multi; from dice of its own.
import { Chance } from '../operator/chance.ts';
import type { Wish } from './desk.ts';
import type { AccountPlan, Plan } from './plan.ts';

/** Destinations of one submit_multi. */
const MOST = 6;

export function otherForms(plan: Plan, wishes: readonly Wish[]): Wish[] {
  const { forms } = plan.more;
  if (forms === null) return [...wishes];
  const chance = new Chance(plan.seed ^ 0x0f12e5);
  const made: Wish[] = [];
  for (let i = 0; i < wishes.length; ) {
    const wish = wishes[i] as Wish;
    const account = plan.accounts.find((one) => one.name === wish.account) as AccountPlan;
    const plain = account.way === 'smpp' && wish.parts === 0 && wish.scheduleMs === 0;
    if (plain && chance.fraction() < forms.multi) {
      const group = wishes.slice(i, i + 2 + chance.below(MOST - 1)).filter((one) => one.account === wish.account);
      const { text, wantsReceipt, dueMs } = wish;
      const shared = {
        text,
        wantsReceipt,
        dueMs,
        parts: 0,
        scheduleMs: 0,
        cancels: false,
        multi: wish.number,
      } as const;
      for (const one of group) made.push({ ...one, ...shared, form: 'multi' });
      i += group.length;
      continue;
    }
    const data = plain && account.version !== 0x33 && chance.fraction() < forms.data;
    made.push(data ? { ...wish, form: 'data' } : wish);
    i++;
  }
  return made;
}
