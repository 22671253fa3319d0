// Health, metrics, and the document that describes the API.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adminKey, apiKey } from './memoryService.ts';
import { assertProblem, createRig, message } from './rig.ts';

describe('health, metrics, document', () => {
  test('liveness and readiness', async () => {
    const rig = createRig();
    assert.deepEqual(
      [
        (await rig.call('GET', '/healthz', { key: null })).text,
        (await rig.call('GET', '/readyz', { key: null })).status,
      ],
      ['ok\n', 200],
    );
    rig.service.ready = false;
    const answer = await rig.call('GET', '/readyz', { key: null });
    assert.deepEqual([answer.status, answer.json], [503, { ready: false, reason: 'the journal is being read' }]);
    assert.equal((await rig.call('GET', '/healthz', { key: null })).status, 200);
  });

  test('while the gateway starts, keys are not called wrong: 503', async () => {
    const rig = createRig();
    rig.service.ready = false;
    for (const path of ['/api/v1/balance', '/api/v1/admin/status']) {
      const answer = await rig.call('GET', path, { key: 'not-known-yet' });
      assertProblem(answer, 503, 'unavailable', ['not-known-yet']);
      assert.equal(answer.headers.get('retry-after'), '5');
      assertProblem(await rig.call('GET', path, { key: null }), 401, 'unauthenticated');
    }
  });

  test('metrics: for this machine or with an admin key; counters follow the gateway', async () => {
    const rig = createRig();
    assertProblem(await rig.call('GET', '/metrics', { key: null }), 401, 'unauthenticated');
    assertProblem(await rig.call('GET', '/metrics', { key: apiKey }), 401, 'unauthenticated');
    assertProblem(
      await rig.call('GET', '/metrics', {
        key: null,
        address: '127.0.0.1',
        headers: { 'x-forwarded-for': '192.0.2.1' },
      }),
      401,
      'unauthenticated',
    );
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      assert.equal((await rig.call('GET', '/metrics', { key: null, address })).status, 200);
    await rig.call('POST', '/api/v1/messages', { body: message });
    await rig.call('POST', '/api/v1/messages', { body: message });
    await rig.call('GET', '/nowhere/4915112345678', { key: null });
    const { text } = await rig.call('GET', '/metrics', { key: adminKey });
    assert.match(text, /^glaspost_gateway_accepted_messages_total 2$/m);
    assert.match(text, /^# TYPE glaspost_gateway_accepted_messages_total counter$/m);
    assert.match(text, /^glaspost_http_requests_total\{method="POST",route="\/api\/v1\/messages",status="202"\} 2$/m);
    assert.match(text, /^glaspost_link_queued_messages\{link="op1",lane="bulk"\} 2$/m);
    assert.match(text, /^glaspost_account_available\{account="alpha",currency="EUR"\} 10\.955$/m);
    assert.doesNotMatch(text, /4915112345678/);
  });

  test('unknown paths are 404, other methods 405 with what is allowed', async () => {
    const rig = createRig();
    assertProblem(await rig.call('GET', '/api/v1/nothing'), 404, 'not-found');
    const answer = await rig.call('PUT', '/api/v1/messages/msg_1');
    assertProblem(answer, 405, 'method-not-allowed');
    assert.equal(answer.headers.get('allow'), 'GET, HEAD, DELETE');
    assert.equal((await rig.call('HEAD', '/healthz', { key: null })).status, 200);
  });

  test('the document is OpenAPI 3.1, and every operation in it answers', async () => {
    const rig = createRig();
    const document = (await rig.call('GET', '/openapi.json', { key: null })).json as unknown as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { operationId: string; security: object[]; responses: Record<string, unknown> }>
      >;
      components: { schemas: Record<string, { additionalProperties?: boolean; properties?: object }> };
    };
    assert.match(document.openapi, /^3\.1\./);
    let operations = 0;
    const ids = new Set<string>();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        operations++;
        ids.add(operation.operationId);
        const answer = await rig.call(method.toUpperCase(), path.replace(/\{\w+\}/, 'x'), { key: null });
        const open = operation.security.length === 0;
        // /metrics is open to this machine only.
        if (!open || path === '/metrics') assertProblem(answer, 401, 'unauthenticated');
        assert.ok(
          Object.hasOwn(operation.responses, String(answer.status)),
          `${method} ${path} answered ${answer.status}`,
        );
      }
    }
    assert.equal(operations, 20);
    assert.equal(ids.size, operations);
    assert.equal(document.components.schemas['MessageRequest']?.additionalProperties, false);
    assert.ok(document.components.schemas['MessageRequest']?.properties);
  });
});
