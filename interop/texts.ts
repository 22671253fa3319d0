// The messages that the suites send: short and long, GSM 7-bit with its extension table and UCS-2 with emoji, each to a
// number of its own, so that what arrived can be compared text by text.
import { same } from './harness.ts';

export interface Letter {
  readonly from: string;
  /** Without "+". */
  readonly to: string;
  readonly text: string;
  /** True when the text does not fit the GSM 7-bit alphabet. */
  readonly ucs2: boolean;
}

const kinds: readonly ((index: number) => { text: string; ucs2: boolean })[] = [
  (index) => ({ text: `Your order ${index} has left the house.`, ucs2: false }),
  (index) => ({ text: `Prices in € [${index}] {äöüßñ@£} ~ ^ | \\`, ucs2: false }),
  (index) => ({ text: `Long ${index}: ${'the quick brown fox jumps over the lazy dog. '.repeat(8)}end`, ucs2: false }),
  (index) => ({ text: `Заказ ${index} отправлен 📦`, ucs2: true }),
  (index) => ({ text: `Длинное ${index}: ${'съешь ещё этих мягких булок 🥐 '.repeat(6)}конец`, ucs2: true }),
  (index) => ({ text: `${index} `.padEnd(160, 'x'), ucs2: false }),
];

/** How many kinds of letters there are; they come in turn. */
export const kindsOfLetters = kinds.length;

/** `count` letters of all kinds in turn. */
export function letters(count: number, from = 'INFO'): Letter[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length];
    if (kind === undefined) throw new Error('no kind of letter');
    return { from, to: `4917${String(10_000_000 + index)}`, ...kind(index) };
  });
}

interface HandsetAnswer {
  readonly messages: readonly { readonly from: string; readonly text: string }[];
}

/** Throws unless every letter's number got its text exactly once, and the handsets nothing else. */
export async function compareHandsets(httpPort: number, sent: readonly Letter[]): Promise<void> {
  const base = `http://127.0.0.1:${httpPort}/handsets`;
  for (const letter of sent) {
    const answer = (await (await fetch(`${base}/${letter.to}`)).json()) as HandsetAnswer;
    const got = answer.messages.map(({ from, text }) => ({ from, text }));
    same(`handset ${letter.to}`, got, [{ from: letter.from, text: letter.text }]);
  }
  const summary = (await (await fetch(`${base}?summary=1`)).json()) as Record<string, number>;
  const { messages, distinct, duplicates, incomplete } = summary;
  const wanted = { messages: sent.length, distinct: sent.length, duplicates: 0, incomplete: 0 };
  same('all handsets', { messages, distinct, duplicates, incomplete }, wanted);
}

/** A part of a message as a supplier got it; `udh`: the concatenation element in hex, identifier and length first, or ''. */
export interface Part {
  readonly to: string;
  readonly udh: string;
  readonly text: string;
}

/** The whole texts by number. Parts are put together by reference and number (3GPP TS 23.040 §9.2.3.24.1). */
export function joinParts(parts: readonly Part[]): Map<string, string[]> {
  const whole = new Map<string, string[]>();
  const sets = new Map<string, string[]>();
  const add = (to: string, text: string): void => {
    whole.set(to, [...(whole.get(to) ?? []), text]);
  };
  for (const part of parts) {
    const head = /^0003(..)(..)(..)$/.exec(part.udh);
    if (head === null) {
      add(part.to, part.text);
      continue;
    }
    const key = `${part.to} ${head[1]}`;
    const set = sets.get(key) ?? [];
    set[Number.parseInt(head[3] ?? '', 16) - 1] = part.text;
    sets.set(key, set);
    if (set.filter((text) => text !== undefined).length === Number.parseInt(head[2] ?? '', 16)) {
      add(part.to, set.join(''));
      sets.delete(key);
    }
  }
  return whole;
}
