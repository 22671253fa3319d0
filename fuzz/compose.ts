// Makes what is written to a connection at a time: many spoilt PDUs, answers to what was asked, and at the end a question that
// shows whether the other side still listens. Knows beforehand behind which PDU the session will end.
import type { Chance } from '../src/operator/chance.ts';
import { CommandId } from '../src/smpp/commands.ts';
import { type Expected, expectOf } from './expect.ts';
import { writeHead } from './head.ts';
import type { Line } from './line.ts';
import { MUTATED_BYTES_MAX, mutateInto, type Sample, sampleOf } from './mutate.ts';

/** What a session may still be sent. */
export interface Tolerance {
  /** 0x33, 0x34 or 0x50, as bound. */
  version: number;
  /** Unreadable bodies that the other side puts up with before it ends the session. */
  bad: number;
  /** False: what would end the session is not sent. */
  mayEnd: boolean;
}

/** Of one kind of session. */
export interface Source {
  /** To be spoilt, anything. */
  draw(chance: Chance, line: Line): Sample;
  /** The right answer to a request, or null: none is given. */
  answer(commandId: number, sequence: number, chance: Chance): Buffer | null;
  /** For splices. */
  readonly all: readonly Sample[];
}

export interface Chunk {
  readonly octets: Buffer;
  /** Spoilt PDUs that are read for certain when the session answers, or ends as expected. */
  readonly mutated: number;
  /** The session ends behind this, by an unbind or by too many unreadable bodies, or its stream is lost. */
  readonly ends: Expected | 'no';
  /** The number of the closing enquire_link; 0 when there is none. */
  readonly probe: number;
}

/** Memory for one chunk; the largest single mutation must fit behind a full one. */
const CHUNK_BYTES = 400_000;
const FULL_BYTES = CHUNK_BYTES - MUTATED_BYTES_MAX - 64;
const PROBES_FROM = 0x46000000;
const ANSWERS_RIGHT_OF_TEN = 7;

export class Composer {
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #probe = PROBES_FROM;

  /** What was asked is answered, then come new PDUs: at most `count` spoilt ones. The octets are valid until the next call. */
  compose(source: Source, line: Line, tolerance: Tolerance, chance: Chance, count: number): Chunk {
    const buffer = this.#buffer;
    let at = 0;
    let mutated = 0;
    while ((line.asked.length > 0 || mutated < count) && at < FULL_BYTES) {
      const asked = line.asked.shift();
      let sample: Sample;
      if (asked !== undefined) {
        const answer = source.answer(asked.commandId, asked.sequence, chance);
        if (answer === null) continue;
        // Who asks to unbind closes with the answer.
        if (asked.commandId === CommandId.unbind) {
          at += answer.copy(buffer, at);
          return { octets: buffer.subarray(0, at), mutated, ends: 'ends', probe: 0 };
        }
        if (mutated >= count || chance.below(10) < ANSWERS_RIGHT_OF_TEN) {
          at += answer.copy(buffer, at);
          continue;
        }
        sample = sampleOf(answer);
      } else sample = source.draw(chance, line);
      const length = mutateInto(buffer, at, sample, chance, source.all);
      const expected = expectOf(buffer, at, length, tolerance.version);
      if (expected !== 'fine' && !tolerance.mayEnd && (expected !== 'bad' || tolerance.bad === 0)) continue;
      at += length;
      mutated++;
      if (expected === 'bad' && tolerance.bad > 0) tolerance.bad--;
      else if (expected !== 'fine') {
        // Whatever comes behind is lost or ignored.
        if (chance.below(2) === 0) at += mutateInto(buffer, at, source.draw(chance, line), chance, source.all);
        // How many unreadable bodies end a session depends on how fast they come: there the question is asked all the same.
        const probe = expected === 'bad' ? this.#nextProbe() : 0;
        if (probe !== 0) at += writeHead(buffer, at, CommandId.enquire_link, 0, probe);
        return { octets: buffer.subarray(0, at), mutated, ends: expected, probe };
      }
    }
    const probe = this.#nextProbe();
    at += writeHead(buffer, at, CommandId.enquire_link, 0, probe);
    return { octets: buffer.subarray(0, at), mutated, ends: 'no', probe };
  }

  #nextProbe(): number {
    this.#probe = this.#probe >= PROBES_FROM + 0xffffff ? PROBES_FROM + 1 : this.#probe + 1;
    return this.#probe;
  }
}
