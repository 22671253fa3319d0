// The command line: help that teaches, exit codes, init and up, and every command that asks a running gateway, each as a process
// of its own.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createCrypto } from '../../src/host/crypto.ts';
import { commands } from '../../src/main/cli.ts';
import { glaspost, Standing } from './command.ts';

const base = mkdtempSync(join(tmpdir(), 'glaspost-cli-'));
after(() => rmSync(base, { recursive: true, force: true }));

/** Start of six ports that are free now. */
async function portBase(): Promise<number> {
  for (let from = 20_000 + (process.pid % 20_000); ; from += 6) {
    const servers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(
        (i) =>
          new Promise<ReturnType<typeof createServer> | null>((done) => {
            const server = createServer();
            server.once('error', () => done(null));
            server.listen(from + i, '127.0.0.1', () => done(server));
          }),
      ),
    );
    for (const server of servers) server?.close();
    if (servers.every((server) => server !== null)) return from;
  }
}

const names = [
  'up',
  'gateway',
  'guard',
  'operator',
  'init',
  'config',
  'send',
  'trace',
  'cdr',
  'status',
  'link',
  'account',
];

describe('without a gateway', () => {
  test('help names every command, and every command has help of its own', async () => {
    const help = await glaspost(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, /glaspost init x/);
    assert.match(help.out, /Exit codes: 0 .*1 .*2 .*3 /);
    assert.deepEqual(Object.keys(commands).sort(), [...names].sort());
    for (const name of names) {
      const command = await commands[name]?.();
      assert.match(command?.help ?? '', new RegExp(`^glaspost ${name}`), name);
      assert.match(help.out, new RegExp(`^ {2}${name} +\\w`, 'm'), name);
    }
    const one = await glaspost(['trace', '--help']);
    assert.deepEqual([one.code, one.out], [0, (await commands['trace']?.())?.help]);
    assert.equal((await glaspost([])).code, 2);
  });

  test('wrong commands, options and arguments end with 2 and a sentence', async () => {
    const lines: (readonly string[])[] = [
      ['sned'],
      ['send', '--to', '+49151', '--from', 'x'],
      ['link', 'stop', 'x'],
      ['account', 'credit', 'demo', '--url', 'http://127.0.0.1:1', '--key', 'k'],
      ['trace', '--url', 'http://127.0.0.1:1', '--key', 'k'],
      ['init'],
      ['status', '-c', join(base, 'nowhere')],
    ];
    for (const [i, { code, out, err }] of (await Promise.all(lines.map((line) => glaspost(line)))).entries()) {
      assert.equal(code, 2, `${lines[i]?.join(' ')}: ${err}`);
      assert.equal(out, '');
      assert.match(err, /^glaspost/);
      assert.doesNotMatch(err, /\n\s+at /);
    }
  });

  test('nobody answers: 3', async () => {
    const { code, err } = await glaspost(['status', '--url', 'http://127.0.0.1:1', '--key', 'k']);
    assert.equal(code, 3);
    assert.match(err, /cannot reach the gateway at http:\/\/127\.0\.0\.1:1/);
  });

  test('account hash: a password from standard input, as the gateway will check it', async () => {
    const { code, out } = await glaspost(['account', 'hash'], 'secret\n');
    assert.equal(code, 0);
    const crypto = createCrypto();
    assert.equal(await crypto.verifyPassword('secret', out.trim()), true);
    assert.equal(await crypto.verifyPassword('Secret', out.trim()), false);
    assert.equal((await glaspost(['account', 'hash'], '')).code, 2);
  });

  test('init: files and fresh secrets, written over nothing', async () => {
    const [one, two] = [join(base, 'one'), join(base, 'two')];
    assert.equal((await glaspost(['init', one])).code, 0);
    assert.equal((await glaspost(['init', two])).code, 0);
    assert.equal((await glaspost(['init', one])).code, 1);
    for (const name of readdirSync(join(one, 'secrets'))) {
      assert.equal(statSync(join(one, 'secrets', name)).mode & 0o777, 0o600, name);
      const secret = readFileSync(join(one, 'secrets', name), 'utf8').trim();
      assert.notEqual(secret, readFileSync(join(two, 'secrets', name), 'utf8').trim(), name);
      for (const file of ['gateway.yaml', 'guard.yaml', 'operator.yaml'])
        assert.ok(!readFileSync(join(one, file), 'utf8').includes(secret));
    }
    assert.equal((await glaspost(['config', 'check', '-c', one])).code, 0);
    writeFileSync(join(two, 'guard.yaml'), 'name: 5\n');
    const check = await glaspost(['config', 'check', '-c', two, '--json']);
    assert.equal(check.code, 2);
    const { faults } = JSON.parse(check.out) as { faults: { file: string; path: string }[] };
    assert.deepEqual(faults.map((one) => one.path).sort(), ['links', 'listen', 'name', 'upstreams']);
    const up = await glaspost(['up', '-c', two]);
    assert.equal(up.code, 2);
    assert.match(up.err, /guard\.yaml: 4 faults/);
  });
});

describe('with a running gateway', () => {
  const folder = join(base, 'run');
  let operator: Standing;
  let up: Standing;

  before(async () => {
    assert.equal((await glaspost(['init', folder, '--port-base', String(await portBase())])).code, 0);
    operator = new Standing([
      'operator',
      '--config',
      join(folder, 'operator.yaml'),
      '--receipt-delay',
      '100ms',
      '--quiet',
    ]);
    await operator.line((line) => line.includes('operator listening'));
    up = new Standing(['up', '-c', folder]);
    await ready(0);
  });

  after(async () => {
    await up?.stop();
    await operator?.stop();
  });

  /** Both programs have said that they are ready, after line `from`; the link is up. */
  async function ready(from: number): Promise<void> {
    for (const program of ['guard', 'gateway'])
      await up.line((line) => line.includes(`"program":"${program}"`) && line.includes('"event":"ready"'), from);
    await up.line(
      (line) => line.includes('"program":"gateway"') && line.includes('"state":"up"') && line.includes('"link state"'),
      from,
    );
  }

  const run = (...args: string[]): ReturnType<typeof glaspost> => glaspost([...args, '-c', folder]);
  const json = async (...args: string[]): Promise<{ readonly [name: string]: unknown }> => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };
  const send = (to: string, ...more: string[]) =>
    run('send', '--to', to, '--from', 'Glaspost', '--text', 'Hello', ...more);

  test('no balance, credit once, send, trace, cdr: a message from its credit to its record', async () => {
    const poor = await send('+4915112345678');
    assert.equal(poor.code, 1);
    assert.match(poor.err, /no-balance/);
    const credited = await json('account', 'credit', 'demo', '10.00', '--reference', 'r1');
    assert.deepEqual([credited['repeated'], credited['balance']], [false, { amount: '10.0000', currency: 'EUR' }]);
    const repeated = await json('account', 'credit', 'demo', '10.00', '--reference', 'r1');
    assert.deepEqual([repeated['repeated'], repeated['balance']], [true, credited['balance']]);
    assert.equal((await run('account', 'credit', 'demo', '11.00', '--reference', 'r1')).code, 1);
    assert.equal((await run('account', 'credit', 'nobody', '1.00', '--reference', 'r1')).code, 1);

    const sent = await send('+4915112345678', '--wait', '--reference', 'order-7', '--json');
    assert.equal(sent.code, 0, sent.err);
    const message = JSON.parse(sent.out) as { id: string; state: string; charged: { amount: string } };
    assert.deepEqual([message.state, message.charged.amount], ['delivered', '0.0650']);

    const trace = (await json('trace', message.id)) as unknown as {
      steps: { step: string; link: string | null; reason: string }[];
    };
    const steps = trace.steps.map((one) => one.step);
    for (const step of ['accepted', 'ordered', 'outcome', 'receipt', 'ended'])
      assert.ok(steps.includes(step), steps.join());
    assert.ok(trace.steps.every((one) => one.reason.length > 0));
    const text = await run('trace', message.id);
    assert.match(text.out, /simulator/);
    assert.ok(!text.out.includes('4915112345678') && !text.out.includes('Hello'));

    const file = join(folder, 'cdrs.csv');
    assert.equal((await run('cdr', '--from', '2026-01-01', '--to', '2100-01-01', '--out', file)).code, 0);
    const rows = readFileSync(file, 'utf8').trim().split('\r\n');
    assert.equal(rows.length, 2);
    assert.match(
      rows[1] as string,
      new RegExp(`^${message.id},demo,.*,\\+4915112345678,1,delivered,simulator,0.0650,0.0650,EUR,0,order-7$`),
    );
    assert.deepEqual((await json('account', 'show', 'demo'))['balance'], { amount: '9.9350', currency: 'EUR' });
  });

  test('the same idempotency key sends once', async () => {
    const first = await send('+4915112345600', '--idempotency-key', 'k 1', '--json');
    const second = await send('+4915112345600', '--idempotency-key', 'k 1', '--json');
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, second.out);
    assert.equal((await send('+4915112345601', '--idempotency-key', 'k 1')).code, 1);
  });

  test('status and links; a paused link keeps messages, which can be cancelled', async () => {
    const status = (await json('status')) as unknown as { ready: boolean; links: { state: string }[] };
    assert.deepEqual([status.ready, status.links[0]?.state], [true, 'up']);
    assert.equal((await run('link', 'pause', 'nowhere')).code, 1);
    assert.equal((await json('link', 'pause', 'simulator'))['state'], 'paused');
    const from = up.lines.length;
    const waiting = await send('+4915112345602', '--json');
    assert.equal(waiting.code, 0);
    assert.equal((await json('account', 'cancel', 'demo'))['cancelled'], 1);
    assert.equal((await json('link', 'resume', 'simulator'))['state'], 'up');
    await up.line((line) => line.includes('"program":"gateway"') && line.includes('"state":"up"'), from);
    const { id } = JSON.parse(waiting.out) as { id: string };
    assert.equal(((await json('trace', id)) as unknown as { message: { state: string } }).message.state, 'deleted');
  });

  test('a suspended account is refused until it is resumed', async () => {
    assert.equal((await json('account', 'suspend', 'demo'))['suspended'], true);
    const refused = await send('+4915112345603');
    assert.equal(refused.code, 4);
    assert.match(refused.err, /account-suspended/);
    await json('account', 'resume', 'demo');
    assert.equal((await send('+4915112345603')).code, 0);
  });

  test('a wrong key is 4', async () => {
    const { code, err } = await run('status', '--key', 'wrong');
    assert.equal(code, 4);
    assert.match(err, /unauthenticated/);
  });

  test('a second up on the same data refuses to start', async () => {
    const second = new Standing(['up', '-c', folder]);
    assert.equal(await second.ended, 1);
    assert.ok(second.lines.some((line) => line.includes('on this data folder')));
    assert.equal((await json('status'))['ready'], true);
  });

  test('each program is started again alone; what was accepted before is known after', async () => {
    for (const name of ['gateway', 'guard'] as const) {
      const started = up.lines.findLast(
        (line) => line.includes('"event":"started"') && line.includes(`"child":"${name}"`),
      );
      const from = up.lines.length;
      process.kill((JSON.parse(started as string) as { pid: number }).pid, 'SIGKILL');
      await up.line((line) => line.includes(`"program":"${name}"`) && line.includes('"event":"ready"'), from);
      await up.line(
        (line) =>
          line.includes('"program":"gateway"') && line.includes('"state":"up"') && line.includes('"link state"'),
        from,
      );
      const others = up.lines.slice(from).filter((line) => line.includes('"event":"started"'));
      assert.equal(others.length, 1, `only the ${name} was started again`);
      const sent = await send('+4915112345604', '--wait');
      assert.equal(sent.code, 0, sent.err + sent.out);
    }
    const again = await send('+4915112345600', '--idempotency-key', 'k 1', '--json');
    assert.equal(again.code, 0, 'the key of before is known after the restart');
  });

  test('SIGHUP takes a new configuration, and keeps the old one when the new one has faults', async () => {
    const path = join(folder, 'gateway.yaml');
    const good = readFileSync(path, 'utf8');
    let from = up.lines.length;
    writeFileSync(path, good.replace('"49": "0.0650"', '"49": "0.0700"'));
    up.child.kill('SIGHUP');
    await up.line((line) => line.includes('"program":"gateway"') && line.includes('reloaded'), from);
    const sent = JSON.parse((await send('+4915112345605', '--json')).out) as { price: { amount: string } };
    assert.equal(sent.price.amount, '0.0700');
    from = up.lines.length;
    writeFileSync(path, good.replace('price_list: standard', 'price_list: other'));
    up.child.kill('SIGHUP');
    const line = await up.line((one) => one.includes('was not taken'), from);
    assert.match(line, /accounts\[0\]\.price_list/);
    writeFileSync(path, good);
    assert.equal((await json('status'))['ready'], true);
  });

  test('SIGTERM ends the gateway, then the guard, and up with 0', async () => {
    const from = up.lines.length;
    assert.equal(await up.stop(), 0);
    const ended = up.lines.slice(from).filter((line) => line.includes('"event":"ended"'));
    assert.deepEqual(
      ended.map((line) => (JSON.parse(line) as { child: string }).child),
      ['gateway', 'guard'],
    );
    assert.equal((await run('status')).code, 3);
  });
});
