// `glaspost config check` on two files that are right by themselves: where they do not meet; and what cannot be read, in words.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { glaspost } from './command.ts';

const base = mkdtempSync(join(tmpdir(), 'glaspost-check-'));
after(() => rmSync(base, { recursive: true, force: true }));

test('--version tells that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { code, out } = await glaspost(['--version']);
  assert.deepEqual([code, out.startsWith(`glaspost ${version}, Node `)], [0, true]);
});

test('config check tells where the two files do not meet', async () => {
  const folder = join(base, 'misfits');
  assert.equal((await glaspost(['init', folder])).code, 0);
  const change = (file: string, from: string, to: string): void => {
    const text = readFileSync(join(folder, file), 'utf8');
    assert.ok(text.includes(from), from);
    writeFileSync(join(folder, file), text.replace(from, to));
  };
  const paths = async (): Promise<string[]> => {
    const { out } = await glaspost(['config', 'check', '-c', folder, '--json']);
    const { faults } = JSON.parse(out) as { faults: { file: string; path: string }[] };
    for (const fault of faults) assert.match(fault.file, /gateway\.yaml$/);
    return faults.map((fault) => fault.path);
  };
  change('gateway.yaml', 'password: { file: secrets/guard-upstream }', 'password: { file: secrets/admin-key }');
  change('gateway.yaml', 'token_secret: { file: secrets/order-token }', 'token_secret: { file: secrets/admin-key }');
  change('gateway.yaml', '  - name: simulator', '  - name: simulator\n  - name: other');
  change('guard.yaml', '    enquire_link: 30s', '    response_timer: 60s');
  change('guard.yaml', '- address: 127.0.0.1:2776', '- address: 127.0.0.1:2796');
  assert.deepEqual(await paths(), [
    'guard.password',
    'guard.token_secret',
    'guard.response_timer',
    'links[1].name',
    'guard.address',
  ]);
  change('gateway.yaml', 'upstream: gateway', 'upstream: nobody');
  assert.ok((await paths()).includes('guard.upstream'));
  const shown = await glaspost(['config', 'check', '-c', folder]);
  assert.equal(shown.code, 2);
  assert.match(shown.err, /guard\.upstream: guard\.yaml has no upstream "nobody" of mode token; known: gateway/);
});

test('a secret of several lines, an absent file: said in words', async () => {
  const folder = join(base, 'secrets');
  assert.equal((await glaspost(['init', folder])).code, 0);
  writeFileSync(join(folder, 'secrets', 'account-demo'), 'one\ntwo\n');
  rmSync(join(folder, 'secrets', 'order-token'));
  const { code, err } = await glaspost(['config', 'check', '-c', folder]);
  assert.equal(code, 2);
  assert.match(err, /accounts\[0\]\.smpp\.password: file secrets\/account-demo has several lines/);
  assert.match(err, /guard\.token_secret: cannot read secrets\/order-token: there is no such file/);
});
