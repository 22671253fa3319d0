// Asks the programs and the operator for what the reckoning needs (audit.ts), and for the histories of messages that should
// not have ended as they did.
import type { Stack } from '../stack.ts';
import { type Audit, audit, readArrivals, readCdrs } from './audit.ts';
import type { MessageList } from './list.ts';
import type { Prepared } from './system.ts';

/** The operator writes its log at most 100 ms late. */
const LOG_MS = 300;
const HOUR_MS = 3_600_000;
/** Histories told of each kind. */
const TOLD = 3;

export async function reckon(
  system: Prepared,
  list: MessageList,
  accountName: (index: number) => string,
  retrying: number,
): Promise<Audit> {
  const { stack, handsetLog } = system;
  await new Promise((go) => setTimeout(go, LOG_MS));
  const from = new Date(Date.now() - HOUR_MS).toISOString();
  const to = new Date(Date.now() + HOUR_MS).toISOString();
  const faults: string[] = [];
  const cdrs = readCdrs(await stack.adminText(`cdrs?from=${from}&to=${to}`), faults);
  const found = await audit({
    list,
    arrivals: readArrivals(handsetLog),
    cdrs,
    money: await stack.money(),
    accountName,
    retrying,
    marked: (ids) => marked(stack, ids),
  });
  return { ...found, faults: [...faults, ...found.faults] };
}

/** Which of these the gateway marks as possible duplicates. */
async function marked(stack: Stack, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const id of ids) {
    const trace = (await stack.admin(`messages/${id}/trace`)) as {
      readonly message: { readonly possible_duplicate: boolean };
    };
    if (trace.message.possible_duplicate) found.add(id);
  }
  return found;
}

/** The first few of them, step by step. */
export async function tellTraces(
  stack: Stack,
  which: readonly { readonly id: string; readonly arrivedAt: number | null }[],
  say: (line: string) => void,
): Promise<void> {
  for (const { id, arrivedAt } of which.slice(0, TOLD)) {
    const { steps } = (await stack.admin(`messages/${id}/trace`)) as { readonly steps: readonly object[] };
    say(`${id} arrived ${arrivedAt === null ? 'nowhere' : new Date(arrivedAt).toISOString()}`);
    for (const step of steps) say(`    ${Object.values(step).join(' ')}`);
  }
}
