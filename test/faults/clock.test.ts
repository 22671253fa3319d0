// The clocks are set back while a program is down: it owns its journal all the same, and what it does is the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from './scene.ts';
import { checkBooks, look } from './seen.ts';
import { submit } from './stories.ts';

for (const name of ['gateway', 'guard']) {
  test(`${name}: an hour back`, async () => {
    const scene = new Scene(
      {
        says: 'one message before, one after',
        wishes: {},
        act: async (at) => {
          const { town } = at;
          submit(at);
          await town.pass(100);
          const machine = town.machine(name);
          // The end of a validity is a time of day: both must have the same.
          for (const one of ['gateway', 'guard']) town.machine(one).clock.offsetMs = -3_600_000;
          if (machine.life !== null) town.restart(machine, machine.life);
          await town.pass(5000);
          submit(at, { destinationAddr: '491700000002' });
        },
      },
      null,
      null,
    );
    await scene.play();
    const { answer, left, state, told, charged, ends } = await look(scene);
    assert.deepEqual(
      { answer, left, state, told, charged, ends },
      { answer: 'ok ok', left: 'alpha alpha', state: 'delivered delivered', told: '2', charged: '2', ends: '-' },
    );
    checkBooks(scene);
  });
}
