// What a spill costs at 10,000,000 open entries: memory, and the time of a look-up while runs are being written.
// `--json`: one line of JSON. `--entries N`, default 1,000,000.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpills } from '../src/host/spill.ts';

const entriesAt = process.argv.indexOf('--entries');
const entries = entriesAt < 0 ? 1_000_000 : Number(process.argv[entriesAt + 1]);
const PER_FLUSH = 100_000;
const LOOKUPS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'glaspost-spill-'));
const key = Buffer.alloc(16);
const order = Buffer.alloc(16);
const value = Buffer.alloc(60, 5);

/** Keys look like suppliers' ids: a counter in scattered order. */
function setKey(i: number): void {
  key.writeUInt32BE(Math.imul(i, 0x9e3779b1) >>> 0, 0);
  key.writeUInt32BE(i, 4);
}

try {
  const spills = openSpills({ folder });
  const spill = spills.spill('bench');
  let mainMs = 0;
  const began = performance.now();
  for (let i = 0; i < entries; ) {
    const start = performance.now();
    for (const end = Math.min(entries, i + PER_FLUSH); i < end; i++) {
      setKey(i);
      order.writeUInt32BE(i, 0);
      value.writeUInt32BE(i, 0);
      spill.put({ group: i % 50, key, order, value });
    }
    mainMs += performance.now() - start;
    await new Promise<void>((resolve, reject) => spill.flush((ok) => (ok ? resolve() : reject(new Error('full')))));
  }
  const loadSeconds = (performance.now() - began) / 1000;
  // Look-ups one after the other, a quarter of them in vain, while another flush is being written and synced.
  for (let i = 0; i < PER_FLUSH; i++) {
    setKey(entries + i);
    order.writeUInt32BE(i, 0);
    spill.put({ group: 1, key, order, value });
  }
  spill.flush(() => {});
  const times = new Float64Array(LOOKUPS);
  let wrong = 0;
  for (let n = 0; n < LOOKUPS; n++) {
    const i = n % 4 === 0 ? 2 * entries + n : Math.floor((n / LOOKUPS) * entries);
    setKey(i);
    const start = performance.now();
    const found = await new Promise<Buffer | null>((resolve) => spill.get(key, resolve));
    times[n] = performance.now() - start;
    if (n % 4 === 0 ? found !== null : found?.readUInt32BE(0) !== i) wrong++;
  }
  times.sort();
  const listStart = performance.now();
  const listed = await new Promise<number>((resolve) => spill.list(7, null, 100, (found) => resolve(found.length)));
  const result = {
    entries,
    ...spill.stats(),
    wrong,
    rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
    put_us: +((mainMs / entries) * 1000).toFixed(2),
    load_s: +loadSeconds.toFixed(1),
    get_p50_ms: +(times[LOOKUPS >> 1] ?? 0).toFixed(3),
    get_p99_ms: +(times[Math.floor(LOOKUPS * 0.99)] ?? 0).toFixed(3),
    get_max_ms: +(times[LOOKUPS - 1] ?? 0).toFixed(3),
    listed,
    list_ms: +(performance.now() - listStart).toFixed(2),
  };
  await spills.close();
  console.log(process.argv.includes('--json') ? JSON.stringify(result) : JSON.stringify(result, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
