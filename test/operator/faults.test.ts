// Each misbehaviour of the list, seen from the wire: it does what its line in the table says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultRates } from '../../src/operator/faults.ts';
import { faultNames } from '../../src/operator/faults.ts';
import { DELIVER, deliverText, idOf, NACK, RawClient, SUBMIT_RESP, startOperator } from './support.ts';

async function withFault(
  faults: FaultRates,
  run: (client: RawClient, running: Awaited<ReturnType<typeof startOperator>>) => Promise<void>,
): Promise<void> {
  const running = await startOperator({ faults });
  try {
    await run(await RawClient.bound(running.port), running);
  } finally {
    await running.stop();
  }
}

test('never-answers: the receipt comes, the response does not, the handset has it', () =>
  withFault({ 'never-answers': 1 }, async (client, running) => {
    client.submit('447911000001', 'x');
    assert.match(deliverText(await client.next()), /stat:DELIVRD/);
    client.send(0x15, Buffer.alloc(0));
    assert.equal((await client.next())?.command, 0x80000015);
    assert.equal(running.operator.handsets.summary().messages, 1);
  }));

test('answers-twice', () =>
  withFault({ 'answers-twice': 1 }, async (client) => {
    const sequence = client.submit('447911000001', 'x', { registered: 0 });
    const answers = [await client.next(), await client.next()];
    assert.deepEqual(
      answers.map((pdu) => pdu?.sequence),
      [sequence, sequence],
    );
    assert.equal(idOf(answers[0] ?? null), idOf(answers[1] ?? null));
  }));

test('wrong-sequence: an answer with a number that was never used', () =>
  withFault({ 'wrong-sequence': 1 }, async (client) => {
    const sequence = client.submit('447911000001', 'x', { registered: 0 });
    const answer = await client.next();
    assert.equal(answer?.command, SUBMIT_RESP);
    assert.notEqual(answer?.sequence, sequence);
  }));

test('receipt-before-response: one receipt, then the response', () =>
  withFault({ 'receipt-before-response': 1 }, async (client) => {
    client.submit('447911000001', 'x');
    const receipt = await client.next();
    const id = idOf(await client.next());
    assert.match(deliverText(receipt), new RegExp(`^id:${id} `));
  }));

test('receipt-id-in-other-base: the same number, hexadecimal and decimal', () =>
  withFault({ 'receipt-id-in-other-base': 1 }, async (client) => {
    client.submit('447911000001', 'x');
    const id = idOf(await client.next());
    const inReceipt = /^id:(\S+)/.exec(deliverText(await client.next()))?.[1] ?? '';
    assert.match(inReceipt, /^[0-9]+$/);
    assert.equal(BigInt(`0x${id}`), BigInt(inReceipt));
  }));

test('duplicated-receipts: the same receipt a second time, and no third', () =>
  withFault({ 'duplicated-receipts': 1 }, async (client) => {
    client.submit('447911000001', 'x');
    await client.next();
    assert.equal(deliverText(await client.next()), deliverText(await client.next()));
    client.send(0x15, Buffer.alloc(0));
    assert.equal((await client.next())?.command, 0x80000015);
  }));

test('no-receipt: delivered and answered, and silence', () =>
  withFault({ 'no-receipt': 1 }, async (client, running) => {
    client.submit('447911000001', 'x');
    idOf(await client.next());
    await new Promise((go) => setTimeout(go, 30));
    client.send(0x15, Buffer.alloc(0));
    assert.equal((await client.next())?.command, 0x80000015);
    assert.equal(running.operator.handsets.summary().messages, 1);
  }));

test('short-pdu: a response whose message_id has no end', () =>
  withFault({ 'short-pdu': 1 }, async (client) => {
    client.submit('447911000001', 'x', { registered: 0 });
    const answer = await client.next();
    assert.equal(answer?.command, SUBMIT_RESP);
    assert.ok(!answer?.body.includes(0) && answer.body.length > 0);
  }));

test('oversized-pdu and garbage: octets that no framing survives', async () => {
  await withFault({ 'oversized-pdu': 1 }, async (client) => {
    client.submit('447911000001', 'x', { registered: 0 });
    assert.equal((await client.octets(16)).readUInt32BE(0), 1024 * 1024);
  });
  const running = await startOperator({ faults: { garbage: 1 } });
  const client = await RawClient.bound(running.port);
  client.submit('447911000001', 'x', { registered: 0 });
  assert.ok((await client.octets(64)).length >= 64);
  await running.stop();
});

test('nacks: generic_nack with the number, and nothing at the handset', () =>
  withFault({ nacks: 1 }, async (client, running) => {
    const sequence = client.submit('447911000001', 'x');
    const answer = await client.next();
    assert.deepEqual([answer?.command, answer?.sequence, answer?.status], [NACK, sequence, 8]);
    assert.equal(running.operator.handsets.summary().messages, 0);
  }));

test('lies: DELIVRD for what no handset got', () =>
  withFault({ lies: 1 }, async (client, running) => {
    client.submit('447911000001', 'x');
    idOf(await client.next());
    assert.match(deliverText(await client.next()), /stat:DELIVRD/);
    assert.equal(running.operator.handsets.summary().messages, 0);
    assert.equal(running.operator.core.counters.dropped, 1);
  }));

test('disconnects in every state', async () => {
  const open = await startOperator({ faults: { 'disconnect-in-state:open': 1 } });
  await (await RawClient.open(open.port)).closed();
  await open.stop();

  const bind = await startOperator({ faults: { 'disconnect-in-state:bind': 1 } });
  const binding = await RawClient.open(bind.port);
  binding.bind('op', 'pw');
  assert.equal(await binding.next(), null);
  await bind.stop();

  await withFault({ 'disconnect-in-state:bound': 1 }, (client) => client.closed());

  await withFault({ 'disconnect-in-state:submit': 1 }, async (client, running) => {
    client.submit('447911000001', 'x');
    assert.equal(await client.next(), null);
    assert.equal(running.operator.handsets.summary().messages, 1);
    // Its receipt comes over the next bind, though no response ever told the id.
    assert.match(deliverText(await (await RawClient.bound(running.port)).next()), /stat:DELIVRD/);
  });

  await withFault({ 'disconnect-in-state:response': 1 }, async (client) => {
    client.submit('447911000001', 'x', { registered: 0 });
    idOf(await client.next());
    assert.equal(await client.next(), null);
  });

  await withFault({ 'disconnect-in-state:receipt': 1 }, async (client) => {
    client.submit('447911000001', 'x');
    idOf(await client.next());
    assert.equal((await client.next())?.command, DELIVER);
    assert.equal(await client.next(), null);
  });

  await withFault({ 'disconnect-in-state:unbind': 1 }, async (client) => {
    client.send(6, Buffer.alloc(0));
    assert.equal(await client.next(), null);
  });
});

test('accepts-slowly: the bind waits for its answer, and a second one is refused meanwhile', async () => {
  const running = await startOperator({ faults: { 'accepts-slowly': 1 }, slowAcceptMs: 40 });
  const client = await RawClient.open(running.port);
  const started = performance.now();
  client.bind('op', 'pw');
  const second = client.bind('op', 'pw');
  const refused = await client.next();
  assert.deepEqual([refused?.sequence, refused?.status], [second, 5]);
  assert.equal((await client.next())?.status, 0);
  assert.ok(performance.now() - started >= 39);
  await running.stop();
});

test('reads-slowly: what is sent at once is read at the slow rate', async () => {
  const running = await startOperator({
    faults: { 'reads-slowly': 1 },
    slowReadBytesPerSecond: 20_000,
    latency: { kind: 'fixed', ms: 0 },
  });
  const client = await RawClient.bound(running.port);
  const started = performance.now();
  client.submit('447911000001', 'x'.repeat(200), { registered: 0 });
  idOf(await client.next());
  // About 250 octets stand against 20,000 a second: 12 ms until the next read.
  client.submit('447911000001', 'y', { registered: 0 });
  idOf(await client.next());
  assert.ok(performance.now() - started >= 10);
  await running.stop();
});

test('a fault happens at its rate, and every name of the list is told', async () => {
  const running = await startOperator({ faults: { nacks: 0.25 } }, { seed: 7 });
  const client = await RawClient.bound(running.port);
  for (let i = 0; i < 400; i += 1) client.submit('447911000001', `n${i}`, { registered: 0 });
  let nacks = 0;
  for (let i = 0; i < 400; i += 1) if ((await client.next())?.command === NACK) nacks += 1;
  assert.ok(nacks > 60 && nacks < 140, `${nacks} of 400`);
  assert.equal(running.operator.core.faults.counts.get('nacks'), nacks);
  await running.stop();
  assert.equal(new Set(faultNames).size, faultNames.length);
});
