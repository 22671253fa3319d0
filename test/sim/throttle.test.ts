// The throttle of a link in the whole town, counted where octets are taken from the guard: turns that last, commits that wait,
// suppliers that stop reading so that what was written leaves later and at once. Everything still arrives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SimEnd } from '../../src/sim/pipe.ts';
import { PduScanner } from '../../src/sim/scanner.ts';
import { quietAccount, quietLink, quietPlan, startQuietTown, WARM_MS } from './quietTown.ts';

const SUBMIT = 0x04;

interface Weather {
  readonly seed: number;
  readonly limit: number;
  readonly binds: number;
  readonly window: number;
  readonly turnMaxMs: number;
  readonly commitMaxMs: number;
  readonly capacityBytes: number;
  /** Share of messages of several segments, and of messages that come in parts. */
  readonly long: number;
  readonly parts: number;
  /** The supplier reads nothing for so long, over one of its binds. */
  readonly stalls: readonly { readonly atMs: number; readonly ms: number }[];
  readonly messages: number;
}

function planOf(weather: Weather) {
  const { seed, limit, binds, window, turnMaxMs, commitMaxMs, capacityBytes, long, parts, messages } = weather;
  return quietPlan({
    seed,
    accounts: [quietAccount({ name: 'customer1', messages })],
    links: [quietLink({ name: 'link1', port: 3001, binds, window, throttle: limit })],
    weather: { delayMinMs: 0.05, delayMaxMs: 5, fragments: 0, capacityBytes, givesUpMs: 60_000 },
    commitMaxMs,
    turnMaxMs,
    sendMs: 500,
    share: { long, parts, scheduled: 0, cancelled: 0, unwanted: 0, declined: 0 },
    weighted: false,
  });
}

/** When each segment was taken from the guard, until the handsets have everything. */
async function leaving(weather: Weather): Promise<number[]> {
  const times: number[] = [];
  const scanners = new Map<SimEnd, PduScanner>();
  const { town, desk, step, end } = startQuietTown(planOf(weather), undefined, {
    written: () => undefined,
    taken: (from, bytes) => {
      if (from.life.node !== 'guard' || from.port !== 3001) return;
      const scanner = scanners.get(from) ?? new PduScanner();
      scanners.set(from, scanner);
      scanner.feed(bytes, (_pdu, command) => {
        if (command === SUBMIT) times.push(timeline.nowMs);
      });
    },
    read: () => undefined,
  });
  const { timeline } = town;
  for (const { atMs, ms } of weather.stalls) {
    timeline.plan(WARM_MS + atMs, null, 'stall', () => {
      const line = [...town.wire.lines].find((one) => one.port === 3001 && one.other?.stalled === false);
      const reader = line?.other;
      if (reader === null || reader === undefined) return;
      reader.stalled = true;
      timeline.plan(timeline.nowMs + ms, null, 'reads again', () => reader.unstall());
    });
  }
  const ended = (): number => desk.wishes.filter((wish) => wish.state === 'done').length;
  const told = (): boolean => [...desk.acknowledged.values()].every((one) => one.taken > 0);
  const untilMs = WARM_MS + 120_000;
  for (let lookAt = WARM_MS + 500; ; ) {
    await step();
    if (timeline.nowMs < lookAt) continue;
    if (ended() === desk.wishes.length && told()) break;
    assert.ok(timeline.nowMs < untilMs, `${ended()} of ${desk.wishes.length} messages ended`);
    lookAt += 100;
  }
  end();
  return times;
}

/** The most in any window [t, t + 1 s). */
function fullestSecond(times: readonly number[]): number {
  let most = 0;
  for (let to = 0, from = 0; to < times.length; to++) {
    while ((times[to] as number) - (times[from] as number) >= 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

test('no second at the write holds more than the limit, whatever turns, commits and readers do', async () => {
  const stall = fc.record({ atMs: fc.integer({ min: 0, max: 4000 }), ms: fc.integer({ min: 50, max: 3000 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(1_000_000),
        limit: fc.constantFrom(7, 20, 60, 150),
        binds: fc.integer({ min: 1, max: 2 }),
        window: fc.constantFrom(1, 5, 50, 250),
        turnMaxMs: fc.constantFrom(0, 1, 5),
        commitMaxMs: fc.constantFrom(0.5, 10, 60),
        capacityBytes: fc.constantFrom(300, 1500, 16_384),
        long: fc.constantFrom(0, 0.3),
        parts: fc.constantFrom(0, 0.2),
        stalls: fc.array(stall, { maxLength: 6 }),
      }),
      async (weather) => {
        const times = await leaving({ ...weather, messages: weather.limit * 3 });
        assert.ok(fullestSecond(times) <= weather.limit, `${fullestSecond(times)} in a second`);
        assert.ok(times.length >= weather.limit * 3, `${times.length} segments`);
      },
    ),
    { numRuns: 12 },
  );
});

for (const limit of [10, 100, 400]) {
  test(`${limit}/s asked for all the time, parts counted: the mean is 0.98 of it or more`, async () => {
    const times = await leaving({
      ...{ seed: 5, limit, binds: 2, window: 50, turnMaxMs: 1, commitMaxMs: 3, capacityBytes: 65_536 },
      ...{ long: 0.2, parts: 0, stalls: [], messages: limit * 6 },
    });
    assert.ok(fullestSecond(times) <= limit);
    // Behind the burst that a link may begin with, and before the last ones.
    const from = (times[0] as number) + 1000;
    const to = from + 5000;
    assert.ok((times.at(-1) as number) > to, 'there was always something to send');
    const mean = times.filter((at) => at >= from && at < to).length / 5;
    assert.ok(mean >= 0.98 * limit && mean <= limit, `${mean} a second`);
  });
}
