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

/**
 * Runs one test file in a process group of its own. What has not ended in time is ended with all that it started, and has
 * failed: a test that leaves something open would hold up everybody.
 */
function runFile(file) {
  return new Promise((resolve) => {
    const started = Date.now();
    const reporter = `--test-reporter=${join(root, 'bin', 'testReporter.mjs')}`;
    // force-exit: a program that a test has crashed on purpose keeps its timers; it must not keep the process.
    const args = ['--test', '--test-isolation=none', '--test-force-exit', reporter, file];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: scriptEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
    }, fileTimeoutMs);
    running.add(child.pid);
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text) => {
        output[name] += text;
      });
    }
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child.pid);
      resolve({ file, code, late, ms: Date.now() - started, ...readEvents(output.stdout), stderr: output.stderr });
    });
  });
}

/** Process groups of the test files that run now. */
const running = new Set();

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** The reporter's lines, and what the tests themselves wrote to stdout. */
function readEvents(stdout) {
  const events = [];
  const said = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('{"name":')) events.push(JSON.parse(line));
    else if (line !== '') said.push(line);
  }
  return { events, said };
}

/** Adds up one file's events; prints a line for the file and one for each failure. */
function tellFile(result, progress, total) {
  const name = relative(root, result.file);
  const count = { passed: 0, failed: 0, skipped: 0 };
  const fail = (text, details) => {
    count.failed += 1;
    process.stdout.write(`  ✖ ${text}\n`);
    total.failures.push(`${text}\n${indent(details)}`);
  };
  for (const event of result.events) {
    const place = `${name}:${event.line} ${event.name}`;
    if (event.todo !== null && event.todo !== false) fail(place, 'marked as todo: a test is there or it is not');
    else if (event.skip !== null && event.skip !== false) {
      count.skipped += 1;
      total.skips.push(
        `${name}: ${event.name}${typeof event.skip === 'string' && event.skip !== '' ? ` (${event.skip})` : ''}`,
      );
    } else if (event.passed) count.passed += 1;
    else fail(place, ownFrames(event.error ?? 'failed without an error'));
  }
  const rest = () => [...result.said, result.stderr].join('\n').trim().slice(-4000);
  if (result.late)
    fail(
      name,
      `did not end within ${fileTimeoutMs / 1000} s; ended. An open handle, or a test without end.\n${rest()}`,
    );
  else if (result.code !== 0 && count.failed === 0) fail(name, `ended with exit code ${result.code}\n${rest()}`);
  else if (result.events.length === 0) fail(name, `no test in it ran\n${rest()}`);
  const more = `${count.failed > 0 ? `, ${count.failed} FAILED` : ''}${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`;
  const mark = count.failed === 0 ? '✔' : '✖';
  process.stdout.write(
    `  ${mark} [${progress}] ${name}: ${count.passed} passed${more} (${(result.ms / 1000).toFixed(1)} s)\n`,
  );
  for (const key of ['passed', 'failed', 'skipped']) total[key] += count[key];
}

/** All test files, as many at a time as there are cores; one line per file, failures in full at the end, skips by name. */
async function testSection(words) {
  const started = Date.now();
  const folder = join(root, 'test');
  const all = existsSync(folder) ? testFiles(folder) : [];
  const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
  process.stdout.write(`▶ tests: ${files.length} files\n`);
  const total = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < files.length) {
      const result = await runFile(files[next++]);
      done += 1;
      tellFile(result, `${done}/${files.length}`, total);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (total.failures.length > 0) process.stdout.write(`\nfailed tests:\n${total.failures.map(indent).join('\n')}\n`);
  if (total.skips.length > 0) process.stdout.write(`\nskipped tests:\n${total.skips.map(indent).join('\n')}\n`);
  if (files.length === 0) {
    process.stdout.write('✖ no test file found\n');
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

const HELP = `npm test -- [WORD …]

  Without words: types, format and lint, promises, all tests, and a short crash test. With words: only the test files whose
  path has one of them. The last line counts; exit code 1 when anything failed.
`;

async function main(words) {
  if (words.some((word) => word.startsWith('-'))) {
    const help = words.includes('--help');
    (help ? process.stdout : process.stderr).write(
      help ? HELP : `npm test: takes words, not ${words.join(' ')}\n${HELP}`,
    );
    process.exit(help ? 0 : 2);
  }
  const started = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      for (const pid of running) endGroup(pid);
      process.exit(130);
    });
  }
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
