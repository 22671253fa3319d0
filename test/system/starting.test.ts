// Starting and dying: configurations with many faults, a second program on the same data, and one program killed while the
// other runs. Exit codes and messages are what a person at a terminal sees.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { secretOf } from './setup.ts';
import { type ProgramName, type Running, Stack } from './stack.ts';
import { until } from './wait.ts';
import { Wire } from './wire.ts';

/** Longest time until messages flow again after a kill, from the issue: ten seconds. */
const HEAL_MS = 10_000;

describe('configurations', () => {
  let stack: Stack;
  before(async () => {
    stack = await Stack.prepare();
  });
  after(async () => {
    await stack?.stop();
  });

  async function outcome(running: Running): Promise<{ readonly code: number | NodeJS.Signals; readonly told: string }> {
    const code = await running.ended;
    return { code, told: readFileSync(running.err, 'utf8') + readFileSync(running.out, 'utf8') };
  }

  /** One line with the path, and something of what would be right behind it. */
  function assertFault(told: string, path: string, remedy: RegExp): void {
    const line = told.split('\n').find((one) => one.trimStart().startsWith(`${path}:`));
    assert.ok(line !== undefined, `${path} is told in:\n${told}`);
    assert.match(line, remedy);
  }

  test('gateway.yaml with five faults of its forms: all five, exit code 2', async () => {
    const { ports } = stack;
    stack.configure({
      gateway: {
        smpp: [{ listen: 'nowhere' }],
        http: { listen: `127.0.0.1:${ports.http}`, port: 80 },
        links: [{ name: 'alpha', window: 5000 }],
        history_days: 'ninety',
        price_lists: [{ name: 'std', currency: 'euro', prices: { '': '0.05' } }],
      },
    });
    const { code, told } = await outcome(stack.spawn('gateway'));
    assert.equal(code, 2);
    assert.match(told, /5 faults/);
    assertFault(told, 'smpp[0].listen', /host:port/);
    assertFault(told, 'http.port', /unknown setting/);
    assertFault(told, 'links[0].window', /1000/);
    assertFault(told, 'history_days', /number/);
    assertFault(told, 'price_lists[0].currency', /EUR/);
  });

  test('gateway.yaml with five faults of meaning: all five, exit code 2', async () => {
    stack.configure({
      gateway: {
        accounts: [
          {
            name: 'acme',
            smpp: { system_id: 'acme', password: { env: 'SYSTEM_NOT_SET' } },
            api_keys: [{ file: 'absent.key' }],
            price_list: 'none',
          },
          { name: 'acme', price_list: 'std' },
        ],
        routes: [{ links: ['beta'] }],
      },
    });
    const { code, told } = await outcome(stack.spawn('gateway'));
    assert.equal(code, 2);
    assert.match(told, /5 faults/);
    assertFault(told, 'accounts[0].smpp.password', /SYSTEM_NOT_SET is not set; set it/);
    assertFault(told, 'accounts[0].api_keys[0]', /cannot read absent\.key/);
    assertFault(told, 'accounts[0].price_list', /known: std/);
    assertFault(told, 'accounts[1].name', /stands twice; each needs its own/);
    assertFault(told, 'routes[0].links[0]', /known: alpha/);
  });

  test('guard.yaml with five faults: all five, exit code 2', async () => {
    const link = {
      name: 'alpha',
      supplier: { name: 'Operator', jurisdiction: 'Switzerland' },
      address: '127.0.0.1',
      system_id: 'op',
      password: { env: 'SYSTEM_OPERATOR' },
      window: 0,
    };
    stack.configure({ guard: { links: [{ ...link, pasword: 'x' }], limits: { connections: -1 } } });
    const { code, told } = await outcome(stack.spawn('guard'));
    assert.equal(code, 2);
    assert.match(told, /5 faults/);
    assertFault(told, 'links[0].supplier.jurisdiction', /CH/);
    assertFault(told, 'links[0].address', /host:port/);
    assertFault(told, 'links[0].window', /1/);
    assertFault(told, 'links[0].pasword', /unknown setting/);
    assertFault(told, 'limits.connections', /1/);
  });

  test('guard.yaml with five faults of meaning: all five, exit code 2', async () => {
    const link = { supplier: { name: 'Operator', jurisdiction: 'CH' }, address: '127.0.0.1:1', system_id: 'op' };
    const upstream = { mode: 'token', name: 'gw', password: { env: 'SYSTEM_HOP' } };
    stack.configure({
      guard: {
        admin: { listen: '0.0.0.0:0', token: { env: 'SYSTEM_GUARD_ADMIN' } },
        upstreams: [{ ...upstream, token_secret: { env: 'SYSTEM_OPERATOR' }, links: ['beta'] }],
        links: [
          { ...link, name: 'alpha', password: { env: 'SYSTEM_NOT_SET' } },
          { ...link, name: 'alpha', password: { env: 'SYSTEM_OPERATOR' } },
        ],
      },
    });
    const { code, told } = await outcome(stack.spawn('guard'));
    assert.equal(code, 2);
    assert.match(told, /5 faults/);
    assertFault(told, 'admin.listen', /loopback/);
    assertFault(told, 'upstreams[0].token_secret', /at least 16/);
    assertFault(told, 'upstreams[0].links[0]', /known: alpha/);
    assertFault(told, 'links[0].password', /SYSTEM_NOT_SET is not set/);
    assertFault(told, 'links[1].name', /stands twice/);
  });

  test('no file, and no YAML: said so, exit code 2', async () => {
    writeFileSync(stack.path('broken.yaml'), 'name: [unclosed\n');
    for (const program of ['gateway', 'guard'] as const) {
      for (const [file, words] of [
        ['absent.yaml', /cannot read .*absent\.yaml: there is no such file/],
        ['broken.yaml', /not YAML/],
      ] as const) {
        const { code, told } = await outcome(stack.spawn(program, file));
        assert.equal(code, 2);
        assert.match(told, words);
      }
    }
  });

  test('an address in use, and one that is not of this machine: which, and what helps, exit code 1', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    try {
      for (const settings of [
        { gateway: { smpp: [{ listen: `127.0.0.1:${port}` }] } },
        { gateway: { http: { listen: `127.0.0.1:${port}` } } },
        { guard: { listen: [{ address: `127.0.0.1:${port}` }] } },
      ]) {
        stack.configure(settings);
        const { code, told } = await outcome(stack.spawn('gateway' in settings ? 'gateway' : 'guard'));
        assert.equal(code, 1);
        assert.match(told, new RegExp(`"host":"127.0.0.1","port":${port},"reason":"another program listens there`));
        assert.doesNotMatch(told, /node:net/);
      }
    } finally {
      await new Promise((done) => other.close(done));
    }
    // TEST-NET-1 (RFC 5737): nobody has it.
    stack.configure({ gateway: { smpp: [{ listen: '192.0.2.1:2775' }] } });
    const { code, told } = await outcome(stack.spawn('gateway'));
    assert.equal(code, 1);
    assert.match(told, /"host":"192\.0\.2\.1","port":2775,"reason":"this machine has no such address/);
  });

  test('a data folder that is none: which and why, exit code 1', async () => {
    writeFileSync(stack.path('file'), '');
    for (const program of ['gateway', 'guard'] as const) {
      stack.configure({ [program]: { data: 'file' } });
      const { code, told } = await outcome(stack.spawn(program));
      assert.equal(code, 1);
      assert.match(told, /"folder":"[^"]*file","reason":"EEXIST[^"]*","event":"the data folder cannot be used"/);
    }
  });

  test('no fault message tells a secret', () => {
    for (const { name, octets } of stack.outputs()) {
      for (const secret of ['op-pw-x', 'token-secret-of', 'hop-password'])
        assert.ok(!octets.includes(secret), `${secret} in ${name}`);
    }
  });
});

describe('two programs', () => {
  let stack: Stack;
  let acme: Wire;
  before(async () => {
    stack = await Stack.run();
    acme = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
  });
  after(async () => {
    await acme?.leave();
    await stack?.stop();
  });

  for (const program of ['gateway', 'guard'] as const) {
    test(`a second ${program} on the same data does not start and names the first's pid; the first works on`, async () => {
      const other = `other-${program}.yaml`;
      const text = readFileSync(stack.path(`${program}.yaml`), 'utf8');
      // Ports of its own: it is the data that must stop it.
      writeFileSync(stack.path(other), text.replaceAll(/127\.0\.0\.1:[0-9]+/g, '127.0.0.1:0'));
      const second = stack.spawn(program, other);
      assert.equal(await second.ended, 1);
      const said = readFileSync(second.out, 'utf8') + readFileSync(second.err, 'utf8');
      assert.match(said, new RegExp(`another ${program} runs on this data folder`));
      assert.match(said, new RegExp(`"pid":${stack.running(program).pid}\\b`));
      const ids = await acme.submitAll([{ text: 'still here' }]);
      await acme.receiptsOf(ids);
    });
  }

  async function healed(killed: ProgramName): Promise<void> {
    const waiting = await killAndSubmit(killed);
    const from = performance.now();
    await acme.receiptsOf(waiting);
    const more = await acme.submitAll([{ text: 'after it' }]);
    await acme.receiptsOf(more);
    assert.ok(performance.now() - from < HEAL_MS, `healed after ${Math.round(performance.now() - from)} ms`);
  }

  async function killAndSubmit(killed: ProgramName): Promise<string[]> {
    const before = await acme.submitAll(Array.from({ length: 50 }, (_, i) => ({ text: `before ${i}` })));
    // What a killed guard had open on its links stays unknown by law (design §5.3); the crash suite is about that.
    if (killed === 'guard') await acme.receiptsOf(before);
    await stack.kill(killed);
    if (killed === 'guard') {
      // The gateway takes messages all the same.
      const during = await acme.submitAll(Array.from({ length: 50 }, (_, i) => ({ text: `during ${i}` })));
      await stack.start('guard');
      return [...before, ...during];
    }
    await acme.whenClosed;
    const { receipts } = acme;
    await stack.start('gateway');
    acme = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    acme.receipts.push(...receipts);
    return before;
  }

  test('the guard is killed while the gateway runs: everything arrives within ten seconds', () => healed('guard'));
  test('the gateway is killed while the guard runs: everything arrives within ten seconds', () => healed('gateway'));

  test('nothing is held, nothing was lost', async () => {
    await until('nothing is open', async () => (await stack.account('acme')).open_messages === 0);
    const { held, balance } = await stack.account('acme');
    assert.equal(Number(held.amount), 0);
    const messages = 2 + 50 + 50 + 1 + 50 + 1;
    assert.equal(Number(balance.amount), Number((-0.05 * messages).toFixed(4)));
    assert.equal((await stack.handsets()).messages, messages);
  });

  test('told to stop, both end with exit code 0', async () => {
    await acme.leave();
    assert.equal(await stack.end('gateway'), 0);
    assert.equal(await stack.end('guard'), 0);
  });
});

test('the gateway without the guard starts, takes messages and delivers them when the guard comes', async () => {
  const stack = await Stack.prepare();
  try {
    await stack.start('gateway');
    const wire = await Wire.bound(stack.ports.smpp, 'acme', secretOf('acme'));
    const ids = await wire.submitAll([{ text: 'early' }]);
    await stack.start('operator');
    await stack.start('guard');
    await wire.receiptsOf(ids);
    await wire.leave();
  } finally {
    await stack.stop();
  }
});
