// The live fuzz in its short form: operator, guard and gateway as processes, spoilt PDUs at all their sides, a customer in order
// beside them. `npm run fuzz -- --pdus 10000000` is the long one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLive } from '../../fuzz/live.ts';

const PDUS = 20_000;
/** Beyond any stall that a busy machine makes by itself. */
const STALL_MS = 5_000;
/** What a run this short needs for its first use of everything. */
const MEMORY_MB = 300;

test(`${PDUS} spoilt PDUs: no crash, no session deafened, nothing left behind, the healthy customer goes on`, async (t) => {
  const told: string[] = [];
  const result = await runLive({
    pdus: PDUS,
    seed: 7,
    lifetimes: { validityS: 3, graceS: 2 },
    keep: false,
    progress: () => {},
    tell: (line) => void told.push(line.slice(0, 2000)),
  });
  t.diagnostic(JSON.stringify(result));
  const failed = told.join('\n');
  assert.deepEqual([result.pdus, result.crashes, result.deaf, result['garbled']], [PDUS, 0, 0, 0], failed);
  assert.equal(result['healthy_lost'], 0, failed);
  assert.ok((result['healthy_max_ms'] as number) < STALL_MS, `${result['healthy_max_ms']} ms`);
  assert.ok(
    (result['to_guard_upstream'] as number) > PDUS * 0.05 && (result['to_guard_supplier'] as number) > PDUS * 0.02,
  );
  assert.deepEqual([result['held'], result['money_error'], result['open_sessions']], [0, 0, 0], failed);
  assert.equal(result['waiting_receipts'], 0, failed);
  assert.ok((result['leaked_mb'] as number) < MEMORY_MB);
});
