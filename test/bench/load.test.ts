// The load generator against the simulated operator: its lists must be exact, or no figure of the benches means anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../../bench/histogram.ts';
import { Load } from '../../bench/load.ts';
import { type LoadOptions, standardLoad } from '../../bench/loadOptions.ts';
import { Workload } from '../../bench/workload.ts';
import type { Behaviour } from '../../src/operator/config.ts';
import { type Running, startOperator } from '../operator/support.ts';

const small = { seed: 5, accounts: 4, prefixes: 200, recipients: 3000, mixed: true, series: 0 };

async function setUp(
  behaviour: Partial<Behaviour>,
  options: Partial<LoadOptions>,
): Promise<{ load: Load; running: Running }> {
  const workload = new Workload(small);
  const accounts = Array.from({ length: small.accounts }, (_, index) => ({
    ...workload.account(index),
    throttle: 0,
    window: 0,
    maxBinds: 10,
  }));
  const running = await startOperator(behaviour, { accounts, handsets: 'counts' });
  const load = new Load(
    {
      ...standardLoad,
      workload: small,
      port: running.port,
      binds: 4,
      window: 20,
      warmupMs: 0,
      measureMs: 60_000,
      drainMs: 5000,
      messages: 3000,
      ...options,
    },
    workload,
  );
  return { load, running };
}

test('a good operator: every message of the mixed workload acknowledged, ended once, at its handset once, and billed', async () => {
  const { load, running } = await setUp({}, {});
  const result = await load.run();
  assert.deepEqual(
    [
      result.submitted,
      result.acked,
      result.ended,
      result.unterminated,
      result.unknown,
      result.repeatedReceipts,
      result.strayReceipts,
    ],
    [3000, 3000, 3000, 0, 0, 0, 0],
  );
  assert.deepEqual(load.tally.compare(running.operator.handsets.dump()), {
    lost: 0,
    duplicated: 0,
    foreign: 0,
    unknownArrived: 0,
  });
  // The bill once more, by the longest prefix found the slow way.
  let expected = 0;
  const prefixes = [...load.workload.prices.keys()].sort((a, b) => b.length - a.length);
  for (let number = 0; number < 3000; number += 1) {
    const digits = load.workload.digits(load.tally.recipient[number] as number);
    const prefix = prefixes.find((one) => digits.startsWith(one)) ?? '';
    expected += (load.workload.prices.get(prefix) ?? 0) * load.tally.partsOf(number);
  }
  assert.equal(result.charged, expected);
  assert.equal(
    Object.values(result.chargedByAccount).reduce((sum, amount) => sum + amount, 0),
    expected,
  );
  assert.ok(Array.from({ length: 3000 }, (_, number) => load.tally.partsOf(number)).includes(3));
});

test('a bad operator: what it drops, doubles and refuses is found exactly', async () => {
  const { load, running } = await setUp(
    {
      faults: { lies: 0.05, 'duplicated-receipts': 0.04, nacks: 0.03, 'receipt-before-response': 0.02 },
      receipts: [
        { value: 2, weight: 9 },
        { value: 5, weight: 1 },
      ],
    },
    {},
  );
  const result = await load.run();
  const { counts } = running.operator.core.faults;
  assert.equal(load.tally.compare(running.operator.handsets.dump()).lost, counts.get('lies'));
  assert.equal(result.repeatedReceipts, counts.get('duplicated-receipts'));
  assert.deepEqual(result.refused, { '0x8': counts.get('nacks') });
  assert.deepEqual(
    [result.acked, result.ended, result.strayReceipts],
    [3000 - (counts.get('nacks') ?? 0), result.acked, 0],
  );
  assert.equal((result.states['DELIVRD'] ?? 0) + (result.states['UNDELIV'] ?? 0), result.ended);
});

test('connections that break: unanswered submits are unknown, listed apart, and the rest is whole', async () => {
  const { load, running } = await setUp(
    { faults: { 'disconnect-in-state:submit': 0.002 }, latency: { kind: 'fixed', ms: 5 } },
    {},
  );
  const result = await load.run();
  assert.ok(result.reconnects > 0 && result.unknown > 0);
  assert.equal(result.acked + result.unknown, result.submitted);
  assert.equal(result.unterminated, 0);
  const compared = load.tally.compare(running.operator.handsets.dump());
  // What the operator had read before the cut is at the handset all the same, with a receipt for an id that was never told.
  const { distinct } = running.operator.handsets.summary();
  assert.deepEqual([compared.lost, compared.duplicated, compared.unknownArrived], [0, 0, distinct - result.acked]);
  assert.ok(compared.unknownArrived > 0 && compared.unknownArrived <= result.unknown);
  assert.ok(result.strayReceipts <= compared.unknownArrived);
});

test('open loop: as many as the rate says, latency counted from the schedule', async () => {
  const { load } = await setUp(
    { latency: { kind: 'fixed', ms: 30 } },
    { rate: 1000, messages: 120, window: 2, binds: 1 },
  );
  const result = await load.run();
  assert.equal(result.acked, 120);
  // Two at a time every 30 ms are 67 a second: the last one waits more than a second for its turn.
  assert.ok(result.submitMaxMs > 1200, `${result.submitMaxMs}`);
});

test('histogram: quantiles are at most 3 % off', () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 10_000; ms += 1) histogram.add(ms / 10);
  for (const share of [0.5, 0.9, 0.99, 1]) {
    const exact = share * 1000;
    assert.ok(
      histogram.quantileMs(share) >= exact && histogram.quantileMs(share) <= exact * 1.032,
      `${share}: ${histogram.quantileMs(share)}`,
    );
  }
  assert.equal(new Histogram().quantileMs(0.5), 0);
});
