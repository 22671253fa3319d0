// Scripts with wrong arguments end with 2 and a sentence, before they start anything; each tells what it takes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../bench/processes.ts';

function run(
  script: string,
  ...args: string[]
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('wrong arguments: exit code 2 and one sentence', () => {
  for (const [script, args, sentence] of [
    ['bench/run.ts', ['pin', '--bogus'], "bench pin: Unknown option '--bogus'; --help shows how\n"],
    ['bench/crash/run.ts', ['--rounds', 'x'], 'crash: --rounds must be a number, not "x"; --help shows how\n'],
    ['fuzz/run.ts', ['--pdus', '-1'], "fuzz: Option '--pdus' argument is ambiguous; --help shows how\n"],
  ] as const)
    assert.deepEqual(run(script, ...args), { code: 2, out: '', err: sentence });
});

test('--help tells what a script takes and starts nothing', () => {
  for (const [script, words] of [
    ['interop/run.ts', /--no-skips/],
    ['test/system/bodiesMain.ts', /npm run bodies/],
    ['bin/test.mjs', /npm test/],
  ] as const) {
    const { code, out } = run(script, '--help');
    assert.equal(code, 0, script);
    assert.match(out, words);
  }
});
