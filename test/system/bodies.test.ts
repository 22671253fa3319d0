// The short form of `npm run bodies`: the whole proof with fewer texts, all of which end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proveBodies } from './bodies.ts';
import { leaks, MARK, needles, packedAt } from './leaks.ts';

test('texts open from a copy while they live, and from none after their end; no file, output or metric holds one', async (t) => {
  const result = await proveBodies({ texts: 500, livingOneIn: 0, boundMs: 30_000, say: (line) => t.diagnostic(line) });
  assert.deepEqual([result.opened_before, result.opened_after, result.keys_after], [510, 0, 0]);
  t.diagnostic(JSON.stringify(result));
});

test('the search finds a text in every form that it looks for', () => {
  const text = `before it ${MARK} behind it`;
  const plain = Buffer.from(text, 'latin1');
  const wanted = needles(MARK);
  const found = (octets: Buffer): number => leaks([{ name: 'x', octets }], wanted).length;
  assert.equal(found(Buffer.from('nothing at all')), 0);
  assert.ok(found(plain) > 0);
  assert.ok(found(Buffer.from(text, 'utf16le')) > 0);
  assert.ok(found(Buffer.from(text, 'utf16le').swap16()) > 0);
  assert.ok(found(Buffer.from(plain.toString('hex'))) > 0);
  for (let before = 0; before < 8; before++) {
    const shifted = `${'x'.repeat(before)}${text}`;
    assert.ok(found(packedAt(Buffer.from(shifted, 'latin1'), 0)) > 0, `septets after ${before}`);
    assert.ok(found(Buffer.from(Buffer.from(shifted).toString('base64'))) > 0, `base64 after ${before}`);
  }
});
