// HTTP over Node's own server and client: requests as they come, bounds, and the guard against posting inwards.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { HTTP_BODY_MAX_BYTES } from '../../src/base/limits.ts';
import { createHttp } from '../../src/host/http.ts';
import { isForbiddenAddress } from '../../src/host/webhookGuard.ts';
import type { HttpHandler, HttpListener } from '../../src/port/http.ts';

async function serve(handler: HttpHandler): Promise<HttpListener> {
  const listener = await createHttp().serve({ host: '127.0.0.1', port: 0, tls: null }, handler);
  after(() => listener.close());
  return listener;
}

test('a handler sees method, URL, headers, body and address; its answer goes out whole', async () => {
  const listener = await serve(async (incoming, remoteAddress) => {
    const body = await incoming.text();
    const headers = new Headers({
      'x-seen': `${incoming.method} ${new URL(incoming.url).pathname} ${incoming.headers.get('x-one')} ${remoteAddress}`,
    });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    return new Response(`got ${body}`, { status: 201, headers });
  });
  const answer = await fetch(`http://127.0.0.1:${listener.port}/a/b?c=d`, {
    method: 'POST',
    body: 'grüße',
    headers: { 'X-One': '1' },
  });
  assert.deepEqual([answer.status, await answer.text()], [201, 'got grüße']);
  assert.equal(answer.headers.get('x-seen'), 'POST /a/b 1 127.0.0.1');
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2']);
});

test('a body beyond the limit gets 413 without being gathered, announced or not', async () => {
  let calls = 0;
  const listener = await serve(() => {
    calls += 1;
    return new Response('ok');
  });
  const announced = await new Promise<number>((done, fail) => {
    const outgoing = request(
      {
        port: listener.port,
        host: '127.0.0.1',
        method: 'POST',
        headers: { 'content-length': HTTP_BODY_MAX_BYTES + 1 },
      },
      (answer) => {
        answer.resume();
        done(answer.statusCode ?? 0);
        outgoing.destroy();
      },
    );
    outgoing.on('error', fail);
    outgoing.flushHeaders();
  });
  assert.equal(announced, 413);
  const chunked = await new Promise<number>((done) => {
    const outgoing = request({ port: listener.port, host: '127.0.0.1', method: 'POST' }, (answer) => {
      answer.resume();
      done(answer.statusCode ?? 0);
      outgoing.destroy();
    });
    // The server stops reading; what is still being written then fails.
    outgoing.on('error', () => {});
    for (let sent = 0; sent <= HTTP_BODY_MAX_BYTES; sent += 1_048_576) outgoing.write(Buffer.alloc(1_048_576));
  });
  assert.equal(chunked, 413);
  assert.equal(calls, 0);
  assert.equal((await fetch(`http://127.0.0.1:${listener.port}/`)).status, 200);
});

test('a stream is sent as it comes, and given up when the client goes', async () => {
  let cancelled: () => void = () => {};
  const gone = new Promise<void>((done) => {
    cancelled = done;
  });
  const listener = await serve(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(Buffer.alloc(65_536)),
          cancel: () => cancelled(),
        }),
      ),
  );
  const answer = await fetch(`http://127.0.0.1:${listener.port}/`);
  const reader = answer.body?.getReader();
  assert.ok((await reader?.read())?.value !== undefined);
  await reader?.cancel();
  await gone;
});

test('one connection serves several requests; a target that is no URL gets 400', async () => {
  const listener = await serve(() => new Response('ok'));
  const socket = connect(listener.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const ended = new Promise((done) => socket.on('close', done));
  socket.write(
    'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\nGET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
  );
  await ended;
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
    ['200', '200', '400'],
  );
});

test('post: status and Retry-After come back; redirects are not followed; a late answer fails', async () => {
  let followed = 0;
  const listener = await serve(async (incoming) => {
    const { pathname } = new URL(incoming.url);
    if (pathname === '/ok')
      return new Response(`${await incoming.text()} ${incoming.headers.get('x-sig')}`, { status: 202 });
    if (pathname === '/busy') return new Response('', { status: 503, headers: { 'retry-after': '7' } });
    if (pathname === '/moved') return new Response('', { status: 302, headers: { location: '/target' } });
    if (pathname === '/target') followed += 1;
    if (pathname === '/slow') await new Promise((go) => setTimeout(go, 300));
    return new Response('');
  });
  const http = createHttp();
  const post = (path: string): ReturnType<typeof http.post> =>
    http.post({
      url: `http://127.0.0.1:${listener.port}${path}`,
      headers: { 'x-sig': 's' },
      body: 'b',
      timeoutMs: 100,
      allowedHosts: ['127.0.0.1'],
    });
  assert.deepEqual(await post('/ok'), { code: 'answered', status: 202, retryAfterMs: null });
  assert.deepEqual(await post('/busy'), { code: 'answered', status: 503, retryAfterMs: 7000 });
  assert.deepEqual(await post('/moved'), { code: 'answered', status: 302, retryAfterMs: null });
  assert.equal(followed, 0);
  assert.deepEqual(await post('/slow'), { code: 'failed', detail: 'no answer in time' });
});

test('post goes nowhere inside unless the host is listed, however the address is written', async () => {
  let calls = 0;
  const listener = await serve(() => {
    calls += 1;
    return new Response('');
  });
  const inside = async (hostname: string): Promise<readonly string[]> => {
    if (hostname === 'rebind.example') return ['93.184.216.34', '127.0.0.1'];
    return ['127.0.0.1'];
  };
  const http = createHttp(inside);
  const post = (url: string, allowedHosts: readonly string[] = []): ReturnType<typeof http.post> =>
    http.post({ url, headers: {}, body: '', timeoutMs: 500, allowedHosts });
  const { port } = listener;
  for (const host of [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '169.254.169.254',
    '[fd00:ec2::254]',
    'inside.example',
    'rebind.example',
  ]) {
    assert.equal((await post(`http://${host}:${port}/`)).code, 'forbidden', host);
  }
  for (const url of [
    'ftp://example.com/',
    'file:///etc/passwd',
    'nonsense',
    `http://user:pw@inside.example:${port}/`,
  ]) {
    assert.equal((await post(url, ['inside.example'])).code, 'forbidden', url);
  }
  assert.equal(calls, 0);
  assert.equal((await post(`http://inside.example:${port}/`, ['INSIDE.example'])).code, 'answered');
  assert.equal((await post(`http://inside.example:${port}/`, [`inside.example:${port}`])).code, 'answered');
  assert.equal(calls, 2);
  const failing = createHttp(() => Promise.reject(new Error('no such name')));
  assert.deepEqual(
    await failing.post({ url: 'http://nowhere.example/', headers: {}, body: '', timeoutMs: 100, allowedHosts: [] }),
    {
      code: 'failed',
      detail: 'name not resolved: no such name',
    },
  );
});

test('the address list: private, shared, documentation and wrapped addresses are forbidden, public ones are not', () => {
  for (const address of [
    '10.1.2.3',
    '100.64.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.51.100.7',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'fc00::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::',
    'no address',
  ]) {
    assert.equal(isForbiddenAddress(address), true, address);
  }
  for (const address of ['93.184.216.34', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']) {
    assert.equal(isForbiddenAddress(address), false, address);
  }
});
