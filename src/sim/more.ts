// What a seed draws beyond plan.ts, from dice of its own, so that seeds of before keep their plans: another SMS gateway in front
// of the guard, and what befalls it. Most seeds leave most of it out.
import { Chance } from '../operator/chance.ts';
import type { Rush } from './busy.ts';
import { FOREIGN, VALIDITY_MS } from './configs.ts';
import { drawMo, type MoWish } from './moPlan.ts';
import { drawOperations, type PlannedOperation } from './operations.ts';
import type { Plan, TownFault } from './plan.ts';
import type { Habits } from './requests.ts';
import type { CustomerPlan } from './smppCustomer.ts';

export interface ForeignPlan extends CustomerPlan {
  readonly link: string;
  readonly lane: number;
  readonly messages: number;
  readonly habits: Habits;
  readonly partOctets: number;
  readonly share: {
    readonly long: number;
    readonly parts: number;
    readonly scheduled: number;
    readonly unwanted: number;
    /** Sets of which a part is never sent. */
    readonly torn: number;
  };
}

/** In which other ways customers submit. */
export interface FormsPlan {
  readonly data: number;
  readonly multi: number;
}

/** What customers ask of their messages and do to them. */
export interface AsksPlan {
  readonly queries: number;
  readonly replaced: number;
  readonly withinMs: number;
}

export interface MorePlan {
  /** Another SMS gateway, bound straight to the guard. */
  readonly foreign: ForeignPlan | null;
  readonly faults: readonly { readonly atMs: number; readonly fault: TownFault }[];
  /** Of the gateway's messages. Short ones end between gateway and guard. */
  readonly validityMs: number;
  /** What subscribers write to customers. */
  readonly mo: readonly MoWish[];
  readonly asks: AsksPlan | null;
  readonly forms: FormsPlan | null;
  readonly rushes: readonly Rush[];
  readonly operations: readonly PlannedOperation[];
}

/** As long as a PIN may live in a hurry: shorter than most faults. */
const SHORT_VALIDITY_MS = 8000;
const SHORT_VALIDITY_SHARE = 0.25;
const ASKS_SHARE = 0.4;
const FORMS_SHARE = 0.4;

export const NOTHING_MORE: MorePlan = {
  foreign: null,
  faults: [],
  validityMs: VALIDITY_MS,
  mo: [],
  asks: null,
  forms: null,
  rushes: [],
  operations: [],
};

/** `width` 1 to 3: what the seeds had that were kept with it; 4: everything. */
export function drawMore(plan: Plan, width: 1 | 2 | 3 | 4): MorePlan {
  const dice = new Dice(plan.seed);
  const foreign = dice.happens(0.35) ? drawForeign(dice, plan) : null;
  const faults = drawFaults(dice, plan, foreign !== null);
  // From dice of its own again: seeds that had the rest keep it.
  const short = new Chance(plan.seed ^ 0x5a1e).fraction() < SHORT_VALIDITY_SHARE;
  return {
    foreign,
    faults,
    validityMs: short ? SHORT_VALIDITY_MS : VALIDITY_MS,
    mo: width >= 2 ? drawMo(plan) : [],
    asks: width >= 3 ? drawAsks(plan) : null,
    forms: width >= 4 ? drawForms(plan) : null,
    rushes: [],
    operations: width >= 4 ? drawOperations(plan) : [],
  };
}

function drawForms(plan: Plan): FormsPlan | null {
  const chance = new Chance(plan.seed ^ 0xf0235);
  if (chance.fraction() >= FORMS_SHARE) return null;
  const one = (values: readonly number[]): number => values[chance.below(values.length)] as number;
  return { data: one([0, 0.3]), multi: one([0.1, 0.4]) };
}

function drawAsks(plan: Plan): AsksPlan | null {
  const chance = new Chance(plan.seed ^ 0xa5c5);
  if (chance.fraction() >= ASKS_SHARE) return null;
  const one = (values: readonly number[]): number => values[chance.below(values.length)] as number;
  return { queries: one([0, 0.2, 0.6]), replaced: one([0, 0.1, 0.4]), withinMs: one([500, 20_000, 200_000]) };
}

class Dice {
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#chance = new Chance(seed ^ 0x3017e);
  }

  between(from: number, to: number): number {
    return from + this.#chance.below(to - from + 1);
  }

  one<T>(values: readonly T[]): T {
    return values[this.#chance.below(values.length)] as T;
  }

  happens(share: number): boolean {
    return this.#chance.fraction() < share;
  }

  fraction(): number {
    return this.#chance.fraction();
  }
}

function drawForeign(dice: Dice, plan: Plan): ForeignPlan {
  return {
    name: FOREIGN,
    binds: dice.between(1, 2),
    split: dice.happens(0.2),
    window: dice.one([4, 10, 50]),
    version: 0x34,
    resends: dice.happens(0.6),
    link: dice.one(plan.links).name,
    lane: dice.one([0, 1, 1, 2]),
    messages: dice.between(10, 80),
    habits: {
      storeAndForward: dice.happens(0.4),
      firstPartOnly: dice.happens(0.4),
      intermediate: dice.happens(0.3),
      absoluteValidity: dice.happens(0.4),
      sar: dice.happens(0.3),
      plus: dice.happens(0.3),
    },
    partOctets: dice.one([40, 60, 130]),
    share: {
      long: dice.one([0, 0.1, 0.3]),
      parts: dice.one([0.1, 0.3, 0.6]),
      scheduled: dice.one([0, 0.1]),
      unwanted: dice.one([0, 0.2]),
      torn: dice.one([0, 0, 0.1]),
    },
  };
}

function drawFaults(dice: Dice, plan: Plan, foreign: boolean): MorePlan['faults'] {
  const faults: { atMs: number; fault: TownFault }[] = [];
  const someTimes = (share: number, most: number, make: () => TownFault): void => {
    if (!dice.happens(share)) return;
    for (let count = dice.between(1, most); count > 0; count--)
      faults.push({ atMs: Math.floor(dice.fraction() * plan.faultsEndMs), fault: make() });
  };
  const crash = (node: string): TownFault => ({
    kind: 'crash',
    node,
    power: dice.happens(0.5),
    steps: dice.between(1, 60),
    downMs: dice.one([20, 500, 5000]),
  });
  if (foreign) {
    someTimes(0.3, 3, () => crash(FOREIGN));
    someTimes(0.3, 3, () => ({ kind: 'partition', a: FOREIGN, b: 'guard', ms: dice.between(50, 20_000) }));
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}
