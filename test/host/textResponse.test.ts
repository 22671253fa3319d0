// Answers of one text are Responses of the standard, whatever of them is asked for, and go out as one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textResponse } from '../../src/base/textResponse.ts';
import { createHttp } from '../../src/host/http.ts';

const make = (): Response => textResponse('{"a":"ü"}', 202, { 'content-type': 'application/json' });

test('status, headers and body in every form, once', async () => {
  const response = make();
  assert.ok(response instanceof Response);
  assert.deepEqual(
    [response.status, response.ok, response.headers.get('Content-Type')],
    [202, true, 'application/json'],
  );
  assert.equal(response.bodyUsed, false);
  assert.deepEqual(await response.json(), { a: 'ü' });
  assert.equal(response.bodyUsed, true);
  await assert.rejects(response.text(), TypeError);
  const clone = make().clone();
  assert.equal(await clone.text(), '{"a":"ü"}');
  const read = await (make().body as ReadableStream<Uint8Array>).getReader().read();
  assert.equal(Buffer.from(read.value as Uint8Array).toString(), '{"a":"ü"}');
});

test('a header set later is sent; a header that is none is refused', async () => {
  const response = make();
  response.headers.set('x-request-id', 'r1');
  assert.equal(response.headers.get('x-request-id'), 'r1');
  assert.throws(() => textResponse('', 200, { 'bad name': 'x' }), TypeError);
});

test('over a socket: length in octets, cookies apart, no body for HEAD, long ones too', async () => {
  const long = 'ü'.repeat(40_000);
  const http = createHttp();
  const listener = await http.serve({ host: '127.0.0.1', port: 0, tls: null }, (request) => {
    const response = request.url.endsWith('/long') ? textResponse(long, 200, {}) : make();
    response.headers.append('set-cookie', 'a=1');
    response.headers.append('set-cookie', 'b=2');
    return response;
  });
  try {
    const at = `http://127.0.0.1:${listener.port}`;
    const short = await fetch(at);
    assert.deepEqual([short.status, short.headers.get('content-length')], [202, '10']);
    assert.deepEqual(short.headers.getSetCookie(), ['a=1', 'b=2']);
    assert.equal(await short.text(), '{"a":"ü"}');
    assert.equal(await (await fetch(`${at}/long`)).text(), long);
    const head = await fetch(at, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [202, '']);
  } finally {
    await listener.close();
  }
});
