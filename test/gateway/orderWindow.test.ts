// Orders under way: few are refused where the guard has no room, and what leaves the guard never waits for the gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderWindow } from '../../src/gateway/orderWindow.ts';

/** A guard that holds `room` orders, lets one leave per step, and refuses for half its room's time; the answer is at once. */
function play(window: OrderWindow, room: number, steps: number, peerWindow: number) {
  let [held, refused, taken, dry, notBefore] = [0, 0, 0, 0, 0];
  let first = 0;
  const pump = (now: number): void => {
    let left = peerWindow - held;
    // A turn's orders go out before the first answer comes: all of them are under way.
    let sent = 0;
    while (now >= notBefore && left-- > 0 && window.admits(held + sent)) sent++;
    const fits = Math.min(sent, room - held);
    held += fits;
    taken += fits;
    for (let beyond = sent - fits; beyond > 0; beyond--) {
      refused++;
      window.refused(held + beyond - 1);
      notBefore = now + room / 2;
    }
  };
  for (let now = 0; now < steps; now++) {
    pump(now);
    if (now === 0) first = refused;
    if (held === 0) dry++;
    else {
      held--;
      window.answered();
    }
  }
  return { first, later: refused - first, taken, dry };
}

for (const room of [2, 10, 50, 400]) {
  test(`a guard with room for ${room}: after the first window few orders are refused, and it is never empty`, () => {
    const { first, later, taken, dry } = play(new OrderWindow(), room, 20_000, 1000);
    assert.equal(first, 1000 - room);
    assert.equal(dry, 0);
    // Without a bound it would be a thousand each time.
    assert.ok(later <= taken * Math.max(1.1, 10 / room), `${later} of ${taken}`);
  });
}

test('some orders always may go, and a link that changes starts with no bound', () => {
  const window = new OrderWindow();
  window.refused(0);
  assert.ok(window.admits(0));
  assert.ok(!window.admits(10));
  window.open();
  assert.ok(window.admits(100_000));
});
