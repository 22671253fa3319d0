// What administrators do over HTTP, and who may do what.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cdrLine } from '../../src/api/cdr.ts';
import * as schemas from '../../src/api/schemas.ts';
import { amountMicros, amountText } from '../../src/api/values.ts';
import type { CdrRow } from '../../src/gateway/service.ts';
import { adminKey, apiKey } from './memoryService.ts';
import { assertProblem, createRig, message, pointers } from './rig.ts';

const admin = '/api/v1/admin';

describe('keys', () => {
  test('no key, a wrong one, one in a wrong form, a foreign address: all 401', async () => {
    const rig = createRig();
    for (const path of ['/api/v1/balance', `${admin}/status`]) {
      for (const headers of [
        {},
        { authorization: 'Bearer nope' },
        { authorization: apiKey },
        { authorization: `Basic ${apiKey}` },
        { authorization: 'Bearer ' },
      ]) {
        const answer = await rig.call('GET', path, { key: null, headers: headers as Record<string, string> });
        assertProblem(answer, 401, 'unauthenticated', ['nope']);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
      }
    }
    assertProblem(await rig.call('GET', '/api/v1/balance', { address: '203.0.113.66' }), 401, 'unauthenticated');
  });

  test('while the gateway starts no key is known: 503, not 401, so that a customer repeats and does not give up', async () => {
    const rig = createRig();
    rig.service.ready = false;
    assertProblem(await rig.call('POST', '/api/v1/messages', { key: 'nope', body: {} }), 503, 'unavailable', ['nope']);
    assertProblem(await rig.call('GET', `${admin}/status`, { key: 'nope' }), 503, 'unavailable');
    assertProblem(await rig.call('GET', '/api/v1/balance', { key: null }), 401, 'unauthenticated');
  });

  test('a key of the other kind is 403', async () => {
    const rig = createRig();
    assertProblem(await rig.call('GET', '/api/v1/balance', { key: adminKey }), 403, 'forbidden');
    for (const [method, path] of [
      ['GET', '/status'],
      ['GET', '/links'],
      ['GET', '/accounts'],
      ['GET', '/accounts/alpha'],
      ['POST', '/accounts/alpha/credits'],
      ['POST', '/accounts/alpha/suspend'],
      ['POST', '/accounts/alpha/resume'],
      ['POST', '/accounts/alpha/cancel'],
      ['GET', '/messages/msg_1/trace'],
      ['GET', '/cdrs'],
    ] as const) {
      assertProblem(await rig.call(method, admin + path, { key: apiKey }), 403, 'forbidden');
    }
  });
});

describe('accounts', () => {
  test('credits: once per reference', async () => {
    const rig = createRig();
    const credit = (amount: unknown, reference: unknown, name = 'alpha') =>
      rig.call('POST', `${admin}/accounts/${name}/credits`, { body: { amount, reference } });
    const first = await credit('100.000001', 'inv-1');
    assert.equal(first.status, 201, first.text);
    const { balance, repeated } = schemas.creditOut.strict().parse(first.json);
    assert.deepEqual([balance.amount, repeated], ['110.000001', false]);
    const again = await credit('100.000001', 'inv-1');
    assert.deepEqual([again.status, again.json['repeated'], again.json['balance']], [200, true, first.json['balance']]);
    assertProblem(await credit('100', 'inv-1'), 409, 'reference-reused');
    assertProblem(await credit('1', 'x', 'nobody'), 404, 'not-found');
    for (const amount of ['0', '0.00', '-5', '1.0000001', '1e3', 5, '1,000', '12345678901']) {
      const answer = await credit(amount, 'x');
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), ['/amount']);
    }
    assertProblem(await credit('1', ''), 400, 'invalid-request');
    rig.service.ready = false;
    assertProblem(await credit('5', 'y'), 503, 'store-unavailable');
  });

  test('suspend, resume, cancel', async () => {
    const rig = createRig();
    const suspended = await rig.call('POST', `${admin}/accounts/alpha/suspend`);
    assert.deepEqual([suspended.status, suspended.json['suspended']], [200, true]);
    assert.equal((await rig.call('POST', `${admin}/accounts/alpha/resume`)).json['suspended'], false);
    for (const lane of ['pin', 'bulk', 'bulk'])
      await rig.call('POST', '/api/v1/messages', { body: { ...message, lane } });
    assert.deepEqual((await rig.call('POST', `${admin}/accounts/alpha/cancel`)).json, {
      account: 'alpha',
      cancelled: 3,
    });
    assert.equal(
      (await rig.call('POST', `${admin}/accounts/alpha/cancel`, { body: { lane: 'bulk' } })).json['cancelled'],
      2,
    );
    assertProblem(
      await rig.call('POST', `${admin}/accounts/alpha/cancel`, { body: { lane: 'fast' } }),
      400,
      'invalid-request',
    );
    for (const action of ['suspend', 'resume', 'cancel'])
      assertProblem(await rig.call('POST', `${admin}/accounts/nobody/${action}`), 404, 'not-found');
    assertProblem(await rig.call('GET', `${admin}/accounts/nobody`), 404, 'not-found');
    assert.equal((await rig.call('GET', `${admin}/accounts/beta`)).json['account'], 'beta');
  });

  test('status, links, accounts, trace', async () => {
    const rig = createRig();
    const { id } = (await rig.call('POST', '/api/v1/messages', { body: message })).json;
    schemas.statusOut.strict().parse((await rig.call('GET', `${admin}/status`)).json);
    assert.equal(schemas.linkListOut.parse((await rig.call('GET', `${admin}/links`)).json).data[0]?.name, 'op1');
    assert.equal(schemas.accountListOut.parse((await rig.call('GET', `${admin}/accounts`)).json).data.length, 2);
    const trace = schemas.traceOut.strict().parse((await rig.call('GET', `${admin}/messages/${id}/trace`)).json);
    assert.deepEqual(trace.steps, [
      { at: '2027-01-15T08:00:00.001Z', step: 'accepted', link: null, reason: 'valid, priced' },
    ]);
    assertProblem(await rig.call('GET', `${admin}/messages/msg_none/trace`), 404, 'not-found');
  });
});

const row: CdrRow = {
  id: 'msg_1',
  account: 'alpha',
  acceptedAt: 1_800_000_000_000,
  doneAt: 1_800_000_001_000,
  from: 'Glaspost',
  to: '4915112345678',
  segments: 2,
  state: 'delivered',
  link: 'op1',
  price: 90_000,
  charged: 90_000,
  currency: 'EUR',
  errorCode: 0,
  reference: 'a "b", c',
};

describe('CDRs', () => {
  test('are streamed piece by piece, with a heading', async () => {
    const rig = createRig();
    rig.service.cdrPieces.push([], [row], [], [{ ...row, id: 'msg_2', link: null, reference: null }]);
    const answer = await rig.call('GET', `${admin}/cdrs?from=2027-01-15&to=2027-01-16T00:00:00Z&account=alpha`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
    assert.deepEqual(answer.text.split('\r\n'), [
      'id,account,accepted_at,done_at,from,to,segments,state,link,price,charged,currency,error,reference',
      'msg_1,alpha,2027-01-15T08:00:00.000Z,2027-01-15T08:00:01.000Z,Glaspost,+4915112345678,2,delivered,op1,0.0900,0.0900,EUR,0,"a ""b"", c"',
      'msg_2,alpha,2027-01-15T08:00:00.000Z,2027-01-15T08:00:01.000Z,Glaspost,+4915112345678,2,delivered,,0.0900,0.0900,EUR,0,',
      '',
    ]);
    assert.deepEqual(rig.service.asked.at(-1), {
      account: 'alpha',
      fromMs: Date.UTC(2027, 0, 15),
      toMs: Date.UTC(2027, 0, 16),
    });
  });

  test('a reader that leaves ends the search', async () => {
    const rig = createRig();
    for (let i = 0; i < 100; i++) rig.service.cdrPieces.push([row]);
    const request = new Request(`http://x${admin}/cdrs?from=2027-01-15&to=2027-01-16`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    const response = await rig.handler(request, '');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    assert.equal(rig.service.cdrClosed, true);
  });

  test('bad spans and accounts', async () => {
    const rig = createRig();
    for (const [query, pointer] of [
      ['to=2027-01-15', '?from'],
      ['from=2027-13-45&to=2027-01-15', '?from'],
      ['from=yesterday&to=2027-01-15', '?from'],
      ['from=2027-01-15&to=2027-01-15', '?to'],
    ] as const) {
      const answer = await rig.call('GET', `${admin}/cdrs?${query}`);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), [pointer]);
    }
    assertProblem(
      await rig.call('GET', `${admin}/cdrs?from=2027-01-15&to=2027-01-16&account=nobody`),
      404,
      'not-found',
    );
  });

  test('cells that a spreadsheet would run get an apostrophe', () => {
    const last = (reference: string): string | undefined =>
      cdrLine({ ...row, reference })
        .trimEnd()
        .split('0,')
        .at(-1);
    assert.equal(last('=1+1'), "'=1+1");
    assert.equal(last('@x'), "'@x");
    assert.equal(last('+cmd'), "'+cmd");
    assert.equal(last('-5.5'), '-5.5');
    assert.equal(last('+491'), '+491');
  });
});

test('money is written and read exactly', () => {
  assert.equal(amountText(45_000), '0.0450');
  assert.equal(amountText(-1), '-0.000001');
  assert.equal(amountText(100_000_000), '100.0000');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999_999_999 }),
      (micros) => amountMicros(amountText(micros)) === micros,
    ),
  );
});
