// The demo's messages: who gets what, over which way in, and what each must cost. Texts, lengths and prices are written down
// here on their own, so that the summary does not only repeat what the gateway said.
/** What a message is. */
export type DemoKind = 'plain' | 'long' | 'ucs2' | 'long ucs2';

export interface DemoMessage {
  readonly index: number;
  /** E.164 digits; each message has a recipient of its own. */
  readonly to: string;
  readonly text: string;
  readonly kind: DemoKind;
  readonly way: 'smpp' | 'http';
  readonly segments: number;
  /** Micro-units for the whole message. */
  readonly price: number;
}

/** Micro-units per segment by the beginning of the number, as in the price list that init writes. */
const PRICES = [
  { prefix: '49', price: 65_000 },
  { prefix: '41', price: 41_000 },
] as const;
const ELSEWHERE = 50_000;

/** Recipients in three price zones. */
const BEGINNINGS = ['4915', '4179', '4477'] as const;

/** 40 % over HTTP, 10 % of three parts, 5 % UCS-2 and 5 % UCS-2 of two parts; the same for every run. */
export function demoMessages(count: number): DemoMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const to = `${BEGINNINGS[index % BEGINNINGS.length]}${String(1_000_000 + index).padStart(8, '0')}`;
    const kind: DemoKind =
      index % 10 === 3 ? 'long' : index % 20 === 7 ? 'ucs2' : index % 20 === 17 ? 'long ucs2' : 'plain';
    const { text, segments } = textOf(kind, index);
    const price = PRICES.find(({ prefix }) => to.startsWith(prefix))?.price ?? ELSEWHERE;
    return {
      index,
      to,
      text,
      kind,
      way: (index + Math.floor(index / 5)) % 5 < 2 ? 'http' : 'smpp',
      segments,
      price: segments * price,
    };
  });
}

function textOf(kind: DemoKind, index: number): { readonly text: string; readonly segments: number } {
  switch (kind) {
    case 'plain':
      // One segment, with a character of the extension table.
      return { text: `Parcel ${index}: to pay 12.50 €, delivery today between 10 and 12.`, segments: 1 };
    case 'long':
      // 380 septets: more than 2 × 153, at most 3 × 153.
      return {
        text: filled(`Itinerary ${index}. `, 'Platform 7, coach 21, seat 64, change at the main station. ', 380),
        segments: 3,
      };
    case 'ucs2':
      return { text: `Посылка ${index} уже в пути 🚚`, segments: 1 };
    case 'long ucs2':
      // 120 units: more than 70, at most 2 × 67.
      return { text: filled(`Посылка ${index}. `, 'Курьер приедет сегодня. ', 120), segments: 2 };
  }
}

function filled(start: string, more: string, length: number): string {
  return (start + more.repeat(Math.ceil(length / more.length))).slice(0, length - 1).padEnd(length, '.');
}
