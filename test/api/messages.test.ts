// Sending and following messages over HTTP: what is accepted, refused, replayed and listed, and that no answer repeats a text
// or a whole number.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemTable } from '../../src/api/problems.ts';
import * as schemas from '../../src/api/schemas.ts';
import { otherKey, refusedEndings } from './memoryService.ts';
import { assertProblem, createRig, message, pointers } from './rig.ts';

const path = '/api/v1/messages';

describe('POST /api/v1/messages', () => {
  test('one message is accepted with 202 and everything it was given reaches the gateway', async () => {
    const rig = createRig();
    const body = {
      to: '+4915112345678',
      from: 'Glaspost',
      text: 'Grüße €',
      lane: 'pin',
      validity_s: 600,
      schedule_at: '2027-01-15T10:00:00+02:00',
      reference: 'order-1',
      purpose: 'verification',
    };
    const answer = await rig.call('POST', path, { body });
    assert.equal(answer.status, 202, answer.text);
    const accepted = schemas.accepted.strict().parse(answer.json);
    assert.deepEqual(accepted.price, { amount: '0.0450', currency: 'EUR' });
    assert.equal(accepted.reference, 'order-1');
    assert.deepEqual(rig.service.kept[0]?.request, {
      to: '+4915112345678',
      from: 'Glaspost',
      body: { kind: 'text', text: 'Grüße €' },
      lane: 'pin',
      validityMs: 600_000,
      scheduleAt: Date.UTC(2027, 0, 15, 8),
      reference: 'order-1',
      purpose: 'verification',
    });
  });

  test('octets with their data_coding', async () => {
    const rig = createRig();
    const { to, from } = message;
    const answer = await rig.call('POST', path, { body: { to, from, binary: { hex: '00ffA1' } } });
    assert.equal(answer.status, 202);
    assert.deepEqual(rig.service.kept[0]?.request.body, {
      kind: 'octets',
      dataCoding: 4,
      octets: Buffer.from([0, 255, 0xa1]),
    });
  });

  test('every fault of a message is told with its pointer, none with its value', async () => {
    const rig = createRig();
    const secret = 'SECRET-TEXT-4711';
    const body = {
      to: '',
      text: '',
      binary: { hex: 'xyz', [secret]: 1 },
      lane: secret,
      validity_s: 1.5,
      schedule_at: secret,
      reference: `${secret}\u0000`,
      '+4915112345678': 1,
      txet: secret,
    };
    const answer = await rig.call('POST', path, { body });
    assertProblem(answer, 400, 'invalid-request', [secret, '4915112345678']);
    const said = answer.json['errors'] as { pointer: string; message: string }[];
    assert.deepEqual(
      said.slice(0, 3).map((one) => one.message),
      ['must not be empty', 'is missing', 'must not be empty'],
    );
    assert.equal(said.find((one) => one.pointer === '/validity_s')?.message, 'must be a whole number');
    assert.deepEqual(
      new Set(pointers(answer)),
      new Set([
        '/to',
        '/from',
        '/text',
        '/binary/hex',
        '/binary/…',
        '/lane',
        '/validity_s',
        '/schedule_at',
        '/reference',
        '/…',
        '/txet',
      ]),
    );
    assert.equal(rig.service.kept.length, 0);
  });

  test('text and binary: exactly one', async () => {
    const rig = createRig();
    const { to, from } = message;
    for (const body of [
      { to, from },
      { ...message, binary: { hex: '00' } },
    ]) {
      const answer = await rig.call('POST', path, { body });
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), ['/text']);
    }
  });

  test('half a surrogate pair, bodies that are no object, no JSON, or no UTF-8', async () => {
    const rig = createRig();
    const bad: readonly unknown[] = [
      { ...message, text: 'a\ud83d' },
      '"SECRET-TEXT"',
      'null',
      '17',
      '{"to":"+4915112345678","text":"SECRET-TEXT',
      'SECRET-TEXT',
      '',
      new Uint8Array([0x22, 0xff, 0x22]),
    ];
    for (const body of bad) {
      const answer = await rig.call('POST', path, { body, headers: { 'content-type': 'application/json' } });
      assertProblem(answer, 400, 'invalid-request', ['SECRET-TEXT', '4915112345678']);
    }
    assert.equal(rig.service.kept.length, 0);
  });

  test('other media types are 415, large bodies 413', async () => {
    const rig = createRig();
    const body = JSON.stringify(message);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      assertProblem(
        await rig.call('POST', path, { body, headers: { 'content-type': type } }),
        415,
        'unsupported-media-type',
      );
    }
    const type = 'application/json; charset=UTF-8';
    assert.equal((await rig.call('POST', path, { body, headers: { 'content-type': type } })).status, 202);
    const large = await rig.call('POST', path, { body: { ...message, text: 'x'.repeat(1_048_576) } });
    assertProblem(large, 413, 'body-too-large');
  });

  test('every refusal of the gateway has its status; 429 and 503 say when to come again', async () => {
    const rig = createRig();
    for (const [ending, code] of Object.entries(refusedEndings)) {
      const answer = await rig.call('POST', path, { body: { ...message, to: `+49151123451${ending}` } });
      const { status } = problemTable[code];
      assertProblem(answer, status, code, ['49151123451']);
      const retry = status === 429 || status === 503;
      assert.equal(answer.headers.has('retry-after'), retry, code);
      if (status === 429)
        assert.equal(
          `${answer.headers.get('ratelimit-policy')} ${answer.headers.get('ratelimit')}`,
          '"segments";q=100;w=1 "segments";r=0;t=1',
        );
    }
    assert.equal(Object.keys(refusedEndings).length, 15);
  });

  test('a batch with bad items keeps the others, in order', async () => {
    const rig = createRig();
    const good = (n: number) => ({ ...message, to: `+4915112345${n}00`, reference: `r${n}` });
    const messages = [good(1), { ...message, text: 7 }, good(2), { ...message, to: '+49151123451003' }, null, good(3)];
    for (const [body, pointer] of [
      [{ messages }, '/messages/1/text'],
      [messages, '/1/text'],
    ] as const) {
      rig.service.kept.length = 0;
      const answer = await rig.call('POST', path, { body });
      assert.equal(answer.status, 200, answer.text);
      const { accepted, refused, results } = schemas.batchOut.parse(answer.json);
      assert.deepEqual([accepted, refused], [3, 3]);
      const seen = results.map((one) => ('ok' in one ? one.ok.reference : one.error.code));
      assert.deepEqual(seen, ['r1', 'invalid-request', 'r2', 'no-route', 'invalid-request', 'r3']);
      const second = results[1] as { error: { errors: { pointer: string }[] } };
      assert.equal(second.error.errors[0]?.pointer, pointer);
      assert.deepEqual(
        rig.service.kept.map((one) => one.view.reference),
        ['r1', 'r2', 'r3'],
      );
    }
  });

  test('batches of no messages, of more than 1,000, and with unknown members', async () => {
    const rig = createRig();
    const thousand = await rig.call('POST', path, { body: { messages: Array.from({ length: 1000 }, () => message) } });
    assert.equal(thousand.json['accepted'], 1000);
    const bad: [unknown, string][] = [
      [[], ''],
      [{ messages: [] }, '/messages'],
      [{ messages: Array.from({ length: 1001 }, () => message) }, '/messages'],
      [{ messages: message }, '/messages'],
      [{ messages: [message], from: 'x' }, '/from'],
    ];
    for (const [body, pointer] of bad) {
      const answer = await rig.call('POST', path, { body });
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer), [pointer]);
    }
    const none = await rig.call('POST', path, { body: [{}, 1] });
    assert.deepEqual([none.status, none.json['accepted'], none.json['refused']], [200, 0, 2]);
  });
});

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
