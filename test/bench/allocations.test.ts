// The gate on speed, part two: how many octets of heap a message costs gateway and guard, as V8 counts them, in the real programs. It
// hardly depends on the machine: once the code is hot a busy machine makes batches larger and so allocates a little less.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Load } from '../../bench/load.ts';
import { standardLoad } from '../../bench/loadOptions.ts';
import { allocatedBytes, probed } from '../../bench/probe.ts';
import { Stack } from '../../bench/stack.ts';
import { standardWorkload, Workload } from '../../bench/workload.ts';

const PROGRAMS = ['gateway', 'guard'] as const;
const MESSAGES = 5000;
/** The first rounds run in the interpreter, which allocates more; the smallest of all counts. */
const ROUNDS = 4;
/** Measured when they were set: 11,500–12,100 and 14,000–14,600. Who saves some draws them after it. */
const BOUNDS = { gateway: 14_000, guard: 16_500 };

test('octets of heap per message', async () => {
  const small = { ...standardWorkload, prefixes: 1000, recipients: 10_000 };
  const stack = await Stack.prepare(new Workload(small));
  try {
    await stack.start('operator');
    for (const name of ['guard', 'gateway'] as const) await stack.start(name, probed);
    await stack.linksUp();
    const least = { gateway: Number.POSITIVE_INFINITY, guard: Number.POSITIVE_INFINITY };
    for (let round = 0; round < ROUNDS; round += 1) {
      const look = () => Promise.all(PROGRAMS.map((name) => allocatedBytes(stack.program(name))));
      const before = await look();
      const load = new Load({
        ...standardLoad,
        workload: { ...small, series: round },
        port: stack.plan.gatewayPort,
        messages: MESSAGES,
        warmupMs: 0,
        measureMs: 60_000,
      });
      const { ended } = await load.run();
      assert.equal(ended, MESSAGES);
      const after = await look();
      PROGRAMS.forEach((name, i) => {
        const each = Math.round(((after[i] as number) - (before[i] as number)) / MESSAGES);
        least[name] = Math.min(least[name], each);
      });
    }
    for (const name of PROGRAMS) {
      assert.ok(least[name] > 1000, `${name}: ${least[name]} octets per message were counted`);
      assert.ok(least[name] <= BOUNDS[name], `${name}: ${least[name]} octets per message, at most ${BOUNDS[name]}`);
    }
  } finally {
    await stack.stop();
  }
});
