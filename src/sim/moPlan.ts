// What subscribers send to the customers' numbers in a seed, from dice of its own. Form only; the laws are in moLaws.ts.
import { Chance } from '../operator/chance.ts';
import type { Plan } from './plan.ts';

const SHARE = 0.4;
const WORDS = ['yes', 'no', 'stop', 'where', 'is', 'my', 'parcel', 'please', 'call', 'back', 'tomorrow', 'at', 'noon'];

export interface MoWish {
  readonly atMs: number;
  readonly link: string;
  readonly account: string;
  /** A number of its own for every message. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** The numbers of an account begin so. */
export function moPrefix(plan: Plan, account: string): string {
  return `44770${plan.accounts.findIndex((one) => one.name === account)}`;
}

/** Empty: nobody writes to customers in this seed. */
export function drawMo(plan: Plan): readonly MoWish[] {
  const chance = new Chance(plan.seed ^ 0x30b11e);
  if (chance.fraction() >= SHARE) return [];
  const reachable = plan.accounts.filter((account) => account.way === 'smpp' || account.webhook);
  const count = 5 + chance.below(60);
  const longShare = chance.fraction() < 0.5 ? 0.3 : 0.05;
  return Array.from({ length: count }, (_, i) => {
    const account = reachable[chance.below(reachable.length)]?.name ?? '';
    const length = chance.fraction() < longShare ? 170 + chance.below(300) : 10 + chance.below(120);
    let text = `Reply ${i + 1}:`;
    while (text.length < length) text += ` ${WORDS[chance.below(WORDS.length)]}`;
    return {
      atMs: Math.floor(chance.fraction() * plan.faultsEndMs),
      link: plan.links[chance.below(plan.links.length)]?.name ?? '',
      account,
      from: `4915${10_000_000 + i}`,
      to: `${moPrefix(plan, account)}${100 + chance.below(20)}`,
      text: text.trimEnd(),
    };
  });
}
