// What follows an attempt: the verdict table of the reference (§1.9) and R10/R29.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { explainRetry, nextAction, type RetryInput } from '../../src/queue/retry.ts';
import { type Verdict, verdictOf } from '../../src/queue/verdictTable.ts';

const BASE: RetryInput = {
  verdict: 'few',
  destinationFull: false,
  triesOnRoute: 1,
  waits: 0,
  triesInAll: 1,
  wasBare: false,
  otherRoute: true,
  onUnknown: 'wait',
  expiresAtMs: 1e9,
  fraction: 0.5,
};
const NOW = 1000;

function next(change: Partial<RetryInput>) {
  return nextAction({ ...BASE, ...change }, NOW);
}

test('§1.9 statuses have the verdicts of the reference', () => {
  const rows: [Verdict, number[]][] = [
    ['done', [0]],
    ['again', [0x58, 0x14]],
    ['few', [0x08, 0xff, 0x64, 0x45, 0x102, 0x400, 0x4ff, 0x09, 0xdead]],
    ['halt', [0x04, 0x05, 0x0d, 0x0e, 0x0f, 0x53]],
    [
      'route',
      [0x02, 0x03, 0x101, 0xc0, 0xc3, 0x0a, 0x48, 0x49, 0x104, 0x43, 0x07, 0x06, 0x54, 0x42, 0x63, 0x55, 0x105],
    ],
    ['bare', [0xc1, 0xc2, 0xc4]],
    ['final', [0x01, 0x0b, 0x50, 0x51, 0x61, 0x62, 0x65, 0x66, 0x33, 0x34, 0x40, 0x44, 0x0c, 0x11, 0x13, 0x67, 0x112]],
  ];
  for (const [verdict, statuses] of rows) {
    for (const status of statuses) assert.equal(verdictOf(status), verdict, status.toString(16));
  }
  assert.equal(verdictOf(0xfe), 'final');
  assert.equal(verdictOf(0xfe, 3), 'few');
  assert.equal(verdictOf(0xfe, 2), 'final');
});

test('R10 a throttle waits a second ±20 %, uncounted; a full destination 30 s doubling to 10 min', () => {
  assert.deepEqual(next({ verdict: 'again' }), {
    kind: 'again',
    atMs: NOW + 1000,
    counted: false,
    reason: 'throttled',
  });
  assert.deepEqual(next({ verdict: 'again', fraction: 0 }), {
    kind: 'again',
    atMs: NOW + 800,
    counted: false,
    reason: 'throttled',
  });
  const full = (waits: number) => {
    const action = next({ verdict: 'again', destinationFull: true, waits });
    return action.kind === 'again' && !action.counted ? action.atMs - NOW : action.kind;
  };
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map(full), [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
});

test('few: three counted tries, then the next route, final if there is none', () => {
  assert.deepEqual(next({ triesOnRoute: 1 }), {
    kind: 'again',
    atMs: NOW + 5000,
    counted: true,
    reason: 'peerTrouble',
  });
  assert.deepEqual(next({ triesOnRoute: 2 }), {
    kind: 'again',
    atMs: NOW + 30_000,
    counted: true,
    reason: 'peerTrouble',
  });
  assert.deepEqual(next({ triesOnRoute: 3 }), {
    kind: 'nextRoute',
    atMs: NOW,
    possibleDuplicate: false,
    reason: 'triesUsedUp',
  });
  assert.deepEqual(next({ triesOnRoute: 3, otherRoute: false }), { kind: 'final', reason: 'noOtherRoute' });
});

test('route, bare, halt and final', () => {
  assert.equal(next({ verdict: 'route' }).kind, 'nextRoute');
  assert.deepEqual(next({ verdict: 'route', otherRoute: false }), { kind: 'final', reason: 'noOtherRoute' });
  assert.equal(next({ verdict: 'bare' }).kind, 'bare');
  assert.equal(next({ verdict: 'bare', wasBare: true }).kind, 'nextRoute');
  assert.deepEqual(next({ verdict: 'halt' }), { kind: 'requeue', atMs: NOW, reason: 'linkHalted' });
  assert.deepEqual(next({ verdict: 'final' }), { kind: 'final', reason: 'refusedForGood' });
});

test('R29 an answer that did not come is not repeated unless the policy says so, and then it is marked', () => {
  assert.deepEqual(next({ verdict: 'unknown' }), { kind: 'await', reason: 'answerUnknown' });
  assert.deepEqual(next({ verdict: 'unknown', expiresAtMs: NOW }), { kind: 'await', reason: 'answerUnknown' });
  assert.deepEqual(next({ verdict: 'unknown', onUnknown: 'retry' }), {
    kind: 'nextRoute',
    atMs: NOW,
    possibleDuplicate: true,
    reason: 'repeatedByPolicy',
  });
  assert.equal(next({ verdict: 'unknown', onUnknown: 'retry', otherRoute: false }).kind, 'again');
  assert.equal(next({ verdict: 'unknown', onUnknown: 'retry', otherRoute: false, triesOnRoute: 3 }).kind, 'await');
  assert.deepEqual(next({ verdict: 'unknown', onUnknown: 'retry', otherRoute: false, expiresAtMs: NOW + 4000 }), {
    kind: 'await',
    reason: 'validityEnds',
  });
});

test('no try is planned after the validity, none beyond the number of attempts', () => {
  assert.deepEqual(next({ expiresAtMs: NOW + 4000 }), { kind: 'expire', atMs: NOW + 4000, reason: 'validityEnds' });
  assert.equal(next({ expiresAtMs: NOW + 5000 }).kind, 'expire', 'at the end of its validity it is over');
  assert.equal(next({ expiresAtMs: NOW + 5001 }).kind, 'again');
  assert.deepEqual(next({ verdict: 'route', expiresAtMs: NOW }), { kind: 'expire', atMs: NOW, reason: 'validityEnds' });
  assert.deepEqual(next({ verdict: 'route', triesInAll: 20 }), { kind: 'final', reason: 'attemptsUsedUp' });
  const input = fc.record<RetryInput>({
    verdict: fc.constantFrom('again', 'few', 'route', 'bare', 'final', 'halt', 'unknown'),
    destinationFull: fc.boolean(),
    triesOnRoute: fc.integer({ min: 1, max: 10 }),
    waits: fc.nat(100),
    triesInAll: fc.integer({ min: 1, max: 30 }),
    wasBare: fc.boolean(),
    otherRoute: fc.boolean(),
    onUnknown: fc.constantFrom('wait', 'retry'),
    expiresAtMs: fc.nat(1_000_000),
    fraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(input, fc.nat(1_000_000), (facts, now) => {
      const action = nextAction(facts, now);
      if (action.kind === 'again') {
        assert.ok(action.atMs > now && action.atMs < facts.expiresAtMs && action.atMs - now <= 720_000);
      }
      if (action.kind === 'nextRoute') assert.ok(facts.otherRoute && now < facts.expiresAtMs);
      if (facts.verdict === 'unknown' && facts.onUnknown === 'wait') assert.equal(action.kind, 'await');
      // Nothing that may have been sent is ever called refused or expired here.
      if (facts.verdict === 'unknown') assert.ok(action.kind !== 'final' && action.kind !== 'expire');
      assert.ok(explainRetry(action.reason).length > 0);
    }),
  );
});
