// Sending messages over HTTP: what is accepted and what is refused, and that no answer repeats a text
// or a whole number.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { problemTable } from '../../src/api/problems.ts';
import * as schemas from '../../src/api/schemas.ts';
import { refusedEndings } from './memoryService.ts';
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
      purpose: null,
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
    ];
    for (const body of bad) {
      const answer = await rig.call('POST', path, { body, headers: { 'content-type': 'application/json' } });
      assertProblem(answer, 400, 'invalid-request', ['SECRET-TEXT', '4915112345678']);
    }
    assert.equal(rig.service.kept.length, 0);
  });

  test('octets that are no UTF-8 are refused, not replaced', async () => {
    const rig = createRig();
    const body = Buffer.from(JSON.stringify({ ...message, text: 'abc' }));
    body[body.indexOf('abc') + 1] = 0xff;
    const answer = await rig.call('POST', path, { body: new Uint8Array(body) });
    assertProblem(answer, 400, 'invalid-request');
    assert.equal(answer.json['detail'], 'the body is not UTF-8');
  });

  test('whatever JSON comes, the answer is a sound one', async () => {
    const rig = createRig();
    const member = fc.constantFrom(...Object.keys(schemas.messageRequest.shape), 'messages', 'x');
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(...Object.values(message)),
      fc.array(fc.constant(message), { maxLength: 3 }),
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(member, value),
      fc.array(fc.dictionary(member, value), { maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const answer = await rig.call('POST', path, { body: JSON.stringify(sent) });
        if (answer.status === 202) schemas.accepted.parse(answer.json);
        else if (answer.status === 200) schemas.batchOut.parse(answer.json);
        else assertProblem(answer, answer.status, 'invalid-request');
      }),
      { numRuns: 300 },
    );
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
          '"segments";q=100;w=1 "segments";r=0;t=3',
        );
      if (retry) assert.equal(answer.headers.get('retry-after'), status === 429 ? '3' : '5', code);
    }
    assert.equal(Object.keys(refusedEndings).length, 16);
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
