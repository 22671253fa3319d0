// Configuration files: what is right becomes plain values, and every fault is told in one run with its path and what would be right.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { loadGatewayConfig } from '../../src/main/gatewayConfig.ts';
import { loadGuardConfig } from '../../src/main/guardConfig.ts';
import { defaultPorts, writeInitFiles } from '../../src/main/initFiles.ts';

const folder = mkdtempSync(join(tmpdir(), 'glaspost-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeInitFiles(folder, defaultPorts);

type Settings = { [name: string]: unknown };

/** The file of init, changed; its faults as `path: message`. */
function faultsOf(
  file: 'gateway.yaml' | 'guard.yaml',
  change: (settings: Settings) => void,
  environment: Record<string, string> = {},
): string[] {
  const settings = parse(readFileSync(join(folder, file), 'utf8')) as Settings;
  change(settings);
  const path = join(folder, `changed-${file}`);
  writeFileSync(path, stringify(settings));
  const { loaded, faults } =
    file === 'gateway.yaml' ? loadGatewayConfig(path, environment) : loadGuardConfig(path, environment);
  assert.equal(loaded === null, faults.length > 0);
  return faults.map((fault) => `${fault.path}: ${fault.message}`);
}

/** The paths of faults. */
function placesOf(faults: readonly string[]): string[] {
  return faults.map((fault) => fault.slice(0, fault.indexOf(':')));
}

function first(settings: Settings, list: string): Settings {
  return (settings[list] as Settings[])[0] as Settings;
}

describe('gateway.yaml', () => {
  test('what init writes is right, and becomes what it says', () => {
    assert.deepEqual(
      faultsOf('gateway.yaml', () => undefined),
      [],
    );
    const { loaded } = loadGatewayConfig(join(folder, 'gateway.yaml'), {});
    assert.ok(loaded !== null);
    const { gateway } = loaded;
    assert.equal(gateway.http?.port, defaultPorts.http);
    assert.equal(gateway.accounts[0]?.currency, 'EUR');
    assert.match(gateway.accounts[0]?.apiKeyHashes[0] ?? '', /^[0-9a-f]{64}$/);
    const prices = new Map(gateway.priceLists[0]?.prices.map((one) => [one.prefix, one.price]));
    assert.deepEqual([prices.get('49'), prices.get('')], [65_000, 50_000]);
    assert.equal(loaded.dataFolder, join(folder, 'data/gateway'));
    assert.ok(loaded.storageSecret.length >= 32);
  });

  test('faults of the schema, of names, of secrets and of money are told together', () => {
    const faults = faultsOf('gateway.yaml', (settings) => {
      settings['sytem_id'] = 'X';
      settings['http'] = { listen: '127.0.0.1:99999' };
      const account = first(settings, 'accounts');
      account['credit_limit'] = '-5';
      account['price_list'] = 'nope';
      account['api_keys'] = [{ env: 'GLASPOST_TEST_UNSET' }];
      account['default_validity'] = '3 days';
      first(settings, 'routes')['links'] = ['elsewhere'];
      (settings['guard'] as Settings)['password'] = 'plain';
      (settings['guard'] as Settings)['token_secret'] = { file: 'secrets/absent' };
    });
    const wanted = [
      'sytem_id: unknown setting; "system_id" was meant?',
      'http.listen: the port must be 0 to 65535',
      'accounts[0].credit_limit: must be an amount such as "0.0450" with at most 6 decimal places',
      'accounts[0].price_list: there is no price list "nope"; known: standard',
      'accounts[0].api_keys[0]: environment variable GLASPOST_TEST_UNSET is not set; set it before the start, or use {file: PATH}',
      'accounts[0].default_validity: must be a duration such as 250ms, 30s, 10m, 48h or 7d',
      'routes[0].links[0]: there is no link "elsewhere"; known: simulator',
      'guard.password: must be a reference, { file: PATH } or { env: NAME }: secrets do not stand in the configuration',
      "guard.token_secret: cannot read secrets/absent: there is no such file (ENOENT); relative paths start at the configuration's folder",
    ];
    assert.deepEqual([...faults].sort(), [...wanted].sort());
    assert.doesNotMatch(faults.join('\n'), /plain/);
  });

  test('things that stand twice, keys that two accounts share, addresses that are none', () => {
    const faults = faultsOf('gateway.yaml', (settings) => {
      const accounts = settings['accounts'] as Settings[];
      accounts.push({ ...(accounts[0] as Settings) });
      settings['links'] = [{ name: 'simulator' }, { name: 'simulator' }];
    });
    assert.deepEqual(placesOf(faults).sort(), [
      'accounts[1].api_keys[0]',
      'accounts[1].name',
      'accounts[1].smpp.system_id',
      'links[1].name',
    ]);
    const blocks = faultsOf('gateway.yaml', (settings) => {
      first(settings, 'accounts')['allowed_addresses'] = ['10.0.0.0/8', 'office', '10.0.0.0/33', '::1'];
    });
    assert.deepEqual(
      blocks.map((fault) => fault.split(':')[0]),
      ['accounts[0].allowed_addresses[1]', 'accounts[0].allowed_addresses[2]'],
    );
  });

  test('wrong kinds, missing settings, empty lists, in words', () => {
    const faults = faultsOf('gateway.yaml', (settings) => {
      settings['links'] = [];
      settings['routes'] = [];
      settings['slot'] = 'one';
      delete first(settings, 'accounts')['name'];
      delete settings['guard'];
      settings['mo'] = [{ number: '1', account: 'demo' }];
    });
    assert.deepEqual(faults, [
      'slot: must be a number, not a text',
      'guard: is missing; must be a group of settings',
      'links: needs at least 1 of them',
      'accounts[0].name: is missing; must be a text',
      'mo[0].account: there is no account "demo"; none is defined',
    ]);
  });

  test('secrets from the environment; no way in for customers; a file that is no YAML or is not there', () => {
    const keyed = (settings: Settings): void => {
      first(settings, 'accounts')['api_keys'] = [{ env: 'KEY' }];
    };
    assert.deepEqual(faultsOf('gateway.yaml', keyed, { KEY: 'x' }), []);
    const closed = faultsOf('gateway.yaml', (settings) => {
      delete settings['smpp'];
      delete settings['http'];
    });
    assert.deepEqual(closed, ['smpp: customers need a way in: smpp with at least one listen, or http']);
    writeFileSync(join(folder, 'broken.yaml'), 'a: [1, 2\nb: : c');
    assert.match(loadGatewayConfig(join(folder, 'broken.yaml'), {}).faults[0]?.message ?? '', /^not YAML: .* line \d+/);
    // What only shows when aliases are resolved: no anchor, and ten thousand million copies.
    const bomb = Array.from(
      { length: 10 },
      (_, i) => `a${i}: &a${i} [${`${i === 0 ? 'x' : `*a${i - 1}`}, `.repeat(10)}]`,
    );
    for (const text of ['name: *nobody\n', `${bomb.join('\n')}\n`]) {
      writeFileSync(join(folder, 'broken.yaml'), text);
      const { loaded, faults } = loadGuardConfig(join(folder, 'broken.yaml'), {});
      assert.equal(loaded, null);
      assert.match(faults[0]?.message ?? '', /^not YAML: .*alias/i);
    }
    assert.match(
      loadGatewayConfig(join(folder, 'nowhere.yaml'), {}).faults[0]?.message ?? '',
      /^cannot read .*: there is no such file \(ENOENT\)$/,
    );
  });

  test('a price file is read line by line, and its faults have their lines', () => {
    const withFile = (settings: Settings): void => {
      settings['price_lists'] = [{ name: 'standard', currency: 'EUR', file: 'prices.csv' }];
    };
    writeFileSync(join(folder, 'prices.csv'), 'prefix,price\n49,0.065\n,0.05\n');
    assert.deepEqual(faultsOf('gateway.yaml', withFile), []);
    writeFileSync(join(folder, 'prices.csv'), 'prefix,price\n+49,0.065\n41,cheap\n');
    assert.deepEqual(
      faultsOf('gateway.yaml', withFile).map((fault) => /line \d/.exec(fault)?.[0]),
      ['line 2', 'line 3'],
    );
  });
});

describe('guard.yaml', () => {
  test('what init writes is right', () => {
    assert.deepEqual(
      faultsOf('guard.yaml', () => undefined),
      [],
    );
  });

  test('five faults of five kinds are told together', () => {
    const faults = faultsOf('guard.yaml', (settings) => {
      first(settings, 'links')['throttle_per_second'] = 0;
      first(settings, 'links')['thorttle'] = 1;
      first(settings, 'links')['mo'] = 'nobody';
      first(settings, 'links')['password'] = { file: 'secrets/absent' };
      first(settings, 'upstreams')['mode'] = 'tokn';
    });
    assert.deepEqual(placesOf(faults).sort(), [
      'links[0].mo',
      'links[0].password',
      'links[0].thorttle',
      'links[0].throttle_per_second',
      'upstreams[0].mode',
    ]);
  });

  test('the grace of bind mode ends while its orders are known', () => {
    const withGrace = (grace: string) =>
      faultsOf('guard.yaml', (settings) => {
        const [link] = settings['links'] as Settings[];
        const upstreams = settings['upstreams'] as Settings[];
        const { password } = upstreams[0] as Settings;
        const more = { system_id: 'kannel', link: link?.['name'], account: 'legacy', allowed_senders: ['*'] };
        upstreams.push({ mode: 'bind', name: 'kannel', password, grace, ...more });
      });
    assert.deepEqual(withGrace('71h'), []);
    assert.deepEqual(placesOf(withGrace('72h')), ['upstreams[1].grace']);
    assert.deepEqual(placesOf(withGrace('long')), ['upstreams[1].grace']);
  });

  test('the admin listens on loopback only', () => {
    const faults = faultsOf('guard.yaml', (settings) => {
      (settings['admin'] as Settings)['listen'] = '0.0.0.0:8081';
    });
    assert.deepEqual(
      faults.map((fault) => fault.split(':')[0]),
      ['admin.listen'],
    );
  });
});
