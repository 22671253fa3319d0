// What programs say under a mixed load, good and bad: no full number, no text, no password and no key in any line of a log, any
// metric, or the body of any error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesOf, leaks, MARK, markedText, type Needle, needles, type Place } from './leaks.ts';
import { keyOf, secretOf, secrets } from './setup.ts';
import { Stack } from './stack.ts';
import { until } from './wait.ts';
import { bindBody, Command, pdu, submitBody, Wire } from './wire.ts';

/** Every number of this test begins so; the rest is its own. */
const NUMBER = '491701';
const MO_NUMBER = '417912';
const WRONG = 'wrong-pw';
const STRANGE_KEY = 'gp_test_of_a_stranger';

/** A full number as digits; what logs may keep of it is shorter. */
function number(i: number): string {
  return `${NUMBER}${(123_456 + i).toString()}`;
}

test('a mixed load: no number, text, password or key in any log, metric or error', async (t) => {
  const stack = await Stack.run({
    gateway: { mo: [{ number: '*', account: 'acme' }], webhooks: { allowed_hosts: ['127.0.0.1'] } },
    link: { mo: 'gw' },
    accounts: [
      { name: 'poor' },
      {
        name: 'hook',
        credit_limit: '10',
        webhook: { url: 'http://127.0.0.1:9/hook', secret: { env: 'SYSTEM_WEBHOOK' } },
      },
    ],
  });
  const errors: Place[] = [];
  const post = async (body: unknown, key = keyOf('acme'), path = '/api/v1/messages'): Promise<number> => {
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await stack.http(path, { method: 'POST', key, raw });
    // What was accepted is told with its number, to its owner; what was not, without.
    const parts = answer.status >= 400 ? [answer.text] : errorsOf(answer.body);
    for (const part of parts) errors.push({ name: `error ${answer.status}`, octets: Buffer.from(part) });
    return answer.status;
  };
  try {
    await stack.behave({ statuses: '0=80,0x08=5,0x0b=10,0x45=5', receipts: 'DELIVRD=80,UNDELIV=10,REJECTD=10' });
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    const good = Array.from({ length: 300 }, (_, i) => ({ destination: number(i), text: markedText(i) }));
    await wire.submitAll(good, 100);
    const wide = Buffer.from(markedText(7).slice(0, 70), 'utf16le').swap16();
    await wire.submitAll([
      { destination: number(400), dataCoding: 8, text: wide },
      { destination: number(401), payload: markedText(8).repeat(5) },
      { destination: number(402), source: number(403), sourceTon: 1, text: markedText(9) },
      { destination: number(404), schedule: '000001000000000R', text: markedText(10) },
    ]);
    // Bad ones of every kind.
    for (const bad of [
      { destination: `${number(405)}123456`, text: markedText(11) },
      { destination: `x${number(406)}`, text: markedText(12) },
      { destination: `1555${number(407)}`.slice(0, 15), text: markedText(13) },
      { destination: number(408), source: `${MARK}${MARK}`.slice(0, 20), text: markedText(14) },
      { destination: number(409), schedule: MARK, text: markedText(15) },
      { destination: number(410), dataCoding: 0x0b, text: markedText(16) },
      { destination: number(411), text: markedText(17), payload: markedText(18) },
    ])
      assert.notEqual((await wire.submit(bad)).status, 0);
    await wire.ask(Command.submitSm, submitBody({ destination: number(412), text: markedText(19) }).subarray(0, 60));
    await wire.ask(0xfff, Buffer.from(markedText(20)));
    const stranger = await Wire.open(stack.ports.smpp);
    await stranger.bind('acme', WRONG);
    const garbage = await Wire.open(stack.ports.smpp);
    garbage.send(Buffer.from(`GET /?to=${number(413)}&text=${markedText(21)} HTTP/1.1\r\n\r\n`));
    await garbage.whenClosed;
    const odd = await Wire.open(stack.ports.smpp);
    await odd.ask(Command.bindTransceiver, bindBody(number(414), WRONG));
    const poor = await Wire.bound(stack.ports.smpp, 'poor', secretOf('poor'));
    await poor.submit({ destination: number(415), text: markedText(22) });
    await poor.leave();

    const message = { from: 'INFO', to: `+${number(500)}`, text: markedText(30) };
    assert.equal(await post(message), 202);
    assert.equal(await post({ ...message, to: `+${number(501)}` }, keyOf('hook')), 202);
    assert.equal(await post([message, { ...message, to: `${number(502)}99999999` }]), 200);
    for (const [body, status] of [
      [{ ...message, to: `${number(503)}99999999` }, 422],
      [{ ...message, to: `+1555${number(504)}`.slice(0, 15) }, 422],
      [{ ...message, from: `${MARK}${MARK}` }, 400],
      [{ ...message, [markedText(31)]: 1 }, 400],
      [{ ...message, text: 17, to: [number(505)] }, 400],
      [`{"to":"${number(506)}","text":"${markedText(32)}`, 400],
      [`"${markedText(33)}"`, 400],
      [{ ...message, schedule_at: markedText(34) }, 400],
    ] as const) {
      const got = await post(body);
      assert.ok(got >= 400 && got < 500, `${got}, about ${status}: ${JSON.stringify(body).length} characters`);
    }
    assert.equal(await post(message, keyOf('poor')), 402);
    assert.equal(await post(message, STRANGE_KEY), 401);
    assert.equal(await post(message, `${keyOf('acme')}${MARK}`), 401);
    assert.equal(
      await post(
        { amount: markedText(35), reference: number(507) },
        secrets.ADMIN,
        '/api/v1/admin/accounts/acme/credits',
      ),
      400,
    );
    for (const path of [`/api/v1/messages/${number(508)}`, `/${number(509)}`, `/api/v1/messages?cursor=${MARK}`]) {
      const answer = await stack.http(path, { key: keyOf('acme') });
      assert.ok(answer.status >= 400);
      errors.push({ name: path.slice(0, 12), octets: Buffer.from(answer.text) });
    }
    for (let i = 0; i < 20; i++) await stack.mo(`${MO_NUMBER}${100_000 + i}`, number(600 + i), markedText(40 + i));

    // The ends of connections and of programs are told too.
    await stack.kill('guard');
    await wire.submitAll([{ destination: number(700), text: markedText(70) }]);
    await stack.start('guard');
    await stack.linkUp();
    wire.send(pdu(Command.submitSm, wire.next(), Buffer.from(markedText(71)), 7));
    await wire.whenClosed;
    const again = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    await until('nothing waits but the scheduled one', async () => {
      const { waiting_receipts, open_messages } = await stack.account('acme');
      return waiting_receipts === 0 && open_messages < 30;
    });
    const metrics = { name: '/metrics', octets: Buffer.from(await stack.metrics()) };
    await again.leave();
    for (const program of ['gateway', 'guard'] as const) await stack.end(program);

    const said = [...stack.outputs(), metrics, ...errors];
    t.diagnostic(`${said.length} outputs, ${said.reduce((sum, { octets }) => sum + octets.length, 0)} octets`);
    assert.deepEqual(leaks(said, forbidden()), []);
    for (const { name, octets } of said) assert.deepEqual(longNumbers(octets.toString('latin1')), [], name);
    // The files of both programs: numbers and states have to stand there, texts and secrets need not.
    const files = ['gateway-data', 'guard-data'].flatMap((folder) => filesOf(stack.path(folder)));
    assert.deepEqual(leaks(files, [...needles(MARK), ...secretNeedles()]), []);
  } finally {
    await stack.stop();
  }
});

/** The errors in the answer to a batch. */
function errorsOf(body: unknown): string[] {
  const { results = [] } = body as { readonly results?: readonly { readonly error?: unknown }[] };
  return results.filter(({ error }) => error !== undefined).map(({ error }) => JSON.stringify(error));
}

function secretNeedles(): Needle[] {
  const all = [...Object.values(secrets), WRONG, STRANGE_KEY];
  for (const account of ['acme', 'poor', 'hook']) all.push(secretOf(account), keyOf(account));
  return all.map((secret) => ({ form: `a secret of ${secret.length} characters`, octets: Buffer.from(secret) }));
}

function forbidden(): Needle[] {
  const found = [...needles(MARK), ...secretNeedles()];
  for (const prefix of [NUMBER, MO_NUMBER]) found.push({ form: 'a number', octets: Buffer.from(prefix) });
  return found;
}

/** Numbers as people write them, of seven digits and more, that are no time, address, port or count of a known unit. */
function longNumbers(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#') && !line.startsWith('glaspost_'))
    .flatMap((line) => line.match(/(?<![\w.])\+?\d{7,15}(?![\w.])/g) ?? []);
}
