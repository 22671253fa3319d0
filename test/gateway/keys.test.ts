// Idempotency-Key: what is said while its first request is not durable, to whom a key belongs, and that cleaning keeps it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/driver/records.ts';
import { RecordType } from '../../src/gateway/records.ts';
import type { SubmitAnswer, SubmitRequest } from '../../src/gateway/service.ts';
import { accountConfig, gatewayConfig } from './configs.ts';
import { Rig } from './rig.ts';

const request: SubmitRequest = {
  from: 'INFO',
  to: '+491700000001',
  body: { kind: 'text', text: 'once' },
  lane: null,
  validityMs: null,
  scheduleAt: null,
  reference: null,
  purpose: null,
};
const KEY = { key: 'k-1', fingerprint: 'f' };

async function started() {
  const accounts = ['acme', 'other'].map((name) => accountConfig(name, { creditLimit: 1_000_000 }));
  const rig = await new Rig(gatewayConfig({ accounts })).start();
  const ask = (name: string): Promise<SubmitAnswer> => {
    const ref = rig.service.authenticate(`key-${name}`, '127.0.0.1');
    assert.ok(ref);
    return rig.service.submit(ref, [request], KEY);
  };
  return { rig, ask };
}

test('while the first request is not durable its key is in flight; then it has the same answer', async () => {
  const { rig, ask } = await started();
  rig.commitMs = 1000;
  const first = ask('acme');
  await rig.pass(100);
  assert.equal((await ask('acme')).code, 'key-in-flight');
  await rig.pass(3000);
  const answer = await first;
  assert.ok(answer.code === 'done');
  const again = await ask('acme');
  assert.ok(again.code === 'done' && again.replayed);
  assert.deepEqual(again.outcomes, answer.outcomes);
  assert.equal(rig.guard.orders.length, 1);
});

test('a key is of its account', async () => {
  const { rig, ask } = await started();
  for (const name of ['acme', 'other']) {
    const answer = ask(name);
    await rig.pass(100);
    assert.deepEqual({ ...(await answer), outcomes: [] }, { code: 'done', outcomes: [], replayed: false });
  }
  assert.equal(rig.guard.orders.length, 2);
});

test('cleaning writes a key again', async () => {
  const { rig, ask } = await started();
  const answer = ask('acme');
  await rig.pass(100);
  await answer;
  const kept = (): number[] => {
    const seqs: number[] = [];
    for (const [seq, { records }] of rig.disk.slot(0).batches)
      readRecords(records, (type) => void (type === RecordType.idempotency && seqs.push(seq)));
    return seqs;
  };
  const before = kept();
  assert.equal(before.length, 1);
  rig.gateway?.idempotency.clean(new Set(before));
  await rig.pass(100);
  assert.ok(kept().some((seq) => seq > (before[0] as number)));
});
