// Tree hashes and proofs against known values, all small trees, and proofs under mutation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  consistencyPath,
  emptyRoot,
  inclusionPath,
  leafHash,
  nodeHash,
  TreeHead,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../src/tlog/merkle.ts';
import { fromHex, sha256, toHex } from './hash.ts';

const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].map(fromHex);
const leafHex = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7',
  '07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7',
  'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  '4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658',
  'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
];
const rootHex = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  leafHex[0]!,
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
];
const fourToSeven = '837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e';
const leaves = entries.map((entry) => leafHash(sha256, entry));
const roots = rootHex.map(fromHex);

test('leaf hashes and roots of the known tree', () => {
  assert.deepEqual(leaves.map(toHex), leafHex);
  const head = new TreeHead(sha256);
  assert.equal(toHex(emptyRoot(sha256)), rootHex[0]);
  for (const [size, root] of rootHex.entries()) {
    assert.equal(toHex(head.root()), root);
    assert.equal(toHex(treeRoot(sha256, leaves.slice(0, size))), root);
    if (size < leaves.length) head.append(leaves[size]!);
  }
});

test('paths of the known tree', () => {
  assert.deepEqual(inclusionPath(sha256, leaves, 4).map(toHex), [leafHex[5], leafHex[6], rootHex[4]]);
  const sixth = inclusionPath(sha256, leaves, 6).map(toHex);
  assert.match(sixth[0]!, /^0ebc5d34/);
  assert.deepEqual(sixth.slice(1), [rootHex[4]]);
  assert.deepEqual(consistencyPath(sha256, leaves, 4).map(toHex), [fourToSeven]);
  assert.deepEqual(consistencyPath(sha256, leaves, 3).map(toHex), [leafHex[2], leafHex[3], rootHex[2], fourToSeven]);
  assert.deepEqual(consistencyPath(sha256, leaves, 6).map(toHex).slice(1), [leafHex[6], rootHex[4]]);
  assert.ok(
    verifyConsistency(sha256, 3, 7, roots[3]!, roots[7]!, [leaves[2]!, leaves[3]!, roots[2]!, fromHex(fourToSeven)]),
  );
  assert.ok(verifyInclusion(sha256, 4, 7, leaves[4]!, [leaves[5]!, leaves[6]!, roots[4]!], roots[7]!));
});

test('a tree of 70,000 entries', () => {
  const head = new TreeHead(sha256);
  for (let i = 0; i < 70_000; i++) {
    head.append(leafHash(sha256, String.fromCharCode(0, i >> 16, (i >> 8) & 0xff, i & 0xff)));
    if (i === 255) assert.equal(toHex(head.root()), '78cd7db3bbfa785ffefa21e1c0aa7d4806c6e22ad65472710377ecb7e5a5a54e');
    if (i === 256) assert.equal(toHex(head.root()), '086ce24d72dd8347eef9afbf95829379f67cee8f5d23cece828a2dae88729c8d');
  }
  assert.equal(toHex(head.root()), '339ecf3ae716405fdc28cef164e45a785cade0d5bc3e1400a7a4d70d0b2dec9b');
});

/** A cheap stand-in is no use here: shapes of trees show only under a real hash. */
function someLeaves(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => leafHash(sha256, `entry ${i}`));
}

test('all paths of all trees up to 40 leaves verify, and a saved head grows on', () => {
  const all = someLeaves(40);
  for (let size = 1; size <= all.length; size++) {
    const tree = all.slice(0, size);
    const root = treeRoot(sha256, tree);
    for (let index = 0; index < size; index++) {
      assert.ok(verifyInclusion(sha256, index, size, tree[index]!, inclusionPath(sha256, tree, index), root));
      const old = index + 1;
      const oldRoot = treeRoot(sha256, tree.slice(0, old));
      assert.ok(verifyConsistency(sha256, old, size, oldRoot, root, consistencyPath(sha256, tree, old)));
    }
    const half = new TreeHead(sha256);
    for (const leaf of tree.slice(0, size >> 1)) half.append(leaf);
    const resumed = new TreeHead(sha256, half.size, half.stack);
    for (const leaf of tree.slice(size >> 1)) resumed.append(leaf);
    assert.equal(resumed.root(), root);
  }
  assert.throws(() => new TreeHead(sha256, 3, ['x']));
});

const flip = (octets: string, at: number, bit: number): string =>
  octets.slice(0, at) + String.fromCharCode(octets.charCodeAt(at) ^ (1 << bit)) + octets.slice(at + 1);

test('every mutation of a proof is refused', () => {
  const all = someLeaves(33);
  const shape = fc.integer({ min: 1, max: 33 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
  fc.assert(
    fc.property(shape, fc.nat(), fc.nat(31), fc.nat(7), fc.nat(5), ([size, index], pick, at, bit, kind) => {
      const tree = all.slice(0, size);
      const root = treeRoot(sha256, tree);
      const leaf = tree[index]!;
      const path = inclusionPath(sha256, tree, index);
      const verify = (i: number, n: number, l: string, p: readonly string[], r: string): boolean =>
        verifyInclusion(sha256, i, n, l, p, r);
      const victim = path.length === 0 ? -1 : pick % path.length;
      const hurt = path.map((hash, i) => (i === victim ? flip(hash, at, bit) : hash));
      if (kind === 0) assert.ok(!verify(index, size, flip(leaf, at, bit), path, root));
      if (kind === 1) assert.ok(!verify(index, size, leaf, path, flip(root, at, bit)));
      if (kind === 2 && victim >= 0) assert.ok(!verify(index, size, leaf, hurt, root));
      if (kind === 3) assert.ok(!verify(index, size, leaf, [...path, all[0]!], root));
      if (kind === 4 && victim >= 0) assert.ok(!verify(index, size, leaf, path.slice(0, -1), root));
      if (kind === 5) {
        const other = pick % size;
        if (other !== index) assert.ok(!verify(other, size, leaf, path, root));
      }
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(shape, fc.nat(), fc.nat(31), fc.nat(7), ([size, index], pick, at, bit) => {
      const tree = all.slice(0, size);
      const root = treeRoot(sha256, tree);
      const old = index + 1;
      const oldRoot = treeRoot(sha256, tree.slice(0, old));
      const path = consistencyPath(sha256, tree, old);
      const verify = (m: number, n: number, r1: string, r2: string, p: readonly string[]): boolean =>
        verifyConsistency(sha256, m, n, r1, r2, p);
      assert.ok(!verify(old, size, flip(oldRoot, at, bit), root, path));
      assert.ok(!verify(old, size, oldRoot, flip(root, at, bit), path));
      assert.ok(!verify(old, size, oldRoot, root, [...path, all[0]!]));
      if (path.length > 0) {
        const victim = pick % path.length;
        assert.ok(
          !verify(
            old,
            size,
            oldRoot,
            root,
            path.map((hash, i) => (i === victim ? flip(hash, at, bit) : hash)),
          ),
        );
        assert.ok(!verify(old, size, oldRoot, root, path.slice(1)));
      }
    }),
    { numRuns: 2000 },
  );
});

test('mistakes of home-made logs', () => {
  const [a, b] = leaves as [string, string];
  const root = nodeHash(sha256, a, b);
  assert.ok(!verifyInclusion(sha256, 0, 1, root, [], a), 'a node is no leaf');
  assert.ok(!verifyInclusion(sha256, 0, 2, a, [b.slice(0, 31)], root), 'short hashes');
  assert.ok(!verifyInclusion(sha256, 0, 2, a.slice(0, 31), [a.slice(31) + b], root), 'octets shifted between hashes');
  assert.ok(!verifyInclusion(sha256, 2, 2, a, [b], root), 'index beyond the tree');
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.ok(!verifyInclusion(sha256, bad, 2, a, [b], root));
    assert.ok(!verifyConsistency(sha256, bad, 2, a, root, [b]));
  }
  assert.ok(!verifyConsistency(sha256, 0, 2, roots[0]!, root, []), 'size 0 is not for this function');
  assert.ok(!verifyConsistency(sha256, 2, 1, root, a, []));
  assert.ok(!verifyConsistency(sha256, 2, 2, root, root, [a]), 'equal sizes: no path');
  assert.ok(!verifyConsistency(sha256, 2, 2, root, a, []), 'equal sizes: equal roots');
  assert.ok(verifyConsistency(sha256, 2, 2, root, root, []));
  const odd = treeRoot(sha256, leaves.slice(0, 3));
  assert.notEqual(odd, nodeHash(sha256, root, nodeHash(sha256, leaves[2]!, leaves[2]!)), 'no odd node is doubled');
});
