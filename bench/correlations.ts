// 10,000,000 open correlations (issue 2, deliver 5): how much memory they take and how fast a receipt finds its message, in
// memory or in run files: open loop at a stated rate, timed from the scheduled look-up. Ends with one line of JSON, always.
// node bench/correlations.ts [--json] [--count 10000000] [--in-memory 2000000] [--lookups 20000] [--rate 500]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formerLink, type GuardConfig } from '../src/guard/config.ts';
import { Guard } from '../src/guard/guard.ts';
import { bestHit } from '../src/guard/match.ts';
import { OnDisk } from '../src/guard/onDisk.ts';
import type { Hit } from '../src/guard/sentStore.ts';
import { createCrypto } from '../src/host/crypto.ts';
import { createHttp } from '../src/host/http.ts';
import { createLog } from '../src/host/log.ts';
import { createLoop } from '../src/host/loop.ts';
import { createNet } from '../src/host/net.ts';
import { openSpills } from '../src/host/spill.ts';
import { openSimJournal, SimJournalDisk } from '../src/sim/journal.ts';
import { OutcomeClass } from '../src/smpp/vendor.ts';
import { indexKey } from '../src/sms/messageId.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    count: { type: 'string', default: '10000000' },
    'in-memory': { type: 'string', default: '2000000' },
    lookups: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '500' },
  },
});
const count = Number(values.count);
const inMemory = Number(values['in-memory']);
const lookups = Number(values.lookups);
const LOOKUPS_PER_S = Number(values.rate);
const FLUSH_EVERY = 200_000;

const folder = mkdtempSync(join(tmpdir(), 'glaspost-correlations-'));
const spills = openSpills({ folder });
const loop = createLoop();
const journal = openSimJournal(new SimJournalDisk(), {
  loop,
  fate: () => ({ fate: 'durable', delayMs: 1 }),
  keySyncMs: 1,
});
if (journal === null) throw new Error('unreachable: the disk is new');
const config: GuardConfig = {
  name: 'bench',
  slot: 0,
  listen: [],
  admin: null,
  upstreams: [],
  links: [formerLink('a')],
  configHash: Buffer.alloc(32),
  maxOpsInMemory: inMemory,
  maxConnections: 1,
  maxConnectionsPerAddress: 1,
};
const idle = process.memoryUsage().rss;
const { core } = new Guard({
  world: {
    loop,
    net: createNet(),
    crypto: createCrypto(),
    http: createHttp(),
    log: createLog('error'),
    journal,
    spill: (name) => spills.spill(name),
    pages: () => {
      throw new Error('the guard keeps no pages');
    },
  },
  config,
  onHalt: (reason) => {
    throw new Error(reason);
  },
});
core.links.configure(config.links);
const upstreamNumber = core.upstreams.numberOf('gateway');
const onDisk = new OnDisk(core);
const link = core.links.get(0);
const { sent } = core;
const fields = {
  linkNumber: 0,
  upstreamNumber,
  senderTon: 5,
  senderNpi: 0,
  sender: 'Glaspost',
  extension: '',
  submittedAt: Date.now(),
  validUntil: Date.now() + 86_400_000,
};
const segment = { outcome: OutcomeClass.accepted, verdict: 0, status: 0, remoteId: '' };
const opBytes = Buffer.alloc(16);

/** The supplier's id of order `i`: 16 hex digits, spread like a hash. */
function remoteIdOf(i: number): string {
  return (Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0') + (i >>> 0).toString(16).padStart(8, '0');
}

function recipientOf(i: number): string {
  return `4179${String(1_000_000 + (i % 9_000_000))}`;
}

let peak = 0;

/** The oldest go to a run; once it is durable they leave memory. */
async function moveOut(): Promise<void> {
  for (let moved = 0; moved < Math.min(FLUSH_EVERY, inMemory / 2); moved++) onDisk.put(sent.oldest);
  await onDisk.settled();
  for (let handle = sent.oldestOnDisk; handle >= 0; handle = sent.oldestOnDisk) sent.release(handle, indexKey);
  peak = Math.max(peak, process.memoryUsage().rss);
}

const started = performance.now();
for (let i = 0; i < count; i++) {
  if (sent.full) await moveOut();
  opBytes.writeUInt32BE(Math.imul(i, 0x85ebca6b) >>> 0, 0);
  opBytes.writeUInt32BE(i, 12);
  const handle = sent.open(opBytes.latin1Slice(0, 16));
  segment.remoteId = remoteIdOf(i);
  sent.seal(handle, { ...fields, guardId: i + 1, recipient: recipientOf(i) }, [segment], 1);
  sent.index(handle, 0, 0, indexKey(segment.remoteId));
}
const filled = performance.now();
// As the cleaning of the guard does, which keeps a quarter free for what comes back.
await moveOut();
peak = Math.max(peak, process.memoryUsage().rss);
const latencies: number[] = [];
let found = 0;
let fromDisk = 0;
const hit: Hit = { handle: -1, segment: 0 };
await new Promise<void>((resolve) => {
  let asked = 0;
  let answered = 0;
  const finish = (began: number): void => {
    latencies.push(performance.now() - began);
    if (++answered === lookups) resolve();
  };
  const begin = performance.now();
  const timer = setInterval(() => {
    while (asked < lookups && asked < ((performance.now() - begin) * LOOKUPS_PER_S) / 1000) {
      const i = Math.floor(Math.random() * count);
      const wanted = { remoteId: remoteIdOf(i), destination: recipientOf(i) };
      const began = begin + (asked * 1000) / LOOKUPS_PER_S;
      asked++;
      if (bestHit(core, link, wanted, hit)) {
        found++;
        finish(began);
        continue;
      }
      if (sent.full)
        for (let n = 0; n < 1000; n++) if (sent.oldestOnDisk >= 0) sent.release(sent.oldestOnDisk, indexKey);
      onDisk.recallId(link, wanted, () => {
        if (bestHit(core, link, wanted, hit)) {
          found++;
          fromDisk++;
        }
        finish(began);
      });
    }
    if (asked === lookups) clearInterval(timer);
  }, 1);
});
peak = Math.max(peak, process.memoryUsage().rss);
latencies.sort((a, b) => a - b);
await spills.close();
rmSync(folder, { recursive: true });
const at = (share: number): number =>
  Math.round((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] as number) * 1000) / 1000;
process.stdout.write(
  `${JSON.stringify({
    bench: 'correlations',
    correlations: count,
    in_memory: inMemory,
    peak_rss_mb: Math.round(peak / 1e6),
    over_idle_mb: Math.round((peak - idle) / 1e6),
    fill_us: Math.round(((filled - started) * 1e5) / count) / 100,
    lookups,
    lookups_per_second: LOOKUPS_PER_S,
    found,
    from_disk: fromDisk,
    lookup_p50_ms: at(0.5),
    lookup_p99_ms: at(0.99),
    lookup_max_ms: at(1),
  })}\n`,
);
process.exit(0);
