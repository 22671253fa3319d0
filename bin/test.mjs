// `npm test`: installs what is missing, then runs every check of the project in sections and says how each one went:
// types, format and lint, floating promises, all tests, and a short form of the crash test. The last line counts.
// `npm test -- <words>` runs only the test files whose path has one of the words.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, execScript, root, scriptEnvironment, withSetupErrors } from './ensure.mjs';

/** Longest time for one test file, and for one of the other sections, in milliseconds. A hanging test is a failed one. */
const fileTimeoutMs = 150_000;
const sectionTimeoutMs = 150_000;

function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Runs a tool to its end. Its output is printed only when it fails, or as it comes with `show`. */
function runTool(command, args, show) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: scriptEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    const timer = setTimeout(() => {
      output.push(Buffer.from(`no end after ${sectionTimeoutMs / 1000} s, ended\n`));
      child.kill('SIGKILL');
    }, sectionTimeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        output.push(bytes);
        if (show) process.stdout.write(bytes);
      });
    }
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ok: code === 0, output: Buffer.concat(output).toString() });
    });
  });
}

/** One section that is a tool run: 1 passed or 1 failed. */
async function toolSection(title, command, args) {
  const started = Date.now();
  process.stdout.write(`▶ ${title}\n`);
  const { ok, output } = await runTool(join(root, 'node_modules', '.bin', command), args, false);
  if (!ok) process.stdout.write(output);
  process.stdout.write(`${ok ? '✔' : '✖'} ${title} (${seconds(started)})\n`);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** All test files through node's test runner; one line per file, failures in full, skipped tests by name. */
async function testSection(words) {
  const { run } = await import('node:test');
  const started = Date.now();
  const folder = join(root, 'test');
  const all = existsSync(folder) ? testFiles(folder) : [];
  const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
  process.stdout.write(`▶ tests: ${files.length} files\n`);
  const total = { passed: 0, failed: 0, skipped: 0 };
  const skips = [];
  const failures = [];
  const counts = new Map();
  const stream = run({ files, concurrency: availableParallelism(), timeout: fileTimeoutMs, cwd: root });
  stream.on('test:stderr', (event) => {
    if (!/ExperimentalWarning|--trace-warnings/.test(event.message)) process.stderr.write(event.message);
  });
  const finish = (event) => {
    if (event.details?.type === 'suite') return;
    const file = event.file ?? event.name;
    const count = counts.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
    counts.set(file, count);
    if (event.skip !== undefined && event.skip !== false) {
      count.skipped += 1;
      skips.push(
        `${relative(root, file)}: ${event.name}${typeof event.skip === 'string' && event.skip ? ` (${event.skip})` : ''}`,
      );
    } else if (event.todo !== undefined && event.todo !== false) {
      count.failed += 1;
      failures.push(`${relative(root, file)}: ${event.name}\n  marked as todo: a test is there or it is not`);
    } else count[event.kind] += 1;
  };
  stream.on('test:pass', (event) => finish({ ...event, kind: 'passed' }));
  stream.on('test:fail', (event) => {
    finish({ ...event, kind: 'failed' });
    const error = event.details?.error;
    if (error?.failureType === 'subtestsFailed') return;
    const cause = error?.cause ?? error;
    const place = `${relative(root, event.file ?? '')}:${event.line ?? 0}`;
    process.stdout.write(`  ✖ ${place} ${event.name}\n`);
    failures.push(`${place} ${event.name}\n${indent(ownFrames(cause?.stack ?? String(cause?.message ?? cause)))}`);
  });
  let ran = 0;
  stream.on('test:summary', (event) => {
    if (event.file === undefined) return;
    ran += 1;
    const count = counts.get(event.file) ?? { passed: 0, failed: 0, skipped: 0 };
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    const failed = count.failed > 0 ? `, ${count.failed} FAILED` : '';
    const name = relative(root, event.file);
    process.stdout.write(
      `  ${event.success ? '✔' : '✖'} [${ran}/${files.length}] ${name}: ${count.passed} passed${failed}${skipped} (${(event.duration_ms / 1000).toFixed(1)} s)\n`,
    );
  });
  stream.resume();
  await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
  for (const count of counts.values()) {
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  if (failures.length > 0) process.stdout.write(`\nfailed tests:\n${failures.map(indent).join('\n')}\n`);
  if (skips.length > 0) process.stdout.write(`\nskipped tests:\n${skips.map(indent).join('\n')}\n`);
  if (total.passed === 0 && total.failed === 0) {
    process.stdout.write('✖ no test ran\n');
    total.failed += 1;
  }
  process.stdout.write(`${total.failed === 0 ? '✔' : '✖'} tests (${seconds(started)})\n`);
  return total;
}

/** A stack without the frames of Node itself. */
function ownFrames(stack) {
  const lines = stack.split('\n').filter((line) => !/^\s+at .*\(?node:/.test(line));
  return lines.join('\n').trimEnd();
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}

/** A few rounds of the crash test: both programs killed under load, everything counted afterwards. */
async function crashSection() {
  const title = 'crash test, short form: 2 rounds each';
  const started = Date.now();
  process.stdout.write(`▶ ${title}\n`);
  const script = crashScript();
  if (script === undefined) process.stdout.write('package.json has no script "crash"\n');
  const args = [join(root, 'bin', 'run.mjs'), script ?? '', '--rounds', '2', '--json'];
  const ok = script !== undefined && (await runTool(process.execPath, args, true)).ok;
  process.stdout.write(`${ok ? '✔' : '✖'} ${title} (${seconds(started)})\n`);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/** The file that `npm run crash` starts, as package.json says. */
function crashScript() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    .scripts.crash?.split(' ')
    .at(-1);
}

async function main(words) {
  const started = Date.now();
  const totals = [];
  if (words.length === 0) {
    totals.push(await toolSection('types (tsc)', 'tsc', ['--noEmit']));
    totals.push(await toolSection('format and lint (biome)', 'biome', ['check', '--error-on-warnings']));
    totals.push(
      await toolSection('promises (oxlint --type-aware)', 'oxlint', ['--type-aware', '--config', '.oxlintrc.json']),
    );
  }
  totals.push(await testSection(words));
  if (words.length === 0) totals.push(await crashSection());
  const sum = (key) => totals.reduce((all, one) => all + one[key], 0);
  process.stdout.write(`\nnpm test took ${seconds(started)}\n`);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  // Nothing is left to wait for; a test that leaves a handle open must not keep the command alive.
  process.exit(sum('failed') === 0 ? 0 : 1);
}

await withSetupErrors(async () => {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies.node;
  ensureInstalled(true);
  // node:test's runner must be the pinned one: older ones cannot read TypeScript.
  if (process.versions.node === wanted) await main(process.argv.slice(2));
  else execScript(fileURLToPath(import.meta.url), process.argv.slice(2));
});
