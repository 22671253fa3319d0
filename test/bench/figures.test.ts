// What the benches compute from other programs' words: the yardstick's line, money, CPU and memory of a process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimit } from '../../bench/calibrate.ts';
import { median } from '../../bench/loadRun.ts';
import { lastJson, startProgram, usageOf } from '../../bench/processes.ts';
import { driftOf } from '../../bench/soak.ts';
import { balanceError, micros } from '../../bench/stack.ts';

test('the line of the bare pipeline', () => {
  const line = 'W=2000 100000 msgs full lifecycle in 8.58s = 11657/s; resp p50 20.1 p99 267.7 ms; load cpu 0.734556';
  assert.deepEqual(parseLimit(`started\n${line}\n`), { lifeCyclesPerSecond: 11657, line });
  assert.throws(() => parseLimit('EADDRINUSE'), /no figure: EADDRINUSE/);
});

test('medians, and how far the last minute of a soak is from the third', () => {
  assert.deepEqual([median([9, 1, 5]), median([4, 1, 3, 2]), median([7])], [5, 2, 7]);
  assert.equal(driftOf([50, 90, 100, 120, 104]), 0.04);
  assert.equal(driftOf([50, 90, 100]), null);
});

test('money: decimal text to micro-units, and every unit that differs is an error, in whichever account', () => {
  assert.deepEqual(
    ['0', '-12.345678', '3.5', '0.000001', '-0.0450'].map(micros),
    [0, -12_345_678, 3_500_000, 1, -45_000],
  );
  const money = [
    { account: 'a', balance: -100, held: 7 },
    { account: 'b', balance: -50, held: 0 },
  ];
  assert.equal(balanceError(money, { chargedByAccount: { a: 100, b: 50 }, held: 7 }), 0);
  // Errors of opposite sign must not cancel out.
  assert.equal(balanceError(money, { chargedByAccount: { a: 101, b: 49 }, held: 7 }), 2);
  assert.equal(balanceError(money, { chargedByAccount: { a: 100, b: 50 }, held: 0 }), 7);
});

test('a program is waited for by its event, measured, and a failed start tells what it said', async () => {
  const script =
    'console.log("noise"); console.log(JSON.stringify({event:"other"})); console.log(JSON.stringify({event:"ready",port:7})); setInterval(() => {}, 1000)';
  const program = await startProgram('script', ['-e', script], 'ready');
  assert.equal(program.ready['port'], 7);
  const usage = usageOf(program.pid);
  assert.ok(usage.cpuMicros >= 0 && usage.rssBytes > 5_000_000 && usage.peakRssBytes >= usage.rssBytes);
  assert.deepEqual(lastJson(program.output()), { event: 'ready', port: 7 });
  await program.stop();
  assert.equal(await program.ended, 'SIGTERM');
  await assert.rejects(
    startProgram('script', ['-e', 'console.error("no port"); process.exit(3)'], 'ready'),
    /script ended with 3 before it was ready: no port/,
  );
});
