// What the customers of a plan want to send: every message to a number of its own, with a text of its own.
import { Chance } from '../operator/chance.ts';
import type { Wish } from './desk.ts';
import type { ForeignPlan } from './more.ts';
import { otherForms } from './otherForms.ts';
import type { Plan } from './plan.ts';

/** By which a text is known wherever it should not be. */
export const TEXT_BEGINS = 'Message ';
const PART_OCTETS = 60;
const WORDS = 'the quick brown fox jumps over a lazy dog while glass post carries letters through walls of rain '.split(
  ' ',
);

export function drawWishes(plan: Plan): Wish[] {
  return otherForms(plan, drawCalm(plan)).map((wish) => {
    const rush = plan.more.rushes.find((one) => one.account === wish.account);
    if (rush === undefined) return wish;
    const atMs = rush.atMs[wish.number % rush.atMs.length] as number;
    return { ...wish, dueMs: atMs + Math.floor((wish.dueMs * rush.withinMs) / plan.sendMs) };
  });
}

function drawCalm(plan: Plan): Wish[] {
  const chance = new Chance(plan.seed ^ 0x5eed);
  const wishes: Wish[] = [];
  for (const account of plan.accounts) {
    for (let i = 0; i < account.messages; i++) {
      const number = wishes.length + 1;
      const http = account.way === 'http';
      const parts = !http && account.window > 3 && chance.fraction() < plan.share.parts ? 2 + chance.below(2) : 0;
      const long = parts === 0 && account.version !== 0x33 && chance.fraction() < plan.share.long;
      const scheduled = !http && parts === 0 && chance.fraction() < plan.share.scheduled;
      wishes.push({
        number,
        account: account.name,
        destination: `4917${String(10_000_000 + number)}`,
        text: textOf(
          number,
          parts > 0 ? PART_OCTETS * (parts - 1) + 20 : long ? 170 + chance.below(400) : 20 + chance.below(120),
          chance,
        ),
        wantsReceipt: http || chance.fraction() >= plan.share.unwanted,
        parts,
        partOctets: PART_OCTETS,
        torn: false,
        form: 'submit',
        multi: 0,
        scheduleMs: scheduled ? 1000 * (1 + chance.below(90)) : 0,
        cancels: chance.fraction() < (scheduled ? 0.3 : plan.share.cancelled),
        dueMs: Math.floor(chance.fraction() * plan.sendMs),
        key: '',
        tries: 0,
        ids: [],
        refused: '',
        state: 'waiting',
      });
    }
  }
  return wishes;
}

/** What another SMS gateway wants to send. */
export function drawForeignWishes(plan: Plan, foreign: ForeignPlan): Wish[] {
  const chance = new Chance(plan.seed ^ 0xf0e1);
  const { share, partOctets } = foreign;
  return Array.from({ length: foreign.messages }, (_, i) => {
    const number = i + 1;
    const parts = chance.fraction() < share.parts ? 2 + chance.below(2) : 0;
    const length = parts > 0 ? partOctets * (parts - 1) + 20 : 20 + chance.below(120);
    return {
      number,
      account: foreign.name,
      destination: `4918${String(10_000_000 + number)}`,
      text: textOf(number, parts === 0 && chance.fraction() < share.long ? 170 + chance.below(400) : length, chance),
      wantsReceipt: chance.fraction() >= share.unwanted,
      parts,
      partOctets,
      form: 'submit',
      multi: 0,
      torn: parts > 0 && chance.fraction() < share.torn,
      scheduleMs: chance.fraction() < share.scheduled ? 1000 * (1 + chance.below(90)) : 0,
      cancels: false,
      dueMs: Math.floor(chance.fraction() * plan.sendMs),
      key: '',
      tries: 0,
      ids: [],
      refused: '',
      state: 'waiting',
    };
  });
}

function textOf(number: number, length: number, chance: Chance): string {
  let text = `${TEXT_BEGINS}${number}:`;
  while (text.length < length) text += ` ${WORDS[chance.below(WORDS.length)]}`;
  return text.slice(0, length).trimEnd().padEnd(length, '.');
}
