// SMPP's octets: framing and decoding by the codec, and by the simulated operator's own reader.
import assert from 'node:assert/strict';
import { ByteWriter } from '../../src/base/bytes.ts';
import type { Chance } from '../../src/operator/chance.ts';
import { Frames } from '../../src/operator/wire.ts';
import { decode, decodeByTable } from '../../src/smpp/decode.ts';
import type { DecodeOptions } from '../../src/smpp/decodeBody.ts';
import { encode } from '../../src/smpp/encode.ts';
import { FrameReader } from '../../src/smpp/frame.ts';
import { decodeOutcomes, encodeOutcomes } from '../../src/smpp/vendor.ts';
import { customerTraffic, everyKind, receiptSample } from '../corpus.ts';
import { MUTATED_BYTES_MAX, mutateInto, type Sample } from '../mutate.ts';
import { noise, pick, type Target } from './target.ts';

const KINDS = new Set(['pdu', 'malformed', 'unknown']);

function corpus(seed: number, chance: Chance): Sample[] {
  return [
    ...everyKind(seed),
    ...customerTraffic(chance),
    ...Array.from({ length: 60 }, () => receiptSample('7f', chance)),
  ];
}

/** One of three outcomes, the same by both ways; what is a PDU is written and read again as the same PDU. */
export const decoder: Target = {
  name: 'decoder',
  few: 6000,
  prepare(seed) {
    const room = Buffer.alloc(MUTATED_BYTES_MAX);
    let all: Sample[] | null = null;
    return {
      draw(chance) {
        all ??= corpus(seed, chance);
        const length = mutateInto(room, 0, pick(chance, all), chance, all);
        const input = Buffer.from(room.subarray(0, length));
        const options: DecodeOptions = {
          version: pick(chance, [0x33, 0x34, 0x50]),
          bindFieldMaxChars: 64,
          lenientTimes: chance.below(2) === 0,
          lenientTlvs: chance.below(4) === 0,
        };
        return {
          input,
          check() {
            const decoded = decode(input, 0, length, options);
            assert.ok(KINDS.has(decoded.kind));
            assert.deepEqual(decoded, decodeByTable(input, 0, length, options));
            if (decoded.kind !== 'pdu') return;
            const first = new ByteWriter(256);
            // Longer fields than the standard's are read and not written.
            if (!encode(first, decoded.pdu, options.version).ok) return;
            const again = decode(first.buffer, 0, first.length, options);
            assert.equal(again.kind, 'pdu');
            if (again.kind !== 'pdu') return;
            if (options.version >= 0x34) assert.deepEqual(again.pdu, decoded.pdu);
            const second = new ByteWriter(256);
            assert.ok(encode(second, again.pdu, options.version).ok);
            assert.ok(second.view().equals(first.view()));
          },
        };
      },
    };
  },
};

/** However a stream is cut, both readers of frames give the same PDUs, stop at the same place and keep little. */
export const framing: Target = {
  name: 'framing',
  few: 1500,
  prepare: (seed) => {
    const room = Buffer.alloc(MUTATED_BYTES_MAX);
    let all: Sample[] | null = null;
    return {
      draw(chance) {
        all ??= corpus(seed, chance);
        const pieces: Buffer[] = [];
        for (let left = 1 + chance.below(8); left > 0; left--) {
          const length = mutateInto(room, 0, pick(chance, all), chance, all);
          const pdu = Buffer.from(room.subarray(0, length));
          if (chance.below(20) === 0) pdu.writeUInt32BE(chance.below(2) === 0 ? chance.u32() : chance.below(200), 0);
          pieces.push(pdu);
        }
        const input = Buffer.concat(pieces);
        const cuts = Array.from({ length: chance.below(12) }, () => chance.below(input.length + 1)).sort(
          (a, b) => a - b,
        );
        return {
          input,
          check() {
            const whole = framesOf(input, []);
            assert.deepEqual(framesOf(input, cuts), whole);
            assert.deepEqual(operatorFrames(input, cuts), whole.lengths);
          },
        };
      },
    };
  },
};

function framesOf(input: Buffer, cuts: readonly number[]): { lengths: number[]; fault: number | null; rest: number } {
  const reader = new FrameReader();
  const lengths: number[] = [];
  for (const [i, from] of [0, ...cuts].entries()) {
    const chunk = Buffer.from(input.subarray(from, cuts[i] ?? input.length));
    reader.feed(chunk);
    while (reader.next()) lengths.push(reader.length);
    assert.ok(reader.pendingBytes < 70_000);
    reader.hold();
    chunk.fill(0xee);
  }
  return { lengths, fault: reader.fault?.commandLength ?? null, rest: reader.pendingBytes };
}

function operatorFrames(input: Buffer, cuts: readonly number[]): number[] {
  const lengths: number[] = [];
  const frames = new Frames();
  let open = true;
  for (const [i, from] of [0, ...cuts].entries()) {
    if (!open) break;
    const chunk = input.subarray(from, cuts[i] ?? input.length);
    frames.feed(
      chunk,
      (_bytes, at, to) => {
        lengths.push(to - at);
        return true;
      },
      () => {
        open = false;
      },
    );
  }
  return lengths;
}

/** The outcomes that the guard tells the gateway. */
export const outcomes: Target = {
  name: 'outcomes',
  few: 2000,
  prepare: () => ({
    draw(chance) {
      const input = noise(chance, 6 * chance.below(20) + (chance.below(3) === 0 ? chance.below(6) : 0));
      for (let at = 0; at < input.length; at += 6) if (chance.below(8) > 0) input[at] = 1 + chance.below(4);
      return {
        input,
        check() {
          const read = decodeOutcomes(input);
          if (read !== null) assert.deepEqual(decodeOutcomes(encodeOutcomes(read)), read);
        },
      };
    },
  }),
};
