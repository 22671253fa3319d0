// The demo's reckoning: what the customers were told, what the operator's handsets received, and what the account was charged
// are compared message by message.
import type { DemoLedger } from './demoLedger.ts';
import type { DemoMessage } from './demoMessages.ts';

/** Requests to the operator at once. */
const AT_ONCE = 16;

export interface Reckoning {
  readonly accepted: number;
  /** On the handset as it was sent, and the customer has a receipt that says so. */
  readonly delivered: number;
  /** Accepted, and not delivered by that measure. */
  readonly lost: number;
  /** Whole messages that a handset received beyond the first. */
  readonly duplicated: number;
  /** Charged minus price by the list, plus what is still held, in units of the currency. */
  readonly balance_error: number;
  /** What a person needs to find the cause; empty when all is well. */
  readonly faults: readonly string[];
}

interface Handset {
  readonly messages: readonly { readonly from: string; readonly text: string; readonly parts: number }[];
}

export interface Money {
  readonly creditedMicros: number;
  readonly balanceMicros: number;
  readonly heldMicros: number;
}

export async function reckon(
  ledger: DemoLedger,
  messages: readonly DemoMessage[],
  operatorHttp: number,
  money: Money,
): Promise<Reckoning> {
  const received = await handsets(messages, operatorHttp);
  const faults = new Set<string>(ledger.notes);
  let delivered = 0;
  let duplicated = 0;
  let price = 0;
  for (const list of received.values()) duplicated += Math.max(0, list.messages.length - 1);
  for (const { message, delivered: told, contradicted } of ledger.entries) {
    price += message.price;
    const [first] = received.get(message.to)?.messages ?? [];
    if (contradicted) faults.add('receipts of one message contradict each other');
    if (first === undefined) faults.add(`a ${message.kind} message over ${message.way} did not reach its handset`);
    else if (first.text !== message.text || first.from !== 'Glaspost')
      faults.add(`a ${message.kind} message over ${message.way} arrived altered`);
    else if (first.parts !== message.segments)
      faults.add(`a ${message.kind} message came in ${first.parts} parts, not ${message.segments}`);
    else if (!told) faults.add(`a ${message.kind} message over ${message.way} arrived, and no receipt said so`);
    else if (!contradicted) delivered += 1;
  }
  const errorMicros = money.creditedMicros - money.balanceMicros - price + money.heldMicros;
  if (errorMicros !== 0)
    faults.add(`the account is off by ${errorMicros} micro-units; ${money.heldMicros} of them are still held`);
  if (ledger.refusals > 0) faults.add(`${ledger.refusals} messages were refused`);
  const accepted = ledger.entries.length;
  return {
    accepted,
    delivered,
    lost: accepted - delivered,
    duplicated,
    balance_error: errorMicros / 1e6,
    faults: [...faults],
  };
}

async function handsets(messages: readonly DemoMessage[], port: number): Promise<Map<string, Handset>> {
  const found = new Map<string, Handset>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const response = await fetch(`http://127.0.0.1:${port}/handsets/${message.to}`);
      found.set(message.to, (await response.json()) as Handset);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
