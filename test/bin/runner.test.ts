// `npm test` counts honestly: what fails, does not load, holds no test or is marked as still to do makes it fail.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const head = "import { test } from 'node:test';\nimport assert from 'node:assert/strict';\n";

/** Runs the runner in a project whose test files are these, and gives exit code, last line and all output. */
function run(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-runner-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  const manifest = { type: 'module', dependencies: { node: process.versions.node } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  mkdirSync(join(folder, 'node_modules/node/bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/node/package.json'), JSON.stringify({ version: process.versions.node }));
  symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  mkdirSync(join(folder, 'test'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'test', name), text);
  // The words choose all files, so that only the tests run: no compiler, no linter.
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  const done = spawnSync(process.execPath, ['bin/test.mjs', '.test.ts'], { cwd: folder, env, encoding: 'utf8' });
  return { code: done.status, last: done.stdout.trimEnd().split('\n').at(-1), output: done.stdout };
}

test('passed, failed and skipped tests are counted, failures shown, skips named with their reason', (t) => {
  const { code, last, output } = run(t, {
    'a.test.ts': `${head}test('good', () => {});\ntest('bad', () => { assert.equal(1, 2); });\n`,
    'b.test.ts': `${head}test('elsewhere', (t) => t.skip('needs a printer'));\ntest('fine', () => {});\n`,
  });
  assert.deepEqual({ code, last }, { code: 1, last: '2 passed, 1 failed, 1 skipped' });
  assert.match(output, /failed tests:\n +test\/a\.test\.ts:4 bad\n +AssertionError/);
  assert.match(output, /test\/b\.test\.ts: elsewhere \(needs a printer\)/);
});

test('all well ends with 0', (t) => {
  const { code, last } = run(t, { 'a.test.ts': `${head}test('good', () => {});\n` });
  assert.deepEqual({ code, last }, { code: 0, last: '1 passed, 0 failed, 0 skipped' });
});

test('a file that does not load, one without a test, a test still to do and no file at all are failures', (t) => {
  const broken = run(t, { 'a.test.ts': "throw new Error('no');\n" });
  assert.equal(broken.code, 1);
  assert.match(broken.last ?? '', /^0 passed, [1-9]\d* failed/);
  const empty = run(t, { 'a.test.ts': 'export const x = 1;\n' });
  assert.deepEqual([empty.code, empty.last], [1, '0 passed, 1 failed, 0 skipped']);
  const undone = run(t, { 'a.test.ts': `${head}test('later', (t) => t.todo());\n` });
  assert.deepEqual([undone.code, undone.last], [1, '0 passed, 1 failed, 0 skipped']);
  const none = run(t, {});
  assert.deepEqual([none.code, none.last], [1, '0 passed, 1 failed, 0 skipped']);
});

test('a test that dies with its process is a failure', (t) => {
  const { code, last } = run(t, {
    'a.test.ts': `${head}test('good', () => {});\ntest('dies', () => { process.kill(process.pid, 'SIGKILL'); });\n`,
  });
  assert.equal(code, 1);
  assert.match(last ?? '', /, 1 failed, /);
});

test('what a test leaves open does not keep the run', (t) => {
  const { code, last } = run(t, { 'a.test.ts': `${head}test('leaves', () => { setInterval(() => {}, 1000); });\n` });
  assert.deepEqual({ code, last }, { code: 0, last: '1 passed, 0 failed, 0 skipped' });
});
