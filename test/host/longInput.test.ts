// Input that takes long to work on: handed over in pieces, a few per look at the loop, small ones while something urgent passes
// and growing ones otherwise, in order, with pauses kept, on accepted connections and on our own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputTurn } from '../../src/host/inputTurn.ts';
import { createLoop } from '../../src/host/loop.ts';
import { createNet } from '../../src/host/net.ts';
import type { Connection } from '../../src/port/net.ts';
import { End, plain, to } from './end.ts';

const OCTETS = 400_000;
/** 8 KiB are worked on for so long, however slow the machine: the second piece fills what one look may take. */
const WORK_MS = 10;

/** `octets` that count, so that order and gaps are seen. */
function counting(octets: number): Buffer {
  const bytes = Buffer.alloc(octets);
  for (let i = 0; i < octets; i += 4) bytes.writeUInt32BE(i, i);
  return bytes;
}

for (const [side, urgent] of [
  ['accepted', true],
  ['our own', true],
  ['accepted', false],
  ['our own', false],
] as const) {
  test(`${side}, ${urgent ? 'urgent' : 'in bulk'}: no look at the loop takes more than some pieces, and all comes in order`, async () => {
    const turn = new InputTurn(() => {});
    const net = createNet(turn);
    if (urgent) turn.urgent();
    const far = new End();
    const near = new End();
    const listener = await net.listen(plain, (connection) => far.take(connection));
    const own = net.connect(to(listener.port), near.handler);
    await near.until((end) => end.opened);
    await far.until((end) => end.connection !== null);
    const [reader, writer] =
      side === 'accepted' ? [far.connection as Connection, own] : [own, far.connection as Connection];
    const all: Buffer[] = [];
    let octets = 0;
    let inThisLook = 0;
    let most = 0;
    let largest = 0;
    let paused = false;
    let done: () => void;
    const finished = new Promise<void>((resolve) => (done = resolve));
    reader.handler = {
      opened() {},
      drained() {},
      closed() {},
      bytes: (bytes) => {
        assert.equal(paused, false, 'nothing comes while reading is paused');
        if (inThisLook === 0) setImmediate(() => (inThisLook = 0));
        inThisLook += bytes.length;
        most = Math.max(most, inThisLook);
        largest = Math.max(largest, bytes.length);
        if (urgent) turn.urgent();
        all.push(Buffer.from(bytes));
        octets += bytes.length;
        for (const until = performance.now() + (WORK_MS * bytes.length) / 8192; performance.now() < until; );
        if (all.length % 7 === 0) {
          paused = true;
          reader.pause();
          setImmediate(() => {
            paused = false;
            reader.resume();
          });
        }
        if (octets === OCTETS) done();
      },
    };
    writer.write(counting(OCTETS));
    await finished;
    assert.ok(Buffer.concat(all).equals(counting(OCTETS)));
    // All that was read would be 65,536; two of the largest pieces are 51,200.
    assert.ok(most > 4096 && most <= 51_200, `${most} octets in one look`);
    if (urgent) assert.ok(largest <= 4096, `${largest} octets at once`);
    else assert.ok(largest > 4096 && largest <= 32_768, `${largest} octets at once`);
    writer.destroy();
    await listener.close();
  });
}

test('an alarm that is exact rings between two pieces of one look at the loop, any other after it', async () => {
  const loop = createLoop();
  const net = createNet(loop.input);
  const far = new End();
  const near = new End();
  const listener = await net.listen(plain, (connection) => far.take(connection));
  const writer = net.connect(to(listener.port), near.handler);
  await near.until((end) => end.opened);
  await far.until((end) => end.connection !== null);
  let octets = 0;
  let [exact, ordinary, look, pairs] = [0, 0, 0, 0];
  let done: () => void;
  const finished = new Promise<void>((resolve) => (done = resolve));
  (far.connection as Connection).handler = {
    opened() {},
    drained() {},
    closed() {},
    bytes: (bytes) => {
      if (look === 0) {
        setImmediate(() => (look = 0));
        [exact, ordinary] = [0, 0];
        const soon = loop.monotonic() + 0.5;
        loop.wakeAt(soon, () => void ordinary++);
        loop.wakeAt(soon, () => void exact++, true);
        for (const until = performance.now() + 1; performance.now() < until; );
      } else if (look === 1) {
        pairs++;
        assert.equal(exact, 1);
        assert.equal(ordinary, 0);
      }
      look++;
      octets += bytes.length;
      if (octets === OCTETS) done();
    },
  };
  writer.write(counting(OCTETS));
  await finished;
  assert.ok(pairs > 0, 'no look had two pieces');
  writer.destroy();
  await listener.close();
});
