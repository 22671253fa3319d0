// The demo: its one line of JSON, and that its own reckoning would show what goes wrong.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { reckon } from '../../src/main/demoCheck.ts';
import { DemoLedger } from '../../src/main/demoLedger.ts';
import { type DemoMessage, demoMessages } from '../../src/main/demoMessages.ts';
import { planText } from '../../src/sms/split.ts';

test('200 messages over SMPP and HTTP: delivered once, with receipts, at their price', async () => {
  const script = fileURLToPath(new URL('../../src/main/demo.ts', import.meta.url));
  const child = spawn(process.execPath, [script, '--json', '--messages', '200'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 0, err);
  assert.match(
    out,
    /^\{"accepted":200,"delivered":200,"lost":0,"duplicated":0,"balance_error":0,"seconds":[0-9.]+\}\n$/,
  );
});

test('the segments that the demo expects are those of the standard, and every kind goes every way', () => {
  const messages = demoMessages(200);
  for (const message of messages) {
    const plan = planText(message.text);
    assert.ok(plan.ok);
    assert.equal(plan.value.segments, message.segments, message.kind);
    assert.equal(plan.value.dataCoding === 8, message.kind.endsWith('ucs2'));
  }
  assert.equal(new Set(messages.map((one) => one.to)).size, 200);
  assert.equal(new Set(messages.map((one) => `${one.kind} ${one.way}`)).size, 8);
});

/** An operator's handsets that answer what the test says. */
async function handsets(received: (number: string) => object[]): Promise<Server> {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ messages: received((request.url ?? '').split('/').at(-1) as string) }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

test('the reckoning tells lost, altered, doubled, unreceipted and wrongly charged messages', async (t) => {
  const messages = demoMessages(6);
  const at = (number: string): DemoMessage => messages.find((one) => one.to === number) as DemoMessage;
  const good = (message: DemoMessage): object => ({ from: 'Glaspost', text: message.text, parts: message.segments });
  const server = await handsets((number) => {
    const message = at(number);
    switch (message.index) {
      case 0:
        return [];
      case 1:
        return [{ ...good(message), text: 'other' }];
      case 2:
        return [good(message), good(message)];
      case 3:
        return [{ ...good(message), parts: 1 }];
      default:
        return [good(message)];
    }
  });
  t.after(() => server.close());
  const ledger = new DemoLedger();
  for (const message of messages) {
    const id = `id${message.index}`;
    // Receipts may come first.
    if (message.index === 5) ledger.receipt(id, true);
    ledger.accepted(message, id);
    if (message.index < 4) ledger.receipt(id, true);
  }
  const price = messages.reduce((sum, one) => sum + one.price, 0);
  const { port } = server.address() as AddressInfo;
  const result = await reckon(ledger, messages, port, {
    creditedMicros: 1_000_000,
    balanceMicros: 1_000_000 - price - 7,
    heldMicros: 0,
  });
  assert.deepEqual([result.accepted, result.delivered, result.lost, result.duplicated], [6, 2, 4, 1]);
  assert.equal(result.balance_error, 0.000007);
  assert.equal(result.faults.length, 5);
});
