// The Merkle tree of RFC 6962 §2.1: hashing, growing, paths, and their verification as in RFC 9162 §2.1.3.2 and
// §2.1.4.2. Hashes are latin1 strings of 32 characters. Indices and sizes are whole numbers up to 2^53, which is why
// nothing here uses bit operators: they cut at 32 bits.

import type { Sha256 } from './commitment.ts';

/** Root of the tree without leaves: the hash of nothing. */
export function emptyRoot(sha256: Sha256): string {
  return sha256('');
}

/** Hash of a leaf. The prefix keeps it apart from an inner node, which must never pass for a leaf. */
export function leafHash(sha256: Sha256, entry: string): string {
  return sha256(`\x00${entry}`);
}

/** Hash of an inner node. */
export function nodeHash(sha256: Sha256, left: string, right: string): string {
  return sha256(`\x01${left}${right}`);
}

/** A tree that only grows: the roots of its complete subtrees, largest first, and nothing else. */
export class TreeHead {
  readonly #sha256: Sha256;
  readonly #stack: string[];
  #size: number;

  /** Empty, or as saved from `stack` and `size`. */
  constructor(sha256: Sha256, size = 0, stack: readonly string[] = []) {
    if (!Number.isSafeInteger(size) || size < 0 || stack.length !== ones(size)) {
      throw new RangeError('a tree head has one hash per complete subtree');
    }
    this.#sha256 = sha256;
    this.#size = size;
    this.#stack = [...stack];
  }

  get size(): number {
    return this.#size;
  }

  /** Roots of the complete subtrees, largest first: with `size`, all that a later run needs to go on. */
  get stack(): readonly string[] {
    return this.#stack;
  }

  /** Adds the hash of the next leaf. */
  append(hash: string): void {
    let node = hash;
    for (let index = this.#size; index % 2 === 1; index = (index - 1) / 2) {
      node = nodeHash(this.#sha256, this.#stack.pop()!, node);
    }
    this.#stack.push(node);
    this.#size++;
  }

  /** Root at the present size. */
  root(): string {
    if (this.#size === 0) return emptyRoot(this.#sha256);
    let root = this.#stack[this.#stack.length - 1]!;
    for (let i = this.#stack.length - 2; i >= 0; i--) root = nodeHash(this.#sha256, this.#stack[i]!, root);
    return root;
  }
}

function ones(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Root over all of `leaves` (leaf hashes). */
export function treeRoot(sha256: Sha256, leaves: readonly string[]): string {
  const head = new TreeHead(sha256);
  for (const leaf of leaves) head.append(leaf);
  return head.root();
}

/** PATH(index, leaves): proves that a leaf is in the tree. For small trees at hand, such as a batch of records. */
export function inclusionPath(sha256: Sha256, leaves: readonly string[], index: number): readonly string[] {
  if (!(index >= 0 && index < leaves.length)) throw new RangeError('no such leaf');
  if (leaves.length === 1) return [];
  const half = split(leaves.length);
  const left = leaves.slice(0, half);
  const right = leaves.slice(half);
  return index < half
    ? [...inclusionPath(sha256, left, index), treeRoot(sha256, right)]
    : [...inclusionPath(sha256, right, index - half), treeRoot(sha256, left)];
}

/** PROOF(oldSize, leaves): proves that the first `oldSize` leaves are a prefix of the tree; 0 < oldSize ≤ size. */
export function consistencyPath(sha256: Sha256, leaves: readonly string[], oldSize: number): readonly string[] {
  if (!(oldSize >= 1 && oldSize <= leaves.length)) throw new RangeError('no such tree');
  return subProof(sha256, leaves, oldSize, true);
}

function subProof(sha256: Sha256, leaves: readonly string[], size: number, known: boolean): readonly string[] {
  if (size === leaves.length) return known ? [] : [treeRoot(sha256, leaves)];
  const half = split(leaves.length);
  const left = leaves.slice(0, half);
  const right = leaves.slice(half);
  return size <= half
    ? [...subProof(sha256, left, size, known), treeRoot(sha256, right)]
    : [...subProof(sha256, right, size - half, false), treeRoot(sha256, left)];
}

/** The largest power of two below `size`. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** Whether `path` proves the leaf at `index` in the tree of `size` with `root`. Every argument may come from a stranger. */
export function verifyInclusion(
  sha256: Sha256,
  index: number,
  size: number,
  leaf: string,
  path: readonly string[],
  root: string,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes(path, leaf, root)) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sha256, sibling, hash);
      // A node without right sibling stands unchanged on the levels above until it is a right child.
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else hash = nodeHash(sha256, hash, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hash === root;
}

/**
 * Whether `path` proves that the tree of `oldSize` with `oldRoot` is a prefix of the one of `newSize` with `newRoot`.
 * Old size 0 proves nothing and is the caller's to decide. Every argument may come from a stranger.
 */
export function verifyConsistency(
  sha256: Sha256,
  oldSize: number,
  newSize: number,
  oldRoot: string,
  newRoot: string,
  path: readonly string[],
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize < 1 || oldSize > newSize) return false;
  if (!areHashes(path, oldRoot, newRoot)) return false;
  if (oldSize === newSize) return path.length === 0 && oldRoot === newRoot;
  // A complete old tree is itself the first node of the proof and is left out of it.
  const proof = ones(oldSize) === 1 ? [oldRoot, ...path] : path;
  if (proof.length === 0) return false;
  let at = oldSize - 1;
  let last = newSize - 1;
  while (at % 2 === 1) {
    at = (at - 1) / 2;
    last = Math.floor(last / 2);
  }
  let old = proof[0]!;
  let now = old;
  for (let i = 1; i < proof.length; i++) {
    const sibling = proof[i]!;
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(sha256, sibling, old);
      now = nodeHash(sha256, sibling, now);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else now = nodeHash(sha256, now, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && old === oldRoot && now === newRoot;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(path: readonly string[], ...others: readonly string[]): boolean {
  // Without this a hash of another length could shift octets between neighbours and keep the concatenation.
  return path.every((hash) => hash.length === 32) && others.every((hash) => hash.length === 32);
}
