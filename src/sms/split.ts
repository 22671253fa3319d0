// Cutting a message into segments and choosing its encoding (R16, R17; TS 23.040 §9.2.3.24). Octets here are in the
// one canonical form: data_coding 0 is the GSM alphabet, unpacked. Peers with other habits are converted before.

import { MESSAGE_SEGMENTS_MAX, SEGMENT_OCTETS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Alphabet, classify, defaultOptions, encodeUcs2 } from './alphabet.ts';
import { cutPoints, type Unit } from './cut.ts';
import {
  countSeptets,
  defaultSeptets,
  defaultTables,
  encodeSeptets,
  fillBits,
  type GsmTables,
  hasLockingTable,
  packSeptets,
} from './gsm.ts';
import { buildUdh, type Element, iei, parseUdh } from './udh.ts';

/** How a connection wants long and national texts. */
export interface SplitOptions {
  /** Width of the concatenation reference: 8 bits cost one octet less per segment, 16 collide less. */
  readonly refBits: 8 | 16;
  /** National language identifiers that may be used for encoding, 1…13; most handsets' networks allow none. */
  readonly languages: readonly number[];
  /** Septets packed into octets, as few suppliers want them. */
  readonly packed: boolean;
}

/** 8-bit references, no national tables, unpacked. */
export const plainSplit: SplitOptions = { refBits: 8, languages: [], packed: false };

/** What a message will be on the air. */
export interface Plan extends GsmTables {
  readonly dataCoding: number;
  readonly segments: number;
}

/**
 * `tooManySegments`: more than 255 · `reservedDataCoding`: no alphabet, ESME_RINVDCS · `badHeader`: UDHI without a
 * whole header · `partTooLong`: a customer's own part of a longer message that does not fit in one segment.
 */
export type SplitFault = {
  readonly code: 'tooManySegments' | 'reservedDataCoding' | 'badHeader' | 'partTooLong';
};

/** A message as segments; each part begins with its header when `esmUdhi` (esm_class 0x40) is set. */
export interface Split {
  readonly dataCoding: number;
  readonly esmUdhi: boolean;
  readonly parts: readonly Buffer[];
}

/** A message in one piece, as message_payload carries it; a header stands first when `esmUdhi` is set. */
export interface WholeBody {
  readonly dataCoding: number;
  readonly esmUdhi: boolean;
  readonly octets: Buffer;
}

const asciiCoding = 0x01;
const ucs2Coding = 0x08;
const septetsMost = 160;
const concatOctets: Readonly<Record<8 | 16, number>> = { 8: 5, 16: 6 };

function unitOf(alphabet: Alphabet): Unit {
  switch (alphabet) {
    case 'gsm7':
    case 'gsm7-packed':
      return 'septet';
    case 'ascii':
      // Message centres put 7-bit ASCII on the air in septets.
      return 'septet';
    case 'ucs2':
      return 'ucs2';
    case 'jis-x-0208':
    case 'jis-x-0212':
      return 'octet pair';
    case 'octets':
      return 'octet';
    default:
      return 'text octet';
  }
}

const units: readonly (Unit | undefined)[] = Array.from({ length: 256 }, (_, dataCoding) => {
  const coding = classify(dataCoding, defaultOptions);
  return coding.ok ? unitOf(coding.value.alphabet) : undefined;
});

/** Plans of one segment by data_coding, made once so that the common case allocates nothing. */
const singles: readonly Result<Plan, SplitFault>[] = Array.from({ length: 256 }, (_, dataCoding) =>
  ok({ dataCoding, segments: 1, lockingShift: 0, singleShift: 0 }),
);

/** Units of the octets as stored (septets or octets) that fit beside a header of `udhOctets`, UDHL included (R17). */
export function partCapacity(unit: Unit, udhOctets: number): number {
  const octets = SEGMENT_OCTETS - udhOctets;
  return unit === 'septet' ? Math.floor((octets * 8) / 7) : unit === 'ucs2' ? octets & ~1 : octets;
}

/** The cheapest encoding of `text` and its number of segments. A text of one GSM 7-bit segment costs one scan. */
export function planText(text: string, options: SplitOptions = plainSplit): Result<Plan, SplitFault> {
  const septets = text.length > septetsMost * MESSAGE_SEGMENTS_MAX ? -1 : defaultSeptets(text);
  if (septets >= 0 && septets <= septetsMost) return singles[0]!;
  if (septets >= 0) return planOctets(0, encodeSeptets(text, defaultTables)!, false, options);
  if (text.length * 2 <= SEGMENT_OCTETS) return singles[ucs2Coding]!;
  if (text.length > septetsMost * MESSAGE_SEGMENTS_MAX) return err({ code: 'tooManySegments' });
  const ucs2 = planOctets(ucs2Coding, encodeUcs2(text), false, options);
  const national = planNational(text, options);
  // Of equal length UCS-2 is the better one: every handset shows it.
  return national !== undefined && (!ucs2.ok || national.segments < ucs2.value.segments) ? ok(national) : ucs2;
}

/** The best pair of allowed tables that holds the whole text: fewest segments, then fewest septets; undefined if none does. */
function planNational(text: string, options: SplitOptions): Plan | undefined {
  let best: Plan | undefined;
  let bestSeptets = 0;
  for (const lockingShift of [0, ...options.languages.filter(hasLockingTable)]) {
    for (const singleShift of [0, ...options.languages]) {
      if (lockingShift === 0 && singleShift === 0) continue;
      const septets = countSeptets(text, { lockingShift, singleShift });
      if (septets < 0) continue;
      const body = nationalBody(text, { lockingShift, singleShift });
      const plan = planOctets(0, body, true, options);
      if (!plan.ok) continue;
      const fewer = best === undefined ? -1 : plan.value.segments - best.segments;
      if (fewer < 0 || (fewer === 0 && septets < bestSeptets)) {
        best = plan.value;
        bestSeptets = septets;
      }
    }
  }
  return best;
}

function nationalBody(text: string, tables: GsmTables): Buffer {
  const septets = encodeSeptets(text, tables);
  if (septets === undefined) throw new Error('a plan chose tables that lack a character');
  return Buffer.concat([buildUdh(tables), septets]);
}

/** `text` in one piece as its plan says, for message_payload; `planOctets` of the result gives the same segments. */
export function encodeWhole(text: string, plan: Plan): WholeBody {
  if (plan.dataCoding === ucs2Coding) {
    return { dataCoding: ucs2Coding, esmUdhi: false, octets: encodeUcs2(text) };
  }
  const esmUdhi = plan.lockingShift !== 0 || plan.singleShift !== 0;
  return { dataCoding: plan.dataCoding, esmUdhi, octets: nationalBody(text, plan) };
}

/** What a body's own header asks of every segment. */
interface Carried {
  /** Octets of the header in front of the text. */
  readonly skip: number;
  /** Why the body cannot be cut: it is a part of a longer message already, or its header cannot be repeated. */
  readonly uncuttable: 'partTooLong' | 'badHeader' | undefined;
  /** Elements that each segment repeats, concatenation left out, and the octets they take. */
  readonly elements: readonly Element[];
  readonly elementOctets: number;
  readonly tables: GsmTables;
}

const carriesNothing: Carried = {
  skip: 0,
  uncuttable: undefined,
  elements: [],
  elementOctets: 0,
  tables: defaultTables,
};

function carried(octets: Buffer): Carried | undefined {
  const parsed = parseUdh(octets);
  if (!parsed.ok) return undefined;
  const udh = parsed.value;
  const isPart = udh.concat !== undefined && udh.concat.total > 1;
  const elements = udh.elements.filter((element) => element.iei !== iei.concat8 && element.iei !== iei.concat16);
  return {
    skip: udh.length,
    uncuttable: udh.malformed ? 'badHeader' : isPart ? 'partTooLong' : undefined,
    elements,
    elementOctets: elements.reduce((sum, element) => sum + 2 + element.data.length, 0),
    tables: udh,
  };
}

/** Segments of octets that are in a data_coding already; `udhi`: a header stands at their start (R15). */
export function planOctets(
  dataCoding: number,
  octets: Buffer,
  udhi = false,
  options: SplitOptions = plainSplit,
): Result<Plan, SplitFault> {
  const unit = units[dataCoding];
  if (unit === undefined) return err({ code: 'reservedDataCoding' });
  if (!udhi && octets.length <= (unit === 'septet' ? septetsMost : SEGMENT_OCTETS)) return singles[dataCoding]!;
  const layout = layOut(unit, octets, udhi, options);
  if (!layout.ok) return layout;
  const { lockingShift, singleShift } = layout.value.carried.tables;
  return ok({ dataCoding, segments: layout.value.ends.length, lockingShift, singleShift });
}

/** Number of segments, for accounting; 0 where `planOctets` finds a fault. */
export function segmentCount(dataCoding: number, octets: Buffer, udhi = false, options = plainSplit): number {
  const plan = planOctets(dataCoding, octets, udhi, options);
  return plan.ok ? plan.value.segments : 0;
}

interface Layout {
  readonly carried: Carried;
  readonly ends: readonly number[];
}

function layOut(unit: Unit, octets: Buffer, udhi: boolean, options: SplitOptions): Result<Layout, SplitFault> {
  const own = udhi ? carried(octets) : carriesNothing;
  if (own === undefined) return err({ code: 'badHeader' });
  const single = partCapacity(unit, own.skip);
  if (octets.length - own.skip <= single) return ok({ carried: own, ends: [octets.length] });
  if (own.uncuttable !== undefined) return err({ code: own.uncuttable });
  const capacity = partCapacity(unit, 1 + concatOctets[options.refBits] + own.elementOctets);
  if (capacity < 2) return err({ code: 'badHeader' });
  if (octets.length > capacity * MESSAGE_SEGMENTS_MAX + own.skip) return err({ code: 'tooManySegments' });
  const ends = cutPoints(octets, own.skip, unit, capacity, own.tables);
  return ends.length > MESSAGE_SEGMENTS_MAX ? err({ code: 'tooManySegments' }) : ok({ carried: own, ends });
}

/** Segments of a text in its cheapest encoding. `ref` is the concatenation reference, taken to the width of `refBits`. */
export function splitText(text: string, ref: number, options: SplitOptions = plainSplit): Result<Split, SplitFault> {
  const plan = planText(text, options);
  if (!plan.ok) return plan;
  const whole = encodeWhole(text, plan.value);
  return splitOctets(whole.dataCoding, whole.octets, whole.esmUdhi, ref, options);
}

/** Segments of octets that are in a data_coding already. A body of one segment keeps its header as it is. */
export function splitOctets(
  dataCoding: number,
  octets: Buffer,
  udhi: boolean,
  ref: number,
  options: SplitOptions = plainSplit,
): Result<Split, SplitFault> {
  const unit = units[dataCoding];
  if (unit === undefined) return err({ code: 'reservedDataCoding' });
  const pack = options.packed && unit === 'septet' && (dataCoding & 0x3f) !== asciiCoding;
  if (!udhi && octets.length <= (unit === 'septet' ? septetsMost : SEGMENT_OCTETS)) {
    return ok({ dataCoding, esmUdhi: false, parts: [pack ? packSeptets(octets, 0) : octets] });
  }
  const layout = layOut(unit, octets, udhi, options);
  if (!layout.ok) return layout;
  const { carried: own, ends } = layout.value;
  if (ends.length === 1) {
    const part = pack ? join(octets.subarray(0, own.skip), octets.subarray(own.skip), true) : octets;
    return ok({ dataCoding, esmUdhi: udhi, parts: [part] });
  }
  const parts: Buffer[] = [];
  let start = own.skip;
  for (const [index, end] of ends.entries()) {
    const concat = { bits: options.refBits, ref, total: ends.length, seq: index + 1 };
    parts.push(join(buildUdh({ concat, others: own.elements }), octets.subarray(start, end), pack));
    start = end;
  }
  return ok({ dataCoding, esmUdhi: true, parts });
}

function join(header: Buffer, body: Buffer, pack: boolean): Buffer {
  return Buffer.concat([header, pack ? packSeptets(body, fillBits(header.length)) : body]);
}
