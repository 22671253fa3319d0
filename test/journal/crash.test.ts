// Programs with a journal that die: killed without warning, and stopped by a sync that fails.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readAll } from './conformance.ts';
import { openHost } from './hostSubject.ts';

const folder = mkdtempSync(join(tmpdir(), 'glaspost-crash-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

interface Life {
  /** Seqs reported durable, in order. */
  readonly durable: readonly number[];
  readonly others: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

/** Runs the child; `eachLine` may end it. */
async function live(
  path: string,
  env: NodeJS.ProcessEnv,
  eachLine: (child: ChildProcess, durable: number) => void,
): Promise<Life> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), path, 'load'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const durable: number[] = [];
  const others: string[] = [];
  let rest = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^durable (\d+)$/.exec(line);
      if (match !== null) durable.push(Number(match[1]));
      else if (line !== 'ready') others.push(line);
    }
    eachLine(child, durable.length);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (exit, by) => resolve([exit, by]));
  });
  return { durable, others, code, signal, errors };
}

/** Everything from the first kept batch on is there, whole, in order, up to at least `last`. */
async function check(path: string, last: number): Promise<number> {
  const subject = await openHost(path, {});
  const { rows, nextSeq } = await readAll(subject);
  await subject.journal.close();
  assert.ok(nextSeq > last, `reported durable: ${last}; kept: ${nextSeq - 1}`);
  const first = rows[0]?.[0] ?? nextSeq;
  assert.ok(first <= Math.max(1, last - 200) + 50, `batches before ${first} are gone`);
  for (const [i, [seq, records, secrets]] of rows.entries()) {
    assert.equal(seq, first + i);
    const bytes = Buffer.from(records, 'latin1');
    assert.equal(bytes.length, 2000 + (seq % 7) * 1000);
    assert.equal(bytes.readUInt32BE(0), seq);
    assert.ok(bytes.subarray(4).every((octet) => octet === (seq & 0xff)));
    if (seq % 50 !== 20) assert.equal(secrets, String.fromCharCode(seq & 0xff).repeat(64), `secrets of ${seq}`);
  }
  return nextSeq - 1;
}

function compileShim(shim: string): boolean {
  const source = join(import.meta.dirname, 'failsync.c');
  return spawnSync('gcc', ['-shared', '-fPIC', '-o', shim, source, '-ldl']).status === 0;
}

describe('crash', () => {
  it('killed at any moment under load, five times: what was reported durable is there', async () => {
    const path = join(folder, 'killed');
    let kept = 0;
    for (const lines of [1, 60, 333, 700, 90]) {
      const { durable, others, signal } = await live(path, {}, (child, count) => {
        if (count >= lines) child.kill('SIGKILL');
      });
      assert.equal(signal, 'SIGKILL');
      assert.deepEqual(others, []);
      assert.deepEqual(
        durable,
        durable.map((_, i) => kept + 1 + i),
      );
      kept = await check(path, durable.at(-1) as number);
    }
  });

  const shim = join(folder, 'failsync.so');
  const skip = compileShim(shim) ? false : 'needs gcc for a sync that fails';

  // The first batch of a life is followed by a checkpoint, whose failing sync would end the program without an outcome.
  it('the very first batch whose sync fails is unknown, and the program stops', { skip }, async () => {
    const path = join(folder, 'first');
    const flag = join(folder, 'fail-first');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), path, 'asked'], {
      env: { ...process.env, LD_PRELOAD: shim, FAIL_SYNC: flag },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    const exited = new Promise((resolve) => child.once('close', resolve));
    child.stdout.on('data', (data: Buffer) => {
      lines.push(...data.toString().trim().split('\n'));
      if (lines.at(-1) === 'durable 2') writeFileSync(flag, '');
      child.stdin.write('next\n');
    });
    assert.equal(await exited, 3);
    assert.deepEqual(lines, ['ready', 'durable 1', 'durable 2', 'unknown 3']);
    await check(path, 2);
  });
  it('a failing sync stops the program, and is never reported durable', { skip }, async () => {
    const path = join(folder, 'failing');
    const flag = join(folder, 'fail-now');
    const { durable, others, code, errors } = await live(path, { LD_PRELOAD: shim, FAIL_SYNC: flag }, (_, count) => {
      if (count >= 200) writeFileSync(flag, '');
    });
    // By the outcome 'unknown', or by a sync in between (a checkpoint, the key file) that throws.
    assert.ok(code !== 0, 'the program went on');
    assert.ok(
      others.every((line) => line.startsWith('unknown')) && (others.length > 0 || /I\/O error|EIO/i.test(errors)),
      `${others.join()} ${errors}`,
    );
    rmSync(flag);
    await check(path, durable.at(-1) as number);
  });
});
