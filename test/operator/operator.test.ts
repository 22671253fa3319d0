// The simulated operator when it behaves, seen from the wire.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { deliverOctets, deliverText, idOf, NACK, RawClient, SUBMIT_RESP, startOperator } from './support.ts';

async function json(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  return (await (await fetch(url, init)).json()) as Record<string, unknown>;
}

test('a submit is answered with an id, its receipt carries the id and swapped addresses, the handset has the text', async () => {
  const running = await startOperator({});
  const client = await RawClient.bound(running.port);
  const sequence = client.submit('447911000001', 'h\x05llo');
  const answer = await client.next();
  const id = idOf(answer);
  assert.equal(answer?.sequence, sequence);
  const receipt = await client.next();
  assert.match(
    deliverText(receipt),
    new RegExp(`^id:${id} sub:001 dlvrd:001 submit date:\\d{10} done date:\\d{10} stat:DELIVRD err:000 text:$`),
  );
  const body = receipt?.body ?? Buffer.alloc(0);
  assert.equal(body.toString('latin1', 0, 24), '\0\x01\x01447911000001\0\x05\0Test\0\x04');
  // receipted_message_id and message_state (3.4 §5.3.2.12, §5.3.2.35).
  assert.equal(
    body.subarray(body.length - 26).toString('hex'),
    `001e0011${Buffer.from(`${id}\0`).toString('hex')}0427000102`,
  );
  const handset = await json(`${running.url}/handsets/447911000001`);
  assert.deepEqual(
    (handset['messages'] as { text: string; possibleDuplicate: boolean }[]).map(({ text, possibleDuplicate }) => [
      text,
      possibleDuplicate,
    ]),
    [['héllo', false]],
  );
  await running.stop();
});

test('parts are joined whatever their order, octets first; a missing one is told; a second copy is a possible duplicate', async () => {
  const running = await startOperator({});
  const client = await RawClient.bound(running.port, 2);
  const part = (seq: number, total: number, text: Buffer): Buffer =>
    Buffer.concat([Buffer.from([5, 0, 3, 7, total, seq]), text]);
  // The surrogate pair of 😀 is cut between the parts.
  const text = Buffer.from('A😀B', 'utf16le').swap16();
  const options = { esmClass: 0x40, dataCoding: 8, registered: 0 };
  client.submit('447911000002', part(3, 3, text.subarray(6)), options);
  client.submit('447911000002', part(1, 3, text.subarray(0, 4)), options);
  client.submit('447911000002', part(2, 3, text.subarray(4, 6)), options);
  for (let i = 0; i < 3; i += 1) idOf(await client.next());
  assert.deepEqual(await json(`${running.url}/handsets?summary=1`), {
    messages: 1,
    distinct: 1,
    duplicates: 0,
    parts: 3,
    incomplete: 0,
  });
  client.submit('447911000002', text, { dataCoding: 8, registered: 0 });
  client.submit('447911000002', part(1, 3, text), options);
  for (let i = 0; i < 2; i += 1) idOf(await client.next());
  assert.deepEqual(await json(`${running.url}/handsets?summary=1`), {
    messages: 2,
    distinct: 1,
    duplicates: 1,
    parts: 5,
    incomplete: 1,
  });
  const handset = await json(`${running.url}/handsets/447911000002`);
  const messages = handset['messages'] as { text: string; parts: number; possibleDuplicate: boolean }[];
  assert.deepEqual(
    messages.map(({ text: joined, parts, possibleDuplicate }) => [joined, parts, possibleDuplicate]),
    [
      ['A😀B', 3, false],
      ['A😀B', 1, true],
    ],
  );
  assert.equal((await fetch(`${running.url}/handsets`, { method: 'DELETE' })).status, 204);
  assert.equal((await json(`${running.url}/handsets?summary=1`))['messages'], 0);
  await running.stop();
});

test('binds: wrong password, unknown id, bind limit, second bind, submit on a receiver, submit before a bind', async () => {
  const running = await startOperator(
    {},
    { accounts: [{ systemId: 'op', password: 'pw', throttle: 0, window: 0, maxBinds: 1 }] },
  );
  for (const [id, password, status] of [
    ['op', 'no', 0x0e],
    ['nobody', 'pw', 0x0f],
  ] as const) {
    const client = await RawClient.open(running.port);
    client.bind(id, password);
    assert.equal((await client.next())?.status, status);
    await client.closed();
  }
  const receiver = await RawClient.bound(running.port, 1);
  receiver.submit('447911000003', 'x');
  assert.equal((await receiver.next())?.status, 0x04);
  receiver.bind('op', 'pw');
  assert.equal((await receiver.next())?.status, 0x05);
  const second = await RawClient.open(running.port);
  second.submit('447911000003', 'x');
  assert.equal((await second.next())?.status, 0x04);
  second.bind('op', 'pw');
  assert.equal((await second.next())?.status, 0x0d);
  await running.stop();
});

test('malformed input: unknown command is nacked, a cut body gets its own response, a bad length ends the session', async () => {
  const running = await startOperator({});
  const client = await RawClient.bound(running.port);
  client.send(0x00000099, Buffer.alloc(0), 77);
  assert.deepEqual([(await client.next())?.status], [0x03]);
  client.send(4, Buffer.from('\0\x01', 'latin1'), 78);
  const cut = await client.next();
  assert.deepEqual([cut?.command, cut?.status, cut?.sequence], [SUBMIT_RESP, 0x02, 78]);
  client.raw(Buffer.from('0000000400000000000000000000000f', 'hex'));
  const nack = await client.next();
  assert.deepEqual([nack?.command, nack?.status, nack?.sequence], [NACK, 0x02, 0]);
  await client.closed();
  await running.stop();
});

test('throttle: never more than its rate in any second, the rest 0x58, and the offered peak is told', async () => {
  const running = await startOperator(
    {},
    { accounts: [{ systemId: 'op', password: 'pw', throttle: 10, window: 0, maxBinds: 4 }] },
  );
  const client = await RawClient.bound(running.port);
  for (let i = 0; i < 25; i += 1) client.submit('447911000004', `t${i}`, { registered: 0 });
  const statuses: number[] = [];
  for (let i = 0; i < 25; i += 1) statuses.push((await client.next())?.status ?? -1);
  assert.equal(statuses.filter((status) => status === 0).length, 10);
  assert.equal(statuses.filter((status) => status === 0x58).length, 15);
  const [account] = (await json(`${running.url}/status`))['accounts'] as {
    maxSubmitsInOneSecond: number;
    maxAdmittedInOneSecond: number;
  }[];
  assert.deepEqual([account?.maxSubmitsInOneSecond, account?.maxAdmittedInOneSecond], [25, 10]);
  await running.stop();
});

test('window: more unanswered submits than it allows get 0x58 at once', async () => {
  const running = await startOperator(
    { latency: { kind: 'fixed', ms: 50 } },
    { accounts: [{ systemId: 'op', password: 'pw', throttle: 0, window: 3, maxBinds: 4 }] },
  );
  const client = await RawClient.bound(running.port);
  for (let i = 0; i < 5; i += 1) client.submit('447911000005', `w${i}`, { registered: 0 });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await client.next())?.status ?? -1);
  assert.deepEqual(statuses, [0x58, 0x58, 0, 0, 0]);
  await running.stop();
});

test('a receipt that is not acknowledged comes again: after a crash of the customer, and after RX_T_APPN', async () => {
  const running = await startOperator({});
  const first = await RawClient.bound(running.port, 9, null);
  first.submit('447911000006', 'again');
  const id = idOf(await first.next());
  assert.match(deliverText(await first.next()), new RegExp(id));
  first.destroy();
  const second = await RawClient.bound(running.port, 1, 0x64);
  assert.match(deliverText(await second.next()), new RegExp(id));
  second.deliverStatus = 0;
  assert.match(deliverText(await second.next()), new RegExp(id));
  await running.stop();
});

test('receipts that nobody can take wait for the next receiving bind; those not asked for do not exist', async () => {
  const running = await startOperator({ receipts: [{ value: 5, weight: 1 }] });
  const transmitter = await RawClient.bound(running.port, 2);
  transmitter.submit('447911000007', 'none', { registered: 0 });
  transmitter.submit('447911000007', 'only success', { registered: 3 });
  transmitter.submit('447911000007', 'only failure', { registered: 2 });
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.push(idOf(await transmitter.next()));
  const receiver = await RawClient.bound(running.port, 1);
  assert.match(deliverText(await receiver.next()), new RegExp(`^id:${ids[2]} .* stat:UNDELIV err:001`));
  assert.equal((await json(`${running.url}/handsets?summary=1`))['messages'], 0);
  receiver.send(0x15, Buffer.alloc(0));
  assert.equal((await receiver.next())?.command, 0x80000015);
  await running.stop();
});

test('MO messages: to the account, long ones in parts; settings change while it runs and say what is wrong', async () => {
  const running = await startOperator({});
  const client = await RawClient.bound(running.port);
  const post = (body: object): Promise<Response> =>
    fetch(`${running.url}/mo`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal((await post({ from: '447911000008', to: '12345', text: 'HELP' })).status, 202);
  assert.equal(deliverText(await client.next()), 'HELP');
  assert.equal((await post({ from: '447911000008', to: '12345', text: 'x'.repeat(200) })).status, 202);
  const [one, two] = [await client.next(), await client.next()];
  assert.ok(one !== null && two !== null);
  assert.equal(deliverOctets(one).subarray(6).length + deliverOctets(two).subarray(6).length, 200);
  assert.equal((await post({ from: '447911000008' })).status, 400);
  const patch = (body: object): Promise<Response> =>
    fetch(`${running.url}/settings`, { method: 'PATCH', body: JSON.stringify(body) });
  assert.equal((await patch({ statuses: '0x14' })).status, 200);
  client.submit('447911000008', 'full');
  assert.equal((await client.next())?.status, 0x14);
  const wrong = await patch({ latency: 'soon', misbehave: 'sulks' });
  assert.equal(wrong.status, 422);
  assert.match(
    ((await wrong.json()) as { detail: string }).detail,
    /latency: "soon" is no delay.*misbehave: no misbehaviour "sulks"/,
  );
  await running.stop();
});

test('query_sm tells the state, unbind is answered and closes', async () => {
  const running = await startOperator({});
  const client = await RawClient.bound(running.port);
  client.submit('447911000009', 'q');
  const id = idOf(await client.next());
  await client.next();
  client.send(3, Buffer.from(`${id}\0\x05\0Test\0`, 'latin1'));
  const answer = await client.next();
  assert.deepEqual([answer?.status, answer?.body.toString('latin1')], [0, `${id}\0\0\x02\0`]);
  client.send(3, Buffer.from('nonsense\0\0\0\0', 'latin1'));
  assert.equal((await client.next())?.status, 0x0c);
  client.send(6, Buffer.alloc(0));
  assert.equal((await client.next())?.command, 0x80000006);
  await client.closed();
  await running.stop();
});

test('TLS: binds and answers over it, plain octets do not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'operator-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const words =
    '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=operator -days 2';
  execFileSync('openssl', ['req', '-x509', ...words.split(' ')], { cwd: folder, stdio: 'pipe' });
  const certificate = readFileSync(join(folder, 'cert.pem'), 'utf8');
  const key = readFileSync(join(folder, 'key.pem'), 'utf8');
  const running = await startOperator(
    {},
    { tls: { certificate, key, clientAuthorities: null, requireClientCertificate: false } },
  );
  const socket = connectTls({ host: '127.0.0.1', port: running.port, ca: certificate, servername: 'operator' });
  await once(socket, 'secureConnect');
  socket.write(Buffer.from('0000001b000000090000000000000001' + '6f7000' + '707700' + '00' + '34000000', 'hex'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.deepEqual([answer.readUInt32BE(4), answer.readUInt32BE(8)], [0x80000009, 0]);
  socket.destroy();
  const plain = await RawClient.open(running.port);
  plain.bind('op', 'pw');
  assert.equal(await plain.next(), null);
  await running.stop();
});
