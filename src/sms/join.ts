// Putting the parts of a long message together again (R16) as a machine without clock: parts go in, whole messages
// come out. It joins octets; decoding comes after, because real peers cut characters in two.

import { MESSAGE_SEGMENTS_MAX } from '../base/limits.ts';

/** What says that parts belong together. `group` is the set of connections over which the parts of one sender may come. */
export interface JoinKey {
  readonly group: string;
  readonly source: string;
  readonly destination: string;
  /** How the parts were numbered: a header with an 8- or 16-bit reference, or the sar_* TLVs. */
  readonly kind: 8 | 16 | 'sar';
  readonly ref: number;
  readonly total: number;
}

/** Bounds of one joiner. */
export interface JoinLimits {
  /** Sets that wait for parts, over all groups. */
  readonly openSets: number;
  /** Octets held in all sets, remembered ones included. */
  readonly octets: number;
  /** Time from a set's first part until it is given up, in ms. */
  readonly waitMs: number;
  /** Time for which a complete set is remembered, so that a part sent again is known for a duplicate, in ms. */
  readonly rememberMs: number;
}

/** A message put together. `tags` are the caller's marks of the parts present, in order of place. */
export interface Joined<Tag> {
  readonly key: JoinKey;
  readonly octets: Buffer;
  readonly tags: readonly Tag[];
  /** Places, from 1, that never came; empty for a whole message. */
  readonly missing: readonly number[];
}

/**
 * What became of a part. `duplicate` carries the mark of the part that came first. `full` and `badPart` (seq outside
 * 1…total, or total outside 1…255) changed nothing; refuse the part.
 */
export type JoinOutcome<Tag> =
  | { readonly code: 'waiting' }
  | { readonly code: 'duplicate'; readonly first: Tag }
  | { readonly code: 'complete'; readonly joined: Joined<Tag> }
  | { readonly code: 'full' }
  | { readonly code: 'badPart' };

interface OpenSet<Tag> {
  readonly id: string;
  readonly key: JoinKey;
  readonly parts: (Buffer | undefined)[];
  readonly tags: (Tag | undefined)[];
  count: number;
  octets: number;
  untilMs: number;
}

/** Reassembles messages of many senders. Times are ms since the epoch and must not run backwards. */
export class Joiner<Tag> {
  readonly #limits: JoinLimits;
  /** Sets by key, oldest first; several under one key when a reference was used again for another text. */
  readonly #byKey = new Map<string, OpenSet<Tag>[]>();
  /** Waiting and remembered sets in the order of their deadlines, which is the order in which they came. */
  readonly #waiting = new Set<OpenSet<Tag>>();
  readonly #remembered = new Set<OpenSet<Tag>>();
  #octets = 0;

  constructor(limits: JoinLimits) {
    this.#limits = limits;
  }

  /** Sets that wait for parts. */
  get openSets(): number {
    return this.#waiting.size;
  }

  /** Octets held. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Takes part `seq` (from 1). `octets` are its user data without header; they are kept, not copied, so they must not
   * be part of a buffer that is used again. A part equal to one at hand changes nothing; one that differs from what
   * stands in its place begins a new message.
   */
  offer(key: JoinKey, seq: number, octets: Buffer, tag: Tag, nowMs: number): JoinOutcome<Tag> {
    const { total } = key;
    if (!(total >= 1 && total <= MESSAGE_SEGMENTS_MAX && seq >= 1 && seq <= total)) return { code: 'badPart' };
    this.#forget(nowMs);
    const id = idOf(key);
    const sets = this.#byKey.get(id) ?? [];
    const first = sets.find((set) => set.parts[seq - 1]?.equals(octets));
    if (first !== undefined) return { code: 'duplicate', first: first.tags[seq - 1] as Tag };
    if (!this.#makeRoom(octets.length)) return { code: 'full' };
    const set = sets.find((candidate) => candidate.parts[seq - 1] === undefined) ?? this.#open(id, key, nowMs);
    if (set === undefined) return { code: 'full' };
    set.parts[seq - 1] = octets;
    set.tags[seq - 1] = tag;
    set.count++;
    set.octets += octets.length;
    this.#octets += octets.length;
    if (set.count < total) return { code: 'waiting' };
    this.#waiting.delete(set);
    this.#remembered.add(set);
    set.untilMs = nowMs + this.#limits.rememberMs;
    return { code: 'complete', joined: result(set) };
  }

  /** Gives up every set whose time is over and returns what there is of it, oldest first. */
  expire(nowMs: number): readonly Joined<Tag>[] {
    this.#forget(nowMs);
    const given: Joined<Tag>[] = [];
    for (const set of this.#waiting) {
      if (set.untilMs > nowMs) break;
      this.#waiting.delete(set);
      this.#drop(set);
      given.push(result(set));
    }
    return given;
  }

  /** When `expire` has something to do next, in ms since the epoch; undefined when nothing waits. */
  nextExpiryMs(): number | undefined {
    for (const set of this.#waiting) return set.untilMs;
    return undefined;
  }

  #open(id: string, key: JoinKey, nowMs: number): OpenSet<Tag> | undefined {
    if (this.#waiting.size >= this.#limits.openSets) return undefined;
    const untilMs = nowMs + this.#limits.waitMs;
    const set: OpenSet<Tag> = { id, key, parts: [], tags: [], count: 0, octets: 0, untilMs };
    const sets = this.#byKey.get(id);
    if (sets === undefined) this.#byKey.set(id, [set]);
    else sets.push(set);
    this.#waiting.add(set);
    return set;
  }

  /** Forgets remembered sets whose time is over. */
  #forget(nowMs: number): void {
    for (const set of this.#remembered) {
      if (set.untilMs > nowMs) return;
      this.#remembered.delete(set);
      this.#drop(set);
    }
  }

  /** Whether `octets` more can be held; remembered sets, oldest first, make way for them. */
  #makeRoom(octets: number): boolean {
    for (const set of this.#remembered) {
      if (this.#octets + octets <= this.#limits.octets) return true;
      this.#remembered.delete(set);
      this.#drop(set);
    }
    return this.#octets + octets <= this.#limits.octets;
  }

  #drop(set: OpenSet<Tag>): void {
    this.#octets -= set.octets;
    const rest = this.#byKey.get(set.id)?.filter((other) => other !== set) ?? [];
    if (rest.length === 0) this.#byKey.delete(set.id);
    else this.#byKey.set(set.id, rest);
  }
}

function idOf(key: JoinKey): string {
  // Lengths in front, so that no address can reach into its neighbour's field.
  const { group, source, destination } = key;
  return `${group.length},${source.length},${key.kind},${key.ref},${key.total},${group}${source}${destination}`;
}

function result<Tag>(set: OpenSet<Tag>): Joined<Tag> {
  const octets: Buffer[] = [];
  const tags: Tag[] = [];
  const missing: number[] = [];
  for (let place = 0; place < set.key.total; place++) {
    const part = set.parts[place];
    if (part === undefined) missing.push(place + 1);
    else {
      octets.push(part);
      tags.push(set.tags[place] as Tag);
    }
  }
  return { key: set.key, octets: Buffer.concat(octets), tags, missing };
}
