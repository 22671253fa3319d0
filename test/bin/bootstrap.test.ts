// The bootstrap in bin/, in a small project of its own with an npm that only notes what it was asked: what is missing gets
// installed, the pinned runtime takes over, and stdout stays the script's.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pinned = process.versions.node;

/** Says how it was started, on stdout, and ends with 7. */
const script = `console.log(JSON.stringify({ version: process.versions.node, args: process.argv.slice(2) }));
process.exitCode = 7;
`;

/** What `npm ci` leaves behind, as shell commands; the "runtime" is a link to the Node that runs this test. */
const packages = `mkdir -p node_modules/node/bin node_modules/tool
printf '{"version":"${pinned}"}' > node_modules/node/package.json
printf '{"version":"1.2.3"}' > node_modules/tool/package.json`;
const binary = `ln -sf "${process.execPath}" node_modules/node/bin/node`;
const installStep = `printf 'require("fs").symlinkSync("${process.execPath}", "bin/node")' > node_modules/node/installArchSpecificPackage.js
rmdir node_modules/node/bin && mkdir node_modules/node/bin`;

function project(t: TestContext, npmCommands: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'glaspost-bootstrap-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'src/main'), { recursive: true });
  mkdirSync(join(folder, 'fake'));
  writeFileSync(join(folder, 'src/main/script.ts'), script);
  writeFileSync(join(folder, 'src/main/cli.ts'), script);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { node: pinned }, devDependencies: { tool: '1.2.3' } }),
  );
  const npm = join(folder, 'fake/npm');
  writeFileSync(npm, `#!/bin/sh\nset -e\necho "npm says: $*"\necho "$*" >> npm.calls\n${npmCommands}\n`);
  chmodSync(npm, 0o755);
  return folder;
}

function run(folder: string, entry: string, ...args: string[]) {
  const env = { ...process.env, PATH: [join(folder, 'fake'), process.env['PATH'] ?? ''].join(delimiter) };
  const done = spawnSync(process.execPath, [join('bin', entry), ...args], { cwd: folder, env, encoding: 'utf8' });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

function npmCalls(folder: string): string {
  return existsSync(join(folder, 'npm.calls')) ? readFileSync(join(folder, 'npm.calls'), 'utf8') : '';
}

const told = (args: readonly string[]): string => `${JSON.stringify({ version: pinned, args })}\n`;

test('a fresh clone: installs once, says so on stderr, and only the script writes to stdout', (t) => {
  const folder = project(t, `${packages}\n${binary}`);
  const first = run(folder, 'run.mjs', 'src/main/script.ts', '--json', 'x y');
  assert.deepEqual({ code: first.code, stdout: first.stdout }, { code: 7, stdout: told(['--json', 'x y']) });
  assert.match(first.stderr, /installing 2 missing packages and Node/);
  assert.match(first.stderr, /npm says: ci/);
  const second = run(folder, 'run.mjs', 'src/main/script.ts');
  assert.deepEqual(second, { code: 7, stdout: told([]), stderr: '' });
  assert.equal(npmCalls(folder), 'ci --no-audit --no-fund\n');
});

test('another version of a package than the pinned one is installed anew', (t) => {
  const folder = project(t, `${packages}\n${binary}`);
  run(folder, 'run.mjs', 'src/main/script.ts');
  writeFileSync(join(folder, 'node_modules/tool/package.json'), '{"version":"1.2.2"}');
  const again = run(folder, 'run.mjs', 'src/main/script.ts');
  assert.match(again.stderr, /installing 1 missing package and Node/);
  assert.equal(npmCalls(folder), 'ci --no-audit --no-fund\n'.repeat(2));
});

test('an npm that runs no install scripts: the step of the package "node" is run by us', (t) => {
  const folder = project(t, `${packages}\n${installStep}`);
  const done = run(folder, 'run.mjs', 'src/main/script.ts', 'a');
  assert.deepEqual({ code: done.code, stdout: done.stdout }, { code: 7, stdout: told(['a']) }, done.stderr);
  assert.match(done.stderr, /npm did not run the install step/);
});

test('without the runtime the error says what is wrong and what to do', (t) => {
  const folder = project(t, `${packages}\necho > node_modules/node/installArchSpecificPackage.js`);
  const done = run(folder, 'run.mjs', 'src/main/script.ts');
  assert.deepEqual({ code: done.code, stdout: done.stdout }, { code: 1, stdout: '' });
  assert.match(done.stderr, /this project runs on Node .* does not run\.\n.*install scripts allowed/s);
});

test('a failing npm is an error with its exit code', (t) => {
  const folder = project(t, 'exit 3');
  const done = run(folder, 'run.mjs', 'src/main/script.ts');
  assert.deepEqual({ code: done.code, stdout: done.stdout }, { code: 1, stdout: '' });
  assert.match(done.stderr, /npm ci .* failed with exit code 3/);
});

test('glaspost: needs no tools, passes arguments on from any folder', (t) => {
  const folder = project(t, `${packages}\n${binary}\nrm -r node_modules/tool`);
  const done = run(folder, 'glaspost.mjs', 'status', '--json');
  assert.deepEqual({ code: done.code, stdout: done.stdout }, { code: 7, stdout: told(['status', '--json']) });
  assert.equal(npmCalls(folder), 'ci --omit=dev --no-audit --no-fund\n');
  const elsewhere = spawnSync(process.execPath, [join(folder, 'bin/glaspost.mjs'), 'up'], {
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  assert.deepEqual([elsewhere.status, elsewhere.stdout], [7, told(['up'])]);
});

test('a script that is not there is named', (t) => {
  const folder = project(t, `${packages}\n${binary}`);
  const done = run(folder, 'run.mjs', 'src/main/nothing.ts');
  assert.deepEqual([done.code, done.stdout], [1, '']);
  assert.match(done.stderr, /there is no src\/main\/nothing\.ts/);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`a Node that cannot be replaced by the script hands ${signal} on to it`, async (t) => {
    const folder = project(t, `${packages}\n${binary}`);
    const waiting = `process.on('${signal}', () => process.exit(9));\nconsole.log('waits');\nsetInterval(() => {}, 1000);\n`;
    writeFileSync(join(folder, 'src/main/script.ts'), waiting);
    const env = { ...process.env, PATH: [join(folder, 'fake'), process.env['PATH'] ?? ''].join(delimiter) };
    const child = spawn(
      process.execPath,
      ['--import', 'data:text/javascript,process.execve=undefined', join('bin', 'run.mjs'), 'src/main/script.ts'],
      { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await once(child.stdout, 'data');
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), [9, null]);
  });
}
