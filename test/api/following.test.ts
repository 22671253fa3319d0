// Following messages over HTTP: one by its id, all of an account page by page, cancelling, and the account's money.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as schemas from '../../src/api/schemas.ts';
import { otherKey } from './memoryService.ts';
import { assertProblem, createRig, message, pointers } from './rig.ts';

const path = '/api/v1/messages';

describe('following messages', () => {
  test('get and cancel: own, foreign, unknown, too late', async () => {
    const rig = createRig();
    const now = (await rig.call('POST', path, { body: message })).json['id'];
    const later = (await rig.call('POST', path, { body: { ...message, schedule_at: '2030-01-01T00:00:00Z' } })).json[
      'id'
    ];
    const view = await rig.call('GET', `${path}/${now}`);
    assert.equal(view.status, 200);
    const parsed = schemas.messageOut.strict().parse(view.json);
    assert.deepEqual([parsed.to, parsed.state, parsed.done_at], ['+4915112345678', 'accepted', null]);
    assertProblem(await rig.call('GET', `${path}/${now}`, { key: otherKey }), 404, 'not-found');
    assertProblem(await rig.call('DELETE', `${path}/${later}`, { key: otherKey }), 404, 'not-found');
    assertProblem(await rig.call('GET', `${path}/msg_none`), 404, 'not-found');
    assertProblem(await rig.call('GET', `${path}/%E0%A4%A`), 404, 'not-found');
    assertProblem(await rig.call('DELETE', `${path}/${now}`), 409, 'too-late');
    const cancelled = await rig.call('DELETE', `${path}/${later}`);
    assert.deepEqual([cancelled.status, cancelled.json], [200, { id: later, state: 'deleted' }]);
  });

  test('pages reach every message once, newest first', async () => {
    const rig = createRig();
    for (let i = 0; i < 7; i++) await rig.call('POST', path, { body: { ...message, reference: `r${i}` } });
    const seen: (string | null)[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page++) {
      const answer = await rig.call('GET', `${path}?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const { data, next_cursor } = schemas.messageListOut.parse(answer.json);
      assert.ok(data.length <= 3);
      seen.push(...data.map((one) => one.reference));
      if (next_cursor === null) break;
      cursor = next_cursor;
    }
    assert.deepEqual(seen, ['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0']);
    await rig.call('GET', path);
    assert.deepEqual(rig.service.asked.at(-1), { before: null, limit: 51 });
  });

  test('cursors: altered, foreign, old and made-up ones are refused', async () => {
    const rig = createRig();
    for (let i = 0; i < 3; i++) await rig.call('POST', path, { body: message });
    const cursor = (await rig.call('GET', `${path}?limit=1`)).json['next_cursor'] as string;
    assert.equal((await rig.call('GET', `${path}?cursor=${cursor}`)).status, 200);
    const flip = (at: number): string =>
      `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
    for (const bad of [flip(0), flip(20), flip(cursor.length - 2), 'AAAA', 'x'.repeat(60), '%00']) {
      const answer = await rig.call('GET', `${path}?cursor=${bad}`);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), ['?cursor']);
    }
    assertProblem(await rig.call('GET', `${path}?cursor=${cursor}`, { key: otherKey }), 400, 'invalid-request');
    rig.nowMs += 86_402_000;
    assertProblem(await rig.call('GET', `${path}?cursor=${cursor}`), 400, 'invalid-request');
  });

  test('queries are strict', async () => {
    const rig = createRig();
    for (const [query, pointer] of [
      ['limit=0', '?limit'],
      ['limit=201', '?limit'],
      ['limit=1.5', '?limit'],
      ['limit=1&limit=2', '?limit'],
      ['offset=3', '?offset'],
    ] as const) {
      const answer = await rig.call('GET', `${path}?${query}`);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), [pointer]);
    }
  });

  test('account and balance', async () => {
    const rig = createRig();
    const balance = schemas.balanceOut.strict().parse((await rig.call('GET', '/api/v1/balance')).json);
    assert.deepEqual(balance.available, { amount: '10.9550', currency: 'EUR' });
    const account = schemas.accountOut.strict().parse((await rig.call('GET', '/api/v1/account')).json);
    assert.deepEqual([account.account, account.suspended, account.binds], ['alpha', false, 2]);
  });
});
