// The index of a spill table: it says of every key what a map would, also when the hashes of many are the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PLACE_MAX, SpillIndex } from '../../src/host/spillIndex.ts';

/** Keys by place, as a table's chunks hold them. */
function indexed(): { readonly index: SpillIndex; readonly keys: Map<number, string> } {
  const keys = new Map<number, string>();
  return { keys, index: new SpillIndex((place, key) => keys.get(place) === Buffer.from(key).toString('latin1')) };
}

test('gives every key its newest place, whatever the keys are', () => {
  const keyOctets = fc.uint8Array({ minLength: 1, maxLength: 6, max: 3 });
  fc.assert(
    fc.property(fc.array(keyOctets, { maxLength: 300 }), (made) => {
      const { index, keys } = indexed();
      const map = new Map<string, number>();
      for (const [place, key] of made.entries()) {
        const text = Buffer.from(key).toString('latin1');
        assert.equal(index.set(key, place), map.get(text) ?? -1);
        map.set(text, place);
        keys.set(place, text);
      }
      assert.equal(index.size, map.size);
      for (const [text, place] of map) assert.equal(index.get(Buffer.from(text, 'latin1')), place);
      assert.equal(index.get(Buffer.from([9])), -1);
    }),
  );
});

test('grows through several doublings and keeps all', () => {
  const { index, keys } = indexed();
  const key = (i: number): Buffer => Buffer.from(`key ${i}`);
  for (let i = 0; i < 20_000; i++) {
    assert.equal(index.set(key(i), i), -1);
    keys.set(i, `key ${i}`);
  }
  for (let i = 0; i < 20_000; i++) assert.equal(index.get(key(i)), i);
  assert.equal(index.get(key(20_000)), -1);
});

test('keeps places up to its highest and takes none above', () => {
  const { index, keys } = indexed();
  keys.set(PLACE_MAX, 'last');
  index.set(Buffer.from('last'), PLACE_MAX);
  assert.equal(index.get(Buffer.from('last')), PLACE_MAX);
  assert.throws(() => index.set(Buffer.from('more'), PLACE_MAX + 1), RangeError);
});
