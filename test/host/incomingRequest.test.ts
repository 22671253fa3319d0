// Requests made from what node:http read are Requests of the standard, whatever of them is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incomingRequest } from '../../src/host/incomingRequest.ts';

const url = (text: string): URL => new URL(text);

function make(body: string | null, method = 'POST'): Request {
  const raw = ['Content-Type', 'application/json', 'X-Two', 'a', 'x-two', 'b'];
  const request = incomingRequest(method, url('http://host/a?b=c'), raw, body === null ? null : Buffer.from(body));
  assert.ok(request !== null);
  return request;
}

test('method, URL, headers and body in every form, once', async () => {
  const request = make('{"a":"ü"}');
  assert.ok(request instanceof Request);
  assert.deepEqual([request.method, request.url, request.headers.get('x-two')], ['POST', 'http://host/a?b=c', 'a, b']);
  assert.equal(request.bodyUsed, false);
  assert.deepEqual(await request.json(), { a: 'ü' });
  assert.equal(request.bodyUsed, true);
  await assert.rejects(request.text(), TypeError);
  assert.equal(await make('grüße').text(), 'grüße');
  assert.equal(Buffer.from(await make('grüße').arrayBuffer()).toString(), 'grüße');
  assert.equal((await make('abc').bytes()).length, 3);
  assert.equal(await make(null, 'GET').text(), '');
});

test('the octets are the reader’s own', async () => {
  const source = Buffer.from('--abc--').subarray(2, 5);
  const request = incomingRequest('POST', url('http://h/'), [], source);
  const octets = await (request as Request).arrayBuffer();
  assert.equal(octets.byteLength, 3);
  source.fill(0);
  assert.equal(Buffer.from(octets).toString(), 'abc');
});

test('what is rarely asked for comes from the runtime: streams, clones, signals', async () => {
  const request = make('abc');
  const clone = request.clone();
  assert.equal(await clone.text(), 'abc');
  assert.equal(await request.text(), 'abc');
  assert.equal(request.signal.aborted, false);
  assert.equal(request.redirect, 'follow');
  const read = await (make('xyz').body as ReadableStream<Uint8Array>).getReader().read();
  assert.equal(Buffer.from(read.value as Uint8Array).toString(), 'xyz');
  assert.equal(await new Request(make('again').clone()).text(), 'again');
});

test('what the standard does not take is null', () => {
  for (const method of ['TRACE', 'CONNECT', 'TRACK'])
    assert.equal(incomingRequest(method, url('http://h/'), [], null), null);
  assert.equal(incomingRequest('GET', url('http://user:pass@h/'), [], null), null);
  assert.equal(incomingRequest('GET', url('http://h/'), ['bad name', 'x'], null), null);
});
