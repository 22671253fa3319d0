// The programs in a simulated world without faults, under a small fixed load: what they ask of disk and network is counted, and is
// the same on every machine, however fast it is and whatever else it does.
import { quietAccount, quietLink, quietPlan, startQuietTown, WARM_MS } from '../sim/quietTown.ts';

/** What one program has asked for. */
export interface Counts {
  /** Writes to sockets, and their octets. */
  writes: number;
  octetsOut: number;
  /** Batches given to the journal, each of which is a sync, and their octets, texts included. */
  batches: number;
  journalOctets: number;
}

export interface TownCounts {
  readonly messages: number;
  readonly gateway: Counts;
  readonly guard: Counts;
}

const ACCOUNTS = 4;
const LINKS = 2;
const SEND_MS = 1000;
const REST_MS = 60_000;

/** `messages` in SEND_MS, all with receipts, over bursts of some ten per bind. */
function planOf(messages: number) {
  return quietPlan({
    seed: 1,
    accounts: Array.from({ length: ACCOUNTS }, (_, i) =>
      quietAccount({ name: `customer${i + 1}`, messages: messages / ACCOUNTS }),
    ),
    links: Array.from({ length: LINKS }, (_, i) =>
      quietLink({ name: `link${i + 1}`, port: 3001 + i, binds: 1, window: 250, throttle: 10_000 }),
    ),
    weather: { delayMinMs: 0.05, delayMaxMs: 0.1, fragments: 0, capacityBytes: 1 << 20, givesUpMs: 60_000 },
    commitMaxMs: 0.5,
    turnMaxMs: 0,
    sendMs: SEND_MS,
    share: { long: 0, parts: 0, scheduled: 0, cancelled: 0, unwanted: 0, declined: 0 },
    weighted: true,
  });
}

/** Runs it to the end: every message has its receipt. Throws when one has not. */
export async function countQuietTown(messages: number): Promise<TownCounts> {
  const counts = new Map<string, Counts>();
  const countsOf = (name: string): Counts => {
    let one = counts.get(name);
    if (one === undefined) counts.set(name, (one = { writes: 0, octetsOut: 0, batches: 0, journalOctets: 0 }));
    return one;
  };
  const { town, desk, step, end } = startQuietTown(
    planOf(messages),
    (node, journal) => ({
      append: (slot, epoch, seq, batch, done) => {
        const one = countsOf(node.name);
        one.batches++;
        one.journalOctets += batch.recordsLength + batch.secretsLength;
        journal.append(slot, epoch, seq, batch, done);
      },
      read: (slot, fromSeq, each, done) => journal.read(slot, fromSeq, each, done),
      readMany: (slot, seqs, done) => journal.readMany(slot, seqs, done),
      endSecrets: (slot, seqs) => journal.endSecrets(slot, seqs),
      trim: (slot, beforeSeq) => journal.trim(slot, beforeSeq),
      stats: () => journal.stats(),
      close: () => journal.close(),
    }),
    {
      written: (end, bytes) => {
        const one = countsOf(end.life.node);
        one.writes++;
        one.octetsOut += bytes.length;
      },
      taken: () => undefined,
      read: () => undefined,
    },
  );
  const { timeline } = town;
  while (timeline.nowMs < WARM_MS) await step();
  // Starting, binding and paying are no part of the price of a message.
  counts.clear();
  const taken = (): number => [...desk.acknowledged.values()].filter((one) => one.taken > 0).length;
  for (let lookAt = WARM_MS + SEND_MS; ; ) {
    await step();
    if (timeline.nowMs < lookAt) continue;
    if (taken() === messages) break;
    if (timeline.nowMs > WARM_MS + SEND_MS + REST_MS) throw new Error(`${taken()} of ${messages} receipts taken`);
    lookAt += 100;
  }
  end();
  return { messages, gateway: countsOf('gateway'), guard: countsOf('guard') };
}
