// Idempotency-Key: a request that is repeated happens once, and its answer is the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiKey, otherKey } from './memoryService.ts';
import { assertProblem, createRig, message } from './rig.ts';

const path = '/api/v1/messages';

describe('Idempotency-Key', () => {
  const send = (rig: ReturnType<typeof createRig>, value: string, body: unknown = message) =>
    rig.call('POST', path, { body, headers: { 'idempotency-key': value } });

  test('the same key and request: the same answer, and nothing is sent twice', async () => {
    const rig = createRig();
    const first = await send(rig, '"k-1"');
    const { to, from, text } = message;
    const second = await send(rig, 'k-1', { text, from, to });
    assert.equal(first.status, 202);
    assert.equal(first.headers.get('idempotency-replayed'), null);
    assert.deepEqual([second.status, second.text], [first.status, first.text]);
    assert.equal(second.headers.get('idempotency-replayed'), 'true');
    assert.equal(rig.service.kept.length, 1);
  });

  test('batches are replayed as a whole, with the same bad items', async () => {
    const rig = createRig();
    const body = [message, { ...message, text: 1 }, { ...message, to: '+49151123451003' }];
    const first = await send(rig, 'b', body);
    const second = await send(rig, 'b', body);
    assert.deepEqual([second.status, second.text], [200, first.text]);
    assert.equal(rig.service.kept.length, 1);
    assertProblem(await send(rig, 'b', [...body, message]), 422, 'idempotency-key-reused');
  });

  test('another request is 422, one that runs is 409, another account has keys of its own', async () => {
    const rig = createRig();
    let open = (): void => undefined;
    rig.service.gate = new Promise((done) => {
      open = done;
    });
    const running = send(rig, 'k');
    const answer = await send(rig, 'k');
    assertProblem(answer, 409, 'idempotency-in-flight');
    assert.equal(answer.headers.get('retry-after'), '1');
    open();
    assert.equal((await running).status, 202);
    assertProblem(await send(rig, 'k', { ...message, text: 'Hellp' }), 422, 'idempotency-key-reused');
    const other = await rig.call('POST', path, { body: message, key: otherKey, headers: { 'idempotency-key': 'k' } });
    assert.deepEqual([other.status, other.headers.get('idempotency-replayed')], [202, null]);
  });

  test('keys of both spellings, and what is none', async () => {
    const rig = createRig();
    for (const key of ['"8e03978e-40d5"', '8e03978e-40d5', '"a \\"b\\" c"', 'x'.repeat(255)])
      assert.equal((await send(rig, key)).status, 202, key);
    for (const key of ['""', '"a', 'a b', 'a,b', 'x'.repeat(256), `"${'x'.repeat(256)}"`])
      assertProblem(await send(rig, key), 400, 'invalid-request');
  });

  test('the fingerprint is keyed and does not depend on the order of members', async () => {
    const prints: string[] = [];
    for (const secret of [1, 2]) {
      const rig = createRig();
      const original = rig.service.submit.bind(rig.service);
      rig.service.submit = (account, requests, idempotency) => {
        prints.push(idempotency?.fingerprint ?? '');
        return original(account, requests, idempotency);
      };
      const { createApi } = await import('../../src/api/api.ts');
      const { createCrypto } = await import('../../src/host/crypto.ts');
      const api = createApi(rig.service, {
        loop: { now: () => 0, monotonic: () => 0 },
        crypto: createCrypto(),
        secret: Buffer.alloc(32, secret),
        version: '0',
      });
      await api(
        new Request('http://x/api/v1/messages', {
          method: 'POST',
          body: JSON.stringify(message),
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
        }),
        '',
      );
    }
    assert.match(prints[0] as string, /^[0-9a-f]{64}$/);
    assert.notEqual(prints[0], prints[1]);
  });
});
