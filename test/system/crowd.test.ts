// Customers that misbehave by the mass or by not reading: others are not affected, memory stays bounded, receipts are kept.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { secretOf } from './setup.ts';
import { Stack } from './stack.ts';
import { until } from './wait.ts';
import { Command, Wire } from './wire.ts';

const CONNECTIONS = 10_000;
/** Source addresses, so that it is not the limit per address that ends them. */
const ADDRESSES = 20;
/** Below the port's 2,000 accepts per second: it is the timer that ends them. */
const PER_STEP = 75;
const STEP_MS = 50;
/** What a gateway may need for an unbound connection, buffers of the kernel apart. */
const BYTES_PER_CONNECTION = 40_000;
/** session_init is 10 s; more for a busy machine. */
const CLOSED_MS = 30_000;
const MB = 1_048_576;

describe('crowds', () => {
  let stack: Stack;
  let acme: Wire;
  const ids: string[] = [];

  before(async () => {
    stack = await Stack.run({
      accounts: [{ name: 'slow', credit_limit: '100000', window: 1000 }],
      gateway: { limits: { connections: 20_000 } },
    });
    acme = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
  });
  after(async () => {
    await acme?.leave();
    await stack?.stop();
  });

  async function acmeWorks(count = 20): Promise<void> {
    const more = await acme.submitAll(Array.from({ length: count }, (_, i) => ({ text: `meanwhile ${i}` })));
    await acme.receiptsOf(more);
    ids.push(...more);
  }

  test('10,000 connections that never bind: bound customers work on, session_init closes them, memory returns', async (t) => {
    await acmeWorks(500);
    const sockets = new Set<Socket>();
    let most = 0;
    let failed = 0;
    const memoryBefore = stack.memory('gateway');
    for (let opened = 0; opened < CONNECTIONS; ) {
      for (let i = 0; i < PER_STEP && opened < CONNECTIONS; i++, opened++) {
        const localAddress = `127.0.0.${2 + (opened % ADDRESSES)}`;
        const socket = connect({ port: stack.ports.smpp, host: '127.0.0.1', localAddress });
        sockets.add(socket);
        socket.on('error', () => {
          failed++;
        });
        socket.on('close', () => sockets.delete(socket));
        socket.resume();
      }
      most = Math.max(most, sockets.size);
      await new Promise((go) => setTimeout(go, STEP_MS));
      if (opened % (PER_STEP * 20) === 0) await acmeWorks();
    }
    if (failed > CONNECTIONS / 2) {
      for (const socket of sockets) socket.destroy();
      t.skip('this machine gives a process too few file descriptors for 10,000 connections');
      return;
    }
    const memoryAt = stack.memory('gateway');
    await acmeWorks();
    // A customer from elsewhere gets in beside them.
    const other = await Wire.bound(stack.ports.smpp, 'slow', secretOf('slow'));
    await other.leave();
    await until('session_init has closed them all', () => sockets.size === 0, CLOSED_MS);
    await acmeWorks(500);
    const memoryAfter = stack.memory('gateway');
    t.diagnostic(
      `${most} open at once, ${failed} failed; gateway ${mb(memoryBefore)}, ${mb(memoryAt)}, ${mb(memoryAfter)} MB`,
    );
    assert.ok(memoryAt - memoryBefore < CONNECTIONS * BYTES_PER_CONNECTION, `${mb(memoryAt - memoryBefore)} MB more`);
    // What the heap keeps for its next use is not a leak of sockets: a second crowd may not add to it.
    assert.ok(memoryAfter - memoryBefore < 200 * MB, `${mb(memoryAfter - memoryBefore)} MB stayed`);
  });

  test('a customer that never reads: others work on, memory is bounded, its receipts come later, each once', async (t) => {
    const count = 4000;
    const memoryBefore = stack.memory('gateway');
    const slow = await Wire.bound(stack.ports.smpp, 'slow', secretOf('slow'));
    const sent = await slow.submitAll([{ text: 'taken' }]);
    await slow.receiptsOf(sent);
    // Submits over a transmitter-like session of its own; the receiver takes nothing from now on.
    const sender = await Wire.bound(stack.ports.smpp, 'slow', secretOf('slow'), Command.bindTransmitter);
    slow.socket.pause();
    const waiting = await sender.submitAll(Array.from({ length: count }, (_, i) => ({ text: `slow ${i}` })));
    await acmeWorks(500);
    await until('all have been delivered', async () => (await stack.handsets()).messages >= ids.length + 1 + count);
    const { waiting_receipts: kept } = await stack.account('slow');
    t.diagnostic(`${kept} receipts wait; gateway ${mb(memoryBefore)}, ${mb(stack.memory('gateway'))} MB`);
    assert.ok(kept > 0, 'receipts wait at the gateway and not in a socket');
    assert.ok(stack.memory('gateway') - memoryBefore < 150 * MB);
    await acmeWorks(500);
    slow.socket.resume();
    await slow.receiptsOf(waiting);
    const seen = slow.receipts.map((one) => one.id);
    assert.equal(new Set(seen).size, count + 1);
    assert.ok(slow.receipts.every((one) => one.state === 'DELIVRD'));
    await until('nothing is open', async () => (await stack.account('slow')).open_messages === 0);
    await sender.leave();
    await slow.leave();
  });

  test('nothing was lost', async () => {
    await until('nothing is open', async () => (await stack.account('acme')).open_messages === 0);
    const { held, balance } = await stack.account('acme');
    assert.equal(Number(held.amount), 0);
    assert.equal(Number(balance.amount), Number((-0.05 * ids.length).toFixed(4)));
  });
});

function mb(octets: number): string {
  return (octets / MB).toFixed(0);
}
