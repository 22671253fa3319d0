// Wrong PDUs made of right ones, by the dice of a seed: blind changes of octets, and aimed ones at lengths, ends of strings,
// TLVs, command_id, sequence_number, command_length.
import type { Chance } from '../src/operator/chance.ts';
import { COMMAND_TABLE } from '../src/smpp/commands.ts';
import { TLV_TABLE } from '../src/smpp/tlvs.table.ts';
import { type Layout, layoutOf } from './layout.ts';

/** A PDU in order, ready to be spoilt. */
export interface Sample {
  readonly octets: Buffer;
  readonly layout: Layout;
}

export function sampleOf(octets: Buffer): Sample {
  return { octets, layout: layoutOf(octets) };
}

const HEADER = 16;
/** Room for what a mutation may add. */
export const MUTATED_BYTES_MAX = 80_000;
const BOUNDARIES = [0, 1, 2, 15, 16, 17, 127, 128, 253, 254, 255, 256, 32_767, 32_768, 65_534, 65_535];
const WORDS = [0, 1, 15, 16, 69_999, 70_000, 70_001, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const TIMES = ['000000000500000R', '991231235959948-', '260230000000000+', '000000000000000R', '26112523595', '::::'];

/** One PDU while it is being spoilt; command_length is put right at the end unless it is what was spoilt. */
interface Work {
  readonly octets: Buffer;
  length: number;
  readonly layout: Layout;
  keepLength: boolean;
}

type Mutation = (work: Work, chance: Chance, others: readonly Sample[]) => void;

const pick = <T>(chance: Chance, list: readonly T[]): T => list[chance.below(list.length)] as T;

/** Anywhere behind command_length. */
function place(work: Work, chance: Chance, width = 1): number {
  return 4 + chance.below(Math.max(1, work.length - 3 - width));
}

/** Moves what stands from `from` on to `to`. */
function move(work: Work, from: number, to: number): void {
  const end = Math.min(work.length, MUTATED_BYTES_MAX - Math.max(0, to - from));
  work.octets.copyWithin(to, from, end);
  work.length = Math.max(HEADER, end + to - from);
}

function append(work: Work, octets: Uint8Array): void {
  const room = Math.min(octets.length, MUTATED_BYTES_MAX - work.length);
  work.octets.set(octets.subarray(0, room), work.length);
  work.length += room;
}

function noise(chance: Chance, length: number): Buffer {
  const octets = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) octets[i] = chance.below(256);
  return octets;
}

function tlvOf(chance: Chance): Buffer {
  const row = pick(chance, TLV_TABLE);
  const right = row.minLength + chance.below(Math.min(row.maxLength, 64) - row.minLength + 1);
  const length = chance.below(4) === 0 ? chance.below(70) : right;
  const octets = noise(chance, 4 + length);
  octets.writeUInt16BE(chance.below(8) === 0 ? chance.below(0x10000) : row.tag, 0);
  octets.writeUInt16BE(chance.below(16) === 0 ? chance.below(0x10000) : length, 2);
  return octets;
}

/** By weight: what leaves a PDU readable comes more often than what ends a session. */
const MUTATIONS: readonly { readonly weight: number; readonly name: string; readonly mutate: Mutation }[] = [
  {
    weight: 14,
    name: 'bits',
    mutate(work, chance) {
      for (let i = chance.below(4); i >= 0; i--) {
        const at = place(work, chance);
        work.octets[at] = (work.octets[at] as number) ^ (1 << chance.below(8));
      }
    },
  },
  {
    weight: 12,
    name: 'octets',
    mutate(work, chance) {
      for (let i = chance.below(3); i >= 0; i--)
        work.octets[place(work, chance)] =
          chance.below(2) === 0 ? pick(chance, [0, 0x7f, 0x80, 0xff]) : chance.below(256);
    },
  },
  {
    weight: 20,
    name: 'field octet',
    mutate(work, chance) {
      if (work.layout.octets.length === 0) return;
      for (let i = chance.below(2); i >= 0; i--)
        work.octets[pick(chance, work.layout.octets)] =
          chance.below(3) === 0 ? pick(chance, [0, 1, 0x7f, 0x80, 0xff]) : chance.below(256);
    },
  },
  {
    weight: 5,
    name: 'word',
    mutate(work, chance) {
      if (chance.below(2) === 0) work.octets.writeUInt32BE(pick(chance, WORDS), place(work, chance, 4));
      else work.octets.writeUInt16BE(pick(chance, BOUNDARIES), place(work, chance, 2));
    },
  },
  {
    weight: 3,
    name: 'cut',
    mutate(work, chance) {
      work.length = HEADER + chance.below(work.length - HEADER + 1);
    },
  },
  {
    weight: 4,
    name: 'extend',
    mutate(work, chance) {
      append(work, noise(chance, chance.below(500) === 0 ? chance.below(66_000) : chance.below(80)));
    },
  },
  {
    weight: 4,
    name: 'splice',
    mutate(work, chance, others) {
      const other = pick(chance, others).octets;
      work.length = HEADER + chance.below(work.length - HEADER + 1);
      append(work, other.subarray(HEADER + chance.below(other.length - HEADER + 1)));
    },
  },
  {
    weight: 3,
    name: 'remove',
    mutate(work, chance) {
      const from = Math.max(HEADER, place(work, chance));
      move(work, Math.min(work.length, from + 1 + chance.below(8)), from);
    },
  },
  {
    weight: 3,
    name: 'repeat',
    mutate(work, chance) {
      const from = Math.max(HEADER, place(work, chance));
      if (from < work.length) move(work, from, Math.min(work.length, from + 1 + chance.below(24)));
    },
  },
  {
    weight: 3,
    name: 'count',
    mutate(work, chance) {
      if (work.layout.counts.length > 0)
        work.octets[pick(chance, work.layout.counts)] = pick(chance, BOUNDARIES) & 0xff;
    },
  },
  {
    weight: 4,
    name: 'no end',
    mutate(work, chance) {
      if (work.layout.ends.length > 0) work.octets[pick(chance, work.layout.ends)] = 1 + chance.below(255);
    },
  },
  {
    weight: 6,
    name: 'string',
    mutate(work, chance) {
      if (work.layout.ends.length === 0) return;
      const end = pick(chance, work.layout.ends);
      const text =
        chance.below(3) === 0 ? Buffer.from(pick(chance, TIMES), 'latin1') : noise(chance, 1 + chance.below(24));
      for (let i = 0; i < text.length; i++) if (chance.below(4) > 0) text[i] = 0x30 + ((text[i] as number) % 10);
      move(work, end, end + text.length);
      work.octets.set(text, end);
    },
  },
  {
    weight: 6,
    name: 'TLV',
    mutate(work, chance) {
      for (let i = chance.below(3); i >= 0; i--) append(work, tlvOf(chance));
    },
  },
  {
    weight: 3,
    name: 'TLV head',
    mutate(work, chance) {
      if (work.layout.tlvs.length === 0) return;
      const at = pick(chance, work.layout.tlvs);
      if (chance.below(3) > 0) work.octets.writeUInt16BE(pick(chance, TLV_TABLE).tag, at);
      else work.octets.writeUInt16BE(pick(chance, BOUNDARIES), at + 2);
    },
  },
  {
    weight: 4,
    name: 'command',
    mutate(work, chance) {
      const id = chance.below(6) === 0 ? chance.u32() : pick(chance, COMMAND_TABLE).id;
      // An unbind is made where a session is to end.
      work.octets.writeUInt32BE(id === 6 ? 0x15 : id, 4);
    },
  },
  {
    weight: 8,
    name: 'sequence and status',
    mutate(work, chance) {
      work.octets.writeUInt32BE(chance.below(2) === 0 ? pick(chance, WORDS) : chance.below(2000), 12);
      if (chance.below(2) === 0)
        work.octets.writeUInt32BE(chance.below(2) === 0 ? pick(chance, WORDS) : chance.below(0x120), 8);
    },
  },
  {
    weight: 0.15,
    name: 'command_length',
    mutate(work, chance) {
      const length = chance.below(2) === 0 ? pick(chance, WORDS) : work.length - 8 + chance.below(300);
      work.octets.writeUInt32BE(length === work.length ? length + 1 : length, 0);
      work.keepLength = true;
    },
  },
];

const TOTAL = MUTATIONS.reduce((sum, { weight }) => sum + weight, 0);

function drawMutation(chance: Chance): Mutation {
  let left = chance.fraction() * TOTAL;
  for (const { weight, mutate } of MUTATIONS) if ((left -= weight) < 0) return mutate;
  return (MUTATIONS[0] as (typeof MUTATIONS)[number]).mutate;
}

/**
 * Writes `sample`, spoilt once or (seldom) several times, at `target[at]`; its length. There must be room for
 * `MUTATED_BYTES_MAX` octets. command_length tells the length unless that is what is wrong.
 */
export function mutateInto(
  target: Buffer,
  at: number,
  sample: Sample,
  chance: Chance,
  others: readonly Sample[],
): number {
  const octets = target.subarray(at, at + MUTATED_BYTES_MAX);
  octets.set(sample.octets);
  const work: Work = { octets, length: sample.octets.length, layout: sample.layout, keepLength: false };
  drawMutation(chance)(work, chance, others);
  // Places of the layout are those of the sample: a second change may hit something else, which is as well.
  while (chance.below(6) === 0 && work.length >= sample.octets.length) drawMutation(chance)(work, chance, others);
  if (!work.keepLength) octets.writeUInt32BE(work.length, 0);
  return work.length;
}
